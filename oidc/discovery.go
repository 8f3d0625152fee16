package oidc

import (
	"net/http"

	connect "github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/nodkey/nodkey/web"
)

// The door's addresses below the issuer.
const (
	authorizePath  = "/oidc/authorize"
	returnPath     = "/oidc/return"
	tokenPath      = "/oidc/token"
	keysPath       = "/oidc/keys"
	userinfoPath   = "/oidc/userinfo"
	introspectPath = "/oidc/introspect"
	revokePath     = "/oidc/revoke"
	discoveryPath  = "/.well-known/openid-configuration"
	metadataPath   = "/.well-known/oauth-authorization-server" // RFC 8414 §3
)

// metadata is what the library's type has, and what RFC 9207, RFC 9126, OpenID Connect's logout and CIBA add.
type metadata struct {
	connect.DiscoveryConfiguration
	IssInResponse bool `json:"authorization_response_iss_parameter_supported,omitempty"`
	extraMetadata
}

// discoveryShow tells programs what this provider can (OpenID Connect Discovery §4.2, RFC 8414 §3.2).
func (d *Door) discoveryShow(w http.ResponseWriter, _ *http.Request) {
	shared(w)
	web.WriteJSON(&kept{w, "public, max-age=900"}, http.StatusOK, d.metadata())
}

func (d *Door) metadata() metadata {
	methods := []connect.AuthMethod{AuthBasic, AuthPost, AuthKey}
	algs := make([]string, len(assertionAlgs))
	for i, alg := range assertionAlgs {
		algs[i] = string(alg)
	}
	m := metadata{DiscoveryConfiguration: connect.DiscoveryConfiguration{
		Issuer: d.issuer(), TokenEndpoint: d.at(tokenPath), JwksURI: d.at(keysPath), UserinfoEndpoint: d.at(userinfoPath),
		IntrospectionEndpoint: d.at(introspectPath), RevocationEndpoint: d.at(revokePath),
		ScopesSupported: scopes, SubjectTypesSupported: []string{"public"}, ACRValuesSupported: acrValues,
		IDTokenSigningAlgValuesSupported:           []string{"RS256", "ES256"},
		TokenEndpointAuthMethodsSupported:          append(methods, AuthNone),
		TokenEndpointAuthSigningAlgValuesSupported: algs,
		RevocationEndpointAuthMethodsSupported:     append(methods, AuthNone), RevocationEndpointAuthSigningAlgValuesSupported: algs,
		IntrospectionEndpointAuthMethodsSupported: methods, IntrospectionEndpointAuthSigningAlgValuesSupported: algs,
		ClaimTypesSupported: []string{"normal"},
		ClaimsSupported:     append([]string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "at_hash", "sid"}, claimNames()...),
		GrantTypesSupported: []connect.GrantType{connect.GrantTypeRefreshToken},
		UILocalesSupported:  connect.ParseLocales(d.texts.Langs()),
		// Required by RFC 8414 even where no browser is sent here.
		ResponseTypesSupported: []string{},
	}}
	if d.OIDC {
		m.AuthorizationEndpoint, m.IssInResponse, m.ClaimsParameterSupported = d.at(authorizePath), true, true
		m.ResponseTypesSupported = []string{"code"}
		m.ResponseModesSupported = []string{modeQuery, modeFormPost}
		m.CodeChallengeMethodsSupported = []connect.CodeChallengeMethod{connect.CodeChallengeMethodS256}
		m.GrantTypesSupported = append(m.GrantTypesSupported, connect.GrantTypeCode)
	}
	d.moreMetadata(&m)
	return m
}
