package nodkey_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// withTwo is a person with a first phone, used a moment ago, and a second one, "Pixel 9", never used.
func (h house) withTwo(t failer) (*person, *nodkeytest.PhoneKey) {
	t.Helper()
	p := h.join(t)
	second := p.addPhone(t, p.enter(t), "Pixel 9")
	h.Clock.Advance(time.Hour)
	return p, second
}

// list begins a sign-in and gives what its page shows.
func (p *person) list(t failer, b *nodkeytest.Browser) nodkey.Waiting {
	t.Helper()
	p.Clock.Advance(time.Second)
	if err := b.Begin(p.ctx, p.name, password); err != nil {
		t.Fatalf("name and password: %v", err)
	}
	return p.page(t, b)
}

func (p *person) page(t failer, b *nodkeytest.Browser) nodkey.Waiting {
	t.Helper()
	w, err := b.Wait(p.ctx)
	if err != nil {
		t.Fatalf("the page: %v", err)
	}
	return w
}

func names(w nodkey.Waiting) (names []string) {
	for _, c := range w.Choices {
		names = append(names, c.Phone.Name)
	}
	return names
}

// sees tells whether a phone has an open request.
func (h house) sees(t failer, k *nodkeytest.PhoneKey) bool {
	t.Helper()
	open, err := k.Open(h.ctx)
	if err != nil {
		t.Fatalf("the phone: %v", err)
	}
	return len(open) > 0
}

func TestAPersonWithSeveralPhonesChoosesOne(t *testing.T) {
	h := start(t, func(p *nodkey.Policy) { p.MaxKeys = 5 })
	p, second := h.withTwo(t)
	third := p.addPhone(t, p.enter(t), "Tablet")
	b := h.NewBrowser(h.address())
	w := p.list(t, b)
	if w.State != nodkey.SignInChoosing || w.Number != "" || len(w.Phones) != 0 || w.Notified || w.Request != "" || w.AllAtOnce || w.Remaining != nodkey.SignInLife {
		t.Errorf("the page: %+v", w)
	}
	if got := names(w); !slices.Equal(got, []string{"Pixel 8", "Tablet", "Pixel 9"}) { // used; never, and activated last; never
		t.Errorf("to choose from: %v", got)
	}
	if w.Choices[0].Asked {
		t.Errorf("to choose from: %+v", w.Choices)
	}
	if c := p.list(t, p.browser).Choices; !c[1].LastUsedAt.IsZero() || !c[2].LastUsedAt.IsZero() || c[0].LastUsedAt.IsZero() || c[0].Asked {
		t.Errorf("to choose from in their own browser: %+v", c)
	}
	for _, k := range []*nodkeytest.PhoneKey{p.key, second, third} {
		if h.sees(t, k) {
			t.Error("a phone is asked before one was chosen")
		}
	}
	_, err := b.Challenge(h.ctx)
	is(t, err, "choice.first", "a code before a phone is chosen")
	is(t, b.Respond(h.ctx, "12345678"), "choice.first", "its answer")
	is(t, b.Again(h.ctx), "sign_in.over", "once more, of nothing")
	is(t, b.Finish(h.ctx), "sign_in.over", "collecting")

	is(t, b.Choose(h.ctx, second.ID), "", "the second")
	w = p.page(t, b)
	if w.State != nodkey.SignInPending || len(w.Number) != 2 || !w.Notified || len(w.Phones) != 1 || w.Phones[0].Name != "Pixel 9" || len(w.Choices) != 3 {
		t.Errorf("the page: %+v", w)
	}
	for _, c := range w.Choices {
		if c.Asked != (string(c.KeyID) == second.ID) {
			t.Errorf("asked: %+v", c)
		}
	}
	if h.sees(t, p.key) || h.sees(t, third) || !h.sees(t, second) {
		t.Error("others are asked than the chosen one")
	}
	(&person{house: h, name: p.name, id: p.id, key: second}).yes(t, b)
	is(t, b.Finish(h.ctx), "", "the session")
	if got := names(p.list(t, h.NewBrowser(h.address()))); got[0] != "Pixel 9" {
		t.Errorf("after it to choose from: %v", got)
	}
}

