package oidc

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
)

func TestDiscoverySaysWhatThereIs(t *testing.T) {
	h := openHouse(t)
	for _, path := range []string{discoveryPath, metadataPath} {
		got := h.send("GET", path, "")
		m := got.json()
		if got.Code != 200 || m["issuer"] != issuer || got.Header().Get("Access-Control-Allow-Origin") != "*" || got.Header().Get("Cross-Origin-Resource-Policy") != "cross-origin" {
			t.Fatalf("%s: %d %v %s", path, got.Code, got.Header(), got.Body)
		}
		for _, name := range []string{"authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "introspection_endpoint", "revocation_endpoint", "end_session_endpoint", "pushed_authorization_request_endpoint"} {
			address, _ := m[name].(string)
			at, ours := strings.CutPrefix(address, issuer)
			if !ours {
				t.Errorf("%s is %q", name, address)
				continue
			}
			get, post := h.send("GET", at, ""), h.send("POST", at, "")
			if get.Code == http.StatusNotFound || post.Code == http.StatusNotFound {
				t.Errorf("%s leads nowhere", at)
			}
		}
		for name, want := range map[string]string{
			"response_types_supported": "code", "response_modes_supported": "query form_post", "code_challenge_methods_supported": "S256", "subject_types_supported": "public",
			"id_token_signing_alg_values_supported": "RS256 ES256", "acr_values_supported": acrCode + " " + acrPIN + " " + acrBiometric,
			"token_endpoint_auth_methods_supported": "client_secret_basic client_secret_post private_key_jwt none", "introspection_endpoint_auth_methods_supported": "client_secret_basic client_secret_post private_key_jwt",
			"token_endpoint_auth_signing_alg_values_supported": "ES256 RS256 PS256 EdDSA", "scopes_supported": "openid profile email groups offline_access", "ui_locales_supported": "en de ja",
		} {
			if got := strings.Join(texts(m[name]), " "); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if m["authorization_response_iss_parameter_supported"] != true || m["claims_parameter_supported"] != true || m["request_uri_parameter_supported"] != false {
			t.Errorf("%v", m)
		}
	}
	keys := h.send("GET", keysPath, "")
	if list, _ := keys.json()["keys"].([]any); len(list) != 2 || keys.Header().Get("Cache-Control") != "public, max-age=900" || strings.Contains(keys.Body.String(), `"d"`) {
		t.Errorf("%v %s", keys.Header(), keys.Body)
	}
}

// With CIBA alone no browser is ever sent anywhere.
func TestOneDoorIsNotTheOther(t *testing.T) {
	h := openHouse(t)
	h.door.OIDC = false
	mux := http.NewServeMux()
	h.door.Routes(mux)
	for _, path := range []string{authorizePath, returnPath, postScriptPath} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", issuer+path, nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d", path, w.Code)
		}
	}
	secret := h.add("wiki", wikiSettings)
	h.post(tokenPath, "wiki", secret, redemption("x")).is(400, "unsupported_grant_type")
	if m := h.door.metadata(); m.AuthorizationEndpoint != "" || len(m.ResponseTypesSupported) != 0 {
		t.Errorf("%+v", m)
	}
}

// A program in a browser is of another origin: what reads no cookie answers it, what reads one does not.
func TestProgramsInBrowsersMayAskAndPagesMayNot(t *testing.T) {
	h := openHouse(t)
	h.add("wiki", `{"redirect_uris": ["`+callback+`"], "token_endpoint_auth_method": "none"}`, noSecret)
	elsewhere := func(r *http.Request) {
		r.Header.Set("Origin", "https://wiki.example.com")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	}
	got := h.send("POST", tokenPath, redemption("x", "client_id", "wiki").Encode(), elsewhere)
	if got.is(400, "invalid_grant"); got.Header().Get("Access-Control-Allow-Origin") != "*" || got.Header().Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%v", got.Header())
	}
	asks := h.send("OPTIONS", userinfoPath, "", elsewhere, func(r *http.Request) { r.Header.Set("Access-Control-Request-Headers", "authorization") })
	if asks.Code != http.StatusNoContent || !strings.Contains(asks.Header().Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Errorf("%d %v", asks.Code, asks.Header())
	}
	large := h.send("POST", tokenPath, strings.Repeat("x", 1<<20), elsewhere)
	if large.Code != http.StatusRequestEntityTooLarge || large.Header().Get("Access-Control-Allow-Origin") != "*" || large.json()["error"] != "invalid_request" {
		t.Errorf("%d %v %s", large.Code, large.Header(), large.Body)
	}
	if got := h.visit(authorizePath + "?" + request().Encode()); got.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Error("another origin's script may read where a browser is sent")
	}
}

func TestAnAddressKeepsItsQuery(t *testing.T) {
	for uri, want := range map[string]string{
		"https://a.example/cb": "https://a.example/cb?code=c", "https://a.example/cb?": "https://a.example/cb?code=c", "https://a.example/cb?x=1": "https://a.example/cb?x=1&code=c", "com.example.app:/cb": "com.example.app:/cb?code=c",
	} {
		if got := withQuery(uri, url.Values{"code": {"c"}}); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestAnErrorOfTheDomainLeaksNothing(t *testing.T) {
	f := faultOf(&nodkey.Error{Kind: nodkey.Internal, Key: "internal", Err: http.ErrBodyNotAllowed})
	if f.status != 500 || f.code != "server_error" || strings.Contains(f.description, http.ErrBodyNotAllowed.Error()) {
		t.Errorf("%+v", f)
	}
}
