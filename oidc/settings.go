package oidc

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/nodkey/nodkey"
)

// Settings are what an operator says of one application of the doors oidc and ciba: members of its settings object
// (docs/doors/oidc.md). Names and meanings are those of client metadata (RFC 7591 §2, OpenID Connect Registration 1.0 §2, CIBA
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
	Unnamed     bool     `json:"authorization_response_without_iss"` // its answers do not name this issuer (RFC 9207): for products that take iss for something else
	LaunchURL   string   `json:"launch_url"`                         // where a person starts it; read by the portal's launch page
	Introspects []string `json:"introspects"`                        // other applications whose tokens it may look at: it is their resource server

	IDTokenSignedResponseAlg nodkey.SigningAlg `json:"id_token_signed_response_alg"` // RS256 (default) or ES256
	AccessTokenLifetime      Lifetime          `json:"access_token_lifetime"`        // of id tokens, too; default 10 minutes

	BackchannelLogoutURI             string `json:"backchannel_logout_uri"`
	BackchannelLogoutSessionRequired bool   `json:"backchannel_logout_session_required"`

	BackchannelTokenDeliveryMode          string `json:"backchannel_token_delivery_mode"`          // "poll" (default) or "ping"
	BackchannelClientNotificationEndpoint string `json:"backchannel_client_notification_endpoint"` // for ping
	CIBANumber                            bool   `json:"ciba_number"`                              // it shows the person the number that the phone asks for
}

// How an application proves itself, as Settings.TokenEndpointAuthMethod has it.
const (
	AuthBasic = "client_secret_basic"
	AuthPost  = "client_secret_post"
	AuthKey   = "private_key_jwt"
	AuthNone  = "none"
)

func (s Settings) authMethod() string {
	if s.TokenEndpointAuthMethod == "" {
		return AuthBasic
	}
	return s.TokenEndpointAuthMethod
}

func (s Settings) alg() nodkey.SigningAlg {
	if s.IDTokenSignedResponseAlg == "" {
		return nodkey.SigningRS256 // OpenID Connect Registration §2
	}
	return s.IDTokenSignedResponseAlg
}

// needsPKCE reports whether a request without a challenge is refused.
func (s Settings) needsPKCE() bool {
	return s.authMethod() == AuthNone || s.RequirePKCE == nil || *s.RequirePKCE
}

// accessLife is how long access and id tokens are good.
func (s Settings) accessLife() time.Duration {
	if s.AccessTokenLifetime == 0 {
		return 10 * time.Minute
	}
	return time.Duration(s.AccessTokenLifetime)
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
	Member string // "redirect_uris"
	Reason string // in English, for the operator: "has a fragment"
}

func (e *SettingsError) Error() string { return fmt.Sprintf("%s %s", e.Member, e.Reason) }

// Members are the names that settings of this door may have; those of an application's other doors stand beside them.
func Members() []string {
	t := reflect.TypeFor[Settings]()
	names := make([]string, t.NumField())
	for i := range names {
		names[i], _, _ = strings.Cut(t.Field(i).Tag.Get("json"), ",")
	}
	return names
}

// ParseSettings reads and checks settings; members of other doors are passed over. Its error is a *SettingsError.
func ParseSettings(raw json.RawMessage) (Settings, error) {
	var s Settings
	var members map[string]json.RawMessage
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &members); err != nil || members == nil {
			return Settings{}, &SettingsError{Member: "settings", Reason: "is no JSON object"}
		}
	}
	v := reflect.ValueOf(&s).Elem()
	for i, name := range Members() { // one by one, so that an error names its member
		value, there := members[name]
		if !there {
			continue
		}
		if err := json.Unmarshal(value, v.Field(i).Addr().Interface()); err != nil {
			return Settings{}, &SettingsError{Member: name, Reason: "is not of the form that docs/doors/oidc.md gives it"}
		}
	}
	if err := s.check(); err != nil {
		return Settings{}, err
	}
	return s, nil
}

// strange gives the first member that is none of this door's.
func strange(raw json.RawMessage) string {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return ""
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !slices.Contains(Members(), name) {
			return name
		}
	}
	return ""
}

// CheckSettings is ParseSettings for an operator who adds or changes an application of these doors: what a door cannot do without has
// to be there.
func CheckSettings(raw json.RawMessage, doors []nodkey.Door) error {
	s, err := ParseSettings(raw)
	if err != nil {
		return err
	}
	ours := !slices.ContainsFunc(doors, func(door nodkey.Door) bool { return !slices.Contains(bothDoors, door) })
	if name := strange(raw); ours && name != "" { // beside other doors' members a typo cannot be told from one of those
		return &SettingsError{Member: name, Reason: "is no setting of these doors"}
	}
	for _, door := range doors {
		switch {
		case door == nodkey.DoorOIDC && len(s.RedirectURIs) == 0 && len(raw) > 0: // none at all: they are still to come
			return &SettingsError{Member: "redirect_uris", Reason: "is missing: the addresses that browsers are sent back to"}
		case door == nodkey.DoorCIBA && s.authMethod() == AuthNone:
			return &SettingsError{Member: "token_endpoint_auth_method", Reason: "is none: an application that asks phones has to prove itself"}
		}
	}
	return nil
}
