package nodkey_test

import (
	"slices"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// missed gives the ids of what phones missed, newest first, and checks that each statement names its key and is a sign-in.
func missed(t failer, h house, keys ...*nodkeytest.PhoneKey) []string {
	t.Helper()
	var phones []nodkey.Caller
	for _, k := range keys {
		c, err := k.Caller(h.ctx)
		if err != nil {
			t.Fatalf("the phone: %v", err)
		}
		phones = append(phones, c)
	}
	out, err := h.Approvals.Missed(h.ctx, phones)
	if err != nil {
		t.Fatalf("what was missed: %v", err)
	}
	ids := []string{}
	for _, jws := range out.Statements {
		found := false
		for _, k := range keys {
			s, err := k.ReadOver(jws)
			if err == nil {
				if found = true; s.Kind != "sign_in" || s.Exp > h.Clock.Now().UnixMilli() {
					t.Errorf("missed: %+v", s.Statement)
				}
				ids = append(ids, s.ID)
				break
			}
		}
		if !found {
			t.Errorf("a statement of somebody else's")
		}
	}
	return ids
}

func sameIDs(t failer, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: missed %v, want %v", what, got, want)
	}
}

func TestWhatRanOutUnansweredIsMissedAndNothingElse(t *testing.T) {
	h := start(t, nil)
	p, other := h.join(t), h.join(t)
	h.Clock.Advance(time.Hour)
	if got := missed(t, h, p.key); len(got) != 0 {
		t.Errorf("missed at the start: %v", got)
	}
	ran, _ := p.ask(t)
	if got := missed(t, h, p.key); len(got) != 0 {
		t.Errorf("missed while it is open: %v", got)
	}
	h.Clock.Advance(nodkey.ApprovalLife)
	want := []string{ran.ID}
	sameIDs(t, "before the row says so", missed(t, h, p.key), want)
	if err := h.Upkeep.Tick(h.ctx); err != nil {
		t.Fatal(err)
	}
	sameIDs(t, "after it", missed(t, h, p.key), want)

	// Sent again and answered then: the first is missed still, the second is not.
	is(t, h.SignIns.Again(h.ctx, p.browser.Anonymous(), p.browser.SignIn), "", "again")
	p.yes(t, p.browser)
	sameIDs(t, "answered the second time", missed(t, h, p.key), want)

	// Taken back, denied, a wrong number, a test that ran out, and another user's: none of them is missed.
	p.ask(t)
	is(t, h.SignIns.Cancel(h.ctx, p.browser.Anonymous(), p.browser.SignIn), "", "cancel")
	denied, _ := p.ask(t)
	if _, err := p.key.Answer(h.ctx, denied, nodkeytest.Answer{No: "mistake"}); err != nil {
		t.Fatal(err)
	}
	wrong, w := p.ask(t)
	if got, err := p.key.Answer(h.ctx, wrong, nodkeytest.Answer{PIN: pin, Number: w.Number + "1"}); err != nil || got.State != "denied" {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := p.key.AskTest(h.ctx); err != nil {
		t.Fatal(err)
	}
	theirs, _ := other.ask(t)
	h.Clock.Advance(nodkey.ApprovalLife)
	sameIDs(t, "after all that", missed(t, h, p.key), want)
	sameIDs(t, "of both users", missed(t, h, p.key, other.key), []string{theirs.ID, ran.ID})

	// A request over the budget wakes nobody; that it was there is told.
	silent := h.NewBrowser(h.address())
	for p.notified(t, silent) {
		silent = h.NewBrowser(h.address())
	}
	newest := p.newest(t).ID
	h.Clock.Advance(nodkey.ApprovalLife)
	if got := missed(t, h, p.key); len(got) < 2 || got[0] != newest || got[len(got)-1] != ran.ID {
		t.Errorf("the silent one %s is not first of %v", newest, got)
	}

	h.Clock.Advance(nodkey.MissedFor)
	if got := missed(t, h, p.key); len(got) != 0 {
		t.Errorf("missed a week later: %v", got)
	}
}

func TestMissedRequestsAreTwentyAtMost(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	h.Clock.Advance(time.Hour)
	var last string
	for range nodkey.MissedMost + 5 {
		s, _ := p.ask(t)
		last = s.ID
		h.Clock.Advance(10 * time.Minute)
	}
	if got := missed(t, h, p.key); len(got) != nodkey.MissedMost || got[0] != last {
		t.Errorf("%d missed, the newest %s and not %s", len(got), got[0], last)
	}
}

func TestMissedRequestsAreThePhonesOwn(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	p.ask(t)
	h.Clock.Advance(nodkey.ApprovalLife)
	later := p.addPhone(t, p.enter(t), "Pixel 9")
	if got := missed(t, h, later); len(got) != 0 {
		t.Errorf("a phone that was not there yet missed %v", got)
	}
	_, err := h.Approvals.Missed(h.ctx, []nodkey.Caller{p.caller(t)})
	is(t, err, "proof.missing", "a session")
	c := p.phoneCaller(t)
	is(t, h.Keys.RemoveOwn(h.ctx, c), "", "removing")
	out, err := h.Approvals.Missed(h.ctx, []nodkey.Caller{c})
	if err != nil || len(out.Statements) != 0 {
		t.Errorf("a removed phone missed %d, %v", len(out.Statements), err)
	}
}

func TestATextOfAnApplicationsThatNobodyAnsweredIsMissed(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	in := p.asks()
	p.requests(t, h.app(t, "bank", nil), in)
	h.Clock.Advance(nodkey.ApprovalLife)
	out, err := h.Approvals.Missed(h.ctx, []nodkey.Caller{p.phoneCaller(t)})
	if err != nil || len(out.Statements) != 1 {
		t.Fatalf("%d missed, %v", len(out.Statements), err)
	}
	if s, err := p.key.ReadOver(out.Statements[0]); err != nil || s.Kind != "confirm" || s.Text != in.Text || s.App != "Till of bank" {
		t.Errorf("%+v, %v", s.Statement, err)
	}
}
