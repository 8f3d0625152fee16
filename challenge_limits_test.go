package nodkey_test

import (
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// turnOff types wrong codes until the person's codes are off.
func (p *person) turnOff(t failer) {
	t.Helper()
	typed := 0
	for typed < nodkey.CodeTriesInARow {
		b, c := p.waiting(t)
		for range nodkey.ChallengeTries {
			err := b.Respond(p.ctx, wrong(typed, p.typed(t, c), p.scanned(t, c)))
			if !nodkey.HasKey(err, "code.wrong") && !nodkey.HasKey(err, "code.over") {
				t.Fatalf("wrong code %d: %v", typed, err)
			}
			typed++
		}
	}
}

func TestTenWrongCodesTurnThemOffAndNothingElse(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	p.enter(t)
	p.turnOff(t)
	h.Clock.Advance(time.Hour)
	if err := p.browser.Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	_, err := p.browser.Challenge(h.ctx)
	is(t, err, "code.off", "another challenge")
	if n := len(h.actions(t, p.id, "code.off")); n != 1 {
		t.Errorf("written down %d times", n)
	}
	p.yes(t, p.browser) // requests work as before, and a right PIN turns codes on
	is(t, p.browser.Finish(h.ctx), "", "the session")
	b, c := p.waiting(t)
	is(t, b.Respond(h.ctx, p.scanned(t, c)), "", "a code then")
}

// A challenge of its own for every guess does not help either.
func TestGuessesAreTenHoweverManySignInsTheyAreSpreadOver(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	p.enter(t)
	var wg sync.WaitGroup
	for i := range 30 {
		h.Clock.Advance(time.Minute)
		b := h.NewBrowser(h.address())
		b.Known = p.browser.Known
		if err := b.Begin(h.ctx, p.name, password); err != nil {
			t.Fatal(err)
		}
		for n := range 3 {
			c, err := b.Challenge(h.ctx)
			if nodkey.HasKey(err, "code.off") || nodkey.HasKey(err, "code.slow") {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			guess := wrong(i*10+n, p.typed(t, c), p.scanned(t, c))
			for range 20 {
				wg.Go(func() { _ = b.Respond(h.ctx, guess) }) // what it says is tested elsewhere
			}
		}
		wg.Wait()
	}
	if n := len(h.actions(t, p.id, "code.wrong")); n != nodkey.CodeTriesInARow {
		t.Errorf("%d codes were checked", n)
	}
	if n := len(h.actions(t, p.id, "approval.approved")); n != 1 { // the person's own
		t.Errorf("%d got in", n)
	}
}

// Whoever copied a phone's storage could try PINs by codes: a right PIN between them does not give them more and more.
func TestTwentyWrongCodesInAMonthTurnThemOffWhateverCameBetween(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	for range 2 {
		p.turnOff(t)
		h.Clock.Advance(24 * time.Hour)
		p.enter(t)
	}
	if err := p.browser.Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	_, err := p.browser.Challenge(h.ctx)
	is(t, err, "code.off", "after a right PIN")
	if _, err := h.Users.Unlock(h.ctx, h.Desk(), p.name); err != nil {
		t.Fatal(err)
	}
	p.challenge(t, p.browser)
	is(t, p.browser.Respond(h.ctx, p.scanned(t, p.challenge(t, p.browser))), "", "after the service desk unlocked the user")
}

func TestABiometricYesTurnsCodesOn(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	p.turnOff(t)
	h.Clock.Advance(time.Hour)
	if err := p.browser.Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	w, err := p.browser.Wait(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.key.Answer(h.ctx, p.newest(t), nodkeytest.Answer{Number: w.Number}); err != nil {
		t.Fatal(err)
	}
	p.waiting(t)
}

func TestDigitsAreNotAskedTwiceWithinAMonth(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	key := nodkey.KeyID(p.key.ID)
	asked := map[string]bool{}
	for range 30 {
		h.Clock.Advance(15 * time.Minute)
		_, c := p.waiting(t)
		if asked[c.Digits] {
			t.Fatalf("%s twice", c.Digits)
		}
		asked[c.Digits] = true
		err := h.Ports.Store.Update(h.ctx, func(tx nodkey.Tx) error { return tx.AskChallenge(key, c.Digits, h.Clock.Now()) })
		if err != nodkey.ErrExists {
			t.Fatalf("%s may be asked again: %v", c.Digits, err)
		}
	}
}

func TestStrangersWhoAskForDigitsSlowStrangersOnly(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	p.enter(t)
	h.Clock.Advance(time.Hour)
	slowed := false
	for range 12 {
		b := h.NewBrowser(h.address())
		h.Clock.Advance(10 * time.Second)
		if err := b.Begin(h.ctx, p.name, password); nodkey.HasKey(err, "sign_in.slow") {
			h.Clock.Advance(3 * time.Minute)
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		for range 2 { // five wrong codes would do as well
			_, err := b.Challenge(h.ctx)
			if e := nodkey.AsError(err); err != nil && (e.Key != "code.slow" || e.Args["Seconds"] == 0) {
				t.Fatal(err)
			}
			slowed = slowed || err != nil
			h.exhaust(t, b)
		}
	}
	if !slowed {
		t.Error("strangers ask as often as they like")
	}
	if err := p.browser.Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	p.challenge(t, p.browser)
}

// exhaust makes the challenge of a browser unusable without counting wrong codes against the key.
func (h house) exhaust(t failer, b *nodkeytest.Browser) {
	t.Helper()
	err := h.Ports.Store.Update(h.ctx, func(tx nodkey.Tx) error {
		signIn, err := tx.SignInByToken(b.SignIn.Hash())
		if err != nil {
			return err
		}
		list, err := tx.ChallengesOf(signIn.ApprovalID)
		if err != nil || len(list) == 0 {
			return err
		}
		for range nodkey.ChallengeTries - list[0].Tries {
			if _, err := tx.ReserveChallengeTry(list[0].ID, nodkey.ChallengeTries, h.Clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("using a challenge up: %v", err)
	}
}
