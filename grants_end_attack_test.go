package nodkey_test

import (
	"slices"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// Whatever ends the right to be signed in ends what applications hold, at once; a grant that outlasts its session outlasts that alone.
func TestWhatEndsAGrant(t *testing.T) {
	type scene struct {
		house
		p       *person
		other   *person
		c, wiki nodkey.Caller
		g       nodkey.Grant
	}
	for name, end := range map[string]struct {
		do      func(t *testing.T, s scene)
		outlast bool // a grant with offline_access goes on
		back    func(t *testing.T, s scene)
	}{
		"signing out": {do: func(t *testing.T, s scene) { is(t, s.Sessions.SignOut(s.ctx, s.c), "", "signing out") }, outlast: true},
		"somebody else's sign-in in that browser": {do: func(t *testing.T, s scene) {
			finishAs(t, &person{house: s.house, name: s.other.name, id: s.other.id, browser: s.p.browser, key: s.other.key}, s.c)
		}, outlast: true},
		"the session's end":        {do: func(t *testing.T, s scene) { s.Clock.Advance(12 * time.Hour) }, outlast: true},
		"nobody using the session": {do: func(t *testing.T, s scene) { s.Clock.Advance(31 * time.Minute) }, outlast: true},
		"ended from another browser": {do: func(t *testing.T, s scene) {
			other := s.p.signIn(t, s.NewBrowser(s.address()))
			is(t, s.Sessions.End(s.ctx, other, s.c.Session().ID), "", "ending it")
		}},
		"all others ended": {do: func(t *testing.T, s scene) {
			is(t, s.Sessions.EndOthers(s.ctx, s.p.signIn(t, s.NewBrowser(s.address()))), "", "ending the others")
		}},
		"a new password": {do: func(t *testing.T, s scene) {
			is(t, s.Users.SetPassword(s.ctx, s.Desk(), s.p.name, "ein ganz neues Wort"), "", "the desk sets one")
		}},
		"the phone's end": {do: func(t *testing.T, s scene) { is(t, s.Keys.RemoveOwn(s.ctx, s.p.phoneCaller(t)), "", "removing itself") }},
		"a yes taken back": {do: func(t *testing.T, s scene) {
			var sessions []nodkey.Session
			s.view(t, func(tx nodkey.Tx) (err error) { sessions, err = tx.SessionsOf(s.p.id, s.Clock.Now()); return err })
			is(t, s.Approvals.Disown(s.ctx, s.p.phoneCaller(t), sessions[0].ApprovalID), "", "not me")
		}},
		"the user's end": {do: func(t *testing.T, s scene) { is(t, s.Users.Remove(s.ctx, s.Desk(), s.p.name), "", "removing the user") }},
		"the application's end": {do: func(t *testing.T, s scene) {
			is(t, s.Applications.Remove(s.ctx, s.Desk(), "wiki"), "", "removing the application")
		}},
		"the consent's end":      {do: func(t *testing.T, s scene) { is(t, s.Grants.Withdraw(s.ctx, s.c, "wiki"), "", "withdrawing") }},
		"the application's will": {do: func(t *testing.T, s scene) { is(t, s.Grants.End(s.ctx, s.wiki, s.g.ID), "", "ending it") }},
		"a group left": {
			do: func(t *testing.T, s scene) {
				is(t, s.Users.LeaveGroup(s.ctx, s.Desk(), s.p.name, "staff"), "", "leaving")
			},
			back: func(t *testing.T, s scene) {
				is(t, s.Users.JoinGroup(s.ctx, s.Desk(), s.p.name, "staff"), "", "coming back")
			},
		},
		"a suspended phone": {
			do: func(t *testing.T, s scene) { s.p.suspend(t) },
			back: func(t *testing.T, s scene) {
				if _, err := s.Users.Unlock(s.ctx, s.Desk(), s.p.name); err != nil {
					t.Fatal(err)
				}
			},
		},
	} {
		for _, offline := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", offline"}[offline], func(t *testing.T) {
				h := start(t, byPassword)
				wiki := h.wiki(t, func(in *nodkey.NewApplication) { in.Groups = []string{"staff"} })
				p, other := h.join(t), h.join(t)
				is(t, h.Users.JoinGroup(h.ctx, h.Desk(), p.name, "staff"), "", "joining")
				c := p.enter(t)
				in := wants()
				if offline {
					in.Scopes = append(in.Scopes, nodkey.ScopeOffline)
				}
				g, access := p.held(t, wiki, in)
				_, _, err := h.Grants.Access(h.ctx, wiki, g.ID, nil, 300*24*time.Hour)
				if err != nil {
					t.Fatal(err)
				}
				refresh, err := h.Grants.Refreshing(h.ctx, wiki, g.ID)
				if err != nil {
					t.Fatal(err)
				}
				code := p.codeFor(t, in)
				end.do(t, scene{h, p, other, c, wiki, g})
				goesOn := offline && end.outlast
				if h.Clock.Now().Before(g.CreatedAt.Add(time.Hour)) {
					h.counts(t, access, goesOn)
				}
				next, _, err := h.Grants.Refresh(h.ctx, wiki, refresh, nil)
				want := "grant.unknown"
				if goesOn {
					want = ""
				}
				is(t, err, want, "refreshing")
				if name != "the application's will" {
					_, err = h.Grants.Redeem(h.ctx, wiki, code, nil)
					if !goesOn || h.Clock.Now().Sub(g.CreatedAt) >= time.Minute {
						is(t, err, "grant.unknown", "redeeming afterwards")
					}
				}
				if end.back == nil {
					return
				}
				end.back(t, scene{h, p, other, c, wiki, g})
				h.counts(t, access, true)
				_, _, err = h.Grants.Refresh(h.ctx, wiki, refresh, nil) // it was not used up by being refused
				is(t, err, "", "refreshing after %s, %s", name, next)
			})
		}
	}
}

