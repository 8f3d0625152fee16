package oidc_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/proof"
	"github.com/nodkey/nodkey/wire"
)

const payment = "Pay 250.00 EUR to Anna Weber"

func TestAPersonSaysYesToATextAtTheBackchannel(t *testing.T) {
	h := newBackHouse(t, nil)
	p := h.join(t, "mara")
	bank := h.app(t, "bank", `{"ciba_number": true}`, nil)
	asked := bank.asks(t, "login_hint", "Mara", "binding_message", payment, "scope2", "x")
	id, number := asked.str(t, "auth_req_id"), asked.str(t, "nodkey_number")
	if asked.json["expires_in"] != 180.0 || asked.json["interval"] != 5.0 || asked.json["nodkey_notified"] != true || len(number) != 2 {
		t.Errorf("%s", asked.text)
	}
	bank.polls(t, id).is(t, http.StatusBadRequest, "authorization_pending", "nobody has answered")
	bank.polls(t, id).is(t, http.StatusBadRequest, "slow_down", "at once again")
	h.Clock.Advance(5 * time.Second)
	bank.polls(t, id).is(t, http.StatusBadRequest, "authorization_pending", "5 s later")

	s := p.answers(t, nodkeytest.Answer{PIN: backPIN, Number: number})
	if s.Kind != "confirm" || s.Text != payment || s.App != "Till of bank" || !s.Number {
		t.Errorf("the phone shows %+v", s.Statement)
	}
	h.Clock.Advance(time.Second) // an answer that is there is given at any time
	got := bank.polls(t, id)
	if got.status != http.StatusOK || got.json["token_type"] != "Bearer" || got.header.Get("Cache-Control") != "no-store" || got.header.Get("Pragma") != "no-cache" {
		t.Fatalf("%d %s", got.status, got.text)
	}
	provider, err := oidc.NewProvider(oidc.ClientContext(t.Context(), h.HTTP), h.Portal.String())
	need(t, err)
	token, err := provider.Verifier(&oidc.Config{ClientID: "bank", Now: h.Clock.Now}).Verify(oidc.ClientContext(t.Context(), h.HTTP), got.str(t, "id_token"))
	need(t, err)
	need(t, token.VerifyAccessToken(got.str(t, "access_token")))
	var claims struct {
		Request string   `json:"urn:openid:params:jwt:claim:auth_req_id"`
		ACR     string   `json:"acr"`
		AMR     []string `json:"amr"`
	}
	need(t, token.Claims(&claims))
	if claims.Request != id || token.Subject != string(p.id) || claims.ACR != "urn:nodkey:acr:pin" || strings.Join(claims.AMR, " ") != "pin swk mfa" {
		t.Errorf("%+v, %+v", token, claims)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.Portal.String()+"/oidc/userinfo", nil)
	need(t, err)
	r.Header.Set("Authorization", "Bearer "+got.str(t, "access_token"))
	if info := h.do(t, r); info.json["sub"] != string(p.id) {
		t.Errorf("userinfo: %d %s", info.status, info.text)
	}
	bank.polls(t, id).is(t, http.StatusBadRequest, "invalid_grant", "a second time")

	raw, err := json.Marshal(got.json["nodkey_evidence"])
	need(t, err)
	var evidence nodkey.Evidence
	need(t, wire.DecodeStrict(raw, &evidence))
	checks := nodkey.EvidenceChecks{JOSE: proof.JOSE{}, WebAuthn: func(rp, origin string) (nodkey.WebAuthn, error) { return proof.NewWebAuthn(rp, origin, "") }}
	v, err := nodkey.VerifyEvidence(checks, h.Services.Applications.EvidenceKeys(), evidence)
	if err != nil || v.Statement.Text != payment || v.Claim.Application != "bank" || v.Claim.Factor != "pin" {
		t.Errorf("the evidence: %+v, %v", v, err)
	}
}

func TestWhatBecomesOfARequestAtTheBackchannel(t *testing.T) {
	h := newBackHouse(t, nil)
	p := h.join(t, "mara")
	bank := h.app(t, "bank", `{"ciba_number": true}`, nil)
	for what, c := range map[string]struct {
		happens func(id, number string)
		code    string
	}{
		"a no":           {func(string, string) { p.answers(t, nodkeytest.Answer{No: "mistake"}) }, "access_denied"},
		"not me":         {func(string, string) { p.answers(t, nodkeytest.Answer{No: "not_me"}) }, "access_denied"},
		"another number": {func(_, number string) { p.answers(t, nodkeytest.Answer{PIN: backPIN, Number: twisted(number)}) }, "access_denied"},
		"nothing":        {func(string, string) { h.Clock.Advance(181 * time.Second) }, "expired_token"},
		"a yes, too late": {func(_, number string) {
			p.answers(t, nodkeytest.Answer{PIN: backPIN, Number: number})
			h.Clock.Advance(nodkey.SignInLife)
		}, "expired_token"},
		"a request of old": {func(string, string) { h.Clock.Advance(24 * time.Hour) }, "expired_token"},
	} {
		asked := bank.asks(t, "login_hint", "mara", "binding_message", payment)
		id := asked.str(t, "auth_req_id")
		c.happens(id, asked.str(t, "nodkey_number"))
		for range 2 {
			bank.polls(t, id).is(t, http.StatusBadRequest, c.code, what)
		}
		h.Clock.Advance(time.Hour)
	}
}

// twisted is another number of two digits.
func twisted(number string) string {
	return string('0'+(number[0]-'0'+1)%10) + number[1:]
}

func TestWhoCannotBeAskedIsNotTold(t *testing.T) {
	h := newBackHouse(t, nil)
	h.join(t, "mara")
	h.Add(t, "none") // without a phone
	p := h.join(t, "other")
	bank := h.app(t, "bank", `{"ciba_number": true}`, nil)
	staff := h.app(t, "staff", `{"ciba_number": true}`, func(a *nodkey.NewApplication) { a.Groups = []string{"staff"} })
	ask := func(a *backApp, name, text string) backReply {
		h.Clock.Advance(time.Minute)
		return a.post(t, "/oidc/bc-authorize", "scope", "openid", "login_hint", name, "binding_message", text)
	}
	first := ask(bank, "nobody", payment)
	first.is(t, http.StatusForbidden, "access_denied", "nobody")
	for what, r := range map[string]backReply{
		"no phone": ask(bank, "none", payment), "a name that is none": ask(bank, "\tno name\t", payment), "not in the group": ask(staff, "mara", payment),
		"a long text about nobody": ask(bank, "nobody", strings.Repeat("x", 60)),
	} {
		if r.status != first.status || r.text != first.text {
			t.Errorf("%s: %d %s, not %d %s", what, r.status, r.text, first.status, first.text)
		}
	}
	// A text that fits no statement is refused whoever is asked.
	long := strings.Repeat("全", 140)
	ask(bank, "nobody", long).is(t, http.StatusBadRequest, "invalid_binding_message", "a text too long, of nobody")
	ask(bank, "mara", long).is(t, http.StatusBadRequest, "invalid_binding_message", "a text too long, of somebody")
	// What was right when the person said yes, and is not any more.
	asked := bank.asks(t, "login_hint", "other")
	p.answers(t, nodkeytest.Answer{PIN: backPIN, Number: asked.str(t, "nodkey_number")})
	c, err := p.key.Caller(t.Context())
	need(t, err)
	need(t, h.Services.Keys.RemoveOwn(t.Context(), c))
	bank.polls(t, asked.str(t, "auth_req_id")).is(t, http.StatusBadRequest, "access_denied", "the phone was removed")
}
