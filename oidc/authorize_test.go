package oidc

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

func TestABrowserIsSentNowhereThatIsNotTheApplications(t *testing.T) {
	h := openHouse(t)
	h.add("wiki", `{"redirect_uris": ["`+callback+`", "https://wiki.example.com/q?a=b", "http://127.0.0.1/web"]}`)
	h.add("tool", `{"redirect_uris": ["http://127.0.0.1/cb", "http://[::1]:80/cb?x=1", "http://localhost/cb", "com.example.tool:/cb"], "application_type": "native", "token_endpoint_auth_method": "none"}`, noSecret)
	for _, uri := range []string{
		"", "https://evil.example/cb", "https://wiki.example.com", "https://wiki.example.com/cb/", "https://wiki.example.com/cb?x=1", "https://wiki.example.com/cb#f",
		"https://wiki.example.com/CB", "https://WIKI.example.com/cb", "HTTPS://wiki.example.com/cb", "https://wiki.example.com./cb", "https://wiki.example.com:443/cb",
		"https://wiki.example.com:8443/cb", "https://wiki.example.com@evil.example/cb", "https://user@wiki.example.com/cb", `https://wiki.example.com\@evil.example/cb`,
		`https://evil.example\.wiki.example.com/cb`, "https://wiki.example.com/cb/../x", "https://wiki.example.com//cb", "https://wiki.example.com/%63b", "//wiki.example.com/cb",
		"http://wiki.example.com/cb", "javascript:alert(1)", "https://wiki.example.com/cb\x00", "https://wiki.example.com/cb ", " https://wiki.example.com/cb", "https://wiki.example.com/cb\t",
		"https://wiki.example.com/cb%0d%0aLocation:%20https://evil.example", "https://wiki.example.com/q", "https://wiki.example.com/q?a=b&c=d", "http://127.0.0.1:8080/web",
	} {
		got := h.visit(authorizePath + "?" + request("redirect_uri", uri).Encode())
		if got.Code != http.StatusBadRequest || got.Header().Get("Location") != "" || strings.TrimSpace(got.Body.String()) != "oidc.redirect_uri" {
			t.Errorf("%q: %d to %q: %s", uri, got.Code, got.Header().Get("Location"), got.Body)
		}
	}
	for _, uri := range []string{
		"http://127.0.0.1:1234@evil.example/cb", "http://127.0.0.1:/cb", "http://127.0.0.1:123456/cb", "http://127.0.0.1.evil.example/cb", "http://127.0.0.1:80x/cb", `http://127.0.0.1\cb`,
		"http://127.0.0.1:8080/cb/", "http://127.0.0.1:8080/other", "http://127.0.0.1:8080/cb#f", "http://127.0.0.2:8080/cb", "http://localhost.evil.example/cb", "http://localhost:1@evil.example/cb",
		"https://127.0.0.1:8080/cb", "http://[::1]:8080/cb", "com.example.tool:/cb/", "com.example.tool://cb", "http://0x7f.1/cb", "http://127.1/cb",
	} {
		got := h.visit(authorizePath + "?" + request("client_id", "tool", "redirect_uri", uri).Encode())
		if got.Code != http.StatusBadRequest || got.Header().Get("Location") != "" {
			t.Errorf("native %q: %d to %q", uri, got.Code, got.Header().Get("Location"))
		}
	}
	for _, uri := range []string{"http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", "http://[::1]:49152/cb?x=1", "http://localhost:3/cb", "com.example.tool:/cb"} {
		if to, _ := h.visit(authorizePath + "?" + request("client_id", "tool", "redirect_uri", uri).Encode()).leads(); to != continuePath {
			t.Errorf("native %q leads to %s", uri, to)
		}
	}
}

