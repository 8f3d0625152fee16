package oidc

import (
	"net/http"
	"slices"
	"strings"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// introspect tells an application of an access token (RFC 7662): of its own, or of those that its settings name, whose resource server
// it is. acr and auth_time stand in the answer, so that it can ask for a step-up (RFC 9470). All else is not active.
func (d *Door) introspect(x *exchange) error {
	c, err := d.proven(x, bothDoors...)
	if err != nil {
		return err
	}
	token := x.form.Get("token")
	if token == "" {
		return bad("invalid_request", "token is missing.")
	}
	g, granted, expires, err := d.services.Grants.Look(x.r.Context(), x.caller, nodkey.Token(token))
	inactive := map[string]any{"active": false}
	switch e := nodkey.AsError(err); {
	case err != nil && e.Kind == nodkey.NotFound:
		web.WriteJSON(x.w, http.StatusOK, inactive)
		return nil
	case err != nil:
		return err
	case g.Application != c.ID && !slices.Contains(c.settings.Introspects, string(g.Application)), !slices.Contains(bothDoors, g.Door):
		web.WriteJSON(x.w, http.StatusOK, inactive)
		return nil
	}
	of := c
	if g.Application != c.ID {
		if of, err = d.find(x.r.Context(), string(g.Application), bothDoors...); err != nil {
			return err
		}
	}
	granted = of.settings.still(granted)
	answer := map[string]any{
		"active": true, "scope": strings.Join(granted, " "), "client_id": string(g.Application), "token_type": "Bearer", "exp": expires.Unix(),
		"sub": string(g.User), "aud": string(g.Application), "iss": d.issuer(), "auth_time": g.AuthTime.Unix(), "acr": acrOfFactor[g.Factor], "amr": amrOf(g),
	}
	if slices.Contains(granted, scopeProfile) {
		answer["username"] = g.Name
	}
	web.WriteJSON(x.w, http.StatusOK, answer)
	return nil
}
