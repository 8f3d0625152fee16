package nodkey_test

import (
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"pgregory.net/rapid"
)

func TestOnlyAnActivePhoneOfTheUsersCanBeChosen(t *testing.T) {
	h := start(t, func(p *nodkey.Policy) { p.MaxKeys = 9 })
	p, second := h.withTwo(t)
	other, _ := h.withTwo(t)
	c := p.enter(t)
	suspended, removed := p.addPhone(t, c, "Suspended"), p.addPhone(t, c, "Removed")
	b := h.NewBrowser(h.address())
	if got := names(p.list(t, b)); len(got) != 4 {
		t.Fatalf("to choose from: %v", got)
	}
	// Both go between the list and the choice.
	s, err := suspended.AskTest(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for range nodkey.PINTriesInARow {
		_, err = suspended.Answer(h.ctx, s, nodkeytest.Answer{PIN: "9999"})
	}
	is(t, err, "key.suspended", "the fifth wrong PIN")
	gone, err := removed.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	is(t, h.Keys.RemoveOwn(h.ctx, gone), "", "removing")
	waiting, r, err := h.phone("Waiting").Activate(h.ctx, h.code(t, c), nodkeytest.Making{PIN: pin})
	if err != nil || r.State != "approve" {
		t.Fatal(r.State, err)
	}
	before := nodkeytest.Dump(t, h.path)
	for what, id := range map[string]string{"another user's": other.key.ID, "suspended": suspended.ID, "removed": removed.ID, "not active yet": waiting.ID,
		"of nobody": "x", "two at once": p.key.ID + " " + second.ID, "a part of one": p.key.ID[:42]} {
		is(t, b.Choose(h.ctx, id), "choice.gone", "a key that is %s", what)
	}
	is(t, b.Choose(h.ctx, ""), "choice.all", "all of them")
	nodkeytest.Unchanged(t, "a choice that is none", before, nodkeytest.Dump(t, h.path))
	if got := names(p.page(t, b)); len(got) != 2 {
		t.Errorf("the list anew: %v", got)
	}
	if h.sees(t, other.key) {
		t.Error("another user's phone is asked")
	}
	is(t, b.Choose(h.ctx, second.ID), "", "one that is there")
}

func TestOnlyItsOwnBrowserChooses(t *testing.T) {
	h := start(t, nil)
	p, second := h.withTwo(t)
	other, _ := h.withTwo(t)
	b, theirs := h.NewBrowser(h.address()), h.NewBrowser(h.address())
	p.list(t, b)
	other.list(t, theirs)
	choose := func(token nodkey.Token, key *nodkeytest.PhoneKey, instead nodkey.ApprovalID) error {
		return h.SignIns.Choose(h.ctx, b.Anonymous(), token, nodkey.KeyID(key.ID), instead)
	}
	before := nodkeytest.Dump(t, h.path)
	is(t, choose("", second, ""), "sign_in.unknown", "without a token")
	is(t, choose(b.SignIn[1:]+b.SignIn[:1], second, ""), "sign_in.unknown", "with a bent token")
	is(t, choose(theirs.SignIn, second, ""), "choice.gone", "with another user's token")
	is(t, choose(b.SignIn, second, "x"), "choice.made", "in the place of a request that never was")
	nodkeytest.Unchanged(t, "a choice of somebody else's", before, nodkeytest.Dump(t, h.path))

	is(t, choose(b.SignIn, second, ""), "", "its own browser")
	first := p.page(t, b).Request
	is(t, choose(b.SignIn, p.key, ""), "choice.made", "from the page of before")
	is(t, choose(b.SignIn, p.key, first), "", "from the page of now")
	is(t, choose(b.SignIn, second, first), "choice.made", "from the page of before once more")
	p.yes(t, b)
	is(t, choose(b.SignIn, second, p.page(t, b).Request), "sign_in.over", "after the yes")
	is(t, b.Finish(h.ctx), "", "the session")
	is(t, choose(b.SignIn, second, p.page(t, b).Request), "sign_in.over", "after the session was collected")
}

// A stranger who has the password and goes from phone to phone wakes no more of them than the table allows, and leaves a
// bounded number of rows.
func TestGoingFromPhoneToPhoneWakesThemNoMoreOften(t *testing.T) {
	h := start(t, nil)
	p, second := h.withTwo(t)
	woken, asked, slow := 0, 0, 0
	for round := range 200 {
		h.Clock.Advance(4 * time.Second)
		b := h.NewBrowser(h.address())
		if err := b.Begin(h.ctx, p.name, password); nodkey.HasKey(err, "sign_in.slow") {
			slow++
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			err := b.Choose(h.ctx, []string{p.key.ID, second.ID}[(round+i)%2])
			if nodkey.HasKey(err, "sign_in.slow") {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			asked++
			if p.page(t, b).Notified {
				woken++
			}
		}
	}
	if woken > 3 {
		t.Errorf("woken %d times in a quarter of an hour", woken)
	}
	if asked > 200 || slow < 150 {
		t.Errorf("%d requests were made, %d tries refused", asked, slow)
	}
	// The user's own browser has a budget of its own.
	if w := p.list(t, p.browser); w.State != nodkey.SignInChoosing {
		t.Fatal(w.State)
	}
	is(t, p.browser.Choose(h.ctx, p.key.ID), "", "a known browser")
	if !p.page(t, p.browser).Notified {
		t.Error("a known browser wakes nobody")
	}
}

// Days of it are bounded by the second tier.
func TestAPatientStrangerWhoGoesFromPhoneToPhoneWakesThemSixTimes(t *testing.T) {
	h := start(t, nil)
	p, second := h.withTwo(t)
	woken := 0
	for range 24 * 4 { // a day
		h.Clock.Advance(15 * time.Minute)
		b := h.NewBrowser(h.address())
		p.list(t, b)
		for _, key := range []string{p.key.ID, second.ID, p.key.ID} {
			is(t, b.Choose(h.ctx, key), "", "a choice")
			if p.page(t, b).Notified {
				woken++
			}
		}
	}
	if woken < 11 || woken > 12 {
		t.Errorf("woken %d times in a day", woken)
	}
}

// Whoever knows the password and chooses nobody is slowed down like anybody who tries; who does choose has their try back.
func TestARightPasswordCountsUntilAPhoneIsWoken(t *testing.T) {
	h := start(t, nil)
	p, second := h.withTwo(t)
	tries := func(b *nodkeytest.Browser, choose bool) (n int) {
		for n < 30 {
			if err := b.Begin(h.ctx, p.name, password); err != nil {
				is(t, err, "sign_in.slow", "try %d", n)
				return n
			}
			n++
			if choose {
				is(t, b.Choose(h.ctx, second.ID), "", "a choice")
				if !p.page(t, b).Notified {
					return n
				}
				is(t, h.SignIns.Cancel(h.ctx, b.Anonymous(), b.SignIn), "", "cancelling")
			}
		}
		return n
	}
	if n := tries(h.NewBrowser(h.address()), false); n != 10 {
		t.Errorf("a stranger tries %d times", n)
	}
	if n := tries(p.browser, false); n != 10 {
		t.Errorf("a known browser tries %d times", n)
	}
	h.Clock.Advance(24 * time.Hour)
	if n := tries(p.browser, true); n != 11 { // ten woke the phone and were given back
		t.Errorf("a known browser that chooses tries %d times", n)
	}
	if n := tries(p.browser, false); n != 9 {
		t.Errorf("after which it has %d tries left", n)
	}
}

// In any order of beginning, choosing, taking a request to the other phone, waiting and answering, strangers wake the phones as
// often as the table says, however many phones there are: a request that was taken elsewhere is no longer open, and counts.
func TestChoosingNeverExceedsTheBudgetsOfStrangers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := start(t, nil)
		p, second := h.withTwo(rt)
		keys := []*nodkeytest.PhoneKey{p.key, second}
		type request struct {
			at, until time.Time
			key       *nodkeytest.PhoneKey
			woke      bool
		}
		var browsers []*nodkeytest.Browser
		last := map[*nodkeytest.Browser]request{} // that is open
		var woken []time.Time                     // when phones were
		// How many of them do not count any more: for the table since a yes to a request that woke them, for the level since any.
		answered, emptied := 0, 0
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			h.Clock.Advance(time.Duration(rapid.SampledFrom([]int{1, 1, 60, 181, 361, 961, 14460}).Draw(rt, "seconds")) * time.Second)
			now := h.Clock.Now()
			if len(browsers) == 0 || rapid.IntRange(0, 2).Draw(rt, "begin") == 0 {
				b := h.NewBrowser(h.address())
				if err := b.Begin(h.ctx, p.name, password); nodkey.HasKey(err, "sign_in.slow") {
					continue
				} else if err != nil {
					rt.Fatal(err)
				}
				browsers = append(browsers, b)
			}
			b := rapid.SampledFrom(browsers).Draw(rt, "browser")
			key := rapid.SampledFrom(keys).Draw(rt, "key")
			if before := last[b]; before.key == key && now.Before(before.until) {
				continue // it is being asked
			}
			err := b.Choose(h.ctx, key.ID)
			if nodkey.HasKey(err, "sign_in.over") || nodkey.HasKey(err, "sign_in.slow") {
				continue
			}
			if err != nil {
				rt.Fatal(err)
			}
			w := p.page(rt, b)
			open, recent, level, at := 0, 0, 0.0, time.Time{}
			for other, r := range last {
				if other != b && r.woke && now.Before(r.until) {
					open++
				}
			}
			for _, woken := range woken[answered:] {
				if now.Sub(woken) < 15*time.Minute {
					recent++
				}
			}
			for _, woken := range woken[emptied:] {
				level = max(0, level-float64(woken.Sub(at))/float64(4*time.Hour)) + 1
				at = woken
			}
			level = max(0, level-float64(now.Sub(at))/float64(4*time.Hour))
			if want := open < 1 && recent < 3 && level <= 5; w.Notified != want {
				rt.Fatalf("woken: %v, with %d open, %d in the quarter of an hour and a level of %g", w.Notified, open, recent, level)
			}
			if w.Notified {
				woken = append(woken, now)
			}
			last[b] = request{now, w.ExpiresAt, key, w.Notified}
			if rapid.IntRange(0, 5).Draw(rt, "answer") == 0 {
				(&person{house: h, name: p.name, id: p.id, key: key}).yes(rt, b)
				emptied = len(woken)
				if w.Notified {
					answered = len(woken)
				}
				delete(last, b)
			}
		}
	})
}

