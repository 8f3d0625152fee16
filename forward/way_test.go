package forward

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

var families = []string{"nginx", "caddy", "traefik"}

// told is what an answer tells the application.
func told(a reply) [4]string {
	return [4]string{a.header.Get("Remote-User"), a.header.Get("Remote-Name"), a.header.Get("Remote-Email"), a.header.Get("Remote-Groups")}
}

// complete expects all four headers once, the empty ones, too.
func complete(t testing.TB, a reply) {
	t.Helper()
	for _, name := range []string{"Remote-User", "Remote-Name", "Remote-Email", "Remote-Groups"} {
		if len(a.header.Values(name)) != 1 {
			t.Errorf("%d: %s is there %d times", a.status, name, len(a.header.Values(name)))
		}
	}
}

func TestABrowserIsLedToThePortalAndBack(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	must(t, h.Services.Users.JoinGroup(t.Context(), h.Operator, "mara", "staff"))
	must(t, h.Services.Users.JoinGroup(t.Context(), h.Operator, "mara", "all"))
	p.signIn(t)
	const wanted = wiki + "/page?a=1&b=%2F"
	for _, family := range families {
		a := p.asks(t, family, "GET", wanted, wiki, nil)
		status := http.StatusFound
		if family == "nginx" {
			status = http.StatusUnauthorized
		}
		if want := wiki + "/.nodkey/sign-in?to=" + url.QueryEscape("/page?a=1&b=%2F"); a.status != status || a.location() != want {
			t.Errorf("%s: %d to %q, want %d to %q", family, a.status, a.location(), status, want)
		}
		complete(t, a)
		if told(a) != [4]string{} {
			t.Errorf("%s: nobody is told of as %q", family, told(a))
		}
	}
	p.enters(t, wiki, "/page?a=1&b=%2F")
	for _, family := range families {
		a := p.asks(t, family, "GET", wanted, wiki, nil)
		complete(t, a)
		if want := [4]string{"mara", "Mara", "", "all,staff"}; a.status != http.StatusOK || told(a) != want {
			t.Errorf("%s: %d, told of as %q, want %q", family, a.status, told(a), want)
		}
		if a := p.asks(t, family, "POST", wiki+"/page", wiki, nil); a.status != http.StatusOK {
			t.Errorf("%s: a form is answered %d", family, a.status)
		}
	}
	if a := p.asks(t, "caddy", "GET", docs+"/", docs, nil); a.status != http.StatusFound {
		t.Errorf("another host of the same application is open: %d", a.status)
	}
	if n := h.Audited(t, "grant.issued"); n != 1 {
		t.Errorf("%d grants are in the log", n)
	}
}

// What is not asked for by a person who looks at a window is told to sign in and led nowhere.
func TestOnlyPagesAreLedAway(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	for name, set := range map[string]func(*http.Request){
		"a script's": func(r *http.Request) { r.Header.Set("Sec-Fetch-Mode", "cors") },
		"a frame's": func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Mode", "navigate")
			r.Header.Set("Sec-Fetch-Dest", "iframe")
		},
		"a picture's": func(r *http.Request) { r.Header.Set("Sec-Fetch-Mode", "no-cors") },
		"a program's": func(r *http.Request) { r.Header.Set("Accept", "*/*") },
		"XHR":         func(r *http.Request) { r.Header.Set("X-Requested-With", "XMLHttpRequest") },
		"a socket's":  func(r *http.Request) { r.Header.Set("Upgrade", "websocket") },
	} {
		for _, family := range families {
			if a := p.asks(t, family, "GET", wiki+"/", wiki, set); a.status != http.StatusUnauthorized || a.location() != "" || a.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s request through %s: %d to %q", name, family, a.status, a.location())
			}
		}
	}
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"} {
		for _, family := range families {
			if a := p.asks(t, family, method, wiki+"/", wiki, nil); a.status != http.StatusUnauthorized || a.location() != "" {
				t.Errorf("%s through %s: %d to %q", method, family, a.status, a.location())
			}
		}
	}
	for _, family := range families {
		if a := p.asks(t, family, "GET", wiki+"/public/x", wiki, func(r *http.Request) { r.Header.Set("Accept", "*/*") }); a.status != http.StatusOK {
			t.Errorf("what is open to all is closed through %s: %d", family, a.status)
		}
		a := p.asks(t, family, "GET", wiki+"/closed", wiki, nil)
		if a.status != http.StatusForbidden || !strings.Contains(a.body, "not open to you") || !strings.Contains(a.body, `href="/.nodkey/assets/app-`) {
			t.Errorf("what is open to nobody through %s: %d %s", family, a.status, a.body)
		}
	}
}

