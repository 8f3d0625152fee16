package phoneapi

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
	"github.com/nodkey/nodkey/wire"
)

const (
	pingEvery    = 20 * time.Second // below the idle limits of common proxies
	lookEvery    = 15 * time.Second // without a wake-up, the store is asked all the same
	streamLife   = 10 * time.Minute // then the phone proves itself again
	sendPatience = 10 * time.Second
)

// stream tells a phone of its open approvals as they come and go (docs/protocol.md §5.4).
func (d *Door) stream(w http.ResponseWriter, r *http.Request) error {
	phones, err := d.readProofs(w, r)
	if err != nil {
		return err
	}
	keys := make([]string, len(phones))
	for i, c := range phones {
		keys[i] = string(c.KeyID())
	}
	ended, release := d.slots.Take(keys...)
	wake, cancel := d.services.Bus(append(d.services.Approvals.Topics(phones), d.services.Messages.BoxTopics(phones)...)...)
	over := func() {
		cancel()
		release()
	}
	err = web.LongStream{ContentType: "application/x-ndjson", Patience: sendPatience, Log: d.log}.Serve(w, r,
		func(ctx context.Context, out *web.Stream) {
			defer over()
			s := phoneStream{door: d, out: out, phones: phones}
			s.tell(ctx, wake, ended)
		})
	if err != nil {
		over()
	}
	return err
}

// tell is a stream's life.
func (s *phoneStream) tell(ctx context.Context, wake, ended <-chan struct{}) {
	ping, again, life := time.NewTicker(pingEvery), time.NewTicker(lookEvery), time.NewTimer(streamLife)
	defer ping.Stop()
	defer again.Stop()
	defer life.Stop()
	draining := web.Draining(ctx)
	look := func(first bool) (ok bool) {
		s.out.Aside(ctx, func() { ok = s.look(ctx, first) })
		return ok
	}
	for ok := look(true); ok; {
		select {
		case <-wake:
			ok = look(false)
		case <-again.C:
			ok = look(false)
		case <-ping.C:
			ok = s.send(wire.StreamEvent{Type: "ping"})
		case <-life.C:
			ok = s.bye()
		case <-ended:
			ok = s.bye()
		case <-draining:
			ok = s.bye()
		case <-ctx.Done():
			ok = false
		}
	}
}

// phoneStream is one open stream and what it has told already.
type phoneStream struct {
	door   *Door
	out    *web.Stream
	phones []nodkey.Caller
	told   []string
	states []nodkey.KeyState
	boxes  []nodkey.BoxState
}

// look tells what is new. It gives false when the stream is over.
func (s *phoneStream) look(ctx context.Context, first bool) bool {
	open, states, err := s.door.services.Approvals.Look(ctx, s.phones)
	if err != nil {
		return s.bye()
	}
	changed := !first && !slices.Equal(states, s.states)
	s.states = states
	if changed && !s.send(wire.StreamEvent{Type: "keys"}) {
		return false
	}
	if first || !slices.Equal(open.Statements, s.told) {
		s.told = open.Statements
		if !s.send(wire.StreamEvent{Type: "approvals", Now: open.Now, Statements: open.Statements}) {
			return false
		}
	}
	return s.lookAtBoxes(ctx, first)
}

// lookAtBoxes tells that there is something new to read, and nothing more of it.
func (s *phoneStream) lookAtBoxes(ctx context.Context, first bool) bool {
	boxes, err := s.door.services.Messages.Boxes(ctx, s.phones)
	if err != nil {
		return s.bye()
	}
	same := func(a, b nodkey.BoxState) bool {
		return a.Key == b.Key && a.Active == b.Active && a.Unread == b.Unread && a.Changed.Equal(b.Changed)
	}
	if !first && slices.EqualFunc(boxes, s.boxes, same) {
		return true
	}
	s.boxes = boxes
	return s.send(wire.StreamEvent{Type: "messages"})
}

func (s *phoneStream) bye() bool {
	s.send(wire.StreamEvent{Type: "bye"})
	return false
}

func (s *phoneStream) send(event wire.StreamEvent) bool {
	line, err := json.Marshal(event)
	return err == nil && s.out.Send(append(line, '\n')) == nil
}
