package nodkeytest

import (
	"time"

	"github.com/nodkey/nodkey"
)

func grantViewTests() map[string]func(kit) {
	return map[string]func(kit){
		"have all that a grant's use depends on": func(k kit) {
			k.update(func(tx nodkey.Tx) error {
				return tx.InsertUser(nodkey.User{ID: "u", Name: "mara", DisplayName: "Mara", Locale: "de", CreatedAt: start})
			})
			k.key("k", "u")
			k.update(func(tx nodkey.Tx) error {
				return tx.InsertApplication(nodkey.Application{ID: "wiki", Doors: []nodkey.Door{nodkey.DoorOIDC, nodkey.DoorForward}, Groups: []string{"staff", "desk"}})
			})
			session := nodkey.Session{ID: "s", UserID: "u", Token: "t", Level: nodkey.Full, LastSeenAt: start.Add(time.Second), ExpiresAt: start.Add(time.Hour)}
			k.update(func(tx nodkey.Tx) error { return tx.InsertSession(session) })
			g := fill[nodkey.SealedGrant](1)
			g.UserID, g.ApplicationID, g.SessionID, g.KeyID = "u", "wiki", "s", "k"
			k.update(func(tx nodkey.Tx) error { return tx.InsertGrant(g) })
			access := fill[nodkey.AccessToken](2)
			access.GrantID = g.ID
			k.update(func(tx nodkey.Tx) error { return tx.InsertAccess(access) })
			want := nodkey.GrantView{Grant: g, Name: "mara", Display: "Mara", Locale: "de", KeyState: nodkey.KeyActive,
				Doors: []nodkey.Door{nodkey.DoorOIDC, nodkey.DoorForward}, Groups: []string{"staff", "desk"},
				Level: nodkey.Full, SeenAt: session.LastSeenAt, EndsAt: session.ExpiresAt}
			both := func() {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) (nodkey.GrantView, error) { return tx.GrantView(g.ID) })
				see(k, want, func(tx nodkey.Tx) (nodkey.GrantView, error) {
					v, a, err := tx.AccessView(access.Token)
					if !same(a, access) {
						k.Errorf("the token is %+v, want %+v", a, access)
					}
					return v, err
				})
			}
			both()
			k.update(func(tx nodkey.Tx) error { return tx.SeeSession("s", start.Add(2*time.Second)) })
			want.SeenAt = start.Add(2 * time.Second)
			both()
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.SeeSession("s", start) }) // it was in use later
			both()
			k.update(func(tx nodkey.Tx) error { return tx.DeleteSession("s") })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.SeeSession("s", start.Add(time.Hour)) })
			want.Level, want.SeenAt, want.EndsAt = "", time.Time{}, time.Time{}
			both()
			gone := g
			gone.KeyID = "none"
			k.update(func(tx nodkey.Tx) error { return tx.SaveGrant(gone) })
			want.Grant, want.KeyState = gone, ""
			both()
			missing(k, func(tx nodkey.Tx) (nodkey.GrantView, error) { return tx.GrantView("none") })
			missing(k, func(tx nodkey.Tx) (nodkey.GrantView, error) { v, _, err := tx.AccessView(""); return v, err })
		},
		"consents are put in the place of the one before, and go with user and application": func(k kit) {
			u, other := k.user("u"), k.user("other")
			k.application("wiki")
			k.application("bank")
			save := func(u nodkey.UserID, c nodkey.Consent) func(nodkey.Tx) error {
				return func(tx nodkey.Tx) error { return tx.SaveConsent(u, c) }
			}
			one := nodkey.Consent{Application: "wiki", Scopes: []string{"openid", "email"}, At: start}
			k.fails(nodkey.ErrNoRow, save("nobody", one))
			k.fails(nodkey.ErrNoRow, save(u, nodkey.Consent{Application: "none"}))
			k.update(save(u, one))
			k.update(save(other, one))
			one.Scopes, one.At = []string{"openid"}, start.Add(time.Second)
			k.update(save(u, one))
			see(k, one, func(tx nodkey.Tx) (nodkey.Consent, error) { return tx.Consent(u, "wiki") })
			two := nodkey.Consent{Application: "bank", At: start}
			k.update(save(u, two))
			of := func(u nodkey.UserID) func(nodkey.Tx) ([]nodkey.Consent, error) {
				return func(tx nodkey.Tx) ([]nodkey.Consent, error) { return tx.ConsentsOf(u) }
			}
			one.Name, two.Name = "Name of wiki", "Name of bank"
			see(k, []nodkey.Consent{two, one}, of(u))
			k.update(func(tx nodkey.Tx) error { return tx.DeleteConsent(u, "bank") })
			k.update(func(tx nodkey.Tx) error { return tx.DeleteConsent(u, "bank") })
			see(k, []nodkey.Consent{one}, of(u))
			missing(k, func(tx nodkey.Tx) (nodkey.Consent, error) { return tx.Consent(u, "bank") })
			k.update(func(tx nodkey.Tx) error { return tx.DeleteUser(u) })
			see(k, nil, of(u))
			k.update(func(tx nodkey.Tx) error { return tx.DeleteApplication("wiki") })
			see(k, nil, of(other))
		},
		"requests that ran out are purged": func(k kit) {
			id := k.application("wiki")
			k.update(func(tx nodkey.Tx) error {
				return tx.InsertGrantRequest(nodkey.SealedGrantRequest{ID: "r", ApplicationID: id, Token: "t", ExpiresAt: start})
			})
			get := func(tx nodkey.Tx) (string, error) { r, err := tx.GrantRequestByToken("t"); return r.ID, err }
			k.update(func(tx nodkey.Tx) error { _, err := tx.Purge(start.Add(-time.Millisecond), 9); return err })
			see(k, "r", get)
			k.update(func(tx nodkey.Tx) error { _, err := tx.Purge(start, 9); return err })
			missing(k, get)
		},
	}
}

