package oidc_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

func TestTheNumberAtTheBackchannel(t *testing.T) {
	h := newBackHouse(t, nil)
	p := h.join(t, "mara")
	shows := h.app(t, "shows", `{"ciba_number": true}`, nil)
	hides := h.app(t, "hides", `{}`, nil)
	plain := h.app(t, "plain", `{}`, func(a *nodkey.NewApplication) { a.Plain = true })
	for what, c := range map[string]struct {
		app            *backApp
		number, wakes  bool
		text, answered string // answered: how, where a phone may answer by itself
	}{
		"shown":                 {app: shows, number: true, wakes: true, answered: "number"},
		"shown, to a text":      {app: shows, number: true, wakes: true, text: payment, answered: "number"},
		"not shown":             {app: hides},
		"not shown, plain":      {app: plain, wakes: true, answered: "no number"},
		"not shown, plain text": {app: plain, wakes: true, text: payment, answered: "no number"},
	} {
		h.Clock.Advance(24 * time.Hour) // nobody is tired of requests
		asked := c.app.asks(t, "login_hint", "mara", "binding_message", c.text)
		if _, number := asked.json["nodkey_number"]; number != c.number || asked.json["nodkey_notified"] != c.wakes {
			t.Errorf("%s: %s", what, asked.text)
		}
		answer := nodkeytest.Answer{PIN: backPIN}
		if c.number {
			answer.Number = asked.str(t, "nodkey_number")
		}
		if c.answered == "" {
			continue
		}
		if s := p.answers(t, answer); s.Number != c.number {
			t.Errorf("%s: the phone shows %+v", what, s.Statement)
		}
		if got := c.app.polls(t, asked.str(t, "auth_req_id")); got.status != http.StatusOK {
			t.Errorf("%s: %d %s", what, got.status, got.text)
		}
	}
	hides.post(t, "/oidc/bc-authorize", "scope", "openid", "login_hint", "mara", "binding_message", payment).
		is(t, http.StatusBadRequest, "unauthorized_client", "a text, of an application that can neither show a number nor take a typed code")
}

func TestAPhoneWithoutAConnectionAnswersAtTheBackchannel(t *testing.T) {
	h := newBackHouse(t, nil)
	p := h.join(t, "mara")
	hides := h.app(t, "hides", `{}`, nil)
	asked := hides.asks(t, "login_hint", "mara")
	id := asked.str(t, "auth_req_id")
	hides.post(t, "/oidc/bc-code", "auth_req_id", id, "code", "12345678").is(t, http.StatusBadRequest, "code_over", "a code before any digits")
	given := hides.post(t, "/oidc/bc-code", "auth_req_id", id)
	if given.status != http.StatusOK || len(given.str(t, "digits")) != 6 || given.json["tries"] != 5.0 || given.json["expires_in"] != 300.0 || given.str(t, "statement") == "" {
		t.Fatalf("%d %s", given.status, given.text)
	}
	if again := hides.post(t, "/oidc/bc-code", "auth_req_id", id); again.str(t, "digits") != given.str(t, "digits") {
		t.Errorf("asked again: %s", again.text)
	}
	h.Clock.Advance(4 * time.Minute) // longer than the request would have waited
	hides.polls(t, id).is(t, http.StatusBadRequest, "authorization_pending", "a code is waited for")
	right, err := p.key.TypedCode(given.str(t, "digits"), p.key.Vpin(backPIN))
	need(t, err)
	hides.post(t, "/oidc/bc-code", "auth_req_id", id, "code", "1234").is(t, http.StatusBadRequest, "invalid_request", "four digits")
	hides.post(t, "/oidc/bc-code", "auth_req_id", id, "code", twisted(right)).is(t, http.StatusBadRequest, "wrong_code", "a wrong one")
	if got := hides.post(t, "/oidc/bc-code", "auth_req_id", id); got.json["tries"] != 4.0 {
		t.Errorf("after a wrong one: %s", got.text)
	}
	if got := hides.post(t, "/oidc/bc-code", "auth_req_id", id, "code", right[:4]+" "+right[4:]); got.status != http.StatusOK || got.json["approved"] != true {
		t.Fatalf("%d %s", got.status, got.text)
	}
	hides.post(t, "/oidc/bc-code", "auth_req_id", id, "code", right).is(t, http.StatusBadRequest, "invalid_request", "a second time")
	if got := hides.polls(t, id); got.status != http.StatusOK || !strings.Contains(claimsIn(t, got.str(t, "id_token")), `"urn:nodkey:acr:code"`) {
		t.Errorf("%d %s", got.status, got.text)
	}
}

func TestATextIsAnsweredByAScannedCodeOnly(t *testing.T) {
	h := newBackHouse(t, nil)
	p := h.join(t, "mara")
	bank := h.app(t, "bank", `{"ciba_number": true}`, nil)
	id := bank.asks(t, "login_hint", "mara", "binding_message", payment).str(t, "auth_req_id")
	given := bank.post(t, "/oidc/bc-code", "auth_req_id", id)
	if _, typed := given.json["digits"]; typed {
		t.Fatalf("digits to type say nothing of the text: %s", given.text)
	}
	code, err := p.key.ScannedCode(given.str(t, "statement"), p.key.Vpin(backPIN))
	need(t, err)
	if got := bank.post(t, "/oidc/bc-code", "auth_req_id", id, "code", code); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.text)
	}
	if got := bank.polls(t, id); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.text)
	}
}

func TestCodesThatCannotBe(t *testing.T) {
	h := newBackHouse(t, func(p *nodkey.Policy) { p.Codes = nodkey.CodesOff })
	p := h.join(t, "mara")
	bank := h.app(t, "bank", `{"ciba_number": true}`, nil)
	asked := bank.asks(t, "login_hint", "mara")
	id := asked.str(t, "auth_req_id")
	for _, code := range []string{"", "12345678"} {
		bank.post(t, "/oidc/bc-code", "auth_req_id", id, "code", code).is(t, http.StatusBadRequest, "code_unavailable", "codes are off")
	}
	p.answers(t, nodkeytest.Answer{No: "mistake"})
	bank.polls(t, id).is(t, http.StatusBadRequest, "access_denied", "a no")

	on := newBackHouse(t, nil)
	q := on.join(t, "mara")
	app := on.app(t, "bank", `{"ciba_number": true}`, nil)
	id = app.asks(t, "login_hint", "mara").str(t, "auth_req_id")
	given := app.post(t, "/oidc/bc-code", "auth_req_id", id)
	right, err := q.key.TypedCode(given.str(t, "digits"), q.key.Vpin(backPIN))
	need(t, err)
	for range 4 {
		app.post(t, "/oidc/bc-code", "auth_req_id", id, "code", twisted(right)).is(t, http.StatusBadRequest, "wrong_code", "a guess")
	}
	app.post(t, "/oidc/bc-code", "auth_req_id", id, "code", twisted(right)).is(t, http.StatusBadRequest, "code_over", "the fifth guess")
	app.post(t, "/oidc/bc-code", "auth_req_id", id, "code", right).is(t, http.StatusBadRequest, "code_over", "the right one, too late")
	on.Clock.Advance(nodkey.ChallengeLife)
	app.post(t, "/oidc/bc-code", "auth_req_id", id).is(t, http.StatusBadRequest, "expired_token", "a request that is over")
}
