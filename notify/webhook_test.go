package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/wire"
)

func TestAWebhookSaysWhoIsAskedAndNothingOfWhat(t *testing.T) {
	clock := &standing{at: time.Date(2026, 3, 1, 9, 30, 0, 120e6, time.UTC)}
	g := newGateway(t, clock.Now)
	w := g.channel(0)
	m := g.message("AAAAAAAAAAAAAAAAAAAAAA", "kkkk")
	if answer, err := w.Send(t.Context(), m); err != nil || answer.Outcome != nodkey.PushDelivered {
		t.Fatal(answer, err)
	}
	const want = `{"type":"approval.waiting","timestamp":"2026-03-01T09:30:00.120Z","id":"AAAAAAAAAAAAAAAAAAAAAA","user":"mara","key":"kkkk",` +
		`"phone":"Pixel 8","locale":"de","url":"https://phone.house.test/","expires_at":"2026-03-01T09:33:00.120Z"}`
	_, got := g.seen()
	if got[0].raw != want {
		t.Errorf("there came %s", got[0].raw)
	}

	// A repeat is the same message at a later time, and another phone's is another one.
	clock.advance(20 * time.Second)
	m.Left -= 20 * time.Second
	m.Attempts++
	other := g.message("AAAAAAAAAAAAAAAAAAAAAA", "other")
	for _, m := range []nodkey.PushMessage{m, other} {
		if _, err := w.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	_, got = g.seen()
	if got[1].id != got[0].id || got[1].raw != want || got[1].signature == got[0].signature {
		t.Errorf("first %+v, then %+v", got[0], got[1])
	}
	if got[2].id == got[0].id {
		t.Error("two phones have one id")
	}
}

// verified runs the package of Standard Webhooks on a message as it went over the line.
func verified(t *testing.T, secret string, header http.Header, body string) (payload string, ok bool) {
	t.Helper()
	headers := map[string]string{}
	for _, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
		headers[name] = header.Get(name)
	}
	input, err := json.Marshal(map[string]any{"secret": secret, "headers": headers, "body": body})
	if err != nil {
		t.Fatal(err)
	}
	var said, wrong bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "node", "testdata/standard_webhooks.mjs")
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(input), &said, &wrong
	err = c.Run()
	if err != nil && !strings.Contains(wrong.String(), "WebhookVerificationError") {
		t.Fatalf("%v: %s", err, &wrong)
	}
	return said.String(), err == nil
}

func TestTheSignatureVerifiesWithStandardWebhooksItself(t *testing.T) {
	const older = "whsec_b2xkZXItc2VjcmV0LW9mLXRoZS13ZWJob29rLXRlc3RzLi4u"
	w, err := NewWebhook(WebhookConfig{URL: "https://gateway.example.com/nodkey", Secret: webhookSecretOfTests + " " + older, Phone: "https://phone.house.test/", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	g := newGateway(t, time.Now)
	m := g.message("AAAAAAAAAAAAAAAAAAAAAA", "kkkk")
	m.User, m.Phone = "māra <b>&", "マラの Pixel 8"
	request, err := w.request(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(request.Body); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{webhookSecretOfTests, older} { // while the secret is being changed, both hold
		payload, ok := verified(t, secret, request.Header, body.String())
		if !ok || !strings.Contains(payload, `"phone":"マラの Pixel 8"`) {
			t.Errorf("it says %t, %s", ok, payload)
		}
	}
	if _, ok := verified(t, "whsec_YW5vdGhlci1zZWNyZXQtb2YtdGhlLXdlYmhvb2stdGVzdHMu", request.Header, body.String()); ok {
		t.Error("a message verifies with another secret")
	}
	if _, ok := verified(t, older, request.Header, body.String()+" "); ok {
		t.Error("a message verifies that was changed")
	}
	for _, name := range []string{"webhook-id", "webhook-timestamp"} {
		header := request.Header.Clone()
		if name == "webhook-id" {
			header.Set(name, "msg_other")
		} else {
			header.Set(name, "1700000000")
		}
		if _, ok := verified(t, older, header, body.String()); ok {
			t.Errorf("a message verifies with another %s", name)
		}
	}
}

func TestAGatewayIsHTTPSOrOnThisMachine(t *testing.T) {
	for address, good := range map[string]bool{
		"https://gateway.example.com/nodkey": true, "https://10.1.2.3:8443/": true, "https://gateway.internal": true, "https://gateway.example.com/x?route=1": true,
		"http://127.0.0.1:8080/nodkey": true, "http://localhost/": true, "http://[::1]:80/x": true, "http://LOCALHOST:8080": true,
		"http://gateway.example.com/": false, "http://10.1.2.3/": false, "http://localhost.example.com/": false, "http://127.0.0.1.example.com/": false,
		"": false, "gateway.example.com": false, "ftp://127.0.0.1/": false, "https://": false, "https://user:word@gateway.example.com/": false,
		"https://gateway.example.com/#x": false, "/nodkey": false, "https://%zz/": false,
	} {
		if err := wire.CheckWebhook(address); (err == nil) != good {
			t.Errorf("%s: %v", address, err)
		}
		_, err := NewWebhook(WebhookConfig{URL: address, Secret: webhookSecretOfTests, Now: time.Now})
		if (err == nil) != good {
			t.Errorf("a webhook of %s: %v", address, err)
		}
	}
}

// A name that should be this machine, and by a resolver's will is not, gets nothing without TLS.
func TestWithoutTLSOnlyThisMachineIsReached(t *testing.T) {
	w, err := NewWebhook(WebhookConfig{URL: "http://localhost:8080/secret", Secret: webhookSecretOfTests, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	transport := w.client.Transport.(blunt)
	for _, elsewhere := range []string{"192.0.2.1:8080", "[2001:db8::1]:8080", "10.0.0.1:80"} {
		if _, err := transport.DialContext(t.Context(), "tcp", elsewhere); err == nil || !strings.Contains(err.Error(), errNotHere.Error()) {
			t.Errorf("%s is dialled: %v", elsewhere, err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := transport.DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestAWebhookSecretIsAsStandardWebhooksWantsIt(t *testing.T) {
	short, long := "whsec_"+strings.Repeat("AAAA", 7), "whsec_"+strings.Repeat("AAAA", 22)
	for text, n := range map[string]int{
		webhookSecretOfTests: 1, webhookSecretOfTests + " " + webhookSecretOfTests: 2, "  " + webhookSecretOfTests + "\n": 1,
		"whsec_" + strings.Repeat("AAAA", 8): 1, "whsec_" + strings.Repeat("AAAA", 21): 1,
		"": 0, "whsec_": 0, short: 0, long: 0, strings.TrimPrefix(webhookSecretOfTests, "whsec_"): 0, "whsec_????": 0, webhookSecretOfTests + " x": 0,
		strings.Repeat(webhookSecretOfTests+" ", 3): 0,
	} {
		secrets, err := wire.ReadWebhookSecret(text)
		if len(secrets) != n || (err == nil) != (n > 0) {
			t.Errorf("%q: %d secrets, %v", text, len(secrets), err)
		}
		if err != nil && len(text) > 12 && strings.Contains(err.Error(), text[6:12]) {
			t.Errorf("the error tells the secret: %v", err)
		}
	}
}
