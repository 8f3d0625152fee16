package test

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/client"
)

// behavesBehind holds a proxy and its configuration to what the page promises. forged is what a browser sends that would like to be
// root, as far as the request passes at all.
func (h *forwardHouse) behavesBehind(t *testing.T, forged func(*http.Request)) {
	t.Run("the phone says yes", func(t *testing.T) {
		v := h.newUser()
		a := v.enters("/page?x=%2F&y=1")
		if p := v.reads(a); a.at != h.wiki+"/page?x=%2F&y=1" || p.Path != "/page?x=%2F&y=1" || p.told() != maraIsTold {
			t.Fatalf("at %s: %+v", a.at, p)
		}
		for _, c := range v.http.Jar.Cookies(mustParse(h.wiki)) {
			if !strings.HasPrefix(c.Name, "__Host-nodkey-forward") {
				t.Errorf("a cookie %s at the host", c.Name)
			}
		}
		if p := v.reads(v.goes("POST", h.wiki+"/form", url.Values{"a": {"b"}}, forged)); p.Method != "POST" || p.told() != maraIsTold {
			t.Errorf("a form with forged headers: %s %q", p.Method, p.told())
		}
		if p := v.reads(v.gets(h.wiki + "/admin/")); p.told() != maraIsTold {
			t.Errorf("what is for staff: %q", p.told())
		}
		if a := v.gets(h.wiki + "/internal/x"); a.status != http.StatusForbidden {
			t.Errorf("what is for nobody: %d", a.status)
		}
		ask := v.gets(h.wiki + "/.nodkey/sign-out")
		if ask.status != http.StatusOK || !strings.Contains(ask.body, "Sign out of Aldermere wiki?") {
			t.Fatalf("asking to sign out: %d %s", ask.status, ask.body)
		}
		css := regexp.MustCompile(`rel="stylesheet" href="([^"]*)"`).FindStringSubmatch(ask.body)
		if css == nil || v.gets(h.wiki+css[1]).status != http.StatusOK {
			t.Errorf("the page has no style: %q", css)
		}
		if a := v.goes("POST", h.wiki+"/.nodkey/sign-out", nil, nil); a.status != http.StatusOK || !strings.Contains(a.body, "signed out of Aldermere wiki") {
			t.Fatalf("signing out: %d %s", a.status, a.body)
		}
		if a := v.goes("GET", h.wiki+"/page", nil, func(r *http.Request) { r.Header.Set("Accept", "*/*") }); a.status != http.StatusUnauthorized {
			t.Errorf("signed out: %d", a.status)
		}
		if p := v.reads(v.gets(h.wiki + "/again")); p.told() != maraIsTold { // the portal's session leads back
			t.Errorf("on the way again: %q", p.told())
		}
		v.goes("POST", h.portal+"/sign-out", nil, nil)
		if a := v.gets(h.wiki + "/again"); !strings.HasPrefix(a.at, h.portal+"/continue?") {
			t.Errorf("signed out at the portal, at %s: %d", a.at, a.status)
		}
	})
	t.Run("the phone says no", func(t *testing.T) {
		v := h.newUser()
		wait := v.begins("/page")
		_, err := h.phoneOf.Deny(t.Context(), h.asked(), "mistake")
		h.must(err)
		if a := v.gets(wait.at); strings.HasPrefix(a.at, h.wiki) {
			t.Errorf("after a no at %s", a.at)
		}
		if a := v.gets(h.wiki + "/page"); strings.HasPrefix(a.at, h.wiki) {
			t.Errorf("after a no the wiki is open: %d", a.status)
		}
	})
	t.Run("the phone is offline", func(t *testing.T) {
		v := h.newUser()
		wait := v.begins("/page")
		code := v.goes("POST", strings.Replace(wait.at, "/sign-in/wait", "/sign-in/code/new", 1), nil, nil)
		digits := regexp.MustCompile(`id="digits"[^>]*>(.*?)</p>`).FindStringSubmatch(code.body)
		if digits == nil {
			t.Fatalf("no digits at %s: %d %s", code.at, code.status, code.body)
		}
		answer, err := h.phoneOf.RespondTyped(h.keyOf.ID, regexp.MustCompile(`\D`).ReplaceAllString(tags.ReplaceAllString(digits[1], ""), ""), maraPIN)
		h.must(err)
		a := v.fills(code, "code", answer)
		if !strings.HasPrefix(a.at, h.wiki) {
			a = v.gets(wait.at)
		}
		if p := v.reads(a); p.Path != "/page" || p.told() != maraIsTold {
			t.Errorf("at %s: %+v", a.at, p)
		}
	})
	t.Run("the password is enough", h.passesBehind)
	t.Run("nobody is signed in", func(t *testing.T) {
		v := h.newUser()
		for _, set := range []func(*http.Request){nil, forged} {
			if p := v.reads(v.goes("GET", h.wiki+"/public/x", nil, set)); strings.Trim(p.told(), "|") != "" {
				t.Errorf("what is open to all is told of %q", p.told())
			}
			for path, want := range map[string]int{"/page": 401, "/PUBLIC/x": 401, "/public/%2e%2e/page": 403, "/public//page": 403, "/public/..%2fpage": 403,
				"/public/x;y": 403, "/public/%252e%252e/page": 403, "/internal/": 403} {
				a := v.goes("GET", h.wiki+path, nil, func(r *http.Request) {
					if set != nil {
						set(r)
					}
					r.Header.Set("Accept", "*/*")
				})
				if a.status != want {
					t.Errorf("%s: %d, want %d", path, a.status, want)
				}
			}
			if a := v.goes("POST", h.wiki+"/public/x", url.Values{"a": {"b"}}, set); a.status != http.StatusUnauthorized || a.at != h.wiki+"/public/x" {
				t.Errorf("a form: %d at %s", a.status, a.at)
			}
		}
	})
	t.Run("in the name of what is open", func(t *testing.T) {
		settings := filepath.Join(h.dir, "open.json")
		h.must(os.WriteFile(settings, []byte(`{"hosts": ["other.localhost:`+h.port+`"], "rules": [{"policy": "bypass"}]}`), 0o600))
		h.run("", "client", "add", "open", "--name", "Open", "--door", "forward", "--no-secret", "--settings", settings)
		other := "other.localhost:" + h.port
		h.opens(other)
		for _, head := range []string{
			"GET /page HTTP/1.1\r\nHost: " + other,
			"GET " + h.wiki + "/page HTTP/1.1\r\nHost: " + other,
			"GET https://" + other + "/page HTTP/1.1\r\nHost: wiki.localhost:" + h.port,
			"GET /page HTTP/1.1\r\nHost: wiki.localhost:" + h.port + "\r\nHost: " + other,
			"GET /page HTTP/1.1\r\nHost: wiki.localhost:" + h.port + "\r\nX-Forwarded-Host: " + other,
			"GET /page HTTP/1.1\r\nHost: wiki.localhost:" + h.port + "\r\nX-Original-URL: https://" + other + "/page\r\nX-Original-URL: https://" + other + "/page",
			"GET https://" + other + "@wiki.localhost:" + h.port + "/page HTTP/1.1\r\nHost: " + other,
			"GET /page HTTP/1.0",
		} {
			if got := h.raw(head + "\r\nConnection: close\r\n\r\n"); strings.Contains(got, `"path"`) { // Caddy's own answer is empty
				t.Errorf("%q: %s", head, got)
			}
		}
	})
}

