package oidc

import (
	"errors"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// userinfo tells an application about the person of its access token (OpenID Connect Core §5.3).
func (d *Door) userinfo(w http.ResponseWriter, r *http.Request) {
	shared(w)
	token, err := bearer(w, r)
	if err == nil {
		err = d.tellUser(w, r, token)
	}
	if err != nil {
		d.answerFault(w, r, faultOf(err))
	}
}

func (d *Door) tellUser(w http.ResponseWriter, r *http.Request, token nodkey.Token) error {
	g, granted, _, err := d.services.Grants.Look(r.Context(), callerOf(r), token)
	if e := nodkey.AsError(err); err != nil && e.Kind == nodkey.NotFound {
		return denied(http.StatusUnauthorized, "invalid_token", "The token is unknown or has ended.")
	}
	if err != nil {
		return err
	}
	if g.Door != nodkey.DoorOIDC && g.Door != nodkey.DoorCIBA { // another door's token, which is none of this door's
		return denied(http.StatusUnauthorized, "invalid_token", "The token is unknown or has ended.")
	}
	of, err := d.find(r.Context(), string(g.Application), bothDoors...)
	if err != nil {
		return err
	}
	granted = of.settings.still(granted)
	if !slices.Contains(granted, scopeOpenID) {
		f := denied(http.StatusForbidden, "insufficient_scope", "The token has no scope openid.")
		f.challenge += `, scope="openid"`
		return f
	}
	claims := claimsOf(g, granted)
	claims["sub"] = string(g.User)
	web.WriteJSON(w, http.StatusOK, claims)
	return nil
}

// denied is a fault of a bearer token (RFC 6750 §3).
func denied(status int, code, description string) *fault {
	return &fault{status: status, code: code, description: description,
		challenge: `Bearer realm="nodkey", error="` + code + `", error_description="` + description + `"`}
}

// bearer reads an access token: of the header, or of a posted form (RFC 6750 §2.1 and §2.2); never of the address, which is logged on
// its way.
func bearer(w http.ResponseWriter, r *http.Request) (nodkey.Token, error) {
	var tokens []string
	for _, line := range r.Header.Values("Authorization") {
		scheme, token, _ := strings.Cut(line, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return "", denied(http.StatusUnauthorized, "invalid_token", "The Authorization header is none of Bearer.")
		}
		tokens = append(tokens, strings.TrimSpace(token))
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); r.Method == http.MethodPost && err == nil && media == "application/x-www-form-urlencoded" {
		form, err := postedForm(w, r)
		if err != nil {
			return "", err
		}
		if form.Has("access_token") {
			tokens = append(tokens, form.Get("access_token"))
		}
	}
	switch {
	case len(tokens) == 0:
		return "", &fault{status: http.StatusUnauthorized, code: "invalid_token", description: "There is no access token.", challenge: `Bearer realm="nodkey"`,
			err: errors.New("no token")}
	case len(tokens) > 1 || tokens[0] == "":
		return "", denied(http.StatusBadRequest, "invalid_request", "Send one access token, one way.")
	}
	return nodkey.Token(tokens[0]), nil
}
