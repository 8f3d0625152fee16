package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/nodkey/nodkey/web"
)

// server is the shell around the doors: listeners, TLS, logs, metrics, health,
// and an orderly end. The same one runs under serve, demo and bench.
type server struct {
	settings *settings
	log      *slog.Logger
	metrics  *metrics
	sentence web.Sentence
}

// app is what runs inside the shell; wiring makes it.
type app struct {
	sites   []web.Site                    // made by server.door(…).Site(…)
	ready   []readyCheck                  // asked by /readyz
	workers []func(context.Context) error // run until the last request is done; an error stops the server
	close   func() error                  // after all else has stopped; may be nil

	// For demo and tests, which settle these before the settings exist.
	main       net.Listener // instead of opening settings.Listen
	extra      []endpoint   // further addresses with handlers or, where nil, the same sites
	lanTLS     *lanCertificates
	listening  func(main, status net.Addr) // called once, when every address answers; status is nil without one
	graceSpare time.Duration               // instead of grace
}

// grace is how long running requests get to finish.
const grace = 10 * time.Second

// newServer makes the shell for a configuration that checkServe found good, or
// that demo made.
func newServer(s *settings, log *slog.Logger, sentence web.Sentence) *server {
	return &server{settings: s, log: log, metrics: newMetrics(), sentence: sentence}
}

// door gives what every door at an origin is wrapped in, ready but for its
// Headers and Fail.
func (s *server) door(name string, origin web.Origin) web.Door {
	return web.Door{
		Name: name, Origin: origin, Log: s.log, Observe: s.metrics.observe,
		Proxies: s.settings.TrustedProxies.proxies(), Fail: web.PlainFail(s.sentence),
	}
}

// run serves until ctx ends: then streams are told to end, /readyz says no,
// running requests finish, workers stop, and close runs. Errors are sentences.
func (s *server) run(ctx context.Context, a app) (err error) {
	defer func() {
		if a.close != nil {
			err = errors.Join(err, a.close())
		}
	}()
	debug.FreeOSMemory() // what starting up has used; the idle server keeps little
	collectLess(garbagePercent)
	hosts, err := web.NewHosts(web.PlainFail(s.sentence), a.sites...)
	if err != nil {
		return &commandError{code: exitConfig, sentence: err.Error(), err: err}
	}
	draining := make(chan struct{})
	endpoints, stopTLS, err := s.open(ctx, a, hosts, draining)
	if err != nil {
		return err
	}
	defer stopTLS()

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	working, endWork := context.WithCancel(context.WithoutCancel(ctx))
	var workers sync.WaitGroup
	for _, work := range a.workers {
		workers.Go(func() {
			if err := work(working); err != nil && working.Err() == nil {
				cancel(err)
			}
		})
	}
	if a.listening != nil {
		a.listening(endpoints[0].listener.Addr(), statusAddress(endpoints))
	}
	wait := grace
	if a.graceSpare > 0 {
		wait = a.graceSpare
	}
	err = serveEndpoints(ctx, s.log, endpoints, sync.OnceFunc(func() { close(draining) }), draining, wait)
	endWork()
	workers.Wait()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = errors.Join(cause, err)
	}
	return err
}

// open listens on every address. On an error nothing stays open.
func (s *server) open(ctx context.Context, a app, hosts *web.Hosts, draining <-chan struct{}) (endpoints []endpoint, stopTLS func(), err error) {
	stopTLS = func() {}
	defer func() {
		if err != nil {
			for _, e := range endpoints {
				_ = e.listener.Close()
			}
			stopTLS()
			stopTLS = func() {}
		}
	}()
	add := func(name, key string, address Listen, ready net.Listener) (*endpoint, error) {
		if ready == nil {
			if ready, err = openListener(key, address); err != nil {
				return nil, err
			}
		}
		endpoints = append(endpoints, endpoint{name: name, listener: ready})
		return &endpoints[len(endpoints)-1], nil
	}
	set := s.settings
	if _, err = add("main", "listen", set.Listen, a.main); err != nil {
		return endpoints, stopTLS, err
	}
	endpoints[0].handler = hosts
	if set.MetricsListen != "" {
		status, err := add("metrics", "metrics_listen", set.MetricsListen, nil)
		if err != nil {
			return endpoints, stopTLS, err
		}
		status.handler = statusHandler(s.log, s.metrics.handler(), draining, a.ready)
	}
	switch {
	case a.lanTLS != nil:
		endpoints[0].tls = a.lanTLS.tls()
	case set.TLS.Mode == "files":
		files, err := newCertFiles(set.TLS.Cert, set.TLS.Key)
		if err != nil {
			return endpoints, stopTLS, err
		}
		files.log = s.log
		endpoints[0].tls = tlsConfig(files.getCertificate)
	case set.TLS.Mode == "acme":
		stopTLS, err = s.openACME(ctx, &endpoints)
		if err != nil {
			return endpoints, stopTLS, err
		}
	}
	for _, e := range a.extra {
		if e.handler == nil {
			e.handler, e.tls = hosts, endpoints[0].tls
		}
		endpoints = append(endpoints, e)
	}
	return endpoints, stopTLS, nil
}

func (s *server) openACME(ctx context.Context, endpoints *[]endpoint) (stop func(), err error) {
	var challenge net.Listener
	if address := s.settings.ACME.ListenHTTP; address != "" {
		if challenge, err = openListener("acme.listen_http", address); err != nil {
			return func() {}, err
		}
	}
	certificates, err := newACME(s.settings, s.log, (*endpoints)[0].listener, challenge)
	if err != nil {
		if challenge != nil {
			_ = challenge.Close()
		}
		return func() {}, err
	}
	(*endpoints)[0].tls = certificates.tls()
	if challenge != nil {
		*endpoints = append(*endpoints, endpoint{
			name: "acme", listener: challenge, handler: certificates.challengeHandler(web.PlainFail(s.sentence)),
		})
	}
	if err := certificates.start(ctx); err != nil {
		return certificates.stop, fmt.Errorf("cannot start fetching certificates: %w", err)
	}
	return certificates.stop, nil
}

func statusAddress(endpoints []endpoint) net.Addr {
	for _, e := range endpoints {
		if e.name == "metrics" {
			return e.listener.Addr()
		}
	}
	return nil
}

// newLog makes the server's log as the settings say.
func newLog(c LogConfig, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Level)) // checked by the configuration; info otherwise
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
