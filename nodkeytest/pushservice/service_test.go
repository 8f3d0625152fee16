package pushservice_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/nodkey/nodkey/nodkeytest/pushservice"
)

const host = "push.example.com"

// sender is an application server.
type sender struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	http *http.Client
}

func newSender(t *testing.T, s *pushservice.Service) *sender {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(s.Roots()) {
		t.Fatal("the service's roots are none")
	}
	_, address, _ := strings.Cut(strings.Split(s.OwnServices(), ",")[0], "=")
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &sender{t: t, key: newKey(t), http: &http.Client{Transport: transport}}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func point(t *testing.T, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	raw, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// token signs claims as RFC 8292 has it.
func (s *sender) token(signer *ecdsa.PrivateKey, claims map[string]any) string {
	s.t.Helper()
	sign, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: signer}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	raw, err := json.Marshal(claims)
	if err != nil {
		s.t.Fatal(err)
	}
	signed, err := sign.Sign(raw)
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

func (s *sender) authorization(signer *ecdsa.PrivateKey, claims map[string]any) string {
	return "vapid t=" + s.token(signer, claims) + ", k=" + base64.RawURLEncoding.EncodeToString(point(s.t, s.key))
}

func claims(change func(map[string]any)) map[string]any {
	all := map[string]any{"aud": "https://" + host, "exp": time.Now().Add(time.Hour).Unix(), "sub": "mailto:desk@example.com"}
	if change != nil {
		change(all)
	}
	return all
}

// body looks from outside like a message.
func (s *sender) body() []byte {
	s.t.Helper()
	body := make([]byte, 16+4+1, 130)
	rand.Read(body[:16])
	body[18], body[20] = 16, 65 // records of 4096, a point
	body = append(body, point(s.t, newKey(s.t))...)
	return append(body, make([]byte, 39)...)
}

// send sends a message and gives the status of the answer.
func (s *sender) send(endpoint string, body []byte, headers map[string]string) int {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", s.authorization(s.key, claims(nil)))
	r.Header.Set("TTL", "60")
	r.Header.Set("Content-Encoding", "aes128gcm")
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	answer, err := s.http.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

func started(t *testing.T) (*pushservice.Service, *sender, string) {
	t.Helper()
	s, err := pushservice.Start(host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // nothing is written
	from := newSender(t, s)
	endpoint, err := s.Subscribe(point(t, from.key))
	if err != nil {
		t.Fatal(err)
	}
	return s, from, endpoint
}

func TestOnlyTheSenderWhoWasSubscribedToIsTaken(t *testing.T) {
	s, from, endpoint := started(t)
	if status := from.send(endpoint, from.body(), nil); status != http.StatusCreated {
		t.Fatalf("a good message: %d, %v", status, s.Refused())
	}
	stranger := newSender(t, s)
	for what, c := range map[string]struct {
		authorization string
		status        int
	}{
		"no token":                 {"", http.StatusUnauthorized},
		"another scheme":           {"Bearer " + from.token(from.key, claims(nil)), http.StatusUnauthorized},
		"no key":                   {"vapid t=" + from.token(from.key, claims(nil)), http.StatusUnauthorized},
		"another sender":           {stranger.authorization(stranger.key, claims(nil)), http.StatusForbidden},
		"a stranger's signature":   {from.authorization(stranger.key, claims(nil)), http.StatusForbidden},
		"another service's token":  {from.authorization(from.key, claims(func(c map[string]any) { c["aud"] = "https://fcm.googleapis.com" })), http.StatusForbidden},
		"a token that is over":     {from.authorization(from.key, claims(func(c map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() })), http.StatusForbidden},
		"a token without an end":   {from.authorization(from.key, claims(func(c map[string]any) { delete(c, "exp") })), http.StatusForbidden},
		"a token for two days":     {from.authorization(from.key, claims(func(c map[string]any) { c["exp"] = time.Now().Add(48 * time.Hour).Unix() })), http.StatusForbidden},
		"nobody to be found":       {from.authorization(from.key, claims(func(c map[string]any) { delete(c, "sub") })), http.StatusForbidden},
		"an address without https": {from.authorization(from.key, claims(func(c map[string]any) { c["sub"] = "http://example.com" })), http.StatusForbidden},
	} {
		if status := from.send(endpoint, from.body(), map[string]string{"Authorization": c.authorization}); status != c.status {
			t.Errorf("%s: %d, want %d", what, status, c.status)
		}
	}
	if n, refused := len(s.Messages()), len(s.Refused()); n != 1 || refused != 11 {
		t.Errorf("%d messages were taken, %d refused", n, refused)
	}
}

func TestAMessageIsLookedAtAsFarAsItCanBe(t *testing.T) {
	_, from, endpoint := started(t)
	for what, c := range map[string]struct {
		change func(body []byte) []byte
		header [2]string
		status int
	}{
		"no TTL":               {header: [2]string{"TTL", ""}, status: http.StatusBadRequest},
		"a long topic":         {header: [2]string{"Topic", strings.Repeat("a", 36)}, status: http.StatusBadRequest},
		"a topic of signs":     {header: [2]string{"Topic", "a+b/"}, status: http.StatusBadRequest},
		"an unknown urgency":   {header: [2]string{"Urgency", "now"}, status: http.StatusBadRequest},
		"an older encoding":    {header: [2]string{"Content-Encoding", "aesgcm"}, status: http.StatusUnsupportedMediaType},
		"too large":            {change: func(b []byte) []byte { return append(b, make([]byte, 4096)...) }, status: http.StatusRequestEntityTooLarge},
		"a header alone":       {change: func(b []byte) []byte { return b[:86] }, status: http.StatusBadRequest},
		"a point that is none": {change: func(b []byte) []byte { b[30] ^= 1; return b }, status: http.StatusBadRequest},
		"several records":      {change: func(b []byte) []byte { b[18], b[19] = 0, 18; return b }, status: http.StatusBadRequest},
	} {
		body := from.body()
		if c.change != nil {
			body = c.change(body)
		}
		headers := map[string]string{}
		if c.header[0] != "" {
			headers[c.header[0]] = c.header[1]
		}
		if status := from.send(endpoint, body, headers); status != c.status {
			t.Errorf("%s: %d, want %d", what, status, c.status)
		}
	}
	if status := from.send("https://"+host+"/push/nobody", from.body(), nil); status != http.StatusNotFound {
		t.Errorf("an endpoint that nobody has: %d", status)
	}
	if status := from.send(strings.Replace(endpoint, host, "localhost", 1), from.body(), nil); status != http.StatusMisdirectedRequest {
		t.Errorf("by another name: %d", status)
	}
}
