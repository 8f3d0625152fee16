package nodkeytest

import (
	"errors"
	"time"

	"github.com/nodkey/nodkey"
)

func activationTests() map[string]func(kit) {
	get := func(tx nodkey.Tx, a nodkey.Activation) (nodkey.Activation, error) { return tx.Activation(a.ID) }
	return map[string]func(kit){
		"come back as they were": func(k kit) {
			user := k.user("u")
			full, other := fill[nodkey.Activation](1), fill[nodkey.Activation](2)
			full.UserID = user
			other.ID, other.UserID, other.CreatedAt = full.ID, user, full.CreatedAt
			keeping[nodkey.Activation]{
				full: full, other: other, sparse: nodkey.Activation{ID: "sparse", UserID: user},
				insert: nodkey.Tx.InsertActivation, save: nodkey.Tx.SaveActivation, get: get,
			}.check(k)
		},
		"codes are unique": func(k kit) {
			user := k.user("u")
			insert := func(id nodkey.ActivationID, code []byte) func(nodkey.Tx) error {
				return func(tx nodkey.Tx) error {
					return tx.InsertActivation(nodkey.Activation{ID: id, UserID: user, CodeID: code})
				}
			}
			k.update(insert("a", []byte("one")))
			k.fails(nodkey.ErrExists, insert("b", []byte("one")))
			k.update(insert("b", []byte("onE")))
			k.update(insert("c", nil))
			k.update(insert("d", nil)) // none is not a code
			see(k, "a", func(tx nodkey.Tx) (nodkey.ActivationID, error) {
				a, err := tx.ActivationByCode([]byte("one"))
				return a.ID, err
			})
			missing(k, func(tx nodkey.Tx) (nodkey.Activation, error) { return tx.ActivationByCode(nil) })
			missing(k, func(tx nodkey.Tx) (nodkey.Activation, error) { return tx.ActivationByCode([]byte("on")) })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.InsertActivation(nodkey.Activation{ID: "e", UserID: "nobody"}) })
		},
		"are listed newest first": func(k kit) {
			listTest(k, func(tx nodkey.Tx, id string, user nodkey.UserID, at time.Time) error {
				return tx.InsertActivation(nodkey.Activation{ID: nodkey.ActivationID(id), UserID: user, CreatedAt: at})
			}, func(tx nodkey.Tx, user nodkey.UserID, limit int) ([]string, error) {
				list, err := tx.ActivationsOf(user, limit)
				return ids(list, func(a nodkey.Activation) string { return string(a.ID) }), err
			})
		},
		"are claimed while open and in time": func(k kit) {
			user := k.user("u")
			a := fill[nodkey.Activation](1)
			a.UserID, a.State = user, nodkey.ActivationOpen
			insert := func(tx nodkey.Tx) error { return tx.InsertActivation(a) }
			claim := func(now time.Time) func(nodkey.Tx) error {
				return func(tx nodkey.Tx) error {
					got, err := tx.ClaimActivation(a.ID, "key", []byte("submission"), now)
					want := a
					want.State, want.KeyID, want.Submission, want.Code, want.Es = nodkey.ActivationUsed, "key", []byte("submission"), nil, nil
					if err == nil && !same(got, want) {
						k.Errorf("got  %+v\nwant %+v", got, want)
					}
					return err
				}
			}
			k.fails(nodkey.ErrNoRow, claim(start))
			k.update(insert)
			k.fails(nodkey.ErrNoRow, claim(a.ExpiresAt)) // the end is too late
			k.fails(nodkey.ErrNoRow, claim(a.ExpiresAt.Add(time.Hour)))
			see(k, a, func(tx nodkey.Tx) (nodkey.Activation, error) { return get(tx, a) })
			k.update(claim(a.ExpiresAt.Add(-time.Millisecond)))
			k.fails(nodkey.ErrNoRow, claim(start)) // used
			see(k, "key", func(tx nodkey.Tx) (nodkey.KeyID, error) { got, err := get(tx, a); return got.KeyID, err })
			a.State = nodkey.ActivationCancelled
			k.update(func(tx nodkey.Tx) error { return tx.SaveActivation(a) })
			k.fails(nodkey.ErrNoRow, claim(start))
		},
	}
}

