package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"
)

// Stream is an answer that stays open: server-sent events to the portal's
// pages, lines to phones. It is for one goroutine.
type Stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	patient time.Duration

	conn net.Conn // instead of w and control, when the stream left its request
	log  *slog.Logger
	lost bool // a panic ended it, or the client was gone before it began
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
	streamHeader(w.Header(), contentType)
	w.WriteHeader(http.StatusOK)
	s := &Stream{w: w, control: control, patient: patience}
	return s, s.Send(nil)
}

func streamHeader(head http.Header, contentType string) {
	head.Set("Content-Type", contentType)
	head.Set("Cache-Control", "no-store")
	head.Set("X-Accel-Buffering", "no") // some proxies hold answers back otherwise
}

// LongStream is a kind of stream that thousands may have open at a time.
type LongStream struct {
	ContentType string
	Patience    time.Duration // see OpenStream
	Log         *slog.Logger  // told of panics
}

// Serve begins a long answer and has talk write it. Over HTTP/1.1 it takes the
// connection away from net/http and returns at once, and talk goes on by
// itself: the request's buffers, contexts and deep stack are given back, which
// is most of what a stream that waits would hold. So talk keeps nothing of the
// request; its context is done only when talk is, and carries Draining. That
// the client is gone is found out by Send. Over HTTP/2 the connection carries
// other requests too, and talk runs within its request.
//
// An error means that streaming is impossible here; nothing was sent then, and
// talk does not run.
func (l LongStream) Serve(w http.ResponseWriter, r *http.Request, talk func(context.Context, *Stream)) error {
	var conn net.Conn
	var err error = http.ErrNotSupported
	if r.ProtoMajor == 1 && r.Method != http.MethodHead {
		conn, _, err = http.NewResponseController(w).Hijack()
	}
	if errors.Is(err, http.ErrNotSupported) {
		s, err := OpenStream(w, r, l.ContentType, l.Patience)
		if err == nil {
			talk(r.Context(), s)
		}
		return err
	}
	if err != nil {
		return err
	}
	head := w.Header()
	streamHeader(head, l.ContentType)
	head.Set("Connection", "close") // where the answer ends
	head.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	var begin bytes.Buffer
	begin.WriteString("HTTP/1.1 200 OK\r\n")
	_ = head.Write(&begin) // to memory
	begin.WriteString("\r\n")
	s := &Stream{patient: l.Patience, conn: conn, log: l.Log}
	// When the client is gone already, talk runs all the same: it finds out at
	// its first line, and gives back what it was to hold.
	s.lost = s.Send(begin.Bytes()) != nil
	server := stoppingOf(r.Context())
	server.keep(func() { s.leave(server, talk) })
	return nil
}

// leave is a stream's life after its request.
func (s *Stream) leave(server *stopping, talk func(context.Context, *Stream)) {
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), drainingKey{}, server))
	defer func() {
		cancel()
		_ = s.conn.Close()
	}()
	defer s.caught(ctx)
	talk(ctx, s)
}

// caught ends the stream at a panic, which Recover would have caught within
// the request, and logs it as Recover does.
func (s *Stream) caught(ctx context.Context) {
	value := recover()
	if value == nil {
		return
	}
	s.lost = true
	what := fmt.Sprintf("%T", value)
	if err, ok := value.(runtime.Error); ok {
		what = err.Error()
	}
	s.log.LogAttrs(ctx, slog.LevelError, "panic", slog.String("panic", what), slog.String("stack", callers()))
}

// Aside does work that needs a deep stack, such as asking the store, and waits
// for it. A stream that left its request does it on another goroutine, so that
// its own stack stays as small as it began.
func (s *Stream) Aside(ctx context.Context, work func()) {
	if s.conn == nil {
		work()
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer s.caught(ctx)
		work()
	}()
	<-done
}

var errLost = errors.New("the stream is over")

// Send writes p and pushes it out. After an error the stream is dead.
func (s *Stream) Send(p []byte) error {
	switch {
	case s.lost:
		return errLost
	case s.conn != nil:
		if err := s.conn.SetWriteDeadline(time.Now().Add(s.patient)); err != nil {
			return err
		}
		_, err := s.conn.Write(p)
		return err
	}
	if err := s.control.SetWriteDeadline(time.Now().Add(s.patient)); err != nil {
		return err
	}
	if len(p) > 0 {
		if _, err := s.w.Write(p); err != nil {
			return err
		}
	}
	if err := s.control.Flush(); err != nil {
		return err
	}
	// Over HTTP/2 a deadline that passes resets the stream, even one on which nothing is being sent.
	return s.control.SetWriteDeadline(time.Time{})
}

type drainingKey struct{}

// stopping is what requests know of the server's end.
type stopping struct {
	draining <-chan struct{}

	mu   sync.Mutex
	left int           // streams that left their request
	none chan struct{} // closed when left is 0 again; nil when nobody waits for that
}

// keep counts a stream while talk runs.
func (s *stopping) keep(talk func()) {
	s.mu.Lock()
	s.left++
	s.mu.Unlock()
	go func() {
		defer func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.left--; s.left == 0 && s.none != nil {
				close(s.none)
				s.none = nil
			}
		}()
		talk()
	}()
}

// await gives a channel that is closed when no stream is left; nil when none is.
func (s *stopping) await() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left > 0 && s.none == nil {
		s.none = make(chan struct{})
	}
	return s.none
}

// WithDraining puts the signal that the server is about to stop into the base
// context of its requests.
func WithDraining(ctx context.Context, draining <-chan struct{}) context.Context {
	return context.WithValue(ctx, drainingKey{}, &stopping{draining: draining})
}

func stoppingOf(ctx context.Context) *stopping {
	if s, ok := ctx.Value(drainingKey{}).(*stopping); ok {
		return s
	}
	return &stopping{}
}

// Draining is closed when the server is about to stop: streams then end, and
// their clients come back to whoever answers next. It is nil, and so never
// ready, where nobody drains.
func Draining(ctx context.Context) <-chan struct{} { return stoppingOf(ctx).draining }

// AwaitStreams waits until the streams that left their requests under this base
// context are over, or ctx is. http.Server.Shutdown, which does not know them,
// must have returned before.
func AwaitStreams(ctx, base context.Context) error {
	none := stoppingOf(base).await()
	if none == nil {
		return nil
	}
	select {
	case <-none:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
