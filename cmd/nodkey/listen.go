package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/nodkey/nodkey/web"
)

// endpoint is one address that the process answers on.
type endpoint struct {
	name     string       // for the log: "main", "metrics", "acme"
	listener net.Listener // open already, so that "port in use" is found before anything starts
	tls      *tls.Config  // nil for plain HTTP
	handler  http.Handler
}

// openListener listens, or says in one sentence why it cannot.
func openListener(key string, address Listen) (net.Listener, error) {
	listener, err := net.Listen("tcp", string(address))
	if err == nil {
		return listener, nil
	}
	trouble := &commandError{
		code: exitFailed, err: err,
		sentence: fmt.Sprintf("cannot listen on %s (%s): %v", address, key, errors.Unwrap(err)),
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		trouble.code = exitBusy
		trouble.sentence = fmt.Sprintf("cannot listen on %s (%s): another program uses that port", address, key)
		trouble.next = "Stop the other program, or choose another port."
	case errors.Is(err, syscall.EACCES):
		trouble.code = exitConfig
		trouble.sentence = fmt.Sprintf("cannot listen on %s (%s): this user may not use ports below 1024", address, key)
		trouble.next = "Allow it once: setcap cap_net_bind_service=+ep on the nodkey binary; or choose another port."
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		trouble.code = exitConfig
		trouble.sentence = fmt.Sprintf("cannot listen on %s (%s): this machine does not have that address", address, key)
	}
	return nil, trouble
}

// Times of the HTTP servers. There is no limit on a whole answer here: streams
// last for minutes. Doors set one for what is no stream (web.Deadline), and
// each write of a stream has its own (web.Stream).
const (
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	headerSize = 32 << 10

	streamGrace = 2 * time.Second // for the last word of streams; they end at once where the client reads
)

// serveEndpoints answers on all endpoints until ctx ends or one of them fails.
// Then it closes draining, on which streams end, lets running requests finish
// for the time of grace, and cuts off what is left.
func serveEndpoints(ctx context.Context, log *slog.Logger, endpoints []endpoint, drain func(), draining <-chan struct{}, grace time.Duration) error {
	base := web.WithDraining(context.WithoutCancel(ctx), draining)
	failed := make(chan error, len(endpoints))
	servers := make([]*http.Server, len(endpoints))
	for i, e := range endpoints {
		server := &http.Server{
			Handler:           e.handler,
			TLSConfig:         e.tls,
			ReadHeaderTimeout: headerTime,
			IdleTimeout:       idleTime,
			MaxHeaderBytes:    headerSize,
			BaseContext:       func(net.Listener) context.Context { return base },
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // handshakes of scanners, mostly
		}
		servers[i] = server
		go func() {
			serve := func() error { return server.Serve(e.listener) }
			if e.tls != nil {
				serve = func() error { return server.ServeTLS(e.listener, "", "") }
			}
			if err := serve(); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("the %s listener stopped: %w", e.name, err)
			}
		}()
		log.Info("listening", "listener", e.name, "address", e.listener.Addr().String(), "tls", e.tls != nil)
	}
	var failure error
	select {
	case <-ctx.Done():
		log.Info("stopping")
	case failure = <-failed:
		log.Error("stopping", "error", failure)
	}
	drain()
	ended := shutDown(log, servers, grace)
	patience, cancel := context.WithTimeout(context.Background(), streamGrace)
	defer cancel()
	if err := web.AwaitStreams(patience, base); err != nil {
		log.Warn("leaving streams that did not end")
	}
	return errors.Join(failure, ended)
}

func shutDown(log *slog.Logger, servers []*http.Server, grace time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	done := make(chan error, len(servers))
	for _, s := range servers {
		go func() {
			err := s.Shutdown(ctx)
			if errors.Is(err, context.DeadlineExceeded) {
				log.Warn("cutting off requests that did not finish", "grace", grace)
				err = s.Close()
			}
			done <- err
		}()
	}
	var all error
	for range servers {
		all = errors.Join(all, <-done)
	}
	return all
}
