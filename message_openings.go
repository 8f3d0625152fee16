package nodkey

import (
	"context"
	"errors"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// OpeningLife is how long a phone may use the message centre after the yes by PIN or biometric that opened it.
const OpeningLife = 10 * time.Minute

// Opening is one key's leave to use its user's box. What a phone signs does not suffice: whoever has copied its storage can
// sign, too.
type Opening struct {
	KeyID      KeyID
	ApprovalID ApprovalID // that was said yes to
	Until      time.Time
}

// OpeningRows keep openings, one a key. They go with the key.
type OpeningRows interface {
	// SaveOpening puts a key's opening in the place of the one before it; ErrNoRow when there is no such key.
	SaveOpening(Opening) error
	Opening(KeyID) (Opening, error)
	// DeleteOpening is no error when there is none.
	DeleteOpening(KeyID) error
}

// AskMessages makes the statement whose yes opens the message centre for the calling key, for OpeningLife (docs/protocol.md
// §10.1). Errors: key.* for a key that is not active, user.slow.
func (k *Keys) AskMessages(ctx context.Context, c Caller) (statement string, err error) {
	return k.askOwn(ctx, c, ApproveMessagesOpen, wire.Statement{}, nil)
}

// openMessages puts a yes in force.
func (b *base) openMessages(a Approval, now time.Time) func(Tx, *Key) error {
	return func(tx Tx, key *Key) error {
		return tx.SaveOpening(Opening{KeyID: key.ID, ApprovalID: a.ID, Until: now.Add(OpeningLife)})
	}
}

// opened looks, in the transaction of what a key does, whether it may. Error: messages.closed.
func (b *base) opened(tx Tx, key KeyID) error {
	o, err := tx.Opening(key)
	if errors.Is(err, ErrNoRow) || err == nil && !b.now().Before(o.Until) {
		return fail(Refused, "messages.closed")
	}
	return err
}

// Shut ends the opening of the calling key, if it has one.
func (m *Messages) Shut(ctx context.Context, c Caller) error {
	if c.key == nil {
		return fail(Unauthenticated, "proof.missing")
	}
	now := m.now()
	return wrap(m.Store.Update(ctx, func(tx Tx) error {
		if err := m.spend(tx, c); err != nil {
			return err
		}
		o, err := tx.Opening(c.key.ID)
		if errors.Is(err, ErrNoRow) {
			return nil
		}
		if err != nil {
			return err
		}
		return m.shut(tx, c, c.key.UserID, o, now)
	}))
}

// shut ends an opening and writes it down, unless its time is over anyway.
func (b *base) shut(tx Tx, c Caller, user UserID, o Opening, now time.Time) error {
	if err := tx.DeleteOpening(o.KeyID); err != nil || !now.Before(o.Until) {
		return err
	}
	return b.record(tx, c, now, "messages.shut", user, string(o.KeyID))
}

// shutDisowned ends what a yes opened that is taken back.
func (b *base) shutDisowned(tx Tx, c Caller, a Approval, now time.Time) error {
	o, err := tx.Opening(a.DecidedBy)
	if errors.Is(err, ErrNoRow) || err == nil && o.ApprovalID != a.ID {
		return nil
	}
	if err != nil {
		return err
	}
	return b.shut(tx, c, a.UserID, o, now)
}

// BoxState is as much of a box as is told without an opening.
type BoxState struct {
	Key    KeyID
	Active bool // the key; nothing is told of the boxes of the others
	Unread int  // at most 100
	// Changed is when something last changed that the list shows; zero for an empty box.
	Changed time.Time
}

// Boxes tells how the boxes of phones' keys stand, in their order. It needs no opening.
func (m *Messages) Boxes(ctx context.Context, phones []Caller) ([]BoxState, error) {
	states := make([]BoxState, len(phones))
	err := m.Store.View(ctx, func(tx Tx) error {
		for i, c := range phones {
			if c.key == nil {
				return fail(Unauthenticated, "proof.missing")
			}
			states[i] = BoxState{Key: c.key.ID}
			key, err := tx.Key(c.key.ID)
			if errors.Is(err, ErrNoRow) || err == nil && key.State != KeyActive {
				continue
			}
			if err != nil {
				return err
			}
			states[i].Active = true
			if states[i].Unread, err = tx.UnreadOf(key.UserID, unreadMost); err != nil {
				return err
			}
			if states[i].Changed, err = lastChange(tx, key.UserID); err != nil {
				return err
			}
		}
		return nil
	})
	return states, wrap(err)
}

// lastChange looks at the newest of the unread messages and at the newest of the others: each is the first of its part of the
// index.
func lastChange(tx MessageRows, user UserID) (last time.Time, err error) {
	for _, from := range []*MessagePlace{nil, {UpdatedAt: endOfTime}} {
		rows, err := tx.MessagesOf(user, MessageFilter{}, from, 1)
		if err != nil {
			return last, err
		}
		if len(rows) > 0 && rows[0].UpdatedAt.After(last) {
			last = rows[0].UpdatedAt
		}
	}
	return last, nil
}

// endOfTime is after every message.
var endOfTime = time.UnixMilli(1 << 53)

// BoxTopics are what the bus is told when something in the boxes of phones' keys changes.
func (m *Messages) BoxTopics(phones []Caller) []string {
	var topics []string
	for _, c := range phones {
		if c.key != nil {
			topics = append(topics, topicOfMessages(c.key.UserID))
		}
	}
	return topics
}
