package nodkey_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// wiki is an application of OpenID Connect's door, or of the one that change names.
func (h house) wiki(t failer, change func(*nodkey.NewApplication)) nodkey.Caller {
	t.Helper()
	in := nodkey.NewApplication{ID: "wiki", Name: "Aldermere Wiki", Doors: []nodkey.Door{nodkey.DoorOIDC}, NoSecret: true}
	if change != nil {
		change(&in)
	}
	if _, err := h.Applications.Add(h.ctx, h.Desk(), in); err != nil {
		t.Fatalf("adding %s: %v", in.ID, err)
	}
	return h.at(t, nodkey.ApplicationID(in.ID), in.Doors[0])
}

func (h house) at(t failer, id nodkey.ApplicationID, door nodkey.Door) nodkey.Caller {
	t.Helper()
	c, err := h.Applications.CallerOf(h.ctx, h.anybody(), id, door, func(nodkey.ApplicationInfo) bool { return true })
	if err != nil {
		t.Fatalf("the application: %v", err)
	}
	return c
}

// wants is what the wiki's door asks for.
func wants() nodkey.GrantRequest {
	return nodkey.GrantRequest{Application: "wiki", Door: nodkey.DoorOIDC, Return: "/oidc/return", Scopes: []string{"openid", "profile"}, MaxAge: -1,
		Data: json.RawMessage(`{"verifier":"right"}`)}
}

func (h house) opens(t failer, in nodkey.GrantRequest) nodkey.Token {
	t.Helper()
	token, err := h.Grants.Open(h.ctx, h.anybody(), in)
	if err != nil {
		t.Fatalf("opening: %v", err)
	}
	return token
}

// stands is one look at where a request stands.
func (h house) stands(t failer, c nodkey.Caller, token nodkey.Token, state nodkey.GrantState, reason string) nodkey.GrantStep {
	t.Helper()
	step, err := h.Grants.Step(h.ctx, c, token)
	if err != nil || step.State != state || step.Reason != reason {
		t.Errorf("the request is %s %s, %v; want %s %s", step.State, step.Reason, err, state, reason)
	}
	return step
}

// codeFor goes all the way for somebody who is signed in.
func (p *person) codeFor(t failer, in nodkey.GrantRequest) nodkey.Token {
	t.Helper()
	c := p.caller(t)
	token := p.opens(t, in)
	p.stands(t, c, token, nodkey.GrantReady, "")
	issued, err := p.Grants.Issue(p.ctx, c, token)
	if err != nil || issued.Code == "" || issued.Refused || issued.Application != in.Application {
		t.Fatalf("issued %+v, %v", issued, err)
	}
	return issued.Code
}

// held is a grant that was redeemed, with an access token.
func (p *person) held(t failer, app nodkey.Caller, in nodkey.GrantRequest) (nodkey.Grant, nodkey.Token) {
	t.Helper()
	g, err := p.Grants.Redeem(p.ctx, app, p.codeFor(t, in), nil)
	if err != nil {
		t.Fatalf("redeeming: %v", err)
	}
	access, _, err := p.Grants.Access(p.ctx, app, g.ID, nil, time.Hour)
	if err != nil {
		t.Fatalf("an access token: %v", err)
	}
	p.counts(t, access, true)
	return g, access
}

// counts checks whether an access token counts.
func (h house) counts(t failer, access nodkey.Token, want bool) {
	t.Helper()
	_, _, _, err := h.Grants.Look(h.ctx, h.anybody(), access)
	key := "grant.unknown"
	if want {
		key = ""
	}
	is(t, err, key, "looking at an access token")
}

func (h house) tellsOf(t failer, user nodkey.UserID, action string) {
	t.Helper()
	if !slices.Contains(h.actions(t, user, action), action) {
		t.Errorf("the log does not say %s: %v", action, h.actions(t, user, ""))
	}
}

func TestARequestIsFinishedByItsBrowserAlone(t *testing.T) {
	h := start(t, byPassword)
	h.wiki(t, nil)
	mara, mallory := h.join(t), h.join(t)
	c, stranger := mara.enter(t), mallory.enter(t)
	token := h.opens(t, wants())
	// Nobody may finish what no browser has come to the portal with.
	_, err := h.Grants.Issue(h.ctx, c, token)
	is(t, err, "grant.unknown", "before any browser came")
	h.stands(t, stranger, token, nodkey.GrantReady, "")
	// Mallory has her own account's request finished by Mara's browser: login CSRF.
	h.stands(t, c, token, nodkey.GrantOver, "")
	_, err = h.Grants.Issue(h.ctx, c, token)
	is(t, err, "grant.unknown", "another browser's")
	is(t, h.Grants.Agree(h.ctx, c, token), "grant.unknown", "agreeing in another browser")
	is(t, h.Grants.Refuse(h.ctx, c, token), "grant.unknown", "refusing in another browser")
	noCookie := c
	noCookie.Browser = ""
	_, err = h.Grants.Issue(h.ctx, noCookie, token)
	is(t, err, "grant.unknown", "without a cookie")
	// The same browser, though somebody else is signed in there by now: it is theirs.
	if _, err = h.Grants.Issue(h.ctx, stranger, token); err != nil {
		t.Error(err)
	}
	_, err = h.Grants.Issue(h.ctx, stranger, token)
	is(t, err, "grant.unknown", "the second time")
	h.stands(t, stranger, token, nodkey.GrantOver, "")
}

