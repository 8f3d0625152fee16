package nodkey_test

import (
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

func TestARestrictedSessionCannotDoWhatNeedsAPhone(t *testing.T) {
	h := start(t, byPassword)
	p := h.add(t)
	c := p.visit(t)
	other := *p
	other.browser = h.NewBrowser(h.address())
	theirs := other.visit(t).Session().ID
	key := nodkey.KeyID("x")
	calls := map[string]func(nodkey.Caller) error{
		"list sessions":      func(c nodkey.Caller) error { _, err := h.Sessions.List(h.ctx, c); return err },
		"list sign-ins":      func(c nodkey.Caller) error { _, err := h.Sessions.SignIns(h.ctx, c); return err },
		"end another":        func(c nodkey.Caller) error { return h.Sessions.End(h.ctx, c, theirs) },
		"rename a phone":     func(c nodkey.Caller) error { return h.Keys.Rename(h.ctx, c, key, "Name") },
		"remove a phone":     func(c nodkey.Caller) error { _, err := h.Keys.AskRemove(h.ctx, c, key); return err },
		"look at a change":   func(c nodkey.Caller) error { _, err := h.Approvals.Change(h.ctx, c); return err },
		"take a change back": func(c nodkey.Caller) error { return h.Approvals.CancelChange(h.ctx, c) },
	}
	for what, call := range calls {
		is(t, call(c), "session.restricted", "%s", what)
		is(t, call(p.browser.Anonymous()), "session.none", "%s, anonymous", what)
	}
	for what, call := range map[string]func(nodkey.Caller) error{
		"start":    func(c nodkey.Caller) error { _, err := h.Activations.Start(h.ctx, c); return err },
		"current":  func(c nodkey.Caller) error { _, err := h.Activations.Current(h.ctx, c); return err },
		"confirm":  func(c nodkey.Caller) error { return h.Activations.Confirm(h.ctx, c, "123456") },
		"cancel":   func(c nodkey.Caller) error { return h.Activations.Cancel(h.ctx, c) },
		"not mine": func(c nodkey.Caller) error { return h.Activations.NotMine(h.ctx, c, key) },
		"keys":     func(c nodkey.Caller) error { _, err := h.Keys.List(h.ctx, c); return err },
		"user":     func(c nodkey.Caller) error { _, err := h.Sessions.User(h.ctx, c); return err },
		"password": func(c nodkey.Caller) error {
			_, err := h.Users.AskPasswordChange(h.ctx, c, password, "another good one")
			return err
		},
	} {
		is(t, call(p.browser.Anonymous()), "session.none", "%s, anonymous", what)
	}
	if err := h.Sessions.SignOut(h.ctx, c); err != nil {
		t.Fatal(err)
	}
	// A caller that was looked up before the session ended changes nothing.
	is(t, h.Activations.Cancel(h.ctx, c), "session.none", "after signing out")
	_, err := h.Activations.Start(h.ctx, c)
	is(t, err, "session.none", "after signing out")
}

func TestARestrictedSessionLeavesThePasswordToThePhoneOnceThereIsOne(t *testing.T) {
	h := start(t, byPassword)
	p := h.add(t)
	stranger := *p
	stranger.browser = h.NewBrowser(h.address())
	their := stranger.visit(t)
	_, err := h.Users.AskPasswordChange(h.ctx, their, "wrong", "another good one")
	is(t, err, "password.wrong", "with a wrong old one")
	if _, _, err := h.phone("Mine").Activate(h.ctx, h.code(t, p.visit(t)), nodkeytest.Making{PIN: pin}); err != nil {
		t.Fatal(err)
	}
	_, err = h.Users.AskPasswordChange(h.ctx, their, password, "another good one")
	is(t, err, "session.restricted", "with the old password only")
}

func TestOneUserCannotTouchAnother(t *testing.T) {
	h := start(t, nil)
	a, b := h.join(t), h.join(t)
	ca, cb := a.enter(t), b.enter(t)
	key := nodkey.KeyID(b.key.ID)
	is(t, h.Keys.Rename(h.ctx, ca, key, "Mine"), "key.unknown", "renaming")
	_, err := h.Keys.AskRemove(h.ctx, ca, key)
	is(t, err, "key.unknown", "removing")
	is(t, h.Activations.NotMine(h.ctx, ca, key), "key.unknown", "disowning the phone")
	is(t, h.Sessions.End(h.ctx, ca, cb.Session().ID), "session.unknown", "ending a session")
	id, err := h.Users.AskPasswordChange(h.ctx, cb, password, "another good one")
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Approvals.Change(h.ctx, ca)
	is(t, err, "approval.none", "looking at a change")
	is(t, h.Approvals.CancelChange(h.ctx, ca), "approval.none", "cancelling a change")
	phone, err := a.key.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	is(t, h.Approvals.Disown(h.ctx, phone, cb.Session().ApprovalID), "approval.none", "disowning a sign-in")
	is(t, h.Approvals.Disown(h.ctx, phone, id), "approval.none", "disowning a change")
	list, err := h.Sessions.List(h.ctx, ca)
	for _, s := range list {
		if s.UserID != a.id {
			t.Errorf("sessions: %+v", list)
		}
	}
	if err != nil || len(list) == 0 {
		t.Errorf("%d sessions, %v", len(list), err)
	}
	if b.caller(t).Session() == nil {
		t.Error("the other's session ended")
	}
}

func TestOnlyOperatorsDoWhatOperatorsDo(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	full := p.enter(t)
	phone, err := p.key.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for what, call := range map[string]func(nodkey.Caller) error{
		"add":         func(c nodkey.Caller) error { _, err := h.Users.Add(h.ctx, c, nodkey.NewUser{Name: "eve"}); return err },
		"list":        func(c nodkey.Caller) error { _, err := h.Users.List(h.ctx, c, ""); return err },
		"show":        func(c nodkey.Caller) error { _, err := h.Users.Show(h.ctx, c, p.name); return err },
		"password":    func(c nodkey.Caller) error { return h.Users.SetPassword(h.ctx, c, p.name, "another good one") },
		"first code":  func(c nodkey.Caller) error { _, err := h.Users.NewFirstCode(h.ctx, c, p.name, true); return err },
		"unlock":      func(c nodkey.Caller) error { _, err := h.Users.Unlock(h.ctx, c, p.name); return err },
		"remove":      func(c nodkey.Caller) error { return h.Users.Remove(h.ctx, c, p.name) },
		"audit list":  func(c nodkey.Caller) error { _, err := h.Audit.List(h.ctx, c, nodkey.AuditFilter{}, 0, 10); return err },
		"audit check": func(c nodkey.Caller) error { _, err := h.Audit.Verify(h.ctx, c, ""); return err },
	} {
		for who, c := range map[string]nodkey.Caller{"nobody": {}, "a session": full, "a phone": phone} {
			is(t, call(c), "operator.only", "%s by %s", what, who)
		}
	}
}

func TestASignInIsCollectedOnceByItsOwnBrowser(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	finish := func(token nodkey.Token) error {
		_, err := h.SignIns.Finish(h.ctx, h.NewBrowser(h.address()).Anonymous(), token)
		return err
	}
	s, w := p.ask(t)
	is(t, finish(p.browser.SignIn), "sign_in.over", "before the yes")
	if _, err := p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin, Number: w.Number}); err != nil {
		t.Fatal(err)
	}
	for what, token := range map[string]nodkey.Token{"no token": "", "its id": nodkey.Token(w.ID), "its hash": nodkey.Token(p.browser.SignIn.Hash()), "another": "abc"} {
		is(t, finish(token), "sign_in.unknown", "%s", what)
	}
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() { errs[i] = finish(p.browser.SignIn) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			is(t, err, "sign_in.done", "another tab")
		}
	}
	if n := len(h.actions(t, p.id, "session.opened")); won != 1 || n != 1 {
		t.Errorf("%d tabs, %d sessions", won, n)
	}
}

