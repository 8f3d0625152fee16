package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/doors"
	jose "github.com/nodkey/nodkey/proof"
)

func TestAYesIsAskedForAndProved(t *testing.T) {
	h := newHouse(t, nil)
	mara, bank := h.join(t, "mara"), h.app(t, "bank", nil)
	must(t, h.Services.Users.JoinGroup(t.Context(), h.Operator, "mara", "staff"))
	asked := bank.asks(t, asksYes)
	if asked.State != "pending" || len(asked.Number) != 2 || !asked.Notified || asked.Arrived || asked.EndedAt != nil || !asked.ExpiresAt.Equal(asked.AskedAt.Add(3*time.Minute)) {
		t.Errorf("asked: %+v", asked)
	}
	at := "/api/approvals/" + asked.ID
	if again := bank.get(t, at).is(t, "pending"); again != asked {
		t.Errorf("it is %+v, and was %+v", again, asked)
	}
	bank.post(t, at+"/collect", "").refused(t, "collecting before the yes", http.StatusConflict, "sign_in.over")
	s := mara.answers(t, nodkeytest.Answer{PIN: pin, Number: asked.Number})
	if s.App != "Till of bank" || s.Text != "Pay 250.00 EUR to Anna" || s.Kind != "confirm" {
		t.Errorf("the phone shows %+v", s.Statement)
	}
	if got := bank.get(t, at).is(t, "approved"); got.EndedAt == nil || got.Number != "" {
		t.Errorf("%+v", got)
	}
	var p proof
	a := bank.post(t, at+"/collect", "{}")
	if a.read(t, &p); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if p.ID != asked.ID || p.User.ID != string(mara.id) || p.User.Name != "mara" || p.User.DisplayName != "Mara" || !slices.Equal(p.User.Groups, []string{"staff"}) ||
		p.Kind != "confirm" || p.Text != "Pay 250.00 EUR to Anna" || p.Factor != "pin" || p.Key != mara.key.ID || !p.At.Equal(h.Clock.Now()) {
		t.Errorf("%+v", p)
	}
	checks := nodkey.EvidenceChecks{JOSE: jose.JOSE{}}
	if v, err := nodkey.VerifyEvidence(checks, h.Services.Applications.EvidenceKeys(), p.Evidence); err != nil || !v.Signed || v.Statement.Text != p.Text {
		t.Errorf("the evidence: %+v, %v", v, err)
	}
	bank.get(t, at).is(t, "collected")
	bank.post(t, at+"/collect", "").refused(t, "collecting twice", http.StatusConflict, "sign_in.done")
}

func TestANoAndWhatElseEndsARequest(t *testing.T) {
	h := newHouse(t, nil)
	mara, bank := h.join(t, "mara"), h.app(t, "bank", nil)
	for what, c := range map[string]struct {
		end          func(at string, asked approval)
		state, cause string
	}{
		"not me":         {func(_ string, _ approval) { mara.answers(t, nodkeytest.Answer{No: nodkey.ReasonNotMe}) }, "denied", "not_me"},
		"a mistake":      {func(_ string, _ approval) { mara.answers(t, nodkeytest.Answer{No: nodkey.ReasonMistake}) }, "denied", "mistake"},
		"another number": {func(_ string, a approval) { mara.answers(t, nodkeytest.Answer{PIN: pin, Number: other(a.Number)}) }, "denied", "wrong_number"},
		"taken back":     {func(at string, _ approval) { bank.post(t, at+"/cancel", "").is(t, "cancelled") }, "cancelled", ""},
		"no answer":      {func(string, approval) { h.Clock.Advance(nodkey.ApprovalLife) }, "expired", ""},
	} {
		h.Clock.Advance(time.Hour)
		asked := bank.asks(t, asksYes)
		at := "/api/approvals/" + asked.ID
		c.end(at, asked)
		if got := bank.get(t, at).is(t, c.state); got.Cause != c.cause || got.Number != "" || got.EndedAt == nil {
			t.Errorf("%s: %+v", what, got)
		}
		bank.get(t, at+"/wait").is(t, c.state)
		bank.post(t, at+"/collect", "").refused(t, what, http.StatusConflict, "sign_in.over")
		bank.post(t, at+"/challenge", "").refused(t, what, http.StatusConflict, "approval."+c.state)
		if open, err := mara.key.Open(t.Context()); err != nil || len(open) != 0 {
			t.Errorf("%s: the phone still shows %d, %v", what, len(open), err)
		}
	}
}

func other(number string) string {
	if number == "42" {
		return "43"
	}
	return "42"
}

