package nodkey_test

import (
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// Whoever finds that somebody else is signed in ends all of it with one call, what is about to become a session included.
func TestEndingTheOthersLeavesOneSession(t *testing.T) {
	h := start(t, nil)
	p, neighbour := h.join(t), h.join(t)
	own := p.enter(t)
	other := p.signIn(t, h.NewBrowser(h.address()))
	theirs := neighbour.enter(t)
	waiting, approved := h.NewBrowser(h.address()), h.NewBrowser(h.address())
	h.Clock.Advance(time.Second)
	p.begin(t, approved)
	p.yes(t, approved)
	h.Clock.Advance(time.Second)
	p.begin(t, waiting)

	restricted := h.add(t).visit(t)
	is(t, h.Sessions.EndOthers(h.ctx, restricted), "session.restricted", "with the password only")
	is(t, h.Sessions.EndOthers(h.ctx, nodkey.Caller{}), "session.none", "nobody")
	is(t, h.Sessions.EndOthers(h.ctx, h.Desk()), "session.none", "the desk, which has its own calls")

	is(t, h.Sessions.EndOthers(h.ctx, own), "", "ending the others")
	is(t, h.Sessions.EndOthers(h.ctx, other), "session.none", "one that was ended ends nothing")
	list, err := h.Sessions.List(h.ctx, own)
	if err != nil || len(list) != 1 || list[0].ID != own.Session().ID {
		t.Errorf("%+v, %v", list, err)
	}
	if list, err := h.Sessions.List(h.ctx, theirs); err != nil || len(list) != 2 { // and the one that activated the phone
		t.Errorf("a neighbour's: %+v, %v", list, err)
	}
	if approved.Finish(h.ctx) == nil {
		t.Error("a sign-in that was approved before became a session")
	}
	if w, err := waiting.Wait(h.ctx); err != nil || w.State != nodkey.SignInCancelled {
		t.Errorf("a sign-in that waited is %s, %v", w.State, err)
	}
	is(t, h.Sessions.EndOthers(h.ctx, own), "", "with none there")
	if got := h.actions(t, p.id, "session.revoked"); len(got) == 0 {
		t.Error("the audit log does not tell of it")
	}
}

// A page that asks by itself keeps nobody signed in: the session ends when nobody has used it for its idle time.
func TestAPageThatAsksByItselfKeepsNoSessionAlive(t *testing.T) {
	h := start(t, func(p *nodkey.Policy) { p.SessionIdle = 10 * time.Minute })
	p := h.join(t)
	began := p.enter(t).Session().LastSeenAt
	for range 4 {
		h.Clock.Advance(2 * time.Minute)
		c, err := h.Sessions.Watcher(h.ctx, p.browser.Anonymous(), p.browser.Session)
		if err != nil || c.Session() == nil || !c.Session().LastSeenAt.Equal(began) {
			t.Fatalf("after %v: %+v, %v", h.Clock.Now().Sub(began), c.Session(), err)
		}
		if _, err := h.Messages.Unread(h.ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	if c := p.caller(t); c.Session() == nil || !c.Session().LastSeenAt.Equal(h.Clock.Now()) {
		t.Fatal("its person's own request is no use of the session")
	}
	h.Clock.Advance(10*time.Minute + time.Millisecond)
	for name, look := range map[string]func() (nodkey.Caller, error){
		"the page": func() (nodkey.Caller, error) {
			return h.Sessions.Watcher(h.ctx, p.browser.Anonymous(), p.browser.Session)
		},
		"the person": func() (nodkey.Caller, error) {
			return h.Sessions.Caller(h.ctx, p.browser.Anonymous(), p.browser.Session)
		},
	} {
		if c, err := look(); err != nil || c.Session() != nil {
			t.Errorf("%s still has a session: %+v, %v", name, c.Session(), err)
		}
	}
}

// What may be undone at once is known before it is tried.
func TestWhoMayDisownIsKnownBefore(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	added := p.addPhone(t, c, "Spare")
	ask := func(c nodkey.Caller, id string) (may bool) {
		t.Helper()
		may, err := h.Activations.MayDisown(h.ctx, c, nodkey.KeyID(id))
		if err != nil {
			t.Fatal(err)
		}
		return may
	}
	if !ask(c, added.ID) || ask(c, p.key.ID) || ask(c, "none") {
		t.Error("the session of the first phone may undo the second, and not its own")
	}
	if other := h.join(t).enter(t); ask(other, added.ID) {
		t.Error("another's phone may be undone")
	}
	h.Clock.Advance(25 * time.Hour)
	c = p.enter(t)
	if ask(c, added.ID) {
		t.Error("after a day it still may be undone")
	}
	is(t, h.Activations.NotMine(h.ctx, c, nodkey.KeyID(added.ID)), "key.not_mine", "after a day")
	if _, err := h.Activations.MayDisown(h.ctx, nodkey.Caller{}, "x"); !nodkey.HasKey(err, "session.none") {
		t.Errorf("nobody: %v", err)
	}
}