func TestWhoIsNotKnownIsToldOnAPageOfOurs(t *testing.T) {
	h := openHouse(t)
	h.add("wiki", wikiSettings)
	h.add("vpn", wikiSettings, func(in *nodkey.NewApplication) { in.Doors = []nodkey.Door{nodkey.DoorCIBA} })
	for name, c := range map[string]struct {
		query string
		key   string
	}{
		"nobody":             {request("client_id", "nobody").Encode(), "oidc.client"},
		"none":               {request("client_id", "").Encode(), "oidc.client"},
		"another door's":     {request("client_id", "vpn").Encode(), "oidc.client"},
		"a parameter twice":  {request().Encode() + "&redirect_uri=https%3A%2F%2Fevil.example", "oidc.request"},
		"client_id twice":    {request().Encode() + "&client_id=vpn", "oidc.request"},
		"bad escapes":        {request().Encode() + "&x=%zz", "oidc.request"},
		"semicolons":         {request().Encode() + ";x=1", "oidc.request"},
		"far too many":       {request().Encode() + manyParameters(), "oidc.request"},
		"far too large":      {request("state", strings.Repeat("x", maxRequest)).Encode(), "oidc.request"},
		"a name with quotes": {request("client_id", `"><script>`).Encode(), "oidc.client"},
	} {
		got := h.visit(authorizePath + "?" + c.query)
		if got.Code < 400 || got.Code >= 500 || got.Header().Get("Location") != "" || strings.TrimSpace(got.Body.String()) != c.key {
			t.Errorf("%s: %d to %q: %s", name, got.Code, got.Header().Get("Location"), got.Body)
		}
	}
}

func TestWhatIsWrongWithARequestIsToldToTheApplication(t *testing.T) {
	h := openHouse(t)
	h.add("wiki", `{"redirect_uris": ["`+callback+`"], "scopes": ["profile"]}`)
	for _, c := range []struct {
		pairs []string
		code  string
	}{
		{[]string{"response_type", ""}, "invalid_request"},
		{[]string{"response_type", "token"}, "unsupported_response_type"},
		{[]string{"response_type", "code id_token"}, "unsupported_response_type"},
		{[]string{"response_mode", "fragment"}, "invalid_request"},
		{[]string{"scope", ""}, "invalid_scope"},
		{[]string{"scope", "email"}, "invalid_scope"},
		{[]string{"scope", "open\"id"}, "invalid_scope"},
		{[]string{"code_challenge", "", "code_challenge_method", ""}, "invalid_request"},
		{[]string{"code_challenge_method", ""}, "invalid_request"},
		{[]string{"code_challenge_method", "plain"}, "invalid_request"},
		{[]string{"code_challenge_method", "s256"}, "invalid_request"},
		{[]string{"code_challenge", "short"}, "invalid_request"},
		{[]string{"code_challenge", strings.Repeat("+", 43)}, "invalid_request"},
		{[]string{"code_challenge", ""}, "invalid_request"},
		{[]string{"request", "eyJ"}, "request_not_supported"},
		{[]string{"request_uri", "https://evil.example/r"}, "request_uri_not_supported"},
		{[]string{"registration", "{}"}, "registration_not_supported"},
		{[]string{"prompt", "none login"}, "invalid_request"},
		{[]string{"prompt", "create"}, "invalid_request"},
		{[]string{"prompt", "none"}, "login_required"},
		{[]string{"max_age", "-1"}, "invalid_request"},
		{[]string{"max_age", "soon"}, "invalid_request"},
		{[]string{"max_age", "99999999999999999999"}, "invalid_request"},
		{[]string{"claims", "[]"}, "invalid_request"},
		{[]string{"claims", `{"id_token":{"acr":{"essential":true,"values":["urn:other"]}}}`}, "unmet_authentication_requirements"},
		{[]string{"nonce", strings.Repeat("n", maxNonce+1)}, "invalid_request"},
		{[]string{"id_token_hint", "eyJ"}, "invalid_request"},
	} {
		to, with := h.visit(authorizePath + "?" + request(c.pairs...).Encode()).leads()
		if to != callback || with.Get("error") != c.code || with.Get("state") != "st/at e" || with.Get("iss") != issuer || with.Has("code") {
			t.Errorf("%v: to %s with %v, want %s", c.pairs, to, with, c.code)
		}
	}
	_, with := h.visit(authorizePath + "?" + request("state", strings.Repeat("s", maxState+1)).Encode()).leads()
	if with.Get("error") != "invalid_request" || with.Has("state") {
		t.Errorf("a long state: %v", with)
	}
}

