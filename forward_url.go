package nodkey

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ForwardTarget is what a browser asked an application for, as the proxy before it tells.
type ForwardTarget struct {
	Origin string // https://wiki.example.com, with a port where it is not the scheme's own
	URI    string // path and query as they were sent
	Path   string // decoded once; empty where it is Unclear
	// Unclear says why two servers may understand the path differently; empty when there is one way to read it.
	Unclear string
}

// Why a path is unclear.
const (
	UnclearSlash   = "slash"   // an encoded slash, a backslash, or two slashes in a row
	UnclearDots    = "dots"    // a segment of one or two dots, written or encoded
	UnclearTwice   = "twice"   // encoded twice
	UnclearControl = "control" // an encoded control character, or bytes that are no UTF-8
	UnclearParam   = "param"   // a semicolon, behind which some servers see parameters that are no part of the path
)

const (
	forwardURIMax  = 8 << 10
	forwardHostMax = 262 // 253 of a name, its port and brackets
)

// ParseForwardURL reads an absolute address as proxies hand it on: https, or http for this machine, a host name or address, and a
// path. User information, fragments, backslashes, spaces, control characters and all that is not ASCII are refused. Error:
// forward.request.
func ParseForwardURL(raw string) (ForwardTarget, error) {
	scheme, rest, _ := strings.Cut(raw, "://")
	at := strings.IndexByte(rest, '/')
	if at < 0 {
		return ForwardTarget{}, fail(BadInput, "forward.request")
	}
	return ParseForwardTarget(scheme, rest[:at], rest[at:])
}

// ParseForwardTarget is ParseForwardURL for one that came in its parts: "https", "wiki.example.com" and "/page?x=1".
func ParseForwardTarget(scheme, host, uri string) (ForwardTarget, error) {
	origin, ok := forwardOrigin(scheme, host)
	if !ok {
		return ForwardTarget{}, fail(BadInput, "forward.request")
	}
	t := ForwardTarget{Origin: origin, URI: uri}
	if t.Path, t.Unclear, ok = readForwardPath(uri); !ok {
		return ForwardTarget{}, fail(BadInput, "forward.request")
	}
	return t, nil
}

// forwardOrigin writes scheme and host in the one way in which they are compared.
func forwardOrigin(scheme, authority string) (string, bool) {
	if scheme != "https" && scheme != "http" || len(authority) == 0 || len(authority) > forwardHostMax {
		return "", false
	}
	host, port := authority, ""
	if i := strings.LastIndexByte(authority, ':'); i >= 0 && authority[len(authority)-1] != ']' {
		host, port = authority[:i], authority[i+1:]
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
			return "", false
		}
	}
	host, ok := forwardHost(host)
	if !ok || scheme == "http" && !loopbackName(host) {
		return "", false
	}
	if port == "" || scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		return scheme + "://" + host, true
	}
	return scheme + "://" + host + ":" + port, true
}

// forwardHost reads a DNS name without a dot at its end, an IPv4 address, or an IPv6 address in brackets.
func forwardHost(host string) (string, bool) {
	if strings.HasPrefix(host, "[") {
		addr, err := netip.ParseAddr(strings.TrimSuffix(host[1:], "]"))
		if err != nil || !addr.Is6() || addr.Zone() != "" || !strings.HasSuffix(host, "]") {
			return "", false
		}
		return "[" + addr.String() + "]", true
	}
	host = strings.ToLower(host)
	if len(host) == 0 || len(host) > 253 {
		return "", false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return "", false
		}
	}
	return host, true
}

// loopbackName reports whether browsers treat a host as their own machine, where plain HTTP is as good as TLS.
func loopbackName(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.IsLoopback()
}

// readForwardPath decodes the path of path and query once. It is false for what no browser sends.
func readForwardPath(uri string) (path, unclear string, ok bool) {
	if len(uri) == 0 || len(uri) > forwardURIMax || uri[0] != '/' {
		return "", "", false
	}
	plain := true // as it is written is how it is read
	end := len(uri)
	for i := range len(uri) {
		switch c := uri[i]; {
		case c <= ' ' || c >= 0x7f || c == '#':
			return "", "", false
		case c == '?' && end == len(uri):
			end = i
		case (c == '%' || c == '\\' || c == ';') && i < end:
			plain = false
		}
	}
	path = uri[:end]
	if !plain {
		decoded, err := url.PathUnescape(path)
		if err != nil {
			return "", "", false
		}
		if unclear = unclearEncoding(path, decoded); unclear != "" {
			return "", unclear, true
		}
		path = decoded
	}
	if unclear = unclearSegments(path); unclear != "" {
		return "", unclear, true
	}
	return path, "", true
}

func unclearEncoding(path, decoded string) string {
	if strings.Count(path, "/") != strings.Count(decoded, "/") || strings.IndexByte(decoded, '\\') >= 0 {
		return UnclearSlash
	}
	if strings.IndexByte(decoded, ';') >= 0 {
		return UnclearParam
	}
	for i := range len(decoded) {
		if decoded[i] < ' ' || decoded[i] == 0x7f {
			return UnclearControl
		}
		if decoded[i] == '%' && i+2 < len(decoded) && isHex(decoded[i+1]) && isHex(decoded[i+2]) {
			return UnclearTwice
		}
	}
	if !utf8.ValidString(decoded) {
		return UnclearControl
	}
	return ""
}

func unclearSegments(path string) string {
	for rest := path[1:]; ; {
		i := strings.IndexByte(rest, '/')
		segment := rest
		if i >= 0 {
			segment = rest[:i]
		}
		switch {
		case segment == "" && i >= 0:
			return UnclearSlash
		case segment == "." || segment == "..":
			return UnclearDots
		case i < 0:
			return ""
		}
		rest = rest[i+1:]
	}
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