func callbackTests() map[string]func(kit) {
	insert := func(id, door string, due time.Duration) nodkey.SealedCallback {
		return nodkey.SealedCallback{ID: id, ApplicationID: "wiki", Door: nodkey.Door(door), Kind: nodkey.CallbackEnded, Subject: "about-" + id,
			DueAt: start.Add(due), ExpiresAt: start.Add(due + time.Hour)}
	}
	return map[string]func(kit){
		"come back as they were": func(k kit) {
			id := k.application("wiki")
			full, other := fill[nodkey.SealedCallback](1), fill[nodkey.SealedCallback](2)
			full.ApplicationID = id
			other.ID, other.ApplicationID, other.CreatedAt = full.ID, id, full.CreatedAt
			keeping[nodkey.SealedCallback]{
				full: full, other: other, sparse: nodkey.SealedCallback{ID: "sparse", ApplicationID: id},
				insert: nodkey.Tx.InsertCallback, save: nodkey.Tx.SaveCallback,
				get: func(tx nodkey.Tx, c nodkey.SealedCallback) (nodkey.SealedCallback, error) { return tx.Callback(c.ID) },
			}.check(k)
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error {
				return tx.InsertCallback(nodkey.SealedCallback{ID: "x", ApplicationID: "none"})
			})
		},
		"are taken once, those due first": func(k kit) {
			k.application("wiki")
			for _, c := range []nodkey.SealedCallback{insert("b", "oidc", 2), insert("a", "oidc", time.Second), insert("other", "api", 0), insert("later", "oidc", time.Hour)} {
				k.update(func(tx nodkey.Tx) error { return tx.InsertCallback(c) })
			}
			due := func(door nodkey.Door, at time.Duration, limit int, want ...string) {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) ([]string, error) {
					list, err := tx.DueCallbacks(door, start.Add(at), limit)
					return ids(list, func(c nodkey.SealedCallback) string { return c.ID }), err
				})
			}
			due("oidc", time.Minute, 9, "b", "a")
			due("oidc", time.Minute, 1, "b")
			due("api", time.Minute, 9, "other")
			due("duo", time.Minute, 9)
			taken := insert("a", "oidc", time.Second)
			k.update(func(tx nodkey.Tx) error {
				got, err := tx.TakeCallback(taken, start.Add(time.Hour))
				if got.Tries != 1 || !got.DueAt.Equal(start.Add(time.Hour)) {
					k.Errorf("taken as %+v", got)
				}
				return err
			})
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { _, err := tx.TakeCallback(taken, start.Add(time.Hour)); return err })
			due("oidc", time.Minute, 9, "b")
			see(k, "b", func(tx nodkey.Tx) (string, error) {
				c, err := tx.CallbackAbout(nodkey.CallbackEnded, "about-b")
				return c.ID, err
			})
			missing(k, func(tx nodkey.Tx) (nodkey.SealedCallback, error) {
				return tx.CallbackAbout(nodkey.CallbackLogout, "about-b")
			})
			k.update(func(tx nodkey.Tx) error { return tx.DeleteCallback("b") })
			k.update(func(tx nodkey.Tx) error { return tx.DeleteCallback("b") })
			missing(k, func(tx nodkey.Tx) (nodkey.SealedCallback, error) { return tx.Callback("b") })
			k.update(func(tx nodkey.Tx) error { _, err := tx.Purge(start.Add(26*time.Hour), 9); return err })
			missing(k, func(tx nodkey.Tx) (nodkey.SealedCallback, error) { return tx.Callback("other") })
			k.update(func(tx nodkey.Tx) error { return tx.InsertCallback(insert("again", "oidc", 0)) })
			k.update(func(tx nodkey.Tx) error { return tx.DeleteApplication("wiki") })
			missing(k, func(tx nodkey.Tx) (nodkey.SealedCallback, error) { return tx.Callback("again") })
		},
	}
}
