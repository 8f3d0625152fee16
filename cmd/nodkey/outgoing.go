package main

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// outgoingTimeout is how long one call of an application may take, its answer included.
const outgoingTimeout = 10 * time.Second

// newOutgoing makes what doors call applications with, at addresses that operators chose, which may be private ones. It follows no
// redirect, uses no proxy, and without TLS reaches this machine alone, whatever a name says. Its answers' bodies are the callers' to bound.
func newOutgoing() *http.Client {
	over := func(control func(network, address string, _ syscall.RawConn) error) *http.Transport {
		dialer := &net.Dialer{Timeout: 5 * time.Second, Control: control}
		return &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 5 * time.Second, MaxResponseHeaderBytes: 16 << 10,
			MaxConnsPerHost: 32, MaxIdleConns: 64, MaxIdleConnsPerHost: 4, IdleConnTimeout: 90 * time.Second, DisableCompression: true,
		}
	}
	return &http.Client{Transport: outgoing{secure: over(nil), local: over(onlyHere)}, Timeout: outgoingTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// outgoing sends what is encrypted anywhere, and what is not to this machine.
type outgoing struct{ secure, local *http.Transport }

// RoundTrip is of http.RoundTripper.
func (o outgoing) RoundTrip(r *http.Request) (*http.Response, error) {
	way := o.secure
	if r.URL.Scheme != "https" {
		way = o.local
	}
	answer, err := way.RoundTrip(r)
	if err == nil {
		answer.Header.Del("Location") // http.Client would put one that it cannot read into its error
	}
	return answer, err
}

// CloseIdleConnections is what http.Client asks for.
func (o outgoing) CloseIdleConnections() {
	o.secure.CloseIdleConnections()
	o.local.CloseIdleConnections()
}

var errNotHere = errors.New("without https an application must be on this machine")

// onlyHere lets a connection be made to this machine.
func onlyHere(_, address string, _ syscall.RawConn) error {
	if at, err := netip.ParseAddrPort(address); err != nil || !at.Addr().Unmap().IsLoopback() {
		return errNotHere
	}
	return nil
}
