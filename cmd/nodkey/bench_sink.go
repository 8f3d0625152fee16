package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey/bench"
)

// sinkHost is what the sink is called; endpoints are below it.
const sinkHost = "push.nodkey.localhost"

// sinkReady is the first line that a sink prints.
type sinkReady struct {
	Address   string `json:"address"`   // 127.0.0.1:port
	Authority []byte `json:"authority"` // PEM
}

// sinkHeard is its answer to every further line.
type sinkHeard struct {
	Arrived []bench.Moment `json:"arrived"`
	Odd     int            `json:"odd"`   // requests that no push service would take
	Calls   int            `json:"calls"` // connections that were opened, of all since the start
	Error   string         `json:"error,omitempty"`
}

// benchSinkCommand is a push service that takes everything, over TLS and HTTP/2, in a process of its own.
//
//	forget        forget what has arrived
//	wait N T      wait until N phones have their message, or for a duration, and tell what has arrived
func benchSinkCommand() *cobra.Command {
	return &cobra.Command{
		Use: "bench-sink", Hidden: true, Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return runBenchSink(c.InOrStdin(), c.OutOrStdout()) },
	}
}

func runBenchSink(in io.Reader, out io.Writer) error {
	collectLess(benchGarbagePercent)
	certificates, err := newLANCertificates("", []string{sinkHost}, time.Now())
	if err != nil {
		return err
	}
	listener, err := openListener("listen", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &sink{phones: map[int]bool{}, more: make(chan struct{}, 1)}
	server := &http.Server{
		Handler: s, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificates.server}, MinVersion: tls.VersionTLS12},
		ReadHeaderTimeout: readyPatience, ErrorLog: log.New(io.Discard, "", 0), // whoever hangs up has done it on purpose
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				s.mu.Lock()
				s.calls++
				s.mu.Unlock()
			}
		},
	}
	go func() {
		answerLines(in, out, sinkReady{Address: listener.Addr().String(), Authority: pemBlock("CERTIFICATE", certificates.authority.Raw)}, s.answer)
		_ = server.Close() // the bench is over
	}()
	if err := server.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// sink notes when messages arrive.
type sink struct {
	mu         sync.Mutex
	arrived    []bench.Moment
	phones     map[int]bool
	odd, calls int
	more       chan struct{} // poked at each arrival
}

// ServeHTTP takes a message (RFC 8030 §5).
func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, 4<<10))
	at := time.Now().UnixNano()
	number, odd := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/p/"))
	good := err == nil && odd == nil && r.Method == http.MethodPost && r.ProtoMajor == 2 && n > 100 &&
		r.Header.Get("Content-Encoding") == "aes128gcm" && strings.HasPrefix(r.Header.Get("Authorization"), "vapid t=") &&
		r.Header.Get("TTL") != "" && len(r.Header.Get("Topic")) == 32 && r.Header.Get("Urgency") == "high"
	s.mu.Lock()
	if good {
		s.arrived = append(s.arrived, bench.Moment{Phone: number, At: at})
		s.phones[number] = true
	} else {
		s.odd++
	}
	s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
	if !good {
		http.Error(w, "not a message", http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusCreated)
}

func (s *sink) answer(line string) any {
	var n int
	var patience string
	switch {
	case line == "forget":
		s.mu.Lock()
		s.arrived, s.odd = nil, 0
		clear(s.phones)
		s.mu.Unlock()
		return sinkHeard{}
	case strings.HasPrefix(line, "wait "):
		if _, err := fmt.Sscanf(line, "wait %d %s", &n, &patience); err != nil {
			return sinkHeard{Error: err.Error()}
		}
		d, err := time.ParseDuration(patience)
		if err != nil {
			return sinkHeard{Error: err.Error()}
		}
		return s.wait(n, d)
	}
	return sinkHeard{Error: "no such command: " + line}
}

func (s *sink) wait(n int, patience time.Duration) sinkHeard {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		s.mu.Lock()
		heard := sinkHeard{Arrived: s.arrived, Odd: s.odd, Calls: s.calls}
		all := len(s.phones) >= n
		s.mu.Unlock()
		if all || ctx.Err() != nil {
			return heard
		}
		select {
		case <-s.more:
		case <-ctx.Done():
		}
	}
}
