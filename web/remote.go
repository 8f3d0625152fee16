package web

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
)

// Client is where a request comes from, as far as it can be trusted.
type Client struct {
	// Addr is the address nearest to the person that this server or a
	// trusted proxy has seen for itself; the zero Addr when nothing is known.
	Addr netip.Addr
	// Secure says that the browser's connection is TLS: here, or by a
	// trusted proxy's word.
	Secure bool
}

// Source is the unit that limits count by: the address for IPv4, its /64 for
// IPv6, where a single customer owns at least that much.
func (c Client) Source() netip.Prefix {
	if !c.Addr.IsValid() {
		return netip.Prefix{}
	}
	bits := c.Addr.BitLen()
	if c.Addr.Is6() {
		bits = 64
	}
	p, err := c.Addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

type clientKey struct{}

// ClientOf gives what Remote found out, or the zero Client outside of it.
func ClientOf(ctx context.Context) Client {
	c, _ := ctx.Value(clientKey{}).(Client)
	return c
}

// WithClient puts a client into a context; Remote does, and tests may.
func WithClient(ctx context.Context, c Client) context.Context {
	return context.WithValue(ctx, clientKey{}, c)
}

// Proxies are the networks whose X-Forwarded-For and X-Forwarded-Proto are
// believed. The zero value believes nobody.
type Proxies []netip.Prefix

// Remote finds the client of each request and puts it into the context.
func Remote(trusted Proxies) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(WithClient(r.Context(), trusted.client(r))))
		})
	}
}

// maxHops bounds the work on a header that anyone may send.
const maxHops = 32

// client walks X-Forwarded-For from the right, the end that the nearest proxy
// wrote, past every trusted hop: the first address that is not one of ours is
// the client. What stands left of it was written by the client and is ignored,
// and so is everything left of an entry that cannot be read.
func (p Proxies) client(r *http.Request) Client {
	peer, ok := parseHop(r.RemoteAddr)
	if !ok {
		return Client{Secure: r.TLS != nil}
	}
	c := Client{Addr: peer, Secure: r.TLS != nil}
	if !p.trusts(peer) {
		return c
	}
	if proto := lastEntry(r.Header.Values("X-Forwarded-Proto")); proto != "" {
		c.Secure = strings.EqualFold(proto, "https")
	}
	rest := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
	for hop := 0; hop < maxHops && rest != ""; hop++ {
		entry := rest
		if i := strings.LastIndexByte(rest, ','); i >= 0 {
			rest, entry = rest[:i], rest[i+1:]
		} else {
			rest = ""
		}
		addr, ok := parseHop(strings.TrimSpace(entry))
		if !ok {
			break
		}
		c.Addr = addr
		if !p.trusts(addr) {
			break
		}
	}
	return c
}

// Sent reports whether a request came from one of them straight.
func (p Proxies) Sent(r *http.Request) bool {
	peer, ok := parseHop(r.RemoteAddr)
	return ok && p.trusts(peer)
}

func (p Proxies) trusts(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// parseHop reads an address with or without a port or brackets. Zones mean
// nothing off this machine and IPv4 in IPv6 clothes is IPv4.
func parseHop(text string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = withPort.Addr()
	}
	return addr.Unmap().WithZone(""), true
}

func lastEntry(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	last := lines[len(lines)-1]
	return strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
}

// RequireTLS turns away what did not come over TLS: readers are sent to the
// https address, anything else is refused, because its secrets have already
// crossed the network in the clear. For use behind a TLS-terminating proxy.
func RequireTLS(origin Origin, fail Fail) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case ClientOf(r.Context()).Secure:
				next.ServeHTTP(w, r)
			case r.Method == http.MethodGet || r.Method == http.MethodHead:
				w.Header().Set("Cache-Control", "no-store")
				http.Redirect(w, r, origin.String()+r.URL.RequestURI(), http.StatusTemporaryRedirect)
			default:
				fail(w, r, Failure{Status: http.StatusForbidden, Kind: "refused", Key: "request.not_secure"})
			}
		})
	}
}
