package nodkey_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/wire"
)

// asksOwn are what a phone asks for about its own key.
var asksOwn = map[string]func(*nodkeytest.PhoneKey, context.Context) (nodkeytest.Statement, error){
	"test": (*nodkeytest.PhoneKey).AskTest, "pin_check": (*nodkeytest.PhoneKey).AskPINCheck, "pin_change": (*nodkeytest.PhoneKey).AskPINChange,
}

func TestAPhoneTestsItself(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	second := p.addPhone(t, p.enter(t), "Pixel 9")
	h.Clock.Advance(time.Minute)
	for kind, ask := range asksOwn {
		if kind == "pin_change" {
			continue
		}
		s, err := ask(p.key, h.ctx)
		if err != nil {
			t.Fatal(err)
		}
		if s.Kind != kind || len(s.Keys) != 1 || s.Keys[0] != p.key.ID || s.Number || s.Es != nil || s.NewKey != nil || s.Item != "" {
			t.Errorf("%s: the statement is %+v", kind, s.Statement)
		}
		if open, err := second.Open(h.ctx); err != nil || len(open) != 0 {
			t.Errorf("%s: the other phone sees %d requests, %v", kind, len(open), err)
		}
		c := p.phoneCaller(t)
		if woken, err := h.Approvals.Open(h.ctx, []nodkey.Caller{c}, true); err != nil || len(woken.Statements) != 0 {
			t.Errorf("%s: it wakes the phone that asked: %v", kind, err)
		}
		sessions, err := h.Sessions.List(h.ctx, p.caller(t))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin}); err != nil || got.State != "approved" {
			t.Errorf("%s: %+v, %v", kind, got, err)
		}
		after, err := h.Sessions.List(h.ctx, p.caller(t))
		if err != nil || len(after) != len(sessions) {
			t.Errorf("%s: %d sessions before and %d after, %v", kind, len(sessions), len(after), err)
		}
		keys, err := h.Keys.List(h.ctx, p.caller(t))
		if err != nil || len(keys) != 2 || !keys[0].LastUsedAt.Equal(h.Clock.Now()) {
			t.Errorf("%s: the keys after it: %+v, %v", kind, keys, err)
		}
		if n := len(h.actions(t, p.id, kind+".asked")); n != 1 {
			t.Errorf("%s: %d audit rows tell that it was asked for", kind, n)
		}
	}
	s, err := p.key.AskTest(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := p.key.Answer(h.ctx, s, nodkeytest.Answer{}); err != nil || got.State != "approved" {
		t.Errorf("a test by biometric: %+v, %v", got, err)
	}
}

func TestOnlyThePINAnswersAPINCheck(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	s, err := p.key.AskPINCheck(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.key.Answer(h.ctx, s, nodkeytest.Answer{})
	is(t, err, "decision.factor", "by biometric")
	_, err = p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin, Bend: func(d *wire.Decision) { d.NewPIN = &wire.NewPIN{E: []byte{1}, Wrap: []byte{2}} }})
	is(t, err, "decision.shape", "with a new PIN")
	for left := 4; left >= 1; left-- {
		_, err = p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: "9999"})
		is(t, err, "pin.wrong", "a wrong PIN")
		if e := nodkey.AsError(err); e.Args["Left"] != left {
			t.Errorf("%v tries left, want %d", e.Args["Left"], left)
		}
	}
	_, err = p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: "9999"})
	is(t, err, "key.suspended", "the fifth wrong PIN")
	_, err = p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin})
	is(t, err, "key.suspended", "the right PIN after it")
	for kind, ask := range asksOwn {
		_, err := ask(p.key, h.ctx)
		is(t, err, "key.suspended", "asking for a %s then", kind)
	}
	is(t, p.key.Rename(h.ctx, "Mine"), "key.suspended", "another name then")

	bare := h.add(t)
	bare.key, _, err = h.phone("no PIN").Activate(h.ctx, h.code(t, bare.visit(t)), nodkeytest.Making{Authenticator: h.authenticator(t)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = bare.key.AskPINCheck(h.ctx)
	is(t, err, "pin.none", "of a key without a PIN")
	if s, err = bare.key.AskTest(h.ctx); err != nil {
		t.Fatal(err)
	}
	_, err = bare.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin})
	is(t, err, "decision.factor", "a test by a PIN that there is none of")
	if got, err := bare.key.Answer(h.ctx, s, nodkeytest.Answer{}); err != nil || got.State != "approved" {
		t.Errorf("a test by biometric: %+v, %v", got, err)
	}
}

