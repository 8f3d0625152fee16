package forward

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// What Traefik sends, after the documentation of forwardAuth: the browser's headers as they came, and its own beside them.
func TestTraefikAsks(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	p.signIn(t)
	p.enters(t, wiki, "/page")
	asks := func(set func(*http.Request)) reply {
		return p.do(t, http.MethodGet, "/forward/traefik", func(r *http.Request) {
			for name, value := range map[string]string{"Method": "GET", "Proto": "https", "Host": "wiki.example.com", "Uri": "/page?x=1", "For": "192.0.2.7", "Port": "443", "Server": "edge"} {
				r.Header.Set("X-Forwarded-"+name, value)
			}
			r.Header.Set("X-Real-Ip", "192.0.2.7")
			r.Header.Set("Accept", "text/html")
			r.Header.Set("Remote-User", "root") // of the browser; Traefik replaces it by what is answered
			p.carries(r, wiki)
			if set != nil {
				set(r)
			}
		})
	}
	a := asks(nil)
	complete(t, a)
	if a.status != http.StatusOK || told(a) != [4]string{"mara", "Mara", "", ""} {
		t.Errorf("signed in: %d as %q", a.status, told(a))
	}
	if a := asks(func(r *http.Request) { // of a WebSocket
		r.Header.Set("X-Forwarded-Proto", "wss")
		r.Header.Set("Accept", "*/*")
	}); a.status != http.StatusOK {
		t.Errorf("a socket: %d", a.status)
	}
	a = asks(func(r *http.Request) { r.Header.Del("Cookie") })
	if want := wiki + "/.nodkey/sign-in?to=%2Fpage%3Fx%3D1"; a.status != http.StatusFound || a.location() != want {
		t.Errorf("not signed in: %d to %q, want %q", a.status, a.location(), want)
	}
	if a := asks(func(r *http.Request) { r.Header.Del("Cookie"); r.Header.Set("X-Forwarded-Method", "POST") }); a.status != http.StatusUnauthorized || a.location() != "" {
		t.Errorf("a form, not signed in: %d to %q", a.status, a.location())
	}
}

// Whether a host may be asked for over plain HTTP is its operator's to say.
func TestAnswersAtAHostSayNothingOfItsTransport(t *testing.T) {
	h := newHouse(t, nil)
	p := h.join(t, "mara")
	secure := func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") }
	for _, a := range []reply{p.asks(t, "nginx", "GET", wiki+"/", wiki, secure), p.asks(t, "caddy", "GET", wiki+"/closed", wiki, nil), p.visits(t, "GET", wiki, "sign-out", nil)} {
		if got := a.header.Get("Strict-Transport-Security"); got != "" {
			t.Errorf("%d says %q", a.status, got)
		}
	}
	if a := p.do(t, "GET", "/forward/return", secure); a.header.Get("Strict-Transport-Security") == "" {
		t.Error("the portal's own host says nothing, so the test cannot fail")
	}
}

func FuzzProxyHeaders(f *testing.F) {
	f.Add("GET", "https", "wiki.example.com", "/page?x=1")
	f.Add("POST", "wss", "wiki.example.com:8443", "/%2e%2e/")
	f.Add("get", "http", "127.0.0.1", "//evil.example/")
	f.Add("", "javascript", "a@b", "/\r\n")
	f.Fuzz(func(t *testing.T, method, proto, host, uri string) {
		head := http.Header{"X-Forwarded-Method": {method}, "X-Forwarded-Proto": {proto}, "X-Forwarded-Host": {host}, "X-Forwarded-Uri": {uri},
			"X-Original-Method": {method}, "X-Original-Url": {proto + "://" + host + uri}}
		for _, p := range proxies {
			target, got, ok := p.read(head)
			if !ok {
				continue
			}
			// What a browser is sent to begins with the origin, and is one line.
			next, err := url.Parse(target.Origin + prefix + "sign-in?" + url.Values{"to": {target.URI}}.Encode())
			if err != nil || next.Scheme+"://"+next.Host != target.Origin || next.User != nil || next.Query().Get("to") != target.URI || got != method {
				t.Fatalf("%s reads %q, %q, %q, %q as %+v (%v, %v)", p.name, method, proto, host, uri, target, next, err)
			}
			if strings.Count(target.Origin, "/") != 2 || !strings.HasPrefix(target.URI, "/") {
				t.Fatalf("%s reads %q, %q, %q as %+v", p.name, proto, host, uri, target)
			}
		}
	})
}