func TestNothingIsAskedOfAPersonWithPromptNone(t *testing.T) {
	h := openHouse(t)
	h.add("wiki", `{"redirect_uris": ["`+callback+`"], "consent": "ask"}`)
	none := func(pairs ...string) url.Values {
		_, with := h.visit(authorizePath + "?" + request(append(pairs, "prompt", "none")...).Encode()).leads()
		return with
	}
	h.signIn()
	if got := none(); got.Get("error") != "consent_required" {
		t.Errorf("without consent: %v", got)
	}
	h.walk(request())
	if got := none(); got.Get("code") == "" || got.Get("state") != "st/at e" {
		t.Errorf("with all there: %v", got)
	}
	h.Clock.Advance(2 * time.Minute)
	if got := none("max_age", "60"); got.Get("error") != "login_required" {
		t.Errorf("too long ago: %v", got)
	}
	if got := none("max_age", "300"); got.Get("code") == "" {
		t.Errorf("not too long ago: %v", got)
	}
	if got := none("acr_values", acrBiometric); got.Get("error") != "login_required" {
		t.Errorf("otherwise than acr wants: %v", got)
	}
	posted := h.send("POST", authorizePath, request("prompt", "none").Encode(), func(r *http.Request) { r.Header.Set("Origin", "https://wiki.example.com") })
	if to, with := posted.leads(); to != authorizePath || with.Get("prompt") != "none" || with.Get("state") != "st/at e" {
		t.Errorf("posted: %s %v", to, with)
	}
}

func TestSteppingUp(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", wikiSettings)
	h.signIn()
	step := func(pairs ...string) (string, nodkey.GrantStep) {
		_, with := h.visit(authorizePath + "?" + request(pairs...).Encode()).leads()
		c, err := h.browser.Caller(h.ctx)
		must(t, err)
		s, err := h.Grants.Step(h.ctx, c, nodkey.Token(with.Get("to")))
		must(t, err)
		return with.Get("to"), s
	}
	if _, s := step("acr_values", acrCode+" "+acrPIN); s.State != nodkey.GrantReady {
		t.Errorf("a PIN is enough for a code or a PIN: %+v", s)
	}
	if _, s := step("acr_values", "urn:other"); s.State != nodkey.GrantReady {
		t.Errorf("another server's value: %+v", s)
	}
	for _, pairs := range [][]string{{"prompt", "login"}, {"prompt", "select_account"}, {"max_age", "0"}, {"acr_values", acrBiometric}, {"claims", `{"id_token":{"acr":{"value":"` + acrBiometric + `"}}}`}} {
		h.Clock.Advance(time.Second)
		token, s := step(pairs...)
		if s.State != nodkey.GrantSignIn || s.Reason != nodkey.GrantAge {
			t.Errorf("%v: %+v", pairs, s)
		}
		h.Clock.Advance(time.Second)
		h.signIn()
		claims := h.claims(h.post(tokenPath, "wiki", secret, redemption(h.goOn(token).Get("code"))).json()["id_token"].(string))
		if claims["auth_time"] != float64(h.Clock.Now().Unix()) || claims["acr"] != acrPIN {
			t.Errorf("%v: %v", pairs, claims)
		}
	}
	h.Clock.Advance(time.Second)
	token, _ := step("claims", `{"id_token":{"acr":{"essential":true,"values":["`+acrBiometric+`"]}}}`)
	h.Clock.Advance(time.Second)
	h.signIn()
	if got := h.goOn(token); got.Get("error") != "unmet_authentication_requirements" || got.Has("code") {
		t.Errorf("an essential acr that the person did not use: %v", got)
	}
}