// listTest checks a list that is newest first and bounded, and that a user's own only.
func listTest(k kit, insert func(tx nodkey.Tx, id string, user nodkey.UserID, at time.Time) error,
	list func(tx nodkey.Tx, user nodkey.UserID, limit int) ([]string, error)) {
	k.Helper()
	user, other := k.user("u"), k.user("other")
	newest := []string{"b", "d", "a", "e", "c"}
	k.update(func(tx nodkey.Tx) error {
		for i, id := range newest {
			if err := insert(tx, id, user, start.Add(-time.Duration(i)*time.Millisecond)); err != nil {
				return err
			}
		}
		return insert(tx, "others", other, start)
	})
	for limit := range len(newest) + 2 {
		see(k, newest[:min(limit, len(newest))], func(tx nodkey.Tx) ([]string, error) { return list(tx, user, limit) })
	}
	see(k, nil, func(tx nodkey.Tx) ([]string, error) { return list(tx, user, -1) })
	see(k, nil, func(tx nodkey.Tx) ([]string, error) { return list(tx, "nobody", 9) })
}

func signInTests() map[string]func(kit) {
	return map[string]func(kit){
		"come back as they were": func(k kit) {
			user := k.user("u")
			full, other := fill[nodkey.SignIn](1), fill[nodkey.SignIn](2)
			full.UserID = user
			other.ID, other.UserID, other.CreatedAt = full.ID, user, full.CreatedAt
			keeping[nodkey.SignIn]{
				full: full, other: other, sparse: nodkey.SignIn{ID: "sparse", UserID: user},
				insert: nodkey.Tx.InsertSignIn, save: nodkey.Tx.SaveSignIn,
				get: func(tx nodkey.Tx, s nodkey.SignIn) (nodkey.SignIn, error) { return tx.SignIn(s.ID) },
			}.check(k)
		},
		"tokens are unique, and none matches nothing": func(k kit) {
			user := k.user("u")
			insert := func(id nodkey.SignInID, token nodkey.TokenHash) func(nodkey.Tx) error {
				return func(tx nodkey.Tx) error { return tx.InsertSignIn(nodkey.SignIn{ID: id, UserID: user, Token: token}) }
			}
			k.update(insert("a", "one"))
			k.update(insert("none", ""))
			k.update(insert("none too", ""))
			k.fails(nodkey.ErrExists, insert("b", "one"))
			k.update(insert("b", "two"))
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error { return tx.SaveSignIn(nodkey.SignIn{ID: "b", UserID: user, Token: "one"}) })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.InsertSignIn(nodkey.SignIn{ID: "c", UserID: "nobody", Token: "c"}) })
			see(k, "a", func(tx nodkey.Tx) (nodkey.SignInID, error) { s, err := tx.SignInByToken("one"); return s.ID, err })
			missing(k, func(tx nodkey.Tx) (nodkey.SignIn, error) { return tx.SignInByToken("") })
			missing(k, func(tx nodkey.Tx) (nodkey.SignIn, error) { return tx.SignInByToken("ONE") })
		},
		"are listed newest first": func(k kit) {
			listTest(k, func(tx nodkey.Tx, id string, user nodkey.UserID, at time.Time) error {
				return tx.InsertSignIn(nodkey.SignIn{ID: nodkey.SignInID(id), UserID: user, Token: nodkey.TokenHash(id), CreatedAt: at})
			}, func(tx nodkey.Tx, user nodkey.UserID, limit int) ([]string, error) {
				list, err := tx.SignInsOf(user, limit)
				return ids(list, func(s nodkey.SignIn) string { return string(s.ID) }), err
			})
		},
		"are finished once, when approved": func(k kit) {
			user := k.user("u")
			s := fill[nodkey.SignIn](1)
			s.UserID = user
			end := start.Add(time.Hour)
			finish := func(tx nodkey.Tx) error {
				got, err := tx.FinishSignIn(s.ID, "session", end)
				want := s
				want.State, want.SessionID, want.EndedAt = nodkey.SignInDone, "session", end
				if err == nil && !same(got, want) {
					k.Errorf("got  %+v\nwant %+v", got, want)
				}
				return err
			}
			k.fails(nodkey.ErrNoRow, finish)
			k.update(func(tx nodkey.Tx) error { return tx.InsertSignIn(s) })
			for _, state := range []nodkey.SignInState{nodkey.SignInPending, nodkey.SignInDenied, nodkey.SignInExpired, nodkey.SignInCancelled, nodkey.SignInDone} {
				s.State = state
				k.update(func(tx nodkey.Tx) error { return tx.SaveSignIn(s) })
				k.fails(nodkey.ErrNoRow, finish)
			}
			s.State = nodkey.SignInApproved
			k.update(func(tx nodkey.Tx) error { return tx.SaveSignIn(s) })
			k.update(finish)
			k.fails(nodkey.ErrNoRow, finish)
			see(k, nodkey.SignInDone, func(tx nodkey.Tx) (nodkey.SignInState, error) { got, err := tx.SignIn(s.ID); return got.State, err })
		},
	}
}

