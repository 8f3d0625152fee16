package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// readyCheck is one thing without which the server is of no use.
type readyCheck struct {
	name  string // what /readyz says when it fails: "database"
	check func(context.Context) error
}

// readyTime is what all checks together may take.
const readyTime = 2 * time.Second

var errDraining = errors.New("the server is stopping")

// statusHandler answers on the metrics listener, apart from portal and phone
// app: what probes and monitoring ask is nobody else's business. /healthz says
// that the process lives, /readyz that it can serve, which it cannot while it
// stops.
func statusHandler(log *slog.Logger, metrics http.Handler, draining <-chan struct{}, checks []readyCheck) http.Handler {
	mux := http.NewServeMux()
	line := func(w http.ResponseWriter, status int, text string) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text+"\n") // the probe may be gone
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { line(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if name, err := firstFailure(r.Context(), draining, checks); err != nil {
			log.Warn("not ready", "check", name, "error", err)
			line(w, http.StatusServiceUnavailable, "not ready: "+name)
			return
		}
		line(w, http.StatusOK, "ready")
	})
	mux.Handle("GET /metrics", metrics)
	return mux
}

// firstFailure runs the checks in order. A check that outstays the time counts
// as failed even if it ignores its context.
func firstFailure(ctx context.Context, draining <-chan struct{}, checks []readyCheck) (name string, err error) {
	select {
	case <-draining:
		return "stopping", errDraining
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	for _, c := range checks {
		answer := make(chan error, 1)
		go func() { answer <- c.check(ctx) }()
		select {
		case err = <-answer:
		case <-ctx.Done():
			err = fmt.Errorf("no answer: %w", ctx.Err())
		}
		if err != nil {
			return c.name, err
		}
	}
	return "", nil
}
