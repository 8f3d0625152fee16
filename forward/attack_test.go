package forward

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// Who is no proxy is not believed, whatever is in the headers.
func TestOnlyProxiesMayAsk(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Proxies = web.Proxies{netip.MustParsePrefix("10.0.0.0/8")} })
	p := h.join(t, "mara")
	for _, family := range families {
		a := p.asks(t, family, "GET", wiki+"/public/x", wiki, func(r *http.Request) { r.Header.Set("X-Forwarded-For", "10.0.0.1") })
		if a.status != http.StatusForbidden {
			t.Errorf("%s from anywhere: %d", family, a.status)
		}
		complete(t, a)
	}
	for _, path := range []string{"sign-in?to=/", "callback?code=x", "sign-out"} {
		if a := p.visits(t, "GET", wiki, path, nil); a.status != http.StatusForbidden || len(a.header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s from anywhere: %d", path, a.status)
		}
	}
	if !strings.Contains(h.Log.String(), "not from a proxy that may ask") {
		t.Error("the log does not say so")
	}
}

// Every header is there once and means one thing, or nothing passes: not even what is open to all.
func TestHeadersThatCannotBeMeantAreRefused(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	p.signIn(t)
	p.enters(t, wiki, "/")
	for _, header := range []string{"X-Original-Url", "X-Original-Method", "X-Forwarded-Method", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Uri"} {
		family := "caddy"
		if strings.HasPrefix(header, "X-Original") {
			family = "nginx"
		}
		for name, spoil := range map[string]func(*http.Request){
			"missing":      func(r *http.Request) { r.Header.Del(header) },
			"empty":        func(r *http.Request) { r.Header.Set(header, "") },
			"doubled":      func(r *http.Request) { r.Header.Add(header, r.Header.Get(header)) },
			"two in one":   func(r *http.Request) { r.Header.Set(header, r.Header.Get(header)+", "+r.Header.Get(header)) },
			"with a space": func(r *http.Request) { r.Header.Set(header, r.Header.Get(header)+" x") },
			"not ASCII":    func(r *http.Request) { r.Header.Set(header, r.Header.Get(header)+"\xff") },
		} {
			a := p.asks(t, family, "GET", wiki+"/public/x", wiki, spoil)
			if a.status != http.StatusForbidden || told(a) != [4]string{} {
				t.Errorf("%s %s: %d as %q", header, name, a.status, told(a))
			}
		}
	}
	for _, raw := range []string{
		"https://user@wiki.example.com/public/x", `https://wiki.example.com\.evil.example/public/x`, "https://wiki.example.com./public/x", "https://wiki.example.com:1/public/x",
		"http://wiki.example.com/public/x", "https://evil.example/public/x", "https://wiki.example.com:8443/public/x", "https://wiki.example.com/public/x#y",
		"https://wiki.example.com/public/%2e%2e/admin", "https://wiki.example.com/public//x", "https://wiki.example.com/public/x;y", "https://wiki.example.com/public/%00",
		`https://wiki.example.com/public/..\x`, "https://xn--wiki.example.com/public/x", "https://wiki.example.com.evil.example/public/x", "https:///public/x",
	} {
		for _, family := range families {
			if a := p.asks(t, family, "GET", raw, wiki, nil); a.status != http.StatusForbidden || told(a) != [4]string{} {
				t.Errorf("%q through %s: %d as %q", raw, family, a.status, told(a))
			}
		}
	}
	for _, raw := range []string{"https://WIKI.example.com/", "https://wiki.example.com:443/"} {
		for _, family := range families {
			if a := p.asks(t, family, "GET", raw, wiki, nil); a.status != http.StatusOK {
				t.Errorf("%q through %s: %d", raw, family, a.status)
			}
		}
	}
	// Each family's own headers count, and no other's.
	if a := p.asks(t, "caddy", "GET", wiki+"/closed", wiki, func(r *http.Request) { tells(r, "nginx", "GET", wiki+"/public/x") }); a.status != http.StatusForbidden {
		t.Errorf("what nginx would say counts for Caddy: %d", a.status)
	}
	if a := p.asks(t, "nginx", "GET", wiki+"/closed", wiki, func(r *http.Request) { tells(r, "caddy", "GET", wiki+"/public/x") }); a.status != http.StatusForbidden {
		t.Errorf("what Caddy would say counts for nginx: %d", a.status)
	}
}