func TestAnIDTokenHintNamesWhoMayAnswer(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", wikiSettings)
	h.add("shop", wikiSettings)
	h.signIn()
	hint := h.tokens(secret, request())["id_token"].(string)
	h.Clock.Advance(20 * time.Minute) // it has ended, and still says who is meant
	h.signIn()
	if got := h.walk(request("id_token_hint", hint)); got.Get("code") == "" {
		t.Errorf("%v", got)
	}
	_, with := h.visit(authorizePath + "?" + request("client_id", "shop", "id_token_hint", hint).Encode()).leads()
	if with.Get("error") != "invalid_request" {
		t.Errorf("another application's: %v", with)
	}
	claims := map[string]any{"iss": issuer, "sub": string(h.user), "aud": "wiki"}
	parts := strings.Split(hint, ".")
	logout, err := h.door.sign(h.ctx, nodkey.SigningRS256, "logout+jwt", claims)
	must(t, err)
	for name, forged := range map[string]string{
		"alg none":            unsigned(`{"alg":"none","typ":"JWT"}`, claims, ""),
		"of a stranger's key": newSigner(t, "k1").sign(claims),
		"another signature":   parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])),
		"another payload":     parts[0] + "." + strings.Split(unsigned("{}", claims, ""), ".")[1] + "." + parts[2],
		"for a logout":        logout,
		"a book":              strings.Repeat("x", maxRequest/2),
	} {
		if _, with := h.visit(authorizePath + "?" + request("id_token_hint", forged).Encode()).leads(); with.Get("error") != "invalid_request" {
			t.Errorf("%s: %v", name, with)
		}
	}
	_, err = h.Users.Add(h.ctx, h.Desk(), nodkey.NewUser{Name: "jonas", DisplayName: "Jonas", Password: password})
	must(t, err)
	h.browser = h.NewBrowser("192.0.2.8")
	must(t, h.browser.Begin(h.ctx, "jonas", password))
	_, with = h.visit(authorizePath + "?" + request("id_token_hint", hint, "prompt", "none").Encode()).leads()
	if with.Get("error") != "login_required" {
		t.Errorf("somebody else: %v", with)
	}
}

func TestAnAnswerCanBePosted(t *testing.T) {
	h := openHouse(t)
	h.add("wiki", `{"redirect_uris": ["https://wiki.example.com/cb?a=b&c=d"]}`)
	h.signIn()
	_, with := h.visit(authorizePath + "?" + request("redirect_uri", "https://wiki.example.com/cb?a=b&c=d", "response_mode", "form_post", "state", `"><script>`).Encode()).leads()
	c, err := h.browser.Caller(h.ctx)
	must(t, err)
	_, err = h.Grants.Step(h.ctx, c, nodkey.Token(with.Get("to")))
	must(t, err)
	got := h.visit(returnPath + "?to=" + with.Get("to"))
	body := got.Body.String()
	for _, part := range []string{`action="https://wiki.example.com/cb?a=b&amp;c=d"`, `name="code"`, `name="iss" value="` + issuer + `"`, `name="state" value="&#34;&gt;&lt;script&gt;"`, `src="/oidc/post.js"`} {
		if !strings.Contains(body, part) {
			t.Errorf("the page lacks %s: %s", part, body)
		}
	}
	if policy := got.Header().Get("Content-Security-Policy"); got.Code != 200 || strings.Contains(body, "<script>") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("%d %s %s", got.Code, policy, body)
	}
}

func TestANoIsToldToTheApplication(t *testing.T) {
	h := openHouse(t)
	h.add("wiki", `{"redirect_uris": ["https://wiki.example.com/q?a=b"], "consent": "ask"}`)
	h.signIn()
	_, with := h.visit(authorizePath + "?" + request("redirect_uri", "https://wiki.example.com/q?a=b").Encode()).leads()
	c, err := h.browser.Caller(h.ctx)
	must(t, err)
	_, err = h.Grants.Step(h.ctx, c, nodkey.Token(with.Get("to")))
	must(t, err)
	must(t, h.Grants.Refuse(h.ctx, c, nodkey.Token(with.Get("to"))))
	to, back := h.visit(returnPath + "?to=" + with.Get("to")).leads()
	if to != "https://wiki.example.com/q" || back.Get("a") != "b" || back.Get("error") != "access_denied" || back.Get("state") != "st/at e" {
		t.Errorf("%s %v", to, back)
	}
	if again := h.visit(returnPath + "?to=" + with.Get("to")); again.Code != 400 || strings.TrimSpace(again.Body.String()) != "oidc.over" {
		t.Errorf("again: %d %s", again.Code, again.Body)
	}
}

