package radius

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// notice is what log and metrics are told of a packet. Neither has names of people.
type notice struct {
	method  string // pap, ttls, eap, chap, status; empty: not known
	outcome Outcome
	why     string // for the log
	id      string // of the sign-in; may be empty
}

// Outcome is what became of a packet.
type Outcome string

// The outcomes. Those from dropped on get no answer.
const (
	Accepted    Outcome = "accepted"
	Challenged  Outcome = "challenged"
	Refused     Outcome = "refused"     // by the domain: name, password, group, phone, code
	Denied      Outcome = "denied"      // on the phone
	TimedOut    Outcome = "timed_out"   // nobody answered
	Slowed      Outcome = "slowed"      // too often
	Unsupported Outcome = "unsupported" // a way to prove a password that cannot be served, or not from there
	Stale       Outcome = "stale"       // a State of nobody's
	Alive       Outcome = "alive"       // Status-Server
	Repeated    Outcome = "repeated"    // answered as before
	Dropped     Outcome = "dropped"     // repeated while it waits, or a later one gets the answer
	Unknown     Outcome = "unknown_client"
	Malformed   Outcome = "malformed"
	Unsigned    Outcome = "unsigned" // without a Message-Authenticator
	Forged      Outcome = "forged"   // with a wrong one
	Busy        Outcome = "busy"     // too many at a time
	Failed      Outcome = "failed"   // our fault
)

// Outcomes are all of them, for metrics.
func Outcomes() []Outcome {
	return []Outcome{Accepted, Challenged, Refused, Denied, TimedOut, Slowed, Unsupported, Stale, Alive, Repeated, Dropped, Unknown, Malformed, Unsigned, Forged, Busy, Failed}
}

// Exchange is one packet, for metrics.
type Exchange struct {
	Transport string // udp or tls
	Method    string // pap, ttls, eap, chap, status or none
	Outcome   Outcome
}

// How many lines what others can cause as they like may be in the log, by outcome and client: what strangers can, and what proved
// clients can.
const (
	logSpan     = 10 * time.Second
	ofStrangers = 1
	ofClients   = 200
)

// quiet keeps others from filling the log.
type quiet struct {
	mu    sync.Mutex
	spans map[string]*span
	now   func() time.Time
}

type span struct {
	since time.Time
	lines int
}

// may reports whether to log now, and how many were passed over in the span before.
func (q *quiet) may(what string, most int) (passed int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	s := q.spans[what]
	switch {
	case s == nil:
		s = &span{since: now}
		q.spans[what] = s
	case now.Sub(s.since) >= logSpan:
		passed = max(0, s.lines-most)
		*s = span{since: now}
	}
	s.lines++
	return passed, s.lines <= most
}

// tell counts and logs what became of a packet.
func (d *Door) tell(ctx context.Context, l link, client *client, n notice) {
	transport, method := "udp", n.method
	if l.tls {
		transport = "tls"
	}
	if method == "" {
		method = "none"
	}
	if d.config.Observe != nil {
		d.config.Observe(Exchange{Transport: transport, Method: method, Outcome: n.outcome})
	}
	attrs := []any{"outcome", string(n.outcome), "from", l.from.String(), "transport", transport, "method", method}
	limit := string(n.outcome)
	if client != nil {
		attrs = append(attrs, "application", string(client.id))
		limit += " " + string(client.id)
	}
	if n.why != "" {
		attrs = append(attrs, "why", n.why)
	}
	if n.id != "" {
		attrs = append(attrs, "sign_in", n.id)
	}
	level := slog.LevelInfo
	switch n.outcome {
	case Repeated, Dropped, Challenged, Alive:
		level = slog.LevelDebug
	case Accepted, Denied, TimedOut:
	default:
		most := ofClients
		if slices.Contains([]Outcome{Unknown, Malformed, Unsigned, Forged, Busy}, n.outcome) {
			most = ofStrangers
		}
		passed, ok := d.quiet.may(limit, most)
		if !ok {
			return
		}
		if passed > 0 {
			attrs = append(attrs, "passed_over", passed)
		}
		if level = slog.LevelWarn; n.outcome == Refused || n.outcome == Slowed {
			level = slog.LevelInfo
		}
	}
	d.log.Log(ctx, level, "radius", attrs...)
}
