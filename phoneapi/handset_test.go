package phoneapi_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/proof"
	"github.com/nodkey/nodkey/wire"
)

const pin = "8259"

// caller is somebody at a browser.
func caller() nodkey.Caller {
	return nodkey.Caller{Source: netip.MustParseAddr("192.0.2.7"), Agent: "Firefox on Windows", Locale: "en"}
}

// offered gives the activation code of a user who has no phone yet.
func (h *house) offered(name string) string {
	h.t.Helper()
	entry, err := h.services.SignIns.Begin(h.t.Context(), caller(), name, rightPassword)
	must(h.t, err)
	session, err := h.services.Sessions.Caller(h.t.Context(), caller(), entry.Session)
	must(h.t, err)
	banner, err := h.services.Activations.Start(h.t.Context(), session)
	must(h.t, err)
	groups := banner.Code.Groups()
	return strings.Join(groups[:], "-")
}

// tap is a phone's connection that keeps the last request.
type tap struct {
	next http.RoundTripper
	last *http.Request
	body []byte
}

func (p *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	p.last, p.body = r.Clone(context.Background()), nil
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		p.body, r.Body = body, io.NopCloser(bytes.NewReader(body))
	}
	return p.next.RoundTrip(r)
}

// handset is a phone with one active key, whose requests can be seen and forged.
type handset struct {
	*client.Phone
	h   *house
	tap *tap
	key client.StoredKey
}

func (h *house) activated(name string) *handset {
	h.t.Helper()
	h.add(name)
	return h.activate(h.offered(name))
}

func (h *house) activate(code string) *handset {
	h.t.Helper()
	x := &handset{h: h, tap: &tap{next: h.http.Transport}}
	var err error
	x.Phone, err = client.New(client.Config{HTTP: &http.Client{Transport: x.tap}, Now: h.clock.Now}, client.State{})
	must(h.t, err)
	offer, err := x.Lookup(h.t.Context(), h.phone.String(), code)
	must(h.t, err)
	_, err = x.Activate(h.t.Context(), offer, pin, "Pixel 8")
	must(h.t, err)
	x.key = x.State().Keys[0]
	return x
}

// asked begins a sign-in: its statement, its number, and the browser's token.
func (x *handset) asked(name string) (client.Approval, string, nodkey.Token) {
	x.h.t.Helper()
	x.h.clock.Advance(time.Millisecond) // newer than whatever is open
	entry, err := x.h.services.SignIns.Begin(x.h.t.Context(), caller(), name, rightPassword)
	must(x.h.t, err)
	w, err := x.h.services.SignIns.Wait(x.h.t.Context(), entry.SignIn)
	must(x.h.t, err)
	open, err := x.Approvals(x.h.t.Context())
	must(x.h.t, err)
	return open[0], w.Number, entry.SignIn
}

// sign signs any message with the handset's key.
func (x *handset) sign(typ string, message any) string {
	x.h.t.Helper()
	d, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), x.key.D)
	must(x.h.t, err)
	payload, err := json.Marshal(message)
	must(x.h.t, err)
	jws, err := proof.JOSE{}.SignWithKID(d, typ, x.key.ID, payload)
	must(x.h.t, err)
	return jws
}

// prove makes the proof of a request, changed as told.
func (x *handset) prove(path string, body []byte, change func(*wire.Request)) string {
	hash := sha256.Sum256(body)
	var jti [16]byte
	rand.Read(jti[:])
	r := wire.Request{Aud: x.key.Server.ID, Htm: "POST", Htu: x.h.phone.String() + wire.APIPrefix + path, Iat: x.h.clock.Now().UnixMilli(),
		Jti: base64.RawURLEncoding.EncodeToString(jti[:]), Bh: hash[:]}
	if change != nil {
		change(&r)
	}
	return x.sign(wire.TypRequest, r)
}

type answer struct {
	status int
	header http.Header
	body   string
	wire.Problem
}

// send makes a request as it is. proofs become its header, one line each.
func (h *house) send(method, path string, body io.Reader, change func(*http.Request), proofs ...string) answer {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.phone.String()+wire.APIPrefix+path, body)
	must(h.t, err)
	r.Header.Set("Content-Type", "application/json")
	for _, p := range proofs {
		r.Header.Add(wire.RequestHeader, p)
	}
	if change != nil {
		change(r)
	}
	res, err := h.http.Do(r)
	must(h.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	must(h.t, err)
	a := answer{status: res.StatusCode, header: res.Header, body: string(text)}
	if res.StatusCode >= 300 {
		var e wire.ErrorResponse
		if err := wire.DecodeStrict(text, &e); err != nil {
			h.t.Errorf("%s %s: %d without an error object: %v\n%s", method, path, res.StatusCode, err, text)
		}
		a.Problem = e.Error
	}
	return a
}

func (h *house) post(path, body string, proofs ...string) answer {
	h.t.Helper()
	return h.send("POST", path, strings.NewReader(body), nil, proofs...)
}

// refused checks an answer's status and key, and that it speaks in the caller's terms.
func refused(t testing.TB, what string, a answer, status int, key string) {
	t.Helper()
	if a.status != status || key != "" && a.Key != key {
		t.Errorf("%s: got %d %s, want %d %s\n%s", what, a.status, a.Key, status, key, a.body)
	}
	if a.Kind == "" || a.Message == "" || a.Message == a.Key || strings.Contains(a.Message, "{{") {
		t.Errorf("%s: the error says nothing: %s", what, a.body)
	}
	for _, inner := range []string{"SELECT", "sqlite", "goroutine", ".go", "panic", "strict JSON", "<no value>", "go-jose", "wombat", "json:"} {
		if strings.Contains(a.body, inner) {
			t.Errorf("%s: the answer says %q: %s", what, inner, a.body)
		}
	}
}