// finishAs signs in again in the browser that has this session, which takes its place.
func finishAs(t *testing.T, p *person, c nodkey.Caller) {
	t.Helper()
	p.Clock.Advance(time.Second)
	p.begin(t, p.browser)
	p.yes(t, p.browser)
	done, err := p.SignIns.Finish(p.ctx, c, p.browser.SignIn)
	if err != nil {
		t.Fatal(err)
	}
	p.browser.Session = done.Session
}

// Who signs in once more for one application, as prompt=login asks, stays signed in at the others; and they hear of the end of that
// session under the name that they know it by.
func TestSigningInAgainLeavesTheOthersAlone(t *testing.T) {
	h := start(t, byPassword)
	wiki := h.wiki(t, nil)
	p := h.join(t)
	first := p.enter(t)
	in := wants()
	in.TellEnd = true
	g, access := p.held(t, wiki, in)
	finishAs(t, p, first)
	h.counts(t, access, true)
	h.stands(t, first, h.opens(t, wants()), nodkey.GrantSignIn, nodkey.GrantNobody) // the session itself is gone
	second := p.caller(t)
	if second.Session() == nil || string(second.Session().ID) == g.SID {
		t.Fatalf("%+v", second.Session())
	}
	if seen, _, _, err := h.Grants.Look(h.ctx, wiki, access); err != nil || seen.SID != g.SID {
		t.Errorf("%+v, %v", seen, err)
	}
	h.Clock.Advance(29 * time.Minute)
	p.caller(t)
	h.Clock.Advance(29 * time.Minute)
	is(t, h.Upkeep.Tick(h.ctx), "", "a tick")
	h.counts(t, access, true)
	is(t, h.Sessions.SignOut(h.ctx, p.caller(t)), "", "signing out")
	h.counts(t, access, false)
	if told := h.oneCallback(t, nodkey.DoorOIDC); told.SID != g.SID || told.Subject != string(g.ID) {
		t.Errorf("%+v", told)
	}
}

