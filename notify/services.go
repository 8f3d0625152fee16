package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// DefaultServices are the push services of the browsers that people have: Chrome and others on Android (the second host is that of
// Chromium as distributions build it), Firefox, Safari, Edge.
const DefaultServices = "fcm.googleapis.com, jmt17.google.com, updates.push.services.mozilla.com, *.push.apple.com, *.notify.windows.com"

// ErrPrivate is what a dial ends with whose name resolves to an address that is nobody's out there.
var ErrPrivate = errors.New("the service's name leads to a private address")

// Services are hosts that messages may go to, each of a service with a name: the push services of Web Push, or ntfy servers.
type Services struct {
	names    []string
	exact    map[string]string // "push.example.com:443" → the service's name
	suffixes map[string]string // ".push.apple.com" → "*.push.apple.com"
	own      map[string]string // "push.example:443" → where it is dialled
	dialer   net.Dialer
}

func noServices() *Services {
	return &Services{exact: map[string]string{}, suffixes: map[string]string{}, own: map[string]string{}, dialer: net.Dialer{Timeout: 5 * time.Second}}
}

func (s *Services) add(place, name string) {
	s.exact[place] = name
	if !slices.Contains(s.names, name) {
		s.names = append(s.names, name)
	}
}

// NewServices reads two lists with commas or spaces between. allowed has host names, or "*." before a name for all below it;
// they answer on port 443. own has host, or host:port, of services in the house's own networks, which may have private
// addresses; "=address:port" behind one says where to dial it, without asking for its name.
func NewServices(allowed, own string) (*Services, error) {
	s := noServices()
	for _, name := range split(allowed) {
		host, wild := strings.CutPrefix(name, "*.")
		if !isHost(host) || !strings.Contains(host, ".") || isAddress(host) {
			return nil, fmt.Errorf("%q is not a host name such as push.example.com or *.push.example.com", name)
		}
		if !wild {
			s.add(net.JoinHostPort(host, "443"), name)
			continue
		}
		if _, twice := s.suffixes["."+host]; !twice {
			s.suffixes["."+host] = name
			s.names = append(s.names, name)
		}
	}
	for _, entry := range split(own) {
		place, dial, err := placeOf(entry)
		if err != nil {
			return nil, err
		}
		s.own[place] = cmp.Or(dial, place)
		s.add(place, place)
	}
	return s, nil
}

// placeOf reads a host, or host:port, and gives host:port; dial is what stands behind it where "=address:port" does.
func placeOf(entry string) (place, dial string, err error) {
	place, dial, fixed := strings.Cut(entry, "=")
	if !strings.Contains(place, ":") {
		place += ":443"
	}
	host, port, err := net.SplitHostPort(place)
	if _, odd := strconv.ParseUint(port, 10, 16); err != nil || odd != nil || !isHost(host) && !isAddress(host) {
		return "", "", fmt.Errorf("%q is not a host such as push.example.com or push.example.com:8443", entry)
	}
	if _, err := netip.ParseAddrPort(dial); fixed && err != nil {
		return "", "", fmt.Errorf("%q does not end in an address and port such as =10.1.2.3:8443", entry)
	}
	return place, dial, nil
}

func split(list string) []string {
	return strings.FieldsFunc(strings.ToLower(list), func(r rune) bool { return r == ',' || r == ' ' })
}

func isHost(host string) bool {
	return host != "" && len(host) <= 253 && !strings.HasPrefix(host, ".") && !strings.HasSuffix(host, ".") && !strings.Contains(host, "..") &&
		!strings.ContainsFunc(host, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.'
		})
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// Names are the services that there can be, a few.
func (s *Services) Names() []string { return s.names }

// Service gives the name of the service that an endpoint is of; see [nodkey.PushServices.Service].
func (s *Services) Service(endpoint string) (service, host string, ok bool) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Opaque != "" {
		return "", "", false
	}
	host = strings.ToLower(u.Hostname())
	if !isHost(host) && !isAddress(host) {
		return "", "", false
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	place := net.JoinHostPort(host, port)
	if name, is := s.exact[place]; is {
		return name, host, true
	}
	if port != "443" {
		return "", host, false
	}
	for rest := host; ; {
		dot := strings.IndexByte(rest, '.')
		if dot < 0 {
			return "", host, false
		}
		if name, is := s.suffixes[rest[dot:]]; is {
			return name, host, true
		}
		rest = rest[dot+1:]
	}
}

// dial connects to host:port. The guard looks at each address that the name has led to, at the moment it is dialled: a name
// cannot lead elsewhere in between.
func (s *Services) dial(ctx context.Context, network, place string) (net.Conn, error) {
	d := s.dialer
	if to, own := s.own[strings.ToLower(place)]; own {
		return d.DialContext(ctx, network, to)
	}
	d.Control = func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !isPublic(at.Addr()) {
			return ErrPrivate
		}
		return nil
	}
	return d.DialContext(ctx, network, place)
}

// notPublic are networks that are somebody's own, or lead to such (IANA special-purpose registries, RFC 6890), beside those
// that package netip knows.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("::/96"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2001::/32"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

func isPublic(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Zone() != "" {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
