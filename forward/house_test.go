package forward

import (
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/doors"
	"github.com/nodkey/nodkey/web"
)

const pin = "480159"

const (
	wiki = "https://wiki.example.com"
	docs = "https://docs.example.com"
	till = "https://till.example.com:8443"
)

// house is a server with this door, and two applications: the wiki with two hosts, and the till.
type house struct {
	*doors.Server
	door *Door
}

func newHouse(t testing.TB, change func(*Config)) *house {
	t.Helper()
	h := &house{}
	site := func(s *nodkey.Site) { s.PhoneOrigin = nodkeytest.PhoneOrigin }
	h.Server = doors.Open(t, doors.Options{Site: site, Further: func(s *doors.Server) ([]web.Site, error) {
		assets, err := web.LoadAssets()
		if err != nil {
			return nil, err
		}
		c := Config{Portal: s.Portal, Operator: "Aldermere", Proxies: web.Proxies{netip.MustParsePrefix("127.0.0.0/8")}}
		if change != nil {
			change(&c)
		}
		if h.door, err = New(c, s.Services, s.Logger, s.Texts, assets); err != nil {
			return nil, err
		}
		mux := http.NewServeMux()
		h.door.Routes(mux)
		mux.HandleFunc("GET /empty", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }) // for BenchmarkForward
		return []web.Site{web.Door{Name: "forward", Origin: s.Portal, Log: s.Logger, Fail: h.door.Fail,
			Proxies: web.Proxies{netip.MustParsePrefix("127.0.0.0/8")}}.Site(web.Routes(mux))}, nil
	}})
	h.Texts.OnMissing = func(lang, key string, err error) { t.Errorf("the catalogues lack %s (%s): %v", key, lang, err) }
	h.app(t, "wiki", `{"hosts": ["wiki.example.com", "docs.example.com"], "session": "8h", "rules": [
		{"path": "/public/*", "policy": "bypass"}, {"path": "/admin/*", "policy": "two_factors", "groups": ["staff"], "within": "1h"}, {"path": "/closed", "policy": "deny"}]}`)
	h.app(t, "till", `{"hosts": ["till.example.com:8443"]}`)
	return h
}

