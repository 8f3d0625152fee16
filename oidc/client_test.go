package oidc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/nodkey/nodkey"
)

// signer signs assertions as an application does.
type signer struct {
	t   testing.TB
	key jose.JSONWebKey
}

func newSigner(t testing.TB, kid string) signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return signer{t, jose.JSONWebKey{Key: key, KeyID: kid, Algorithm: "ES256", Use: "sig"}}
}

func (s signer) set() string {
	s.t.Helper()
	raw, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{s.key.Public()}})
	must(s.t, err)
	return string(raw)
}

func (s signer) sign(claims map[string]any) string {
	s.t.Helper()
	made, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: s.key}, nil)
	must(s.t, err)
	raw, err := json.Marshal(claims)
	must(s.t, err)
	jws, err := made.Sign(raw)
	must(s.t, err)
	text, err := jws.CompactSerialize()
	must(s.t, err)
	return text
}

// signWith is sign with the key in the header, for whoever would believe that.
func (s signer) signWith(claims map[string]any) string {
	s.t.Helper()
	made, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: s.key.Key}, &jose.SignerOptions{EmbedJWK: true})
	must(s.t, err)
	raw, err := json.Marshal(claims)
	must(s.t, err)
	jws, err := made.Sign(raw)
	must(s.t, err)
	text, err := jws.CompactSerialize()
	must(s.t, err)
	return text
}

// asserted is a request that wiki proves itself in by an assertion.
func asserted(assertion string, pairs ...string) url.Values {
	return changed(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"none"}, "client_assertion_type": {assertionType}, "client_assertion": {assertion}}, pairs)
}

