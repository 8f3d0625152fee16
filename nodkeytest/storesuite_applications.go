package nodkeytest

import (
	"errors"
	"time"

	"github.com/nodkey/nodkey"
)

// application puts an application in the store, whom secrets may belong to.
func (k kit) application(id nodkey.ApplicationID) nodkey.ApplicationID {
	k.Helper()
	k.update(func(tx nodkey.Tx) error {
		return tx.InsertApplication(nodkey.Application{ID: id, Name: "Name of " + string(id), CreatedAt: start})
	})
	return id
}

func applicationTests() map[string]func(kit) {
	secrets := func(id nodkey.ApplicationID) func(nodkey.Tx) ([]string, error) {
		return func(tx nodkey.Tx) ([]string, error) {
			list, err := tx.ApplicationSecrets(id)
			return ids(list, func(s nodkey.ApplicationSecret) string { return s.ID }), err
		}
	}
	insert := func(id string, of nodkey.ApplicationID, made, ends time.Duration) func(nodkey.Tx) error {
		return func(tx nodkey.Tx) error {
			s := nodkey.ApplicationSecret{ID: id, ApplicationID: of, CreatedAt: start.Add(made)}
			if ends != 0 {
				s.ExpiresAt = start.Add(ends)
			}
			return tx.InsertApplicationSecret(s)
		}
	}
	return map[string]func(kit){
		"come back as they were": func(k kit) {
			full, other := fill[nodkey.Application](1), fill[nodkey.Application](2)
			other.ID, other.CreatedAt = full.ID, full.CreatedAt
			keeping[nodkey.Application]{
				full: full, other: other, sparse: nodkey.Application{ID: "sparse"},
				insert: nodkey.Tx.InsertApplication, save: nodkey.Tx.SaveApplication,
				get: func(tx nodkey.Tx, a nodkey.Application) (nodkey.Application, error) { return tx.Application(a.ID) },
			}.check(k)
		},
		"are listed by id": func(k kit) {
			for _, id := range []nodkey.ApplicationID{"vpn", "bank", "wiki", "a-till"} {
				k.application(id)
			}
			list := func(after nodkey.ApplicationID, limit int, want ...nodkey.ApplicationID) {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) ([]nodkey.ApplicationID, error) {
					all, err := tx.Applications(after, limit)
					return ids(all, func(a nodkey.Application) nodkey.ApplicationID { return a.ID }), err
				})
			}
			list("", 9, "a-till", "bank", "vpn", "wiki")
			list("", 2, "a-till", "bank")
			list("bank", 9, "vpn", "wiki")
			list("c", 1, "vpn")
			list("wiki", 9)
			list("", -1)
		},
		"secrets come back as they were": func(k kit) {
			id := k.application("vpn")
			full, other := fill[nodkey.ApplicationSecret](1), fill[nodkey.ApplicationSecret](2)
			full.ApplicationID = id
			other.ID, other.ApplicationID, other.CreatedAt = full.ID, id, full.CreatedAt
			keeping[nodkey.ApplicationSecret]{
				full: full, other: other, sparse: nodkey.ApplicationSecret{ID: "sparse", ApplicationID: id},
				insert: nodkey.Tx.InsertApplicationSecret, save: nodkey.Tx.SaveApplicationSecret,
				get: func(tx nodkey.Tx, s nodkey.ApplicationSecret) (nodkey.ApplicationSecret, error) {
					list, err := tx.ApplicationSecrets(id)
					for _, found := range list {
						if found.ID == s.ID {
							return found, err
						}
					}
					return nodkey.ApplicationSecret{}, errors.Join(err, nodkey.ErrNoRow)
				},
			}.check(k)
		},
		"secrets are their application's, newest first, and go with it": func(k kit) {
			id, other := k.application("vpn"), k.application("wiki")
			k.fails(nodkey.ErrNoRow, insert("s", "nobody", 0, 0))
			for i, name := range []string{"old", "older", "new"} {
				k.update(insert(name, id, []time.Duration{1, 0, 2}[i]*time.Second, 0))
			}
			k.update(insert("others", other, 0, 0))
			see(k, []string{"new", "old", "older"}, secrets(id))
			k.update(func(tx nodkey.Tx) error { return tx.DeleteApplication(id) })
			k.update(func(tx nodkey.Tx) error { return tx.DeleteApplication(id) }) // gone already: no error
			see(k, nil, secrets(id))
			see(k, []string{"others"}, secrets(other))
			missing(k, func(tx nodkey.Tx) (nodkey.Application, error) { return tx.Application(id) })
		},
		"secrets that have ended are purged, those without an end never": func(k kit) {
			id := k.application("vpn")
			k.update(insert("endless", id, 0, 0))
			k.update(insert("ends", id, 1, time.Hour))
			purge := func(now time.Duration) {
				k.update(func(tx nodkey.Tx) error { _, err := tx.Purge(start.Add(now), 9); return err })
			}
			purge(time.Hour - time.Millisecond)
			see(k, []string{"ends", "endless"}, secrets(id))
			purge(time.Hour)
			see(k, []string{"endless"}, secrets(id))
			purge(longEnough)
			see(k, []string{"endless"}, secrets(id))
			missing(k, func(tx nodkey.Tx) (nodkey.Application, error) { return tx.Application("none") })
		},
		"what one asked and waits for is listed, oldest first": func(k kit) {
			user := k.user("u")
			put := func(id string, app nodkey.ApplicationID, asked nodkey.ApprovalKind, state nodkey.SignInState, made time.Duration) {
				k.Helper()
				k.update(func(tx nodkey.Tx) error {
					return tx.InsertSignIn(nodkey.SignIn{ID: nodkey.SignInID(id), UserID: user, Token: nodkey.TokenHash(id), ApplicationID: app, Asked: asked, State: state, CreatedAt: start.Add(made)})
				})
			}
			put("late", "vpn", nodkey.ApproveSignIn, nodkey.SignInPending, 3*time.Second)
			put("yes", "vpn", nodkey.ApproveConfirm, nodkey.SignInApproved, 2*time.Second)
			put("old", "vpn", nodkey.ApproveSignIn, nodkey.SignInPending, 0)
			put("over", "vpn", nodkey.ApproveSignIn, nodkey.SignInDone, 2*time.Second)
			put("browser", "vpn", "", nodkey.SignInPending, 2*time.Second)
			put("other", "wiki", nodkey.ApproveSignIn, nodkey.SignInPending, 2*time.Second)
			put("portal", "", "", nodkey.SignInPending, 2*time.Second)
			list := func(app nodkey.ApplicationID, since time.Duration, limit int, want ...nodkey.SignInID) {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) ([]nodkey.SignInID, error) {
					all, err := tx.AsksOf(app, start.Add(since), limit)
					return ids(all, func(s nodkey.SignIn) nodkey.SignInID { return s.ID }), err
				})
			}
			list("vpn", 0, 9, "old", "yes", "late")
			list("vpn", time.Second, 1, "yes")
			list("", 0, 9)
		},
		"groups are a user's own": func(k kit) {
			user, other := k.user("u"), k.user("other")
			groups := func(u nodkey.UserID, want ...string) {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) ([]string, error) { return tx.GroupsOf(u) })
			}
			put := func(u nodkey.UserID, name string) func(nodkey.Tx) error {
				return func(tx nodkey.Tx) error { return tx.InsertGroup(u, name) }
			}
			groups(user)
			k.update(put(user, "staff"))
			k.update(put(user, "admins"))
			k.update(put(other, "staff"))
			k.fails(nodkey.ErrExists, put(user, "staff"))
			k.fails(nodkey.ErrNoRow, put("nobody", "staff"))
			groups(user, "admins", "staff")
			take := func(u nodkey.UserID, name string) func(nodkey.Tx) error {
				return func(tx nodkey.Tx) error { return tx.DeleteGroup(u, name) }
			}
			k.update(take(user, "staff"))
			k.fails(nodkey.ErrNoRow, take(user, "staff"))
			k.fails(nodkey.ErrNoRow, take(user, "ADMINS"))
			groups(user, "admins")
			groups(other, "staff")
			k.update(func(tx nodkey.Tx) error { return tx.DeleteUser(user) })
			groups(user)
			groups(other, "staff")
		},
		"whom one added is kept until its end, and goes with either": func(k kit) {
			vpn, wiki := k.application("vpn"), k.application("wiki")
			put := func(user nodkey.UserID, app nodkey.ApplicationID, ends time.Duration) func(nodkey.Tx) error {
				return func(tx nodkey.Tx) error {
					return tx.InsertEnrolment(nodkey.Enrolment{UserID: user, ApplicationID: app, Code: []byte(user), Until: start.Add(ends)})
				}
			}
			gone := func(users ...nodkey.UserID) {
				k.Helper()
				for _, u := range users {
					missing(k, func(tx nodkey.Tx) (nodkey.Enrolment, error) { return tx.Enrolment(u) })
				}
			}
			k.fails(nodkey.ErrNoRow, put("nobody", vpn, 1))
			k.fails(nodkey.ErrNoRow, put(k.user("a"), "none", 1))
			k.update(put("a", vpn, 2*time.Hour))
			k.update(put(k.user("b"), vpn, time.Hour))
			k.update(put(k.user("c"), vpn, 2*time.Hour))
			k.fails(nodkey.ErrExists, put("a", wiki, 1))
			k.update(put(k.user("d"), wiki, 2*time.Hour))
			want := nodkey.Enrolment{UserID: "b", ApplicationID: vpn, Code: []byte("b"), Until: start.Add(time.Hour)}
			see(k, want, func(tx nodkey.Tx) (nodkey.Enrolment, error) { return tx.Enrolment("b") })
			k.update(func(tx nodkey.Tx) error { _, err := tx.Purge(start.Add(time.Hour-time.Millisecond), 9); return err })
			see(k, want, func(tx nodkey.Tx) (nodkey.Enrolment, error) { return tx.Enrolment("b") })
			k.update(func(tx nodkey.Tx) error { _, err := tx.Purge(start.Add(time.Hour), 9); return err })
			k.update(func(tx nodkey.Tx) error { return tx.DeleteUser("c") })
			gone("b", "c")
			k.update(func(tx nodkey.Tx) error { return tx.DeleteApplication(vpn) })
			gone("a")
			see(k, wiki, func(tx nodkey.Tx) (nodkey.ApplicationID, error) {
				e, err := tx.Enrolment("d")
				return e.ApplicationID, err
			})
		},
		"what was asked under a key is found, in that application alone": func(k kit) {
			user := k.user("u")
			ask := func(id nodkey.SignInID, application nodkey.ApplicationID, key string) func(nodkey.Tx) error {
				return func(tx nodkey.Tx) error {
					s := nodkey.SignIn{ID: id, UserID: user, Token: nodkey.TokenHash(id), ApplicationID: application}
					if key != "" {
						s.AskKey = []byte(key)
					}
					return tx.InsertSignIn(s)
				}
			}
			k.update(ask("a", "vpn", "one"))
			k.update(ask("b", "wiki", "one"))
			k.update(ask("c", "vpn", "two"))
			k.update(ask("none", "vpn", ""))
			k.update(ask("none too", "vpn", ""))
			k.fails(nodkey.ErrExists, ask("d", "vpn", "one"))
			find := func(application nodkey.ApplicationID, key string, want nodkey.SignInID) {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) (nodkey.SignInID, error) {
					s, err := tx.SignInByAsk(application, []byte(key))
					return s.ID, err
				})
			}
			find("vpn", "one", "a")
			find("wiki", "one", "b")
			find("vpn", "two", "c")
			missing(k, func(tx nodkey.Tx) (nodkey.SignIn, error) { return tx.SignInByAsk("wiki", []byte("two")) })
			missing(k, func(tx nodkey.Tx) (nodkey.SignIn, error) { return tx.SignInByAsk("vpn", nil) })
			missing(k, func(tx nodkey.Tx) (nodkey.SignIn, error) { return tx.SignInByAsk("vpn", []byte("ONE")) })
		},
	}
}
