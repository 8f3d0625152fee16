package oidc

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	connect "github.com/zitadel/oidc/v3/pkg/oidc"
)

var challenge = connect.NewSHACodeChallenge(verifier)

func TestACodeIsTradedForTokensThatTellTheTruth(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", wikiSettings)
	h.signIn()
	signedIn := h.Clock.Now()
	h.Clock.Advance(3 * time.Minute)
	back := h.walk(request("scope", "openid profile"))
	if back.Get("state") != "st/at e" {
		t.Errorf("the state is %q", back.Get("state"))
	}
	got := h.post(tokenPath, "wiki", secret, redemption(back.Get("code")))
	if got.Code != http.StatusOK || got.Header().Get("Cache-Control") != "no-store" || got.Header().Get("Pragma") != "no-cache" {
		t.Fatalf("%d %v %s", got.Code, got.Header(), got.Body)
	}
	tokens := got.json()
	if tokens["token_type"] != "Bearer" || tokens["expires_in"] != 600.0 || tokens["scope"] != "openid profile" || tokens["refresh_token"] != nil {
		t.Errorf("%v", tokens)
	}
	claims := h.claims(tokens["id_token"].(string))
	hash, err := connect.ClaimHash(tokens["access_token"].(string), "RS256")
	must(t, err)
	for name, want := range map[string]any{
		"iss": issuer, "sub": string(h.user), "aud": []any{"wiki"}, "azp": "wiki", "nonce": "n-0", "at_hash": hash, "acr": acrPIN,
		"exp": float64(h.Clock.Now().Add(10 * time.Minute).Unix()), "iat": float64(h.Clock.Now().Unix()), "auth_time": float64(signedIn.Unix()),
		"name": "Mara Lindqvist", "preferred_username": "mara",
	} {
		if list, ok := want.([]any); ok {
			if got, ok := claims[name].([]any); !ok || len(got) != 1 || got[0] != list[0] {
				t.Errorf("%s is %v, want %v", name, claims[name], want)
			}
		} else if claims[name] != want {
			t.Errorf("%s is %v, want %v", name, claims[name], want)
		}
	}
	if claims["sid"] == nil || claims["sid"] == "" || claims["email"] != nil || claims["groups"] != nil || claims["locale"] != nil {
		t.Errorf("%v", claims)
	}
	if amr := strings.Join(texts(claims["amr"]), " "); amr != "pwd pin swk mfa" {
		t.Errorf("amr is %s", amr)
	}
}

func TestACodeIsGoodOnceAndItsSecondUseEndsAllThatItGave(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", wikiSettings)
	h.signIn()
	code := h.walk(request("scope", "openid offline_access")).Get("code")
	first := h.post(tokenPath, "wiki", secret, redemption(code)).json()
	h.userinfo(first["access_token"]).ok()
	h.post(tokenPath, "wiki", secret, redemption(code)).is(400, "invalid_grant")
	h.userinfo(first["access_token"]).is(401, "invalid_token")
	h.post(tokenPath, "wiki", secret, changed(url.Values{}, []string{"grant_type", "refresh_token", "refresh_token", first["refresh_token"].(string)})).is(400, "invalid_grant")
}

