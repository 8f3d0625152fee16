package nodkey_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"pgregory.net/rapid"
)

// On a way that a password alone leads to, a password is as hard to guess as at the portal: the same tries get the same answers, and as
// long a wait.
func TestPasswordsAreAsHardToGuessOnAWay(t *testing.T) {
	h := start(t, byPassword)
	h.behindProxy(t, "wiki", apiRules)
	type try struct {
		Name, Password string
		Pause          time.Duration
	}
	says := func(err error) string {
		if err == nil {
			return "in"
		}
		e := nodkey.AsError(err)
		return e.Key + " " + e.Kind.String()
	}
	rapid.Check(t, func(rt *rapid.T) {
		tries := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) try {
			return try{rapid.SampledFrom([]string{"mine", "mine", "nobody"}).Draw(rt, "name"),
				rapid.SampledFrom([]string{"wrong", "wrong", "wrong", password, ""}).Draw(rt, "password"),
				rapid.SampledFrom([]time.Duration{0, 0, 0, time.Second, time.Minute}).Draw(rt, "pause")}
		}), 1, 40).Draw(rt, "tries")
		here, there := h.add(t), h.add(t)
		one, other := h.NewBrowser(h.address()), h.NewBrowser(h.address())
		var answers, passes []string
		var waits, waitsThere []any
		named := func(x try, p *person) string {
			if x.Name == "mine" {
				return p.name
			}
			return x.Name + "." + p.name
		}
		var token nodkey.Token
		for _, x := range tries {
			h.Clock.Advance(x.Pause)
			_, err := h.SignIns.Begin(h.ctx, one.Anonymous(), named(x, here), x.Password)
			answers, waits = append(answers, says(err)), append(waits, waitOf(err))
			step, lost := h.Grants.Step(h.ctx, other.Anonymous(), token)
			if lost != nil || step.State != nodkey.GrantSignIn {
				token, _ = h.sets(rt, other, target(t, "/api/v1"))
			}
			err = h.Grants.Pass(h.ctx, other.Anonymous(), token, named(x, there), x.Password)
			passes, waitsThere = append(passes, says(err)), append(waitsThere, waitOf(err))
		}
		if !slices.Equal(answers, passes) || !slices.Equal(waits, waitsThere) {
			rt.Fatalf("%+v\nat the portal %v %v\non the way   %v %v", tries, answers, waits, passes, waitsThere)
		}
	})
}

func waitOf(err error) any {
	if err == nil {
		return nil
	}
	return nodkey.AsError(err).Args["Seconds"]
}

// A wrong password stands in the log as ever, and one try of a stranger's too many as well.
func TestWrongPasswordsOnAWayAreWrittenDown(t *testing.T) {
	h := start(t, byPassword)
	h.behindProxy(t, "wiki", apiRules)
	p := h.gone(t)
	b := h.NewBrowser(h.address())
	token, _ := h.sets(t, b, target(t, "/api/v1"))
	for range 10 {
		is(t, h.Grants.Pass(h.ctx, callerOf(t, b), token, p.name, "wrong"), "sign_in.wrong", "a wrong one")
	}
	is(t, h.Grants.Pass(h.ctx, callerOf(t, b), token, "No name, at all", password), "sign_in.wrong", "a name that is none")
	is(t, h.Grants.Pass(h.ctx, callerOf(t, b), token, p.name+"x", strings.Repeat("a", 257)), "sign_in.wrong", "what no password is")
	is(t, h.Grants.Pass(h.ctx, callerOf(t, b), token, p.name, password), "sign_in.slow", "the right one after ten wrong ones")
	is(t, h.NewBrowser(h.address()).Begin(h.ctx, p.name, password), "sign_in.slow", "and at the portal, from elsewhere")
	h.stops(t, b, token, "after all that")
	if got := h.actions(t, p.id, "sign_in."); len(got) < 11 || got[0] != "sign_in.limited" || got[len(got)-1] != "sign_in.wrong" {
		t.Errorf("the log says %v", got)
	}
	if got := h.actions(t, p.id, "grant."); len(got) != 0 {
		t.Errorf("the log says %v", got)
	}
	// The person's own browser is not slowed down by strangers, here as there.
	p.Clock.Advance(time.Hour)
	p.enter(t)
	is(t, h.Sessions.SignOut(h.ctx, p.caller(t)), "", "signing out")
	for range 10 {
		is(t, h.Grants.Pass(h.ctx, callerOf(t, b), token, p.name, "wrong"), "grant.unknown", "a way that ran out")
	}
	token, _ = h.sets(t, b, target(t, "/api/v1"))
	for range 10 {
		is(t, h.Grants.Pass(h.ctx, callerOf(t, b), token, p.name, "wrong"), "sign_in.wrong", "a stranger's")
	}
	p.passes(t, p.browser, target(t, "/api/v1"))
}

