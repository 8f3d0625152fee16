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

// Subscribe keeps where the calling phone takes messages of a channel, in place of what was kept before. The same once more
// changes nothing. Errors: push.off, push.channel, push.endpoint, push.p256dh, push.auth, push.service with Host, key.* for a key
// that is not active, user.slow.
func (k *Keys) Subscribe(ctx context.Context, c Caller, channel string, s Subscription) error {
	if c.key == nil {
		return fail(Unauthenticated, "proof.missing")
	}
	service, err := k.checkSubscription(channel, s)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return AsError(err)
	}
	fresh := SealedSubscription{Row: subscriptionRow(c.key.ID, channel), KeyID: c.key.ID, Channel: channel, Service: service, CreatedAt: k.now()}
	if fresh.Target, err = k.id.seal("subscriptions", "target", fresh.Row, raw); err != nil {
		return AsError(err)
	}
	return wrap(k.Store.Update(ctx, func(tx Tx) error {
		key, err := k.spendActive(tx, c)
		if err != nil {
			return err
		}
		kept, err := tx.Subscription(key.ID, channel)
		if err != nil && !errors.Is(err, ErrNoRow) {
			return err
		}
		if err == nil && kept.Service == service {
			// One that does not open is of no use: another takes its place.
			old, err := k.id.open("subscriptions", "target", kept.Row, kept.Target)
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
		return k.record(tx, c, fresh.CreatedAt, "push.subscribed", key.UserID, string(key.ID), "channel", channel, "service", service)
	}))
}

// checkSubscription gives the service of a subscription that may be kept.
func (k *Keys) checkSubscription(channel string, s Subscription) (service string, err error) {
	if channel != ChannelWebPush && channel != ChannelNtfy { // nobody subscribes to a webhook
		return "", fail(BadInput, "push.channel")
	}
	if k.Push == nil || !k.Push.Has(channel) {
		return "", fail(Conflict, "push.off")
	}
	if len(s.Endpoint) > endpointMax || strings.ContainsFunc(s.Endpoint, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return "", fail(BadInput, "push.endpoint")
	}
	if err := checkPushKeys(channel, s); err != nil {
		return "", err
	}
	service, host, ok := k.Push.Service(channel, s.Endpoint)
	switch {
	case host == "":
		return "", fail(BadInput, "push.endpoint")
	case !ok:
		return "", fail(Refused, "push.service", "Host", host)
	}
	return service, nil
}

// checkPushKeys checks what Web Push encrypts with; ntfy has no such thing.
func checkPushKeys(channel string, s Subscription) error {
	if channel != ChannelWebPush {
		switch {
		case len(s.P256DH) > 0:
			return fail(BadInput, "push.p256dh")
		case len(s.Auth) > 0:
			return fail(BadInput, "push.auth")
		}
		return nil
	}
	if _, err := ecdh.P256().NewPublicKey(s.P256DH); err != nil {
		return fail(BadInput, "push.p256dh").because(err)
	}
	if len(s.Auth) != pushAuthLength {
		return fail(BadInput, "push.auth")
	}
	return nil
}

// Unsubscribe forgets where the calling phone takes messages of a channel, if that is known. Error: push.channel.
func (k *Keys) Unsubscribe(ctx context.Context, c Caller, channel string) error {
	if c.key == nil {
		return fail(Unauthenticated, "proof.missing")
	}
	if channel != ChannelWebPush && channel != ChannelNtfy {
		return fail(BadInput, "push.channel")
	}
	now := k.now()
	return wrap(k.Store.Update(ctx, func(tx Tx) error {
		if err := k.spend(tx, c); err != nil {
			return err
		}
		return k.unsubscribe(tx, c, *c.key, channel, "push.unsubscribed", now)
	}))
}

// unsubscribe forgets a key's subscription and what was to be sent to it, and writes down why.
func (b *base) unsubscribe(tx Tx, c Caller, key Key, channel, why string, now time.Time) error {
	kept, err := tx.Subscription(key.ID, channel)
	if errors.Is(err, ErrNoRow) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := tx.DeleteSubscription(key.ID, channel); err != nil {
		return err
	}
	return b.record(tx, c, now, why, key.UserID, string(key.ID), "channel", channel, "service", kept.Service)
}

// unsubscribeAll forgets all that a key subscribed to.
func (b *base) unsubscribeAll(tx Tx, c Caller, key Key, now time.Time) error {
	list, err := tx.SubscriptionsOf(key.ID)
	if err != nil {
		return err
	}
	for _, s := range list {
		if err := b.unsubscribe(tx, c, key, s.Channel, "push.unsubscribed", now); err != nil {
			return err
		}
	}
	return nil
}
