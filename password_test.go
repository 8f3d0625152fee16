package nodkey_test

import (
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

func TestAPasswordChangeEndsOtherSessionsAndSignIns(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	here := p.enter(t)
	there := h.NewBrowser(h.address())
	p.signIn(t, there)
	waiting := h.NewBrowser(h.address())
	if err := waiting.Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	_, err := h.Users.AskPasswordChange(h.ctx, here, "wrong", "another good one")
	is(t, err, "password.wrong", "with a wrong old one")
	_, err = h.Users.AskPasswordChange(h.ctx, here, password, "short")
	is(t, err, "password.short", "to a short one")
	_, err = h.Users.AskPasswordChange(h.ctx, here, password, "xxxxxxxxxxxx")
	is(t, err, "password.guessable", "to one character")
	if _, err := h.Users.AskPasswordChange(h.ctx, here, password, "another good one"); err != nil {
		t.Fatal(err)
	}
	is(t, h.NewBrowser(h.address()).Begin(h.ctx, p.name, "another good one"), "sign_in.wrong", "before the yes")
	change, err := h.Approvals.Change(h.ctx, here)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.all(t) {
		if s.Kind == "password_change" {
			if _, err := p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin, Number: change.Number}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if p.caller(t).Session() == nil || callerOf(t, there).Session() != nil {
		t.Error("the wrong sessions ended")
	}
	if w, err := waiting.Wait(h.ctx); err != nil || w.State != nodkey.SignInCancelled {
		t.Errorf("a sign-in with the old password: %v, %v", w.State, err)
	}
	if left := p.all(t); len(left) != 0 {
		t.Errorf("%d requests are left", len(left))
	}
	is(t, h.NewBrowser(h.address()).Begin(h.ctx, p.name, password), "sign_in.wrong", "the old password")
	is(t, h.NewBrowser(h.address()).Begin(h.ctx, p.name, "another good one"), "", "the new one")
}

func (p *person) all(t failer) []nodkeytest.Statement {
	t.Helper()
	list, err := p.key.Open(p.ctx)
	if err != nil {
		t.Fatalf("open requests: %v", err)
	}
	return list
}

func TestAChangeEndsWithTheSessionThatAskedForIt(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	for what, ask := range map[string]func() error{
		"password": func() error { _, err := h.Users.AskPasswordChange(h.ctx, c, password, "another good one"); return err },
		"removal":  func() error { _, err := h.Keys.AskRemove(h.ctx, c, nodkey.KeyID(p.key.ID)); return err },
	} {
		if err := ask(); err != nil {
			t.Fatal(err)
		}
		s := p.newest(t)
		if err := h.Sessions.SignOut(h.ctx, c); err != nil {
			t.Fatal(err)
		}
		_, err := p.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: pin, Number: "00"})
		is(t, err, "approval.cancelled", "a yes to a %s", what)
		c = p.enter(t)
	}
	is(t, h.NewBrowser(h.address()).Begin(h.ctx, p.name, password), "", "the password as it was")
}

func TestARenewedHashNeverPutsAnOldPasswordBack(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	h.Passwords.Rise.Store(true)
	late := &lateStore{Store: h.Ports.Store}
	ports := h.Ports
	ports.Store = late
	second, err := nodkey.Open(h.ctx, ports, h.Site, h.Policy, nodkeytest.PhoneHost, h.Master)
	if err != nil {
		t.Fatal(err)
	}
	late.after(1, func() { // between the charge and the entry
		is(t, h.Users.SetPassword(h.ctx, h.Desk(), p.name, "another good one"), "", "setting the password")
	})
	_, err = second.SignIns.Begin(h.ctx, p.browser.Anonymous(), p.name, password)
	is(t, err, "server.busy", "a sign-in across the change")
	is(t, p.browser.Begin(h.ctx, p.name, password), "sign_in.wrong", "the old password")
	hashed := h.Passwords.Hashed.Load()
	is(t, p.browser.Begin(h.ctx, p.name, "another good one"), "", "the new one")
	if h.Passwords.Hashed.Load() != hashed+1 {
		t.Error("the hash was not renewed")
	}
	is(t, p.browser.Begin(h.ctx, p.name, "another good one"), "", "the new one, renewed")
}
