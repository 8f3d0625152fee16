package oidc

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

func TestWrongSettingsAreRefusedByName(t *testing.T) {
	weak := `{"keys":[{"kty":"RSA","n":"` + strings.Repeat("_", 171) + `","e":"AQAB"}]}`
	private := `{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}]}`
	base := `"redirect_uris":["https://a.example/cb"],`
	for text, member := range map[string]string{
		`[]`:                   "settings",
		`"x"`:                  "settings",
		`null`:                 "settings",
		`{}`:                   "redirect_uris",
		`{"redirect_uris":[]}`: "redirect_uris",
		`{"redirect_uris":"https://a.example/cb"}`:                                                             "redirect_uris",
		`{"redirect_uris":["/cb"]}`:                                                                            "redirect_uris",
		`{"redirect_uris":["https:///cb"]}`:                                                                    "redirect_uris",
		`{"redirect_uris":["http://a.example/cb"]}`:                                                            "redirect_uris",
		`{"redirect_uris":["https://a.example/cb#x"]}`:                                                         "redirect_uris",
		`{"redirect_uris":["https://u@a.example/cb"]}`:                                                         "redirect_uris",
		`{"redirect_uris":["https://*.example/cb"]}`:                                                           "redirect_uris",
		`{"redirect_uris":["https://A.example/cb"]}`:                                                           "redirect_uris",
		`{"redirect_uris":["HTTPS://a.example/cb"]}`:                                                           "redirect_uris",
		`{"redirect_uris":["https://a.example./cb"]}`:                                                          "redirect_uris",
		`{"redirect_uris":["https://a.example\\cb"]}`:                                                          "redirect_uris",
		`{"redirect_uris":["https://a.example/c b"]}`:                                                          "redirect_uris",
		`{"redirect_uris":["https://münchen.example/cb"]}`:                                                     "redirect_uris",
		`{"redirect_uris":["javascript:alert(1)"]}`:                                                            "redirect_uris",
		`{"redirect_uris":["data:text/html,x"],"application_type":"native"}`:                                   "redirect_uris",
		`{"redirect_uris":["com.example.app:/cb"]}`:                                                            "redirect_uris",
		`{` + base + `"post_logout_redirect_uris":["http://a.example"]}`:                                       "post_logout_redirect_uris",
		`{` + base + `"application_type":"spa"}`:                                                               "application_type",
		`{` + base + `"token_endpoint_auth_method":"client_secret_jwt"}`:                                       "token_endpoint_auth_method",
		`{` + base + `"token_endpoint_auth_method":"private_key_jwt"}`:                                         "jwks",
		`{` + base + `"jwks":{"keys":[]}}`:                                                                     "jwks",
		`{` + base + `"jwks":` + weak + `}`:                                                                    "jwks",
		`{` + base + `"jwks":` + private + `}`:                                                                 "jwks",
		`{` + base + `"jwks":{"keys":[{"kty":"oct","k":"AAAA"}]}}`:                                             "jwks",
		`{` + base + `"jwks_uri":"http://a.example/keys"}`:                                                     "jwks_uri",
		`{` + base + `"consent":"yes"}`:                                                                        "consent",
		`{` + base + `"scopes":["openid","phone"]}`:                                                            "scopes",
		`{` + base + `"require_pkce":"no"}`:                                                                    "require_pkce",
		`{` + base + `"launch_url":"javascript:alert(1)"}`:                                                     "launch_url",
		`{` + base + `"introspects":["Wiki"]}`:                                                                 "introspects",
		`{` + base + `"id_token_signed_response_alg":"none"}`:                                                  "id_token_signed_response_alg",
		`{` + base + `"id_token_signed_response_alg":"HS256"}`:                                                 "id_token_signed_response_alg",
		`{` + base + `"access_token_lifetime":"10"}`:                                                           "access_token_lifetime",
		`{` + base + `"access_token_lifetime":600}`:                                                            "access_token_lifetime",
		`{` + base + `"access_token_lifetime":"1s"}`:                                                           "access_token_lifetime",
		`{` + base + `"access_token_lifetime":"48h"}`:                                                          "access_token_lifetime",
		`{` + base + `"backchannel_logout_uri":"ftp://a.example"}`:                                             "backchannel_logout_uri",
		`{` + base + `"backchannel_token_delivery_mode":"push"}`:                                               "backchannel_token_delivery_mode",
		`{` + base + `"backchannel_token_delivery_mode":"ping"}`:                                               "backchannel_client_notification_endpoint",
		`{` + base + `"redirect_uri":"https://a.example/cb"}`:                                                  "redirect_uri",
		`{"redirect_uris":[` + strings.Repeat(`"https://a.example/cb",`, maxURIs) + `"https://a.example/cb"]}`: "redirect_uris",
		`{"redirect_uris":["https://a.example/` + strings.Repeat("x", maxURI) + `"]}`:                          "redirect_uris",
	} {
		err := CheckSettings([]byte(text), []nodkey.Door{nodkey.DoorOIDC})
		wrong, ok := errors.AsType[*SettingsError](err)
		if !ok || wrong.Member != member || wrong.Reason == "" {
			t.Errorf("%.120s: %v, want %s named", text, err, member)
		}
	}
	if err := CheckSettings([]byte(`{"token_endpoint_auth_method":"none"}`), []nodkey.Door{nodkey.DoorCIBA}); err == nil {
		t.Error("a public application may ask phones")
	}
}

func TestRightSettingsAreTaken(t *testing.T) {
	for _, text := range []string{
		`{"redirect_uris":["https://a.example/cb","https://a.example:8443/cb?x=1","http://127.0.0.1:3000/cb","http://localhost/cb","http://wiki.localhost:81/"]}`,
		`{"redirect_uris":["com.example.app:/cb","http://[::1]/cb"],"application_type":"native","token_endpoint_auth_method":"none"}`,
		`{"redirect_uris":["https://a.example/cb"],"access_token_lifetime":"1h","scopes":["openid","email"],"consent":"ask","launch_url":"https://a.example/"}`,
	} {
		if err := CheckSettings([]byte(text), []nodkey.Door{nodkey.DoorOIDC}); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	s, err := ParseSettings([]byte(`{"access_token_lifetime":"1h","hosts":["another door's"]}`))
	if err != nil || s.accessLife() != time.Hour || !s.needsPKCE() || s.alg() != nodkey.SigningRS256 || s.authMethod() != AuthBasic {
		t.Errorf("%+v, %v", s, err)
	}
	if err := CheckSettings(nil, []nodkey.Door{nodkey.DoorOIDC}); err != nil {
		t.Errorf("those that are still to come: %v", err)
	}
	if err := CheckSettings([]byte(`{"redirect_uris":["https://a.example/cb"],"hosts":["x"]}`), []nodkey.Door{nodkey.DoorOIDC, nodkey.DoorForward}); err != nil {
		t.Errorf("beside another door's: %v", err)
	}
}
