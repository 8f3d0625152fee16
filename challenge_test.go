package nodkey_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/wire"
)

func codes(which string) func(*nodkey.Policy) {
	return func(p *nodkey.Policy) { p.ActivationFirst, p.Codes = nodkey.FirstByPassword, which }
}

// waiting begins a sign-in from a new browser and asks for a challenge there.
func (p *person) waiting(t failer) (*nodkeytest.Browser, nodkey.OfflineCode) {
	t.Helper()
	p.Clock.Advance(time.Minute)
	b := p.NewBrowser(p.address())
	p.begin(t, b)
	return b, p.challenge(t, b)
}

func (p *person) challenge(t failer, b *nodkeytest.Browser) nodkey.OfflineCode {
	t.Helper()
	c, err := b.Challenge(p.ctx)
	if err != nil {
		t.Fatalf("the challenge: %v", err)
	}
	return c
}

func (p *person) scanned(t failer, c nodkey.OfflineCode) string {
	t.Helper()
	got, err := p.key.ScannedCode(c.Statement, p.key.Vpin(pin))
	if err != nil {
		t.Fatalf("the phone: %v", err)
	}
	return got
}

func (p *person) typed(t failer, c nodkey.OfflineCode) string {
	t.Helper()
	got, err := p.key.TypedCode(c.Digits, p.key.Vpin(pin))
	if err != nil {
		t.Fatalf("the phone: %v", err)
	}
	return got
}

// wrong is a code that is none of these.
func wrong(n int, right ...string) string {
	for {
		code := fmt.Sprintf("%08d", n)
		if !strings.Contains(strings.Join(right, " "), code) {
			return code
		}
		n++
	}
}

func TestACodeSignsIn(t *testing.T) {
	h := start(t, byPassword)
	p := h.add(t)
	prf := []byte("an authenticator's output of 32 b")[:32]
	key, _, err := h.phone("Pixel 8").Activate(h.ctx, h.code(t, p.visit(t)), nodkeytest.Making{PIN: pin, Authenticator: h.authenticator(t), PRF: prf})
	if err != nil {
		t.Fatal(err)
	}
	p.key = key
	spelled := func(code string) string { return " " + code[:4] + " " + code[4:] + "\t" }
	wide := func(code string) string {
		return strings.Map(func(r rune) rune { return r - '0' + '０' }, code[:4]) + "　" + code[4:6] + "-" + code[6:]
	}
	for name, c := range map[string]struct {
		v       []byte
		way, by string
		spell   func(string) string
	}{
		"scanned, PIN": {key.Vpin(pin), "scanned", "pin", spelled}, "typed, PIN": {key.Vpin(pin), "typed", "pin", wide},
		"scanned, biometric": {key.Vprf(prf), "scanned", "prf", spelled}, "typed, biometric": {key.Vprf(prf), "typed", "prf", wide},
	} {
		b, asked := p.waiting(t)
		if asked.Left != nodkey.ChallengeTries || asked.Remaining != nodkey.ChallengeLife || len(asked.Statement) > wire.MaxStatement || !wire.IsChallenge(asked.Digits) {
			t.Errorf("%s: %+v", name, asked)
		}
		code, err := key.TypedCode(asked.Digits, c.v)
		if c.way == "scanned" {
			code, err = key.ScannedCode(asked.Statement, c.v)
		}
		if err != nil {
			t.Fatal(err)
		}
		is(t, b.Respond(h.ctx, c.spell(code)), "", "%s", name)
		w, err := b.Wait(h.ctx)
		if err != nil || w.State != nodkey.SignInApproved {
			t.Fatalf("%s: %v, %v", name, w.State, err)
		}
		is(t, b.Finish(h.ctx), "", "%s: the session", name)
		if s := callerOf(t, b).Session(); s == nil || s.Level != nodkey.Full || string(s.KeyID) != key.ID {
			t.Errorf("%s: the session is %+v", name, s)
		}
		if open, err := key.Open(h.ctx); err != nil || len(open) != 0 {
			t.Errorf("%s: the phone is still asked, %v", name, err)
		}
		rows, err := h.Audit.List(h.ctx, h.Desk(), nodkey.AuditFilter{UserID: p.id, Action: "approval.approved"}, 0, 1)
		if err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		for _, fact := range []string{`"factor":"code"`, `"way":"` + c.way + `"`, `"by":"` + c.by + `"`, `"key":"` + key.ID + `"`} {
			if !strings.Contains(rows[0].Detail, fact) {
				t.Errorf("%s: the audit row %s does not say %s", name, rows[0].Detail, fact)
			}
		}
	}
}

