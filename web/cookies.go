package web

import (
	"net/http"
	"time"
)

// Cookie is one cookie of one door. Every door has names of its own, so that
// no two surfaces share a session even where they share a host (ports do not
// separate cookies, RFC 6265 §8.5).
//
// Over TLS the name carries the prefix __Host-: the browser then insists on
// Secure, on Path=/ and on no Domain, and no sibling host can plant it. Plain
// HTTP exists on loopback only, where some browsers refuse Secure cookies, so
// there the bare name is used.
type Cookie struct {
	name     string
	secure   bool
	sameSite http.SameSite
}

// NewCookie describes a cookie, for example ("nodkey-portal-session",
// SameSiteLaxMode) of the portal's origin. Lax suits a session that must survive
// a link from an e-mail, Strict everything else.
func NewCookie(origin Origin, name string, sameSite http.SameSite) Cookie {
	c := Cookie{name: name, secure: origin.Secure(), sameSite: sameSite}
	if c.secure {
		c.name = "__Host-" + name
	}
	return c
}

// Name is the cookie's full name as the browser sees it.
func (c Cookie) Name() string { return c.name }

// Set gives the browser the value, for lifetime or, if that is zero, until the
// browser closes. The value must be of RFC 6265's cookie octets: base64url is.
func (c Cookie) Set(w http.ResponseWriter, value string, lifetime time.Duration) {
	cookie := c.cookie(value)
	if lifetime > 0 {
		cookie.MaxAge = max(1, int(lifetime/time.Second))
	}
	http.SetCookie(w, cookie)
}

// Clear takes the cookie away.
func (c Cookie) Clear(w http.ResponseWriter) {
	cookie := c.cookie("")
	cookie.MaxAge = -1
	http.SetCookie(w, cookie)
}

// Read gives the value, and false when there is none, or more than one of the
// name: then somebody is playing games.
func (c Cookie) Read(r *http.Request) (string, bool) {
	found := r.CookiesNamed(c.name)
	if len(found) != 1 || found[0].Value == "" {
		return "", false
	}
	return found[0].Value, true
}

func (c Cookie) cookie(value string) *http.Cookie {
	return &http.Cookie{
		Name: c.name, Value: value, Path: "/",
		HttpOnly: true, Secure: c.secure, SameSite: c.sameSite,
	}
}