func TestOneDeadPhoneNeverBlocksTheOthers(t *testing.T) {
	for what, wait := range map[string]time.Duration{"while it is asked": 20 * time.Second, "after nobody answered": nodkey.ApprovalLife} {
		t.Run(what, func(t *testing.T) {
			h := start(t, nil)
			p, second := h.withTwo(t)
			b := h.NewBrowser(h.address())
			dead := p.list(t, b).Choices[0].KeyID // the one last used
			is(t, b.Choose(h.ctx, string(dead)), "", "the dead one")
			old, number := p.newest(t), p.page(t, b).Number
			wake, cancel := h.Ports.Bus.Subscribe(h.Approvals.Topics([]nodkey.Caller{p.phoneCaller(t)})...)
			defer cancel()
			h.Clock.Advance(wait)
			is(t, b.Choose(h.ctx, second.ID), "", "the other")
			if h.sees(t, p.key) {
				t.Error("the dead phone is asked still")
			}
			if wait < nodkey.ApprovalLife {
				select {
				case <-wake:
				default:
					t.Error("the phone is not told that its request is over")
				}
			}
			_, err := p.key.Answer(h.ctx, old, nodkeytest.Answer{PIN: pin, Number: number})
			if !nodkey.HasKey(err, "approval.cancelled") && !nodkey.HasKey(err, "approval.expired") {
				t.Errorf("its late yes: %v", err)
			}
			if w := p.page(t, b); w.State != nodkey.SignInPending {
				t.Errorf("after its late yes the page says %s", w.State)
			}
			(&person{house: h, name: p.name, id: p.id, key: second}).yes(t, b)
			is(t, b.Finish(h.ctx), "", "the session")
			if s := callerOf(t, b).Session(); s == nil || string(s.KeyID) != second.ID {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestAllAtOnceIsForThePolicyToSay(t *testing.T) {
	h := start(t, func(p *nodkey.Policy) { p.Devices = nodkey.DevicesChooseOrAll })
	p, second := h.withTwo(t)
	b := h.NewBrowser(h.address())
	if w := p.list(t, b); !w.AllAtOnce || len(w.Choices) != 2 {
		t.Errorf("the page: %+v", w)
	}
	is(t, b.Choose(h.ctx, ""), "", "all of them")
	if !h.sees(t, p.key) || !h.sees(t, second) {
		t.Error("not all of them are asked")
	}
	before := len(h.actions(t, p.id, "sign_in.asked"))
	is(t, b.Choose(h.ctx, ""), "", "all of them again")
	if n := len(h.actions(t, p.id, "sign_in.asked")); n != before {
		t.Error("what is asked already is asked anew")
	}
	is(t, b.Choose(h.ctx, second.ID), "", "one of them instead")
	if h.sees(t, p.key) || !h.sees(t, second) {
		t.Error("others than that one are asked")
	}

	h = start(t, func(p *nodkey.Policy) { p.Devices = nodkey.DevicesAll })
	p, second = h.withTwo(t)
	w := p.list(t, p.browser)
	if w.State != nodkey.SignInPending || len(w.Choices) != 0 || len(w.Phones) != 2 || !h.sees(t, second) {
		t.Errorf("the page: %+v", w)
	}
	is(t, p.browser.Choose(h.ctx, second.ID), "choice.none", "a choice where there is none")
}

func TestWithOnePhoneThereIsNothingToChoose(t *testing.T) {
	h := start(t, nil)
	p, second := h.withTwo(t)
	c, err := second.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	b := h.NewBrowser(h.address())
	p.list(t, b)
	is(t, h.Keys.RemoveOwn(h.ctx, c), "", "removing one of the two")
	if w := p.page(t, b); w.State != nodkey.SignInChoosing || len(w.Choices) != 1 { // who is asked to choose finds what is left
		t.Errorf("the page: %+v", w)
	}
	is(t, b.Choose(h.ctx, second.ID), "choice.gone", "the one that is gone")
	is(t, b.Choose(h.ctx, p.key.ID), "", "the one that is left")
	if w := p.page(t, b); len(w.Choices) != 0 {
		t.Errorf("another phone is offered: %v", names(w))
	}
	if w := p.list(t, p.browser); w.State != nodkey.SignInPending || len(w.Choices) != 0 {
		t.Errorf("the page of the next: %+v", w)
	}
	is(t, h.Keys.RemoveOwn(h.ctx, p.phoneCaller(t)), "", "removing the last")
	is(t, b.Choose(h.ctx, p.key.ID), "sign_in.no_phone", "with no phone left")
}

func TestACodeIsOfThePhoneThatWasChosen(t *testing.T) {
	h := start(t, nil)
	p, second := h.withTwo(t)
	b := h.NewBrowser(h.address())
	p.list(t, b)
	is(t, b.Choose(h.ctx, p.key.ID), "", "the first")
	c := p.challenge(t, b)
	others, err := second.TypedCode(c.Digits, second.Vpin(pin))
	if err != nil {
		t.Fatal(err)
	}
	is(t, b.Respond(h.ctx, others), "code.wrong", "the other phone's code")
	mine := p.scanned(t, c)
	is(t, b.Choose(h.ctx, second.ID), "", "the second instead")
	is(t, b.Respond(h.ctx, mine), "code.none", "the code that was for the first")
	c = p.challenge(t, b)
	is(t, b.Respond(h.ctx, mine), "code.wrong", "the same, now that the second has digits")
	scanned, err := second.ScannedCode(c.Statement, second.Vpin(pin))
	if err != nil {
		t.Fatal(err)
	}
	is(t, b.Respond(h.ctx, scanned), "", "the second's")
	is(t, b.Finish(h.ctx), "", "the session")
}

func TestTwoTabsThatChooseMakeOneRequest(t *testing.T) {
	h := start(t, nil)
	p, second := h.withTwo(t)
	b := h.NewBrowser(h.address())
	p.list(t, b)
	before := len(h.actions(t, p.id, "sign_in.asked"))
	var wg sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		key := []string{p.key.ID, second.ID}[i%2]
		wg.Go(func() { errs[i] = h.SignIns.Choose(h.ctx, b.Anonymous(), b.SignIn, nodkey.KeyID(key), "") })
	}
	wg.Wait()
	done := 0
	for i, err := range errs {
		if err == nil {
			done++
		} else if !nodkey.HasKey(err, "choice.made") {
			t.Errorf("tab %d: %v", i, err)
		}
	}
	if n := len(h.actions(t, p.id, "sign_in.asked")) - before; done != 1 || n != 1 || h.sees(t, p.key) == h.sees(t, second) {
		t.Errorf("%d tabs asked, %d requests were made", done, n)
	}
}

func TestWhoChoosesNobodyAsksNobody(t *testing.T) {
	h := start(t, nil)
	p, second := h.withTwo(t)
	c := p.signIn(t, p.browser)
	b := h.NewBrowser(h.address())
	p.list(t, b)
	h.Clock.Advance(nodkey.SignInLife)
	w := p.page(t, b)
	if w.State != nodkey.SignInExpired || w.Again || len(w.Choices) != 0 || !w.EndedAt.Equal(h.Clock.Now()) {
		t.Errorf("the page: %+v", w)
	}
	is(t, b.Choose(h.ctx, second.ID), "sign_in.over", "a choice that comes too late")
	past, err := h.Sessions.Past(h.ctx, c)
	if err != nil || past[0].State != nodkey.SignInExpired {
		t.Errorf("the list of sign-ins says %+v, %v", past[0].State, err)
	}
	if d, err := h.Users.Show(h.ctx, h.Desk(), p.name); err != nil || d.SignIns[0].State != nodkey.SignInExpired {
		t.Errorf("the service desk sees %+v, %v", d.SignIns[0].State, err)
	}
	p.list(t, b)
	is(t, h.SignIns.Cancel(h.ctx, b.Anonymous(), b.SignIn), "", "cancelling")
	is(t, b.Choose(h.ctx, second.ID), "sign_in.over", "a choice after it")
	p.list(t, b)
	if err := h.Users.SetPassword(h.ctx, h.Desk(), p.name, password+"!"); err != nil {
		t.Fatal(err)
	}
	is(t, b.Choose(h.ctx, second.ID), "sign_in.over", "a choice after the password changed")
	if h.sees(t, p.key) || h.sees(t, second) {
		t.Error("a phone is asked")
	}
}
