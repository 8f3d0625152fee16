package forward

import (
	"net/http"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest/doors"
)

const desk = "https://desk.example.com"

// passes enters a host by name and password alone.
func (p *person) passes(t testing.TB, origin, uri string) {
	t.Helper()
	token := p.goes(t, origin, uri)
	p.continues(t, token, nodkey.GrantSignIn)
	c, err := p.browser.Caller(t.Context())
	must(t, err)
	must(t, p.Services.Grants.Pass(t.Context(), c, token, p.name, doors.Password))
	a := p.atPortal(t, "/forward/return?to="+string(token))
	callback, ok := strings.CutPrefix(a.location(), origin+prefix)
	if !ok {
		t.Fatalf("back to %s: %d to %q", origin, a.status, a.location())
	}
	if a = p.visits(t, "GET", origin, callback, nil); a.status != http.StatusSeeOther || a.location() != origin+uri {
		t.Fatalf("the callback: %d to %q", a.status, a.location())
	}
}

func TestAPasswordAloneOpensItsPart(t *testing.T) {
	h := newHouse(t, nil)
	h.app(t, "desk", `{"hosts": ["desk.example.com"], "rules": [{"path": "/api/*", "policy": "one_factor"}]}`)
	p := h.join(t, "mara")
	p.passes(t, desk, "/api/x?y=1")
	for _, family := range families {
		a := p.asks(t, family, "POST", desk+"/api/y", desk, nil)
		complete(t, a)
		if a.status != http.StatusOK || told(a) != [4]string{"mara", "Mara", "", ""} {
			t.Errorf("%s: %d as %q", family, a.status, told(a))
		}
		for _, path := range []string{"/", "/API/y", "/api"} {
			if a := p.asks(t, family, "GET", desk+path, desk, nil); a.status == http.StatusOK || !strings.HasPrefix(a.location(), desk+prefix+"sign-in?") {
				t.Errorf("%s of %s: %d to %q", path, family, a.status, a.location())
			}
			if a := p.asks(t, family, "POST", desk+path, desk, nil); a.status != http.StatusUnauthorized || a.location() != "" {
				t.Errorf("a form to %s of %s: %d to %q", path, family, a.status, a.location())
			}
		}
		for _, elsewhere := range []string{wiki + "/", till + "/", docs + "/"} {
			if a := p.asks(t, family, "GET", elsewhere, desk, nil); a.status == http.StatusOK || told(a) != [4]string{} {
				t.Errorf("%s of %s: %d", elsewhere, family, a.status)
			}
		}
	}
}

// The cookie that another takes the place of is nobody's any more, so it is good for nothing from there on.
func TestACookieThatIsReplacedEnds(t *testing.T) {
	h := newHouse(t, nil)
	h.app(t, "desk", `{"hosts": ["desk.example.com"], "rules": [{"path": "/api/*", "policy": "one_factor"}]}`)
	p := h.join(t, "mara")
	const cookie = "__Host-nodkey-forward"
	old := func(value, path string) int {
		t.Helper()
		return p.asks(t, "caddy", "GET", desk+path, "", func(r *http.Request) { r.AddCookie(&http.Cookie{Name: cookie, Value: value}) }).status
	}
	p.passes(t, desk, "/api/x")
	first := p.kept[desk][cookie]
	p.passes(t, desk, "/api/x")
	second := p.kept[desk][cookie]
	if got := old(first, "/api/x"); got == http.StatusOK || second == first {
		t.Errorf("the password's first cookie: %d", got)
	}
	p.signIn(t)
	p.enters(t, desk, "/")
	third := p.kept[desk][cookie]
	if got := old(second, "/api/x"); got == http.StatusOK {
		t.Errorf("the password's cookie after the phone's: %d", got)
	}
	if p.asks(t, "caddy", "GET", desk+"/", desk, nil).status != http.StatusOK {
		t.Error("the phone's cookie is not good")
	}
	p.enters(t, desk, "/")
	if got := old(third, "/"); got == http.StatusOK {
		t.Errorf("the phone's first cookie after the second: %d", got)
	}
	c, err := p.browser.Caller(t.Context())
	must(t, err)
	list, err := h.Services.Sessions.List(t.Context(), c)
	must(t, err)
	for _, s := range list {
		if s.Level == nodkey.Passed {
			t.Errorf("the list still has %+v", s)
		}
	}
}