func TestRulesAskForGroupsAndForAFreshSignIn(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	p.signIn(t)
	p.enters(t, wiki, "/")
	if a := p.asks(t, "caddy", "GET", wiki+"/admin/", wiki, nil); a.status != http.StatusForbidden {
		t.Errorf("without the group: %d", a.status)
	}
	must(t, h.Services.Users.JoinGroup(t.Context(), h.Operator, "mara", "staff"))
	if a := p.asks(t, "caddy", "GET", wiki+"/admin/", wiki, nil); a.status != http.StatusOK {
		t.Errorf("with the group, at once: %d", a.status)
	}
	for range 4 { // in use, so that the session at the portal does not end meanwhile
		h.Clock.Advance(16 * time.Minute)
		if a := p.asks(t, "caddy", "GET", wiki+"/", wiki, nil); a.status != http.StatusOK {
			t.Fatalf("in use: %d", a.status)
		}
	}
	if a := p.asks(t, "caddy", "GET", wiki+"/admin/", wiki, nil); a.status != http.StatusFound {
		t.Errorf("an hour later: %d", a.status)
	}
	token := p.goes(t, wiki, "/admin/")
	p.continues(t, token, nodkey.GrantSignIn) // the old sign-in is not enough
	p.signIn(t)
	p.continues(t, token, nodkey.GrantReady)
	a := p.atPortal(t, "/forward/return?to="+string(token))
	p.visits(t, "GET", wiki, strings.TrimPrefix(a.location(), wiki+"/.nodkey/"), nil)
	if a := p.asks(t, "caddy", "GET", wiki+"/admin/", wiki, nil); a.status != http.StatusOK {
		t.Errorf("after signing in again: %d", a.status)
	}
	must(t, h.Services.Users.LeaveGroup(t.Context(), h.Operator, "mara", "staff"))
	if a := p.asks(t, "caddy", "GET", wiki+"/admin/", wiki, nil); a.status != http.StatusForbidden {
		t.Errorf("after the group was left: %d", a.status)
	}
}

// The cookie ends with what it came from, at the next request.
func TestWhatEndsTheSessionEndsTheCookie(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *person){
		"sign-out at the portal": func(t *testing.T, p *person) {
			c, err := p.browser.Caller(t.Context())
			must(t, err)
			must(t, p.Services.Sessions.SignOut(t.Context(), c))
		},
		"a new password": func(t *testing.T, p *person) {
			must(t, p.Services.Users.SetPassword(t.Context(), p.Operator, p.name, "nine purple bottles"))
		},
		"the user's removal": func(t *testing.T, p *person) {
			must(t, p.Services.Users.Remove(t.Context(), p.Operator, p.name))
		},
		"the application's removal": func(t *testing.T, p *person) {
			must(t, p.Services.Applications.Remove(t.Context(), p.Operator, "wiki"))
		},
		"an idle session": func(_ *testing.T, p *person) { p.Clock.Advance(31 * time.Minute) },
		"its time":        func(_ *testing.T, p *person) { p.Clock.Advance(9 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, nil)
			p := h.join(t, "mara")
			p.signIn(t)
			p.enters(t, wiki, "/")
			if a := p.asks(t, "nginx", "GET", wiki+"/", wiki, nil); a.status != http.StatusOK {
				t.Fatalf("before: %d", a.status)
			}
			end(t, p)
			if a := p.asks(t, "nginx", "GET", wiki+"/", wiki, nil); a.status == http.StatusOK || told(a) != [4]string{} {
				t.Errorf("afterwards: %d as %q", a.status, told(a))
			}
		})
	}
}