// An address that the operator takes away, as somebody else may have got hold of it, gets nothing that was on its way there.
func TestAnAddressThatIsTakenAwayGetsNoCode(t *testing.T) {
	h := openHouse(t)
	h.add("wiki", `{"redirect_uris": ["`+callback+`", "https://wiki.example.com/new"]}`)
	h.signIn()
	_, with := h.visit(authorizePath + "?" + request().Encode()).leads()
	c, err := h.browser.Caller(h.ctx)
	must(t, err)
	_, err = h.Grants.Step(h.ctx, c, nodkey.Token(with.Get("to")))
	must(t, err)
	_, err = h.Applications.Edit(h.ctx, h.Desk(), "wiki", nodkey.ApplicationEdit{Settings: []byte(`{"redirect_uris": ["https://wiki.example.com/new"]}`)})
	must(t, err)
	if got := h.visit(returnPath + "?to=" + with.Get("to")); got.Code != 400 || got.Header().Get("Location") != "" || strings.TrimSpace(got.Body.String()) != "oidc.over" {
		t.Errorf("%d to %s: %s", got.Code, got.Header().Get("Location"), got.Body)
	}
}

func TestAnotherBrowserCannotEndARequest(t *testing.T) {
	h := openHouse(t)
	h.add("wiki", wikiSettings)
	h.signIn()
	_, with := h.visit(authorizePath + "?" + request().Encode()).leads()
	c, err := h.browser.Caller(h.ctx)
	must(t, err)
	_, err = h.Grants.Step(h.ctx, c, nodkey.Token(with.Get("to")))
	must(t, err)
	mine := h.browser
	h.browser = h.NewBrowser("203.0.113.5")
	if got := h.visit(returnPath + "?to=" + with.Get("to")); got.Code != 400 || got.Header().Get("Location") != "" {
		t.Errorf("another browser: %d to %s", got.Code, got.Header().Get("Location"))
	}
	h.browser = mine
	if got := h.goOn(with.Get("to")); got.Get("code") == "" {
		t.Errorf("%v", got)
	}
}

func TestAnApplicationMayWantAnswersWithoutTheIssuersName(t *testing.T) {
	h := openHouse(t)
	h.add("wiki", `{"redirect_uris": ["`+callback+`"], "authorization_response_without_iss": true}`)
	for what, with := range map[string]string{"a request that is wrong": "max_age", "nobody signed in": "prompt"} {
		to, got := h.visit(authorizePath + "?" + request(with, map[string]string{"max_age": "x", "prompt": "none"}[with]).Encode()).leads()
		if to != callback || got.Get("error") == "" || got.Has("iss") || got.Get("state") == "" {
			t.Errorf("%s: %s %v", what, to, got)
		}
	}
}

func TestPagesSpeakTheLanguageThatAnApplicationAsksFor(t *testing.T) {
	h := openHouse(t)
	h.add("wiki", wikiSettings)
	name := h.door.visits.Language.Name()
	for locales, want := range map[string]string{"de-CH en": "de", "fr ja": "ja", "fr": "", "": "", "../x": ""} {
		got := ""
		for _, c := range h.visit(authorizePath + "?" + request("ui_locales", locales).Encode()).Result().Cookies() {
			if c.Name == name && c.MaxAge == 0 {
				got = c.Value
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", locales, got, want)
		}
	}
	h.signIn()
	if got := h.visit(authorizePath + "?" + request("ui_locales", "de").Encode()).Result().Cookies(); len(got) != 0 {
		t.Errorf("somebody who is signed in: %v", got)
	}
}
