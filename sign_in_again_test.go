package nodkey_test

import (
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// A request that ran out is sent again with one tap, three times in a row, and nothing of the older ones gets in its way: no
// decision, no code, no message that was still to be sent.
func TestARequestThatRanOutIsSentAgainThreeTimesAndNothingOlderDisturbsIt(t *testing.T) {
	for what, phones := range map[string]int{"with one phone": 1, "with two": 2} {
		t.Run(what, func(t *testing.T) {
			h := startPush(t, nil)
			p := h.join(t)
			c := p.enter(t)
			h.subscribe(t, p.key, "https://push.example/one")
			if phones == 2 {
				h.subscribe(t, p.addPhone(t, c, "Pixel 9"), "https://push.example/two")
			}
			h.Clock.Advance(time.Hour)
			p.begin(t, p.browser)
			b := p.browser
			type request struct {
				nodkeytest.Statement
				number, code string
			}
			var old []request
			for round := range 4 {
				w := p.page(t, b)
				if w.State != nodkey.SignInPending || !w.Notified || len(w.Phones) != 1 || w.Phones[0].Name != "Pixel 8" {
					t.Fatalf("round %d: the page says %+v", round, w)
				}
				if round > 0 && w.AskedAt != h.Clock.Now() {
					t.Errorf("round %d: asked at %s", round, w.AskedAt)
				}
				mine := p.newest(t)
				if mine.ID != string(w.Request) {
					t.Fatalf("round %d: the phone shows another request", round)
				}
				if m := h.take(t, 1)[0]; string(m.ApprovalID) != mine.ID { // of the older ones nothing is sent any more
					t.Errorf("round %d: a message of %s is sent", round, m.ApprovalID)
				}
				for i, o := range old {
					_, err := p.key.Answer(h.ctx, o.Statement, nodkeytest.Answer{PIN: pin, Number: o.number})
					is(t, err, "approval.expired", "round %d: a yes to request %d", round, i)
					_, err = p.key.Answer(h.ctx, o.Statement, nodkeytest.Answer{No: "not_me"})
					is(t, err, "approval.expired", "round %d: a no to request %d", round, i)
					is(t, b.Respond(h.ctx, o.code), "code.none", "round %d: the code of request %d", round, i)
				}
				if now := p.page(t, b); now.State != nodkey.SignInPending || now.Request != w.Request {
					t.Fatalf("round %d: after that the page says %+v", round, now)
				}
				left, code := nodkey.ApprovalLife, "00000000"
				if round != 2 { // a code makes a request wait for longer; with one each time the sign-in itself would end before the fourth
					asked := p.challenge(t, b)
					for i, o := range old {
						is(t, b.Respond(h.ctx, o.code), "code.wrong", "round %d: the code of request %d beside new digits", round, i)
					}
					left, code = asked.Remaining, p.scanned(t, asked)
				}
				old = append(old, request{p.newest(t), w.Number, code})
				if round == 3 {
					break
				}
				h.Clock.Advance(left)
				if round != 1 { // its end is written down, or not yet
					if err := h.Upkeep.Tick(h.ctx); err != nil {
						t.Fatal(err)
					}
				}
				if w := p.page(t, b); w.State != nodkey.SignInExpired || !w.Again {
					t.Fatalf("round %d: at its end the page says %+v", round, w)
				}
				is(t, b.Again(h.ctx), "", "round %d: sent again", round)
				is(t, b.Again(h.ctx), "sign_in.over", "round %d: a second tap", round)
			}
			p.yes(t, b)
			is(t, b.Finish(h.ctx), "", "the session")
			if got := missed(t, h, p.key); len(got) != 3 || got[0] != old[2].ID {
				t.Errorf("the phone missed %v", got)
			}
		})
	}
}

// Sending again asks the phone that was asked, not the one last used, and says so when that cannot be asked any more.
func TestSendingAgainAsksTheSamePhone(t *testing.T) {
	h := start(t, func(p *nodkey.Policy) { p.MaxKeys = 5 })
	p, second := h.withTwo(t)
	third := p.addPhone(t, p.enter(t), "Tablet")
	b := h.NewBrowser(h.address())
	p.list(t, b)
	is(t, b.Choose(h.ctx, second.ID), "", "the second")
	h.Clock.Advance(nodkey.ApprovalLife)
	w := p.page(t, b)
	if w.State != nodkey.SignInExpired || !w.Again || len(w.Choices) != 3 {
		t.Errorf("the page: %+v", w)
	}
	p.addPhone(t, p.enter(t), "A fourth") // meanwhile
	is(t, b.Again(h.ctx), "", "again")
	if !h.sees(t, second) || h.sees(t, p.key) || h.sees(t, third) {
		t.Error("others are asked than before")
	}
	h.Clock.Advance(nodkey.ApprovalLife)
	c, err := second.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	is(t, h.Keys.RemoveOwn(h.ctx, c), "", "removing it")
	is(t, b.Again(h.ctx), "choice.gone", "again")
	w = p.page(t, b)
	if len(w.Choices) != 3 || w.State != nodkey.SignInExpired {
		t.Errorf("the list anew: %+v", w)
	}
	is(t, b.Choose(h.ctx, third.ID), "", "another")
	if !h.sees(t, third) {
		t.Error("it is not asked")
	}
}
