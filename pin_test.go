package nodkey_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/wire"
)

// ask makes the person's browser wait for a yes and gives what the phone and the page show.
func (p *person) ask(t failer) (nodkeytest.Statement, nodkey.Waiting) {
	t.Helper()
	p.Clock.Advance(time.Second)
	p.begin(t, p.browser)
	w, err := p.browser.Wait(p.ctx)
	if err != nil {
		t.Fatalf("the waiting page: %v", err)
	}
	return p.newest(t), w
}

func TestAHundredParallelPINGuessesAreFiveChecks(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	s, w := p.ask(t)
	var wg sync.WaitGroup
	errs := make([]error, 100)
	for i := range errs {
		in, err := p.key.Decision(s, nodkeytest.Answer{PIN: "9999", Number: w.Number})
		if err != nil {
			t.Fatal(err)
		}
		c, err := p.key.Caller(h.ctx)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() { _, errs[i] = h.Approvals.Decide(h.ctx, c, nodkey.ApprovalID(s.ID), in) })
	}
	wg.Wait()
	for i, err := range errs {
		if !nodkey.HasKey(err, "pin.wrong") && !nodkey.HasKey(err, "key.suspended") {
			t.Errorf("guess %d: %v", i, err)
		}
	}
	// Every check writes its failure down; the reservations that were refused wrote nothing.
	var failures int
	err := h.Ports.Store.View(h.ctx, func(tx nodkey.Tx) (err error) {
		failures, err = tx.CountPINFailures(nodkey.KeyID(p.key.ID), time.Time{})
		return err
	})
	if err != nil || failures != 5 {
		t.Errorf("%d checks, %v", failures, err)
	}
	if n := len(h.actions(t, p.id, "key.suspended")); n != 1 {
		t.Errorf("suspended %d times", n)
	}
	_, err = p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin, Number: w.Number})
	is(t, err, "key.suspended", "the right PIN after them")
	is(t, p.browser.Begin(h.ctx, p.name, password), "sign_in.suspended", "a sign-in then")
	if n, err := h.Users.Unlock(h.ctx, h.Desk(), p.name); n != 1 || err != nil {
		t.Errorf("unlocking: %d, %v", n, err)
	}
	p.enter(t)
}

func TestTwentyWrongPINsInThirtyDaysSuspendWhateverCameBetween(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	for wrong := 1; wrong <= 20; wrong++ {
		if wrong%4 == 0 { // a right one now and then
			h.Clock.Advance(time.Hour)
			p.enter(t)
		}
		h.Clock.Advance(20 * time.Minute)
		s, w := p.ask(t)
		_, err := p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: "9999", Number: w.Number})
		if wrong < 20 {
			is(t, err, "pin.wrong", "wrong PIN %d", wrong)
		} else {
			is(t, err, "key.suspended", "the last wrong PIN")
		}
	}
}

func TestOldWrongPINsAreForgottenAfterThirtyDays(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	for range 19 {
		s, w := p.ask(t)
		_, err := p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: "9999", Number: w.Number})
		is(t, err, "pin.wrong", "a wrong PIN")
		h.Clock.Advance(20 * time.Minute)
		p.enter(t)
	}
	h.Clock.Advance(nodkey.PINTriesInAllIn)
	s, w := p.ask(t)
	_, err := p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: "9999", Number: w.Number})
	is(t, err, "pin.wrong", "a month later")
	if e := nodkey.AsError(err); e.Args["Left"] != 4 {
		t.Errorf("left: %v", e.Args["Left"])
	}
}