// Whoever knows the password sees what it takes to choose: names, the one last used first. When a phone was used and what it is
// is for browsers that signed in before; a system also where two phones have one name.
func TestABrowserThatNeverSignedInSeesNamesOfPhonesAndNoMore(t *testing.T) {
	h := start(t, func(p *nodkey.Policy) { p.MaxKeys = 5 })
	p, _ := h.withTwo(t)
	namesake := p.addPhone(t, p.enter(t), "Pixel 9")
	stranger := h.NewBrowser(h.address())
	look := func(what string, w nodkey.Waiting) {
		t.Helper()
		if w.Known || len(w.Choices) != 3 || w.Choices[0].Phone.Name != "Pixel 8" {
			t.Fatalf("%s: known: %v, %+v", what, w.Known, w.Choices)
		}
		for i, c := range w.Choices {
			want := nodkey.Phone{Name: c.Phone.Name}
			if i > 0 {
				want.Platform, want.OSVersion = nodkey.Android, "16"
			}
			if !c.LastUsedAt.IsZero() || c.Phone != want {
				t.Errorf("%s: a stranger learns %+v", what, c)
			}
		}
	}
	look("the list", p.list(t, stranger))
	is(t, stranger.Choose(h.ctx, namesake.ID), "", "a choice")
	look("while one is asked", p.page(t, stranger))
	h.Clock.Advance(nodkey.ApprovalLife)
	look("when it did not answer", p.page(t, stranger))

	w := p.list(t, p.browser)
	if c := w.Choices; !w.Known || len(c) != 3 || c[0].LastUsedAt.IsZero() || c[0].Phone.Platform != nodkey.Android || c[0].Phone.OSVersion != "16" {
		t.Errorf("the user's own browser: known: %v, %+v", w.Known, c)
	}
}