// Right passwords leave rows, so they have a limit as well: strangers who know one do not use up what the person's own browser needs.
func TestEntriesWithAPasswordAreBounded(t *testing.T) {
	h := start(t, byPassword)
	h.behindProxy(t, "wiki", apiRules)
	p := h.gone(t)
	p.enter(t)
	is(t, h.Sessions.SignOut(h.ctx, p.caller(t)), "", "signing out")
	in, slow := 0, 0
	b := h.NewBrowser(h.address())
	for range 80 {
		token, _ := h.sets(t, b, target(t, "/api/v1"))
		switch err := h.Grants.Pass(h.ctx, callerOf(t, b), token, p.name, password); {
		case err == nil:
			in++
			h.arrives(t, b, token)
		case nodkey.HasKey(err, "user.slow"), nodkey.HasKey(err, "sign_in.slow"): // a try that leads to nothing stays charged
			slow++
		default:
			t.Fatal(err)
		}
	}
	if in < 59 || slow < 15 {
		t.Errorf("%d entries, %d refused", in, slow)
	}
	p.passes(t, p.browser, target(t, "/api/v1"))
	if n := h.rawRows(t, "grants"); n > 64 {
		t.Errorf("%d grants", n)
	}
	passed := 0
	h.view(t, func(tx nodkey.Tx) error {
		list, err := tx.SessionsOf(p.id, h.Clock.Now())
		for _, s := range list {
			if s.Level == nodkey.Passed {
				passed++
			}
		}
		return err
	})
	if passed > 64 || passed != h.rawRows(t, "grants") {
		t.Errorf("%d rows for %d grants", passed, h.rawRows(t, "grants"))
	}
}

// What a password opened ends with the application's time, with policy's, with nobody using it, and by the person's leaving.
func TestWhatAPasswordOpenedEndsInTime(t *testing.T) {
	const api = "https://wiki.example.com/api/v1"
	open := func(t *testing.T, session string, change func(*nodkey.Policy)) (house, *person, *nodkeytest.Browser, nodkey.Token) {
		h := start(t, func(p *nodkey.Policy) { byPassword(p); change(p) })
		h.behindProxy(t, "wiki", `{"hosts": ["wiki.example.com"], "session": "`+session+`", "rules": [{"path": "/api/*", "policy": "one_factor"}]}`)
		p := h.gone(t)
		b := h.NewBrowser(h.address())
		return h, p, b, p.passes(t, b, target(t, "/api/v1"))
	}
	used := func(t *testing.T, h house, cookie nodkey.Token, until time.Duration) {
		t.Helper()
		const step = 20 * time.Minute
		for at := step; at < until; at += step {
			h.Clock.Advance(step)
			if got, _ := h.decidesAt(t, api, cookie); got != nodkey.ForwardAllowed {
				t.Fatalf("after %s: %s", at, got)
			}
		}
		h.Clock.Advance(step)
		h.gives(t, api, cookie, nodkey.ForwardSignIn)
	}
	gone := func(t *testing.T, h house) {
		t.Helper()
		if err := h.Upkeep.Tick(h.ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Upkeep.Purge(h.ctx); err != nil {
			t.Fatal(err)
		}
		if n := h.rawRows(t, "grants") + h.rawRows(t, "sessions") + h.rawRows(t, "grant_tokens"); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	}
	t.Run("the application's time", func(t *testing.T) {
		h, _, _, cookie := open(t, "2h", func(*nodkey.Policy) {})
		used(t, h, cookie, 2*time.Hour)
		gone(t, h)
	})
	t.Run("policy's time", func(t *testing.T) {
		h, _, _, cookie := open(t, "720h", func(p *nodkey.Policy) { p.SessionLife = 3 * time.Hour })
		used(t, h, cookie, 3*time.Hour)
		gone(t, h)
	})
	t.Run("nobody using it", func(t *testing.T) {
		h, _, _, cookie := open(t, "12h", func(*nodkey.Policy) {})
		h.Clock.Advance(30 * time.Minute)
		h.gives(t, api, cookie, nodkey.ForwardAllowed)
		h.Clock.Advance(30*time.Minute + time.Second)
		h.gives(t, api, cookie, nodkey.ForwardSignIn)
		gone(t, h)
	})
	t.Run("leaving the host", func(t *testing.T) {
		h, _, _, cookie := open(t, "12h", func(*nodkey.Policy) {})
		if _, err := h.Forwards.Leave(h.ctx, h.anybody(), "https://wiki.example.com", cookie); err != nil {
			t.Fatal(err)
		}
		h.gives(t, api, cookie, nodkey.ForwardSignIn)
		h.Clock.Advance(time.Hour)
		gone(t, h)
	})
	t.Run("signing out at the portal in that browser", func(t *testing.T) {
		h, p, b, cookie := open(t, "12h", func(*nodkey.Policy) {})
		other := p.passes(t, h.NewBrowser(h.address()), target(t, "/api/v1"))
		p.signIn(t, b)
		h.gives(t, api, cookie, nodkey.ForwardAllowed)
		is(t, h.Sessions.SignOut(h.ctx, callerOf(t, b)), "", "signing out")
		h.gives(t, api, cookie, nodkey.ForwardSignIn)
		h.gives(t, api, other, nodkey.ForwardAllowed)
	})
	t.Run("a code that nobody fetched", func(t *testing.T) {
		h, p, b, cookie := open(t, "12h", func(*nodkey.Policy) {})
		token, _ := h.sets(t, b, target(t, "/api/v1"))
		is(t, h.Grants.Pass(h.ctx, callerOf(t, b), token, p.name, password), "", "the password")
		if _, err := h.Forwards.Finish(h.ctx, callerOf(t, b), token); err != nil {
			t.Fatal(err)
		}
		h.Clock.Advance(time.Minute)
		if err := h.Upkeep.Tick(h.ctx); err != nil {
			t.Fatal(err)
		}
		if grants, tokens := h.rawRows(t, "grants"), h.rawRows(t, "grant_tokens"); grants != 1 || tokens != 1 {
			t.Errorf("%d grants and %d tokens are left", grants, tokens)
		}
		h.gives(t, api, cookie, nodkey.ForwardAllowed)
	})
}
