package nodkey

import "time"

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
