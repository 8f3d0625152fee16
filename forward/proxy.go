package forward

import (
	"net/http"
	"strings"

	"github.com/nodkey/nodkey"
)

// proxy is a family of proxies: how it tells what it was asked, and how it is told that somebody is to sign in.
type proxy struct {
	name   string
	read   func(http.Header) (t nodkey.ForwardTarget, method string, ok bool)
	signIn int // status; the address is in Location
}

// proxies are those that the door speaks to. nginx passes on the status alone, and knows 401 and 403; the others pass the whole answer
// on to the browser.
var proxies = []proxy{
	{"nginx", originalURL, http.StatusUnauthorized},
	{"caddy", forwarded, http.StatusFound},
	{"traefik", forwarded, http.StatusFound},
}

// originalURL reads X-Original-Method and X-Original-URL, an address as a whole.
func originalURL(h http.Header) (t nodkey.ForwardTarget, method string, ok bool) {
	raw, one := only(h, "X-Original-Url")
	method, two := only(h, "X-Original-Method")
	if !one || !two {
		return t, "", false
	}
	t, err := nodkey.ParseForwardURL(raw)
	return t, method, err == nil
}

// forwarded reads X-Forwarded-Method, -Proto, -Host and -Uri.
func forwarded(h http.Header) (t nodkey.ForwardTarget, method string, ok bool) {
	uri, one := only(h, "X-Forwarded-Uri")
	method, two := only(h, "X-Forwarded-Method")
	if !one || !two {
		return t, "", false
	}
	t, ok = forwardedHost(h, uri)
	return t, method, ok
}

// forwardedHost reads X-Forwarded-Proto and -Host, for something that was asked there.
func forwardedHost(h http.Header, uri string) (nodkey.ForwardTarget, bool) {
	proto, one := only(h, "X-Forwarded-Proto")
	host, two := only(h, "X-Forwarded-Host")
	if !one || !two {
		return nodkey.ForwardTarget{}, false
	}
	switch proto { // of a WebSocket, as Traefik names it
	case "wss":
		proto = "https"
	case "ws":
		proto = "http"
	}
	t, err := nodkey.ParseForwardTarget(proto, host, uri)
	return t, err == nil
}

// only gives a header that is there once: of two, one may be the browser's own. The name is in its canonical form.
func only(h http.Header, name string) (string, bool) {
	values := h[name]
	if len(values) != 1 || values[0] == "" {
		return "", false
	}
	return values[0], true
}

// wantsPage reports whether a request is for a page in a window of its own, so that leading its browser elsewhere makes sense.
func wantsPage(method string, h http.Header) bool {
	if method != http.MethodGet && method != http.MethodHead {
		return false
	}
	if mode := h.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate" && (h.Get("Sec-Fetch-Dest") == "document" || h.Get("Sec-Fetch-Dest") == "")
	}
	return strings.Contains(h.Get("Accept"), "text/html") && h.Get("X-Requested-With") == "" && h.Get("Upgrade") == ""
}