func TestWhatEndsBetweenTheYesAndTheSession(t *testing.T) {
	for what, c := range map[string]struct {
		end func(*testing.T, *person, nodkey.ApprovalID)
		key string
	}{
		"its time": {func(_ *testing.T, p *person, _ nodkey.ApprovalID) { p.Clock.Advance(nodkey.SignInLife) }, "sign_in.over"},
		"a cancel": {func(t *testing.T, p *person, _ nodkey.ApprovalID) {
			is(t, p.SignIns.Cancel(p.ctx, p.browser.Anonymous(), p.browser.SignIn), "", "cancelling")
		}, "sign_in.over"},
		"the key's removal": {func(t *testing.T, p *person, _ nodkey.ApprovalID) {
			is(t, p.Keys.RemoveOwn(p.ctx, p.phoneCaller(t)), "", "removing")
		},
			"sign_in.no_phone"},
		"a disowning": {func(t *testing.T, p *person, id nodkey.ApprovalID) {
			is(t, p.Approvals.Disown(p.ctx, p.phoneCaller(t), id), "", "disowning")
		}, "sign_in.over"},
		"a new password": {func(t *testing.T, p *person, _ nodkey.ApprovalID) {
			is(t, p.Users.SetPassword(p.ctx, p.Desk(), p.name, "another good one"), "", "setting the password")
		}, "sign_in.over"},
		"the user's removal": {func(t *testing.T, p *person, _ nodkey.ApprovalID) {
			is(t, p.Users.Remove(p.ctx, p.Desk(), p.name), "", "removing the user")
		}, "sign_in.unknown"},
	} {
		h := start(t, nil)
		p := h.join(t)
		s, w := p.ask(t)
		if _, err := p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin, Number: w.Number}); err != nil {
			t.Fatal(err)
		}
		c.end(t, p, nodkey.ApprovalID(s.ID))
		is(t, p.browser.Finish(h.ctx), c.key, "%s", what)
		is(t, h.Upkeep.Tick(h.ctx), "", "a tick after %s", what)
	}
}

