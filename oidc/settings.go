package oidc

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Settings are what an operator says of one application of the doors oidc and ciba: members of its settings object
// (docs/applications.md). Names and meanings are those of client metadata (RFC 7591 §2, OpenID Connect Registration 1.0 §2, CIBA
// Core 1.0 §4) as far as those have them.
type Settings struct {
	RedirectURIs           []string `json:"redirect_uris"`             // compared character by character
	PostLogoutRedirectURIs []string `json:"post_logout_redirect_uris"` // likewise
	ApplicationType        string   `json:"application_type"`          // "web" (default) or "native": loopback redirect URIs with any port (RFC 8252 §7.3)

	TokenEndpointAuthMethod string              `json:"token_endpoint_auth_method"` // client_secret_basic (default), client_secret_post, private_key_jwt, none
	JWKS                    *jose.JSONWebKeySet `json:"jwks"`                       // its public keys, for private_key_jwt …
	JWKSURI                 string              `json:"jwks_uri"`                   // … or where they are

	Scopes      []string `json:"scopes"`       // that it may ask for; empty: all there are
	Consent     string   `json:"consent"`      // "never" (default: the operator put it there) or "ask"
	RequirePKCE *bool    `json:"require_pkce"` // default true; a public application needs it always
	RequirePAR  bool     `json:"require_pushed_authorization_requests"`
	LaunchURL   string   `json:"launch_url"` // where a person starts it; read by the portal's launch page

	IDTokenSignedResponseAlg string   `json:"id_token_signed_response_alg"` // RS256 (default) or ES256
	AccessTokenLifetime      Lifetime `json:"access_token_lifetime"`        // default 10 minutes
	RefreshTokenLifetime     Lifetime `json:"refresh_token_lifetime"`       // without use; default 30 days

	BackchannelLogoutURI             string `json:"backchannel_logout_uri"`
	BackchannelLogoutSessionRequired bool   `json:"backchannel_logout_session_required"`

	BackchannelTokenDeliveryMode          string `json:"backchannel_token_delivery_mode"`          // "poll" (default) or "ping"
	BackchannelClientNotificationEndpoint string `json:"backchannel_client_notification_endpoint"` // for ping
}

// Lifetime is a time as operators write it: "10m", "36h".
type Lifetime time.Duration

// UnmarshalText reads what time.ParseDuration does.
func (l *Lifetime) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*l = Lifetime(d)
	return err
}

// MarshalText writes it back.
func (l Lifetime) MarshalText() ([]byte, error) { return []byte(time.Duration(l).String()), nil }

// SettingsError says which member is wrong, and why.
type SettingsError struct {
	Member string // "redirect_uris[1]"
	Reason string // in English, for the operator: "has a fragment"
}

func (e *SettingsError) Error() string { return fmt.Sprintf("%s %s", e.Member, e.Reason) }

// ParseSettings reads and checks settings; members of other doors are passed over. Its error is a *SettingsError.
func ParseSettings(raw json.RawMessage) (Settings, error) {
	var s Settings
	if len(raw) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return Settings{}, &SettingsError{Member: "settings", Reason: err.Error()}
	}
	return s, nil
}
