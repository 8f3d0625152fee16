package web

import (
	"context"
	"net/http"
	"time"
)

// Stream is an answer that stays open: server-sent events to the portal's
// pages, lines to phones. It is for one goroutine.
type Stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	patient time.Duration
}

// OpenStream sends the header of a long answer and lifts the deadlines that
// ordinary requests have. Each Send then has patience to reach the client,
// after which the client counts as gone: that is what bounds the memory of a
// reader that stopped reading. An error means that streaming is impossible
// here; nothing was sent then.
func OpenStream(w http.ResponseWriter, r *http.Request, contentType string, patience time.Duration) (*Stream, error) {
	control := http.NewResponseController(w)
	// A read deadline that passes would cancel the request's context.
	if err := control.SetReadDeadline(time.Time{}); err != nil {
		return nil, err
	}
	liftDeadline(r.Context())
	head := w.Header()
	head.Set("Content-Type", contentType)
	head.Set("Cache-Control", "no-store")
	head.Set("X-Accel-Buffering", "no") // some proxies hold answers back otherwise
	w.WriteHeader(http.StatusOK)
	s := &Stream{w: w, control: control, patient: patience}
	return s, s.Send(nil)
}

// Send writes p and pushes it out. After an error the stream is dead.
func (s *Stream) Send(p []byte) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(s.patient)); err != nil {
		return err
	}
	if len(p) > 0 {
		if _, err := s.w.Write(p); err != nil {
			return err
		}
	}
	return s.control.Flush()
}

type drainingKey struct{}

// WithDraining puts the signal that the server is about to stop into the base
// context of its requests.
func WithDraining(ctx context.Context, draining <-chan struct{}) context.Context {
	return context.WithValue(ctx, drainingKey{}, draining)
}

// Draining is closed when the server is about to stop: streams then end, and
// their clients come back to whoever answers next. It is nil, and so never
// ready, where nobody drains.
func Draining(ctx context.Context) <-chan struct{} {
	c, _ := ctx.Value(drainingKey{}).(<-chan struct{})
	return c
}
