package nodkeytest

import (
	"time"

	"github.com/nodkey/nodkey"
)

func deliveryTests() map[string]func(kit) {
	return map[string]func(kit){
		"of a delivery the first of each time counts": func(k kit) {
			user := k.user("u")
			a, x, y := k.approval("a", user), k.key("x", user), k.key("y", user)
			kept := func(want ...nodkey.Delivery) {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) ([]nodkey.Delivery, error) { return tx.DeliveriesOf(a) })
			}
			kept()
			want := nodkey.Delivery{ApprovalID: a, KeyID: x}
			merge := func(d nodkey.Delivery) {
				k.Helper()
				k.update(func(tx nodkey.Tx) error { return tx.MergeDelivery(d) })
			}
			for i, at := range []*time.Time{&want.RefusedAt, &want.AcceptedAt, &want.OpenedAt, &want.ShownAt, &want.ReceivedAt} {
				*at = start.Add(time.Duration(i) * time.Second)
				merge(want)
				kept(want)
				later := fill[nodkey.Delivery](7)
				later.ApprovalID, later.KeyID = a, x
				if i == 4 {
					merge(later)
					kept(want)
				}
			}
			other := fill[nodkey.Delivery](3)
			other.ApprovalID, other.KeyID = a, y
			merge(other)
			kept(want, other)
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.MergeDelivery(nodkey.Delivery{ApprovalID: "none", KeyID: x}) })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.MergeDelivery(nodkey.Delivery{ApprovalID: a, KeyID: "none"}) })
			k.update(func(tx nodkey.Tx) error { return tx.DeleteUser(user) })
			kept()
		},
		"a delivery goes with its approval, a test only with its key": func(k kit) {
			user := k.user("u")
			a, id := k.approval("a", user), k.key("k", user)
			test := fill[nodkey.PushTest](1)
			test.KeyID = id
			k.update(func(tx nodkey.Tx) error {
				if err := tx.MergeDelivery(nodkey.Delivery{ApprovalID: a, KeyID: id, AcceptedAt: start}); err != nil {
					return err
				}
				return tx.SavePushTest(test)
			})
			k.update(func(tx nodkey.Tx) error { _, err := tx.Purge(start.Add(longEnough), 99); return err })
			missing(k, func(tx nodkey.Tx) (nodkey.Approval, error) { return tx.Approval(a) })
			see(k, nil, func(tx nodkey.Tx) ([]nodkey.Delivery, error) { return tx.DeliveriesOf(a) })
			tested := func(tx nodkey.Tx) (nodkey.PushTest, error) { return tx.PushTest(id) }
			see(k, test, tested)
			test = nodkey.PushTest{KeyID: id, ApprovalID: "another"}
			k.update(func(tx nodkey.Tx) error { return tx.SavePushTest(test) })
			see(k, test, tested)
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.SavePushTest(nodkey.PushTest{KeyID: "no key"}) })
			k.update(func(tx nodkey.Tx) error { return tx.DeleteUser(user) })
			missing(k, tested)
		},
	}
}
