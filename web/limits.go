package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"time"
)

// MaxBody is what a request's body may hold, in bytes, where a door says
// nothing else: many times the largest statement, little enough to read a
// thousand at once.
const MaxBody = 64 << 10

// MaxBytes bounds every request body to limit bytes. What claims to be longer
// is refused at once with 413; what turns out longer fails while it is read.
func MaxBytes(limit int64, fail Fail) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength > limit {
				fail(w, r, TooLarge(limit))
				return
			}
			r.Body = http.MaxBytesReader(w, r.Body, limit)
			next.ServeHTTP(w, r)
		})
	}
}

// TooLarge is the failure of a body beyond limit bytes.
func TooLarge(limit int64) Failure {
	return Failure{
		Status: http.StatusRequestEntityTooLarge, Kind: "bad_input", Key: "request.too_large",
		Args: map[string]any{"Limit": limit},
	}
}

// Deadline gives a request this long to arrive, to be worked on and to be
// answered. Streams lift it for themselves with OpenStream.
func Deadline(limit time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			// Not every writer has deadlines (recorders in tests do not).
			control := http.NewResponseController(w)
			end := time.Now().Add(limit)
			_ = control.SetReadDeadline(end)
			_ = control.SetWriteDeadline(end)
			ctx, cancel := context.WithCancelCause(r.Context())
			defer cancel(nil)
			timer := time.AfterFunc(limit, func() { cancel(context.DeadlineExceeded) })
			defer timer.Stop()
			next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, deadlineKey{}, timer)))
		})
	}
}

type deadlineKey struct{}

// liftDeadline takes Deadline's hand off a request that became a stream.
func liftDeadline(ctx context.Context) {
	if timer, ok := ctx.Value(deadlineKey{}).(*time.Timer); ok {
		timer.Stop()
	}
}

// Recover turns a panic into a 500 whose reference is also in the log, with
// the stack, once. The value of the panic is logged by its type only unless it
// is a runtime error: other values may quote what the request carried. An
// answer that had begun is cut off instead, so that no client takes it for
// whole. http.ErrAbortHandler passes: it is net/http's own way to cut off.
func Recover(log *slog.Logger, fail Fail) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
			defer func() {
				value := recover()
				if value == nil {
					return
				}
				if value == http.ErrAbortHandler {
					panic(value)
				}
				what := fmt.Sprintf("%T", value)
				if err, ok := value.(runtime.Error); ok {
					what = err.Error()
				}
				reference := Reference(r.Context())
				log.LogAttrs(r.Context(), slog.LevelError, "panic",
					slog.String("panic", what), slog.String("reference", reference), slog.String("stack", callers()))
				if seen.begun {
					panic(http.ErrAbortHandler)
				}
				fail(seen, r, Failure{
					Status: http.StatusInternalServerError, Kind: "internal", Key: "internal",
					Args: map[string]any{"Reference": reference},
				})
			}()
			next.ServeHTTP(seen, r)
		})
	}
}

// callers gives functions and lines of the panicking goroutine, without the
// arguments that debug.Stack prints.
func callers() string {
	var pcs [48]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	text := ""
	for {
		f, more := frames.Next()
		text += fmt.Sprintf("%s:%d\n", f.Function, f.Line)
		if !more {
			return text
		}
	}
}