// suspend uses up the PIN tries of the person's phone.
func (p *person) suspend(t *testing.T) {
	t.Helper()
	b := p.NewBrowser(p.address())
	p.begin(t, b)
	for range nodkey.PINTriesInARow {
		w, err := b.Wait(p.ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.key.Answer(p.ctx, p.newest(t), nodkeytest.Answer{PIN: "0000", Number: w.Number}); err == nil {
			t.Fatal("a wrong PIN was taken")
		}
	}
}

// A session that is idle, and a grant that nobody uses, leave nothing behind.
func TestUpkeepEndsGrants(t *testing.T) {
	h := start(t, byPassword)
	wiki := h.wiki(t, nil)
	p := h.join(t)
	tick := func() { is(t, h.Upkeep.Tick(h.ctx), "", "a tick") }
	left := func(want int) {
		t.Helper()
		tick()
		if n := h.rawRows(t, "grants"); n != want {
			t.Errorf("%d grants are left, want %d", n, want)
		}
	}
	p.enter(t)
	p.held(t, wiki, wants())
	in := wants()
	in.Scopes = []string{"openid", nodkey.ScopeOffline}
	g, _ := p.held(t, wiki, in)
	if _, err := h.Grants.Refreshing(h.ctx, wiki, g.ID); err != nil {
		t.Fatal(err)
	}
	p.codeFor(t, wants())
	left(3)
	h.Clock.Advance(time.Minute)
	left(2) // the code that nobody redeemed
	for range 3 {
		h.Clock.Advance(25 * time.Minute)
		p.caller(t)
		left(2)
	}
	h.Clock.Advance(30*time.Minute + time.Millisecond)
	left(1) // the session has idled out
	h.tellsOf(t, p.id, "grant.ended")
	h.Clock.Advance(57 * 24 * time.Hour)
	left(1)
	h.Clock.Advance(3 * 24 * time.Hour)
	left(0) // not refreshed for sixty days
	if n := h.rawRows(t, "grant_tokens"); n != 0 {
		t.Errorf("%d tokens are left", n)
	}
}

func TestAPersonHasNoMoreGrantsThanTheyNeed(t *testing.T) {
	h := start(t, byPassword)
	wiki := h.wiki(t, nil)
	p := h.join(t)
	p.enter(t)
	_, first := p.held(t, wiki, wants())
	for range 63 {
		h.Clock.Advance(time.Second)
		p.codeFor(t, wants())
	}
	h.counts(t, first, true)
	p.codeFor(t, wants())
	h.counts(t, first, false)
	if n := h.rawRows(t, "grants"); n != 64 {
		t.Errorf("there are %d grants", n)
	}
	g, _ := p.held(t, wiki, wants())
	var access []nodkey.Token
	for range 20 {
		h.Clock.Advance(time.Millisecond)
		token, _, err := h.Grants.Access(h.ctx, wiki, g.ID, nil, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		access = append(access, token)
	}
	h.counts(t, access[3], false)
	h.counts(t, access[4], true)
	h.counts(t, access[19], true)
}

func TestWhoOpensTooMuchIsSlowedDown(t *testing.T) {
	h := start(t, byPassword)
	h.wiki(t, nil)
	p := h.join(t)
	stranger := h.NewBrowser("203.0.113.7").Anonymous()
	slow := 0
	for range 400 {
		if _, err := h.Grants.Open(h.ctx, stranger, wants()); nodkey.HasKey(err, "grant.slow") {
			slow++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if slow != 100 {
		t.Errorf("%d of 400 were refused", slow)
	}
	c := p.enter(t) // who is signed in is counted alone, wherever they are
	c.Source = stranger.Source
	if _, err := h.Grants.Open(h.ctx, c, wants()); err != nil {
		t.Error(err)
	}
	h.Clock.Advance(10 * time.Minute)
	for range 5 {
		if _, err := h.Upkeep.Purge(h.ctx); err != nil {
			t.Fatal(err)
		}
	}
	if n := h.rawRows(t, "grant_requests"); n != 0 {
		t.Errorf("%d requests are left", n)
	}
}

func TestWhatNoDoorMayAsk(t *testing.T) {
	h := start(t, byPassword)
	h.wiki(t, nil)
	for name, change := range map[string]func(*nodkey.GrantRequest){
		"another host":         func(in *nodkey.GrantRequest) { in.Return = "//evil.example/" },
		"a backslash":          func(in *nodkey.GrantRequest) { in.Return = `/\evil.example` },
		"an address":           func(in *nodkey.GrantRequest) { in.Return = "https://evil.example/" },
		"no way back":          func(in *nodkey.GrantRequest) { in.Return = "" },
		"a query":              func(in *nodkey.GrantRequest) { in.Return = "/oidc/return?to=other" },
		"a line break":         func(in *nodkey.GrantRequest) { in.Return = "/oidc/\r\nreturn" },
		"a scope with a space": func(in *nodkey.GrantRequest) { in.Scopes = []string{"openid email"} },
		"an empty scope":       func(in *nodkey.GrantRequest) { in.Scopes = []string{""} },
		"too many scopes":      func(in *nodkey.GrantRequest) { in.Scopes = manyScopes(33) },
		"too much data": func(in *nodkey.GrantRequest) {
			in.Data = append([]byte{'"'}, append(slices.Repeat([]byte{'a'}, 8<<10), '"')...)
		},
		"data that are no JSON": func(in *nodkey.GrantRequest) { in.Data = []byte("{") },
		"a name of nobody":      func(in *nodkey.GrantRequest) { in.User = "no body" },
		"a long life":           func(in *nodkey.GrantRequest) { in.Life = 11 * time.Minute },
		"a life that is over":   func(in *nodkey.GrantRequest) { in.Life = -time.Minute },
	} {
		in := wants()
		change(&in)
		_, err := h.Grants.Open(h.ctx, h.anybody(), in)
		is(t, err, "grant.request", "%s", name)
	}
	for name, change := range map[string]func(*nodkey.GrantRequest){
		"an unknown application": func(in *nodkey.GrantRequest) { in.Application = "none" },
		"a door that it has not": func(in *nodkey.GrantRequest) { in.Door = nodkey.DoorForward },
	} {
		in := wants()
		change(&in)
		_, err := h.Grants.Open(h.ctx, h.anybody(), in)
		is(t, err, "application.unknown", "%s", name)
	}
	if n := h.rawRows(t, "grant_requests"); n != 0 {
		t.Errorf("%d requests were made", n)
	}
}

func manyScopes(n int) (out []string) {
	for i := range n {
		out = append(out, "scope-"+string(rune('A'+i)))
	}
	return out
}
