package test

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/client"
)

// dies ends the server at once, as a power cut does, and starts another one on its data.
func (s *server) dies() {
	s.t.Helper()
	if err := s.process.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	<-s.exited
	s.start()
}

// What was captured before the server fell is worth nothing after it: each proof is good once, whichever process sees it.
func TestWhatADuoClientSignedIsGoodOnceThoughTheServerIsKilled(t *testing.T) {
	h := openDuo(t, "mara", `{"duo_redirect_uris":["https://vpn.example.com/duo"],"duo_enroll":true}`, true)
	mac := func(text string) []byte {
		sum := hmac.New(sha512.New, []byte(h.skey))
		sum.Write([]byte(text))
		return sum.Sum(nil)
	}
	over := client.NewHTTPClient(h.roots)
	send := func(path string, form url.Values, head http.Header) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://localhost:"+h.port+path, strings.NewReader(form.Encode()))
		h.must(err)
		r.Header = head.Clone()
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := over.Do(r)
		h.must(err)
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		h.must(err)
		return string(body)
	}

	const check = "/oauth/v1/health_check"
	claims, err := json.Marshal(map[string]any{"iss": h.ikey, "sub": h.ikey, "aud": "https://localhost:" + h.port + check, "jti": "captured", "exp": time.Now().Add(5 * time.Minute).Unix()})
	h.must(err)
	assertion := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS512"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	assertion += "." + base64.RawURLEncoding.EncodeToString(mac(assertion))
	proves := url.Values{"client_id": {h.ikey}, "client_assertion": {assertion}}

	const ask = "/auth/v2/auth"
	asks := url.Values{"async": {"1"}, "device": {"auto"}, "factor": {"push"}, "username": {"mara"}}
	date := time.Now().UTC().Format(time.RFC1123Z)
	signature := hex.EncodeToString(mac(strings.Join([]string{date, http.MethodPost, "localhost:" + h.port, ask, asks.Encode()}, "\n")))
	signed := http.Header{"Date": {date}, "Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(h.ikey+":"+signature))}}

	for what, answer := range map[string]string{check: send(check, proves, http.Header{}), ask: send(ask, asks, signed)} {
		if !strings.Contains(answer, `"stat":"OK"`) {
			t.Fatalf("%s: %s", what, answer)
		}
	}
	h.refuses()
	h.dies()
	if answer := send(check, proves, http.Header{}); !strings.Contains(answer, "invalid_client") {
		t.Errorf("an assertion: %s", answer)
	}
	if answer := send(ask, asks, signed); !strings.Contains(answer, "40105") {
		t.Errorf("a signed request: %s", answer)
	}
	if open, err := h.phone.Approvals(t.Context()); err != nil || len(open) > 0 {
		t.Errorf("the phone is asked: %+v, %v", open, err)
	}
}
