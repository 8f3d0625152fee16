package oidc

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// requestURI is what the name of a pushed request begins with (RFC 9126 §2.2).
const requestURI = "urn:ietf:params:oauth:request_uri:"

// par takes an authorization request from the application itself, before the browser comes (RFC 9126 §2). It is looked at as it would be
// at the authorization endpoint, so that what is wrong is said here.
func (d *Door) par(x *exchange) error {
	c, err := d.authenticate(x, nodkey.DoorOIDC)
	if err != nil {
		return err
	}
	if id := x.form.Get("client_id"); id != "" && id != string(c.ID) {
		return bad("invalid_request", "client_id is another application's.")
	}
	if x.form.Get("request_uri") != "" {
		return bad("invalid_request", "A pushed request has no request_uri.")
	}
	if !c.settings.mayRedirect(x.form.Get("redirect_uri")) {
		return bad("invalid_request", "redirect_uri is none of this application's.")
	}
	if _, err := readAuthorization(x.form, c.settings); err != nil {
		return err
	}
	for _, proof := range []string{"client_secret", "client_assertion", "client_assertion_type"} {
		x.form.Del(proof)
	}
	data, err := json.Marshal(x.form)
	if err != nil {
		return err
	}
	token, expires, err := d.services.Grants.Push(x.r.Context(), c.caller, data)
	if nodkey.HasKey(err, "grant.request") {
		return &fault{status: http.StatusRequestEntityTooLarge, code: "invalid_request", description: "The request is longer than 8 KiB.", err: err}
	}
	if err != nil {
		return err
	}
	web.WriteJSON(x.w, http.StatusCreated, map[string]any{"request_uri": requestURI + string(token), "expires_in": d.secondsTo(expires)})
	return nil
}

// pushedFor gives the parameters of a browser's authorization request: those that the application pushed, where the browser brings their
// name, and then no others (RFC 9126 §4). It comes once: a name that is used again may be somebody else's find.
func (d *Door) pushedFor(r *http.Request, c client, form url.Values) (parameters url.Values, pushed bool, err error) {
	token, ok := strings.CutPrefix(form.Get("request_uri"), requestURI)
	if !ok {
		return form, false, nil
	}
	data, err := d.services.Grants.Pushed(r.Context(), c.ID, nodkey.Token(token))
	if nodkey.HasKey(err, "grant.unknown") {
		return nil, true, &fault{status: http.StatusBadRequest, code: "invalid_request_uri", description: "request_uri is unknown, was used already, or came too late.", err: err}
	}
	if err == nil {
		err = json.Unmarshal(data, &parameters)
	}
	return parameters, true, err
}