func (p *person) phoneCaller(t failer) nodkey.Caller {
	t.Helper()
	c, err := p.key.Caller(p.ctx)
	if err != nil {
		t.Fatalf("the phone: %v", err)
	}
	return c
}

func TestDisowningEndsTheSessionForADay(t *testing.T) {
	h := start(t, func(p *nodkey.Policy) {
		p.SessionLife, p.SessionIdle, p.Devices = 72*time.Hour, 72*time.Hour, nodkey.DevicesAll // so that a phone is asked that does not answer
	})
	p := h.join(t)
	id := p.enter(t).Session().ApprovalID
	other := p.addPhone(t, p.caller(t), "Pixel 9")
	theirs, err := other.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	is(t, h.Approvals.Disown(h.ctx, theirs, id), "approval.none", "by a phone that was not asked")
	b := h.NewBrowser(h.address())
	both := p.signIn(t, b).Session().ApprovalID
	if theirs, err = other.Caller(h.ctx); err != nil {
		t.Fatal(err)
	}
	is(t, h.Approvals.Disown(h.ctx, theirs, both), "approval.disown", "by a phone that did not say yes")
	if callerOf(t, b).Session() == nil {
		t.Error("another phone ended the session")
	}
	is(t, h.Approvals.Disown(h.ctx, p.phoneCaller(t), id), "", "within the day")
	if p.caller(t).Session() != nil {
		t.Error("the session lives on")
	}
	id = p.enter(t).Session().ApprovalID
	h.Clock.Advance(24*time.Hour + time.Second)
	is(t, h.Approvals.Disown(h.ctx, p.phoneCaller(t), id), "approval.disown", "a day later")
}

func TestRemovingAPhoneEndsItsSessionsAndWhatItCanDo(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	second := *p
	second.key = p.addPhone(t, c, "Pixel 9")
	second.browser = h.NewBrowser(h.address())
	c2 := second.enter(t)
	if _, err := h.Keys.AskRemove(h.ctx, c2, nodkey.KeyID(p.key.ID)); err != nil {
		t.Fatal(err)
	}
	s := second.newest(t)
	if s.Kind != "key_remove" || s.Item != "Pixel 8" {
		t.Errorf("%+v", s.Statement)
	}
	// A thief who has the phone that is to go can say no to nothing.
	if open, err := p.key.Open(h.ctx); err != nil || len(open) != 0 {
		t.Errorf("the phone that is to go is asked: %d, %v", len(open), err)
	}
	_, err := p.key.Answer(h.ctx, s, nodkeytest.Answer{No: "mistake"})
	is(t, err, "approval.none", "a no by the phone that is to go")
	change, err := h.Approvals.Change(h.ctx, c2)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin, Number: change.Number}); err != nil {
		t.Fatal(err)
	}
	if p.caller(t).Session() != nil || second.caller(t).Session() == nil {
		t.Error("the wrong sessions ended")
	}
	if open, err := p.key.Open(h.ctx); err != nil || len(open) != 0 {
		t.Errorf("the removed phone sees %d, %v", len(open), err)
	}
	asked, _ := second.ask(t)
	_, err = p.key.Answer(h.ctx, asked, nodkeytest.Answer{No: "mistake"})
	is(t, err, "approval.none", "a no by the removed phone")
}
