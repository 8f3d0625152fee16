package nodkey_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// stops checks that a way is not passed, and leads nowhere yet.
func (h house) stops(t failer, b *nodkeytest.Browser, token nodkey.Token, what string) {
	t.Helper()
	_, err := h.Grants.Issue(h.ctx, callerOf(t, b), token)
	is(t, err, "grant.not_ready", "going on: %s", what)
	if step, err := h.Grants.Step(h.ctx, callerOf(t, b), token); err != nil || step.State != nodkey.GrantSignIn {
		t.Errorf("%s: the step is %+v, %v", what, step, err)
	}
}

// A password's cookie is good at its host, for what one factor opens, and for nothing else.
func TestAPasswordsCookieOpensNothingElse(t *testing.T) {
	h := start(t, byPassword)
	h.behindProxy(t, "wiki", apiRules)
	h.behindProxy(t, "till", `{"hosts": ["till.example.com"], "rules": [{"path": "/api/*", "policy": "one_factor"}]}`)
	p := h.gone(t)
	cookie := p.passes(t, p.browser, target(t, "/api/v1"))
	const yes, in = nodkey.ForwardAllowed, nodkey.ForwardSignIn
	for raw, want := range map[string]nodkey.ForwardVerdict{
		"https://wiki.example.com/api/v1": yes, "https://wiki.example.com/": in, "https://wiki.example.com/API/v1": in, "https://wiki.example.com/api": in,
		"https://docs.example.com/api/v1": in, "https://docs.example.com/": in, "https://till.example.com/api/v1": in, "https://till.example.com/": in,
	} {
		h.gives(t, raw, cookie, want)
	}
	_, err := h.Applications.Edit(h.ctx, h.Desk(), "wiki", nodkey.ApplicationEdit{Settings: json.RawMessage(`{"hosts": ["wiki.example.com"]}`)})
	is(t, err, "", "closing /api/")
	h.gives(t, "https://wiki.example.com/api/v1", cookie, in) // the rules of now count
	if c, err := h.Sessions.Caller(h.ctx, h.anybody(), cookie); err != nil || c.Session() != nil {
		t.Errorf("the cookie is a session: %v", err)
	}
}

// A way is passed by the browser that came with it first, and goes on there.
func TestAnotherBrowsersWayIsNotPassed(t *testing.T) {
	h := start(t, byPassword)
	h.behindProxy(t, "wiki", apiRules)
	p := h.gone(t)
	mine, thief := p.browser, h.NewBrowser(h.address())
	token, _ := h.sets(t, mine, target(t, "/api/v1"))
	h.sets(t, thief, target(t, "/api/v1")) // has a cookie of its own
	is(t, h.Grants.Pass(h.ctx, callerOf(t, thief), token, p.name, password), "grant.unknown", "another browser")
	is(t, h.Grants.Pass(h.ctx, h.anybody(), token, p.name, password), "grant.unknown", "one without a cookie")
	is(t, h.Grants.Pass(h.ctx, callerOf(t, mine), "unknown", p.name, password), "grant.unknown", "a token that is none")
	h.stops(t, mine, token, "after others tried")

	is(t, h.Grants.Pass(h.ctx, callerOf(t, mine), token, p.name, password), "", "its own")
	_, err := h.Grants.Issue(h.ctx, callerOf(t, thief), token)
	is(t, err, "grant.unknown", "what one browser passed, in another")
	cookie := h.arrives(t, mine, token)
	is(t, h.Grants.Pass(h.ctx, callerOf(t, mine), token, p.name, password), "grant.unknown", "once more")
	_, err = h.Grants.Issue(h.ctx, callerOf(t, mine), token)
	is(t, err, "grant.unknown", "issuing once more")
	h.gives(t, "https://wiki.example.com/api/v1", cookie, nodkey.ForwardAllowed)

	// A browser that nobody has asked about yet has not come.
	fresh, err := h.Forwards.Begin(h.ctx, h.anybody(), target(t, "/api/v1"), kept.Hash())
	if err != nil {
		t.Fatal(err)
	}
	is(t, h.Grants.Pass(h.ctx, callerOf(t, mine), fresh, p.name, password), "grant.unknown", "before the first step")
}