// A hundred guesses through checks of the PIN are five, as through any other request.
func TestPINChecksAreNoWayRoundTheTries(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	s, err := p.key.AskPINCheck(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	errs := make([]error, 100)
	for i := range errs {
		in, err := p.key.Decision(s, nodkeytest.Answer{PIN: fmt.Sprintf("%04d", 9000+i), Bend: func(d *wire.Decision) { d.Iat += int64(i) }})
		if err != nil {
			t.Fatal(err)
		}
		c := p.phoneCaller(t)
		wg.Go(func() { _, errs[i] = h.Approvals.Decide(h.ctx, c, nodkey.ApprovalID(s.ID), in) })
	}
	wg.Wait()
	wrong := 0
	for i, err := range errs {
		switch {
		case nodkey.HasKey(err, "pin.wrong"):
			wrong++
		case !nodkey.HasKey(err, "key.suspended"):
			t.Errorf("guess %d: %v", i, err)
		}
	}
	if wrong > nodkey.PINTriesInARow {
		t.Errorf("%d guesses were checked", wrong)
	}
}

// A decision on a test or a check decides nothing else, and none on anything else decides them.
func TestATestsDecisionApprovesNothingElse(t *testing.T) {
	h := start(t, nil)
	p, other := h.join(t), h.join(t)
	for kind, ask := range asksOwn {
		if kind == "pin_change" {
			continue
		}
		signIn, w := p.ask(t)
		s, err := ask(p.key, h.ctx)
		if err != nil {
			t.Fatal(err)
		}
		in, err := p.key.Decision(s, nodkeytest.Answer{PIN: pin, Number: w.Number})
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.key.Send(h.ctx, signIn.ID, in)
		is(t, err, "decision.address", "%s: its decision sent to the sign-in", kind)
		_, err = p.key.Answer(h.ctx, signIn, nodkeytest.Answer{PIN: pin, Number: w.Number, Bend: func(d *wire.Decision) { d.Statement = s.Digest[:] }})
		is(t, err, "decision.statement", "%s: its statement under the sign-in", kind)
		_, err = p.key.Answer(h.ctx, signIn, nodkeytest.Answer{PIN: "9999", Number: w.Number, BendWhole: func(mine *wire.DecisionRequest) { mine.PINProof = in.PINProof }})
		is(t, err, "pin.wrong", "%s: its PIN proof under the sign-in", kind)
		theirs, err := other.key.Decision(s, nodkeytest.Answer{PIN: pin})
		if err != nil {
			t.Fatal(err)
		}
		_, err = other.key.Send(h.ctx, s.ID, theirs)
		is(t, err, "approval.none", "%s: decided by another user's key", kind)
		if got, err := p.key.Send(h.ctx, s.ID, in); err != nil || got.State != "approved" {
			t.Errorf("%s: %+v, %v", kind, got, err)
		}
		if got, err := p.key.Send(h.ctx, s.ID, in); err != nil || got.State != "approved" {
			t.Errorf("%s: the same decision again: %+v, %v", kind, got, err)
		}
		_, err = p.key.Answer(h.ctx, s, nodkeytest.Answer{No: "mistake"})
		is(t, err, "approval.approved", "%s: another decision", kind)
		if w, err := p.browser.Wait(h.ctx); err != nil || w.State != nodkey.SignInPending {
			t.Errorf("%s: the sign-in beside it is %v, %v", kind, w.State, err)
		}
		is(t, h.Approvals.Disown(h.ctx, p.phoneCaller(t), nodkey.ApprovalID(s.ID)), "", "%s: taken back", kind)
		if got, err := p.key.Answer(h.ctx, signIn, nodkeytest.Answer{PIN: pin, Number: w.Number}); err != nil || got.State != "approved" {
			t.Errorf("%s: the sign-in: %+v, %v", kind, got, err)
		}
		h.Clock.Advance(20 * time.Minute)
	}
}

func TestTheNewestTestOfAKeyCounts(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	for kind, ask := range asksOwn {
		signIn, w := p.ask(t)
		old, err := ask(p.key, h.ctx)
		if err != nil {
			t.Fatal(err)
		}
		h.Clock.Advance(time.Second)
		if _, err = ask(p.key, h.ctx); err != nil {
			t.Fatal(err)
		}
		_, err = p.key.Answer(h.ctx, old, nodkeytest.Answer{No: "mistake"})
		is(t, err, "approval.cancelled", "%s: the one before the newest", kind)
		if open, err := p.key.Open(h.ctx); err != nil || len(open) != 2 {
			t.Errorf("%s: %d open beside the sign-in, %v", kind, len(open), err)
		}
		if got, err := p.key.Answer(h.ctx, signIn, nodkeytest.Answer{PIN: pin, Number: w.Number}); err != nil || got.State != "approved" {
			t.Errorf("%s: the sign-in: %+v, %v", kind, got, err)
		}
		h.Clock.Advance(20 * time.Minute)
	}
}

func TestEveryOwnRequestSpendsItsProof(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	for what, call := range map[string]func(nodkey.Caller) error{
		"test":      func(c nodkey.Caller) error { _, err := h.Keys.AskTest(h.ctx, c); return err },
		"PIN check": func(c nodkey.Caller) error { _, err := h.Keys.AskPINCheck(h.ctx, c); return err },
		"rename":    func(c nodkey.Caller) error { return h.Keys.RenameOwn(h.ctx, c, "Mine") },
	} {
		c := p.phoneCaller(t)
		is(t, call(c), "", "%s", what)
		is(t, call(c), "proof.replayed", "%s again", what)
		is(t, call(p.key.Phone.Caller()), "proof.missing", "%s without a proof", what)
		is(t, call(p.enter(t)), "proof.missing", "%s by a session", what)
	}
}

func TestAPhoneGivesItselfAnotherName(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	wake, cancel := h.Ports.Bus.Subscribe(h.Activations.Topic(c))
	defer cancel()
	for _, name := range []string{"", strings.Repeat("x", 41), "Pixel\u202e8", "a\tb"} {
		is(t, p.key.Rename(h.ctx, name), "phone.name", "%q", name)
	}
	is(t, p.key.Rename(h.ctx, "Mara’s 携帯"), "", "another name")
	select {
	case <-wake:
	default:
		t.Error("the portal is not told")
	}
	if keys, err := h.Keys.List(h.ctx, c); err != nil || len(keys) != 1 || keys[0].Phone.Name != "Mara’s 携帯" {
		t.Errorf("%+v, %v", keys, err)
	}
	// Whoever has a phone without its PIN can give it another phone's name: the log tells what it was called before.
	rows, err := h.Audit.List(h.ctx, h.Desk(), nodkey.AuditFilter{UserID: p.id}, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	rows = slices.DeleteFunc(rows, func(r nodkey.AuditRow) bool { return r.Action != "key.renamed" })
	if len(rows) != 1 || !strings.Contains(rows[0].Detail, `"Pixel 8"`) || !strings.Contains(rows[0].Detail, "Mara’s 携帯") || rows[0].Subject != p.key.ID {
		t.Errorf("the log says %+v", rows)
	}
	waiting, _, err := h.phone("Pixel 9").Activate(h.ctx, h.code(t, c), nodkeytest.Making{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	is(t, waiting.Rename(h.ctx, "Pixel 8"), "key.pending", "of a phone that waits for its yes")
	is(t, h.Keys.RemoveOwn(h.ctx, p.phoneCaller(t)), "", "removing")
	is(t, p.key.Rename(h.ctx, "Ghost"), "key.removed", "of a removed key")
	_, err = p.key.AskTest(h.ctx)
	is(t, err, "key.removed", "a test of a removed key")
}
