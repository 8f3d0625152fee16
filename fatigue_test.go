package nodkey_test

import (
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"pgregory.net/rapid"
)

// notified begins a sign-in and tells whether the phones are woken.
func (p *person) notified(t failer, b *nodkeytest.Browser) bool {
	t.Helper()
	p.Clock.Advance(time.Second)
	if err := b.Begin(p.ctx, p.name, password); err != nil {
		t.Fatalf("name and password: %v", err)
	}
	w, err := b.Wait(p.ctx)
	if err != nil {
		t.Fatalf("the waiting page: %v", err)
	}
	list, err := p.Approvals.Open(p.ctx, []nodkey.Caller{p.phoneCaller(t)}, true)
	if err != nil {
		t.Fatalf("notified requests: %v", err)
	}
	if _, err := p.key.Newest(p.ctx); err != nil {
		t.Fatalf("found by asking: %v", err)
	}
	newest := len(list.Statements) > 0 && list.Statements[0] == p.newest(t).JWS
	if newest != w.Notified {
		t.Fatalf("the page says %v, the stream %v", w.Notified, newest)
	}
	return w.Notified
}

func TestOneRequestOfAStrangerWakesThePhonesAtATime(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	p.enter(t)
	h.Clock.Advance(time.Hour)
	stranger := func() *nodkeytest.Browser { return h.NewBrowser(h.address()) }
	for round := range 3 { // three unanswered within the window
		if !p.notified(t, stranger()) {
			t.Errorf("request %d does not wake", round)
		}
		if p.notified(t, stranger()) {
			t.Errorf("a second one beside %d wakes", round)
		}
		h.Clock.Advance(nodkey.ApprovalLife)
	}
	if p.notified(t, stranger()) {
		t.Error("a fourth within the window wakes")
	}
	for range 2 { // the user's own browser has a budget of its own
		if !p.notified(t, p.browser) {
			t.Error("a known browser does not wake")
		}
	}
	if p.notified(t, p.browser) {
		t.Error("a third one beside them wakes")
	}
	h.Clock.Advance(15 * time.Minute)
	if !p.notified(t, stranger()) {
		t.Error("after the window it does not wake")
	}
}

func TestAYesRenewsTheBudget(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	h.Clock.Advance(time.Hour)
	for i := range 6 {
		b := h.NewBrowser(h.address())
		if !p.notified(t, b) {
			t.Fatalf("request %d does not wake", i)
		}
		if i%3 == 2 {
			p.yes(t, b)
		} else if _, err := p.key.Answer(h.ctx, p.newest(t), nodkeytest.Answer{No: "mistake"}); err != nil {
			t.Fatal(err)
		}
	}
}

// Whoever knows the password cannot bury what woke the phones under many silent requests.
func TestAFloodWakesThePhonesNoMoreOften(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	h.Clock.Advance(time.Hour)
	woken, slowed := 0, 0
	for range 300 {
		h.Clock.Advance(2 * time.Second)
		b := h.NewBrowser(h.address())
		err := b.Begin(h.ctx, p.name, password)
		if nodkey.HasKey(err, "sign_in.slow") {
			slowed++
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if w, err := b.Wait(h.ctx); err != nil {
			t.Fatal(err)
		} else if w.Notified {
			woken++
		}
	}
	if woken > 3 || slowed < 250 {
		t.Errorf("woken %d times, slowed %d times", woken, slowed)
	}
}

// Whoever keeps to the quarter of an hour's budget for days wakes the phones six times, and then once in four hours.
func TestAPatientStrangerWakesThePhonesSixTimes(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	h.Clock.Advance(time.Hour)
	woken := 0
	for range 2 * 24 * 4 { // two days
		h.Clock.Advance(15 * time.Minute)
		if p.notified(t, h.NewBrowser(h.address())) {
			woken++
		}
	}
	if woken < 16 || woken > 18 {
		t.Errorf("woken %d times in two days", woken)
	}
	if !p.notified(t, p.enterFrom(t)) {
		t.Error("the user's own browser does not wake them")
	}
	h.Clock.Advance(nodkey.ApprovalLife)
	if _, err := h.Users.Unlock(h.ctx, h.Desk(), p.name); err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(15 * time.Minute)
	if !p.notified(t, h.NewBrowser(h.address())) {
		t.Error("after the service desk unlocked the user it does not wake them")
	}
}

// enterFrom makes the person's own browser known, by way of the open app, and gives it.
func (p *person) enterFrom(t failer) *nodkeytest.Browser {
	t.Helper()
	p.enter(t)
	p.Clock.Advance(nodkey.ApprovalLife)
	return p.browser
}

// In any order of waiting, asking and answering, strangers wake the phones no more than six times and once in four hours
// since the last yes; and where both budgets have room, they do.
func TestStrangersNeverExceedTheirBudgets(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := start(t, nil)
		p := h.join(rt)
		h.Clock.Advance(time.Hour)
		type request struct {
			at time.Time
		}
		var since []request // those that woke the phones since the last yes
		for range rapid.IntRange(1, 40).Draw(rt, "requests") {
			minutes := rapid.SampledFrom([]int{4, 6, 16, 16, 61, 241}).Draw(rt, "minutes")
			h.Clock.Advance(time.Duration(minutes) * time.Minute)
			b := h.NewBrowser(h.address())
			woke, now := p.notified(rt, b), h.Clock.Now()
			recent, level, at := 0, 0.0, time.Time{}
			for _, r := range since {
				if now.Sub(r.at) < 15*time.Minute {
					recent++
				}
				level = max(0, level-float64(r.at.Sub(at))/float64(4*time.Hour)) + 1
				at = r.at
			}
			level = max(0, level-float64(now.Sub(at))/float64(4*time.Hour))
			if want := recent < 3 && level <= 5; woke != want {
				rt.Fatalf("woken: %v, with %d in the quarter of an hour and a level of %g", woke, recent, level)
			}
			if woke {
				since = append(since, request{at: now})
			}
			switch rapid.SampledFrom([]string{"", "", "", "no", "no", "yes"}).Draw(rt, "answer") {
			case "yes":
				p.yes(rt, b)
				since = nil
			case "no":
				if _, err := p.key.Answer(h.ctx, p.newest(rt), nodkeytest.Answer{No: "mistake"}); err != nil {
					rt.Fatal(err)
				}
			}
		}
	})
}