func (h *house) app(t testing.TB, id, settings string) {
	t.Helper()
	_, err := h.Services.Applications.Add(t.Context(), h.Operator,
		nodkey.NewApplication{ID: id, Name: "Aldermere " + id, Doors: []nodkey.Door{nodkey.DoorForward}, Settings: []byte(settings)})
	must(t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// person is a user, their phone, and a browser with what it keeps at each host.
type person struct {
	*house
	name    string
	key     *nodkeytest.PhoneKey
	browser *nodkeytest.Browser
	kept    map[string]map[string]string // origin, cookie, value
}

// join makes a user with a phone, and a browser that is signed in nowhere.
func (h *house) join(t testing.TB, name string) *person {
	t.Helper()
	_, key, b := h.Join(t, name, pin, "127.0.0.1")
	b.Session = ""
	return &person{house: h, name: name, key: key, browser: b, kept: map[string]map[string]string{}}
}

// signIn signs the person in at the portal, with the phone.
func (p *person) signIn(t testing.TB) {
	t.Helper()
	p.Clock.Advance(time.Minute)
	must(t, p.browser.Begin(t.Context(), p.name, doors.Password))
	w, err := p.browser.Wait(t.Context())
	must(t, err)
	s, err := p.key.Newest(t.Context())
	must(t, err)
	_, err = p.key.Answer(t.Context(), s, nodkeytest.Answer{Number: w.Number, PIN: pin})
	must(t, err)
	must(t, p.browser.Finish(t.Context()))
}

// reply is what the server answered.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) location() string { return r.header.Get("Location") }

// do sends a request to the server, as it came to the portal's host.
func (h *house) do(t testing.TB, method, path string, set func(*http.Request)) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, h.Portal.String()+path, nil)
	must(t, err)
	if set != nil {
		set(r)
	}
	plain := *h.HTTP
	plain.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := plain.Do(r)
	must(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(t, err)
	return reply{res.StatusCode, res.Header, string(body)}
}

// asPage is what a browser says that wants a page in its window.
func asPage(r *http.Request) { r.Header.Set("Accept", "text/html,application/xhtml+xml") }

// asks is a proxy that asks about a request for raw, an address as a whole, which carries what the browser keeps at an origin.
func (p *person) asks(t testing.TB, family, method, raw, cookiesOf string, set func(*http.Request)) reply {
	t.Helper()
	return p.do(t, http.MethodGet, "/forward/"+family, func(r *http.Request) {
		asPage(r)
		p.carries(r, cookiesOf)
		tells(r, family, method, raw)
		if set != nil {
			set(r)
		}
	})
}

// tells is how a proxy tells what it was asked.
func tells(r *http.Request, family, method, raw string) {
	if family == "nginx" {
		r.Header.Set("X-Original-Method", method)
		r.Header.Set("X-Original-URL", raw)
		return
	}
	scheme, rest, _ := strings.Cut(raw, "://")
	host, uri, _ := strings.Cut(rest, "/")
	for name, value := range map[string]string{"Method": method, "Proto": scheme, "Host": host, "Uri": "/" + uri} {
		r.Header.Set("X-Forwarded-"+name, value)
	}
}

// carries adds what the browser keeps at an origin.
func (p *person) carries(r *http.Request, origin string) {
	for name, value := range p.kept[origin] {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
}

// keeps takes the cookies of an answer.
func (p *person) keeps(t testing.TB, origin string, a reply) {
	t.Helper()
	if p.kept[origin] == nil {
		p.kept[origin] = map[string]string{}
	}
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Domain != "" || c.Path != "/" || !c.HttpOnly || strings.HasPrefix(origin, "https:") != (c.Secure && strings.HasPrefix(c.Name, "__Host-")) {
			t.Errorf("a cookie of another kind: %+v", c)
		}
		if c.MaxAge < 0 {
			delete(p.kept[origin], c.Name)
			continue
		}
		p.kept[origin][c.Name] = c.Value
	}
}

// visits asks for something below /.nodkey/ at an origin, through its proxy.
func (p *person) visits(t testing.TB, method, origin, path string, set func(*http.Request)) reply {
	t.Helper()
	scheme, host, _ := strings.Cut(origin, "://")
	a := p.do(t, method, "/forward/at/"+path, func(r *http.Request) {
		asPage(r)
		r.Header.Set("X-Forwarded-Proto", scheme)
		r.Header.Set("X-Forwarded-Host", host)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		p.carries(r, origin)
		if set != nil {
			set(r)
		}
	})
	p.keeps(t, origin, a)
	return a
}

// atPortal asks for something at the portal.
func (p *person) atPortal(t testing.TB, path string) reply {
	t.Helper()
	visits := web.VisitsOf(p.Portal)
	return p.do(t, http.MethodGet, path, func(r *http.Request) {
		asPage(r)
		if p.browser.Known != "" {
			r.AddCookie(&http.Cookie{Name: visits.Browser.Name(), Value: string(p.browser.Known)})
		}
		if p.browser.Session != "" {
			r.AddCookie(&http.Cookie{Name: visits.Session.Name(), Value: string(p.browser.Session)})
		}
	})
}

// goes goes from the host's sign-in to the portal: to where /continue takes over, with the token of the way.
func (p *person) goes(t testing.TB, origin, uri string) nodkey.Token {
	t.Helper()
	a := p.visits(t, http.MethodGet, origin, "sign-in?"+url.Values{"to": {uri}}.Encode(), nil)
	start, ok := strings.CutPrefix(a.location(), p.Portal.String())
	if a.status != http.StatusSeeOther || !ok {
		t.Fatalf("sign-in at %s: %d to %q: %s", origin, a.status, a.location(), a.body)
	}
	a = p.atPortal(t, start)
	token, ok := strings.CutPrefix(a.location(), "/continue?to=")
	if a.status != http.StatusSeeOther || !ok {
		t.Fatalf("%s: %d to %q: %s", start, a.status, a.location(), a.body)
	}
	return nodkey.Token(token)
}

// continues is what /continue does for a browser that is signed in.
func (p *person) continues(t testing.TB, token nodkey.Token, want nodkey.GrantState) {
	t.Helper()
	c, err := p.browser.Caller(t.Context())
	must(t, err)
	step, err := p.Services.Grants.Step(t.Context(), c, token)
	must(t, err)
	if step.State != want || want == nodkey.GrantReady && step.Return != "/forward/return" {
		t.Fatalf("on the way: %+v, want %s", step, want)
	}
	if step.Browser != "" {
		p.browser.Known = step.Browser
	}
}

// code is what the portal sends back to the host.
func (p *person) code(t testing.TB, origin, uri string) (callback string) {
	t.Helper()
	token := p.goes(t, origin, uri)
	p.continues(t, token, nodkey.GrantReady)
	a := p.atPortal(t, "/forward/return?to="+string(token))
	callback, ok := strings.CutPrefix(a.location(), origin+"/.nodkey/")
	if a.status != http.StatusSeeOther || !ok {
		t.Fatalf("back to %s: %d to %q: %s", origin, a.status, a.location(), a.body)
	}
	return callback
}

// enters does all of it, for somebody who is signed in at the portal.
func (p *person) enters(t testing.TB, origin, uri string) {
	t.Helper()
	a := p.visits(t, http.MethodGet, origin, p.code(t, origin, uri), nil)
	if a.status != http.StatusSeeOther || a.location() != origin+uri {
		t.Fatalf("the callback at %s: %d to %q: %s", origin, a.status, a.location(), a.body)
	}
}
