package portal

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/nodkey/nodkey/web"
)

// State is what a waiting page is told, as server-sent event "state" and by the poll path.
type State struct {
	State     string `json:"state"`
	Remaining int64  `json:"remaining"` // milliseconds
	Version   string `json:"version"`
	// Progress is how far the request has come; a page that shows it changes in place.
	Progress string `json:"progress,omitempty"`
	// Badge and Said are how many messages are unread, for the badge of every page.
	Badge string        `json:"badge,omitempty"`
	Said  string        `json:"said,omitempty"`
	over  bool          // nothing further will come
	turns time.Duration // by time alone it says something else after so long; zero: it does not
}

const (
	lookEvery    = 5 * time.Second // without a wake-up, the store is asked all the same
	streamLife   = 10 * time.Minute
	sendPatience = 10 * time.Second
)

// stream sends a state whenever its version changes, until it is over. holder bounds the streams of one session or
// sign-in. look outlives the request and keeps nothing of it but its caller, whose session it has loaded anew each time: a
// stream whose session ended says nothing more.
func (d *Door) stream(x *exchange, holder string, topics []string, look func(context.Context) (State, error)) error {
	return d.streamIn(d.slots, x, holder, topics, look)
}

func (d *Door) streamIn(slots *web.Slots, x *exchange, holder string, topics []string, look func(context.Context) (State, error)) error {
	wake, cancel := d.services.Bus(topics...)
	current, err := look(x.r.Context())
	if err != nil {
		cancel()
		return err
	}
	ended, release := slots.Take(holder)
	over := func() {
		release()
		cancel()
	}
	err = web.LongStream{ContentType: "text/event-stream", Patience: sendPatience, Log: d.log}.Serve(x.w, x.r,
		func(ctx context.Context, out *web.Stream) {
			defer over()
			tell(ctx, out, current, wake, ended, look)
		})
	if err != nil {
		over()
	}
	return err
}

// tell is a stream's life: it begins with the state as it was found.
func tell(ctx context.Context, out *web.Stream, current State, wake, ended <-chan struct{}, look func(context.Context) (State, error)) {
	if !sendState(out, current) {
		return
	}
	again, life, turn := time.NewTicker(lookEvery), time.NewTimer(streamLife), time.NewTimer(streamLife)
	defer again.Stop()
	defer life.Stop()
	defer turn.Stop()
	draining := web.Draining(ctx)
	for !current.over {
		turn.Stop()
		if current.turns > 0 {
			turn.Reset(current.turns)
		}
		select {
		case <-wake:
		case <-turn.C:
		case <-again.C:
		case <-life.C:
			return
		case <-ended:
			return
		case <-draining:
			return
		case <-ctx.Done():
			return
		}
		var next State
		err := errors.New("nobody looked")
		out.Aside(ctx, func() { next, err = look(ctx) })
		if err != nil {
			return // the header is out; the page asks again and is told
		}
		if same := next.Version == current.Version && next.Progress == current.Progress; same {
			current.turns = next.turns
			if out.Send([]byte(":\n\n")) != nil { // finds out whether anybody is there
				return
			}
			continue
		}
		current = next
		if !sendState(out, current) {
			return
		}
	}
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
