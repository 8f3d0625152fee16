package web

import (
	"fmt"
	"net/http"
)

// Site is one origin and what answers there.
type Site struct {
	Origin  Origin
	Handler http.Handler
}

// Hosts sends each request to the site its Host header names exactly. A host
// nobody is configured for gets 421 Misdirected Request (RFC 9110 §15.5.20), so
// that neither a foreign name pointed at this machine (DNS rebinding) nor a
// mistyped one ever reaches a door.
type Hosts struct {
	sites map[string]http.Handler
	fail  Fail
}

// NewHosts makes the table. Two sites on one host are refused: the last would
// silently win, and portal and phone app must not share an origin.
func NewHosts(fail Fail, sites ...Site) (*Hosts, error) {
	h := &Hosts{sites: make(map[string]http.Handler, 2*len(sites)), fail: fail}
	add := func(host string, handler http.Handler) error {
		if _, taken := h.sites[host]; taken {
			return fmt.Errorf("two origins share the host %s", host)
		}
		h.sites[host] = handler
		return nil
	}
	for _, s := range sites {
		if s.Origin.IsZero() || s.Handler == nil {
			return nil, fmt.Errorf("a site needs an origin and a handler")
		}
		if err := add(s.Origin.Host(), s.Handler); err != nil {
			return nil, err
		}
		// Some clients and proxies spell the default port out.
		if s.Origin.port == "" {
			if err := add(joinHost(s.Origin.host, s.Origin.defaultPort()), s.Handler); err != nil {
				return nil, err
			}
		}
	}
	return h, nil
}

// ServeHTTP hands the request on, or refuses it with 400 (a host that is not
// one) or 421 (a host that is not ours).
func (h *Hosts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host, port, err := splitHost(r.Host)
	if err != nil {
		h.fail(w, r, Failure{Status: http.StatusBadRequest, Kind: "bad_input", Key: "request.bad_host"})
		return
	}
	site, known := h.sites[joinHost(host, port)]
	if !known {
		h.fail(w, r, Failure{Status: http.StatusMisdirectedRequest, Kind: "not_found", Key: "request.unknown_host"})
		return
	}
	site.ServeHTTP(w, r)
}
