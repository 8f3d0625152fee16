package nodkey_test

import (
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"pgregory.net/rapid"
)

// Whatever the rules are and whatever is asked for: a password alone is never enough where two factors are needed, and the portal asks
// for less than a phone's yes exactly where it is enough.
func TestNoRuleTakesAPasswordForTwoFactors(t *testing.T) {
	h := start(t, byPassword)
	h.behindProxy(t, "wiki", `{"hosts": ["wiki.example.com"]}`)
	policy := rapid.SampledFrom([]nodkey.ForwardPolicy{nodkey.ForwardBypass, nodkey.ForwardOneFactor, nodkey.ForwardTwoFactors, nodkey.ForwardDeny})
	path := rapid.SampledFrom([]string{"", "/a/*", "/A/*", "/a/b", "/a/b/", "/a", "/*", "/b*"})
	rapid.Check(t, func(rt *rapid.T) {
		rules := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) nodkey.ForwardRule {
			r := nodkey.ForwardRule{Path: path.Draw(rt, "path"), Policy: policy.Draw(rt, "policy")}
			if rapid.Bool().Draw(rt, "methods") {
				r.Methods = []string{"POST"}
			}
			if r.Policy == nodkey.ForwardOneFactor || r.Policy == nodkey.ForwardTwoFactors {
				r.Within = rapid.SampledFrom([]time.Duration{0, time.Minute}).Draw(rt, "within")
			}
			return r
		}), 0, 5).Draw(rt, "rules")
		to := target(t, rapid.SampledFrom([]string{"/", "/a/b", "/A/B", "/a/b/", "/a", "/A/", "/b", "/bc", "/%61/b"}).Draw(rt, "asked"))
		method := rapid.SampledFrom([]string{"GET", "POST", "HEAD"}).Draw(rt, "method")
		need, ok := nodkey.NeedForward(rules, method, to)
		now := h.Clock.Now()
		who := nodkey.ForwardWho{Known: true, Factor: nodkey.FactorPassword, Groups: []string{"staff"}, At: now}
		got := need.Decide(who, now)
		if want := ok && (need.Policy == nodkey.ForwardBypass || need.Policy == nodkey.ForwardOneFactor); want != (got == nodkey.ForwardAllowed) {
			rt.Fatalf("%s %s of %+v: %s for a password", method, to.URI, need, got)
		}
		who.Factor = "pin"
		if got == nodkey.ForwardAllowed && need.Decide(who, now) != nodkey.ForwardAllowed {
			rt.Fatalf("a phone's yes is less than a password at %+v", need)
		}
	})
}

// passCookie is a cookie that a password alone gave, as it should stand.
type passCookie struct {
	token   nodkey.Token
	host    string
	browser int
	made    time.Time
	seen    time.Time
	ended   bool
}

// However people come and go: what a password alone gave opens one factor's part of its host for as long as it should, and never
// anything else.
func TestWhatAPasswordOpensIsWhatItShould(t *testing.T) {
	h := start(t, byPassword)
	h.behindProxy(t, "wiki", apiRules)
	hosts := []string{"https://wiki.example.com", "https://docs.example.com"}
	rapid.Check(t, func(rt *rapid.T) {
		p := h.gone(rt)
		browsers := []*nodkeytest.Browser{h.NewBrowser(h.address()), h.NewBrowser(h.address())}
		var cookies []*passCookie
		end := func(match func(*passCookie) bool) {
			for _, c := range cookies {
				c.ended = c.ended || match(c)
			}
		}
		lasts := func(c *passCookie) bool {
			now := h.Clock.Now()
			return !c.ended && now.Before(c.made.Add(8*time.Hour)) && now.Sub(c.seen) <= 30*time.Minute
		}
		which := func(rt *rapid.T) int { return rapid.IntRange(0, 1).Draw(rt, "browser") }
		signedIn := func(b *nodkeytest.Browser) bool { return callerOf(rt, b).Session() != nil }
		rt.Repeat(map[string]func(*rapid.T){
			"go": func(rt *rapid.T) {
				if len(cookies) == 40 {
					rt.Skip("enough")
				}
				i, host := which(rt), rapid.SampledFrom(hosts).Draw(rt, "host")
				b, phone := browsers[i], signedIn(browsers[i])
				token, step := h.sets(rt, b, behind(rt, host+"/api/x"))
				if phone != (step.State == nodkey.GrantReady) || phone == step.Password {
					rt.Fatalf("signed in %t, and the step is %+v", phone, step)
				}
				if !phone {
					is(rt, h.Grants.Pass(h.ctx, callerOf(rt, b), token, p.name, password), "", "the password")
				}
				cookie := h.arrives(rt, b, token)
				h.gives(rt, host+"/api/x", cookie, nodkey.ForwardAllowed)
				if phone {
					h.gives(rt, host+"/", cookie, nodkey.ForwardAllowed)
					return
				}
				now := h.Clock.Now()
				cookies = append(cookies, &passCookie{token: cookie, host: host, browser: i, made: now, seen: now})
			},
			"sign in": func(rt *rapid.T) { p.signIn(rt, browsers[which(rt)]) },
			"sign out": func(rt *rapid.T) {
				i := which(rt)
				if !signedIn(browsers[i]) {
					rt.Skip("nobody is signed in")
				}
				is(rt, h.Sessions.SignOut(h.ctx, callerOf(rt, browsers[i])), "", "signing out")
				end(func(c *passCookie) bool { return c.browser == i })
			},
			"end all others": func(rt *rapid.T) {
				i := which(rt)
				if !signedIn(browsers[i]) {
					rt.Skip("nobody is signed in")
				}
				is(rt, h.Sessions.EndOthers(h.ctx, callerOf(rt, browsers[i])), "", "ending the others")
				end(func(*passCookie) bool { return true })
			},
			"leave": func(rt *rapid.T) {
				if len(cookies) == 0 {
					rt.Skip("nowhere")
				}
				c := rapid.SampledFrom(cookies).Draw(rt, "cookie")
				_, err := h.Forwards.Leave(h.ctx, h.anybody(), c.host, c.token)
				is(rt, err, "", "leaving")
				end(func(x *passCookie) bool { return x == c })
			},
			"change the password": func(rt *rapid.T) {
				for _, next := range []string{"another good one", password} {
					is(rt, h.Users.SetPassword(h.ctx, h.Desk(), p.name, next), "", "a new password")
				}
				end(func(*passCookie) bool { return true })
			},
			"wait": func(rt *rapid.T) {
				h.Clock.Advance(rapid.SampledFrom([]time.Duration{2 * time.Second, 10 * time.Minute, 29 * time.Minute, 3 * time.Hour}).Draw(rt, "time"))
				if err := h.Upkeep.Tick(h.ctx); err != nil {
					rt.Fatal(err)
				}
			},
			"": func(rt *rapid.T) {
				for _, c := range cookies {
					want := nodkey.ForwardSignIn
					if lasts(c) {
						want = nodkey.ForwardAllowed
						if now := h.Clock.Now(); now.Sub(c.seen) >= time.Minute { // which this look is
							c.seen = now
						}
					}
					for _, host := range hosts {
						h.gives(rt, host+"/", c.token, nodkey.ForwardSignIn)
						if host != c.host {
							h.gives(rt, host+"/api/x", c.token, nodkey.ForwardSignIn)
						}
					}
					h.gives(rt, c.host+"/api/x", c.token, want)
				}
			},
		})
	})
}