func TestAnAssertionIsTakenOnceFromItsApplicationForThisServer(t *testing.T) {
	h := openHouse(t)
	s, stranger := newSigner(t, "k1"), newSigner(t, "k1")
	h.add("wiki", `{"redirect_uris": ["`+callback+`"], "token_endpoint_auth_method": "private_key_jwt", "jwks": `+s.set()+`}`, noSecret)
	h.add("shop", wikiSettings)
	now := func() int64 { return h.Clock.Now().Unix() }
	n := 0
	claims := func(pairs ...any) map[string]any {
		n++
		c := map[string]any{"iss": "wiki", "sub": "wiki", "aud": issuer, "jti": string(rune('a'+n%26)) + rand.Text(), "exp": now() + 60, "iat": now()}
		for i := 0; i+1 < len(pairs); i += 2 {
			if c[pairs[i].(string)] = pairs[i+1]; pairs[i+1] == nil {
				delete(c, pairs[i].(string))
			}
		}
		return c
	}
	fresh := func(pairs ...any) string {
		h.Clock.Advance(time.Minute) // so that no limit speaks first
		return s.sign(claims(pairs...))
	}
	right := func(name string, v url.Values) {
		t.Helper()
		if got := h.send("POST", tokenPath, v.Encode()); got.Code != 400 || got.json()["error"] != "invalid_grant" { // it is known, its refresh token is none
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
	wrong := func(name string, v url.Values) {
		t.Helper()
		if got := h.send("POST", tokenPath, v.Encode()); got.Code != 401 || got.json()["error"] != "invalid_client" {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
	once := fresh()
	right("for the issuer", asserted(once))
	wrong("a second time", asserted(once))
	right("for the token endpoint", asserted(fresh("aud", issuer+tokenPath)))
	right("for both", asserted(fresh("aud", []string{issuer, issuer + tokenPath})))
	right("with its name beside", asserted(fresh(), "client_id", "wiki"))
	right("for no time in particular", asserted(fresh("iat", nil)))
	day := now() + 86400
	for name, pairs := range map[string][]any{
		"for somebody else":      {"aud", "https://other.example"},
		"for somebody else, too": {"aud", []string{issuer, "https://other.example"}},
		"for nearly this":        {"aud", issuer + "/"},
		"for this in capitals":   {"aud", strings.ToUpper(issuer)},
		"for nobody":             {"aud", nil},
		"for an empty list":      {"aud", []string{}},
		"for a number":           {"aud", 7},
		"another issuer":         {"iss", "shop"},
		"another subject":        {"sub", "shop"},
		"without subject":        {"sub", nil},
		"without jti":            {"jti", nil},
		"a jti of a book":        {"jti", strings.Repeat("j", maxJTI+1)},
		"without end":            {"exp", nil},
		"an end as text":         {"exp", "soon"},
		"ended":                  {"exp", now() - 60},
		"ended before all time":  {"exp", -1},
		"good for two days":      {"exp", day + 86400},
		"good for ever":          {"exp", 1e300},
		"not yet":                {"nbf", day},
		"from tomorrow":          {"iat", day},
	} {
		wrong(name, asserted(fresh(pairs...)))
	}
	for name, made := range map[string]func() string{
		"signed by a stranger":      func() string { return stranger.sign(claims()) },
		"alg none":                  func() string { return unsigned(`{"alg":"none"}`, claims(), "") },
		"alg none with a signature": func() string { return unsigned(`{"alg":"none"}`, claims(), "AAAA") },
		"HMAC with the public key":  func() string { return unsigned(`{"alg":"HS256","kid":"k1"}`, claims(), "AAAA") },
		"a signature of nothing":    func() string { return unsigned(`{"alg":"ES256","kid":"k1"}`, claims(), strings.Repeat("A", 86)) },
		"a key of its own":          func() string { return stranger.signWith(claims()) },
		"no JWS":                    func() string { return "x" },
		"JWS of five parts":         func() string { return "a.b.c.d.e" },
		"empty parts":               func() string { return ".." },
	} {
		h.Clock.Advance(time.Minute)
		wrong(name, asserted(made()))
	}
	wrong("under another's name", asserted(fresh(), "client_id", "shop"))
	wrong("nobody's", asserted(fresh("iss", "nobody", "sub", "nobody")))
	wrong("without key, by name alone", changed(asserted(""), []string{"client_assertion", "", "client_id", "wiki"}))
	h.send("POST", tokenPath, asserted(fresh(), "client_assertion_type", "urn:x").Encode()).is(400, "invalid_request")
	h.send("POST", tokenPath, asserted(fresh(), "client_secret", "x").Encode()).is(400, "invalid_request")
	both := h.send("POST", tokenPath, asserted(fresh()).Encode(), func(r *http.Request) { r.SetBasicAuth("wiki", "x") })
	both.is(400, "invalid_request")
	wrong("of one who has a secret", asserted(fresh("iss", "shop", "sub", "shop")))
	right("after all that", asserted(fresh()))
}

// unsigned makes a JWS whose header and signature are as they are given.
func unsigned(header string, claims map[string]any, signature string) string {
	raw, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(header)) + "." + enc(raw) + "." + signature
}

func TestKeysOfAnApplicationAreFetchedAndFetchedAgainWhenTheyChange(t *testing.T) {
	h := openHouse(t)
	first, second := newSigner(t, "k1"), newSigner(t, "k2")
	var served atomic.Value
	var fetches atomic.Int32
	served.Store(first.set())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fetches.Add(1)
		_, _ = w.Write([]byte(served.Load().(string)))
	}))
	defer server.Close()
	h.add("wiki", `{"redirect_uris": ["`+callback+`"], "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "`+server.URL+`/keys"}`, noSecret)
	ask := func(s signer) int {
		return h.send("POST", tokenPath, asserted(s.sign(map[string]any{"iss": "wiki", "sub": "wiki", "aud": issuer, "jti": rand.Text(), "exp": h.Clock.Now().Unix() + 60})).Encode()).Code
	}
	for range 3 {
		if got := ask(first); got != 400 {
			t.Errorf("the first key: %d", got)
		}
	}
	served.Store(second.set())
	if got := ask(second); got != 401 || fetches.Load() != 1 {
		t.Errorf("a new key within a minute: %d after %d fetches", got, fetches.Load())
	}
	h.Clock.Advance(keySetAgain)
	if got := ask(second); got != 400 || fetches.Load() != 2 {
		t.Errorf("a new key: %d after %d fetches", got, fetches.Load())
	}
	if got := ask(first); got != 401 {
		t.Errorf("the old key: %d", got)
	}
	for name, body := range map[string]string{"no JSON": "x", "too large": `{"keys":[` + strings.Repeat(" ", keySetMost) + `]}`} {
		served.Store(body)
		h.Clock.Advance(keySetFresh)
		if got := ask(second); got != 400 {
			t.Errorf("%s: %d; the keys of before serve on", name, got)
		}
	}
}