func TestAPhoneWithoutAConnectionAnswersByACode(t *testing.T) {
	h := newHouse(t, nil)
	mara, vpn := h.join(t, "mara"), h.app(t, "vpn", nil)
	asked := vpn.asks(t, `{"user":"mara","kind":"sign_in","codeOnly":true,"seconds":30}`)
	if asked.Notified {
		t.Error("a phone was woken")
	}
	at := "/api/approvals/" + asked.ID
	vpn.post(t, at+"/code", `{"code":"12345678"}`).refused(t, "a code that nobody asked for", http.StatusConflict, "code.none")
	var c challenge
	a := vpn.post(t, at+"/challenge", "")
	if a.read(t, &c); a.status != http.StatusOK || len(c.Digits) != 6 || c.Tries != nodkey.ChallengeTries || c.Statement == "" || !c.ExpiresAt.Equal(h.Clock.Now().Add(nodkey.ChallengeLife)) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	code, err := mara.key.TypedCode(c.Digits, mara.key.Vpin(pin))
	must(t, err)
	wrong := "1" + code[1:]
	if code[0] == '1' {
		wrong = "2" + code[1:]
	}
	vpn.post(t, at+"/code", `{"code":"`+wrong+`"}`).refused(t, "a wrong code", http.StatusForbidden, "code.wrong")
	vpn.post(t, at+"/code", `{"code":"1234"}`).refused(t, "half a code", http.StatusBadRequest, "code.shape")
	vpn.post(t, at+"/code", `{"code":"`+code[:4]+" "+code[4:]+`"}`).is(t, "approved")
	var p proof
	vpn.post(t, at+"/collect", "").read(t, &p)
	if p.Factor != "code" || p.User.Name != "mara" || p.User.Groups == nil {
		t.Errorf("%+v", p)
	}

	// A text is agreed to by a scanned code alone.
	asked = vpn.asks(t, `{"user":"mara","kind":"confirm","text":"Pay 1 EUR","codeOnly":true}`)
	at = "/api/approvals/" + asked.ID
	c = challenge{}
	if vpn.post(t, at+"/challenge", "{}").read(t, &c); c.Digits != "" || c.Statement == "" {
		t.Fatalf("%+v", c)
	}
	code, err = mara.key.ScannedCode(c.Statement, mara.key.Vpin(pin))
	must(t, err)
	vpn.post(t, at+"/code", `{"code":"`+code+`"}`).is(t, "approved")
}

func TestAPasswordIsCheckedFirst(t *testing.T) {
	h := newHouse(t, nil)
	h.join(t, "mara")
	vpn := h.app(t, "vpn", nil)
	ask := `{"user":"mara","kind":"sign_in","numberShown":true,"address":"2001:db8::7","password":`
	vpn.asks(t, ask+`"`+doors.Password+`"}`)
	vpn.post(t, "/api/approvals", ask+`"another"}`).refused(t, "a wrong password", http.StatusForbidden, "application.denied")
	vpn.post(t, "/api/approvals", ask+`""}`).refused(t, "an empty password", http.StatusForbidden, "application.denied")
	if strings.Contains(h.Log.String(), doors.Password) {
		t.Error("the password is in the log")
	}
}

func TestWhoCannotBeAskedIsAnsweredAlike(t *testing.T) {
	h := newHouse(t, nil)
	h.join(t, "mara")
	h.Add(t, "lena") // has no phone
	staff := h.app(t, "staff", func(a *nodkey.NewApplication) { a.Groups = []string{"staff"} })
	all := h.app(t, "all", nil)
	var first string
	for _, one := range []reply{
		staff.post(t, "/api/approvals", asksSignIn), // in another group
		all.post(t, "/api/approvals", strings.Replace(asksSignIn, "mara", "lena", 1)),
		all.post(t, "/api/approvals", strings.Replace(asksSignIn, "mara", "nobody", 1)),
		all.post(t, "/api/approvals", strings.Replace(asksSignIn, "mara", "", 1)),
	} {
		one.refused(t, "cannot be asked", http.StatusForbidden, "application.denied")
		if first == "" {
			first = string(one.body)
		}
		if string(one.body) != first {
			t.Errorf("%s, and %s", one.body, first)
		}
	}
}

func TestSentencesAreInTheLanguageThatIsAskedFor(t *testing.T) {
	h := newHouse(t, nil)
	bank := h.app(t, "bank", nil)
	seen := map[string]bool{}
	for _, lang := range []string{"en", "de-AT,de;q=0.9", "ja"} {
		var p problem
		bank.send(t, http.MethodGet, "/api/approvals/none", "", func(r *http.Request) { r.Header.Set("Accept-Language", lang) }).read(t, &p)
		if p.Error.Key != "sign_in.unknown" || seen[p.Error.Message] || strings.Contains(p.Error.Message, "rowser") {
			t.Errorf("%s: %+v", lang, p)
		}
		seen[p.Error.Message] = true
	}
}
