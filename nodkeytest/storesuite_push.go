package nodkeytest

import (
	"errors"
	"time"

	"github.com/nodkey/nodkey"
)

// subscribed puts a key's subscription in the store.
func (k kit) subscribed(key nodkey.KeyID, service string) nodkey.SealedSubscription {
	k.Helper()
	s := nodkey.SealedSubscription{Row: string(key), KeyID: key, Channel: channel, Service: service, CreatedAt: start, Target: []byte("to " + key)}
	k.update(func(tx nodkey.Tx) error { return tx.SaveSubscription(s) })
	return s
}

// noticed puts a notice in the store that is due after a while, and gives it as it must come back.
func (k kit) noticed(a nodkey.ApprovalID, key nodkey.KeyID, service string, after time.Duration) nodkey.Notice {
	k.Helper()
	n := nodkey.Notice{ApprovalID: a, KeyID: key, Channel: channel, CreatedAt: start, DueAt: start.Add(after), ExpiresAt: start.Add(time.Minute)}
	k.update(func(tx nodkey.Tx) error { _, err := tx.InsertNotice(n); return err })
	n.Service = service
	return n
}

// due checks what is due after a while.
func (k kit) due(service string, after time.Duration, limit int, want ...nodkey.Notice) {
	k.Helper()
	see(k, want, func(tx nodkey.Tx) (notices []nodkey.Notice, err error) {
		due, err := tx.DueNotices(service, start.Add(after), limit)
		for _, n := range due {
			notices = append(notices, n.Notice)
		}
		return notices, err
	})
}

// channel is the one that the tests use where one is as good as another.
const channel = "c"