func TestAnApplicationProvesItselfAsItsSettingsSay(t *testing.T) {
	h := openHouse(t)
	basic, post := h.add("wiki", wikiSettings), h.add("shop", `{"redirect_uris": ["`+callback+`"], "token_endpoint_auth_method": "client_secret_post"}`)
	h.add("tool", `{"redirect_uris": ["`+callback+`"], "token_endpoint_auth_method": "none"}`, noSecret)
	form := func(pairs ...string) url.Values {
		return changed(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"none"}}, pairs)
	}
	for name, c := range map[string]struct {
		id, secret string
		form       url.Values
		status     int
	}{
		"basic":                       {"wiki", basic, form(), 400},
		"basic, and named":            {"wiki", basic, form("client_id", "wiki"), 400},
		"basic, another named":        {"wiki", basic, form("client_id", "shop"), 400},
		"basic in the form":           {"", "", form("client_id", "wiki", "client_secret", basic), 401},
		"basic, wrong":                {"wiki", "x", form(), 401},
		"basic, another's":            {"wiki", post, form(), 401},
		"basic, by name alone":        {"", "", form("client_id", "wiki"), 401},
		"post":                        {"", "", form("client_id", "shop", "client_secret", post), 400},
		"post in the header":          {"shop", post, form(), 401},
		"post, by name alone":         {"", "", form("client_id", "shop"), 401},
		"post, wrong":                 {"", "", form("client_id", "shop", "client_secret", "x"), 401},
		"public":                      {"", "", form("client_id", "tool"), 400},
		"public with a secret":        {"", "", form("client_id", "tool", "client_secret", "x"), 401},
		"nobody":                      {"", "", form("client_id", "nobody"), 401},
		"nobody, with a secret":       {"nobody", "x", form(), 401},
		"no name":                     {"", "", form(), 401},
		"a name that cannot be one":   {"", "", form("client_id", "\x00"), 401},
		"both ways":                   {"wiki", basic, form("client_secret", basic), 400},
		"a secret with its own zeros": {"wiki", basic + "\x00", form(), 401},
	} {
		got := h.post(tokenPath, c.id, c.secret, c.form)
		if got.Code != c.status || (got.Code == 401) != (got.Header().Get("WWW-Authenticate") != "") {
			t.Errorf("%s: %d %s, want %d", name, got.Code, got.Body, c.status)
		}
		if got.Code == 401 && got.json()["error"] != "invalid_client" {
			t.Errorf("%s: %s", name, got.Body)
		}
		h.Clock.Advance(time.Minute)
	}
	for name, header := range map[string]string{"bad base64": "Basic !", "no colon": "Basic d2lraQ==", "bearer": "Bearer x", "bad escapes": "Basic " + base64.StdEncoding.EncodeToString([]byte("%zz:x"))} {
		got := h.send("POST", tokenPath, form().Encode(), func(r *http.Request) { r.Header.Set("Authorization", header) })
		if got.Code != 401 {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
	twice := h.send("POST", tokenPath, form().Encode(), func(r *http.Request) {
		r.SetBasicAuth("wiki", basic)
		r.Header.Add("Authorization", "Basic d2lraTp4")
	})
	twice.is(400, "invalid_request")
}

func TestWhoGuessesSecretsIsSlowedDownAndTheApplicationIsNot(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", wikiSettings)
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"none"}}
	slow := false
	for range 30 {
		got := h.post(tokenPath, "wiki", "wrong", form)
		if got.Code == http.StatusTooManyRequests {
			slow = got.Header().Get("Retry-After") != "" && got.json()["error"] == "temporarily_unavailable"
		}
	}
	if !slow {
		t.Error("thirty wrong secrets are not slowed down")
	}
	h.post(tokenPath, "wiki", secret, form).is(400, "invalid_grant")
}