func TestTriesUsedUpByACrashSuspend(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	s, w := p.ask(t)
	for range 5 { // five checks that never ended
		err := h.Ports.Store.Update(h.ctx, func(tx nodkey.Tx) error {
			if _, err := tx.ReservePINTry(nodkey.KeyID(p.key.ID), nodkey.PINTriesInARow); err != nil {
				return err
			}
			return tx.InsertPINFailure(nodkey.KeyID(p.key.ID), time.Now().String(), h.Clock.Now())
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin, Number: w.Number})
	is(t, err, "key.suspended", "at once")
	if r, err := p.key.Receipt(h.ctx); err != nil || r.State != "active" {
		t.Errorf("while they may still be checked: %q, %v", r.State, err)
	}
	h.Clock.Advance(2 * time.Minute)
	_, err = p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin, Number: w.Number})
	is(t, err, "key.suspended", "later")
	if r, err := p.key.Receipt(h.ctx); err != nil || r.State != "suspended" {
		t.Errorf("later: %q, %v", r.State, err)
	}
}

func TestARightPINThatComesTooLateCountsAsNoWrongOne(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	s, w := p.ask(t)
	// The sign-in is cancelled between the reservation and the decision.
	late := &lateStore{Store: h.Ports.Store}
	ports := h.Ports
	ports.Store = late
	second, err := nodkey.Open(h.ctx, ports, h.Site, h.Policy, nodkeytest.PhoneHost, h.Master)
	if err != nil {
		t.Fatal(err)
	}
	in, err := p.key.Decision(s, nodkeytest.Answer{PIN: pin, Number: w.Number})
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.key.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	late.after(1, func() { is(t, h.SignIns.Cancel(h.ctx, p.browser.Anonymous(), p.browser.SignIn), "", "cancelling") })
	_, err = second.Approvals.Decide(h.ctx, c, nodkey.ApprovalID(s.ID), in)
	is(t, err, "approval.cancelled", "the late yes")
	err = h.Ports.Store.View(h.ctx, func(tx nodkey.Tx) error {
		key, err := tx.Key(nodkey.KeyID(p.key.ID))
		if err != nil {
			return err
		}
		n, err := tx.CountPINFailures(key.ID, time.Time{})
		if key.PINTries != 0 || n != 0 {
			t.Errorf("%d tries, %d failures", key.PINTries, n)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// lateStore lets something happen after some updates.
type lateStore struct {
	nodkey.Store
	left int
	then func()
}

func (s *lateStore) after(updates int, then func()) { s.left, s.then = updates, then }

func (s *lateStore) Update(ctx context.Context, change func(nodkey.Tx) error) error {
	err := s.Store.Update(ctx, change)
	if s.left--; s.left == 0 {
		s.then()
	}
	return err
}

func TestAChangedPINIsTheOnlyOne(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	old, err := p.key.AskPINChange(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Second)
	s, err := p.key.AskPINChange(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.key.Answer(h.ctx, old, nodkeytest.Answer{PIN: pin, NewPIN: "k7!q"})
	is(t, err, "approval.cancelled", "the statement before the newest")
	_, err = p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: "9999", NewPIN: "k7!q"})
	is(t, err, "pin.wrong", "with a wrong old PIN")
	_, err = p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin})
	is(t, err, "decision.shape", "without a new PIN")
	_, err = p.key.Answer(h.ctx, s, nodkeytest.Answer{NewPIN: "k7!q"})
	is(t, err, "decision.factor", "by biometric")
	_, err = p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin, NewPIN: "k7!q", Bend: func(d *wire.Decision) {
		d.NewPIN.Wrap = slices.Clone(d.NewPIN.Wrap)
		d.NewPIN.Wrap[20] ^= 1
	}})
	is(t, err, "decision.wrap", "with another wrap")
	_, err = p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin, NewPIN: "k7!q", NewVpin: make([]byte, 32)})
	is(t, err, "decision.wrap", "to a verifier of zeros")
	got, err := p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin, NewPIN: "k7!q"})
	if err != nil || got.State != "approved" {
		t.Fatalf("%+v, %v", got, err)
	}
	in, w := p.ask(t)
	_, err = p.key.Answer(h.ctx, in, nodkeytest.Answer{PIN: pin, Number: w.Number})
	is(t, err, "pin.wrong", "the old PIN")
	if got, err := p.key.Answer(h.ctx, in, nodkeytest.Answer{PIN: "k7!q", Number: w.Number}); err != nil || got.State != "approved" {
		t.Errorf("the new PIN: %+v, %v", got, err)
	}
}
