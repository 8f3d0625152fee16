package nodkeytest

import (
	"fmt"
	"slices"
	"time"

	"github.com/nodkey/nodkey"
)

func userTests() map[string]func(kit) {
	return map[string]func(kit){
		"come back as they were": func(k kit) {
			full, other := fill[nodkey.User](1), fill[nodkey.User](2)
			other.ID, other.CreatedAt = full.ID, full.CreatedAt
			keeping[nodkey.User]{
				full: full, other: other, sparse: nodkey.User{ID: "sparse"},
				insert: nodkey.Tx.InsertUser, save: nodkey.Tx.SaveUser,
				get: func(tx nodkey.Tx, u nodkey.User) (nodkey.User, error) { return tx.User(u.ID) },
			}.check(k)
		},
		"names are unique": func(k kit) {
			k.update(func(tx nodkey.Tx) error { return tx.InsertUser(nodkey.User{ID: "a", Name: "mara"}) })
			k.update(func(tx nodkey.Tx) error { return tx.InsertUser(nodkey.User{ID: "b", Name: "jonas"}) })
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error { return tx.InsertUser(nodkey.User{ID: "c", Name: "mara"}) })
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error { return tx.SaveUser(nodkey.User{ID: "b", Name: "mara"}) })
			see(k, "a", func(tx nodkey.Tx) (nodkey.UserID, error) { u, err := tx.UserByName("mara"); return u.ID, err })
			see(k, "b", func(tx nodkey.Tx) (nodkey.UserID, error) { u, err := tx.UserByName("jonas"); return u.ID, err })
			for _, name := range []string{"", "Mara", "mar", "mara ", "mar%"} {
				missing(k, func(tx nodkey.Tx) (nodkey.User, error) { return tx.UserByName(name) })
			}
		},
		"are listed by name": func(k kit) {
			names := []string{"0a", "a", "a.b", "a_b", "ab", "b", "z@z"} // in byte order
			k.update(func(tx nodkey.Tx) error {
				for i := range names {
					n := (i*5 + 3) % len(names)
					if err := tx.InsertUser(nodkey.User{ID: nodkey.UserID(fmt.Sprint(n)), Name: names[n]}); err != nil {
						return err
					}
				}
				return nil
			})
			for after := -1; after < len(names); after++ {
				for limit := range len(names) + 2 {
					from := ""
					if after >= 0 {
						from = names[after]
					}
					want := names[after+1 : min(after+1+limit, len(names))]
					see(k, want, func(tx nodkey.Tx) ([]string, error) {
						list, err := tx.Users(from, limit)
						return ids(list, func(u nodkey.User) string { return u.Name }), err
					})
				}
			}
		},
		"a thousand are paged through": func(k kit) {
			k.update(func(tx nodkey.Tx) error {
				for i := range 1000 {
					if err := tx.InsertUser(nodkey.User{ID: nodkey.UserID(fmt.Sprint(i)), Name: fmt.Sprintf("u%03d", i)}); err != nil {
						return err
					}
				}
				return nil
			})
			k.view(func(tx nodkey.Tx) error {
				after, seen := "", 0
				for {
					page, err := tx.Users(after, 300)
					if err != nil || len(page) == 0 {
						if seen != 1000 {
							k.Errorf("saw %d users in pages, want 1000", seen)
						}
						return err
					}
					for i, u := range page {
						if want := fmt.Sprintf("u%03d", seen+i); u.Name != want {
							k.Fatalf("user %d is %s, want %s", seen+i, u.Name, want)
						}
					}
					seen, after = seen+len(page), page[len(page)-1].Name
				}
			})
		},
		"take all that is theirs with them, but for the audit log": func(k kit) {
			user, stays := k.user("goes"), k.user("stays")
			for _, u := range []nodkey.UserID{user, stays} {
				k.belongings(u)
			}
			k.update(func(tx nodkey.Tx) error { return tx.DeleteUser(user) })
			missing(k, func(tx nodkey.Tx) (nodkey.User, error) { return tx.User(user) })
			for u, want := range map[nodkey.UserID]int{user: 0, stays: 10} {
				k.view(func(tx nodkey.Tx) error {
					if got := k.countBelongings(tx, u); got != want {
						k.Errorf("%d things of user %s are there, want %d", got, u, want)
					}
					return nil
				})
			}
			see(k, 1, func(tx nodkey.Tx) (int, error) {
				list, err := tx.AuditLog(nodkey.AuditFilter{UserID: user}, 0, 10)
				return len(list), err
			})
			k.update(func(tx nodkey.Tx) error { return tx.DeleteUser(user) }) // gone already: no error
		},
	}
}