// No other door gets less than a phone's yes, whatever it asks.
func TestNoOtherDoorTakesAPassword(t *testing.T) {
	h := start(t, byPassword)
	doors := nodkey.Doors()
	h.wiki(t, func(in *nodkey.NewApplication) { in.Doors = doors })
	for _, door := range doors {
		for name, change := range map[string]func(*nodkey.GrantRequest){
			"plainly": func(*nodkey.GrantRequest) {}, "for ever": func(in *nodkey.GrantRequest) { in.Scopes = []string{nodkey.ScopeOffline} },
			"with consent": func(in *nodkey.GrantRequest) { in.Ask = true }, "with consent again": func(in *nodkey.GrantRequest) { in.AskAgain = true },
			"with a factor": func(in *nodkey.GrantRequest) { in.Factors = []string{"pin"} }, "with a callback": func(in *nodkey.GrantRequest) { in.TellEnd = true },
			"for no time": func(in *nodkey.GrantRequest) { in.Password = -time.Hour }, "for less than a time": func(in *nodkey.GrantRequest) { in.Password = time.Microsecond },
		} {
			in := nodkey.GrantRequest{Application: "wiki", Door: door, Return: "/x", MaxAge: -1, Password: time.Hour}
			change(&in)
			want := "grant.request"
			if door == nodkey.DoorForward && name == "plainly" {
				want = ""
			}
			_, err := h.Grants.Open(h.ctx, h.anybody(), in)
			is(t, err, want, "%s, %s", door, name)
		}
	}
	// One that asks for nothing of the kind is not passed either.
	p := h.gone(t)
	in := wants()
	token := h.opens(t, in)
	step := h.stands(t, p.browser.Anonymous(), token, nodkey.GrantSignIn, nodkey.GrantNobody)
	p.browser.Known = step.Browser
	if step.Password {
		t.Error("OpenID Connect's step is said to take a password")
	}
	is(t, h.Grants.Pass(h.ctx, p.browser.Anonymous(), token, p.name, password), "grant.not_ready", "OpenID Connect's way")
	h.stops(t, p.browser, token, "OpenID Connect's way")
}

// Whoever has a code of a password's at a host can do nothing else with it.
func TestAPasswordsCodeIsOfNoOtherDoor(t *testing.T) {
	h := start(t, byPassword)
	_, err := h.Applications.Add(h.ctx, h.Desk(), nodkey.NewApplication{ID: "wiki", Name: "Wiki", Doors: []nodkey.Door{nodkey.DoorForward, nodkey.DoorOIDC, nodkey.DoorDuo, nodkey.DoorAPI},
		NoSecret: true, Settings: json.RawMessage(apiRules)})
	if err != nil {
		t.Fatal(err)
	}
	p := h.gone(t)
	for _, door := range []nodkey.Door{nodkey.DoorOIDC, nodkey.DoorDuo, nodkey.DoorAPI} {
		token, _ := h.sets(t, p.browser, target(t, "/api/v1"))
		is(t, h.Grants.Pass(h.ctx, p.caller(t), token, p.name, password), "", "the password")
		back, err := h.Forwards.Finish(h.ctx, p.caller(t), token)
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.Grants.Redeem(h.ctx, h.at(t, "wiki", door), back.Code, nil)
		is(t, err, "grant.unknown", "the code at %s", door)
		_, err = h.Forwards.Enter(h.ctx, nodkey.Caller{}, back.Origin, back.Code, kept)
		is(t, err, "grant.unknown", "the code after that")
	}
	cookie := p.passes(t, p.browser, target(t, "/api/v1"))
	for _, door := range []nodkey.Door{nodkey.DoorOIDC, nodkey.DoorDuo, nodkey.DoorAPI} {
		_, _, _, err := h.Grants.Look(h.ctx, h.at(t, "wiki", door), cookie)
		is(t, err, "grant.unknown", "looking at %s", door)
	}
	g, _, _, err := h.Grants.Look(h.ctx, h.at(t, "wiki", nodkey.DoorForward), cookie)
	if err != nil || g.Factor != nodkey.FactorPassword || g.KeyID != "" || g.SID != "" || g.Offline {
		t.Fatalf("%+v, %v", g, err)
	}
	for _, door := range []nodkey.Door{nodkey.DoorOIDC, nodkey.DoorDuo, nodkey.DoorAPI} {
		_, _, err := h.Grants.Access(h.ctx, h.at(t, "wiki", door), g.ID, nil, time.Hour)
		is(t, err, "grant.unknown", "a token of it at %s", door)
		_, err = h.Grants.Refreshing(h.ctx, h.at(t, "wiki", door), g.ID)
		is(t, err, "grant.unknown", "a refresh token of it at %s", door)
	}
}

