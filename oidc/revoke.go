package oidc

import (
	"net/http"

	"github.com/nodkey/nodkey"
)

// revoke ends a token (RFC 7009): an access token alone, with a refresh token the whole grant. What is unknown or another application's
// is not told apart from what was ended.
func (d *Door) revoke(x *exchange) error {
	c, err := d.authenticate(x, bothDoors...)
	if err != nil {
		return err
	}
	token := x.form.Get("token")
	if token == "" {
		return bad("invalid_request", "token is missing.")
	}
	if err := d.services.Grants.Revoke(x.r.Context(), c.caller, nodkey.Token(token)); err != nil {
		return err
	}
	x.w.WriteHeader(http.StatusOK)
	return nil
}
