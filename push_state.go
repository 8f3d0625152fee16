package nodkey

import (
	"context"
	"errors"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// PushTestLife is how long a test of the notifications may take.
const PushTestLife = time.Minute

// PushTest is the last test of whether messages reach a key's phone. The phone's own word that it received it is its result.
type PushTest struct {
	KeyID      KeyID
	ApprovalID ApprovalID
	AskedAt    time.Time
	AcceptedAt time.Time // when a service took the message
	ReceivedAt time.Time // when the phone said that it has it
}

// PushChannel is one way in which messages reach a key's phone.
type PushChannel struct {
	Channel    string
	Service    string
	Since      time.Time
	AcceptedAt time.Time // when the service last took a message
	RefusedAt  time.Time // when it last would not
	Failing    bool      // the phone should subscribe anew
}

// PushState is how messages reach a key's phone. A channel that is turned off is not in it.
type PushState struct {
	Now      time.Time
	Channels []PushChannel
	Test     *PushTest // nil: there was none
}

// pushState reads how messages reach a key's phone.
func (b *base) pushState(tx Tx, key Key, now time.Time) (PushState, error) {
	out := PushState{Now: now}
	list, err := tx.SubscriptionsOf(key.ID)
	if err != nil {
		return out, err
	}
	for _, channel := range b.channels() {
		if channel == ChannelWebhook && key.State == KeyActive {
			out.Channels = append(out.Channels, PushChannel{Channel: channel, Service: ChannelWebhook, Since: key.ActivatedAt})
		}
		for _, s := range list {
			if s.Channel == channel {
				out.Channels = append(out.Channels, PushChannel{Channel: channel, Service: s.Service, Since: s.CreatedAt,
					AcceptedAt: s.AcceptedAt, RefusedAt: s.RefusedAt, Failing: s.Failing(now)})
			}
		}
	}
	test, err := tx.PushTest(key.ID)
	if errors.Is(err, ErrNoRow) {
		return out, nil
	}
	out.Test = &test
	return out, err
}

// PushState tells the calling phone how messages reach it. Error: key.* for a key that is not active.
func (k *Keys) PushState(ctx context.Context, c Caller) (PushState, error) {
	if c.key == nil {
		return PushState{}, fail(Unauthenticated, "proof.missing")
	}
	if c.key.State != KeyActive {
		return PushState{}, k.notActive(*c.key)
	}
	var out PushState
	err := k.Store.View(ctx, func(tx Tx) (err error) {
		out, err = k.pushState(tx, *c.key, k.now())
		return err
	})
	return out, wrap(err)
}

// PushStateOf tells a session how messages reach one of its user's phones. Errors: key.unknown, session.none once the session
// has ended.
func (k *Keys) PushStateOf(ctx context.Context, c Caller, id KeyID) (PushState, error) {
	var out PushState
	err := k.Store.View(ctx, func(tx Tx) error {
		session, err := k.live(tx, c, Restricted)
		if err != nil {
			return err
		}
		key, err := k.ownKey(tx, session.UserID, id)
		if err != nil {
			return err
		}
		out, err = k.pushState(tx, key, k.now())
		return err
	})
	return out, wrap(err)
}

// AskPushTest sends a message to the calling phone that asks nothing: that it arrives, and that the phone says so (Seen), is all.
// It takes the place of the key's test before. Errors: push.off, push.none for a key that no channel leads to, key.* for one that
// is not active, user.slow.
func (k *Keys) AskPushTest(ctx context.Context, c Caller) (statement string, err error) {
	if c.key == nil {
		return "", fail(Unauthenticated, "proof.missing")
	}
	a, err := k.askPushTest(ctx, c, c.key.UserID, c.key.ID, func(tx Tx) error { return k.spend(tx, c) })
	return a.Statement, err
}

// AskPushTest sends such a message to one of the user's phones; it needs a full session. Topic tells when it is accepted and
// received, Keys.PushStateOf what became of it. Errors: key.unknown, and as those of Keys.AskPushTest.
func (s *Approvals) AskPushTest(ctx context.Context, c Caller, id KeyID) (ApprovalID, error) {
	session, err := c.withSession(Full)
	if err != nil {
		return "", err
	}
	a, err := s.askPushTest(ctx, c, session.UserID, id, func(tx Tx) error {
		_, err := s.live(tx, c, Full)
		return err
	})
	return a.ID, err
}

func (b *base) askPushTest(ctx context.Context, c Caller, owner UserID, id KeyID, allowed func(Tx) error) (Approval, error) {
	now := b.now()
	var user User
	var key Key
	err := b.Store.View(ctx, func(tx Tx) (err error) {
		if user, err = tx.User(owner); err != nil {
			return err
		}
		key, err = b.ownKey(tx, owner, id)
		return err
	})
	if err != nil {
		return Approval{}, AsError(err)
	}
	// It is no session's change, whoever asks: neither takes the place of the other.
	a := Approval{UserID: owner, Kind: ApprovePushTest, Notified: true, Known: true, Subject: string(id), ExpiresAt: now.Add(PushTestLife)}
	if a, err = b.newApproval(c, user, []Key{key}, a, wire.Statement{}, now); err != nil {
		return Approval{}, AsError(err)
	}
	may := func(tx Tx) error {
		if err := allowed(tx); err != nil {
			return err
		}
		if err := b.reachable(tx, id); err != nil {
			return err
		}
		if err := chargeWrite(tx, testsByKey, "tests:key:"+string(id), now); err != nil {
			return err
		}
		return tx.SavePushTest(PushTest{KeyID: id, ApprovalID: a.ID, AskedAt: now})
	}
	same := func(x Approval) bool { return x.Kind == ApprovePushTest && x.Subject == a.Subject }
	return a, b.put(ctx, c, a, nil, may, same, now)
}

// reachable refuses a key that no message can be sent to.
func (b *base) reachable(tx Tx, id KeyID) error {
	key, err := tx.Key(id)
	if err != nil {
		return err
	}
	if key.State != KeyActive {
		return b.notActive(key)
	}
	if len(b.channels()) == 0 {
		return fail(Conflict, "push.off")
	}
	state, err := b.pushState(tx, key, b.now())
	if err == nil && len(state.Channels) == 0 {
		err = fail(Conflict, "push.none")
	}
	return err
}

// markTest stores a time of a key's test, if that approval is still the one it is about.
func markTest(tx DeliveryRows, key KeyID, approval ApprovalID, mark func(*PushTest)) error {
	test, err := tx.PushTest(key)
	if errors.Is(err, ErrNoRow) || err == nil && test.ApprovalID != approval {
		return nil
	}
	if err != nil {
		return err
	}
	marked := test
	if mark(&marked); marked == test {
		return nil
	}
	return tx.SavePushTest(marked)
}
