package nodkey_test

import (
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
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