// Who turns back without having signed in is nobody, and may come again and again: the audit log, which forgets nothing, does not grow by it.
func TestStrangersThatTurnBackFillNoLog(t *testing.T) {
	h := start(t, byPassword)
	h.wiki(t, nil)
	before := len(h.actions(t, "", ""))
	for range 20 {
		token := h.opens(t, wants())
		c := nodkey.Caller{Browser: h.stands(t, h.anybody(), token, nodkey.GrantSignIn, nodkey.GrantNobody).Browser}
		is(t, h.Grants.Refuse(h.ctx, c, token), "", "turning back")
		if issued, err := h.Grants.Issue(h.ctx, c, token); err != nil || !issued.Refused {
			t.Fatalf("%+v, %v", issued, err)
		}
	}
	if after := len(h.actions(t, "", "")); after != before {
		t.Errorf("%d rows more", after-before)
	}
}

// What an application pushed is no browser's way, however its token is written: it would lead past consent, and past what the door checks.
func TestWhatWasPushedIsNoBrowsersWay(t *testing.T) {
	h := start(t, byPassword)
	wiki := h.wiki(t, nil)
	p := h.join(t)
	c := p.enter(t)
	token, _, err := h.Grants.Push(h.ctx, wiki, []byte(`{"redirect_uri": ["https://wiki.example.com/cb"]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, as := range []nodkey.Token{token, "pushed " + token, "pushed:" + token, "pushed:" + nodkey.Token(token.Hash())} {
		h.stands(t, c, as, nodkey.GrantOver, "")
	}
	if _, err := h.Grants.Pushed(h.ctx, "wiki", token); err != nil {
		t.Error(err)
	}
}

func TestABrowserWithoutACookieIsGivenOne(t *testing.T) {
	h := start(t, byPassword)
	h.wiki(t, nil)
	p := h.join(t)
	token := h.opens(t, wants())
	first := h.stands(t, p.browser.Anonymous(), token, nodkey.GrantSignIn, nodkey.GrantNobody)
	if len(first.Browser) != 43 {
		t.Fatalf("the cookie has %d characters", len(first.Browser))
	}
	h.stands(t, p.browser.Anonymous(), token, nodkey.GrantOver, "")
	p.browser.Known = first.Browser
	if again := h.stands(t, p.browser.Anonymous(), token, nodkey.GrantSignIn, nodkey.GrantNobody); again.Browser != "" {
		t.Error("the cookie is given again")
	}
	c := p.enter(t) // it keeps its cookie
	h.stands(t, c, token, nodkey.GrantReady, "")
	if _, err := h.Grants.Issue(h.ctx, c, token); err != nil {
		t.Error(err)
	}
}

func TestACodeIsGoodOnceAndForItsApplication(t *testing.T) {
	h := start(t, byPassword)
	wiki := h.wiki(t, func(in *nodkey.NewApplication) { in.Doors = []nodkey.Door{nodkey.DoorOIDC, nodkey.DoorForward} })
	bank := h.wiki(t, func(in *nodkey.NewApplication) { in.ID = "bank" })
	p := h.join(t)
	p.enter(t)
	redeem := func(c nodkey.Caller, code nodkey.Token, key, what string) {
		t.Helper()
		_, err := h.Grants.Redeem(h.ctx, c, code, nil)
		is(t, err, key, "%s", what)
	}
	redeem(wiki, "", "grant.unknown", "no code")
	redeem(wiki, "unknown", "grant.unknown", "a code of nobody's")
	redeem(p.caller(t), p.codeFor(t, wants()), "application.wrong", "a person")

	code := p.codeFor(t, wants())
	redeem(bank, code, "grant.unknown", "another application")
	redeem(wiki, code, "grant.unknown", "a code that another application had")
	h.tellsOf(t, p.id, "grant.misused")
	code = p.codeFor(t, wants())
	redeem(h.at(t, "wiki", nodkey.DoorForward), code, "grant.unknown", "another door")

	code = p.codeFor(t, wants())
	h.Clock.Advance(time.Minute)
	redeem(wiki, code, "grant.unknown", "a minute later")

	code = p.codeFor(t, wants())
	wrong := errors.New("the verifier does not fit")
	_, err := h.Grants.Redeem(h.ctx, wiki, code, func(data json.RawMessage) error {
		if string(data) != `{"verifier":"right"}` {
			t.Errorf("the door's data are %s", data)
		}
		return wrong
	})
	is(t, err, "grant.refused", "a wrong verifier")
	if !errors.Is(err, wrong) {
		t.Errorf("the door does not find its own error in %v", err)
	}
	redeem(wiki, code, "grant.unknown", "a code that was burnt")

	code = p.codeFor(t, wants())
	g, err := h.Grants.Redeem(h.ctx, wiki, code, func(json.RawMessage) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	access, _, err := h.Grants.Access(h.ctx, wiki, g.ID, nil, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	refresh, err := h.Grants.Refreshing(h.ctx, wiki, g.ID)
	if err != nil {
		t.Fatal(err)
	}
	h.counts(t, access, true)
	redeem(wiki, code, "grant.unknown", "the second time")
	h.counts(t, access, false)
	_, _, err = h.Grants.Refresh(h.ctx, wiki, refresh, nil)
	is(t, err, "grant.unknown", "refreshing what a code used twice gave")
	h.tellsOf(t, p.id, "grant.used")
}

func TestARefreshTokenIsGoodOnce(t *testing.T) {
	h := start(t, byPassword)
	wiki, bank := h.wiki(t, nil), h.wiki(t, func(in *nodkey.NewApplication) { in.ID = "bank" })
	p := h.join(t)
	p.enter(t)
	g, access := p.held(t, wiki, wants())
	first, err := h.Grants.Refreshing(h.ctx, wiki, g.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = h.Grants.Refresh(h.ctx, wiki, first, []string{"openid", "admin"})
	is(t, err, "grant.scopes", "more scopes than were granted")
	next := first
	for range 5 {
		fresh, again, err := h.Grants.Refresh(h.ctx, wiki, next, []string{"openid"})
		if err != nil || again.ID != g.ID || fresh == next {
			t.Fatalf("%+v, %v", again, err)
		}
		next = fresh
	}
	h.counts(t, access, true)
	_, _, err = h.Grants.Refresh(h.ctx, wiki, first, nil)
	is(t, err, "grant.unknown", "the first one again, long after")
	h.counts(t, access, false)
	_, _, err = h.Grants.Refresh(h.ctx, wiki, next, nil)
	is(t, err, "grant.unknown", "the newest one, after that")
	h.tellsOf(t, p.id, "grant.reused")

	g, access = p.held(t, wiki, wants())
	if first, err = h.Grants.Refreshing(h.ctx, wiki, g.ID); err != nil {
		t.Fatal(err)
	}
	second, err := h.Grants.Refreshing(h.ctx, wiki, g.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = h.Grants.Refresh(h.ctx, wiki, first, nil)
	is(t, err, "grant.unknown", "one that was given anew meanwhile")
	h.counts(t, access, true)
	_, _, err = h.Grants.Refresh(h.ctx, bank, second, nil)
	is(t, err, "grant.unknown", "in another application's hands")
	h.counts(t, access, false)
	for _, token := range []nodkey.Token{"", ".", "unknown", "a.b", nodkey.Token(access)} {
		_, _, err = h.Grants.Refresh(h.ctx, wiki, token, nil)
		is(t, err, "grant.unknown", "a token of nobody's")
	}
}

func TestAnAccessTokenIsItsApplicationsAlone(t *testing.T) {
	h := start(t, byPassword)
	wiki, bank := h.wiki(t, nil), h.wiki(t, func(in *nodkey.NewApplication) { in.ID = "bank" })
	p := h.join(t)
	p.enter(t)
	g, access := p.held(t, wiki, wants())
	_, _, _, err := h.Grants.Look(h.ctx, bank, access)
	is(t, err, "grant.unknown", "another application looks")
	_, _, err = h.Grants.Access(h.ctx, bank, g.ID, nil, time.Hour)
	is(t, err, "grant.unknown", "another application asks for a token")
	_, err = h.Grants.Refreshing(h.ctx, bank, g.ID)
	is(t, err, "grant.unknown", "another application asks for a refresh token")
	is(t, h.Grants.Revoke(h.ctx, bank, access), "", "another application revokes")
	is(t, h.Grants.End(h.ctx, bank, g.ID), "", "another application ends")
	h.counts(t, access, true)
	_, _, err = h.Grants.Access(h.ctx, wiki, g.ID, []string{"admin"}, time.Hour)
	is(t, err, "grant.scopes", "more scopes than were granted")
	for _, token := range []nodkey.Token{"", "unknown", nodkey.Token(g.ID)} {
		h.counts(t, token, false)
	}
	h.Clock.Advance(25 * time.Minute)
	p.caller(t) // the person goes on using the portal
	h.Clock.Advance(25 * time.Minute)
	p.caller(t)
	h.Clock.Advance(10*time.Minute - time.Millisecond)
	h.counts(t, access, true)
	h.Clock.Advance(time.Millisecond)
	h.counts(t, access, false) // its own hour is over
}
