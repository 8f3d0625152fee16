package nodkey_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/wire"
)

// rows counts what an account has left behind: audit rows and approvals.
func (p *person) rows(t failer) int {
	t.Helper()
	n := len(p.actions(t, p.id, ""))
	err := p.Ports.Store.View(p.ctx, func(tx nodkey.Tx) error {
		list, err := tx.ApprovalsSince(p.id, time.Time{}, 10_000)
		n += len(list)
		return err
	})
	if err != nil {
		t.Fatalf("counting: %v", err)
	}
	return n
}

// Whoever is signed in, or has a phone's keys, writes rows no faster than the bucket drains.
func TestAnAccountHolderCannotFillTheStore(t *testing.T) {
	for name, loop := range map[string]func(*testing.T, *person, nodkey.Caller) func(int) error{
		"changes of the PIN": func(t *testing.T, p *person, _ nodkey.Caller) func(int) error {
			return func(int) error { _, err := p.key.AskPINChange(p.ctx); return err }
		},
		"checks of the PIN": func(t *testing.T, p *person, _ nodkey.Caller) func(int) error {
			return func(int) error { _, err := p.key.AskPINCheck(p.ctx); return err }
		},
		"tests that the phone asks for": func(t *testing.T, p *person, _ nodkey.Caller) func(int) error {
			return func(int) error { _, err := p.key.AskTest(p.ctx); return err }
		},
		"tests that the portal sends": func(t *testing.T, p *person, c nodkey.Caller) func(int) error {
			return func(int) error {
				_, err := p.Approvals.AskTest(p.ctx, c, nodkey.KeyID(p.key.ID))
				return err
			}
		},
		"names that the phone gives itself": func(t *testing.T, p *person, _ nodkey.Caller) func(int) error {
			return func(i int) error { return p.key.Rename(p.ctx, fmt.Sprint("Pixel ", i)) }
		},
		"removals asked for": func(t *testing.T, p *person, c nodkey.Caller) func(int) error {
			return func(int) error {
				_, err := p.Keys.AskRemove(p.ctx, c, nodkey.KeyID(p.key.ID))
				return err
			}
		},
		"codes taken and cancelled": func(t *testing.T, p *person, c nodkey.Caller) func(int) error {
			return func(int) error {
				p.Clock.Advance(time.Millisecond)
				if _, err := p.Activations.Start(p.ctx, c); err != nil {
					return err
				}
				return p.Activations.Cancel(p.ctx, c)
			}
		},
		"renamed": func(t *testing.T, p *person, c nodkey.Caller) func(int) error {
			return func(i int) error { return p.Keys.Rename(p.ctx, c, nodkey.KeyID(p.key.ID), fmt.Sprint("Pixel ", i)) }
		},
		"changes of the password": func(t *testing.T, p *person, c nodkey.Caller) func(int) error {
			return func(i int) error {
				_, err := p.Users.AskPasswordChange(p.ctx, c, password, fmt.Sprint("pferd batterie ", i))
				return err
			}
		},
		"yeses taken back": func(t *testing.T, p *person, _ nodkey.Caller) func(int) error {
			b := p.NewBrowser(p.address())
			if err := b.Begin(p.ctx, p.name, password); err != nil {
				t.Fatal(err)
			}
			asked := p.newest(t)
			p.yes(t, b)
			return func(int) error {
				phone, err := p.key.Caller(p.ctx)
				if err != nil {
					return err
				}
				return p.Approvals.Disown(p.ctx, phone, nodkey.ApprovalID(asked.ID))
			}
		},
		"sign-ins of a phone that says yes by itself": func(t *testing.T, p *person, _ nodkey.Caller) func(int) error {
			return func(int) error {
				if err := p.browser.Begin(p.ctx, p.name, password); err != nil {
					return err
				}
				p.yes(t, p.browser)
				return p.browser.Finish(p.ctx)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, nil)
			p := h.join(t)
			p.enter(t)
			h.Clock.Advance(time.Hour)
			again := loop(t, p, p.enter(t))
			done, before := 0, 0
			for i := range 200 {
				err := again(i)
				switch {
				case err == nil:
					done++
				case nodkey.HasKey(err, "user.slow"):
					if before == 0 {
						before = p.rows(t)
					}
					if e := nodkey.AsError(err); e.Kind != nodkey.Limited || e.Args["Seconds"] == 0 || e.Args["Count"] != e.Args["Seconds"] {
						t.Fatalf("%+v", e)
					}
				case nodkey.HasKey(err, "sign_in.slow"): // what the limit refused stays charged as a try
				default:
					t.Fatalf("time %d: %v", i, err)
				}
			}
			if done < 50 || done > 61 {
				t.Errorf("done %d times out of 200", done)
			}
			if n := p.rows(t); n > before+1 { // that a bucket is full is noted once
				t.Errorf("what was refused left %d rows", n-before)
			}
			h.Clock.Advance(time.Minute)
			is(t, again(1000), "", "a moment later")
		})
	}
}

