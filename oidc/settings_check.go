package oidc

import (
	"crypto/rsa"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/nodkey/nodkey"
)

// The bounds of settings.
const (
	maxURIs     = 64
	maxURI      = 1024 // bytes
	maxKeys     = 16
	minLifetime = time.Minute
	maxLifetime = 24 * time.Hour
)

// check says which member is wrong.
func (s Settings) check() error {
	for _, list := range []struct {
		member string
		uris   []string
	}{{"redirect_uris", s.RedirectURIs}, {"post_logout_redirect_uris", s.PostLogoutRedirectURIs}} {
		if len(list.uris) > maxURIs {
			return &SettingsError{list.member, "has more than 64 addresses"}
		}
		for _, uri := range list.uris {
			if reason := s.notRedirect(uri); reason != "" {
				return &SettingsError{list.member, "has an address that " + reason}
			}
		}
	}
	for _, c := range []struct {
		member, value string
		allowed       []string
	}{
		{"application_type", s.ApplicationType, []string{"web", "native"}},
		{"token_endpoint_auth_method", s.TokenEndpointAuthMethod, []string{AuthBasic, AuthPost, AuthKey, AuthNone}},
		{"consent", s.Consent, []string{"ask", "never"}},
		{"id_token_signed_response_alg", string(s.IDTokenSignedResponseAlg), []string{string(nodkey.SigningRS256), string(nodkey.SigningES256)}},
		{"backchannel_token_delivery_mode", s.BackchannelTokenDeliveryMode, []string{"poll", "ping"}},
	} {
		if c.value != "" && !slices.Contains(c.allowed, c.value) {
			return &SettingsError{c.member, "is none of " + strings.Join(c.allowed, ", ")}
		}
	}
	for _, c := range []struct{ member, uri string }{
		{"jwks_uri", s.JWKSURI}, {"backchannel_logout_uri", s.BackchannelLogoutURI},
		{"backchannel_client_notification_endpoint", s.BackchannelClientNotificationEndpoint}, {"launch_url", s.LaunchURL},
	} {
		if reason := notWeb(c.uri); c.uri != "" && reason != "" {
			return &SettingsError{c.member, reason}
		}
	}
	for _, scope := range s.Scopes {
		if !slices.Contains(scopes, scope) {
			return &SettingsError{"scopes", "has one that is none of " + strings.Join(scopes, ", ")}
		}
	}
	for _, id := range s.Introspects {
		if known, err := nodkey.ParseApplicationID(id); err != nil || string(known) != id {
			return &SettingsError{"introspects", "has what is no application's id"}
		}
	}
	if l := time.Duration(s.AccessTokenLifetime); l != 0 && (l < minLifetime || l > maxLifetime) {
		return &SettingsError{"access_token_lifetime", "is not between 1m and 24h"}
	}
	if s.BackchannelTokenDeliveryMode == "ping" && s.BackchannelClientNotificationEndpoint == "" {
		return &SettingsError{"backchannel_client_notification_endpoint", "is missing: ping needs it"}
	}
	return s.checkKeys()
}

func (s Settings) checkKeys() error {
	if s.authMethod() == AuthKey && s.JWKS == nil && s.JWKSURI == "" {
		return &SettingsError{"jwks", "is missing: private_key_jwt needs jwks or jwks_uri"}
	}
	if s.JWKS == nil {
		return nil
	}
	if s.JWKSURI != "" {
		return &SettingsError{"jwks_uri", "stands beside jwks: give one of them"}
	}
	if n := len(s.JWKS.Keys); n == 0 || n > maxKeys {
		return &SettingsError{"jwks", "has not between 1 and 16 keys"}
	}
	for _, k := range s.JWKS.Keys {
		if !k.Valid() || !k.IsPublic() {
			return &SettingsError{"jwks", "has a key that is no public one; private keys stay with the application"}
		}
		if weak(k) {
			return &SettingsError{"jwks", "has an RSA key of fewer than 2048 bits"}
		}
	}
	return nil
}

// weak reports whether a key is shorter than what tokens may be signed with (RFC 7518 §3.3).
func weak(k jose.JSONWebKey) bool {
	public, ok := k.Key.(*rsa.PublicKey)
	return ok && public.N.BitLen() < 2048
}

// notRedirect says what keeps an address from being one that browsers are sent to with a code, empty when nothing does.
func (s Settings) notRedirect(uri string) string {
	u, reason := address(uri)
	if reason != "" {
		return reason
	}
	switch {
	case u.Scheme == "https" && u.Host != "":
		return ""
	case u.Scheme == "http" && loopback(u.Hostname()):
		return ""
	case u.Scheme == "http":
		return "is http:// and not this machine's: a code would cross the network in the clear"
	case s.ApplicationType == "native" && strings.Contains(u.Scheme, "."): // RFC 8252 §7.1
		return ""
	}
	return "is not https:// (or, for a native application, com.example.app:/path)"
}

// notWeb says what keeps an address from being one that is fetched or opened.
func notWeb(uri string) string {
	u, reason := address(uri)
	switch {
	case reason != "":
		return reason
	case u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())):
		return "is not https://"
	}
	return ""
}

// address reads an absolute address that is written so plainly that every program reads it alike.
func address(uri string) (*url.URL, string) {
	u, err := url.Parse(uri)
	switch {
	case len(uri) > maxURI:
		return nil, "is longer than 1024 characters"
	case err != nil || strings.ContainsFunc(uri, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || c == '\\' || c == '*' || c == '"' || c == '<' || c == '>'
	}):
		return nil, "has a character that addresses do not have"
	case !u.IsAbs():
		return nil, "has no https://"
	case u.User != nil:
		return nil, "has a user name"
	case strings.Contains(uri, "#"):
		return nil, "has a fragment"
	case u.Scheme != strings.ToLower(u.Scheme) || u.Host != strings.ToLower(u.Host) || strings.HasSuffix(u.Hostname(), "."):
		return nil, "is not written as browsers write it: lower case, no dot at the end of the host"
	case u.Scheme+":" != uri[:len(u.Scheme)+1]:
		return nil, "is not written in lower case"
	}
	return u, ""
}

// loopback reports whether a host is this machine for everyone.
func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
