package notify

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
)

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
	*sender
	services *Services
	vapid    *vapid
}

// NewWebPush makes the channel. Error: a subject that is none.
func NewWebPush(c WebPushConfig) (*WebPush, error) {
	v, err := newVAPID(c.Key, c.Subject, c.Now)
	if err != nil {
		return nil, err
	}
	return &WebPush{sender: newSender(c.Services.dial, c.Roots, c.Timeout, c.Now), services: c.Services, vapid: v}, nil
}

// Name is the channel's, for metrics.
func (w *WebPush) Name() string { return nodkey.ChannelWebPush }

// Services names the push services there can be.
func (w *WebPush) Services() []string { return w.services.Names() }

// Send sends one message; see [sender.send] for its error.
func (w *WebPush) Send(ctx context.Context, m nodkey.PushMessage) (nodkey.PushAnswer, error) {
	_, host, ok := w.services.Service(m.To.Endpoint)
	if !ok { // it was, when the phone handed it over
		return nodkey.PushAnswer{Outcome: nodkey.PushRefused}, fmt.Errorf("%s is not on the list of push services any more", host)
	}
	return w.send(host, func() (*http.Request, error) { return w.request(ctx, m) }, webPushMeans)
}

// Encrypt makes what is dear in a message: its body, encrypted, and the header that says who sends it. Sending cannot do without.
func (w *WebPush) Encrypt(m nodkey.PushMessage) (body []byte, authorization string, err error) {
	if body, err = encrypt(m.To, m.Payload); err != nil {
		return nil, "", err
	}
	place, err := url.Parse(m.To.Endpoint)
	if err != nil {
		return nil, "", errors.New("the endpoint is no address")
	}
	authorization, err = w.vapid.authorization("https://" + strings.TrimSuffix(strings.ToLower(place.Host), ":443"))
	return body, authorization, err
}

func (w *WebPush) request(ctx context.Context, m nodkey.PushMessage) (*http.Request, error) {
	body, authorization, err := w.Encrypt(m)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.To.Endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the endpoint is no address")
	}
	ttl := max(1, int(m.Left/time.Second)) // what is left of the request, RFC 8030 §5.2
	for name, value := range map[string]string{
		"Authorization": authorization, "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream",
		"TTL": strconv.Itoa(ttl), "Urgency": "high", "Topic": m.Topic,
	} {
		request.Header.Set(name, value)
	}
	return request, nil
}

// webPushMeans says what an answer means (RFC 8030 §5, §7.3). A redirect is refused: it is not followed anywhere.
func webPushMeans(code int, _ []byte) nodkey.PushOutcome {
	switch code {
	case http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent:
		return nodkey.PushDelivered
	case http.StatusNotFound, http.StatusGone:
		return nodkey.PushGone
	}
	return nodkey.PushRefused
}
