package nodkey_test

import (
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// An answer that was lost is heard again by whom it was for, and by nobody who may not be let in any more.
func TestWhatWasCollectedIsToldAgainForATime(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	bank, wiki := h.app(t, "bank", nil), h.app(t, "wiki", nil)
	again := func(c nodkey.Caller, token nodkey.Token) error {
		return h.Applications.Collected(h.ctx, c, token, time.Minute)
	}
	in := p.asks()
	in.Idempotency = "once"
	asked := p.requests(t, bank, in)
	is(t, again(bank, asked.Token), "sign_in.over", "it waits")
	p.agree(t, asked.Number, byPIN)
	is(t, again(bank, asked.Token), "sign_in.over", "it was not collected")
	if _, err := h.Applications.Collect(h.ctx, bank, asked.Token); err != nil {
		t.Fatal(err)
	}
	is(t, again(bank, asked.Token), "", "an answer that was lost")
	is(t, again(wiki, asked.Token), "sign_in.unknown", "another application's")
	is(t, again(h.NewBrowser(h.address()).Anonymous(), asked.Token), "application.wrong", "a browser")
	h.Clock.Advance(time.Minute)
	is(t, again(bank, asked.Token), "sign_in.done", "too late")

	found, err := h.Applications.Ask(h.ctx, bank, in)
	if err != nil || !found.Again || asked.Again || found.ID != asked.ID || found.Remaining != asked.Remaining-time.Minute {
		t.Errorf("the same request again: %+v, %v; it was %+v", found, err, asked)
	}

	asked = p.requests(t, bank, p.asks())
	p.agree(t, asked.Number, byPIN)
	if _, err := h.Applications.Collect(h.ctx, bank, asked.Token); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Users.NewFirstCode(h.ctx, h.Desk(), p.name, true); err != nil {
		t.Fatal(err)
	}
	is(t, again(bank, asked.Token), "application.denied", "the phone is gone")
}

func TestAnApplicationIsToldWhatBecameOfWhomItAdded(t *testing.T) {
	h := start(t, nil)
	wiki, bank := h.app(t, "wiki", nil), h.app(t, "bank", nil)
	added, err := h.Applications.Enrol(h.ctx, wiki, "new")
	if err != nil {
		t.Fatal(err)
	}
	stands := func(want nodkey.EnrolmentState, c nodkey.Caller, name, code, what string) {
		t.Helper()
		if got, err := h.Applications.Enrolled(h.ctx, c, name, code); err != nil || got != want {
			t.Errorf("%s: %s, %v", what, got, err)
		}
	}
	stands(nodkey.EnrolmentWaiting, wiki, " NEW ", added.FirstCode, "no phone yet")
	stands(nodkey.EnrolmentNone, bank, "new", added.FirstCode, "another application's")
	stands(nodkey.EnrolmentNone, wiki, "new", "0000-0000-0000", "another code")
	stands(nodkey.EnrolmentNone, wiki, "nobody", added.FirstCode, "another name")
	stands(nodkey.EnrolmentNone, wiki, "no name", added.FirstCode, "no name")
	if _, err := h.Applications.Enrolled(h.ctx, h.NewBrowser(h.address()).Anonymous(), "new", added.FirstCode); !nodkey.HasKey(err, "application.wrong") {
		t.Errorf("a browser: %v", err)
	}
	if _, err := h.Users.FirstVisit(h.ctx, h.NewBrowser(h.address()).Anonymous(), "new", added.FirstCode, password); err != nil {
		t.Fatal(err)
	}
	stands(nodkey.EnrolmentWaiting, wiki, "new", added.FirstCode, "it has come once")
	h.Clock.Advance(nodkey.FirstCodeLife)
	stands(nodkey.EnrolmentNone, wiki, "new", added.FirstCode, "the time is over")
}