func TestAWrongTokenRequestBurnsItsCode(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", `{"redirect_uris": ["`+callback+`", "https://wiki.example.com/other"]}`)
	h.signIn()
	for name, pairs := range map[string][]string{
		"no verifier (PKCE is not to be left out)": {"code_verifier", ""},
		"another verifier":                         {"code_verifier", strings.Repeat("b", 43)},
		"the challenge as the verifier":            {"code_verifier", challenge},
		"a short verifier":                         {"code_verifier", "short"},
		"a verifier of other characters":           {"code_verifier", strings.Repeat("é", 43)},
		"another address of the application's":     {"redirect_uri", "https://wiki.example.com/other"},
		"no address":                               {"redirect_uri", ""},
	} {
		code := h.walk(request()).Get("code")
		got := h.post(tokenPath, "wiki", secret, redemption(code, pairs...))
		if got.Code != 400 || got.json()["error"] != "invalid_grant" {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
		if again := h.post(tokenPath, "wiki", secret, redemption(code)); again.Code != 400 {
			t.Errorf("%s: the code is good after it: %s", name, again.Body)
		}
	}
}

func TestAVerifierForACodeWithoutAChallengeIsRefused(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", `{"redirect_uris": ["`+callback+`"], "require_pkce": false}`)
	h.signIn()
	without := request("code_challenge", "", "code_challenge_method", "")
	h.post(tokenPath, "wiki", secret, redemption(h.walk(without).Get("code"))).is(400, "invalid_grant")
	if got := h.post(tokenPath, "wiki", secret, redemption(h.walk(without).Get("code"), "code_verifier", "")); got.Code != 200 {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

func TestACodeInAnotherApplicationsHandsIsBurnt(t *testing.T) {
	h := openHouse(t)
	secret, other := h.add("wiki", wikiSettings), h.add("shop", wikiSettings)
	h.signIn()
	code := h.walk(request()).Get("code")
	h.post(tokenPath, "shop", other, redemption(code)).is(400, "invalid_grant")
	h.post(tokenPath, "wiki", secret, redemption(code)).is(400, "invalid_grant")
}

func TestACodeEndsAfterAMinute(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", wikiSettings)
	h.signIn()
	code := h.walk(request()).Get("code")
	h.Clock.Advance(61 * time.Second)
	h.post(tokenPath, "wiki", secret, redemption(code)).is(400, "invalid_grant")
}

func TestARefreshTokenIsTradedAndUsedTwiceEndsTheGrant(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", wikiSettings)
	h.signIn()
	first := h.tokens(secret, request("scope", "openid profile offline_access"))
	refresh := func(token any, pairs ...string) answer {
		return h.post(tokenPath, "wiki", secret, changed(url.Values{}, append([]string{"grant_type", "refresh_token", "refresh_token", token.(string)}, pairs...)))
	}
	h.Clock.Advance(time.Hour)
	refresh(first["refresh_token"], "scope", "openid email").is(400, "invalid_scope")
	got := refresh(first["refresh_token"], "scope", "openid")
	second := got.json()
	if got.Code != 200 || second["scope"] != "openid" || second["refresh_token"] == first["refresh_token"] {
		t.Fatalf("%d %v", got.Code, second)
	}
	before, after := h.claims(first["id_token"].(string)), h.claims(second["id_token"].(string))
	if after["sub"] != before["sub"] || after["auth_time"] != before["auth_time"] || after["iat"] == before["iat"] || after["nonce"] != nil || after["name"] != nil {
		t.Errorf("%v after %v", after, before)
	}
	h.userinfo(second["access_token"]).ok()
	refresh(first["refresh_token"]).is(400, "invalid_grant") // somebody has it who should not
	h.userinfo(second["access_token"]).is(401, "invalid_token")
	refresh(second["refresh_token"]).is(400, "invalid_grant")
}

func TestTokensEndWithTheSessionUnlessTheyAreForOffline(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", wikiSettings)
	h.signIn()
	bound, offline := h.tokens(secret, request()), h.tokens(secret, request("scope", "openid offline_access"))
	h.userinfo(bound["access_token"]).ok()
	c, err := h.browser.Caller(h.ctx)
	must(t, err)
	must(t, h.Sessions.SignOut(h.ctx, c))
	h.userinfo(bound["access_token"]).is(401, "invalid_token")
	h.userinfo(offline["access_token"]).ok()
}

func TestTheTokenEndpointTakesFormsAndNothingElse(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", wikiSettings)
	h.signIn()
	code := h.walk(request()).Get("code")
	form := redemption(code).Encode()
	basic := func(r *http.Request) { r.SetBasicAuth("wiki", secret) }
	for name, got := range map[string]answer{
		"JSON":              h.send("POST", tokenPath, `{"grant_type":"authorization_code"}`, basic, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }),
		"no content type":   h.send("POST", tokenPath, form, basic, func(r *http.Request) { r.Header.Del("Content-Type") }),
		"a parameter twice": h.send("POST", tokenPath, form+"&code="+code, basic),
		"twice, one empty":  h.send("POST", tokenPath, form+"&code=", basic),
		"in the address":    h.send("POST", tokenPath+"?"+form, "", basic),
		"bad escapes":       h.send("POST", tokenPath, form+"&x=%zz", basic),
		"too many":          h.send("POST", tokenPath, form+manyParameters(), basic),
		"too large":         h.send("POST", tokenPath, form+"&x="+strings.Repeat("x", maxRequest), basic),
		"far too large":     h.send("POST", tokenPath, form+"&x="+strings.Repeat("x", 1<<20), basic),
	} {
		if got.Code < 400 || got.Code > 415 || got.json()["error"] != "invalid_request" {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
	if got := h.send("GET", tokenPath+"?"+form, "", basic); got.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d %s", got.Code, got.Body)
	}
	h.post(tokenPath, "wiki", secret, changed(url.Values{}, []string{"grant_type", "password", "username", "mara"})).is(400, "unsupported_grant_type")
	h.post(tokenPath, "wiki", secret, changed(url.Values{}, []string{"code", code})).is(400, "invalid_request")
	if got := h.post(tokenPath, "wiki", secret, redemption(code)); got.Code != 200 {
		t.Errorf("after all that: %d %s", got.Code, got.Body)
	}
}
