package api

import (
	"net/http"
	"strings"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// caller gives the application that calls, by id and secret.
func (d *Door) caller(r *http.Request) (nodkey.Caller, error) {
	id, secret, ok := credentials(r)
	if !ok { // nothing was tried, so nothing is counted
		return nodkey.Caller{}, &nodkey.Error{Kind: nodkey.Unauthenticated, Key: "application.wrong"}
	}
	anybody := nodkey.Caller{Source: web.ClientOf(r.Context()).Addr, Locale: web.WishedLanguage(r)}
	return d.apps.Caller(r.Context(), anybody, nodkey.ApplicationID(id), nodkey.DoorAPI, secret)
}

// credentialMost is longer than any id and any secret.
const credentialMost = 200

// credentials reads Basic (RFC 7617) and Bearer (RFC 6750 §2.1), where the token is id, full stop, secret.
func credentials(r *http.Request) (id, secret string, ok bool) {
	values := r.Header.Values("Authorization")
	if len(values) != 1 || len(values[0]) > 3*credentialMost {
		return "", "", false
	}
	if id, secret, ok = r.BasicAuth(); !ok {
		scheme, token, _ := strings.Cut(values[0], " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return "", "", false
		}
		id, secret, ok = strings.Cut(strings.TrimLeft(token, " "), ".")
	}
	return id, secret, ok && len(id) <= credentialMost && len(secret) <= credentialMost
}

// named gives the application that calls, and the token of its request that the path names.
func (d *Door) named(r *http.Request) (nodkey.Caller, nodkey.Token, error) {
	c, err := d.caller(r)
	if err != nil {
		return c, "", err
	}
	token, err := d.apps.TokenOf(c, nodkey.SignInID(r.PathValue("id")))
	return c, token, err
}
