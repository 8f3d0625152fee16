package client

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// NewHTTPClient makes a client that follows no redirects, for signed requests are for one address, and that finds
// "localhost" and every name below it on this machine (RFC 6761 §6.3), whatever a resolver says. roots are the
// certificate authorities to trust; nil means the system's.
func NewHTTPClient(roots *x509.CertPool) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(address)
			if err != nil || !isLocalhost(host) {
				return dialer.DialContext(ctx, network, address)
			}
			conn, err := dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
			if err != nil {
				if six, err6 := dialer.DialContext(ctx, network, net.JoinHostPort("::1", port)); err6 == nil {
					return six, nil
				}
			}
			return conn, err
		},
		Proxy: func(r *http.Request) (*url.URL, error) {
			if isLocalhost(r.URL.Hostname()) {
				return nil, nil
			}
			return http.ProxyFromEnvironment(r)
		},
		TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 30 * time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   8,
		ForceAttemptHTTP2:     true,
	}
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func isLocalhost(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// phoneHost makes scheme and host of what somebody typed. Without TLS only this machine is spoken to.
func phoneHost(typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	if !strings.Contains(typed, "://") {
		typed = "https://" + typed
	}
	u, err := url.Parse(typed)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return "", fault("server.address", nil)
	}
	ip := net.ParseIP(u.Hostname())
	local := isLocalhost(u.Hostname()) || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return "", fault("server.address", nil)
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}

// request is one call of the phone API. body is what is sent, answer a pointer for what comes back.
type request struct {
	method, server, path string
	body                 []byte
	proof                string
	most                 int64 // bytes of the answer; 0: wire.MaxBody
}

// send makes one request and gives the answer of a success; the caller closes its body.
func (p *Phone) send(ctx context.Context, r request) (*http.Response, error) {
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, r.server+wire.APIPrefix+r.path, body)
	if err != nil {
		return nil, fault("server.address", err)
	}
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.proof != "" {
		req.Header.Set(wire.RequestHeader, r.proof)
	}
	res, err := p.http.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode >= 200 && res.StatusCode <= 299 {
		return res, nil
	}
	defer res.Body.Close()
	return nil, readProblem(res)
}

// callTime is how long one request may take, its answer included.
const callTime = 30 * time.Second

// call makes one request and decodes its answer strictly.
func (p *Phone) call(ctx context.Context, r request, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	res, err := p.send(ctx, r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	err = wire.ReadStrict(res.Body, cmp.Or(r.most, wire.MaxBody), answer)
	var strict *wire.StrictError
	if errors.As(err, &strict) || errors.Is(err, wire.ErrTooLarge) {
		return fault("answer.wrong", err)
	}
	return err
}

// readProblem makes an error of an answer that is none of success. One that is no JSON of ours came from a machine in
// between, which is as good as away.
func readProblem(res *http.Response) error {
	e := &APIError{Status: res.StatusCode, Kind: "unavailable", Key: "unavailable"}
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	var answer wire.ErrorResponse
	if err := wire.ReadStrict(res.Body, wire.MaxBody, &answer); err == nil && answer.Error.Key != "" {
		e.Kind, e.Key, e.Args, e.Message = answer.Error.Kind, answer.Error.Key, answer.Error.Args, answer.Error.Message
	}
	return e
}

// transient reports whether an error is the connection's, or a machine's in between, so that the same may work soon.
func transient(err error) bool {
	var api *APIError
	var own *Fault
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &api):
		return api.Kind == "unavailable"
	case errors.As(err, &own):
		return false
	}
	return true
}

// again runs a call that may be repeated up to three times while the connection fails.
func (p *Phone) again(ctx context.Context, call func() error) error {
	wait := p.pace.first
	for tries := 1; ; tries++ {
		err := call()
		if tries == 3 || !transient(err) || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
		wait *= 2
	}
}

func encode(v any) ([]byte, error) { return json.Marshal(v) }