func TestLookingAtAChallengeAsksForNone(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	b := p.NewBrowser(p.address())
	if err := b.Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	_, err := h.SignIns.Challenged(h.ctx, b.SignIn)
	is(t, err, "code.none", "before any was asked for")
	asked, err := b.Challenge(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if seen, err := h.SignIns.Challenged(h.ctx, b.SignIn); err != nil || seen != asked {
		t.Errorf("asked for %+v, seen is %+v, %v", asked, seen, err)
	}
	h.Clock.Advance(nodkey.ChallengeLife)
	_, err = h.SignIns.Challenged(h.ctx, b.SignIn)
	is(t, err, "approval.expired", "when its time is over")
}

func TestTheSameChallengeWhileItIsAlive(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	b, first := p.waiting(t)
	before, err := b.Wait(h.ctx)
	if err != nil || !before.Codes || before.Remaining != nodkey.ChallengeLife {
		t.Fatalf("the page waits %v, %v", before.Remaining, err)
	}
	h.Clock.Advance(4 * time.Minute)
	is(t, b.Respond(h.ctx, wrong(0, p.typed(t, first), p.scanned(t, first))), "code.wrong", "a wrong one")
	again := p.challenge(t, b)
	if again.Digits != first.Digits || again.Statement != first.Statement || !again.ExpiresAt.Equal(first.ExpiresAt) || again.Remaining != time.Minute || again.Left != 4 {
		t.Errorf("asked again: %+v, at first %+v", again, first)
	}
	is(t, b.Respond(h.ctx, p.scanned(t, again)), "", "the right code after four minutes")
}

func TestManyTabsAskForOneChallenge(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	if err := p.browser.Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	got := make([]nodkey.OfflineCode, 20)
	errs := make([]error, len(got))
	for i := range got {
		wg.Go(func() { got[i], errs[i] = p.browser.Challenge(h.ctx) })
	}
	wg.Wait()
	for i, c := range got {
		is(t, errs[i], "", "tab %d", i)
		if c.Digits != got[0].Digits || c.Statement != got[0].Statement {
			t.Errorf("tab %d shows %s, the first %s", i, c.Digits, got[0].Digits)
		}
	}
	if n := len(h.actions(t, p.id, "code.asked")); n != 1 {
		t.Errorf("%d challenges", n)
	}
}

func TestAChallengeEndsWithItsSignIn(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	if err := p.browser.Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	for range 4 { // the request is sent again until the password has to be typed again
		h.Clock.Advance(nodkey.ApprovalLife)
		is(t, p.browserAgain(), "", "again")
	}
	h.Clock.Advance(time.Minute) // 13 minutes after the password
	c := p.challenge(t, p.browser)
	if c.Remaining != 2*time.Minute {
		t.Errorf("it lives %v, the sign-in 2 minutes", c.Remaining)
	}
	h.Clock.Advance(2 * time.Minute)
	is(t, p.browser.Respond(h.ctx, "12345678"), "code.late", "then")
	if _, err := p.browser.Challenge(h.ctx); !nodkey.HasKey(err, "approval.expired") {
		t.Errorf("another challenge: %v", err)
	}
}

func (p *person) browserAgain() error {
	return p.SignIns.Again(p.ctx, p.browser.Anonymous(), p.browser.SignIn)
}

func TestPushAndCodeStandSideBySide(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	b := h.NewBrowser(h.address())
	h.Clock.Advance(time.Minute)
	if err := b.Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	shown := p.newest(t) // on the phone before a code was asked for
	c := p.challenge(t, b)
	longer := p.newest(t)
	if longer.JWS != c.Statement || longer.ID != shown.ID || longer.Challenge != c.Digits || longer.Exp-shown.Iat != nodkey.ChallengeLife.Milliseconds() {
		t.Errorf("the phone is asked %+v, before %+v", longer.Statement, shown.Statement)
	}
	longer.Statement.Challenge, longer.Exp = "", shown.Exp
	if fmt.Sprint(longer.Statement) != fmt.Sprint(shown.Statement) {
		t.Errorf("more has changed than challenge and end:\n%+v\n%+v", longer.Statement, shown.Statement)
	}
	w, err := b.Wait(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := p.key.Answer(h.ctx, shown, nodkeytest.Answer{PIN: pin, Number: w.Number}); err != nil || got.State != "approved" {
		t.Fatalf("the yes to the statement of before: %+v, %v", got, err)
	}
	is(t, b.Respond(h.ctx, p.scanned(t, c)), "approval.approved", "a code after the yes")
	is(t, b.Finish(h.ctx), "", "the session")

	b, c = p.waiting(t)
	shown = p.newest(t)
	if w, err = b.Wait(h.ctx); err != nil {
		t.Fatal(err)
	}
	is(t, b.Respond(h.ctx, p.typed(t, c)), "", "a code")
	_, err = p.key.Answer(h.ctx, shown, nodkeytest.Answer{PIN: pin, Number: w.Number})
	is(t, err, "approval.approved", "a yes after the code")

	// A statement that was never this approval's is refused as ever.
	p.waiting(t)
	other := p.newest(t)
	other.Digest = shown.Digest
	_, err = p.key.Answer(h.ctx, other, nodkeytest.Answer{No: "mistake"})
	is(t, err, "decision.statement", "another request's statement")
}

func TestAskingForACodeWakesNobody(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	h.Clock.Advance(time.Hour)
	if !p.notified(t, h.NewBrowser(h.address())) {
		t.Fatal("the first stranger's request wakes")
	}
	quiet := h.NewBrowser(h.address())
	if p.notified(t, quiet) {
		t.Fatal("the second one does not")
	}
	p.challenge(t, quiet)
	list, err := h.Approvals.Open(h.ctx, []nodkey.Caller{p.phoneCaller(t)}, true)
	if err != nil || len(list.Statements) != 1 || list.Statements[0] == p.newest(t).JWS {
		t.Errorf("%d requests wake, %v", len(list.Statements), err)
	}
}

func TestPolicyOnCodes(t *testing.T) {
	for _, off := range []string{nodkey.CodesOff, "", "no such word"} {
		h := start(t, codes(off))
		p := h.join(t)
		if err := p.browser.Begin(h.ctx, p.name, password); err != nil {
			t.Fatal(err)
		}
		if w, err := p.browser.Wait(h.ctx); err != nil || w.Codes {
			t.Errorf("%q: the page offers codes, %v", off, err)
		}
		_, err := p.browser.Challenge(h.ctx)
		is(t, err, "code.disabled", "%q: a challenge", off)
		is(t, p.browser.Respond(h.ctx, "12345678"), "code.disabled", "%q: a code", off)
	}
	h := start(t, codes(nodkey.CodesScanned))
	p := h.join(t)
	b, c := p.waiting(t)
	if c.Digits != "" {
		t.Errorf("the page shows %s, which leads nowhere", c.Digits)
	}
	s, err := p.key.Read(c.Statement)
	if err != nil {
		t.Fatal(err)
	}
	typed, err := p.key.TypedCode(s.Challenge, p.key.Vpin(pin))
	if err != nil {
		t.Fatal(err)
	}
	is(t, b.Respond(h.ctx, typed), "code.wrong", "a typed code")
	is(t, b.Respond(h.ctx, p.scanned(t, c)), "", "a scanned one")
}

func TestAPhoneThatCanMakeNoCode(t *testing.T) {
	h := start(t, byPassword)
	p := h.add(t)
	key, _, err := h.phone("iPhone").Activate(h.ctx, h.code(t, p.visit(t)), nodkeytest.Making{Authenticator: h.authenticator(t)})
	if err != nil {
		t.Fatal(err)
	}
	p.key = key
	if err := p.browser.Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	_, err = p.browser.Challenge(h.ctx)
	is(t, err, "code.no_phone", "biometrics without PRF, and no PIN")
}
