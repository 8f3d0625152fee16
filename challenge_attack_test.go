package nodkey_test

import (
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

func TestAHundredParallelCodeGuessesAreFiveChecks(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	b, c := p.waiting(t)
	var wg sync.WaitGroup
	errs := make([]error, 100)
	for i := range errs {
		guess := wrong(i*1000, p.typed(t, c), p.scanned(t, c))
		wg.Go(func() { errs[i] = b.Respond(h.ctx, guess) })
	}
	wg.Wait()
	for i, err := range errs {
		if !nodkey.HasKey(err, "code.wrong") && !nodkey.HasKey(err, "code.over") {
			t.Errorf("guess %d: %v", i, err)
		}
	}
	if n := len(h.actions(t, p.id, "code.wrong")); n != nodkey.ChallengeTries {
		t.Errorf("%d codes were checked", n)
	}
	is(t, b.Respond(h.ctx, p.scanned(t, c)), "code.over", "the right code after them")
	// The request on the phone is as open as before, and other digits can be asked for.
	next := p.challenge(t, b)
	if next.Digits == c.Digits || next.Left != nodkey.ChallengeTries {
		t.Errorf("the next ones: %+v", next)
	}
	is(t, b.Respond(h.ctx, p.scanned(t, c)), "code.wrong", "the code of before")
	p.yes(t, b)
}

func TestTheRightCodeAmongManyAtOnceWinsOnce(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	b, c := p.waiting(t)
	right := p.scanned(t, c)
	var wg sync.WaitGroup
	errs := make([]error, 5)
	for i := range errs {
		wg.Go(func() { errs[i] = b.Respond(h.ctx, right) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !nodkey.HasKey(err, "approval.approved") {
			t.Error(err)
		}
	}
	if n := len(h.actions(t, p.id, "approval.approved")); won != 1 || n != 1 {
		t.Errorf("%d won, %d written down", won, n)
	}
	if key := p.stored(t); key.CodeTries != 0 {
		t.Errorf("right codes count as %d wrong ones", key.CodeTries)
	}
}

// stored reads the person's key as the server has it.
func (p *person) stored(t failer) (key nodkey.Key) {
	t.Helper()
	err := p.Ports.Store.View(p.ctx, func(tx nodkey.Tx) (err error) {
		key, err = tx.Key(nodkey.KeyID(p.key.ID))
		return err
	})
	if err != nil {
		t.Fatalf("the key: %v", err)
	}
	return key
}

func TestCodesThatAreNotThisSignIns(t *testing.T) {
	h := start(t, byPassword)
	p, other := h.join(t), h.join(t)
	b, c := p.waiting(t)
	used := p.scanned(t, c)
	usedTyped := p.typed(t, c)
	is(t, b.Respond(h.ctx, used), "", "a right code")
	is(t, b.Respond(h.ctx, used), "approval.approved", "the same once more")
	is(t, b.Finish(h.ctx), "", "the session")
	is(t, b.Respond(h.ctx, usedTyped), "approval.approved", "after the session was collected")

	first, one := p.waiting(t)
	second, two := p.waiting(t)
	is(t, second.Respond(h.ctx, used), "code.wrong", "one that was used")
	is(t, second.Respond(h.ctx, usedTyped), "code.wrong", "a typed one of the challenge that was used")
	is(t, second.Respond(h.ctx, p.scanned(t, one)), "code.wrong", "one for another sign-in of the same user")
	is(t, second.Respond(h.ctx, p.typed(t, one)), "code.wrong", "a typed one for it")
	is(t, first.Respond(h.ctx, p.scanned(t, one)), "", "where it belongs")

	third, three := p.waiting(t)
	guess, err := other.key.TypedCode(three.Digits, other.key.Vpin(pin))
	if err != nil {
		t.Fatal(err)
	}
	is(t, third.Respond(h.ctx, guess), "code.wrong", "another user's phone")
	if guess, err = p.key.ScannedCode(three.Statement, p.key.Vpin("9999")); err != nil {
		t.Fatal(err)
	}
	is(t, third.Respond(h.ctx, guess), "code.wrong", "a wrong PIN")
	is(t, third.Respond(h.ctx, p.scanned(t, three)), "", "the right one")
	_, err = h.NewBrowser(h.address()).Challenge(h.ctx)
	is(t, err, "sign_in.unknown", "a browser that waits for nothing")
	is(t, h.NewBrowser(h.address()).Respond(h.ctx, p.scanned(t, two)), "sign_in.unknown", "a code from another browser")
}

func TestWhatIsNoCodeIsNotCounted(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	b, c := p.waiting(t)
	for _, typed := range []string{"", "1234567", "123456789", "1234567a", "12345678\n1", "-", "١٢٣٤٥٦٧٨", c.Digits} {
		is(t, b.Respond(h.ctx, typed), "code.shape", "%q", typed)
	}
	fresh := h.NewBrowser(h.address())
	if err := fresh.Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	is(t, fresh.Respond(h.ctx, "12345678"), "code.none", "before digits were asked for")
	is(t, b.Respond(h.ctx, p.scanned(t, c)), "", "the right one")
}

func TestALateCode(t *testing.T) {
	for after, key := range map[time.Duration]string{nodkey.ChallengeLife - time.Millisecond: "", nodkey.ChallengeLife: "code.late", nodkey.ChallengeLife + time.Second: "code.late"} {
		h := start(t, byPassword)
		p := h.join(t)
		b, c := p.waiting(t)
		right := p.scanned(t, c)
		h.Clock.Advance(after)
		is(t, b.Respond(h.ctx, right), key, "after %v", after)
	}
}

func TestACodeOfAPhoneThatWasStopped(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	b, c := p.waiting(t)
	right := p.scanned(t, c)
	set := func(state nodkey.KeyState) {
		t.Helper()
		err := h.Ports.Store.Update(h.ctx, func(tx nodkey.Tx) error {
			key, err := tx.Key(nodkey.KeyID(p.key.ID))
			if err != nil {
				return err
			}
			key.State = state
			return tx.SaveKey(key)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, state := range []nodkey.KeyState{nodkey.KeySuspended, nodkey.KeyRemoved, nodkey.KeyConfirm, nodkey.KeyApprove} {
		set(state)
		is(t, b.Respond(h.ctx, right), "code.no_phone", "while %s", state)
	}
	set(nodkey.KeyActive)
	phone, err := p.key.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	is(t, h.Keys.RemoveOwn(h.ctx, phone), "", "removing it")
	is(t, b.Respond(h.ctx, right), "code.no_phone", "after its removal")
	if n := len(h.actions(t, p.id, "approval.approved")); n != 0 {
		t.Error("somebody got in")
	}
}

func TestACodeAfterANo(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	b, c := p.waiting(t)
	right := p.scanned(t, c)
	if _, err := p.key.Answer(h.ctx, p.newest(t), nodkeytest.Answer{No: "not_me"}); err != nil {
		t.Fatal(err)
	}
	is(t, b.Respond(h.ctx, right), "approval.denied", "a code")
	_, err := b.Challenge(h.ctx)
	is(t, err, "approval.denied", "other digits")

	b, c = p.waiting(t)
	right = p.scanned(t, c)
	is(t, h.SignIns.Cancel(h.ctx, b.Anonymous(), b.SignIn), "", "cancelling")
	is(t, b.Respond(h.ctx, right), "approval.cancelled", "a code after it")
}

func TestAnyOfThePhonesThatAreAskedAnswers(t *testing.T) {
	h := start(t, func(p *nodkey.Policy) { p.ActivationFirst, p.Devices = nodkey.FirstByPassword, nodkey.DevicesAll })
	p := h.join(t)
	second := p.addPhone(t, p.enter(t), "Old phone")
	b, c := p.waiting(t)
	code, err := second.ScannedCode(c.Statement, second.Vpin(pin))
	if err != nil {
		t.Fatal(err)
	}
	is(t, b.Respond(h.ctx, wrong(1, code, p.scanned(t, c))), "code.wrong", "a wrong one")
	is(t, b.Respond(h.ctx, code), "", "the second phone's")
	is(t, b.Finish(h.ctx), "", "the session")
	if s := callerOf(t, b).Session(); string(s.KeyID) != second.ID {
		t.Errorf("the session is of %s", s.KeyID)
	}
	if key := p.stored(t); key.CodeTries != 1 {
		t.Errorf("one wrong code counts as %d", key.CodeTries)
	}
}
