package portal

import (
	"strings"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
)

// request is what a page that waits tells of the way to the phones: a sign-in's, or a change's.
type request struct {
	Notified    bool
	AskedAt     time.Time
	Phones      []nodkey.AskedPhone
	Unconfirmed bool
	ConfirmBy   time.Time
}

func requestOfSignIn(w nodkey.Waiting) request {
	return request{w.Notified, w.AskedAt, w.Phones, w.Unconfirmed, w.ConfirmBy}
}

func requestOfChange(c nodkey.Change) request {
	return request{true, c.AskedAt, c.Phones, c.Unconfirmed, c.ConfirmBy}
}

// progress is another one whenever the page would say something else.
func (r request) progress() string {
	var b strings.Builder
	for _, p := range r.Phones {
		b.WriteString(string(p.Reach) + "/")
	}
	if r.Unconfirmed {
		b.WriteString("late")
	}
	return b.String()
}

// until is how long it takes to a moment to come; zero when it is none, or past.
func (d *Door) until(moment time.Time) time.Duration {
	if moment.IsZero() {
		return 0
	}
	return max(0, moment.Sub(d.clock.Now()))
}

// steps are the lines of the request: what was sent, one line a phone, and what is awaited. There are as many of them
// wherever it stands, so that nothing jumps.
func (r request) steps(say *i18n.Localizer) []Step {
	steps := []Step{r.sent(say)}
	for _, p := range r.Phones {
		steps = append(steps, r.stepOf(p, say))
	}
	return append(steps, Step{Text: StepWaiting, Mark: StepNow})
}

// sent says what was sent, by whoever was quickest.
func (r request) sent(say *i18n.Localizer) Step {
	var first time.Time
	for _, p := range r.Phones {
		if !p.SentAt.IsZero() && (first.IsZero() || p.SentAt.Before(first)) {
			first = p.SentAt
		}
	}
	switch {
	case !first.IsZero():
		return Step{Text: StepSent, At: say.Clock(first.Local()), Mark: StepDone}
	case r.unsent():
		return Step{Text: StepUnsent, Mark: StepLook}
	}
	return Step{Text: StepAsked, At: say.Clock(r.AskedAt.Local()), Mark: StepDone}
}

// unsent tells whether every message was refused, and no phone has the request all the same.
func (r request) unsent() bool {
	failed := false
	for _, p := range r.Phones {
		switch p.Reach {
		case nodkey.ReachFailed:
			failed = true
		case nodkey.ReachNone:
		default:
			return false
		}
	}
	return failed
}

// stepOf says how far the request has come to one phone.
func (r request) stepOf(p nodkey.AskedPhone, say *i18n.Localizer) Step {
	step := Step{Text: StepOnTheWay, Phone: p.Name, Mark: StepAhead}
	switch {
	case p.Reach == nodkey.ReachOpened:
		step.Text = StepOpened
	case p.Reach.HasArrived():
		step.Text = StepArrived
	case p.Reach == nodkey.ReachFailed:
		step.Text, step.Mark = StepUnreached, StepLook
		return step
	case p.Reach == nodkey.ReachNone:
		step.Text = StepInApp
		return step
	case r.Unconfirmed:
		step.Text, step.Mark = StepSilent, StepLook
		return step
	default:
		return step
	}
	step.At, step.Mark = say.Clock(p.At.Local()), StepDone
	return step
}

// notice says why other ways are offered. A request that wakes no phone says so anyway.
func (r request) notice() Notice {
	single := len(r.Phones) == 1
	switch {
	case !r.Notified:
		return ""
	case r.unsent() && single:
		return NoticeUnsent
	case r.unsent():
		return NoticeUnsentAny
	case r.Unconfirmed && single:
		return NoticeUnconfirmed
	case r.Unconfirmed:
		return NoticeUnconfirmedAny
	}
	return ""
}

// news is what a screen reader hears when the progress changes: the notice, or the phone that the request came to last.
func (r request) news() Sentence {
	if n := r.notice(); n != "" {
		return Sentence{Key: string(n), Args: map[string]any{"Phone": one(r.Phones)}}
	}
	var last nodkey.AskedPhone
	for _, p := range r.Phones {
		if p.Reach.HasArrived() && !p.At.Before(last.At) {
			last = p
		}
	}
	switch {
	case last.Reach == nodkey.ReachOpened:
		return Sentence{Key: string(StepOpened), Args: map[string]any{"Phone": last.Name}}
	case last.Reach.HasArrived():
		return Sentence{Key: string(StepArrived), Args: map[string]any{"Phone": last.Name}}
	}
	return Sentence{}
}
