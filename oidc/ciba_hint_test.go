package oidc_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/nodkeytest"
)

// claimsIn gives the payload of a JWT.
func claimsIn(t testing.TB, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", token)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	need(t, err)
	return string(payload)
}

// tokensOf has a person say yes to an application, and gives the tokens.
func (a *backApp) tokensOf(t testing.TB, p *backPerson, pairs ...string) backReply {
	t.Helper()
	asked := a.asks(t, append([]string{"login_hint", p.name}, pairs...)...)
	p.answers(t, nodkeytest.Answer{PIN: backPIN, Number: asked.str(t, "nodkey_number")})
	got := a.polls(t, asked.str(t, "auth_req_id"))
	if got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.text)
	}
	return got
}

func TestAnIDTokenSaysWhomToAsk(t *testing.T) {
	h := newBackHouse(t, nil)
	p := h.join(t, "mara")
	bank := h.app(t, "bank", `{"ciba_number": true}`, nil)
	shop := h.app(t, "shop", `{"ciba_number": true, "id_token_signed_response_alg": "ES256"}`, nil)
	ours := bank.tokensOf(t, p).str(t, "id_token")
	theirs := shop.tokensOf(t, p).str(t, "id_token")
	h.Clock.Advance(time.Hour) // it has ended, and hints all the same
	asked := bank.asks(t, "id_token_hint", ours)
	p.answers(t, nodkeytest.Answer{PIN: backPIN, Number: asked.str(t, "nodkey_number")})
	if got := bank.polls(t, asked.str(t, "auth_req_id")); got.status != http.StatusOK || !strings.Contains(claimsIn(t, got.str(t, "id_token")), string(p.id)) {
		t.Errorf("%d %s", got.status, got.text)
	}
	parts := strings.Split(ours, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + "."
	for what, hint := range map[string]string{"another application's": theirs, "none's signature": none, "another's signature": parts[0] + "." + parts[1] + "." + strings.Split(theirs, ".")[2],
		"a changed one": parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(claimsIn(t, ours), "bank", "bang", 1))) + "." + parts[2]} {
		bank.post(t, "/oidc/bc-authorize", "scope", "openid", "id_token_hint", hint).is(t, http.StatusBadRequest, "invalid_request", what)
	}
	need(t, h.Services.Users.Remove(t.Context(), h.Operator, "mara"))
	gone := bank.post(t, "/oidc/bc-authorize", "scope", "openid", "id_token_hint", ours)
	gone.is(t, http.StatusForbidden, "access_denied", "a person who is gone")
	if never := bank.post(t, "/oidc/bc-authorize", "scope", "openid", "login_hint", "nobody"); never.text != gone.text {
		t.Errorf("%s, not %s", gone.text, never.text)
	}
}

func TestATokenOfTheBackchannelIsRefreshed(t *testing.T) {
	h := newBackHouse(t, nil)
	p := h.join(t, "mara")
	bank := h.app(t, "bank", `{"ciba_number": true}`, nil)
	asked := bank.post(t, "/oidc/bc-authorize", "scope", "openid profile offline_access", "login_hint", "mara")
	p.answers(t, nodkeytest.Answer{PIN: backPIN, Number: asked.str(t, "nodkey_number")})
	tokens := bank.polls(t, asked.str(t, "auth_req_id"))
	if tokens.json["scope"] != "openid profile offline_access" || !strings.Contains(claimsIn(t, tokens.str(t, "id_token")), `"preferred_username":"mara"`) {
		t.Fatalf("%d %s", tokens.status, tokens.text)
	}
	h.Clock.Advance(24 * time.Hour)
	first := tokens.str(t, "refresh_token")
	next := bank.post(t, "/oidc/token", "grant_type", "refresh_token", "refresh_token", first)
	if next.status != http.StatusOK || next.str(t, "refresh_token") == first {
		t.Fatalf("%d %s", next.status, next.text)
	}
	bank.post(t, "/oidc/token", "grant_type", "refresh_token", "refresh_token", first).is(t, http.StatusBadRequest, "invalid_grant", "the first one again")
	bank.post(t, "/oidc/token", "grant_type", "refresh_token", "refresh_token", next.str(t, "refresh_token")).is(t, http.StatusBadRequest, "invalid_grant", "after that, the next one")
}