// hidesTheDecision holds a proxy that the portal is reached through to keeping browsers from what is for it alone.
func (h *forwardHouse) hidesTheDecision(t *testing.T) {
	v := h.newUser()
	for _, family := range []string{"nginx", "caddy", "traefik"} {
		a := v.goes("GET", h.portal+"/forward/"+family, nil, func(r *http.Request) {
			for name, value := range map[string]string{"X-Original-Method": "GET", "X-Original-URL": h.wiki + "/public/x", "X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/public/x"} {
				r.Header.Set(name, value)
			}
		})
		if a.status != http.StatusNotFound {
			t.Errorf("a browser asks for a decision for %s: %d", family, a.status)
		}
	}
}

// opens waits until a host is open to all: the server hears of it within a second.
func (h *forwardHouse) opens(host string) {
	h.t.Helper()
	over := client.NewHTTPClient(h.roots)
	defer over.CloseIdleConnections()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for range 1200 {
		r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.direct+"/forward/caddy", nil)
		h.must(err)
		r.Host = strings.TrimPrefix(h.portal, "https://")
		for name, value := range map[string]string{"Method": "GET", "Proto": "https", "Host": host, "Uri": "/page"} {
			r.Header.Set("X-Forwarded-"+name, value)
		}
		answer, err := over.Do(r)
		h.must(err)
		_ = answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return
		}
		<-look.C
	}
	h.t.Fatalf("%s is not open", host)
}

// raw sends a request as it is written, to whoever answers for the wiki's certificate.
func (h *forwardHouse) raw(request string) string {
	h.t.Helper()
	conn, err := tls.Dial("tcp", "127.0.0.1:"+h.port, &tls.Config{RootCAs: h.roots, ServerName: "wiki.localhost"})
	h.must(err)
	defer conn.Close()
	h.must(conn.SetDeadline(time.Now().Add(10 * time.Second)))
	_, err = io.WriteString(conn, request)
	h.must(err)
	answer, err := io.ReadAll(conn)
	h.must(err)
	return string(answer)
}

func mustParse(raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil {
		panic(err)
	}
	return u
}
