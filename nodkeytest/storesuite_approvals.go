package nodkeytest

import (
	"time"

	"github.com/nodkey/nodkey"
)

func approvalTests() map[string]func(kit) {
	get := func(tx nodkey.Tx, a nodkey.Approval) (nodkey.Approval, error) { return tx.Approval(a.ID) }
	idOf := func(a nodkey.Approval) nodkey.ApprovalID { return a.ID }
	return map[string]func(kit){
		"come back as they were": func(k kit) {
			user := k.user("u")
			full := fill[nodkey.Approval](1)
			full.UserID = user
			keeping[nodkey.Approval]{
				full: full, sparse: nodkey.Approval{ID: "sparse", UserID: user}, insert: nodkey.Tx.InsertApproval, get: get,
			}.check(k)
			one := blank(full)
			one.ID, one.KeyIDs = "one", []nodkey.KeyID{"key"}
			k.update(func(tx nodkey.Tx) error { return tx.InsertApproval(one) })
			see(k, one, func(tx nodkey.Tx) (nodkey.Approval, error) { return get(tx, one) })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.InsertApproval(nodkey.Approval{ID: "x", UserID: "nobody"}) })
		},
		"are ended by the first, in time": func(k kit) {
			user := k.user("u")
			a := fill[nodkey.Approval](1)
			a.UserID, a.State = user, nodkey.ApprovalOpen
			end := fill[nodkey.Approval](2) // of this only the decision's fields count
			end.ID, end.State = a.ID, nodkey.ApprovalApproved
			want := a
			want.State, want.DecidedBy, want.Decision, want.Factor, want.Reason, want.Assertion = end.State, end.DecidedBy, end.Decision, end.Factor, end.Reason, end.Assertion
			want.Payload = nil // a secret that nobody needs any more
			decide := func(state nodkey.ApprovalState, at time.Time) func(nodkey.Tx) error {
				return func(tx nodkey.Tx) error {
					end.State, end.DecidedAt, want.State, want.DecidedAt = state, at, state, at
					got, err := tx.EndApproval(end)
					if err == nil && !same(got, want) {
						k.Errorf("got  %+v\nwant %+v", got, want)
					}
					return err
				}
			}
			in, late := a.ExpiresAt.Add(-time.Millisecond), a.ExpiresAt
			k.fails(nodkey.ErrNoRow, decide(nodkey.ApprovalApproved, in))
			for _, state := range []nodkey.ApprovalState{nodkey.ApprovalApproved, nodkey.ApprovalDenied, nodkey.ApprovalCancelled} {
				a.ID += "'"
				end.ID, want.ID = a.ID, a.ID
				k.update(func(tx nodkey.Tx) error { return tx.InsertApproval(a) })
				k.fails(nodkey.ErrNoRow, decide(state, late))
				k.fails(nodkey.ErrNoRow, decide(nodkey.ApprovalExpired, in)) // its time has not run out
				see(k, a, func(tx nodkey.Tx) (nodkey.Approval, error) { return get(tx, a) })
				k.update(decide(state, in))
				first := want
				for _, second := range []nodkey.ApprovalState{nodkey.ApprovalApproved, nodkey.ApprovalDenied, nodkey.ApprovalCancelled} {
					k.fails(nodkey.ErrNoRow, decide(second, in))
				}
				k.fails(nodkey.ErrNoRow, decide(nodkey.ApprovalExpired, late))
				see(k, first, func(tx nodkey.Tx) (nodkey.Approval, error) { return get(tx, a) })
			}
			a.ID += "'"
			end.ID, want.ID = a.ID, a.ID
			k.update(func(tx nodkey.Tx) error { return tx.InsertApproval(a) })
			k.update(decide(nodkey.ApprovalExpired, late))
			k.fails(nodkey.ErrNoRow, decide(nodkey.ApprovalApproved, in))
		},
		"are not ended into an open or an unknown state": func(k kit) {
			user := k.user("u")
			a := nodkey.Approval{ID: "a", UserID: user, State: nodkey.ApprovalOpen, ExpiresAt: start.Add(time.Hour)}
			k.update(func(tx nodkey.Tx) error { return tx.InsertApproval(a) })
			for _, state := range []nodkey.ApprovalState{nodkey.ApprovalOpen, "", "maybe"} {
				err := k.store.Update(k.Context(), func(tx nodkey.Tx) error {
					_, err := tx.EndApproval(nodkey.Approval{ID: "a", State: state, DecidedAt: start})
					return err
				})
				if err == nil {
					k.Errorf("an approval was ended into the state %q", state)
				}
			}
			see(k, a, func(tx nodkey.Tx) (nodkey.Approval, error) { return get(tx, a) })
		},
		"are listed while open, since a time, and when they ran out": func(k kit) {
			user, other := k.user("u"), k.user("other")
			insert := func(id nodkey.ApprovalID, user nodkey.UserID, state nodkey.ApprovalState, made, ends time.Duration) {
				k.update(func(tx nodkey.Tx) error {
					return tx.InsertApproval(nodkey.Approval{ID: id, UserID: user, State: state, CreatedAt: start.Add(made), ExpiresAt: start.Add(ends)})
				})
			}
			insert("b", user, nodkey.ApprovalOpen, 0, 3*time.Minute)
			insert("a", user, nodkey.ApprovalOpen, time.Minute, 2*time.Minute)
			insert("c", user, nodkey.ApprovalOpen, 2*time.Minute, 5*time.Minute)
			insert("ended", user, nodkey.ApprovalDenied, 3*time.Minute, 5*time.Minute)
			insert("others", other, nodkey.ApprovalOpen, time.Minute, 4*time.Minute)
			open := func(now time.Duration, want ...nodkey.ApprovalID) {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) ([]nodkey.ApprovalID, error) {
					list, err := tx.OpenApprovals(user, start.Add(now))
					return ids(list, idOf), err
				})
			}
			open(0, "c", "a", "b")
			open(2*time.Minute-time.Millisecond, "c", "a", "b")
			open(2*time.Minute, "c", "b")
			open(5 * time.Minute)
			since := func(from time.Duration, limit int, want ...nodkey.ApprovalID) {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) ([]nodkey.ApprovalID, error) {
					list, err := tx.ApprovalsSince(user, start.Add(from), limit)
					return ids(list, idOf), err
				})
			}
			since(0, 9, "ended", "c", "a", "b")
			since(time.Minute, 9, "ended", "c", "a") // those at that very time too
			since(time.Minute, 2, "ended", "c")
			since(time.Minute+time.Millisecond, 9, "ended", "c")
			since(time.Hour, 9)
			since(0, 0)
			ranOut := func(now time.Duration, limit int, want ...nodkey.ApprovalID) {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) ([]nodkey.ApprovalID, error) {
					list, err := tx.RunOut(start.Add(now), limit)
					return ids(list, idOf), err
				})
			}
			ranOut(2*time.Minute-time.Millisecond, 9)
			ranOut(2*time.Minute, 9, "a")
			ranOut(time.Hour, 9, "a", "b", "others", "c")
			ranOut(time.Hour, 2, "a", "b")
			ranOut(time.Hour, 0)
		},
	}
}

