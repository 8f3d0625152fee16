package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// grantCIBA is the grant type of the backchannel (CIBA Core 1.0 §10.1).
const grantCIBA = "urn:openid:params:grant-type:ciba"

const (
	maxHint         = 8 << 10 // bytes of an id token that names a person
	minNotification = 22      // characters: 128 bits (CIBA §7.1)
	maxNotification = 1024    // CIBA §7.1
)

// asking is what an application asks somebody's phone (CIBA Core 1.0 §7.1).
type asking struct {
	scopes  []string
	name    string        // login_hint: what the person types to sign in; or
	idToken string        // id_token_hint: one of this server's
	text    string        // binding_message; may be empty
	life    time.Duration // how long the answer may take
	notify  string        // client_notification_token, with ping
}

// readAsking reads a request of an application's with these settings. What an application may not know yet whether it is wrong,
// such as a name that is nobody's, is not looked at here.
func readAsking(form map[string][]string, s Settings) (asking, error) {
	get := func(name string) string { return strings.Join(form[name], "") } // each is there once at most
	a := asking{name: get("login_hint"), idToken: get("id_token_hint"), text: get("binding_message"), life: nodkey.ApprovalLife}
	var err error
	switch {
	case get("request") != "" || get("request_uri") != "":
		return asking{}, bad("request_not_supported", "Signed requests are not supported. Send the parameters in the form.")
	case get("login_hint_token") != "":
		return asking{}, bad("invalid_request", "login_hint_token is not supported. Send login_hint or id_token_hint.")
	case get("user_code") != "":
		return asking{}, bad("invalid_request", "user_code is not supported: the person's PIN stays on the phone.")
	case (a.name == "") == (a.idToken == ""):
		return asking{}, bad("invalid_request", "Send one of login_hint and id_token_hint.")
	case len(a.idToken) > maxHint:
		return asking{}, bad("invalid_request", "id_token_hint is too long.")
	case utf8.RuneCountInString(a.text) > nodkey.AskTextMax:
		return asking{}, bad("invalid_binding_message", "binding_message is longer than 140 characters.")
	}
	if a.scopes, err = s.backScopesOf(get("scope")); err != nil {
		return asking{}, err
	}
	if !slices.Contains(a.scopes, scopeOpenID) {
		return asking{}, bad("invalid_scope", "scope has no openid.")
	}
	if wished := get("requested_expiry"); wished != "" {
		seconds, err := strconv.ParseUint(wished, 10, 31)
		if err != nil || seconds == 0 {
			return asking{}, bad("invalid_request", "requested_expiry is no positive number of seconds.")
		}
		a.life = min(max(time.Duration(seconds)*time.Second, nodkey.AskLifeMin), nodkey.ApprovalLife)
	}
	if s.BackchannelTokenDeliveryMode == deliveryPing {
		a.notify = get("client_notification_token")
		if len(a.notify) < minNotification || len(a.notify) > maxNotification || !isBearer(a.notify) {
			return asking{}, bad("invalid_request", "client_notification_token is not 22 to 1024 characters of RFC 6750.")
		}
	}
	return a, nil
}

// isBearer reports whether a text can be sent as a bearer token (RFC 6750 §2.1: b64token).
func isBearer(text string) bool {
	body := strings.TrimRight(text, "=")
	return body != "" && strings.Trim(body, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/") == ""
}

// told is what comes back with the news that a request has ended.
type told struct {
	Scopes []string `json:"scopes"`
	Notify string   `json:"notify"` // the application's own token
}

// bcAuthorize asks a person's phone (CIBA Core 1.0 §7).
func (d *Door) bcAuthorize(x *exchange) error {
	c, err := d.proven(x, nodkey.DoorCIBA)
	if err != nil {
		return err
	}
	a, err := readAsking(x.form, c.settings)
	if err != nil {
		return err
	}
	in := nodkey.Asking{User: a.name, Kind: nodkey.ApproveSignIn, Shown: c.settings.CIBANumber, Life: a.life}
	if a.text != "" { // a yes to a text is shown and signed as that
		in.Kind, in.Text = nodkey.ApproveConfirm, a.text
	}
	if a.idToken != "" {
		if in.User, err = d.nameOfHint(x.r.Context(), c, a.idToken); err != nil {
			return err
		}
	}
	if a.notify != "" {
		in.Tell = nodkey.DoorCIBA
		if in.Data, err = json.Marshal(told{Scopes: a.scopes, Notify: a.notify}); err != nil {
			return err
		}
	}
	asked, err := d.services.Applications.Ask(x.r.Context(), c.caller, in)
	if err != nil {
		return refusedAsking(err)
	}
	answer := map[string]any{
		"auth_req_id": authReqID(asked.Token, a.scopes), "expires_in": int64(asked.ExpiresAt.Sub(d.clock.Now()).Round(time.Second) / time.Second), "interval": int(pollEvery / time.Second),
		"nodkey_notified": asked.Notified,
	}
	if asked.Number != "" {
		answer["nodkey_number"] = asked.Number
	}
	web.WriteJSON(x.w, http.StatusOK, answer)
	return nil
}

// refusedAsking is what a refusal to ask means to an application (CIBA Core 1.0 §13). A person who is unknown, has no phone or is not
// for this application gets one answer: whether a name is somebody's is not told.
func refusedAsking(err error) error {
	switch {
	case nodkey.HasKey(err, "application.denied"):
		return &fault{status: http.StatusForbidden, code: "access_denied", description: "This person cannot be asked by this application.", err: err}
	case nodkey.HasKey(err, "application.text"), nodkey.HasKey(err, "application.text_long"):
		return &fault{status: http.StatusBadRequest, code: "invalid_binding_message",
			description: "binding_message is not one line of printable text, or does not fit the request that is signed.", err: err}
	case nodkey.HasKey(err, "application.number"):
		return &fault{status: http.StatusBadRequest, code: "unauthorized_client",
			description: "This application shows no number (ciba_number), and its settings do not let it ask without one.", err: err}
	}
	return err
}

// authReqID names a request to its application: the request's token and, behind a dot, the scopes beyond openid, which end in the id so
// that nothing more has to be kept. An application that changes them gets what its settings allow it, as it would have by asking.
func authReqID(token nodkey.Token, scopes []string) string {
	more := slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return s == scopeOpenID })
	return strings.Join(append([]string{string(token)}, more...), ".")
}

// readAuthReqID takes an id apart, as the application sends it.
func readAuthReqID(id string, s Settings) (nodkey.Token, []string, bool) {
	parts := strings.Split(id, ".")
	if parts[0] == "" || len(id) > maxAuthReqID {
		return "", nil, false
	}
	granted, err := s.backScopesOf(strings.Join(append([]string{scopeOpenID}, parts[1:]...), " "))
	return nodkey.Token(parts[0]), granted, err == nil
}

const maxAuthReqID = 512 // characters; the longest that is given is shorter

// nameOfHint gives what the person of an id token types to sign in; nobody's name where there is no such person any more. The token may
// have ended: it says who is meant.
func (d *Door) nameOfHint(ctx context.Context, c client, token string) (string, error) {
	claims, err := d.hinted(ctx, token)
	if errors.Is(err, errHint) || err == nil && !slices.Contains(claims.Audience, string(c.ID)) {
		return "", bad("invalid_request", "id_token_hint is no id token that this server gave this application.")
	}
	if err != nil {
		return "", err
	}
	return d.services.Applications.NameOf(ctx, c.caller, nodkey.UserID(claims.Subject))
}