func sessionTests() map[string]func(kit) {
	return map[string]func(kit){
		"come back as they were": func(k kit) {
			user := k.user("u")
			full, other := fill[nodkey.Session](1), fill[nodkey.Session](2)
			full.UserID, full.ApplicationID = user, k.application("wiki")
			other.ID, other.UserID, other.CreatedAt, other.Token, other.ApplicationID = full.ID, user, full.CreatedAt, full.Token, k.application("bank")
			keeping[nodkey.Session]{
				full: full, other: other, sparse: nodkey.Session{ID: "sparse", UserID: user, Token: "sparse"},
				insert: nodkey.Tx.InsertSession, save: nodkey.Tx.SaveSession,
				get: func(tx nodkey.Tx, s nodkey.Session) (nodkey.Session, error) { return tx.SessionByToken(s.Token) },
			}.check(k)
		},
		"tokens are unique, may be renewed, and none matches nothing": func(k kit) {
			user := k.user("u")
			session := func(id nodkey.SessionID, token nodkey.TokenHash) nodkey.Session {
				return nodkey.Session{ID: id, UserID: user, Token: token, CreatedAt: start}
			}
			k.update(func(tx nodkey.Tx) error { return tx.InsertSession(session("a", "one")) })
			k.update(func(tx nodkey.Tx) error { return tx.InsertSession(session("none", "")) })
			k.update(func(tx nodkey.Tx) error { return tx.InsertSession(session("none too", "")) })
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error { return tx.InsertSession(session("b", "one")) })
			k.update(func(tx nodkey.Tx) error { return tx.InsertSession(session("b", "two")) })
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error { return tx.SaveSession(session("b", "one")) })
			k.update(func(tx nodkey.Tx) error { return tx.SaveSession(session("b", "three")) })
			see(k, session("b", "three"), func(tx nodkey.Tx) (nodkey.Session, error) { return tx.SessionByToken("three") })
			for _, token := range []nodkey.TokenHash{"", "two", "ONE"} {
				missing(k, func(tx nodkey.Tx) (nodkey.Session, error) { return tx.SessionByToken(token) })
			}
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error {
				return tx.InsertSession(nodkey.Session{ID: "c", UserID: "nobody", Token: "c"})
			})
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error {
				return tx.InsertSession(nodkey.Session{ID: "c", UserID: user, Token: "c", ApplicationID: "none"})
			})
		},
		"of an application go with it, and no others": func(k kit) {
			user, wiki, bank := k.user("u"), k.application("wiki"), k.application("bank")
			for id, app := range map[nodkey.SessionID]nodkey.ApplicationID{"a": wiki, "b": bank, "c": ""} {
				k.update(func(tx nodkey.Tx) error {
					return tx.InsertSession(nodkey.Session{ID: id, UserID: user, Level: nodkey.Passed, CreatedAt: start, ExpiresAt: start.Add(time.Hour), ApplicationID: app})
				})
			}
			k.update(func(tx nodkey.Tx) error { return tx.DeleteApplication(wiki) })
			see(k, []nodkey.SessionID{"c", "b"}, func(tx nodkey.Tx) ([]nodkey.SessionID, error) {
				list, err := tx.SessionsOf(user, start)
				return ids(list, func(s nodkey.Session) nodkey.SessionID { return s.ID }), err
			})
		},
		"are listed newest first while they last": func(k kit) {
			user, other := k.user("u"), k.user("other")
			insert := func(id nodkey.SessionID, user nodkey.UserID, made, ends time.Duration) {
				k.update(func(tx nodkey.Tx) error {
					return tx.InsertSession(nodkey.Session{ID: id, UserID: user, Token: nodkey.TokenHash(id), CreatedAt: start.Add(made), ExpiresAt: start.Add(ends)})
				})
			}
			insert("old", user, 1, time.Hour)
			insert("ends", user, time.Second, time.Minute)
			insert("new", user, time.Minute, time.Hour)
			insert("others", other, time.Minute, time.Hour)
			of := func(now time.Duration, want ...nodkey.SessionID) {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) ([]nodkey.SessionID, error) {
					list, err := tx.SessionsOf(user, start.Add(now))
					return ids(list, func(s nodkey.Session) nodkey.SessionID { return s.ID }), err
				})
			}
			of(time.Minute-time.Millisecond, "new", "ends", "old")
			of(time.Minute, "new", "old") // it does not last beyond its end
			k.update(func(tx nodkey.Tx) error { return tx.DeleteSession("new") })
			k.update(func(tx nodkey.Tx) error { return tx.DeleteSession("new") }) // gone already: no error
			of(0, "ends", "old")
			of(time.Hour)
			missing(k, func(tx nodkey.Tx) (nodkey.Session, error) { return tx.SessionByToken("new") })
		},
		"countries are a user's own, and each counts once": func(k kit) {
			user, other := k.user("u"), k.user("other")
			for _, country := range []string{"JP", "CH", "JP"} {
				k.update(func(tx nodkey.Tx) error { return tx.InsertCountry(user, country, start) })
			}
			see(k, []string{"CH", "JP"}, func(tx nodkey.Tx) ([]string, error) { return tx.CountriesOf(user) })
			see(k, nil, func(tx nodkey.Tx) ([]string, error) { return tx.CountriesOf(other) })
		},
		"browsers are known to the users who signed in with them": func(k kit) {
			user, other := k.user("u"), k.user("other")
			knows := func(browser nodkey.TokenHash, user nodkey.UserID, want bool) {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) (bool, error) { return tx.KnownBrowser(browser, user) })
			}
			knows("b", user, false)
			k.update(func(tx nodkey.Tx) error { return tx.KnowBrowser("b", user, start) })
			k.update(func(tx nodkey.Tx) error { return tx.KnowBrowser("b", user, start.Add(time.Hour)) }) // again
			k.update(func(tx nodkey.Tx) error { return tx.KnowBrowser("", user, start) })
			knows("b", user, true)
			knows("b", other, false)
			knows("B", user, false)
			knows("", user, false) // no token is no browser
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.KnowBrowser("b", "nobody", start) })
			k.update(func(tx nodkey.Tx) error {
				return errors.Join(tx.KnowBrowser("c", user, start), tx.KnowBrowser("c", other, start), tx.ForgetBrowsers(user))
			})
			knows("b", user, false)
			knows("c", user, false)
			knows("c", other, true)
		},
	}
}
