package notify

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
)

// How much of an answer is read, and how long one message may take.
const (
	answerMax   = 4 << 10
	sendTimeout = 10 * time.Second
)

// ErrPaused says that a host was not asked, because it has failed again and again.
var ErrPaused = errors.New("the push service is left alone for some seconds, as it keeps failing")

// WebPushConfig is what sending needs.
type WebPushConfig struct {
	Services *Services
	Key      *ecdsa.PrivateKey // the server's, RFC 8292
	Subject  string            // mailto: or https: where push services find the operator
	Roots    *x509.CertPool    // nil: the system's
	Now      func() time.Time
	Timeout  time.Duration // of one message; zero: 10 s
}

// WebPush sends messages to push services (RFC 8030). It is safe for concurrent use.
type WebPush struct {
	services *Services
	vapid    *vapid
	breaker  *breaker
	client   *http.Client
	now      func() time.Time
}

// NewWebPush makes the channel. Error: a subject that is none.
func NewWebPush(c WebPushConfig) (*WebPush, error) {
	v, err := newVAPID(c.Key, c.Subject, c.Now)
	if err != nil {
		return nil, err
	}
	if c.Timeout == 0 {
		c.Timeout = sendTimeout
	}
	transport := &http.Transport{
		DialContext: c.Services.dial, TLSClientConfig: &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
		MaxConnsPerHost: laneWidth, MaxIdleConnsPerHost: laneWidth, MaxIdleConns: 4 * laneWidth, IdleConnTimeout: 90 * time.Second,
		// A connection that a firewall has forgotten is found out before ten messages have waited for it.
		HTTP2:               &http.HTTP2Config{SendPingTimeout: 5 * time.Second, PingTimeout: 3 * time.Second},
		TLSHandshakeTimeout: 5 * time.Second, MaxResponseHeaderBytes: 16 << 10, DisableCompression: true,
	}
	return &WebPush{
		services: c.Services, vapid: v, breaker: newBreaker(c.Now), now: c.Now,
		client: &http.Client{Transport: transport, Timeout: c.Timeout, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
	}, nil
}

// Name is the channel's, for metrics.
func (w *WebPush) Name() string { return "webpush" }

// Services names the push services there can be.
func (w *WebPush) Services() []string { return w.services.Names() }

// Paused counts the hosts that are left alone at the moment.
func (w *WebPush) Paused() int { return w.breaker.paused() }

// Close lets go of idle connections.
func (w *WebPush) Close() { w.client.CloseIdleConnections() }

// Send sends one message. The error says why the outcome is not PushDelivered, for the log: it names no path, which is as
// good as a key to the phone's attention.
func (w *WebPush) Send(ctx context.Context, m nodkey.PushMessage) (nodkey.PushAnswer, error) {
	refused := nodkey.PushAnswer{Outcome: nodkey.PushRefused}
	_, host, ok := w.services.Service(m.To.Endpoint)
	if !ok { // it was, when the phone handed it over
		return refused, fmt.Errorf("%s is not on the list of push services any more", host)
	}
	if wait := w.breaker.wait(host); wait > 0 {
		return nodkey.PushAnswer{RetryAfter: wait}, fmt.Errorf("%s: %w", host, ErrPaused)
	}
	request, err := w.request(ctx, m)
	if err != nil {
		w.breaker.report(host, true) // the fault is not the host's
		return refused, fmt.Errorf("%s: %w", host, err)
	}
	response, err := w.client.Do(request)
	if err != nil {
		w.breaker.report(host, false)
		var inner *url.Error
		if errors.As(err, &inner) { // which has the whole address in its text
			err = inner.Err
		}
		return nodkey.PushAnswer{}, fmt.Errorf("%s: %w", host, err)
	}
	defer response.Body.Close()
	io.Copy(io.Discard, io.LimitReader(response.Body, answerMax)) // so that the connection serves again; what it says is not needed
	answer := w.read(response)
	w.breaker.report(host, response.StatusCode < 500)
	if answer.Outcome == nodkey.PushDelivered {
		return answer, nil
	}
	return answer, fmt.Errorf("%s answered %d", host, response.StatusCode)
}

func (w *WebPush) request(ctx context.Context, m nodkey.PushMessage) (*http.Request, error) {
	body, err := encrypt(m.To, m.Payload)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.To.Endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the endpoint is no address")
	}
	authorization, err := w.vapid.authorization("https://" + strings.TrimSuffix(strings.ToLower(request.URL.Host), ":443"))
	if err != nil {
		return nil, err
	}
	ttl := max(1, int(m.Left/time.Second)) // what is left of the request, RFC 8030 §5.2
	for name, value := range map[string]string{
		"Authorization": authorization, "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream",
		"TTL": strconv.Itoa(ttl), "Urgency": "high", "Topic": m.Topic, "User-Agent": "nodkey",
	} {
		request.Header.Set(name, value)
	}
	return request, nil
}

// read says what an answer means (RFC 8030 §5, §7.3, §8.4). A redirect is refused: it is not followed anywhere.
func (w *WebPush) read(response *http.Response) nodkey.PushAnswer {
	switch code := response.StatusCode; {
	case code == http.StatusOK, code == http.StatusCreated, code == http.StatusAccepted, code == http.StatusNoContent:
		return nodkey.PushAnswer{Outcome: nodkey.PushDelivered}
	case code == http.StatusNotFound, code == http.StatusGone:
		return nodkey.PushAnswer{Outcome: nodkey.PushGone}
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= 500:
		return nodkey.PushAnswer{Outcome: nodkey.PushRetry, RetryAfter: w.retryAfter(response.Header.Get("Retry-After"))}
	}
	return nodkey.PushAnswer{Outcome: nodkey.PushRefused}
}

// retryAfter reads seconds or a date (RFC 9110 §10.2.3); zero when it is neither.
func (w *WebPush) retryAfter(text string) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(w.now()))
	}
	return 0
}