func TestForgedNamesAreNeverWhatIsAnswered(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	for _, family := range families {
		a := p.asks(t, family, "GET", wiki+"/public/x", wiki, func(r *http.Request) {
			for _, name := range []string{"Remote-User", "Remote-Name", "Remote-Email", "Remote-Groups"} {
				r.Header.Set(name, "root")
			}
		})
		complete(t, a)
		if a.status != http.StatusOK || told(a) != [4]string{} {
			t.Errorf("%s: %d as %q", family, a.status, told(a))
		}
	}
}

// Some applications read other characters in a header's name as hyphens, and proxies take away only what is spelt as they set it: a
// request with such a name does not pass, not even to what is open to all.
func TestNamesThatAreReadAsOnesOfOursDoNotPass(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	for _, family := range families {
		for _, name := range []string{"Remote_User", "REMOTE_USER", "remote_name", "Remote.Email", "Remote_Groups"} {
			a := p.asks(t, family, "GET", wiki+"/public/x", wiki, func(r *http.Request) { r.Header[name] = []string{"root"} })
			complete(t, a)
			if a.status != http.StatusForbidden {
				t.Errorf("%s with %s: %d", family, name, a.status)
			}
		}
		a := p.asks(t, family, "GET", wiki+"/public/x", wiki, func(r *http.Request) { r.Header["Remote_Users"] = []string{"others' own"} })
		if a.status != http.StatusOK {
			t.Errorf("%s with a name of the application's own: %d", family, a.status)
		}
	}
}

func TestACookieIsGoodAtItsHostAlone(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	p.signIn(t)
	p.enters(t, wiki, "/")
	for _, family := range families {
		for _, host := range []string{docs, till} { // of the same application, and of another
			if a := p.asks(t, family, "GET", host+"/", wiki, nil); a.status == http.StatusOK || told(a) != [4]string{} {
				t.Errorf("the wiki's cookie at %s through %s: %d as %q", host, family, a.status, told(a))
			}
		}
		// Two of one name: somebody else may have set one.
		a := p.asks(t, family, "GET", wiki+"/", wiki, func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "__Host-nodkey-forward", Value: "x"}) })
		if a.status == http.StatusOK {
			t.Errorf("two cookies through %s: %d", family, a.status)
		}
		// Without the prefix a sibling host can set it for all.
		value := p.kept[wiki]["__Host-nodkey-forward"]
		if a := p.asks(t, family, "GET", wiki+"/", "", func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "nodkey-forward", Value: value}) }); a.status == http.StatusOK {
			t.Errorf("a cookie without its prefix through %s: %d", family, a.status)
		}
	}
	// The portal's session is no cookie of a host, nor the other way round.
	if a := p.asks(t, "caddy", "GET", wiki+"/", "", func(r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "__Host-nodkey-forward", Value: string(p.browser.Session)})
	}); a.status == http.StatusOK {
		t.Errorf("the portal's session at a host: %d", a.status)
	}
	c, err := h.Services.Sessions.Caller(t.Context(), nodkey.Caller{}, nodkey.Token(p.kept[wiki]["__Host-nodkey-forward"]))
	if err != nil || c.Session() != nil {
		t.Errorf("a host's cookie is a session at the portal: %v", err)
	}
}

