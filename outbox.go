package nodkey

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Outbox holds what is to be sent to phones. It decides what goes out, to whom and until when; workers (package notify)
// carry it. A message is taken for [pushLease], sent, and settled; a worker that dies in between leaves it to be sent again,
// and as the topic is the same the push service puts the second in the place of the first.
type Outbox struct{ *base }

const (
	pushLease    = 30 * time.Second // longer than any try lasts
	pushAttempts = 60               // more than fit the life of a request
	pushPauseMax = 5 * time.Second  // between two tries
)

const topicOfOutbox = "outbox"

// Wake tells of new messages; losing a wake-up costs time, never a message.
func (o *Outbox) Wake() (wake <-chan struct{}, cancel func()) { return o.Bus.Subscribe(topicOfOutbox) }

// channels are those that are on.
func (b *base) channels() []string {
	var on []string
	for _, channel := range []string{ChannelWebPush, ChannelNtfy, ChannelWebhook} {
		if b.Push != nil && b.Push.Has(channel) {
			on = append(on, channel)
		}
	}
	return on
}

// enqueue makes the notices of an approval, in its transaction, and tells whether there are any.
func (b *base) enqueue(tx Tx, a Approval) (queued bool, err error) {
	if !a.Notified {
		return false, nil
	}
	for _, channel := range b.channels() {
		service := ""
		if channel == ChannelWebhook {
			service = ChannelWebhook
		}
		for _, key := range a.KeyIDs {
			made, err := tx.InsertNotice(Notice{ApprovalID: a.ID, KeyID: key, Channel: channel, Service: service, CreatedAt: a.CreatedAt,
				DueAt: a.CreatedAt, ExpiresAt: a.ExpiresAt})
			if err != nil {
				return false, err
			}
			queued = queued || made
		}
	}
	return queued, nil
}

// notify wakes the phones that wait for an approval and, where there are notices, those who carry them.
func (b *base) notify(a Approval, queued bool) {
	topics := topicsOfKeys(a.KeyIDs)
	if queued {
		topics = append(topics, topicOfOutbox)
	}
	b.Bus.Publish(topics...)
}

// Take gives what is to be sent to a service now, what has waited longest first, and at most limit. What has no use any more
// (ended, expired, of a phone that is not active) it drops. more says that there may be further ones.
func (o *Outbox) Take(ctx context.Context, service string, limit int) (messages []PushMessage, more bool, err error) {
	now := o.now()
	var alive []PushMessage
	var dead []Notice
	err = o.Store.View(ctx, func(tx Tx) error {
		alive, dead = nil, nil
		due, err := tx.DueNotices(service, now, limit)
		if err != nil {
			return err
		}
		more = len(due) == limit
		for _, n := range due {
			m, err := o.wanted(tx, n, now)
			if errors.Is(err, ErrNoRow) {
				dead = append(dead, n.Notice)
				continue
			}
			if err != nil {
				return err
			}
			alive = append(alive, m)
		}
		return nil
	})
	if err != nil || len(alive)+len(dead) == 0 {
		return nil, false, wrap(err)
	}
	opened := alive[:0]
	for _, m := range alive {
		if err := o.address(&m); err != nil { // it never opens: the phone hands over another when it starts
			dead = append(dead, m.Notice)
			continue
		}
		opened = append(opened, m)
	}
	var taken []PushMessage
	err = o.Store.Update(ctx, func(tx Tx) error {
		taken = nil
		for _, n := range dead {
			if err := tx.DeleteNotice(n); err != nil {
				return err
			}
		}
		for _, m := range opened {
			claimed, err := tx.TakeNotice(m.Notice, now.Add(pushLease))
			if errors.Is(err, ErrNoRow) {
				continue // another worker has it
			}
			if err != nil {
				return err
			}
			m.Notice = claimed
			taken = append(taken, m)
		}
		return nil
	})
	return taken, more, wrap(err)
}

// wanted makes the message of a notice, and ErrNoRow when nobody waits for it.
func (o *Outbox) wanted(tx Tx, n DueNotice, now time.Time) (PushMessage, error) {
	about := n.approval()
	if !now.Before(n.ExpiresAt) || about.StateAt(now) != ApprovalOpen || n.KeyState != KeyActive {
		return PushMessage{}, ErrNoRow
	}
	if n.Channel != ChannelWebhook && n.To.Service != n.Service { // the phone has moved to another service meanwhile, or to none
		return PushMessage{}, ErrNoRow
	}
	m := PushMessage{Notice: n.Notice, Payload: []byte(n.ApprovalID), Topic: pushTopic(n.ApprovalID), Left: n.ExpiresAt.Sub(now), of: n.To, about: about}
	if n.Channel != ChannelWebPush {
		user, err := tx.User(n.User)
		if err != nil {
			return PushMessage{}, err
		}
		m.Locale, m.User, m.Phone = localeOf(user.Locale, ""), user.Name, n.PhoneName
	}
	return m, nil
}

// address opens where a message goes to.
func (o *Outbox) address(m *PushMessage) error {
	if m.Channel == ChannelWebhook {
		return nil // its one address is in the configuration
	}
	raw, err := o.id.open("subscriptions", "target", m.of.Row, m.of.Target)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, &m.To)
}