func TestAPublicApplicationMayNotLookAtTokens(t *testing.T) {
	h := openHouse(t)
	h.add("wiki", `{"redirect_uris": ["`+callback+`"], "token_endpoint_auth_method": "none", "require_pkce": false}`, noSecret)
	h.signIn()
	_, with := h.visit(authorizePath + "?" + request("code_challenge", "", "code_challenge_method", "").Encode()).leads()
	if with.Get("error") != "invalid_request" {
		t.Errorf("a public application without PKCE: %v", with)
	}
	code := h.walk(request("scope", "openid offline_access")).Get("code")
	tokens := h.post(tokenPath, "", "", redemption(code, "client_id", "wiki")).json()
	h.userinfo(tokens["access_token"]).ok()
	h.post(introspectPath, "", "", url.Values{"client_id": {"wiki"}, "token": {tokens["access_token"].(string)}}).is(401, "invalid_client")
	if got := h.post(revokePath, "", "", url.Values{"client_id": {"wiki"}, "token": {tokens["refresh_token"].(string)}}); got.Code != 200 {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	h.userinfo(tokens["access_token"]).is(401, "invalid_token")
}

func TestTokensAreLookedAtByTheirOwnersAndThoseWhoseSettingsNameThem(t *testing.T) {
	h := openHouse(t)
	secret, shop := h.add("wiki", wikiSettings), h.add("shop", wikiSettings)
	store := h.add("store", `{"redirect_uris": ["`+callback+`"], "introspects": ["wiki"]}`)
	h.signIn()
	tokens := h.tokens(secret, request("scope", "openid profile offline_access"))
	look := func(id, secret string, token any) map[string]any {
		got := h.post(introspectPath, id, secret, url.Values{"token": {token.(string)}, "token_type_hint": {"access_token"}})
		got.ok()
		return got.json()
	}
	for id, secret := range map[string]string{"wiki": secret, "store": store} {
		got := look(id, secret, tokens["access_token"])
		if got["active"] != true || got["client_id"] != "wiki" || got["sub"] != string(h.user) || got["acr"] != acrPIN || got["username"] != "mara" || got["scope"] != "openid profile offline_access" || got["auth_time"] == nil {
			t.Errorf("%s sees %v", id, got)
		}
	}
	for name, got := range map[string]map[string]any{"another's": look("shop", shop, tokens["access_token"]), "a refresh token": look("wiki", secret, tokens["refresh_token"]), "nobody's": look("wiki", secret, "x")} {
		if len(got) != 1 || got["active"] != false {
			t.Errorf("%s: %v", name, got)
		}
	}
	h.post(introspectPath, "wiki", "wrong", url.Values{"token": {"x"}}).is(401, "invalid_client")
	h.post(revokePath, "shop", shop, url.Values{"token": {tokens["access_token"].(string)}}).ok()
	h.userinfo(tokens["access_token"]).ok() // another application ends nothing
	h.post(revokePath, "wiki", secret, url.Values{"token": {tokens["access_token"].(string)}, "token_type_hint": {"refresh_token"}}).ok()
	h.userinfo(tokens["access_token"]).is(401, "invalid_token")
	h.post(revokePath, "wiki", secret, url.Values{}).is(400, "invalid_request")
}

func TestUserinfo(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", wikiSettings)
	must(t, h.Users.JoinGroup(h.ctx, h.Desk(), "mara", "staff"))
	h.signIn()
	token := h.tokens(secret, request("scope", "openid profile groups unknown"))["access_token"].(string)
	got := h.userinfo(token)
	if body := got.json(); body["sub"] != string(h.user) || body["name"] != "Mara Lindqvist" || strings.Join(texts(body["groups"]), " ") != "staff" || body["email"] != nil || got.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%v %v", body, got.Header())
	}
	h.send("POST", userinfoPath, "access_token="+token).ok()
	for name, got := range map[string]answer{
		"none":             h.send("GET", userinfoPath, ""),
		"in the address":   h.send("GET", userinfoPath+"?access_token="+token, ""),
		"two ways":         h.send("POST", userinfoPath, "access_token="+token, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }),
		"basic":            h.send("GET", userinfoPath, "", func(r *http.Request) { r.SetBasicAuth("wiki", secret) }),
		"wrong":            h.userinfo(token + "x"),
		"empty":            h.userinfo(""),
		"not for a person": h.userinfo(h.tokens(secret, request("scope", "profile"))["access_token"]),
	} {
		if got.Code < 400 || !strings.HasPrefix(got.Header().Get("WWW-Authenticate"), "Bearer ") || strings.Contains(got.Body.String(), "Mara") {
			t.Errorf("%s: %d %v %s", name, got.Code, got.Header(), got.Body)
		}
	}
	must(t, h.Users.LeaveGroup(h.ctx, h.Desk(), "mara", "staff"))
	if groups := h.userinfo(token).json()["groups"]; len(texts(groups)) != 0 || groups == nil {
		t.Errorf("after leaving the group: %v", groups)
	}
}

func TestOneAlgorithmOrTheOther(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", `{"redirect_uris": ["`+callback+`"], "id_token_signed_response_alg": "ES256", "access_token_lifetime": "2m"}`)
	h.signIn()
	tokens := h.tokens(secret, request())
	jws, err := jose.ParseSignedCompact(tokens["id_token"].(string), []jose.SignatureAlgorithm{jose.ES256})
	must(t, err)
	if h.claims(tokens["id_token"].(string))["sub"] != string(h.user) || tokens["expires_in"] != 120.0 {
		t.Errorf("%v", tokens)
	}
	before := jws.Signatures[0].Header.KeyID
	_, err = h.SigningKeys.Rotate(h.ctx, h.Desk(), nodkey.SigningKeyAhead, false)
	must(t, err)
	h.claims(tokens["id_token"].(string))
	h.Clock.Advance(nodkey.SigningKeyAhead)
	h.signIn()
	tokens = h.tokens(secret, request())
	jws, err = jose.ParseSignedCompact(tokens["id_token"].(string), []jose.SignatureAlgorithm{jose.ES256})
	must(t, err)
	if h.claims(tokens["id_token"].(string)); jws.Signatures[0].Header.KeyID == before {
		t.Error("the key of before signs after the rotation")
	}
}