func pushTests() map[string]func(kit) {
	return map[string]func(kit){
		"a key has one subscription a channel": func(k kit) {
			id := k.key("k", k.user("u"))
			kept := func(channel string) func(tx nodkey.Tx) (nodkey.SealedSubscription, error) {
				return func(tx nodkey.Tx) (nodkey.SealedSubscription, error) { return tx.Subscription(id, channel) }
			}
			missing(k, kept(channel))
			full := fill[nodkey.SealedSubscription](1)
			full.KeyID, full.Channel = id, channel
			for _, want := range []nodkey.SealedSubscription{full, {KeyID: id, Channel: channel}, full} {
				k.update(func(tx nodkey.Tx) error { return tx.SaveSubscription(want) })
				see(k, want, kept(channel))
			}
			other := nodkey.SealedSubscription{Row: "k/b", KeyID: id, Channel: "b", Service: "s", CreatedAt: start, Target: []byte("b")}
			k.update(func(tx nodkey.Tx) error { return tx.SaveSubscription(other) })
			see(k, []nodkey.SealedSubscription{other, full}, func(tx nodkey.Tx) ([]nodkey.SealedSubscription, error) { return tx.SubscriptionsOf(id) })
			see(k, nil, func(tx nodkey.Tx) ([]nodkey.SealedSubscription, error) { return tx.SubscriptionsOf("no key") })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error {
				return tx.SaveSubscription(nodkey.SealedSubscription{Row: "n", KeyID: "no key"})
			})
			k.update(func(tx nodkey.Tx) error { return tx.DeleteSubscription(id, channel) })
			missing(k, kept(channel))
			see(k, other, kept("b"))
			k.update(func(tx nodkey.Tx) error { return tx.DeleteSubscription(id, channel) })
		},
		"what services say is kept of the subscription that it was said of": func(k kit) {
			id := k.key("k", k.user("u"))
			s := k.subscribed(id, "s")
			told := func(tell func(nodkey.Tx) error, change func()) {
				k.Helper()
				k.update(tell)
				change()
				see(k, s, func(tx nodkey.Tx) (nodkey.SealedSubscription, error) { return tx.Subscription(id, channel) })
			}
			refused := func(tx nodkey.Tx) error { return tx.SubscriptionRefused(s, start.Add(time.Second)) }
			accepted := func(tx nodkey.Tx) error { return tx.SubscriptionAccepted(s, start.Add(time.Minute)) }
			told(refused, func() { s.RefusedAt, s.Refusals = start.Add(time.Second), 1 })
			told(refused, func() { s.Refusals = 2 })
			told(accepted, func() { s.AcceptedAt, s.Refusals = start.Add(time.Minute), 0 })
			before := s
			before.Target = []byte("the one before")
			told(func(tx nodkey.Tx) error {
				return errors.Join(tx.SubscriptionRefused(before, start), tx.SubscriptionAccepted(before, start), tx.SubscriptionRefused(nodkey.SealedSubscription{}, start))
			}, func() {})
		},
		"a channel for which nobody subscribes has notices too": func(k kit) {
			user := k.user("u")
			a, id := k.approval("a", user), k.key("k", user)
			k.subscribed(id, "s")
			n := k.noticed(a, id, "s", 0)
			hook := n
			hook.Channel, hook.Service = "hook", "hook"
			insert := func(n nodkey.Notice) func(nodkey.Tx) error {
				return func(tx nodkey.Tx) error { _, err := tx.InsertNotice(n); return err }
			}
			k.update(insert(hook))
			k.update(insert(hook))
			see(k, []nodkey.Notice{n, hook}, func(tx nodkey.Tx) ([]nodkey.Notice, error) { return tx.NoticesOf(a) })
			see(k, nil, func(tx nodkey.Tx) ([]nodkey.Notice, error) { return tx.NoticesOf("b") })
			k.due("hook", 0, 9, hook)
			hook.KeyID = "no key"
			k.fails(nodkey.ErrNoRow, insert(hook))
			hook.KeyID = id
			k.update(func(tx nodkey.Tx) error { return tx.DeleteSubscription(id, channel) })
			k.due("s", 0, 9)
			k.due("hook", 0, 9, hook)
			k.update(func(tx nodkey.Tx) error { return tx.DeleteNotice(hook) })
			k.due("hook", 0, 9)
		},
		"a notice is made for a phone that is subscribed, once": func(k kit) {
			user := k.user("u")
			a, id, mute := k.approval("a", user), k.key("k", user), k.key("mute", user)
			k.subscribed(id, "s")
			n := k.noticed(a, id, "s", 0)
			k.noticed(a, mute, "s", 0)
			k.noticed(a, "no key", "s", 0)
			again := n
			again.Attempts, again.Service = 7, ""
			insert := func(n nodkey.Notice, want bool) func(nodkey.Tx) error {
				return func(tx nodkey.Tx) error {
					made, err := tx.InsertNotice(n)
					if made != want {
						k.Errorf("%+v is made: %t", n, made)
					}
					return err
				}
			}
			k.update(insert(again, false))
			k.update(insert(nodkey.Notice{ApprovalID: a, KeyID: mute, Channel: channel}, false))
			k.update(insert(nodkey.Notice{ApprovalID: a, KeyID: id, Channel: "other"}, false))
			fresh := n
			fresh.Service = ""
			fresh.ApprovalID, fresh.DueAt = k.approval("b", user), start.Add(time.Minute)
			k.update(insert(fresh, true))
			k.due("s", 0, 9, n)
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error {
				_, err := tx.InsertNotice(nodkey.Notice{ApprovalID: "no approval", KeyID: id, Channel: channel})
				return err
			})
		},
		"notices are due in their order, by service": func(k kit) {
			user := k.user("u")
			x, y := k.key("x", user), k.key("y", user)
			k.subscribed(x, "s")
			k.subscribed(y, "t")
			late := k.noticed(k.approval("late", user), x, "s", time.Second)
			soon := k.noticed(k.approval("soon", user), x, "s", 0)
			other := k.noticed("soon", y, "t", 0)
			k.due("s", -time.Millisecond, 9)
			k.due("s", 0, 9, soon)
			k.due("s", time.Second, 9, soon, late)
			k.due("s", time.Second, 1, soon)
			k.due("s", time.Second, 0)
			k.due("t", time.Second, 9, other)
			k.due("none", time.Second, 9)
			k.update(func(tx nodkey.Tx) error { return tx.DeleteNotice(soon) })
			k.due("s", time.Second, 9, late)
			k.due("t", time.Second, 9, other)
			k.update(func(tx nodkey.Tx) error { return tx.DeleteNotice(soon) })
		},
		"a notice that is due comes with what it hangs on": func(k kit) {
			user := k.user("u")
			a, id := nodkey.ApprovalID("a"), nodkey.KeyID("k")
			k.update(func(tx nodkey.Tx) error {
				return errors.Join(
					tx.InsertApproval(nodkey.Approval{ID: a, UserID: user, Kind: nodkey.ApproveKeyAdd, State: nodkey.ApprovalDenied, Subject: "of it", CreatedAt: start, ExpiresAt: start.Add(time.Hour)}),
					tx.InsertKey(nodkey.Key{ID: id, UserID: user, State: nodkey.KeySuspended, Phone: nodkey.Phone{Name: "Pixel 8"}, CreatedAt: start}))
			})
			to := k.subscribed(id, "s")
			k.update(func(tx nodkey.Tx) error { return tx.SubscriptionRefused(to, start) })
			n := k.noticed(a, id, "s", 0)
			hook := n
			hook.Channel, hook.Service = "hook", "s"
			k.update(func(tx nodkey.Tx) error { _, err := tx.InsertNotice(hook); return err })
			whole := func(tx nodkey.Tx) ([]nodkey.DueNotice, error) { return tx.DueNotices("s", start, 9) }
			bare := nodkey.DueNotice{User: user, Kind: nodkey.ApproveKeyAdd, State: nodkey.ApprovalDenied, Subject: "of it", Ends: start.Add(time.Hour),
				KeyState: nodkey.KeySuspended, PhoneName: "Pixel 8"}
			want := []nodkey.DueNotice{bare, bare}
			want[0].Notice, want[1].Notice = n, hook
			want[0].To = to
			want[0].To.RefusedAt, want[0].To.Refusals = start, 1
			see(k, want, whole)
			k.update(func(tx nodkey.Tx) error { return tx.DeleteSubscription(id, channel) })
			see(k, want[1:], whole)
		},
		"a notice is taken once": func(k kit) {
			user := k.user("u")
			a, id := k.approval("a", user), k.key("k", user)
			k.subscribed(id, "s")
			n := k.noticed(a, id, "s", 0)
			want := n
			want.DueAt, want.Attempts = start.Add(time.Second), 1
			k.update(func(tx nodkey.Tx) error {
				got, err := tx.TakeNotice(n, want.DueAt)
				if got != want {
					k.Errorf("taken as %+v, want %+v", got, want)
				}
				return err
			})
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { _, err := tx.TakeNotice(n, start); return err })
			k.due("s", time.Second-time.Millisecond, 9)
			k.due("s", time.Second, 9, want)
			want.DueAt = start.Add(3 * time.Second)
			k.update(func(tx nodkey.Tx) error { return tx.PutBackNotice(want) })
			k.due("s", 3*time.Second, 9, want)
			k.update(func(tx nodkey.Tx) error { return tx.DeleteNotice(n) })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.PutBackNotice(want) })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { _, err := tx.TakeNotice(want, start); return err })
		},
		"notices go with subscription, user and time": func(k kit) {
			for name, end := range map[string]func(tx nodkey.Tx) error{
				"subscription": func(tx nodkey.Tx) error { return tx.DeleteSubscription("subscription", channel) },
				"user":         func(tx nodkey.Tx) error { return tx.DeleteUser("user") },
				"time":         func(tx nodkey.Tx) error { _, err := tx.Purge(start.Add(time.Minute), 9); return err },
			} {
				user := k.user(nodkey.UserID(name))
				a, id := k.approval(nodkey.ApprovalID(name), user), k.key(nodkey.KeyID(name), user)
				k.subscribed(id, name)
				n := k.noticed(a, id, name, 0)
				k.update(func(tx nodkey.Tx) error { _, err := tx.Purge(start.Add(time.Minute-time.Millisecond), 9); return err })
				k.due(name, 0, 9, n)
				k.update(end)
				k.due(name, 0, 9)
			}
		},
	}
}
