package web

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Exchange is all that is kept of a request and its answer. It is the
// allow-list for logs and metrics: addresses, paths, queries, headers, cookies
// and bodies are not in it, because ids, codes and secrets travel in them.
type Exchange struct {
	Door      string        // "portal", "phone", …
	Method    string        // one of the known methods, or "other"
	Route     string        // the pattern that matched, such as "GET /approvals/{id}", or "none"
	Status    int           // HTTP status; 200 when the door wrote nothing
	Duration  time.Duration // until the answer was finished; a stream's life, or until it left (LongStream)
	Reference string        // names this request to the person and in the log
}

// Observe is told of every finished exchange; metrics hang on it.
type Observe func(Exchange)

type exchangeKey struct{}

// Reference names the current request, in the answer's X-Request-Id, in error
// pages and in the log: 16 characters of base 32. Empty outside of Log.
func Reference(ctx context.Context) string {
	if x, ok := ctx.Value(exchangeKey{}).(*Exchange); ok {
		return x.Reference
	}
	return ""
}

// Log writes one line for each exchange: at level info, server errors at level
// error. Doors wrap their muxes in Routes so that the route is known.
func Log(door string, log *slog.Logger, observe Observe) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			x := &Exchange{Door: door, Method: knownMethod(r.Method), Route: "none", Reference: newReference()}
			w.Header().Set("X-Request-Id", x.Reference)
			seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
			began := time.Now()
			defer func() {
				x.Status, x.Duration = seen.status, time.Since(began)
				level := slog.LevelInfo
				if x.Status >= http.StatusInternalServerError {
					level = slog.LevelError
				}
				log.LogAttrs(r.Context(), level, "request",
					slog.String("door", x.Door), slog.String("method", x.Method), slog.String("route", x.Route),
					slog.Int("status", x.Status), slog.Duration("duration", x.Duration), slog.String("reference", x.Reference))
				if observe != nil {
					observe(*x)
				}
			}()
			next.ServeHTTP(seen, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)))
		})
	}
}

// Routes notes which pattern of a mux matched. The mux writes it into the
// request it was given, which middleware further out no longer holds. With
// muxes inside muxes, the innermost pattern is the one that is kept.
func Routes(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if x, ok := r.Context().Value(exchangeKey{}).(*Exchange); ok && x.Route == "none" && r.Pattern != "" {
				x.Route = r.Pattern
			}
		}()
		mux.ServeHTTP(w, r)
	})
}

func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other" // anyone may invent one, and each would be a new time series
}

func newReference() string {
	var raw [10]byte
	_, _ = rand.Read(raw[:]) // never fails (crypto/rand, since Go 1.24)
	return strings.ToLower(base32.StdEncoding.EncodeToString(raw[:]))
}

// statusWriter remembers the status and whether the answer has begun.
type statusWriter struct {
	http.ResponseWriter
	status int
	begun  bool
}

func (w *statusWriter) WriteHeader(status int) {
	if !w.begun && status >= http.StatusOK { // 1xx come before the answer
		w.status, w.begun = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	w.begun = true
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach deadlines and flushing.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
