package portal

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/nodkey/nodkey/web"
)

// State is what a waiting page is told, as server-sent event "state" and by the poll path.
type State struct {
	State     string `json:"state"`
	Remaining int64  `json:"remaining"` // milliseconds
	Version   string `json:"version"`
	over      bool   // nothing further will come
}

const (
	lookEvery    = 5 * time.Second // without a wake-up, the store is asked all the same
	streamLife   = 10 * time.Minute
	sendPatience = 10 * time.Second
)

// stream sends a state whenever its version changes, until it is over. holder bounds the streams of one session or sign-in.
func (d *Door) stream(x *exchange, holder, topic string, look func() (State, error)) error {
	wake, cancel := d.services.Bus(topic)
	defer cancel()
	ended, release := d.slots.Take(holder)
	defer release()
	current, err := look()
	if err != nil {
		return err
	}
	out, err := web.OpenStream(x.w, x.r, "text/event-stream", sendPatience)
	if err != nil {
		return err
	}
	if !sendState(out, current) {
		return nil
	}
	again, life := time.NewTicker(lookEvery), time.NewTimer(streamLife)
	defer again.Stop()
	defer life.Stop()
	for !current.over {
		select {
		case <-wake:
		case <-again.C:
		case <-life.C:
			return nil
		case <-ended:
			return nil
		case <-web.Draining(x.r.Context()):
			return nil
		case <-x.r.Context().Done():
			return nil
		}
		next, err := look()
		if err != nil {
			return nil //nolint:nilerr // the header is out; the page asks again and is told
		}
		if next.Version == current.Version {
			if out.Send([]byte(":\n\n")) != nil { // finds out whether anybody is there
				return nil
			}
			continue
		}
		current = next
		if !sendState(out, current) {
			return nil
		}
	}
	return nil
}

func sendState(out *web.Stream, s State) bool {
	data, err := json.Marshal(s)
	return err == nil && out.Send([]byte("event: state\ndata: "+string(data)+"\n\n")) == nil
}

// state answers a page that asks.
func (d *Door) state(x *exchange, s State) error {
	web.WriteJSON(x.w, http.StatusOK, s)
	return nil
}
