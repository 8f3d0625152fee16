package nodkeytest

import (
	"time"

	"github.com/nodkey/nodkey"
)

func openingTests() map[string]func(kit) {
	return map[string]func(kit){
		"a key has one": func(k kit) {
			user := k.user("u")
			id, other := k.key("k", user), k.key("other", user)
			kept := func(id nodkey.KeyID) func(nodkey.Tx) (nodkey.Opening, error) {
				return func(tx nodkey.Tx) (nodkey.Opening, error) { return tx.Opening(id) }
			}
			missing(k, kept(id))
			full := fill[nodkey.Opening](1)
			full.KeyID = id
			for _, want := range []nodkey.Opening{full, {KeyID: id}, full} {
				k.update(func(tx nodkey.Tx) error { return tx.SaveOpening(want) })
				see(k, want, kept(id))
			}
			missing(k, kept(other))
			beside := nodkey.Opening{KeyID: other, ApprovalID: "a", Until: start.Add(time.Minute)}
			k.update(func(tx nodkey.Tx) error { return tx.SaveOpening(beside) })
			see(k, full, kept(id))
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.SaveOpening(nodkey.Opening{KeyID: "no key"}) })
			for range 2 {
				k.update(func(tx nodkey.Tx) error { return tx.DeleteOpening(id) })
				missing(k, kept(id))
			}
			see(k, beside, kept(other))
			k.update(func(tx nodkey.Tx) error { return tx.DeleteUser(user) })
			missing(k, kept(other))
		},
	}
}
