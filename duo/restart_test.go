package duo

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/nodkey/nodkey/nodkeytest"
)

// What was captured before a restart is no more worth after it.

func TestAnAuthIsGoodOnceWhateverIsRestarted(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	c := h.integration(t, "ssh", `{"duo_enroll":true}`, plain)
	for path, pairs := range map[string][]string{
		"/auth/v2/auth":   {"username", "mara", "factor", "push", "device", "auto", "async", "1"},
		"/auth/v2/enroll": {"username", "new"},
	} {
		d := c.draft(http.MethodPost, path, pairs...)
		if got := c.send(t, d).read(t); got.Stat != "OK" {
			t.Fatalf("%+v", got)
		}
		for _, later := range []time.Duration{0, dateWindow - 2*time.Second} {
			h.restart()
			h.Clock.Advance(later)
			if got := c.send(t, d).read(t); got.Code != 40105 {
				t.Errorf("%s, %s later: %+v", path, later, got)
			}
		}
	}
	if open, err := p.key.Open(t.Context()); err != nil || len(open) > 1 {
		t.Errorf("%d requests, %v", len(open), err)
	}
}

func TestAnAssertionIsGoodOnceWhateverIsRestarted(t *testing.T) {
	h := newPromptHouse(t)
	c := h.vpn
	const path = "/oauth/v1/health_check"
	form := url.Values{"client_id": {c.key}, "client_assertion": {c.assertion(t, path, nil)}}
	if got := c.calls(t, path, form); got.body["stat"] != "OK" {
		t.Fatalf("%+v", got)
	}
	for _, later := range []time.Duration{0, jwtLife - time.Second, jwtLeeway} {
		h.restart()
		h.Clock.Advance(later)
		if got := c.calls(t, path, form); got.status != http.StatusBadRequest || got.body["message"] != "invalid_client" {
			t.Errorf("%s later: %+v", later, got)
		}
	}
}

// What an application is told of its transactions outlasts a restart, by which an answer is lost most likely.
func TestTransactionsOutlastARestart(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	c := h.integration(t, "ssh", `{"duo_number":true}`, nil)
	other := h.integration(t, "wiki", "", nil)
	is := func(what, txid, result string) (says string) {
		t.Helper()
		h.restart()
		got := c.looks(t, txid)
		if got.Response.Result != result {
			t.Errorf("%s: %+v", what, got)
		}
		if got := other.looks(t, txid); got.Response.Result == "allow" || got.Response.Result == "waiting" {
			t.Errorf("%s, for another application: %+v", what, got)
		}
		return got.Response.StatusMsg
	}
	push := func() string {
		return c.asks(t, "username", "mara", "factor", "push", "device", "auto", "async", "1").Response.Txid
	}

	txid := push()
	p.answers(t, nodkeytest.Answer{PIN: pin, Number: group(t, numberIn, is("it waits", txid, "waiting"))})
	is("it is approved", txid, "allow")
	is("the answer was lost", txid, "allow")
	h.Clock.Advance(toldAgain)
	is("too late", txid, "deny")

	txid = push()
	p.answers(t, nodkeytest.Answer{No: "mistake"})
	is("it is denied", txid, "deny")
	is("and is so again", txid, "deny")

	txid = c.asks(t, "username", "mara", "factor", "passcode", "passcode", "123456", "async", "1").Response.Txid
	if digits := group(t, digitsIn, is("what was clear at once", txid, "deny")); digits == "" {
		t.Error("it does not say what to do")
	}
}

// Whoever was let in and is not welcome any more is not let in by asking again.
func TestAnAnswerIsNotGivenAgainToWhomItMayNot(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	c := h.integration(t, "ssh", `{"duo_number":true}`, nil)
	txid := c.asks(t, "username", "mara", "factor", "push", "device", "auto", "async", "1").Response.Txid
	p.answers(t, nodkeytest.Answer{PIN: pin, Number: group(t, numberIn, c.looks(t, txid).Response.StatusMsg)})
	if got := c.looks(t, txid); got.Response.Result != "allow" {
		t.Fatalf("%+v", got)
	}
	_, err := h.Services.Users.NewFirstCode(t.Context(), h.Operator, "mara", true)
	must(t, err)
	if got := c.looks(t, txid); got.Response.Result != "deny" {
		t.Errorf("the phone is gone: %+v", got)
	}
}

func TestEnrolmentsOutlastARestart(t *testing.T) {
	h := newHouse(t, nil)
	c, other := h.integration(t, "wiki", `{"duo_enroll":true}`, nil), h.integration(t, "ssh", `{"duo_enroll":true}`, nil)
	enroll := func(name string) string {
		t.Helper()
		made, _ := c.enrolls(t, "enroll", "username", name)["response"].(map[string]any)
		code, _ := made["activation_code"].(string)
		return code
	}
	code, late := enroll("new"), enroll("late")
	is := func(want string, of *integration, name, code string) {
		t.Helper()
		h.restart()
		if got := of.enrolls(t, "enroll_status", "user_id", name, "activation_code", code)["response"]; got != want {
			t.Errorf("%s: %v, not %s", name, got, want)
		}
	}
	is("waiting", c, "new", code)
	is("invalid", other, "new", code)
	is("invalid", c, "new", late)
	is("invalid", c, "nobody", code)
	h.activates(t, "new", code)
	is("success", c, "new", code)
	is("invalid", other, "new", code)
	_, err := h.Services.Users.NewFirstCode(t.Context(), h.Operator, "late", false)
	must(t, err)
	is("invalid", c, "late", late)
	must(t, h.Services.Users.Remove(t.Context(), h.Operator, "new"))
	is("invalid", c, "new", code)
}