func TestACodeIsGoodOnceAtItsHostForItsBrowserAndSoon(t *testing.T) {
	h := newHouse(t, nil)
	p, other := h.join(t, "mara"), h.join(t, "jonas")
	p.signIn(t)

	callback := p.code(t, wiki, "/")
	first := p.visits(t, "GET", wiki, callback, nil)
	if first.status != http.StatusSeeOther {
		t.Fatalf("the first use: %d", first.status)
	}
	again := p.visits(t, "GET", wiki, callback, nil)
	if again.status != http.StatusBadRequest || len(again.header.Values("Set-Cookie")) > 0 {
		t.Errorf("the second use: %d", again.status)
	}
	if a := p.asks(t, "caddy", "GET", wiki+"/", wiki, nil); a.status == http.StatusOK {
		t.Error("what the first use gave is still good after the second")
	}

	for _, host := range []string{docs, till} {
		callback = p.code(t, wiki, "/")
		p.kept[host] = map[string]string{"__Host-nodkey-forward-way": p.kept[wiki]["__Host-nodkey-forward-way"]} // even if it keeps the same there
		if a := p.visits(t, "GET", host, callback, nil); a.status == http.StatusSeeOther || p.kept[host]["__Host-nodkey-forward"] != "" {
			t.Errorf("the wiki's code at %s: %d", host, a.status)
		}
	}
	if a := p.visits(t, "GET", wiki, callback, nil); a.status == http.StatusSeeOther {
		t.Error("a code is good after it was tried elsewhere")
	}

	// Signing somebody in under another name: the code is one's own, the browser is not.
	callback = p.code(t, wiki, "/")
	_ = other.goes(t, wiki, "/")
	if a := other.visits(t, "GET", wiki, callback, nil); a.status != http.StatusBadRequest || other.kept[wiki]["__Host-nodkey-forward"] != "" {
		t.Errorf("one person's code in another's browser: %d", a.status)
	}
	fresh := h.join(t, "erin")
	if a := fresh.visits(t, "GET", wiki, p.code(t, wiki, "/"), nil); a.status != http.StatusBadRequest {
		t.Errorf("a code in a browser that never began: %d", a.status)
	}

	callback = p.code(t, wiki, "/")
	h.Clock.Advance(61 * time.Second)
	if a := p.visits(t, "GET", wiki, callback, nil); a.status != http.StatusBadRequest {
		t.Errorf("a code a minute later: %d", a.status)
	}
}

// The token of somebody's way leads nobody else to where they go.
func TestAWayBelongsToTheBrowserThatBeganIt(t *testing.T) {
	h := newHouse(t, nil)
	p, other := h.join(t, "mara"), h.join(t, "jonas")
	p.signIn(t)
	other.signIn(t)
	token := p.goes(t, wiki, "/")
	p.continues(t, token, nodkey.GrantReady)
	other.continues(t, token, nodkey.GrantOver)
	if a := other.atPortal(t, "/forward/return?to="+string(token)); a.status != http.StatusNotFound || a.location() != "" {
		t.Errorf("another browser with the token: %d to %q", a.status, a.location())
	}
	for _, path := range []string{"/forward/return", "/forward/return?to=", "/forward/return?to=x&to=y", "/forward/return?to=x"} {
		if a := p.atPortal(t, path); a.status < 400 || a.location() != "" {
			t.Errorf("%s: %d to %q", path, a.status, a.location())
		}
	}
}

