package nodkey

import (
	"context"
	"crypto/ecdh"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// Subscribe keeps where the calling phone takes messages, in place of what was kept before. The same once more changes
// nothing. Errors: push.off, push.endpoint, push.p256dh, push.auth, push.service with Host, key.* for a key that is not
// active, user.slow.
func (k *Keys) Subscribe(ctx context.Context, c Caller, s Subscription) error {
	if c.key == nil {
		return fail(Unauthenticated, "proof.missing")
	}
	service, err := k.checkSubscription(s)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return AsError(err)
	}
	fresh := SealedSubscription{KeyID: c.key.ID, Service: service, CreatedAt: k.now()}
	if fresh.Target, err = k.id.seal("subscriptions", "target", string(c.key.ID), raw); err != nil {
		return AsError(err)
	}
	return wrap(k.Store.Update(ctx, func(tx Tx) error {
		if err := k.spend(tx, c); err != nil {
			return err
		}
		key, err := tx.Key(c.key.ID)
		if err != nil {
			return err
		}
		if key.State != KeyActive {
			return k.notActive(key)
		}
		kept, err := tx.Subscription(key.ID)
		if err != nil && !errors.Is(err, ErrNoRow) {
			return err
		}
		if err == nil && kept.Service == service {
			// One that does not open is of no use: another takes its place.
			old, err := k.id.open("subscriptions", "target", string(key.ID), kept.Target)
			if err == nil && subtle.ConstantTimeCompare(old, raw) == 1 {
				return nil
			}
		}
		if err := chargeChange(tx, key.UserID, fresh.CreatedAt); err != nil {
			return err
		}
		if err := tx.SaveSubscription(fresh); err != nil {
			return err
		}
		return k.record(tx, c, fresh.CreatedAt, "push.subscribed", key.UserID, string(key.ID), "service", service)
	}))
}

// checkSubscription gives the service of a subscription that may be kept.
func (k *Keys) checkSubscription(s Subscription) (service string, err error) {
	if k.Push == nil {
		return "", fail(Conflict, "push.off")
	}
	if len(s.Endpoint) > endpointMax || strings.ContainsFunc(s.Endpoint, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return "", fail(BadInput, "push.endpoint")
	}
	if _, err := ecdh.P256().NewPublicKey(s.P256DH); err != nil {
		return "", fail(BadInput, "push.p256dh").because(err)
	}
	if len(s.Auth) != pushAuthLength {
		return "", fail(BadInput, "push.auth")
	}
	service, host, ok := k.Push.Service(ChannelWebPush, s.Endpoint)
	switch {
	case host == "":
		return "", fail(BadInput, "push.endpoint")
	case !ok:
		return "", fail(Refused, "push.service", "Host", host)
	}
	return service, nil
}

// Unsubscribe forgets where the calling phone takes messages, if that is known.
func (k *Keys) Unsubscribe(ctx context.Context, c Caller) error {
	if c.key == nil {
		return fail(Unauthenticated, "proof.missing")
	}
	now := k.now()
	return wrap(k.Store.Update(ctx, func(tx Tx) error {
		if err := k.spend(tx, c); err != nil {
			return err
		}
		return k.unsubscribe(tx, c, *c.key, "push.unsubscribed", now)
	}))
}

// unsubscribe forgets a key's subscription and what was to be sent to it, and writes down why.
func (b *base) unsubscribe(tx Tx, c Caller, key Key, why string, now time.Time) error {
	kept, err := tx.Subscription(key.ID)
	if errors.Is(err, ErrNoRow) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := tx.DeleteSubscription(key.ID); err != nil {
		return err
	}
	return b.record(tx, c, now, why, key.UserID, string(key.ID), "service", kept.Service)
}
