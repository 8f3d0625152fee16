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

// How often what others can cause as they like is logged, by outcome and client: what strangers can, and what proved clients can.
const (
	strangersEvery = 10 * time.Second
	clientsEvery   = 100 * time.Millisecond
)

// quiet keeps strangers from filling the log.
type quiet struct {
	mu    sync.Mutex
	last  map[string]time.Time
	since map[string]int
	now   func() time.Time
}

// may reports whether to log now, and how many were passed over since.
func (q *quiet) may(what string, every time.Duration) (passed int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	if now.Sub(q.last[what]) < every {
		q.since[what]++
		return 0, false
	}
	passed = q.since[what]
	q.last[what], q.since[what] = now, 0
	return passed, true
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
		every := clientsEvery
		if slices.Contains([]Outcome{Unknown, Malformed, Unsigned, Forged, Busy}, n.outcome) {
			every = strangersEvery
		}
		passed, ok := d.quiet.may(limit, every)
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