// belongings puts one of everything that can be a user's in the store.
func (k kit) belongings(u nodkey.UserID) {
	k.Helper()
	id := string(u)
	k.key(nodkey.KeyID(id), u)
	k.update(func(tx nodkey.Tx) error {
		for _, err := range []error{
			tx.InsertPINFailure(nodkey.KeyID(id), "1", start),
			tx.UseProof(nodkey.KeyID(id), "1", start),
			tx.InsertActivation(nodkey.Activation{ID: nodkey.ActivationID(id), UserID: u, CodeID: []byte(id), ExpiresAt: start.Add(time.Hour)}),
			tx.InsertApproval(nodkey.Approval{ID: nodkey.ApprovalID(id), UserID: u, State: nodkey.ApprovalOpen, ExpiresAt: start.Add(time.Hour)}),
			tx.InsertSignIn(nodkey.SignIn{ID: nodkey.SignInID(id), UserID: u, Token: nodkey.TokenHash(id), ExpiresAt: start.Add(time.Hour)}),
			tx.InsertSession(nodkey.Session{ID: nodkey.SessionID(id), UserID: u, Token: nodkey.TokenHash(id), ExpiresAt: start.Add(time.Hour)}),
			tx.KnowBrowser("browser", u, start),
			tx.InsertCountry(u, "CH", start),
			tx.InsertGroup(u, "staff"),
			tx.AppendAudit(nodkey.AuditRow{At: start, Action: "user.added", UserID: u, Detail: "{}"}),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (k kit) countBelongings(tx nodkey.Tx, u nodkey.UserID) int {
	k.Helper()
	n := 0
	count := func(is bool, err error) {
		if err != nil {
			k.Fatal(err)
		}
		if is {
			n++
		}
	}
	id := string(u)
	keys, err := tx.KeysOf(u)
	count(len(keys) > 0, err)
	failures, err := tx.CountPINFailures(nodkey.KeyID(id), time.Time{})
	count(failures > 0, err)
	activations, err := tx.ActivationsOf(u, 5)
	count(len(activations) > 0, err)
	open, err := tx.OpenApprovals(u, start)
	count(len(open) > 0, err)
	approvals, err := tx.ApprovalsSince(u, time.Time{}, 5)
	count(len(approvals) > 0, err)
	signIns, err := tx.SignInsOf(u, 5)
	count(len(signIns) > 0, err)
	sessions, err := tx.SessionsOf(u, start)
	count(len(sessions) > 0, err)
	count(tx.KnownBrowser("browser", u))
	countries, err := tx.CountriesOf(u)
	count(len(countries) > 0, err)
	groups, err := tx.GroupsOf(u)
	count(len(groups) > 0, err)
	return n
}

func keyTests() map[string]func(kit) {
	return map[string]func(kit){
		"come back as they were": func(k kit) {
			user := k.user("u")
			full, other := fill[nodkey.Key](1), fill[nodkey.Key](2)
			full.UserID = user
			other.ID, other.UserID, other.CreatedAt = full.ID, user, full.CreatedAt
			get := func(tx nodkey.Tx, key nodkey.Key) (nodkey.Key, error) { return tx.Key(key.ID) }
			keeping[nodkey.Key]{
				full: full, other: other, sparse: nodkey.Key{ID: "sparse", UserID: user},
				insert: nodkey.Tx.InsertKey, save: nodkey.Tx.SaveKey, get: get,
			}.check(k)
			no := false
			other.Phone.Rooted, other.Phone.ScreenLock = &no, nil // "it said no" is not "it did not say"
			other.Credential = &nodkey.Credential{}
			k.update(func(tx nodkey.Tx) error { return tx.SaveKey(other) })
			see(k, other, func(tx nodkey.Tx) (nodkey.Key, error) { return get(tx, other) })
			other.Credential = nil
			k.update(func(tx nodkey.Tx) error { return tx.SaveKey(other) })
			see(k, other, func(tx nodkey.Tx) (nodkey.Key, error) { return get(tx, other) })
		},
		"need their user": func(k kit) {
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.InsertKey(nodkey.Key{ID: "k", UserID: "nobody"}) })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.InsertPINFailure("no key", "1", start) })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.UseProof("no key", "1", start) })
		},
		"are listed oldest first, removed ones too": func(k kit) {
			user, other := k.user("u"), k.user("other")
			want := []nodkey.KeyID{"d", "c", "b", "a"}
			k.update(func(tx nodkey.Tx) error {
				for _, i := range []int{2, 0, 3, 1} {
					err := tx.InsertKey(nodkey.Key{ID: want[i], UserID: user, State: nodkey.KeyRemoved, CreatedAt: start.Add(time.Duration(i) * time.Millisecond)})
					if err != nil {
						return err
					}
				}
				return tx.InsertKey(nodkey.Key{ID: "others", UserID: other, CreatedAt: start})
			})
			see(k, want, func(tx nodkey.Tx) ([]nodkey.KeyID, error) {
				list, err := tx.KeysOf(user)
				return ids(list, func(key nodkey.Key) nodkey.KeyID { return key.ID }), err
			})
		},
		"reserve PIN tries up to a bound, while active": func(k kit) {
			user := k.user("u")
			id := k.key("k", user)
			for want := 1; want <= 3; want++ {
				k.update(func(tx nodkey.Tx) error {
					got, err := tx.ReservePINTry(id, 3)
					if got != want {
						k.Errorf("try %d is counted as %d", want, got)
					}
					return err
				})
			}
			reserve := func(key nodkey.KeyID, most int) func(nodkey.Tx) error {
				return func(tx nodkey.Tx) error { _, err := tx.ReservePINTry(key, most); return err }
			}
			k.fails(nodkey.ErrNoRow, reserve(id, 3))
			k.fails(nodkey.ErrNoRow, reserve("unknown", 3))
			see(k, 3, func(tx nodkey.Tx) (int, error) { key, err := tx.Key(id); return key.PINTries, err })
			k.update(reserve(id, 4))
			for _, state := range []nodkey.KeyState{nodkey.KeyConfirm, nodkey.KeyApprove, nodkey.KeySuspended, nodkey.KeyRemoved} {
				k.update(func(tx nodkey.Tx) error {
					return tx.SaveKey(nodkey.Key{ID: id, UserID: user, State: state, CreatedAt: start})
				})
				k.fails(nodkey.ErrNoRow, reserve(id, 3))
			}
		},
		"remember PIN failures": func(k kit) {
			user := k.user("u")
			id, other := k.key("k", user), k.key("other", user)
			k.update(func(tx nodkey.Tx) error {
				for i, attempt := range []string{"a", "b", "c"} {
					if err := tx.InsertPINFailure(id, attempt, start.Add(time.Duration(i)*time.Millisecond)); err != nil {
						return err
					}
				}
				return tx.InsertPINFailure(other, "a", start)
			})
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error { return tx.InsertPINFailure(id, "a", start.Add(time.Hour)) })
			count := func(key nodkey.KeyID, after time.Duration, want int) {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) (int, error) { return tx.CountPINFailures(key, start.Add(after)) })
			}
			count(id, 0, 3)
			count(id, time.Millisecond, 2) // those at that very time count
			count(id, 3*time.Millisecond, 0)
			k.update(func(tx nodkey.Tx) error { return tx.DeletePINFailure(id, "b") })
			k.update(func(tx nodkey.Tx) error { return tx.DeletePINFailure(id, "b") })
			count(id, 0, 2)
			k.update(func(tx nodkey.Tx) error { return tx.DeletePINFailures(id) })
			count(id, 0, 0)
			count(other, 0, 1)
		},
		"use a proof once": func(k kit) {
			user := k.user("u")
			id, other := k.key("k", user), k.key("other", user)
			k.update(func(tx nodkey.Tx) error { return tx.UseProof(id, "jti", start) })
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error { return tx.UseProof(id, "jti", start.Add(time.Hour)) })
			k.update(func(tx nodkey.Tx) error { return tx.UseProof(other, "jti", start) })
			k.update(func(tx nodkey.Tx) error { return tx.UseProof(id, "jtI", start) })
			// The write that it came with is not done either.
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error {
				if err := tx.SaveLimit(nodkey.Limit{Name: "l", Level: 1}); err != nil {
					return err
				}
				return tx.UseProof(id, "jti", start)
			})
			see(k, nodkey.Limit{Name: "l"}, func(tx nodkey.Tx) (nodkey.Limit, error) { return tx.Limit("l") })
		},
	}
}

// reversed gives a list from its end.
func reversed[V any](list []V) []V {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}
