package notify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/wire"
)

// WebhookConfig is what sending to the operator's gateway needs.
type WebhookConfig struct {
	URL     string         // https, or http on this machine; see wire.CheckWebhook
	Secret  string         // one, or two with a space between; see wire.ReadWebhookSecret
	Phone   string         // the phone app's address
	Roots   *x509.CertPool // nil: the system's
	Now     func() time.Time
	Timeout time.Duration // of one message; zero: 10 s
}

// Webhook posts messages to the operator's own gateway, signed as Standard Webhooks has it (docs/webhook.md). It is safe for
// concurrent use.
type Webhook struct {
	*sender
	config  WebhookConfig
	host    string
	secrets [][]byte
}

// NewWebhook makes the channel. Errors: those of wire.CheckWebhook and wire.ReadWebhookSecret.
func NewWebhook(c WebhookConfig) (*Webhook, error) {
	dial, host, err := gatewayDial(c.URL)
	if err != nil {
		return nil, err
	}
	secrets, err := wire.ReadWebhookSecret(c.Secret)
	if err != nil {
		return nil, err
	}
	return &Webhook{sender: newSender(dial, c.Roots, c.Timeout, c.Now), config: c, host: host, secrets: secrets}, nil
}

// gatewayDial is how a gateway is reached whose address the operator chose: it may be a private one. Without TLS it has to be this
// machine, whatever its name says. Errors: those of wire.CheckWebhook.
func gatewayDial(address string) (dial func(ctx context.Context, network, place string) (net.Conn, error), host string, err error) {
	if err := wire.CheckWebhook(address); err != nil {
		return nil, "", err
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, "", err
	}
	dialer := net.Dialer{Timeout: 5 * time.Second}
	if u.Scheme == "http" {
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			if at, err := netip.ParseAddrPort(address); err != nil || !at.Addr().Unmap().IsLoopback() {
				return errNotHere
			}
			return nil
		}
	}
	return dialer.DialContext, u.Hostname(), nil
}

var errNotHere = errors.New("without https a gateway must be on this machine")

// webhookBody is what a gateway is told; docs/webhook.md has its meaning. It is the same each time a message is sent.
type webhookBody struct {
	Type      string `json:"type"`
	Timestamp string `json:"timestamp"`
	ID        string `json:"id"`
	User      string `json:"user"`
	Key       string `json:"key"`
	Phone     string `json:"phone"`
	Locale    string `json:"locale"`
	URL       string `json:"url"`
	ExpiresAt string `json:"expires_at"`
}

// Name is the channel's, for metrics.
func (w *Webhook) Name() string { return nodkey.ChannelWebhook }

// Services is the gateway alone.
func (w *Webhook) Services() []string { return []string{nodkey.ChannelWebhook} }

// Send posts one message; see [sender.send] for its error.
func (w *Webhook) Send(ctx context.Context, m nodkey.PushMessage) (nodkey.PushAnswer, error) {
	return w.send(w.host, func() (*http.Request, error) { return w.request(ctx, m) }, webhookMeans)
}

func (w *Webhook) request(ctx context.Context, m nodkey.PushMessage) (*http.Request, error) {
	body, err := json.Marshal(webhookBody{
		Type: "approval.waiting", Timestamp: m.CreatedAt.UTC().Format(wire.WebhookTime), ID: string(m.ApprovalID), User: m.User,
		Key: string(m.KeyID), Phone: m.Phone, Locale: m.Locale, URL: w.config.Phone, ExpiresAt: m.ExpiresAt.UTC().Format(wire.WebhookTime),
	})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.config.URL, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the gateway's address is no address")
	}
	id, at := webhookID(m), strconv.FormatInt(w.now().Unix(), 10)
	for name, value := range map[string]string{
		"Content-Type": "application/json", "webhook-id": id, "webhook-timestamp": at, "webhook-signature": wire.SignWebhook(w.secrets, id, at, body),
	} {
		request.Header.Set(name, value)
	}
	return request, nil
}

// webhookID is the same each time a message is sent, and another for another phone.
func webhookID(m nodkey.PushMessage) string {
	sum := sha256.Sum256([]byte("nodkey/v1/webhook-id\x00" + string(m.ApprovalID) + "\x00" + string(m.KeyID)))
	return "msg_" + base64.RawURLEncoding.EncodeToString(sum[:24])
}

// webhookMeans says what an answer means: 2xx has it. All else is refused, a redirect and 410 too: there is no other address,
// and it is the operator who has to see it in the log.
func webhookMeans(code int, _ []byte) nodkey.PushOutcome {
	if code >= 200 && code <= 299 {
		return nodkey.PushDelivered
	}
	return nodkey.PushRefused
}
