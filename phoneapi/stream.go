package phoneapi

import (
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
	defer release()
	wake, cancel := d.services.Bus(d.services.Approvals.Topics(phones)...)
	defer cancel()
	out, err := web.OpenStream(w, r, "application/x-ndjson", sendPatience)
	if err != nil {
		return err
	}
	s := phoneStream{door: d, out: out, phones: phones}
	ping, look, life := time.NewTicker(pingEvery), time.NewTicker(lookEvery), time.NewTimer(streamLife)
	defer ping.Stop()
	defer look.Stop()
	defer life.Stop()
	ok := s.look(r, true)
	for ok {
		select {
		case <-wake:
			ok = s.look(r, false)
		case <-look.C:
			ok = s.look(r, false)
		case <-ping.C:
			ok = s.send(wire.StreamEvent{Type: "ping"})
		case <-life.C:
			ok = s.bye()
		case <-ended:
			ok = s.bye()
		case <-web.Draining(r.Context()):
			ok = s.bye()
		case <-r.Context().Done():
			ok = false
		}
	}
	return nil
}

// phoneStream is one open stream and what it has told already.
type phoneStream struct {
	door   *Door
	out    *web.Stream
	phones []nodkey.Caller
	told   []string
	states []nodkey.KeyState
}

// look tells what is new. It gives false when the stream is over.
func (s *phoneStream) look(r *http.Request, first bool) bool {
	states, err := s.door.services.Keys.States(r.Context(), s.phones)
	if err != nil {
		return s.bye()
	}
	open, err := s.door.services.Approvals.Open(r.Context(), s.phones, true)
	if err != nil {
		return s.bye()
	}
	changed := !first && !slices.Equal(states, s.states)
	s.states = states
	if changed && !s.send(wire.StreamEvent{Type: "keys"}) {
		return false
	}
	if !first && slices.Equal(open.Statements, s.told) {
		return true
	}
	s.told = open.Statements
	return s.send(wire.StreamEvent{Type: "approvals", Now: open.Now, Statements: open.Statements})
}

func (s *phoneStream) bye() bool {
	s.send(wire.StreamEvent{Type: "bye"})
	return false
}

func (s *phoneStream) send(event wire.StreamEvent) bool {
	line, err := json.Marshal(event)
	return err == nil && s.out.Send(append(line, '\n')) == nil
}
