package nodkey_test

import (
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/wire"
	"pgregory.net/rapid"
)

// guess tries passwords from an address until it is slowed, and tells how many were checked.
func (h house) guess(t failer, name, address string, most int) int {
	t.Helper()
	for n := range most {
		_, err := h.SignIns.Begin(h.ctx, h.NewBrowser(address).Anonymous(), name, "a wrong password")
		if nodkey.HasKey(err, "sign_in.slow") {
			return n
		}
		is(t, err, "sign_in.wrong", "guess %d", n)
	}
	return most
}

func TestGuessingIsSlowedAndTheRealUserIsNot(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	p.enter(t) // from now on the browser is known
	if n := h.guess(t, p.name, "198.51.100.7", 50); n != 10 {
		t.Errorf("%d guesses at a name", n)
	}
	if n := h.guess(t, p.name, "198.51.100.8", 50); n != 0 {
		t.Errorf("%d guesses at the name from elsewhere", n)
	}
	is(t, h.NewBrowser(h.address()).Begin(h.ctx, p.name, password), "sign_in.slow", "a strange browser with the right password")
	h.Clock.Advance(time.Second)
	is(t, p.browser.Begin(h.ctx, p.name, password), "", "the user's own browser")
	h.Clock.Advance(3 * time.Minute)
	if n := h.guess(t, p.name, "198.51.100.9", 50); n != 1 {
		t.Errorf("%d guesses after one has drained", n)
	}
	_, err := h.SignIns.Begin(h.ctx, h.NewBrowser("198.51.100.9").Anonymous(), p.name, "x")
	if e := nodkey.AsError(err); e.Args["Seconds"] == 0 || e.Args["Count"] != e.Args["Seconds"] {
		t.Errorf("%v", e.Args)
	}
	if _, err := h.Users.Unlock(h.ctx, h.Desk(), p.name); err != nil {
		t.Fatal(err)
	}
	if n := h.guess(t, p.name, "198.51.100.10", 50); n != 10 {
		t.Errorf("%d guesses after unlocking", n)
	}
}

func TestAKnownBrowserThatGuessesIsSlowedToo(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	p.enter(t)
	c := p.browser.Anonymous()
	for n := range 10 {
		_, err := h.SignIns.Begin(h.ctx, c, p.name, "a wrong password")
		is(t, err, "sign_in.wrong", "guess %d", n)
	}
	_, err := h.SignIns.Begin(h.ctx, c, p.name, "a wrong password")
	is(t, err, "sign_in.slow", "the eleventh")
	_, err = h.SignIns.Begin(h.ctx, c, h.add(t).name, "a wrong password")
	is(t, err, "sign_in.wrong", "another user's name, where it is a stranger")
}

// What a stranger sees of a name that exists is what they see of one that does not.
func TestUnknownNamesCostTheSame(t *testing.T) {
	h := start(t, nil)
	rapid.Check(t, func(rt *rapid.T) {
		p := h.add(rt)
		addresses := []string{"198.51.100.1", "198.51.100.2", "2001:db8::1", "2001:db8::2"}
		type step struct {
			from string
			wait time.Duration
		}
		steps := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) step {
			return step{rapid.SampledFrom(addresses).Draw(rt, "from"), time.Duration(rapid.SampledFrom([]int{0, 0, 0, 0, 10, 200}).Draw(rt, "wait")) * time.Second}
		}), 10, 40).Draw(rt, "steps")
		see := func(name string) (seen []string, work int64) {
			before := h.Passwords.Verified.Load()
			for _, s := range steps {
				h.Clock.Advance(s.wait)
				_, err := h.SignIns.Begin(h.ctx, h.NewBrowser(s.from).Anonymous(), name, "a wrong password")
				seen = append(seen, nodkey.AsError(err).Error())
			}
			h.Clock.Advance(3 * time.Hour) // all buckets drain
			return seen, h.Passwords.Verified.Load() - before
		}
		known, work := see(p.name)
		unknown, same := see("nobody")
		invalid, too := see("no such name!")
		if work != same || work != too {
			rt.Fatalf("work: %d, %d, %d", work, same, too)
		}
		for i := range known {
			if known[i] != unknown[i] || known[i] != invalid[i] {
				rt.Fatalf("try %d: %q, %q, %q", i, known[i], unknown[i], invalid[i])
			}
		}
	})
}

func TestGuessedCodesSlowTheirSourceAndRaiseAnAlarm(t *testing.T) {
	h := start(t, byPassword)
	p := h.add(t)
	phone := h.phone("Pixel 8")
	code := h.code(t, p.visit(t))
	slowed := 0
	for i := range 400 {
		c := phone.Caller()
		c.Source = h.NewBrowser([]string{"198.51.100.1", "2001:db8::1"}[i%2]).From
		if i%40 == 39 {
			h.Clock.Advance(20 * time.Second)
		}
		id := make([]byte, 16)
		id[0], id[1] = byte(i), byte(i>>8)
		_, err := h.Activations.Lookup(h.ctx, c, id)
		if nodkey.HasKey(err, "activation.slow") {
			slowed++
		} else {
			is(t, err, "activation.wrong", "guess %d", i)
		}
		if _, err := h.Activations.Lookup(h.ctx, c, code.CodeID()); i%20 == 0 && err != nil {
			t.Fatalf("the right code from the same source: %v", err)
		}
	}
	if slowed < 200 {
		t.Errorf("%d of 400 guesses were slowed", slowed)
	}
	for i := range 300 { // from everywhere
		id := make([]byte, 16)
		id[0], id[1], id[2] = byte(i), byte(i>>8), 1
		c := phone.Caller()
		c.Source = h.NewBrowser(h.address()).From
		if _, err := h.Activations.Lookup(h.ctx, c, id); !nodkey.HasKey(err, "activation.wrong") {
			t.Fatal(err)
		}
	}
	if alarms := h.actions(t, "", "alarm.codes_guessed"); len(alarms) == 0 {
		t.Error("no alarm")
	}
	_, err := phone.Lookup(h.ctx, code)
	is(t, err, "", "the right code after all that")
}

func TestNotMeSlowsItsSourceOnly(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	p.enter(t)
	stranger := h.NewBrowser("198.51.100.7")
	for range 2 {
		h.Clock.Advance(6 * time.Minute)
		if err := stranger.Begin(h.ctx, p.name, password); err != nil {
			t.Fatal(err)
		}
		if got, err := p.key.Answer(h.ctx, p.newest(t), nodkeytest.Answer{No: nodkey.ReasonNotMe}); err != nil || got != (wire.DecisionResponse{State: "denied"}) {
			t.Fatalf("%+v, %v", got, err)
		}
		if _, err := p.key.Answer(h.ctx, nodkeytest.Statement{}, nodkeytest.Answer{No: "mistake"}); err == nil {
			t.Fatal("a no to nothing")
		}
	}
	if err := h.NewBrowser("198.51.100.7").Begin(h.ctx, p.name, "a wrong password"); err == nil {
		t.Fatal("a wrong password")
	}
	if n := h.guess(t, "nobody", "198.51.100.7", 50); n > 12 {
		t.Errorf("%d guesses from the source", n)
	}
	if n := h.guess(t, "nobody-else", "198.51.100.99", 50); n != 10 {
		t.Errorf("%d guesses from elsewhere", n)
	}
	is(t, p.browser.Begin(h.ctx, p.name, password), "", "the user's own browser")
}
