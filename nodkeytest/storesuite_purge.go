package nodkeytest

import (
	"errors"
	"fmt"
	"time"

	"github.com/nodkey/nodkey"
)

// How long a store may keep what has ended is its own affair, up to this.
const longEnough = 2 * 365 * 24 * time.Hour

func purgeTests() map[string]func(kit) {
	return map[string]func(kit){
		"what is alive stays, what ended long ago goes": func(k kit) {
			user := k.user("u")
			k.belongings(user)
			put := func(name string, ends time.Time) {
				k.update(func(tx nodkey.Tx) error {
					return errors.Join(
						tx.UseProof(nodkey.KeyID(user), name, ends),
						tx.SaveLimit(nodkey.Limit{Name: name, Level: 1, At: start, Empty: ends}),
						tx.InsertSession(nodkey.Session{ID: nodkey.SessionID(name), UserID: user, Token: nodkey.TokenHash(name), CreatedAt: start, ExpiresAt: ends}),
					)
				})
			}
			put("later", start.Add(time.Hour))
			put("now", start)
			k.update(setLevel("endless", 1))
			purge := func(now time.Time, limit, want int) {
				k.Helper()
				k.update(func(tx nodkey.Tx) error {
					n, err := tx.Purge(now, limit)
					if n != want {
						k.Errorf("a purge of at most %d a table at %s deleted %d rows, want %d", limit, now.Sub(start), n, want)
					}
					return err
				})
			}
			purge(start.Add(-time.Millisecond), 9, 0)
			level(k, "now", 1)
			purge(start, 9, 4) // two proofs (of belongings, one of them), a session and a level
			level(k, "now", 0)
			level(k, "later", 1)
			missing(k, func(tx nodkey.Tx) (nodkey.Session, error) { return tx.SessionByToken("now") })
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error { return tx.UseProof(nodkey.KeyID(user), "later", start) })
			k.update(func(tx nodkey.Tx) error { return tx.UseProof(nodkey.KeyID(user), "now", start.Add(time.Hour)) })

			k.update(func(tx nodkey.Tx) error { _, err := tx.Purge(start.Add(longEnough), 9); return err })
			k.view(func(tx nodkey.Tx) error {
				if n := k.countBelongings(tx, user); n != 3 { // the key, the country and the group
					k.Errorf("%d things are left after %s, want the key, the country and the group", n, longEnough)
				}
				list, err := tx.AuditLog(nodkey.AuditFilter{}, 0, 9)
				if len(list) != 1 {
					k.Errorf("%d audit rows are left, want the one there was", len(list))
				}
				return err
			})
			see(k, user, func(tx nodkey.Tx) (nodkey.UserID, error) { u, err := tx.User(user); return u.ID, err })
			purge(start.Add(longEnough), 9, 0)
			level(k, "endless", 1) // it has no end
		},
		"an activation that ran out keeps no secret": func(k kit) {
			user := k.user("u")
			open := nodkey.Activation{ID: "open", UserID: user, State: nodkey.ActivationOpen, CodeID: []byte("open"), Code: []byte("code"),
				Es: []byte("es"), CreatedAt: start, ExpiresAt: start.Add(time.Minute)}
			over := open
			over.ID, over.CodeID, over.ExpiresAt = "over", []byte("over"), start
			k.update(func(tx nodkey.Tx) error { return errors.Join(tx.InsertActivation(open), tx.InsertActivation(over)) })
			k.update(func(tx nodkey.Tx) error { _, err := tx.Purge(start, 9); return err })
			over.Code, over.Es = nil, nil
			for _, want := range []nodkey.Activation{open, over} {
				see(k, want, func(tx nodkey.Tx) (nodkey.Activation, error) { return tx.Activation(want.ID) })
			}
		},
		"goes by bounded steps": func(k kit) {
			user := k.user("u")
			k.key("k", user)
			k.update(func(tx nodkey.Tx) error {
				for i := range 25 {
					err := errors.Join(tx.UseProof("k", fmt.Sprint(i), start), tx.SaveLimit(nodkey.Limit{Name: fmt.Sprint(i), Level: 1, Empty: start}))
					if err != nil {
						return err
					}
				}
				return nil
			})
			for _, want := range []int{20, 20, 10, 0} {
				k.update(func(tx nodkey.Tx) error {
					n, err := tx.Purge(start, 10)
					if n != want {
						k.Errorf("a step deleted %d rows, want %d", n, want)
					}
					return err
				})
			}
		},
	}
}
