package nodkey_test

import (
	"slices"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// apiRules is an application with a part that a password alone opens.
const apiRules = `{"hosts": ["wiki.example.com", "docs.example.com"], "session": "8h", "rules": [{"path": "/api/*", "policy": "one_factor"},
	{"path": "/fresh/*", "policy": "one_factor", "within": "5m"}, {"path": "/staff/*", "policy": "one_factor", "groups": ["staff"]}]}`

// gone is join, with a browser that is signed in nowhere afterwards.
func (h house) gone(t failer) *person {
	t.Helper()
	p := h.join(t)
	p.browser.Session = ""
	return p
}

// behind is an address at another host.
func behind(t failer, raw string) nodkey.ForwardTarget {
	t.Helper()
	to, err := nodkey.ParseForwardURL(raw)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return to
}

// sets begins a browser's way, and takes it as far as the portal's first page.
func (h house) sets(t failer, b *nodkeytest.Browser, to nodkey.ForwardTarget) (nodkey.Token, nodkey.GrantStep) {
	t.Helper()
	token, err := h.Forwards.Begin(h.ctx, callerOf(t, b), to, kept.Hash())
	if err != nil {
		t.Fatalf("beginning the way to %s%s: %v", to.Origin, to.URI, err)
	}
	step, err := h.Grants.Step(h.ctx, callerOf(t, b), token)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if step.Browser != "" {
		b.Known = step.Browser
	}
	return token, step
}

// arrives takes a way that is ready to its end.
func (h house) arrives(t failer, b *nodkeytest.Browser, token nodkey.Token) nodkey.Token {
	t.Helper()
	h.stands(t, callerOf(t, b), token, nodkey.GrantReady, "")
	back, err := h.Forwards.Finish(h.ctx, callerOf(t, b), token)
	if err != nil || back.Refused {
		t.Fatalf("finishing: %+v, %v", back, err)
	}
	entry, err := h.Forwards.Enter(h.ctx, nodkey.Caller{}, back.Origin, back.Code, kept)
	if err != nil {
		t.Fatalf("entering: %v", err)
	}
	return entry.Cookie
}

// passes enters a host by name and password alone.
func (p *person) passes(t failer, b *nodkeytest.Browser, to nodkey.ForwardTarget) nodkey.Token {
	t.Helper()
	token, step := p.sets(t, b, to)
	if step.State != nodkey.GrantSignIn || !step.Password {
		t.Fatalf("on the way to %s: %+v", to.URI, step)
	}
	is(t, p.Grants.Pass(p.ctx, callerOf(t, b), token, p.name, password), "", "name and password")
	return p.arrives(t, b, token)
}

// decidesAt is the verdict on a page, with what the application is told.
func (h house) decidesAt(t failer, raw string, cookie nodkey.Token) (nodkey.ForwardVerdict, nodkey.ForwardPerson) {
	t.Helper()
	answer, err := h.Forwards.Decide(h.ctx, behind(t, raw), "GET", cookie)
	if err != nil {
		t.Fatalf("deciding on %s: %v", raw, err)
	}
	return answer.Verdict, answer.Person
}

// gives checks the verdict on a page.
func (h house) gives(t failer, raw string, cookie nodkey.Token, want nodkey.ForwardVerdict) {
	t.Helper()
	if got, _ := h.decidesAt(t, raw, cookie); got != want {
		t.Errorf("%s: %s, want %s", raw, got, want)
	}
}

// shown counts the requests that a person's phone shows.
func (p *person) shown(t failer) int {
	t.Helper()
	list, err := p.key.Open(p.ctx)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return len(list)
}

// Name and password are enough at a path with one factor, and for nothing else. No phone is asked, and nobody is signed in at the portal.
func TestOneFactorIsNameAndPassword(t *testing.T) {
	h := startPush(t, byPassword)
	h.behindProxy(t, "wiki", apiRules)
	p := h.join(t)
	h.subscribe(t, p.key, "https://push.example/one")
	b := h.NewBrowser(h.address())
	approvals := h.rawRows(t, "approvals")
	cookie := p.passes(t, b, target(t, "/api/v1"))
	verdict, told := h.decidesAt(t, "https://wiki.example.com/api/v2", cookie)
	if verdict != nodkey.ForwardAllowed || told.Name != p.name || told.Display != "Mara Lindqvist" {
		t.Errorf("%s, told of %+v", verdict, told)
	}
	h.gives(t, "https://wiki.example.com/", cookie, nodkey.ForwardSignIn)
	h.gives(t, "https://wiki.example.com/staff/x", cookie, nodkey.ForwardRefused)
	is(t, h.Users.JoinGroup(h.ctx, h.Desk(), p.name, "staff"), "", "a group")
	h.gives(t, "https://wiki.example.com/staff/x", cookie, nodkey.ForwardAllowed)
	if n := p.shown(t); n != 0 || h.rawRows(t, "approvals") != approvals || h.rawRows(t, "sign_ins") != 0 || h.rawRows(t, "outbox") != 0 {
		t.Errorf("the phone shows %d requests; %d approvals, %d sign-ins, %d messages", n, h.rawRows(t, "approvals"), h.rawRows(t, "sign_ins"), h.rawRows(t, "outbox"))
	}
	if c := callerOf(t, b); c.Session() != nil {
		t.Error("the portal has a session")
	}
	h.tellsOf(t, p.id, "grant.passed")

	// What needs the phone leads to the phone, and to a cookie that opens both.
	token, step := h.sets(t, b, target(t, "/"))
	if step.State != nodkey.GrantSignIn || step.Password {
		t.Fatalf("to what needs two factors: %+v", step)
	}
	is(t, h.Grants.Pass(h.ctx, callerOf(t, b), token, p.name, password), "grant.not_ready", "the password alone there")
	p.signIn(t, b)
	strong := h.arrives(t, b, token)
	h.gives(t, "https://wiki.example.com/", strong, nodkey.ForwardAllowed)
	h.gives(t, "https://wiki.example.com/api/v1", strong, nodkey.ForwardAllowed)

	// Whoever is signed in at the portal is not asked for the password again.
	token, step = h.sets(t, b, target(t, "/api/v1"))
	if step.State != nodkey.GrantReady || step.Password || step.Passed {
		t.Errorf("signed in: %+v", step)
	}
	h.gives(t, "https://wiki.example.com/", h.arrives(t, b, token), nodkey.ForwardAllowed)
}

// Who is asked anew after a time types the password; who came in with the phone uses the phone.
func TestOneFactorWithinCountsFromThePassword(t *testing.T) {
	h := start(t, byPassword)
	h.behindProxy(t, "wiki", apiRules)
	p := h.join(t)
	b := h.NewBrowser(h.address())
	cookie := p.passes(t, b, target(t, "/fresh/x"))
	h.gives(t, "https://wiki.example.com/fresh/x", cookie, nodkey.ForwardAllowed)
	h.Clock.Advance(5*time.Minute + time.Second)
	h.gives(t, "https://wiki.example.com/fresh/x", cookie, nodkey.ForwardSignIn)
	h.gives(t, "https://wiki.example.com/api/x", cookie, nodkey.ForwardAllowed)
	h.gives(t, "https://wiki.example.com/fresh/x", p.passes(t, b, target(t, "/fresh/x")), nodkey.ForwardAllowed)

	p.enter(t)
	h.Clock.Advance(5*time.Minute + time.Second)
	token, step := h.sets(t, p.browser, target(t, "/fresh/x"))
	if step.State != nodkey.GrantSignIn || step.Reason != nodkey.GrantAge || step.Password {
		t.Errorf("somebody whose phone said yes a while ago: %+v", step)
	}
	is(t, h.Grants.Pass(h.ctx, p.caller(t), token, p.name, password), "grant.not_ready", "a password for a phone's yes")
}

// Nothing is asked about the phone: not whether there is one, nor whether it may answer.
func TestOneFactorNeedsNoPhone(t *testing.T) {
	h := start(t, byPassword)
	h.behindProxy(t, "wiki", apiRules)
	never := h.add(t)
	cookie := never.passes(t, never.browser, target(t, "/api/v1"))
	h.gives(t, "https://wiki.example.com/api/v1", cookie, nodkey.ForwardAllowed)
	h.gives(t, "https://wiki.example.com/", cookie, nodkey.ForwardSignIn)

	suspended := h.join(t)
	suspended.enter(t)
	token, step := h.sets(t, suspended.browser, target(t, "/api/v1"))
	if step.State != nodkey.GrantReady {
		t.Fatalf("before: %+v", step)
	}
	suspended.suspend(t)
	h.stands(t, suspended.caller(t), token, nodkey.GrantSignIn, nodkey.GrantPhone)
	is(t, h.Grants.Pass(h.ctx, suspended.caller(t), token, suspended.name, password), "", "the password, with a suspended phone")
	cookie = h.arrives(t, suspended.browser, token)
	h.gives(t, "https://wiki.example.com/api/v1", cookie, nodkey.ForwardAllowed)
	h.gives(t, "https://wiki.example.com/", cookie, nodkey.ForwardSignIn)

	// Where policy lets nobody in with a password before the first phone, this is no way round it.
	strict := start(t, func(p *nodkey.Policy) { p.RestrictedSessions = false })
	strict.behindProxy(t, "wiki", apiRules)
	p := strict.add(t)
	token, _ = strict.sets(t, p.browser, target(t, "/api/v1"))
	is(t, strict.Grants.Pass(strict.ctx, p.caller(t), token, p.name, password), "sign_in.code_first", "before the first-access code")
	strict.stands(t, p.caller(t), token, nodkey.GrantSignIn, nodkey.GrantNobody)
}

// A session that had the password is enough; what comes of it is a password's all the same.
func TestOneFactorTakesASessionThatHadThePassword(t *testing.T) {
	h := start(t, byPassword)
	h.behindProxy(t, "wiki", apiRules)
	p := h.add(t)
	p.visit(t)
	token, step := h.sets(t, p.browser, target(t, "/api/v1"))
	if step.State != nodkey.GrantReady || step.Passed {
		t.Fatalf("%+v", step)
	}
	cookie := h.arrives(t, p.browser, token)
	h.gives(t, "https://wiki.example.com/api/v1", cookie, nodkey.ForwardAllowed)
	h.gives(t, "https://wiki.example.com/", cookie, nodkey.ForwardSignIn)
	token, _ = h.sets(t, p.browser, target(t, "/"))
	h.stands(t, p.caller(t), token, nodkey.GrantDenied, nodkey.GrantRestricted)
	h.view(t, func(tx nodkey.Tx) error {
		rows, err := tx.MessagesOf(p.id, nodkey.MessageFilter{Kind: nodkey.MessageSecurity}, nil, 9)
		if len(rows) != 1 {
			t.Errorf("the person is told %d times", len(rows))
		}
		return err
	})
	// Signing out is leaving the host, too.
	is(t, h.Sessions.SignOut(h.ctx, p.caller(t)), "", "signing out")
	h.gives(t, "https://wiki.example.com/api/v1", cookie, nodkey.ForwardSignIn)
}

// What a password opened stands with the browsers of the person, and is ended there.
func TestWhatAPasswordOpenedIsShownAndEnded(t *testing.T) {
	h := start(t, byPassword)
	h.behindProxy(t, "wiki", apiRules)
	p := h.join(t)
	b := h.NewBrowser("203.0.113.9")
	cookie := p.passes(t, b, target(t, "/api/v1"))
	h.Clock.Advance(time.Second)
	again := p.passes(t, b, behind(t, "https://docs.example.com/api/v1"))
	c := p.enter(t)
	list, err := h.Sessions.List(h.ctx, c)
	if err != nil {
		t.Fatalf("%v", err)
	}
	list = slices.DeleteFunc(list, func(s nodkey.Session) bool { return s.Level != nodkey.Passed })
	if len(list) != 2 {
		t.Fatalf("the list: %+v", list)
	}
	for _, s := range list {
		if s.Level != nodkey.Passed || s.App != "Wiki" || s.ApplicationID != "wiki" || s.Source != "203.0.113.9" || s.Agent != "Firefox on Windows" || s.KeyID != "" || s.Token != "" ||
			s.ExpiresAt.Sub(s.CreatedAt) != 8*time.Hour {
			t.Errorf("%+v", s)
		}
	}
	is(t, h.Sessions.End(h.ctx, c, list[1].ID), "", "ending the first")
	h.gives(t, "https://wiki.example.com/api/v1", cookie, nodkey.ForwardSignIn)
	h.gives(t, "https://docs.example.com/api/v1", again, nodkey.ForwardAllowed)
	is(t, h.Sessions.EndOthers(h.ctx, c), "", "ending all others")
	h.gives(t, "https://docs.example.com/api/v1", again, nodkey.ForwardSignIn)
	if list, err = h.Sessions.List(h.ctx, c); err != nil || len(list) != 1 {
		t.Errorf("left: %+v, %v", list, err)
	}
	if n := h.rawRows(t, "grants"); n != 0 {
		t.Errorf("%d grants are left", n)
	}
}

// A person is told of an entry from a browser that their phone never said yes for: once a browser, and a few times a day.
func TestAPersonIsToldOfEntriesWithThePasswordAlone(t *testing.T) {
	h := start(t, byPassword)
	h.behindProxy(t, "wiki", apiRules)
	p := h.join(t)
	p.enter(t)
	is(t, p.Sessions.SignOut(h.ctx, p.caller(t)), "", "signing out")
	p.passes(t, p.browser, target(t, "/api/v1"))
	reader := h.NewBrowser(h.address())
	p.signIn(t, reader)
	var newest nodkey.AccountNotice
	told := func() (n int) {
		t.Helper()
		for _, notice := range p.notices(t, callerOf(t, reader)) {
			if notice.Kind == nodkey.NoticePasswordEntry {
				n, newest = n+1, notice
			}
		}
		return n
	}
	if n := told(); n != 0 {
		t.Errorf("of one's own browser: %d", n)
	}
	b := h.NewBrowser("203.0.113.9")
	for range 5 {
		p.passes(t, b, target(t, "/api/v1"))
	}
	if n := told(); n != 1 {
		t.Errorf("of another browser, five times: %d", n)
	}
	if newest.App != "Wiki" || newest.With != "Firefox on Windows" || newest.From != "203.0.113.9" || newest.Action != nodkey.ActChangePassword {
		t.Errorf("%+v", newest)
	}
	for range 7 {
		p.passes(t, h.NewBrowser(h.address()), target(t, "/api/v1"))
	}
	if n := told(); n != 3 {
		t.Errorf("of seven more: %d", n)
	}
	h.Clock.Advance(24 * time.Hour)
	p.passes(t, b, target(t, "/api/v1"))
	p.passes(t, h.NewBrowser(h.address()), target(t, "/api/v1"))
	p.signIn(t, reader)
	if n := told(); n != 4 {
		t.Errorf("a day later: %d", n)
	}
	// To that browser the person is a stranger as before.
	h.view(t, func(tx nodkey.Tx) error {
		known, err := tx.KnownBrowser(b.Known.Hash(), p.id)
		if known {
			t.Error("a password alone makes a browser known")
		}
		return err
	})
}
