package nodkey

import (
	"context"
	"errors"
	"time"
)

// Reach is how far a request has come to a phone. Only what somebody said counts: a push service, or the phone itself.
type Reach string

// The reaches. A later one implies those before it, but for ReachFailed.
const (
	ReachNone    Reach = ""        // nothing was sent: over the budget, or the phone has no channel
	ReachQueued  Reach = "queued"  // no service has taken it yet
	ReachFailed  Reach = "failed"  // no service takes it
	ReachSent    Reach = "sent"    // a push service has it
	ReachArrived Reach = "arrived" // the phone has it
	ReachShown   Reach = "shown"   // the phone showed it
	ReachOpened  Reach = "opened"  // its person opened it
)

// HasArrived reports whether the phone itself has said that it has the request.
func (r Reach) HasArrived() bool { return r == ReachArrived || r == ReachShown || r == ReachOpened }

// AskedPhone is a phone that may answer, with how far the request has come to it.
type AskedPhone struct {
	KeyID KeyID
	Name  string
	Reach Reach
	At    time.Time // when it came so far; zero with ReachNone
	// SentAt is when a service took a message of it, however far it came since; zero when none has.
	SentAt time.Time
}

// SeenStep is what a phone says of a request that it was asked (docs/protocol.md §5.8). Each implies those before it.
type SeenStep string

// The steps.
const (
	SeenReceived SeenStep = "received" // it reached the phone
	SeenShown    SeenStep = "shown"    // the phone showed it
	SeenOpened   SeenStep = "opened"   // its person opened it
)

// ConfirmWithin is how long a phone may take to say that a request arrived, before the page that waits speaks of other ways.
const ConfirmWithin = 6 * time.Second

// Delivery is what is known of how an approval came to one key's phone: the first time of each thing that was said.
type Delivery struct {
	ApprovalID ApprovalID
	KeyID      KeyID
	AcceptedAt time.Time // a service of any channel took a message
	RefusedAt  time.Time // one would not, or none did while the request lived
	ReceivedAt time.Time // the phone's own words from here on
	ShownAt    time.Time
	OpenedAt   time.Time
}

// with adds what a phone says.
func (d Delivery) with(step SeenStep, now time.Time) Delivery {
	switch step {
	case SeenOpened:
		d.OpenedAt = firstTime(d.OpenedAt, now)
		fallthrough
	case SeenShown:
		d.ShownAt = firstTime(d.ShownAt, now)
		fallthrough
	case SeenReceived:
		d.ReceivedAt = firstTime(d.ReceivedAt, now)
	}
	return d
}

func firstTime(known, now time.Time) time.Time {
	if known.IsZero() {
		return now
	}
	return known
}

// reach is how far a request came; queued says since when a message of it has been waiting, zero when none does.
func (d Delivery) reach(queued time.Time) (Reach, time.Time) {
	for _, x := range []struct {
		reach Reach
		at    time.Time
	}{
		{ReachOpened, d.OpenedAt}, {ReachShown, d.ShownAt}, {ReachArrived, d.ReceivedAt}, {ReachSent, d.AcceptedAt},
		{ReachQueued, queued}, {ReachFailed, d.RefusedAt},
	} {
		if !x.at.IsZero() {
			return x.reach, x.at
		}
	}
	return ReachNone, time.Time{}
}

// askedPhones gives those of a user's phones that may answer an approval, in their order, with how far it has come to each.
func askedPhones(tx Tx, a Approval, keys []Key) ([]AskedPhone, error) {
	notices, err := tx.NoticesOf(a.ID)
	if err != nil {
		return nil, err
	}
	deliveries, err := tx.DeliveriesOf(a.ID)
	if err != nil {
		return nil, err
	}
	queued, known := map[KeyID]time.Time{}, map[KeyID]Delivery{}
	for _, n := range notices {
		queued[n.KeyID] = n.CreatedAt
	}
	for _, d := range deliveries {
		known[d.KeyID] = d
	}
	var out []AskedPhone
	for _, k := range keys {
		if !a.Names(k.ID) || k.State != KeyActive {
			continue
		}
		p := AskedPhone{KeyID: k.ID, Name: k.Phone.Name, SentAt: known[k.ID].AcceptedAt}
		p.Reach, p.At = known[k.ID].reach(queued[k.ID])
		out = append(out, p)
	}
	return out, nil
}

// unconfirmed tells whether an open request has waited too long for a phone to say that it arrived, and when that turns; by is
// zero when it cannot turn, because a phone has said so.
func unconfirmed(phones []AskedPhone, asked, now time.Time) (late bool, by time.Time) {
	for _, p := range phones {
		if p.Reach.HasArrived() {
			return false, time.Time{}
		}
	}
	by = asked.Add(ConfirmWithin)
	return !now.Before(by), by
}

// Seen takes a phone's word of how far an approval has come to it. The first of each step counts; saying it again, also with an
// approval that has ended, is fine. Errors: seen.what, approval.none for one that does not name the key, key.* for a key that is
// not active, user.slow.
func (s *Approvals) Seen(ctx context.Context, c Caller, id ApprovalID, step SeenStep) error {
	if c.key == nil {
		return fail(Unauthenticated, "proof.missing")
	}
	if step != SeenReceived && step != SeenShown && step != SeenOpened {
		return fail(BadInput, "seen.what")
	}
	now := s.now()
	var topics []string
	err := s.Store.Update(ctx, func(tx Tx) error {
		topics = nil
		key, err := s.spendActive(tx, c)
		if err != nil {
			return err
		}
		a, err := s.approvalFor(tx, c, id)
		if err != nil {
			return err
		}
		if err := chargeWrite(tx, seenByKey, "seen:key:"+string(key.ID), now); err != nil {
			return err
		}
		news, err := saw(tx, a, key.ID, step, now)
		if news && a.StateAt(now) == ApprovalOpen { // of one that is over it says how late a message was, and wakes nobody
			topics = topicsOfPages(a)
		}
		return err
	})
	if err == nil {
		s.Bus.Publish(topics...)
	}
	return wrap(err)
}

// saw stores what a phone says of an approval, and tells whether it is news.
func saw(tx Tx, a Approval, key KeyID, step SeenStep, now time.Time) (news bool, err error) {
	known := Delivery{ApprovalID: a.ID, KeyID: key}
	list, err := tx.DeliveriesOf(a.ID)
	if err != nil {
		return false, err
	}
	for _, d := range list {
		if d.KeyID == key {
			known = d
		}
	}
	next := known.with(step, now)
	if next == known {
		return false, nil
	}
	if a.Kind == ApprovePushTest {
		err = markTest(tx, key, a.ID, func(t *PushTest) { t.ReceivedAt = firstTime(t.ReceivedAt, now) })
	}
	return true, errors.Join(err, tx.MergeDelivery(next))
}
