package notify

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest/ntfy"
	"github.com/nodkey/nodkey/wire"
)

// channel is one of the real ones.
type channel interface {
	Channel
	Paused() int
	Close()
}

// target is a channel with the service at its other end, which answers as it is told.
type target struct {
	message nodkey.PushMessage // its address has "secret" in it
	as      func(http.HandlerFunc)
	tried   func() int
	channel func(timeout time.Duration) channel // each with a breaker of its own
	down    func()                              // for good
}

// targets are all channels, by name.
func targets(t *testing.T, now func() time.Time) map[string]target {
	t.Helper()
	p, n, g := newPushService(t, now), newNtfy(t, now), newGateway(t, now)
	return map[string]target{
		"webpush": {message(p.subscribe("/p/secret"), time.Minute), p.as, func() int { tried, _ := p.seen(); return tried },
			func(timeout time.Duration) channel { return p.channel(timeout) }, p.server.Close},
		"ntfy": {n.message("secret"), n.As, func() int { tried, _ := n.Seen(); return tried },
			func(timeout time.Duration) channel { return n.channel(timeout) }, n.Close},
		"webhook": {g.message("A", "B"), g.as, func() int { tried, _ := g.seen(); return tried },
			func(timeout time.Duration) channel { return g.channel(timeout) }, g.server.Close},
	}
}

// ntfyServer is a strict one.
type ntfyServer struct {
	*ntfy.Server
	t   *testing.T
	now func() time.Time
}

func newNtfy(t *testing.T, now func() time.Time) *ntfyServer {
	t.Helper()
	n := &ntfyServer{Server: ntfy.New(t), t: t, now: now}
	n.Token = "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2"
	t.Cleanup(n.Close)
	return n
}

// servers are this one alone, which is the house's own.
func (n *ntfyServer) servers() *NtfyServers {
	n.t.Helper()
	s, err := NewNtfyServers(pushHost+"="+n.Listener.Addr().String(), "")
	if err != nil {
		n.t.Fatal(err)
	}
	return s
}

func (n *ntfyServer) channel(timeout time.Duration) *Ntfy {
	n.t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(n.Certificate())
	c, err := NewNtfy(NtfyConfig{
		Servers: n.servers(), Token: n.Token, Title: "Sparkasse Äußere Neustadt", Click: "https://phone.house.test/",
		Sentence: func(locale string) string { return "Es wartet etwas (" + locale + ")" }, Roots: roots, Now: n.now, Timeout: timeout,
	})
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(c.Close)
	return c
}

func (n *ntfyServer) message(topic string) nodkey.PushMessage {
	m := message(nodkey.Subscription{Endpoint: "https://" + pushHost + "/" + topic}, time.Minute)
	m.Channel, m.Service, m.Locale, m.User, m.Phone = nodkey.ChannelNtfy, "ntfy:"+pushHost, "de", "mara", "Pixel 8"
	return m
}

// gateway is an operator's own. It checks each message: form, signature, time.
type gateway struct {
	t      *testing.T
	server *httptest.Server
	secret string
	now    func() time.Time

	mu     sync.Mutex
	answer http.HandlerFunc
	tried  int
	got    []posted
}

// posted is a message as a gateway has it.
type posted struct {
	id, signature, raw string
	body               webhookBody
	at                 time.Time
}

const webhookSecretOfTests = "whsec_bm9kLWtleS13ZWJob29rLXNlY3JldC1vZi10ZXN0cy4uLi4="

func newGateway(t *testing.T, now func() time.Time) *gateway {
	t.Helper()
	g := &gateway{t: t, secret: webhookSecretOfTests, now: now}
	g.server = httptest.NewTLSServer(g)
	t.Cleanup(func() { g.server.CloseClientConnections(); g.server.Close() })
	return g
}

func (g *gateway) as(answer http.HandlerFunc) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answer = answer
}

func (g *gateway) seen() (tried int, got []posted) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.tried, append([]posted(nil), g.got...)
}

func (g *gateway) channel(timeout time.Duration) *Webhook {
	g.t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(g.server.Certificate())
	w, err := NewWebhook(WebhookConfig{URL: g.server.URL + "/hook/secret", Secret: g.secret, Phone: "https://phone.house.test/", Roots: roots, Now: g.now, Timeout: timeout})
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(w.Close)
	return w
}

func (g *gateway) message(approval nodkey.ApprovalID, key nodkey.KeyID) nodkey.PushMessage {
	at := g.now()
	return nodkey.PushMessage{
		Notice: nodkey.Notice{ApprovalID: approval, KeyID: key, Channel: nodkey.ChannelWebhook, Service: "webhook", CreatedAt: at, ExpiresAt: at.Add(3 * time.Minute)},
		Left:   3 * time.Minute, User: "mara", Phone: "Pixel 8", Locale: "de",
	}
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	got, err := g.check(r)
	if err != nil {
		g.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	g.mu.Lock()
	g.tried++
	answer := g.answer
	if answer == nil {
		g.got = append(g.got, got)
	}
	g.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (g *gateway) check(r *http.Request) (posted, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, 4097))
	got := posted{id: r.Header.Get("webhook-id"), signature: r.Header.Get("webhook-signature"), raw: string(raw), at: time.Now()}
	if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || len(raw) > 4096 {
		return got, fmt.Errorf("%d bytes with %v: %v", len(raw), r.Header, err)
	}
	if err := wire.DecodeStrict(raw, &got.body); err != nil {
		return got, err
	}
	if got.id == "" || strings.ContainsAny(got.id, ". ") {
		return got, fmt.Errorf("the id is %q", got.id)
	}
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(g.secret, "whsec_"))
	if err != nil {
		return got, err
	}
	if !verify(secret, r.Header, raw, g.now()) || strings.Contains(got.signature, " ") {
		return got, fmt.Errorf("the signature %q is wrong, or the time %q is", got.signature, r.Header.Get("webhook-timestamp"))
	}
	return got, nil
}
