package web

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Origin is a web origin (RFC 6454 §4): scheme, host and port, and nothing
// else. The zero value is no origin.
type Origin struct {
	scheme string // "http" or "https"
	host   string // lower case, without brackets
	port   string // decimal, empty for the scheme's default
}

// ParseOrigin reads "https://portal.example.com" or "http://10.0.0.1:8080". A
// single trailing slash is allowed because people paste one; a path, query,
// fragment, user name or wildcard is not.
func ParseOrigin(text string) (Origin, error) {
	u, err := url.Parse(strings.TrimSuffix(text, "/"))
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return Origin{}, fmt.Errorf("%q is not an origin such as https://portal.example.com", text)
	case u.Scheme != "http" && u.Scheme != "https":
		return Origin{}, fmt.Errorf("%q must begin with https:// (or http:// for loopback)", text)
	case u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(text, "#"):
		return Origin{}, fmt.Errorf("%q must be scheme, host and port only, such as https://portal.example.com", text)
	}
	host, port, err := splitHost(u.Host)
	if err != nil {
		return Origin{}, fmt.Errorf("%q: %w", text, err)
	}
	o := Origin{scheme: u.Scheme, host: host, port: port}
	if o.port == o.defaultPort() {
		o.port = ""
	}
	return o, nil
}

// String gives the origin as browsers serialise it: no default port, lower
// case, IPv6 addresses in brackets.
func (o Origin) String() string {
	if o.IsZero() {
		return ""
	}
	return o.scheme + "://" + o.Host()
}

// Host gives host and port as a Host header carries them.
func (o Origin) Host() string { return joinHost(o.host, o.port) }

// Hostname gives the host without port and without brackets.
func (o Origin) Hostname() string { return o.host }

// Port gives the port, the scheme's default included.
func (o Origin) Port() string {
	if o.port != "" {
		return o.port
	}
	return o.defaultPort()
}

// Secure says whether the scheme is https.
func (o Origin) Secure() bool { return o.scheme == "https" }

// IsZero says whether no origin was given.
func (o Origin) IsZero() bool { return o.host == "" }

// Loopback says whether browsers treat the host as this machine: localhost,
// any name below it, 127.0.0.0/8 and ::1.
func (o Origin) Loopback() bool {
	if o.host == "localhost" || strings.HasSuffix(o.host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(o.host)
	return err == nil && addr.IsLoopback()
}

// MarshalText writes what String gives.
func (o Origin) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads what ParseOrigin reads; empty text is no origin.
func (o *Origin) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*o = Origin{}
		return nil
	}
	parsed, err := ParseOrigin(string(text))
	if err != nil {
		return err
	}
	*o = parsed
	return nil
}

func (o Origin) defaultPort() string {
	if o.scheme == "https" {
		return "443"
	}
	return "80"
}

var errHost = errors.New("not a host name or address with an optional port")

// splitHost reads the value of a Host header strictly: a DNS name of letters,
// digits, hyphens and dots without a trailing dot, an IPv4 address, or an IPv6
// address in brackets; then perhaps a port between 1 and 65535.
func splitHost(value string) (host, port string, err error) {
	if len(value) == 0 || len(value) > 262 { // 253 for a name, brackets aside, and :65535
		return "", "", errHost
	}
	host = value
	if i := strings.LastIndexByte(value, ':'); i >= 0 && !strings.HasSuffix(value, "]") {
		host, port = value[:i], value[i+1:]
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
			return "", "", errHost
		}
	}
	if strings.HasPrefix(host, "[") {
		inner, ok := strings.CutSuffix(host[1:], "]")
		addr, err := netip.ParseAddr(inner)
		if !ok || err != nil || !addr.Is6() || addr.Zone() != "" {
			return "", "", errHost
		}
		return addr.String(), port, nil
	}
	host = strings.ToLower(host)
	if !validName(host) {
		return "", "", errHost
	}
	return host, port, nil
}

func validName(name string) bool {
	if len(name) == 0 || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	return true
}

func joinHost(host, port string) string {
	if port != "" {
		return net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}
