package test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// nodeApplication is the shop of docs/doors/oidc.md: npm's openid-client, with a key of its own that it publishes.
type nodeApplication struct {
	h   *oidcHouse
	in  io.WriteCloser
	out *bufio.Scanner
}

func (h *oidcHouse) nodeApplication() *nodeApplication {
	h.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	h.must(err)
	jwk := jose.JSONWebKey{Key: key, KeyID: "shop-1", Algorithm: "ES256", Use: "sig"}
	published, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{jwk.Public()}})
	h.must(err)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(published) }))
	h.t.Cleanup(site.Close)
	h.application("shop", "Aldermere Shop", oidcBlock(h.t, "shop.json", "https://shop.example.com/jwks.json", site.URL+"/jwks.json"), "--no-secret")

	c := exec.CommandContext(h.t.Context(), "node", "oidc_client.mjs")
	c.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+h.root)
	problems := &lines{}
	c.Stderr = problems
	a := &nodeApplication{h: h}
	a.in, err = c.StdinPipe()
	h.must(err)
	out, err := c.StdoutPipe()
	h.must(err)
	a.out = bufio.NewScanner(out)
	a.out.Buffer(nil, 1<<20)
	if err := c.Start(); err != nil {
		h.t.Fatalf("%v: install Node with make test-deps, then npm ci", err)
	}
	h.t.Cleanup(func() {
		_ = a.in.Close()
		if err := c.Wait(); err != nil && h.t.Context().Err() == nil || h.t.Failed() {
			h.t.Logf("the application ended with %v: %s", err, problems)
		}
	})
	a.asks(map[string]any{"issuer": h.portal, "client_id": "shop", "redirect_uri": "https://shop.example.com/callback", "key": jwk, "alg": "ES256"})
	return a
}

// asks has the application do something, and gives what came of it.
func (a *nodeApplication) asks(what map[string]any) map[string]any {
	a.h.t.Helper()
	raw, err := json.Marshal(what)
	a.h.must(err)
	_, err = a.in.Write(append(raw, '\n'))
	a.h.must(err)
	if !a.out.Scan() {
		a.h.t.Fatalf("the application says nothing to %v: %v", what["do"], a.out.Err())
	}
	var answer map[string]any
	a.h.must(json.Unmarshal(a.out.Bytes(), &answer))
	return answer
}

// signsIn takes the person there, and gives what the application made of what they came back with.
func (a *nodeApplication) signsIn(v *oidcVisitor, scope string, extra map[string]any) map[string]any {
	a.h.t.Helper()
	begun := a.asks(map[string]any{"do": "begin", "scope": scope, "extra": extra})
	address, ok := begun["url"].(string)
	if !ok {
		a.h.t.Fatalf("%v", begun)
	}
	return a.asks(map[string]any{"do": "end", "url": v.goes(address).String()})
}

func TestANodeApplicationSignsSomebodyInByANod(t *testing.T) {
	h := openOIDC(t)
	a := h.nodeApplication()
	v := h.oidcVisitor("Aldermere Shop", nods)
	got := a.signsIn(v, "openid profile offline_access", nil)
	claims, _ := got["claims"].(map[string]any)
	if claims["preferred_username"] != maraName || claims["acr"] != "urn:nodkey:acr:pin" || claims["iss"] != h.portal || got["refresh"] != true || v.agreed != 1 {
		t.Fatalf("%v, asked for consent %d times", got, v.agreed)
	}
	if info := a.asks(map[string]any{"do": "userinfo"}); info["sub"] != claims["sub"] || info["name"] != "Mara Lindqvist" || info["groups"] != nil {
		t.Errorf("%v", info)
	}
	if seen := a.asks(map[string]any{"do": "introspect"}); seen["active"] != true || seen["client_id"] != "shop" || seen["sub"] != claims["sub"] {
		t.Errorf("%v", seen)
	}
	refreshed, _ := a.asks(map[string]any{"do": "refresh"})["claims"].(map[string]any)
	if refreshed["sub"] != claims["sub"] || refreshed["auth_time"] != claims["auth_time"] {
		t.Errorf("%v after %v", refreshed, claims)
	}
	if silent := a.signsIn(v, "openid profile", map[string]any{"prompt": "none"}); silent["claims"] == nil || v.signed != 1 {
		t.Errorf("without asking: %v", silent)
	}
	if stronger := a.signsIn(v, "openid", map[string]any{"prompt": "none", "acr_values": "urn:nodkey:acr:biometric"}); stronger["error"] != "login_required" {
		t.Errorf("a step-up without asking: %v", stronger)
	}
	if got := a.asks(map[string]any{"do": "revoke"}); got["error"] == nil { // the last sign-in has no refresh token
		t.Errorf("%v", got)
	}
}

func TestANodeApplicationIsToldOfANo(t *testing.T) {
	h := openOIDC(t)
	a := h.nodeApplication()
	if got := a.signsIn(h.oidcVisitor("Aldermere Shop", shakes), "openid", nil); got["error"] != "access_denied" {
		t.Errorf("the phone said no: %v", got)
	}
	v := h.oidcVisitor("Aldermere Shop", nods)
	v.agree = false
	if got := a.signsIn(v, "openid", nil); got["error"] != "access_denied" || v.agreed != 1 {
		t.Errorf("no consent: %v", got)
	}
}

func TestANodeApplicationSignsSomebodyInWhosePhoneIsOffline(t *testing.T) {
	h := openOIDC(t)
	got := h.nodeApplication().signsIn(h.oidcVisitor("Aldermere Shop", types), "openid profile", nil)
	claims, _ := got["claims"].(map[string]any)
	if claims["preferred_username"] != maraName || claims["acr"] != "urn:nodkey:acr:code" || !slices.Equal(asTexts(claims["amr"]), []string{"pwd", "otp", "mfa"}) {
		t.Errorf("%v", got)
	}
}

func asTexts(list any) []string {
	var out []string
	values, _ := list.([]any)
	for _, v := range values {
		text, _ := v.(string)
		out = append(out, text)
	}
	return out
}
