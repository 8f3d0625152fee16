package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
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
var ErrPaused = errors.New("the service is left alone for some seconds, as it keeps failing")

// sender is what the channels have in common: requests of which each is bounded in time, whose answers are bounded in size,
// which follow no redirect and use no proxy, and a host that keeps failing is left alone. It is safe for concurrent use.
type sender struct {
	client  *http.Client
	breaker *breaker
	now     func() time.Time
}

// newSender makes one that connects by dial. roots nil are the system's; timeout zero is 10 s.
func newSender(dial func(ctx context.Context, network, place string) (net.Conn, error), roots *x509.CertPool, timeout time.Duration, now func() time.Time) *sender {
	if timeout == 0 {
		timeout = sendTimeout
	}
	transport := &http.Transport{
		DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
		MaxConnsPerHost: laneWidth, MaxIdleConnsPerHost: laneWidth, MaxIdleConns: 4 * laneWidth, IdleConnTimeout: 90 * time.Second,
		// A connection that a firewall has forgotten is found out before ten messages have waited for it.
		HTTP2:               &http.HTTP2Config{SendPingTimeout: 5 * time.Second, PingTimeout: 3 * time.Second},
		TLSHandshakeTimeout: 5 * time.Second, MaxResponseHeaderBytes: 16 << 10, DisableCompression: true,
	}
	return &sender{breaker: newBreaker(now), now: now, client: &http.Client{Transport: blunt{transport}, Timeout: timeout}}
}

// blunt leads nowhere: an answer that redirects is the last one, also where http.Client could not read the address, which it would
// put in its error.
type blunt struct{ *http.Transport }

// RoundTrip is of http.RoundTripper.
func (b blunt) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := b.Transport.RoundTrip(request)
	if err == nil {
		response.Header.Del("Location")
	}
	return response, err
}

// Paused counts the hosts that are left alone at the moment.
func (s *sender) Paused() int { return s.breaker.paused() }

// Close lets go of idle connections.
func (s *sender) Close() { s.client.CloseIdleConnections() }

// send makes one request and sends it to host. A service that is full (429), slow (408) or broken (5xx) is asked again, and
// not before it says (RFC 9110 §10.2.3); of every other answer, means tells what became of the message, from its status and
// the first 4 KiB of its body. The error says why the outcome is not PushDelivered, for the log: it names the host alone, as
// the rest of an address is as good as a key.
func (s *sender) send(host string, build func() (*http.Request, error), means func(status int, body []byte) nodkey.PushOutcome) (nodkey.PushAnswer, error) {
	if wait := s.breaker.wait(host); wait > 0 {
		return nodkey.PushAnswer{RetryAfter: wait}, fmt.Errorf("%s: %w", host, ErrPaused)
	}
	request, err := build()
	if err != nil {
		s.breaker.report(host, true) // the fault is not the host's
		return nodkey.PushAnswer{Outcome: nodkey.PushRefused}, fmt.Errorf("%s: %w", host, err)
	}
	request.Header.Set("User-Agent", "nodkey")
	response, err := s.client.Do(request)
	if err != nil {
		s.breaker.report(host, false)
		return nodkey.PushAnswer{}, fmt.Errorf("%s: %w", host, mute(err, request.URL))
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, answerMax)) // also so that the connection serves again
	var answer nodkey.PushAnswer
	switch code := response.StatusCode; {
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= 500:
		answer.RetryAfter = s.retryAfter(response.Header.Get("Retry-After"))
		s.breaker.report(host, code < 500)
	default:
		answer.Outcome = means(code, body)
		s.breaker.report(host, answer.Outcome != nodkey.PushRetry)
	}
	if answer.Outcome == nodkey.PushDelivered {
		return answer, nil
	}
	return answer, fmt.Errorf("%s answered %d", host, response.StatusCode)
}

// mute takes an address out of the error of its request. What answers with garbage may repeat in it what it was asked.
func mute(err error, address *url.URL) error {
	var inner *url.Error
	if errors.As(err, &inner) { // which has the whole address in its text
		err = inner.Err
	}
	for _, secret := range []string{address.RequestURI(), address.EscapedPath()} {
		if len(secret) > 1 && strings.Contains(err.Error(), secret) {
			return errors.New(strings.ReplaceAll(err.Error(), secret, "…"))
		}
	}
	return err
}

// retryAfter reads seconds or a date (RFC 9110 §10.2.3); zero when it is neither.
func (s *sender) retryAfter(text string) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(s.now()))
	}
	return 0
}
