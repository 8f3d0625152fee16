package web

import (
	"context"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
)

// pipes is a listener whose connections are dialled within this process: in a bubble of synctest their deadlines, too, go by the
// bubble's clock.
type pipes struct {
	came  chan net.Conn
	ended chan struct{}
}

func (p pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.came <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.came:
		return conn, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error   { close(p.ended); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// inABubble serves a handler over HTTP/1.1, then over HTTP/2, where no time passes but that which everybody waits for: how long
// anything takes here is exactly what the code waits, however busy the machine is.
func inABubble(t *testing.T, handler http.Handler, ask func(t *testing.T, protocol int, client *http.Client)) {
	t.Helper()
	for protocol, name := range map[int]string{1: "HTTP/1.1", 2: "HTTP/2"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var speak http.Protocols
				speak.SetHTTP1(protocol == 1)
				speak.SetUnencryptedHTTP2(protocol == 2)
				line := pipes{make(chan net.Conn), make(chan struct{})}
				server := &http.Server{Handler: handler, Protocols: &speak}
				served := make(chan struct{})
				go func() {
					defer close(served)
					_ = server.Serve(line) // until it is closed
				}()
				transport := &http.Transport{DialContext: line.dial, Protocols: &speak}
				ask(t, protocol, &http.Client{Transport: transport})
				transport.CloseIdleConnections()
				_ = server.Close()
				<-served
			})
		})
	}
}
