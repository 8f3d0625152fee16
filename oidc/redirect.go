package oidc

import (
	"slices"
	"strings"
)

// mayRedirect reports whether browsers may be sent to an address: one of the application's, character by character (RFC 9700 §2.1). A
// native application's loopback addresses may have any port (RFC 8252 §7.3), and differ in nothing else.
func (s Settings) mayRedirect(uri string) bool {
	if uri == "" || len(uri) > maxURI {
		return false
	}
	if slices.Contains(s.RedirectURIs, uri) {
		return true
	}
	if s.ApplicationType != "native" {
		return false
	}
	host, rest, ok := ofLoopback(uri)
	return ok && slices.ContainsFunc(s.RedirectURIs, func(own string) bool {
		ownHost, ownRest, ok := ofLoopback(own)
		return ok && host == ownHost && rest == ownRest
	})
}

// ofLoopback takes a loopback address apart at its port, by the characters alone: nothing that a parser could read in two ways gets
// through.
func ofLoopback(uri string) (host, rest string, ok bool) {
	for _, host := range []string{"http://127.0.0.1", "http://[::1]", "http://localhost"} {
		after, found := strings.CutPrefix(uri, host)
		if !found {
			continue
		}
		if port, numbered := strings.CutPrefix(after, ":"); numbered {
			digits := len(port) - len(strings.TrimLeft(port, "0123456789"))
			if digits < 1 || digits > 5 {
				return "", "", false
			}
			after = port[digits:]
		}
		if after == "" || after[0] == '/' || after[0] == '?' {
			return host, after, true
		}
	}
	return "", "", false
}