func limitTests() map[string]func(kit) {
	return map[string]func(kit){
		"are zero until saved, and then what was saved last": func(k kit) {
			full, other := fill[nodkey.Limit](1), fill[nodkey.Limit](2)
			other.Name = full.Name
			get := func(tx nodkey.Tx) (nodkey.Limit, error) { return tx.Limit(full.Name) }
			see(k, nodkey.Limit{Name: full.Name}, get)
			for _, l := range []nodkey.Limit{full, other, {Name: full.Name}, {Name: full.Name, Level: 3}, {Name: full.Name, Level: -1e-9}, {Name: full.Name, Level: 1e300}} {
				k.update(func(tx nodkey.Tx) error { return tx.SaveLimit(l) })
				see(k, l, get)
			}
			see(k, nodkey.Limit{Name: "another"}, func(tx nodkey.Tx) (nodkey.Limit, error) { return tx.Limit("another") })
		},
	}
}

func installTests() map[string]func(kit) {
	return map[string]func(kit){
		"is fixed once": func(k kit) {
			missing(k, func(tx nodkey.Tx) (nodkey.Install, error) { return tx.Install() })
			full := fill[nodkey.Install](1)
			k.update(func(tx nodkey.Tx) error { return tx.InsertInstall(full) })
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error { return tx.InsertInstall(full) })
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error { return tx.InsertInstall(fill[nodkey.Install](2)) })
			see(k, full, func(tx nodkey.Tx) (nodkey.Install, error) { return tx.Install() })
		},
		"secrets are fixed once": func(k kit) {
			secret := func(name string) func(nodkey.Tx) ([]byte, error) {
				return func(tx nodkey.Tx) ([]byte, error) { return tx.Secret(name) }
			}
			missing(k, secret("a"))
			k.update(func(tx nodkey.Tx) error { return tx.InsertSecret("a", []byte{0, 1, 0xff}) })
			k.update(func(tx nodkey.Tx) error { return tx.InsertSecret("b", []byte{}) })
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error { return tx.InsertSecret("a", []byte("other")) })
			see(k, []byte{0, 1, 0xff}, secret("a"))
			see(k, []byte{}, secret("b"))
			missing(k, secret("A"))
		},
		"data keys are listed by version": func(k kit) {
			see(k, nil, func(tx nodkey.Tx) ([]dataKey, error) { return tx.DataKeys() })
			low, high := dataKey{Version: 1, Wrapped: []byte("one")}, dataKey{Version: 1<<32 - 1, Wrapped: []byte("last")}
			k.update(func(tx nodkey.Tx) error { return tx.InsertDataKey(high) })
			k.update(func(tx nodkey.Tx) error { return tx.InsertDataKey(low) })
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error { return tx.InsertDataKey(dataKey{Version: 1, Wrapped: []byte("another")}) })
			see(k, []dataKey{low, high}, func(tx nodkey.Tx) ([]dataKey, error) { return tx.DataKeys() })
		},
	}
}
