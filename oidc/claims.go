package oidc

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	connect "github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/nodkey/nodkey"
)

// The scopes.
const (
	scopeOpenID  = "openid"
	scopeProfile = "profile"
	scopeEmail   = "email"
	scopeGroups  = "groups"
	scopeOffline = nodkey.ScopeOffline
)

var scopes = []string{scopeOpenID, scopeProfile, scopeEmail, scopeGroups, scopeOffline}

// scopesOf reads the scopes that are asked for: those that there are and that the application may ask for. Others are passed over (RFC
// 6749 §3.3), as products ask for what some other provider has; what was granted stands in the token response.
func (s Settings) scopesOf(asked string) ([]string, error) {
	if len(asked) > maxURI || strings.ContainsFunc(asked, func(c rune) bool { return c < ' ' || c > '~' || c == '"' || c == '\\' }) {
		return nil, bad("invalid_scope", "scope has characters that scopes do not have.")
	}
	var granted []string
	for _, name := range strings.Fields(asked) {
		if slices.Contains(scopes, name) && !slices.Contains(granted, name) && s.allows(name) {
			granted = append(granted, name)
		}
	}
	return granted, nil
}

// allows reports whether the application may ask for a scope. openid is no more than signing in.
func (s Settings) allows(scope string) bool {
	return len(s.Scopes) == 0 || scope == scopeOpenID || slices.Contains(s.Scopes, scope)
}

// still gives those of the granted scopes that the application may have today: the operator may have taken some away since.
func (s Settings) still(granted []string) []string {
	return slices.DeleteFunc(slices.Clone(granted), func(name string) bool { return !s.allows(name) })
}

// backScopesOf is scopesOf for what is asked of a phone, which shows no scopes: an application that has to have the person's consent gets
// nothing there beyond who they are.
func (s Settings) backScopesOf(asked string) ([]string, error) {
	granted, err := s.scopesOf(asked)
	if s.Consent == "ask" {
		granted = slices.DeleteFunc(granted, func(name string) bool { return name != scopeOpenID })
	}
	return granted, err
}

// The authentication contexts (acr), from the weakest to the strongest: how the person's phone said yes. In each the phone's key was
// proved; all sessions of the portal began with a password besides.
const (
	acrCode      = "urn:nodkey:acr:code"      // eight digits were typed that the phone showed, after PIN or biometric
	acrPIN       = "urn:nodkey:acr:pin"       // on the phone, with the PIN that this server checked
	acrBiometric = "urn:nodkey:acr:biometric" // on the phone, with its own check of the person (WebAuthn user verification)
)

var acrValues = []string{acrCode, acrPIN, acrBiometric}

// The factors of nodkey.Grant, as acr names them.
var acrOfFactor = map[string]string{"code": acrCode, "pin": acrPIN, "biometric": acrBiometric}

// amrOf says how a person was authenticated (RFC 8176). swk: the phone's key is a browser's, kept by software as far as this server can
// know; hwk would need an attestation. user, and no fpt or face: a phone does not tell how it recognised its owner.
func amrOf(g nodkey.Grant) []string {
	var amr []string
	if g.SID != "" || g.Door == nodkey.DoorOIDC {
		amr = append(amr, "pwd")
	}
	switch g.Factor {
	case "pin":
		amr = append(amr, "pin", "swk")
	case "biometric":
		amr = append(amr, "user", "swk")
	case "code":
		amr = append(amr, "otp")
	}
	return append(amr, "mfa")
}

// The claims of each scope, that this server has (OpenID Connect Core §5.4).
var claimsOfScope = map[string][]string{
	scopeProfile: {"name", "preferred_username", "locale"},
	scopeEmail:   {"email", "email_verified"},
	scopeGroups:  {"groups"},
}

// claimNames are all the claims about a person that there are.
func claimNames() []string {
	var names []string
	for _, scope := range scopes {
		names = append(names, claimsOfScope[scope]...)
	}
	return names
}

// claimsOf gives what may be said of a person with these scopes.
func claimsOf(g nodkey.Grant, granted []string) map[string]any {
	all := map[string]any{"name": g.Display, "preferred_username": g.Name, "locale": g.Locale, "groups": g.Groups}
	if g.Groups == nil {
		all["groups"] = []string{}
	}
	if g.Email != "" {
		all["email"], all["email_verified"] = g.Email, g.EmailVerified
	}
	out := map[string]any{}
	for _, scope := range granted {
		for _, name := range claimsOfScope[scope] {
			if value, has := all[name]; has && value != "" {
				out[name] = value
			}
		}
	}
	return out
}

// askedClaims is the claims parameter (OpenID Connect Core §5.5), of which this server reads the names and what it says of acr.
type askedClaims struct {
	UserInfo map[string]*askedClaim `json:"userinfo"`
	IDToken  map[string]*askedClaim `json:"id_token"`
}

type askedClaim struct {
	Essential bool     `json:"essential"`
	Value     any      `json:"value"`
	Values    []string `json:"values"`
}

const maxClaims = 4 << 10 // bytes

// readClaims reads the claims parameter: the scopes whose claims it names, and what it wants of acr.
func readClaims(text string) (scopesNamed, acr []string, essential bool, err error) {
	if text == "" {
		return nil, nil, false, nil
	}
	var asked askedClaims
	if len(text) > maxClaims || json.Unmarshal([]byte(text), &asked) != nil {
		return nil, nil, false, bad("invalid_request", "claims is no JSON object of OpenID Connect Core 5.5.")
	}
	for _, scope := range scopes {
		if slices.ContainsFunc(claimsOfScope[scope], func(name string) bool { return has(asked.UserInfo, name) || has(asked.IDToken, name) }) {
			scopesNamed = append(scopesNamed, scope)
		}
	}
	if want := asked.IDToken["acr"]; want != nil {
		acr, essential = want.Values, want.Essential
		if one, ok := want.Value.(string); ok && len(acr) == 0 {
			acr = []string{one}
		}
		essential = essential && len(acr) > 0
	}
	return scopesNamed, acr, essential, nil
}

func has(members map[string]*askedClaim, name string) bool {
	_, ok := members[name]
	return ok
}

// idToken makes the claims of an id token. What scopes tell of a person stands in it as well as at the userinfo endpoint: many
// products look there only, and it travels the same way.
func (d *Door) idToken(c client, g nodkey.Grant, granted []string, nonce, access string) (*connect.IDTokenClaims, error) {
	now := d.clock.Now()
	token := &connect.IDTokenClaims{SessionID: g.SID, Claims: claimsOf(g, granted)}
	token.TokenClaims = connect.TokenClaims{
		Issuer: d.issuer(), Subject: string(g.User), Audience: connect.Audience{string(c.ID)}, AuthorizedParty: string(c.ID), Nonce: nonce,
		IssuedAt: connect.FromTime(now), Expiration: connect.FromTime(now.Add(c.settings.accessLife())), AuthTime: connect.FromTime(g.AuthTime),
		AuthenticationContextClassReference: acrOfFactor[g.Factor], AuthenticationMethodsReferences: amrOf(g),
	}
	if access == "" {
		return token, nil
	}
	var err error
	token.AccessTokenHash, err = connect.ClaimHash(access, jose.SignatureAlgorithm(c.settings.alg()))
	return token, err
}

// secondsTo is how long until a time, in whole seconds and never below 0.
func (d *Door) secondsTo(at time.Time) int64 {
	return max(0, int64(at.Sub(d.clock.Now())/time.Second))
}
