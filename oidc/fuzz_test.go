package oidc

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// Whatever an authorization request says, it is read or refused, and what is kept of it fits and goes to an address of the application's.
func FuzzReadAuthorization(f *testing.F) {
	for _, seed := range []string{
		request().Encode(), request("prompt", "none", "max_age", "0").Encode(), request("claims", `{"id_token":{"acr":{"essential":true,"values":["`+acrPIN+`"]}},"userinfo":{"email":null}}`).Encode(),
		request("acr_values", acrCode+" x").Encode(), request("response_mode", "form_post", "scope", "openid openid email").Encode(), "client_id=wiki&client_id=shop", "a=%zz", "redirect_uri=http://127.0.0.1:99999/cb",
		request("redirect_uri", "http://127.0.0.1:81/cb").Encode(),
	} {
		f.Add(seed)
	}
	s, err := ParseSettings([]byte(`{"redirect_uris":["` + callback + `","http://127.0.0.1/cb"],"application_type":"native"}`))
	must(f, err)
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, authorizePath, nil)
		r.URL.RawQuery = query
		form, err := parametersOf(httptest.NewRecorder(), r)
		if err != nil {
			return
		}
		uri := form.Get("redirect_uri")
		if s.mayRedirect(uri) {
			u, err := url.Parse(uri)
			if err != nil || u.User != nil || u.Fragment != "" || u.Path != "/cb" || u.Host != "wiki.example.com" && u.Hostname() != "127.0.0.1" {
				t.Errorf("%q is taken for the application's", uri)
			}
		}
		a, err := readAuthorization(form, s)
		if err != nil {
			if faultOf(err).status != http.StatusBadRequest {
				t.Errorf("%q: %v", query, err)
			}
			return
		}
		in, err := a.request(client{settings: s})
		if err != nil || len(in.Data) > 8<<10 || len(a.Challenge) != 43 || len(in.Scopes) == 0 || slices.ContainsFunc(in.Scopes, func(name string) bool { return !slices.Contains(scopes, name) }) {
			t.Errorf("%q: %+v, %v", query, in, err)
		}
	})
}

// What is no assertion of a known algorithm is nobody's.
func FuzzParseAssertion(f *testing.F) {
	s := newSigner(f, "k1")
	f.Add(s.sign(map[string]any{"iss": "wiki", "sub": "wiki", "aud": issuer, "jti": "j", "exp": 1}))
	f.Add(unsigned(`{"alg":"none"}`, map[string]any{"iss": "wiki", "sub": "wiki"}, ""))
	f.Add(unsigned(`{"alg":"HS256"}`, map[string]any{"iss": "wiki", "sub": "wiki"}, "AAAA"))
	f.Add(unsigned(`{"alg":"ES256","crit":["b64"],"b64":false}`, map[string]any{"iss": "wiki", "sub": "wiki", "aud": []any{1}}, "AAAA"))
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := issuerOf(text)
		if !ok {
			return
		}
		jws, a, again := parseAssertion(text)
		if !again || id == "" || a.Subject != id || len(jws.Signatures) != 1 || !slices.Contains(assertionAlgs, jose.SignatureAlgorithm(jws.Signatures[0].Header.Algorithm)) || strings.Count(text, ".") != 2 {
			t.Errorf("%q is taken for %q's", text, id)
		}
	})
}

// Settings are taken or refused by the name of a member, and what is taken leads browsers to this machine or over TLS.
func FuzzParseSettings(f *testing.F) {
	f.Add(wikiSettings)
	f.Add(`{"redirect_uris":["com.example.app:/cb"],"application_type":"native","access_token_lifetime":"1h"}`)
	f.Add(`{"jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}}`)
	f.Add(`{"require_pkce":null,"scopes":["openid"]}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSettings([]byte(text))
		if err != nil {
			if wrong, ok := err.(*SettingsError); !ok || wrong.Member == "" {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		for _, uri := range s.RedirectURIs {
			u, err := url.Parse(uri)
			if err != nil || u.User != nil || strings.ContainsAny(uri, "#\\ \t\r\n") || u.Scheme == "http" && !loopback(u.Hostname()) || u.Scheme != "http" && u.Scheme != "https" && !strings.Contains(u.Scheme, ".") {
				t.Errorf("%q is taken", uri)
			}
		}
	})
}
