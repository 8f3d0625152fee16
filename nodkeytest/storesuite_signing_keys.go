package nodkeytest

import (
	"errors"
	"time"

	"github.com/nodkey/nodkey"
)

func signingKeyTests() map[string]func(kit) {
	listed := func(tx nodkey.Tx) ([]string, error) {
		list, err := tx.SigningKeys()
		return ids(list, func(s nodkey.SigningKey) string { return s.ID }), err
	}
	return map[string]func(kit){
		"come back as they were": func(k kit) {
			full, other := fill[nodkey.SigningKey](1), fill[nodkey.SigningKey](2)
			other.ID, other.Alg, other.CreatedAt = full.ID, full.Alg, full.CreatedAt
			keeping[nodkey.SigningKey]{
				full: full, other: other, sparse: nodkey.SigningKey{ID: "sparse"},
				insert: nodkey.Tx.InsertSigningKey, save: nodkey.Tx.SaveSigningKey,
				get: func(tx nodkey.Tx, s nodkey.SigningKey) (nodkey.SigningKey, error) {
					list, err := tx.SigningKeys()
					for _, found := range list {
						if found.ID == s.ID {
							return found, err
						}
					}
					return nodkey.SigningKey{}, errors.Join(err, nodkey.ErrNoRow)
				},
			}.check(k)
		},
		"are listed by when they sign, the latest first, and purged when they end": func(k kit) {
			for i, name := range []string{"b", "c", "a"} {
				key := nodkey.SigningKey{ID: name, SignsFrom: start.Add(time.Duration(i) * time.Hour)}
				if name == "b" {
					key.EndsAt = start.Add(time.Hour)
				}
				k.update(func(tx nodkey.Tx) error { return tx.InsertSigningKey(key) })
			}
			see(k, []string{"a", "c", "b"}, listed)
			for _, c := range []struct {
				at   time.Duration
				want []string
			}{{time.Hour - time.Millisecond, []string{"a", "c", "b"}}, {time.Hour, []string{"a", "c"}}, {longEnough, []string{"a", "c"}}} {
				k.update(func(tx nodkey.Tx) error { _, err := tx.Purge(start.Add(c.at), 9); return err })
				see(k, c.want, listed)
			}
		},
		"assertions are used once by their application, until they end": func(k kit) {
			vpn, wiki := k.application("vpn"), k.application("wiki")
			use := func(id nodkey.ApplicationID, digest string) func(nodkey.Tx) error {
				return func(tx nodkey.Tx) error { return tx.UseAssertion(id, []byte(digest), start.Add(time.Hour)) }
			}
			k.fails(nodkey.ErrNoRow, use("nobody", "1"))
			k.update(use(vpn, "1"))
			k.fails(nodkey.ErrExists, use(vpn, "1"))
			k.update(use(wiki, "1"))
			k.update(use(vpn, "2"))
			k.update(func(tx nodkey.Tx) error { _, err := tx.Purge(start.Add(time.Hour-time.Millisecond), 9); return err })
			k.fails(nodkey.ErrExists, use(vpn, "1"))
			k.update(func(tx nodkey.Tx) error { _, err := tx.Purge(start.Add(time.Hour), 9); return err })
			k.update(use(vpn, "1"))
			k.update(func(tx nodkey.Tx) error { return tx.DeleteApplication(vpn) })
			k.application("vpn")
			k.update(use(vpn, "1"))
		},
	}
}