func TestWithoutAPhoneTooWritingHasItsLimit(t *testing.T) {
	h := start(t, byPassword)
	p := h.add(t)
	enter := func() error { return h.NewBrowser(h.address()).Begin(h.ctx, p.name, password) }
	done := 0
	for range 200 {
		err := enter()
		if err == nil {
			done++
		} else if !nodkey.HasKey(err, "sign_in.slow") { // the try stays charged
			is(t, err, "user.slow", "another session")
		}
	}
	if done != 60 {
		t.Errorf("%d sessions", done)
	}
	// Nor does a right password that leads nowhere fill the log.
	h = start(t, nil)
	p = h.join(t)
	phone, err := p.key.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Keys.RemoveOwn(h.ctx, phone); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for range 100 {
		if err := h.NewBrowser(h.address()).Begin(h.ctx, p.name, password); nodkey.HasKey(err, "sign_in.no_phone") {
			refused++
		} else {
			is(t, err, "sign_in.slow", "without a phone")
		}
	}
	if refused > 10 {
		t.Errorf("%d rows of refused sign-ins", refused)
	}
}

// A stolen session that spends the bucket keeps nobody from coming in and putting an end to it.
func TestAThiefWhoSpendsTheBucketIsThrownOut(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	for i := range 100 {
		_ = h.Keys.Rename(h.ctx, c, nodkey.KeyID(p.key.ID), fmt.Sprint("Pixel ", i))
	}
	is(t, h.Keys.Rename(h.ctx, c, nodkey.KeyID(p.key.ID), "Pixel"), "user.slow", "the thief")
	owner := &nodkeytest.Browser{}
	*owner = *p.browser
	mine := p.signIn(t, owner)
	is(t, h.Sessions.End(h.ctx, mine, c.Session().ID), "", "ending the thief's session")
	is(t, h.Keys.Rename(h.ctx, c, nodkey.KeyID(p.key.ID), "Pixel"), "session.none", "the thief then")
}

// What a check refuses is written down, but not as often as somebody likes: neither by a phone that sends assertions that do
// not hold, nor by whoever saw a code's id on the wire.
func TestRefusalsCannotFillTheLog(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	h.Clock.Advance(time.Second)
	if err := p.browser.Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	w, err := p.browser.Wait(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	asked := p.newest(t)
	for i := range 60 {
		_, err := p.key.Answer(h.ctx, asked, nodkeytest.Answer{Number: w.Number, BendWhole: func(in *wire.DecisionRequest) { in.Assertion.Signature[9] ^= 1 }})
		is(t, err, "biometric.failed", "assertion %d", i)
	}
	if n := len(p.actions(t, p.id, "biometric.wrong")); n != 10 {
		t.Errorf("%d rows of wrong assertions", n)
	}
	phone := h.phone("Pixel 9")
	offer, err := phone.Lookup(h.ctx, h.code(t, c))
	if err != nil {
		t.Fatal(err)
	}
	_, in, err := phone.Make(offer, nodkeytest.Making{PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	in.MAC[0] ^= 1
	for i := range 60 {
		_, err := h.Activations.Submit(h.ctx, phone.Caller(), in)
		is(t, err, "submission.mac", "submission %d", i)
	}
	if n := len(p.actions(t, p.id, "activation.refused")); n != 10 {
		t.Errorf("%d rows of wrong MACs", n)
	}
}