func TestSigningOutOfAHostEndsThatHostAlone(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	p.signIn(t)
	p.enters(t, wiki, "/")
	p.enters(t, docs, "/")
	before := p.kept[wiki]["__Host-nodkey-forward"]
	asked := p.visits(t, "GET", wiki, "sign-out", nil)
	if asked.status != http.StatusOK || !strings.Contains(asked.body, `<form method="post" action="/.nodkey/sign-out">`) || !strings.Contains(asked.body, "Aldermere wiki") {
		t.Fatalf("the question: %d %s", asked.status, asked.body)
	}
	if a := p.asks(t, "caddy", "GET", wiki+"/", wiki, nil); a.status != http.StatusOK {
		t.Fatalf("the question signed out: %d", a.status)
	}
	if a := p.visits(t, "POST", wiki, "sign-out", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }); a.status != http.StatusForbidden {
		t.Fatalf("another site's form signed out: %d", a.status)
	}
	if a := p.visits(t, "POST", wiki, "sign-out", nil); a.status != http.StatusOK || !strings.Contains(a.body, "signed out of Aldermere wiki") {
		t.Fatalf("signing out: %d %s", a.status, a.body)
	}
	if _, still := p.kept[wiki]["__Host-nodkey-forward"]; still {
		t.Error("the cookie stays")
	}
	p.kept[wiki]["__Host-nodkey-forward"] = before
	if a := p.asks(t, "caddy", "GET", wiki+"/", wiki, nil); a.status != http.StatusFound {
		t.Errorf("a copy of the cookie is still good: %d", a.status)
	}
	if a := p.asks(t, "caddy", "GET", docs+"/", docs, nil); a.status != http.StatusOK {
		t.Errorf("the other host is signed out, too: %d", a.status)
	}
}

func TestTwoWindowsMayBeOnTheirWayAtOnce(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	p.signIn(t)
	first := p.code(t, wiki, "/one")
	second := p.code(t, wiki, "/two")
	for path, callback := range map[string]string{"/one": first, "/two": second} {
		if a := p.visits(t, "GET", wiki, callback, nil); a.location() != wiki+path {
			t.Errorf("%s: %d to %q", path, a.status, a.location())
		}
	}
}

// A browser on the way that the person did not want to go is told so at the portal.
func TestTurningBackTellsTheHostNothing(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	p.signIn(t)
	token := p.goes(t, wiki, "/")
	p.continues(t, token, nodkey.GrantReady)
	c, err := p.browser.Caller(t.Context())
	must(t, err)
	must(t, h.Services.Grants.Refuse(t.Context(), c, token))
	if a := p.atPortal(t, "/forward/return?to="+string(token)); a.status != http.StatusForbidden || !strings.Contains(a.body, "did not go on to Aldermere wiki") || strings.Contains(a.body, "/.nodkey/") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestAPageOfTheDoorHasItsAssetsAtTheHost(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	a := p.visits(t, "GET", wiki, "sign-out", nil)
	_, rest, _ := strings.Cut(a.body, `rel="stylesheet" href="/.nodkey/`)
	file, _, _ := strings.Cut(rest, `"`)
	if css := p.visits(t, "GET", wiki, file, nil); css.status != http.StatusOK || !strings.HasPrefix(css.header.Get("Content-Type"), "text/css") {
		t.Errorf("%s: %d %s", file, css.status, css.header.Get("Content-Type"))
	}
}
