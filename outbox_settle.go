package nodkey

import (
	"bytes"
	"context"
	"errors"
	"time"
)

// Sent is a message with what became of it.
type Sent struct {
	PushMessage
	PushAnswer
}

// Settle writes down what became of messages: delivered and refused ones are done, those that failed are due again later
// unless the request ends before that, and a subscription that is gone is forgotten, if it is still the same. Pages that wait for
// the requests are told.
func (o *Outbox) Settle(ctx context.Context, sent []Sent) error {
	now := o.now()
	err := o.Store.Update(ctx, func(tx Tx) error {
		for _, s := range sent {
			if err := o.settleOne(tx, s, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return AsError(err)
	}
	var topics []string
	for _, s := range sent {
		if s.Outcome != PushRetry {
			topics = append(topics, topicsOfPages(s.about)...)
		}
	}
	o.Bus.Publish(topics...)
	return nil
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
	if err := o.keepAnswer(tx, s, now); err != nil {
		return err
	}
	if s.Outcome == PushGone {
		if err := o.forget(tx, s, now); err != nil {
			return err
		}
	}
	return tx.DeleteNotice(s.Notice)
}

// keepAnswer stores how far a message came, for those who wait for the request, and what that says of its subscription.
func (o *Outbox) keepAnswer(tx Tx, s Sent, now time.Time) error {
	d := Delivery{ApprovalID: s.ApprovalID, KeyID: s.KeyID}
	if s.Outcome == PushDelivered {
		d.AcceptedAt = now
	} else {
		d.RefusedAt = now
	}
	err := tx.MergeDelivery(d)
	if errors.Is(err, ErrNoRow) {
		return nil // its user is gone meanwhile
	}
	if err != nil {
		return err
	}
	switch s.Outcome {
	case PushDelivered:
		if s.about.Kind == ApprovePushTest {
			err = markTest(tx, s.KeyID, s.ApprovalID, func(t *PushTest) { t.AcceptedAt = firstTime(t.AcceptedAt, now) })
		}
		return errors.Join(err, tx.SubscriptionAccepted(s.of, now))
	case PushRefused:
		return tx.SubscriptionRefused(s.of, now)
	}
	return nil
}

// forget deletes a subscription that is gone.
func (o *Outbox) forget(tx Tx, s Sent, now time.Time) error {
	kept, err := tx.Subscription(s.KeyID, s.Channel)
	if errors.Is(err, ErrNoRow) || err == nil && !bytes.Equal(kept.Target, s.of.Target) {
		return nil
	}
	if err != nil {
		return err
	}
	key, err := tx.Key(s.KeyID)
	if err != nil {
		return err
	}
	return o.unsubscribe(tx, Caller{operator: "system"}, key, s.Channel, "push.gone", now)
}

// pause is how long to wait after so many tries: 1 s, 2 s, 4 s, then 5 s.
func pause(attempts int) time.Duration {
	return min(time.Second<<min(max(attempts-1, 0), 10), pushPauseMax)
}
