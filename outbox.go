package nodkey

import (
	"bytes"
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

// enqueue makes the notices of an approval, in its transaction, and tells whether there are any.
func (b *base) enqueue(tx Tx, a Approval) (queued bool, err error) {
	if b.Push == nil || !a.Notified {
		return false, nil
	}
	for _, key := range a.KeyIDs {
		made, err := tx.InsertNotice(Notice{ApprovalID: a.ID, KeyID: key, CreatedAt: a.CreatedAt, DueAt: a.CreatedAt, ExpiresAt: a.ExpiresAt})
		if err != nil {
			return false, err
		}
		queued = queued || made
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
			sealed, err := o.stillWanted(tx, n, now)
			if errors.Is(err, ErrNoRow) {
				dead = append(dead, n)
				continue
			}
			if err != nil {
				return err
			}
			alive = append(alive, PushMessage{Notice: n, Payload: []byte(n.ApprovalID), Topic: pushTopic(n.ApprovalID), Left: n.ExpiresAt.Sub(now), sealed: sealed})
		}
		return nil
	})
	if err != nil || len(alive)+len(dead) == 0 {
		return nil, false, wrap(err)
	}
	opened := alive[:0]
	for _, m := range alive {
		raw, err := o.id.open("subscriptions", "target", string(m.KeyID), m.sealed)
		if err == nil {
			err = json.Unmarshal(raw, &m.To)
		}
		if err != nil { // it never will: the phone hands over another when it starts
			dead = append(dead, m.Notice)
			continue
		}
		opened = append(opened, m)
	}
	var taken []PushMessage
	err = o.Store.Update(ctx, func(tx Tx) error {
		taken = nil
		for _, n := range dead {
			if err := tx.DeleteNotice(n.ApprovalID, n.KeyID); err != nil {
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

// stillWanted gives the sealed subscription that a notice goes to, and ErrNoRow when nobody waits for it.
func (o *Outbox) stillWanted(tx Tx, n Notice, now time.Time) ([]byte, error) {
	if !now.Before(n.ExpiresAt) {
		return nil, ErrNoRow
	}
	a, err := tx.Approval(n.ApprovalID)
	if err != nil {
		return nil, err
	}
	key, err := tx.Key(n.KeyID)
	if err != nil {
		return nil, err
	}
	if a.StateAt(now) != ApprovalOpen || key.State != KeyActive {
		return nil, ErrNoRow
	}
	s, err := tx.Subscription(n.KeyID)
	if err == nil && s.Service != n.Service { // the phone has moved to another service meanwhile
		return nil, ErrNoRow
	}
	return s.Target, err
}

// Sent is a message with what became of it.
type Sent struct {
	PushMessage
	PushAnswer
}

// Settle writes down what became of messages: delivered and refused ones are done, those that failed are due again later
// unless the request ends before that, and a subscription that is gone is forgotten, if it is still the same.
func (o *Outbox) Settle(ctx context.Context, sent []Sent) error {
	now := o.now()
	return wrap(o.Store.Update(ctx, func(tx Tx) error {
		for _, s := range sent {
			if err := o.settleOne(tx, s, now); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (o *Outbox) settleOne(tx Tx, s Sent, now time.Time) error {
	if s.Outcome == PushRetry && s.Attempts < pushAttempts {
		s.DueAt = now.Add(max(s.RetryAfter, pause(s.Attempts)))
		if s.DueAt.Before(s.ExpiresAt) {
			err := tx.PutBackNotice(s.Notice)
			if errors.Is(err, ErrNoRow) {
				return nil // its user is gone meanwhile
			}
			return err
		}
	}
	if s.Outcome == PushGone {
		kept, err := tx.Subscription(s.KeyID)
		if err != nil && !errors.Is(err, ErrNoRow) {
			return err
		}
		if err == nil && bytes.Equal(kept.Target, s.sealed) {
			key, err := tx.Key(s.KeyID)
			if err != nil {
				return err
			}
			if err := o.unsubscribe(tx, Caller{operator: "system"}, key, "push.gone", now); err != nil {
				return err
			}
		}
	}
	return tx.DeleteNotice(s.ApprovalID, s.KeyID)
}

// pause is how long to wait after so many tries: 1 s, 2 s, 4 s, then 5 s.
func pause(attempts int) time.Duration {
	return min(time.Second<<min(max(attempts-1, 0), 10), pushPauseMax)
}
