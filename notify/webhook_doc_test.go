package notify

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/wire"
)

func verify(secret []byte, h http.Header, body []byte, now time.Time) bool { // secret: what stands behind whsec_, from base64
	seconds, err := strconv.ParseInt(h.Get("webhook-timestamp"), 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%s.%s", h.Get("webhook-id"), h.Get("webhook-timestamp"), body)
	for _, one := range strings.Fields(h.Get("webhook-signature")) {
		encoded, _ := strings.CutPrefix(one, "v1,")
		got, err := base64.StdEncoding.DecodeString(encoded)
		if err == nil && hmac.Equal(got, mac.Sum(nil)) {
			return true
		}
	}
	return false
}

// The message that docs/webhook.md shows is one that is sent.
func TestTheDocumentedMessageIsOneThatIsSent(t *testing.T) {
	page, err := os.ReadFile("../docs/webhook.md")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 9, 30, 0, 120e6, time.UTC)
	w, err := NewWebhook(WebhookConfig{URL: "https://gateway.example.com/nodkey", Secret: webhookSecretOfTests, Phone: "https://phone.example.com/", Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	request, err := w.request(t.Context(), nodkey.PushMessage{Notice: nodkey.Notice{
		ApprovalID: "w6uP8Tcg6K2QR905Rms8iQ", KeyID: "ICBbXRsSbOA3kV0n8mUpi1Bx9XJq2aDf0v7mQ4tYwLs", CreatedAt: at, ExpiresAt: at.Add(3 * time.Minute),
	}, User: "mara", Phone: "Pixel 8", Locale: "de"})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		t.Fatal(err)
	}
	secrets, err := wire.ReadWebhookSecret(webhookSecretOfTests)
	if err != nil {
		t.Fatal(err)
	}
	if !verify(secrets[0], request.Header, body, at.Add(time.Minute)) || verify(secrets[0], request.Header, body, at.Add(10*time.Minute)) || verify(secrets[0], request.Header, body[1:], at) {
		t.Error("the documented function does not verify what it should")
	}
	source, err := os.ReadFile("webhook_doc_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(source), "\nfunc verify(")
	code, _, _ = strings.Cut(code, "\n}\n")
	lines := []string{"func verify(" + code + "\n}\n", "The secret is `" + webhookSecretOfTests + "` here", string(body)}
	for _, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
		lines = append(lines, name+": "+request.Header.Get(name))
	}
	for _, line := range lines {
		if !bytes.Contains(page, []byte(line)) {
			t.Errorf("docs/webhook.md does not have %s", line)
		}
	}
	for member := range strings.SplitSeq(string(body), `,"`) {
		name, _, _ := strings.Cut(strings.TrimLeft(member, `{"`), `"`)
		if !bytes.Contains(page, []byte("| `"+name+"` |")) {
			t.Errorf("docs/webhook.md does not explain %s", name)
		}
	}
}
