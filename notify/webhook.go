package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/nodkey/nodkey"
)

// WebhookConfig is what sending to the operator's gateway needs.
type WebhookConfig struct {
	URL     string         // https, or http on this machine; see CheckWebhook
	Secret  string         // one, or two with a space between; see ReadWebhookSecret
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

// NewWebhook makes the channel. Errors: those of CheckWebhook and ReadWebhookSecret.
func NewWebhook(c WebhookConfig) (*Webhook, error) {
	dial, host, err := gatewayDial(c.URL)
	if err != nil {
		return nil, err
	}
	secrets, err := ReadWebhookSecret(c.Secret)
	if err != nil {
		return nil, err
	}
	return &Webhook{sender: newSender(dial, c.Roots, c.Timeout, c.Now), config: c, host: host, secrets: secrets}, nil
}

// gatewayDial is how a gateway is reached whose address the operator chose: it may be a private one. Without TLS it has to be this
// machine, whatever its name says. Errors: those of CheckWebhook.
func gatewayDial(address string) (dial func(ctx context.Context, network, place string) (net.Conn, error), host string, err error) {
	if err := CheckWebhook(address); err != nil {
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

// CheckWebhook says what is wrong with a gateway's address: https, or http on this machine, without a name and password.
func CheckWebhook(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("must be an address such as https://gateway.example.com/nodkey, without user name or password")
	}
	if u.Scheme == "http" {
		at, err := netip.ParseAddr(u.Hostname())
		if name := strings.ToLower(u.Hostname()); name != "localhost" && (err != nil || !at.IsLoopback()) {
			return errors.New("must begin with https:// unless the gateway is on this machine, such as http://127.0.0.1:8080/nodkey")
		}
	}
	return nil
}

// The bytes of a secret (Standard Webhooks, "Signature scheme").
const (
	webhookSecretMin = 24
	webhookSecretMax = 64
)

// ReadWebhookSecret reads "whsec_" with 24 to 64 bytes in base64. While the secret is being changed there may be two, the new
// one first, with a space between: each message then has both signatures.
func ReadWebhookSecret(text string) ([][]byte, error) {
	var secrets [][]byte
	for part := range strings.FieldsSeq(text) {
		encoded, ok := strings.CutPrefix(part, "whsec_")
		secret, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || err != nil || len(secret) < webhookSecretMin || len(secret) > webhookSecretMax {
			return nil, fmt.Errorf("must be whsec_ with %d to %d random bytes in base64 behind it", webhookSecretMin, webhookSecretMax)
		}
		secrets = append(secrets, secret)
	}
	if len(secrets) == 0 || len(secrets) > 2 {
		return nil, errors.New("must be one secret, or two while it is being changed")
	}
	return secrets, nil
}

// webhookTime is RFC 3339 in UTC with milliseconds.
const webhookTime = "2006-01-02T15:04:05.000Z"

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
		Type: "approval.waiting", Timestamp: m.CreatedAt.UTC().Format(webhookTime), ID: string(m.ApprovalID), User: m.User,
		Key: string(m.KeyID), Phone: m.Phone, Locale: m.Locale, URL: w.config.Phone, ExpiresAt: m.ExpiresAt.UTC().Format(webhookTime),
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
		"Content-Type": "application/json", "webhook-id": id, "webhook-timestamp": at, "webhook-signature": w.sign(id, at, body),
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

func (w *Webhook) sign(id, at string, body []byte) string {
	signatures := make([]string, len(w.secrets))
	for i, secret := range w.secrets {
		mac := hmac.New(sha256.New, secret)
		fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(signatures, " ")
}

// webhookMeans says what an answer means: 2xx has it. All else is refused, a redirect and 410 too: there is no other address,
// and it is the operator who has to see it in the log.
func webhookMeans(code int, _ []byte) nodkey.PushOutcome {
	if code >= 200 && code <= 299 {
		return nodkey.PushDelivered
	}
	return nodkey.PushRefused
}