// A password that changed meanwhile opens nothing, at whatever step; nor does a user who is gone, or left the group.
func TestWhatEndsAPass(t *testing.T) {
	for name, end := range map[string]func(*testing.T, house, *person){
		"the password was set anew": func(t *testing.T, h house, p *person) {
			is(t, h.Users.SetPassword(h.ctx, h.Desk(), p.name, "another good one"), "", "a new password")
		},
		"the person ended all other browsers": func(t *testing.T, h house, p *person) {
			is(t, h.Sessions.EndOthers(h.ctx, p.signIn(t, h.NewBrowser(h.address()))), "", "ending the others")
		},
		"the user was removed": func(t *testing.T, h house, p *person) {
			is(t, h.Users.Remove(h.ctx, h.Desk(), p.name), "", "removing the user")
		},
		"the group was left": func(t *testing.T, h house, p *person) {
			is(t, h.Users.SetGroups(h.ctx, h.Desk(), p.name, []string{"others"}), "", "leaving the group")
		},
		"the door was closed": func(t *testing.T, h house, p *person) {
			is(t, h.Ports.Store.Update(h.ctx, func(tx nodkey.Tx) error { // as the configuration file does
				a, err := tx.Application("wiki")
				a.Doors = []nodkey.Door{nodkey.DoorAPI}
				return errors.Join(err, tx.SaveApplication(a))
			}), "", "closing the door")
		},
		"the application was removed": func(t *testing.T, h house, p *person) {
			is(t, h.Applications.Remove(h.ctx, h.Desk(), "wiki"), "", "removing the application")
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, byPassword)
			_, err := h.Applications.Add(h.ctx, h.Desk(), nodkey.NewApplication{ID: "wiki", Name: "Wiki", Doors: []nodkey.Door{nodkey.DoorForward}, Groups: []string{"readers"}, Settings: json.RawMessage(apiRules)})
			if err != nil {
				t.Fatal(err)
			}
			p := h.gone(t)
			is(t, h.Users.JoinGroup(h.ctx, h.Desk(), p.name, "readers"), "", "a group")
			b := h.NewBrowser(h.address())
			passed, _ := h.sets(t, b, target(t, "/api/v1"))
			is(t, h.Grants.Pass(h.ctx, callerOf(t, b), passed, p.name, password), "", "the password")
			given, _ := h.sets(t, b, target(t, "/api/v1"))
			is(t, h.Grants.Pass(h.ctx, callerOf(t, b), given, p.name, password), "", "the password")
			back, err := h.Forwards.Finish(h.ctx, callerOf(t, b), given)
			if err != nil {
				t.Fatal(err)
			}
			cookie := p.passes(t, b, target(t, "/api/v1"))

			end(t, h, p)
			if issued, err := h.Grants.Issue(h.ctx, callerOf(t, b), passed); err == nil {
				t.Errorf("after the pass: %+v", issued)
			}
			if entry, err := h.Forwards.Enter(h.ctx, nodkey.Caller{}, back.Origin, back.Code, kept); err == nil {
				t.Errorf("with the code: %+v", entry)
			}
			if answer, err := h.Forwards.Decide(h.ctx, target(t, "/api/v1"), "GET", cookie); err == nil && answer.Verdict == nodkey.ForwardAllowed {
				t.Errorf("with the cookie: %+v", answer)
			}
		})
	}
}

// changesMeanwhile does something while a password is checked.
type changesMeanwhile struct {
	nodkey.Passwords
	do func()
}

func (p changesMeanwhile) Verify(ctx context.Context, source string, known bool, phc, password string) (ok, rehash bool, err error) {
	ok, rehash, err = p.Passwords.Verify(ctx, source, known, phc, password)
	p.do()
	return ok, rehash, err
}