// Whoever knows the password cannot bury, under requests that they take from phone to phone, the change by which its person
// throws them out: its page has the number.
func TestGoingFromPhoneToPhoneHidesNoChangeThatWaits(t *testing.T) {
	h := start(t, nil)
	p, second := h.withTwo(t)
	c := p.enter(t)
	keys := []string{p.key.ID, second.ID}
	var ready []*nodkeytest.Browser
	for range 10 * 60 / 4 { // as many as there can be, each of them asked and run out
		h.Clock.Advance(4 * time.Second)
		b := h.NewBrowser(h.address())
		if err := b.Begin(h.ctx, p.name, password); err == nil {
			is(t, b.Choose(h.ctx, keys[0]), "", "a choice")
			ready = append(ready, b)
		}
	}
	h.Clock.Advance(nodkey.ApprovalLife)
	_, err := h.Keys.AskRemove(h.ctx, c, nodkey.KeyID(second.ID))
	is(t, err, "", "the change")
	before := len(nodkeytest.Dump(t, h.path)["approvals"])
	for round := range 2 {
		h.Clock.Advance(time.Duration(round) * (2*time.Minute + time.Second))
		for _, b := range ready {
			if round == 0 {
				is(t, b.Again(h.ctx), "", "once more")
			}
			for n := range 20 {
				h.Clock.Advance(time.Millisecond)
				if err := b.Choose(h.ctx, keys[(n+1)%2]); nodkey.HasKey(err, "sign_in.slow") {
					break
				} else if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if made := len(nodkeytest.Dump(t, h.path)["approvals"]) - before; made < 100 {
		t.Fatalf("only %d requests were made", made)
	}
	change, err := h.Approvals.Change(h.ctx, c)
	if err != nil || change.State != nodkey.ApprovalOpen || change.Number == "" {
		t.Errorf("under them all: %+v, %v", change, err)
	}
}
