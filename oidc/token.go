package oidc

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	connect "github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// The grant types besides CIBA's (RFC 6749 §4.1.3 and §6).
const (
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
)

// token is the token endpoint (RFC 6749 §3.2).
func (d *Door) token(x *exchange) error {
	kinds := map[string]struct {
		open   bool
		doors  []nodkey.Door
		handle func(*exchange, client) error
	}{
		grantCode:    {d.OIDC, []nodkey.Door{nodkey.DoorOIDC}, d.tokenOfCode},
		grantRefresh: {true, bothDoors, d.tokenOfRefresh},
		grantCIBA:    {d.CIBA, []nodkey.Door{nodkey.DoorCIBA}, d.cibaToken},
	}
	asked := x.form.Get("grant_type")
	kind, known := kinds[asked]
	switch {
	case asked == "":
		return bad("invalid_request", "grant_type is missing.")
	case !known || !kind.open:
		return bad("unsupported_grant_type", "grant_type is none that this server has.")
	}
	c, err := d.authenticate(x, kind.doors...)
	if err != nil {
		return err
	}
	return kind.handle(x, c)
}

// bothDoors are those whose applications hold tokens.
var bothDoors = []nodkey.Door{nodkey.DoorOIDC, nodkey.DoorCIBA}

// tokenOfCode redeems an authorization code (RFC 6749 §4.1.3). A code that is wrong in any way is burnt, and used twice it ends all that
// it gave.
func (d *Door) tokenOfCode(x *exchange, c client) error {
	code := x.form.Get("code")
	if code == "" {
		return bad("invalid_request", "code is missing.")
	}
	var a asked
	g, err := d.services.Grants.Redeem(x.r.Context(), c.caller, nodkey.Token(code), func(data json.RawMessage) error {
		if err := json.Unmarshal(data, &a); err != nil {
			return err
		}
		return matches(a, x.form.Get("redirect_uri"), x.form.Get("code_verifier"))
	})
	if err != nil {
		return invalidGrant(err)
	}
	answer, err := d.tokens(x.r.Context(), c, g, c.settings.still(g.Scopes), a.Nonce, nil)
	if err != nil {
		return err
	}
	answerTokens(x.w, answer)
	return nil
}

// matches compares a token request with the authorization request of its code: the redirect URI (RFC 6749 §4.1.3) and the verifier
// (RFC 7636 §4.6). A verifier for a code that had no challenge is refused, too: the challenge may have been taken away on its way
// (RFC 9700 §4.8.2).
func matches(a asked, redirectURI, verifier string) error {
	if redirectURI != a.RedirectURI {
		return bad("invalid_grant", "redirect_uri is another than the code was asked with.")
	}
	if (a.Challenge == "") != (verifier == "") {
		return bad("invalid_grant", "The code has a challenge and the request no code_verifier, or the other way round.")
	}
	if verifier == "" {
		return nil
	}
	if len(verifier) < 43 || len(verifier) > 128 || strings.Trim(verifier, base64URL+".~") != "" ||
		subtle.ConstantTimeCompare([]byte(connect.NewSHACodeChallenge(verifier)), []byte(a.Challenge)) != 1 {
		return bad("invalid_grant", "code_verifier is not the one of the code's challenge.")
	}
	return nil
}

// invalidGrant is what an error about a code or a refresh token means to an application. What a check of ours said is said on.
func invalidGrant(err error) error {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	switch e := nodkey.AsError(err); e.Kind {
	case nodkey.NotFound, nodkey.Conflict, nodkey.Refused:
		return &fault{status: http.StatusBadRequest, code: "invalid_grant", description: "It is unknown, has ended, was used already, or is another application's.", err: err}
	}
	return err
}

// tokenOfRefresh trades a refresh token for the next one, with new access and id tokens (RFC 6749 §6, OpenID Connect Core §12). There is
// no grace: a token that comes twice ends the grant, as one of the two who have it is not the application (RFC 9700 §4.14.2).
func (d *Door) tokenOfRefresh(x *exchange, c client) error {
	token := x.form.Get("refresh_token")
	if token == "" {
		return bad("invalid_request", "refresh_token is missing.")
	}
	if !c.settings.allows(scopeOffline) { // the operator has taken it away since
		return bad("invalid_grant", "This application may not stay without the person any more.")
	}
	asked := strings.Fields(x.form.Get("scope"))
	if len(asked) > 0 && len(c.settings.still(asked)) == 0 {
		return bad("invalid_scope", "scope names nothing that this application may have. The refresh token is as it was.")
	}
	next, g, err := d.services.Grants.Refresh(x.r.Context(), c.caller, nodkey.Token(token), asked)
	if nodkey.HasKey(err, "grant.scopes") {
		return bad("invalid_scope", "scope names what was not granted. The refresh token is as it was.")
	}
	if err != nil {
		return invalidGrant(err)
	}
	granted := g.Scopes
	if len(asked) > 0 {
		granted = asked
	}
	answer, err := d.access(x.r.Context(), c, g, c.settings.still(granted), "", nil)
	if err != nil {
		return err
	}
	answer["refresh_token"] = string(next)
	answerTokens(x.w, answer)
	return nil
}

// tokens makes a token response for a new grant: with a refresh token where it outlasts the browser's session. extra claims go into the
// id token.
func (d *Door) tokens(ctx context.Context, c client, g nodkey.Grant, granted []string, nonce string, extra map[string]any) (map[string]any, error) {
	answer, err := d.access(ctx, c, g, granted, nonce, extra)
	if err != nil || !slices.Contains(granted, scopeOffline) {
		return answer, err
	}
	refresh, err := d.services.Grants.Refreshing(ctx, c.caller, g.ID)
	answer["refresh_token"] = string(refresh)
	return answer, err
}

// access makes a token response without a refresh token (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
func (d *Door) access(ctx context.Context, c client, g nodkey.Grant, granted []string, nonce string, extra map[string]any) (map[string]any, error) {
	if len(granted) == 0 { // nothing of it is left, and to the domain no scopes are all of them
		return nil, bad("invalid_grant", "This application may have nothing of what was granted any more.")
	}
	token, expires, err := d.services.Grants.Access(ctx, c.caller, g.ID, granted, c.settings.accessLife())
	if err != nil {
		return nil, err
	}
	answer := map[string]any{"access_token": string(token), "token_type": "Bearer", "expires_in": d.secondsTo(expires), "scope": strings.Join(granted, " ")}
	if !slices.Contains(granted, scopeOpenID) {
		return answer, nil
	}
	claims, err := d.idToken(c, g, granted, nonce, string(token))
	if err != nil {
		return nil, err
	}
	for name, value := range extra {
		claims.Claims[name] = value
	}
	signed, err := d.sign(ctx, c.settings.alg(), typeIDToken, claims)
	answer["id_token"] = signed
	return answer, err
}

func answerTokens(w http.ResponseWriter, answer map[string]any) {
	w.Header().Set("Pragma", "no-cache") // RFC 6749 §5.1
	web.WriteJSON(w, http.StatusOK, answer)
}
