package nodkey_test

import (
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

func withDigits(p *nodkey.Policy) {
	p.ActivationFirst, p.ActivationConfirm = nodkey.FirstByPassword, true
}

func TestDigitsAreTypedThreeTimesAtMost(t *testing.T) {
	h := start(t, withDigits)
	p := h.add(t)
	c := p.visit(t)
	k, r, err := h.phone("Pixel 8").Activate(h.ctx, h.code(t, c), nodkeytest.Making{PIN: pin})
	if err != nil || r.State != "confirm" || len(r.Digits) != 6 {
		t.Fatalf("%+v, %v", r, err)
	}
	wrong := "000000"
	if r.Digits == wrong {
		wrong = "000001"
	}
	other := *p
	other.browser = h.NewBrowser(h.address())
	is(t, h.Activations.Confirm(h.ctx, other.visit(t), r.Digits), "digits.none", "in another session")
	is(t, h.Activations.Confirm(h.ctx, c, wrong), "digits.wrong", "once")
	is(t, h.Activations.Confirm(h.ctx, c, ""), "digits.wrong", "twice")
	is(t, h.Activations.Confirm(h.ctx, c, wrong), "digits.over", "three times")
	is(t, h.Activations.Confirm(h.ctx, c, r.Digits), "digits.none", "the right ones then")
	if r, err := k.Receipt(h.ctx); err != nil || r.State != "removed" {
		t.Errorf("%q, %v", r.State, err)
	}
	k, r, err = h.phone("Pixel 8").Activate(h.ctx, h.code(t, c), nodkeytest.Making{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	is(t, h.Activations.Confirm(h.ctx, c, r.Digits), "", "the right ones")
	if r, err := k.Receipt(h.ctx); err != nil || r.State != "active" || r.Digits != "" {
		t.Errorf("%+v, %v", r, err)
	}
	is(t, h.Activations.Confirm(h.ctx, c, r.Digits), "digits.none", "once more")
}

func TestAKeyThatNobodyConfirmsIsForgotten(t *testing.T) {
	h := start(t, func(p *nodkey.Policy) { withDigits(p); p.MaxKeys = 1 })
	p := h.add(t)
	c := p.visit(t)
	phone := h.phone("Pixel 8")
	k, _, err := phone.Activate(h.ctx, h.code(t, c), nodkeytest.Making{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Activations.Start(h.ctx, c)
	is(t, err, "activation.limit", "while it waits")
	h.Clock.Advance(nodkey.ConfirmLife)
	if r, err := k.Receipt(h.ctx); err != nil || r.State != "removed" || r.Digits != "" {
		t.Errorf("%+v, %v", r, err)
	}
	if list, err := h.Keys.List(h.ctx, c); err != nil || len(list) != 0 {
		t.Errorf("%d keys, %v", len(list), err)
	}
	if b, err := h.Activations.Current(h.ctx, c); err != nil || b.State != nodkey.BannerEnded {
		t.Errorf("the banner: %v, %v", b.State, err)
	}
	is(t, h.Activations.Confirm(h.ctx, c, "000000"), "digits.over", "its digits")
	_, r, err := phone.Activate(h.ctx, h.code(t, c), nodkeytest.Making{PIN: pin})
	if err != nil || r.State != "confirm" {
		t.Errorf("the same phone again: %q, %v", r.State, err)
	}
}

func TestAKeyThatNobodyApprovesIsForgotten(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	phone := h.phone("Pixel 9")
	for _, end := range []func(){
		func() { h.Clock.Advance(nodkey.ApprovalLife) },
		func() { h.Clock.Advance(nodkey.ApprovalLife); is(t, h.Upkeep.Tick(h.ctx), "", "a tick") },
		func() { is(t, h.Activations.Cancel(h.ctx, c), "", "cancelling") },
		func() {
			if _, err := p.key.Answer(h.ctx, p.newest(t), nodkeytest.Answer{No: "mistake"}); err != nil {
				t.Error(err)
			}
		},
		func() { // the session asks for something else meanwhile
			if _, err := h.Users.AskPasswordChange(h.ctx, c, password, "another good one"); err != nil {
				t.Error(err)
			}
			is(t, h.Approvals.CancelChange(h.ctx, c), "", "cancelling the change")
		},
		nil, // it is removed on the security page, see below
		func() { is(t, h.Sessions.SignOut(h.ctx, c), "", "signing out"); c = p.enter(t) },
	} {
		k, r, err := phone.Activate(h.ctx, h.code(t, c), nodkeytest.Making{PIN: pin})
		if err != nil || r.State != "approve" {
			t.Fatalf("%q, %v", r.State, err)
		}
		if end == nil {
			end = func() { _, err := h.Keys.AskRemove(h.ctx, c, nodkey.KeyID(k.ID)); is(t, err, "", "removing it") }
		}
		end()
		if r, err := k.Receipt(h.ctx); err != nil || r.State != "removed" {
			t.Errorf("%q, %v", r.State, err)
		}
		if open, err := p.key.Open(h.ctx); err != nil || len(open) != 0 {
			t.Errorf("%d requests are left, %v", len(open), err)
		}
		p.yesIsRefused(t, k)
	}
}

// yesIsRefused checks that a pending key cannot do what an active one can.
func (p *person) yesIsRefused(t *testing.T, k *nodkeytest.PhoneKey) {
	t.Helper()
	c, err := k.Caller(p.ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Keys.AskPINChange(p.ctx, c)
	if !nodkey.HasKey(err, "key.removed") && !nodkey.HasKey(err, "key.pending") {
		t.Errorf("a key that never became active: %v", err)
	}
}

func TestOnlyTheActiveKeySaysYesToAFurtherOne(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	k, r, err := h.phone("Pixel 9").Activate(h.ctx, h.code(t, c), nodkeytest.Making{PIN: pin})
	if err != nil || r.State != "approve" {
		t.Fatalf("%q, %v", r.State, err)
	}
	s := p.newest(t)
	if s.Kind != "key_add" || s.NewKey == nil || s.NewKey.ID != k.ID || s.NewKey.Name != "Pixel 9" {
		t.Errorf("%+v", s.Statement)
	}
	own, err := k.Open(h.ctx)
	if err != nil || len(own) != 0 {
		t.Errorf("the new key sees %d requests, %v", len(own), err)
	}
	_, err = k.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin, Number: "00"})
	is(t, err, "approval.none", "its own yes")
	p.yesIsRefused(t, k)
}

// Of two phones that wait for their digits, the second must ask the first once that is active.
func TestASecondFirstKeyNeedsTheFirstOnesYes(t *testing.T) {
	h := start(t, withDigits)
	p := h.add(t)
	stranger := *p
	stranger.browser = h.NewBrowser(h.address())
	c, their := p.visit(t), stranger.visit(t)
	k, r, err := h.phone("Stranger").Activate(h.ctx, h.code(t, their), nodkeytest.Making{PIN: pin})
	if err != nil || r.State != "confirm" {
		t.Fatalf("%q, %v", r.State, err)
	}
	_, mine, err := h.phone("Mine").Activate(h.ctx, h.code(t, c), nodkeytest.Making{PIN: pin})
	if err != nil || mine.State != "confirm" {
		t.Fatalf("%q, %v", mine.State, err)
	}
	is(t, h.Activations.Confirm(h.ctx, c, mine.Digits), "", "mine")
	is(t, h.Activations.Confirm(h.ctx, their, r.Digits), "activation.sign_in_first", "the stranger's")
	if r, err := k.Receipt(h.ctx); err != nil || r.State != "removed" {
		t.Errorf("%q, %v", r.State, err)
	}
}

// A session that had the password only must not bring a key in once there was one, even after that key is gone.
func TestThePasswordAloneOpensNothingAfterTheFirstKey(t *testing.T) {
	h := start(t, byPassword)
	p := h.add(t)
	stranger := *p
	stranger.browser = h.NewBrowser(h.address())
	their := stranger.visit(t)
	phone := h.phone("Stranger")
	o := h.lookup(t, phone, h.code(t, their))
	k, request, err := phone.Make(o, nodkeytest.Making{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	if p.key, _, err = h.phone("Mine").Activate(h.ctx, h.code(t, p.visit(t)), nodkeytest.Making{PIN: pin}); err != nil {
		t.Fatal(err)
	}
	_, err = h.Activations.Start(h.ctx, their)
	is(t, err, "activation.sign_in_first", "an open code, given again")
	mine, err := p.key.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	is(t, h.Keys.RemoveOwn(h.ctx, mine), "", "removing mine")
	_, err = phone.Submit(h.ctx, k, request)
	is(t, err, "activation.expired", "the stranger's open activation")
	_, err = h.Activations.Start(h.ctx, their)
	is(t, err, "activation.first", "another one")
	is(t, h.NewBrowser(h.address()).Begin(h.ctx, p.name, password), "sign_in.no_phone", "a new visit")
}

// Five wrong PINs must not open a way around the phone.
func TestAFullSessionWithASuspendedKeyActivatesNothing(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	phone := h.phone("Thief")
	o := h.lookup(t, phone, h.code(t, c))
	k, request, err := phone.Make(o, nodkeytest.Making{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	b := h.NewBrowser(h.address())
	if err := b.Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	w, err := b.Wait(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	s := p.newest(t)
	for range 5 {
		_, err = p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: "9999", Number: w.Number})
	}
	is(t, err, "key.suspended", "the fifth wrong PIN")
	_, err = phone.Submit(h.ctx, k, request)
	is(t, err, "sign_in.no_phone", "an open activation")
	_, err = h.Activations.Start(h.ctx, c)
	is(t, err, "sign_in.no_phone", "a new one")
	_, err = h.Keys.AskRemove(h.ctx, c, nodkey.KeyID(p.key.ID))
	is(t, err, "sign_in.no_phone", "removing it")
	_, err = p.key.Answer(h.ctx, s, nodkeytest.Answer{Number: w.Number})
	is(t, err, "key.suspended", "its biometric")
}

func TestAFirstAccessCodeWorksOnce(t *testing.T) {
	h := start(t, nil)
	p, other := h.add(t), h.add(t)
	visit := func(name, code string) error {
		_, err := h.Users.FirstVisit(h.ctx, h.NewBrowser(h.address()).Anonymous(), name, code, password)
		return err
	}
	is(t, visit(other.name, p.first), "first.wrong", "another user's code")
	is(t, visit("nobody", p.first), "first.wrong", "an unknown name")
	is(t, visit("no body", p.first), "first.wrong", "a name that is none")
	is(t, visit(p.name, ""), "first.wrong", "no code")
	_, err := h.Users.FirstVisit(h.ctx, p.browser.Anonymous(), p.name, p.first, "short")
	is(t, err, "password.short", "a bad password")
	errs := make(chan error, 8)
	for range cap(errs) {
		go func() { errs <- visit(p.name, p.first) }()
	}
	won := 0
	for range cap(errs) {
		if err := <-errs; err == nil {
			won++
		} else {
			is(t, err, "first.wrong", "too late")
		}
	}
	if won != 1 {
		t.Errorf("%d first visits", won)
	}
	h.Clock.Advance(nodkey.FirstCodeLife)
	is(t, visit(other.name, other.first), "first.wrong", "a week later")
}

func TestWithoutTheCodeThePasswordActivatesNothing(t *testing.T) {
	h := start(t, nil)
	p := h.add(t)
	if err := p.browser.Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	_, err := h.Activations.Start(h.ctx, p.caller(t))
	is(t, err, "activation.first", "a session by password")
	strict := start(t, func(p *nodkey.Policy) { p.RestrictedSessions = false })
	p = strict.add(t)
	is(t, p.browser.Begin(strict.ctx, p.name, password), "sign_in.code_first", "where policy has no restricted sessions")
}

func TestThereAreNeverMoreKeysThanPolicyAllows(t *testing.T) {
	h := start(t, func(p *nodkey.Policy) { p.MaxKeys = 2 })
	p := h.join(t)
	here, there := p.enter(t), p.signIn(t, h.NewBrowser(h.address()))
	first, second := h.code(t, here), h.code(t, there)
	if _, r, err := h.phone("Pixel 9").Activate(h.ctx, first, nodkeytest.Making{PIN: pin}); err != nil || r.State != "approve" {
		t.Fatalf("%q, %v", r.State, err)
	}
	_, _, err := h.phone("Pixel 10").Activate(h.ctx, second, nodkeytest.Making{PIN: pin})
	is(t, err, "activation.limit", "a code that was made while there was room")
}