// Whatever is written into the addresses, a browser is led to hosts of applications and to the portal, and nowhere else.
func TestNobodyIsLedElsewhere(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	p.signIn(t)
	for _, to := range []string{
		"https://evil.example/", "//evil.example/", `/\evil.example/`, `\\evil.example`, "@evil.example/", ".evil.example/", ":443@evil.example/", "evil", "",
		"/\r\nSet-Cookie: a=b", "/\x00", "/#x", "javascript:alert(1)", "/a b", "/\t/evil.example", "/%zz", "/ä", "?x", "/" + strings.Repeat("a", 9<<10),
	} {
		a := p.visits(t, "GET", wiki, "sign-in?"+url.Values{"to": {to}}.Encode(), nil)
		if next, err := url.Parse(a.location()); err != nil || a.location() != "" && !strings.HasPrefix(a.location(), p.Portal.String()+"/forward/start?") {
			t.Errorf("%q: %d to %q", to, a.status, a.location())
		} else if a.location() != "" && !strings.HasPrefix(next.Query().Get("to"), "/") {
			t.Errorf("%q goes along as %q", to, next.Query().Get("to"))
		}
	}
	way := string(nodkey.Token("kept").Hash())
	for _, c := range []struct{ at, to string }{
		{"https://evil.example", "/"}, {wiki, "//evil.example@/"}, {wiki + "@evil.example", "/"}, {wiki + ".evil.example", "/"}, {wiki + `\@evil.example`, "/"},
		{"https://user:x@wiki.example.com", "/"}, {wiki, "@evil.example/"}, {wiki, ".evil.example/"}, {wiki, ":8443/"}, {wiki, `\evil.example/`},
		{"http://wiki.example.com", "/"}, {wiki + ":8443", "/"}, {wiki + ".", "/"}, {"javascript:", "/"}, {"", "/"}, {wiki, ""}, {wiki + "/x", "/y"}, {wiki + "#", "/"}, {wiki + "?", "/"},
	} {
		a := p.atPortal(t, "/forward/start?"+url.Values{"at": {c.at}, "to": {c.to}, "way": {way}}.Encode())
		token, begun := strings.CutPrefix(a.location(), "/continue?to=")
		if !begun {
			if a.location() != "" || a.status < 400 {
				t.Errorf("%q with %q: %d to %q", c.at, c.to, a.status, a.location())
			}
			continue
		}
		p.continues(t, nodkey.Token(token), nodkey.GrantReady)
		a = p.atPortal(t, "/forward/return?to="+token)
		if next, err := url.Parse(a.location()); err != nil || next.Scheme+"://"+next.Host != wiki || next.User != nil || next.Path != "/.nodkey/callback" {
			t.Errorf("%q with %q leads to %q", c.at, c.to, a.location())
		}
	}
	for _, query := range []string{"", "at=" + wiki, "at=" + wiki + "&to=/&way=x", "at=" + wiki + "&at=" + docs + "&to=/&way=" + way, "at=" + wiki + "&to=/&to=/x&way=" + way} {
		if a := p.atPortal(t, "/forward/start?"+query); a.status < 400 || a.location() != "" {
			t.Errorf("%q: %d to %q", query, a.status, a.location())
		}
	}
}

func TestAHostOfTwoApplicationsIsOfNone(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	if a := p.asks(t, "caddy", "GET", wiki+"/public/x", wiki, nil); a.status != http.StatusOK {
		t.Fatalf("before: %d", a.status)
	}
	h.app(t, "copy", `{"hosts": ["WIKI.example.com:443"], "rules": [{"policy": "bypass"}]}`)
	for _, path := range []string{"/public/x", "/"} {
		if a := p.asks(t, "caddy", "GET", wiki+path, wiki, nil); a.status != http.StatusForbidden {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	if a := p.asks(t, "caddy", "GET", docs+"/public/x", docs, nil); a.status != http.StatusOK {
		t.Errorf("the other host: %d", a.status)
	}
	if !strings.Contains(h.Log.String(), "is a host of") {
		t.Error("the log does not say why")
	}
}

// Nothing that opens anything is in a log.
func TestTheLogHoldsNoSecret(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	p.signIn(t)
	callback := p.code(t, wiki, "/secret-page?token=abc")
	p.visits(t, "GET", wiki, callback, nil)
	p.asks(t, "nginx", "GET", wiki+"/secret-page?token=abc", wiki, nil)
	p.asks(t, "nginx", "GET", "https://evil.example/secret-page?token=abc", wiki, nil)
	log := h.Log.String()
	for _, secret := range []string{strings.TrimPrefix(callback, "callback?code="), p.kept[wiki]["__Host-nodkey-forward"], p.kept[wiki]["__Host-nodkey-forward-way"], "secret-page", "evil.example"} {
		if secret == "" || strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}
