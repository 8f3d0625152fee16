package oidc

import (
	"net/http"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// bcCode is for a person whose phone is offline. It is no part of CIBA: with auth_req_id it gives six digits for the person to type into
// the phone, and with code it takes the eight that the phone shows. After a right code the token endpoint has the tokens.
func (d *Door) bcCode(x *exchange) error {
	c, err := d.proven(x, nodkey.DoorCIBA)
	if err != nil {
		return err
	}
	token, _, ok := readAuthReqID(x.form.Get("auth_req_id"), c.settings)
	if !ok {
		return unknownRequest(nil)
	}
	ctx, apps := x.r.Context(), d.services.Applications
	if code := x.form.Get("code"); code != "" {
		if err := apps.Respond(ctx, c.caller, token, code); err != nil {
			return refusedCode(err)
		}
		web.WriteJSON(x.w, http.StatusOK, map[string]any{"approved": true})
		return nil
	}
	code, err := apps.Challenge(ctx, c.caller, token)
	if err != nil {
		return refusedCode(err)
	}
	answer := map[string]any{"statement": code.Statement, "expires_in": int64(code.Remaining.Seconds()), "tries": code.Left}
	if code.Digits != "" {
		answer["digits"] = code.Digits
	}
	web.WriteJSON(x.w, http.StatusOK, answer)
	return nil
}

// refusedCode is what is wrong with a code, or with asking for one. The names are this door's own, but for those that CIBA has.
func refusedCode(err error) error {
	e := nodkey.AsError(err)
	refused := func(code, description string) error {
		return &fault{status: http.StatusBadRequest, code: code, description: description, err: err}
	}
	switch e.Key {
	case "code.shape":
		return refused("invalid_request", "code is not eight digits. Nothing was counted.")
	case "code.wrong":
		return refused("wrong_code", "The code is wrong. Let the person type it again.")
	case "code.over", "code.late", "code.none":
		return refused("code_over", "These digits take no code any more. Ask for new ones without code.")
	case "code.disabled", "code.no_phone", "code.off":
		return refused("code_unavailable", "This person cannot answer by a code.")
	case "approval.expired":
		return refused("expired_token", "Nobody answered in time.")
	case "approval.approved":
		return refused("invalid_request", "There was a yes already. Ask the token endpoint.")
	case "approval.denied", "approval.cancelled", "key.suspended", "key.removed":
		return refused("access_denied", "There was a no.")
	}
	return answeredRequest(err)
}