// A password that changes while it is checked does not count.
func TestAPasswordThatChangesMeanwhileDoesNotPass(t *testing.T) {
	h := start(t, byPassword)
	h.behindProxy(t, "wiki", apiRules)
	p := h.gone(t)
	token, _ := h.sets(t, p.browser, target(t, "/api/v1"))
	h.Ports.Passwords = changesMeanwhile{h.Ports.Passwords, func() {
		is(t, h.Users.SetPassword(h.ctx, h.Desk(), p.name, "another good one"), "", "a new password")
	}}
	other, err := h.Second(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	is(t, other.Grants.Pass(h.ctx, p.caller(t), token, p.name, password), "server.busy", "the old password")
	h.stops(t, p.browser, token, "with the old password")
}

// The person who came with a restricted session, or whose request names them, is the only one who passes.
func TestAWayForOneUserIsPassedByThem(t *testing.T) {
	h := start(t, byPassword)
	h.behindProxy(t, "wiki", apiRules)
	p, other := h.gone(t), h.gone(t)
	in := nodkey.GrantRequest{Application: "wiki", Door: nodkey.DoorForward, Return: "/x", MaxAge: -1, Password: time.Hour, User: p.name}
	token := h.opens(t, in)
	b := h.NewBrowser(h.address())
	b.Known = h.stands(t, b.Anonymous(), token, nodkey.GrantSignIn, nodkey.GrantNobody).Browser
	is(t, h.Grants.Pass(h.ctx, callerOf(t, b), token, other.name, password), "sign_in.wrong", "somebody else's right password")
	h.stops(t, b, token, "somebody else")
	is(t, h.Grants.Pass(h.ctx, callerOf(t, b), token, " "+p.name+" ", password), "", "their own")
	h.stands(t, callerOf(t, b), token, nodkey.GrantReady, "")

	// Somebody else who signs in meanwhile does not take it over, nor is it counted as theirs.
	other.signIn(t, b)
	issued, err := h.Grants.Issue(h.ctx, callerOf(t, b), token)
	if err != nil {
		t.Fatal(err)
	}
	g, err := h.Grants.Redeem(h.ctx, h.at(t, "wiki", nodkey.DoorForward), issued.Code, nil)
	if err != nil || g.User != p.id || g.Factor != nodkey.FactorPassword {
		t.Errorf("%+v, %v", g, err)
	}
	is(t, h.Sessions.SignOut(h.ctx, callerOf(t, b)), "", "the other one signs out")
	if _, _, err := h.Grants.Access(h.ctx, h.at(t, "wiki", nodkey.DoorForward), g.ID, nil, time.Hour); err != nil {
		t.Errorf("which is nothing to the first: %v", err)
	}
}

// Whoever knows a password makes no room for themselves among what a phone's yes led to, as often as they come.
func TestAPasswordDrivesOutNothingOfAPhones(t *testing.T) {
	h := start(t, byPassword)
	_, err := h.Applications.Add(h.ctx, h.Desk(), nodkey.NewApplication{ID: "wiki", Name: "Wiki", Doors: []nodkey.Door{nodkey.DoorForward, nodkey.DoorOIDC},
		Settings: json.RawMessage(apiRules)})
	if err != nil {
		t.Fatal(err)
	}
	p := h.join(t)
	c := p.enter(t)
	mine := p.goesTo(t, c, target(t, "/"))
	in := wants()
	in.Scopes = append(in.Scopes, nodkey.ScopeOffline)
	outlasts, _ := p.held(t, h.at(t, "wiki", nodkey.DoorOIDC), in)

	thief := h.NewBrowser(h.address())
	for range 70 {
		h.Clock.Advance(3 * time.Second)
		p.passes(t, thief, target(t, "/api/v1"))
	}
	h.gives(t, "https://wiki.example.com/", mine, nodkey.ForwardAllowed)
	if _, err := h.Grants.Refreshing(h.ctx, h.at(t, "wiki", nodkey.DoorOIDC), outlasts.ID); err != nil {
		t.Errorf("what outlasts the session: %v", err)
	}
	if n := h.rawRows(t, "grants"); n != 66 {
		t.Errorf("%d grants", n)
	}

	// Nor does a phone's yes end what a password led to, but by ending it.
	for range 70 {
		h.Clock.Advance(3 * time.Second)
		p.goesTo(t, c, target(t, "/"))
	}
	if n := h.rawRows(t, "grants"); n != 128 {
		t.Errorf("%d grants", n)
	}
}
