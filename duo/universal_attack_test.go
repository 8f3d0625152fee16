package duo

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

func TestRequestsThatNoApplicationSignedAskNobody(t *testing.T) {
	h := newPromptHouse(t)
	other := h.product(t, "other", `{"duo_redirect_uris":["`+returnAddress+`"]}`)
	none := h.product(t, "none", `{}`)
	c := h.vpn
	sign := func(header claims, body any, secret string) string { return jws(t, header, body, secret) }
	signed := func() string { return sign(hs512, c.request(nil), c.secret) }
	own, err := journey{RedirectURI: returnAddress, Exp: h.Clock.Now().Add(time.Hour).Unix()}.path(signer{key: c.key, secret: []byte(c.secret)}, "")
	must(t, err)
	ownQuery, err := url.ParseQuery(own[1:])
	must(t, err)
	with := func(name string, value any) string { return sign(hs512, c.request(claims{name: value}), c.secret) }
	for what, request := range map[string]func() string{
		"no signature": func() string { return sign(claims{"alg": "none"}, c.request(nil), c.secret) },
		"none, and one": func() string {
			return sign(claims{"alg": "none"}, c.request(nil), c.secret) + strings.Split(signed(), ".")[2]
		},
		"HS256": func() string { return sign(claims{"alg": "HS256"}, c.request(nil), c.secret) },
		"HS384": func() string { return sign(claims{"alg": "HS384"}, c.request(nil), c.secret) },
		"small letters": func() string {
			return strings.Replace(sign(hs512, c.request(nil), c.secret), strings.Split(signed(), ".")[0], encode(`{"alg":"hs512"}`), 1)
		},
		"no algorithm":     func() string { return encode(`{}`) + signed()[strings.IndexByte(signed(), '.'):] },
		"critical":         func() string { return sign(claims{"alg": "HS512", "crit": []string{"exp"}}, c.request(nil), c.secret) },
		"not encoded":      func() string { return sign(claims{"alg": "HS512", "b64": false}, c.request(nil), c.secret) },
		"another type":     func() string { return sign(claims{"alg": "HS512", "typ": "at+jwt"}, c.request(nil), c.secret) },
		"this door's own":  func() string { return ownQuery.Get("way") },
		"another secret":   func() string { return sign(hs512, c.request(nil), strings.Repeat("x", 40)) },
		"no secret":        func() string { return sign(hs512, c.request(nil), "") },
		"another's secret": func() string { return sign(hs512, c.request(nil), other.secret) },
		"a bent signature": func() string { return signed()[:len(signed())-3] + "AAA" },
		"half a signature": func() string { return signed()[:len(signed())-43] },
		"another body": func() string {
			return strings.Join([]string{strings.Split(signed(), ".")[0], strings.Split(sign(hs512, c.request(claims{"duo_uname": "lena"}), ""), ".")[1], strings.Split(signed(), ".")[2]}, ".")
		},
		"two parts":                 func() string { return signed()[:strings.LastIndexByte(signed(), '.')] },
		"four parts":                func() string { return signed() + ".x" },
		"padded":                    func() string { return signed() + "==" },
		"nothing":                   func() string { return "" },
		"long":                      func() string { return signed() + strings.Repeat("A", jwtMost) },
		"over":                      func() string { return with("exp", h.Clock.Now().Add(-2*time.Minute).Unix()) },
		"for a day":                 func() string { return with("exp", h.Clock.Now().Add(24*time.Hour).Unix()) },
		"no end":                    func() string { return with("exp", nil) },
		"an end in words":           func() string { return with("exp", "tomorrow") },
		"another client":            func() string { return with("client_id", other.key) },
		"another issuer":            func() string { return with("iss", other.key) },
		"another server":            func() string { return with("aud", "https://api-1.duosecurity.com") },
		"no https":                  func() string { return with("aud", strings.Replace(c.base(), "https", "http", 1)) },
		"another address":           func() string { return with("redirect_uri", "https://evil.example/") },
		"a longer address":          func() string { return with("redirect_uri", returnAddress+"&x") },
		"an address with a name":    func() string { return with("redirect_uri", "https://vpn.example.com@evil.example/duo/callback") },
		"an address with a slash":   func() string { return with("redirect_uri", `https://vpn.example.com\@evil.example/`) },
		"an address with a port":    func() string { return with("redirect_uri", strings.Replace(returnAddress, ".com/", ".com:8443/", 1)) },
		"an address with a part":    func() string { return with("redirect_uri", returnAddress+"#x") },
		"an address in capitals":    func() string { return with("redirect_uri", strings.Replace(returnAddress, "vpn.", "VPN.", 1)) },
		"no address":                func() string { return with("redirect_uri", nil) },
		"another kind of answer":    func() string { return with("response_type", "token") },
		"another scope":             func() string { return with("scope", "profile") },
		"no state":                  func() string { return with("state", nil) },
		"a short state":             func() string { return with("state", "123456789012345") },
		"a long state":              func() string { return with("state", strings.Repeat("s", stateMost+1)) },
		"a long nonce":              func() string { return with("nonce", strings.Repeat("n", nonceMost+1)) },
		"nobody":                    func() string { return with("duo_uname", nil) },
		"a name without end":        func() string { return with("duo_uname", strings.Repeat("m", userMost+1)) },
		"a name that is no text":    func() string { return with("duo_uname", 7) },
		"a body that is no object":  func() string { return sign(hs512, []string{"x"}, c.secret) },
		"an assertion as a request": func() string { return c.assertion(t, "/oauth/v1/token", nil) },
	} {
		got := h.visitor().get(t, "/oauth/v1/authorize?"+url.Values{"client_id": {c.key}, "request": {request()}}.Encode())
		if got.key != "duo.request" || got.location != "" {
			t.Errorf("%s: %+v", what, got)
		}
		h.Clock.Advance(time.Minute) // wrong secrets are slowed down
	}
	for what, query := range map[string]func() url.Values{
		"two requests": func() url.Values {
			return url.Values{"client_id": {c.key}, "request": {sign(hs512, c.request(nil), c.secret), sign(hs512, c.request(nil), c.secret)}}
		},
		"another client": func() url.Values {
			return url.Values{"client_id": {other.key}, "request": {sign(hs512, c.request(nil), c.secret)}}
		},
		"no client": func() url.Values { return url.Values{"request": {sign(hs512, c.request(nil), c.secret)}} },
		"an id as the key": func() url.Values {
			return url.Values{"client_id": {"vpn"}, "request": {sign(hs512, c.request(claims{"client_id": "vpn", "iss": "vpn"}), c.secret)}}
		},
		"another address": func() url.Values {
			return url.Values{"client_id": {c.key}, "redirect_uri": {"https://vpn.example.com/other"}, "request": {sign(hs512, c.request(nil), c.secret)}}
		},
		"another kind": func() url.Values {
			return url.Values{"client_id": {c.key}, "response_type": {"token"}, "request": {sign(hs512, c.request(nil), c.secret)}}
		},
		"no address allowed": func() url.Values {
			return url.Values{"client_id": {none.key}, "request": {sign(hs512, none.request(nil), none.secret)}}
		},
	} {
		h.Clock.Advance(time.Minute)
		if got := h.visitor().get(t, "/oauth/v1/authorize?"+query().Encode()); got.key != "duo.request" || got.location != "" {
			t.Errorf("%s: %+v", what, got)
		}
	}
	if open, err := h.mara.key.Open(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("the phone shows %d, %v", len(open), err)
	}
	h.visitor().enters(t, c.authorize(t, nil))
}

func encode(header string) string { return strings.Split(rawJWT(header), ".")[0] }

// Whoever has the secret key can sign a way of their own. It leads nowhere that the operator has not named.
func TestAWayLeadsToNamedAddressesAlone(t *testing.T) {
	h := newPromptHouse(t)
	v := h.visitor()
	query, err := url.ParseQuery(strings.TrimPrefix(v.enters(t, h.vpn.authorize(t, nil)), "/oauth/v1/prompt?"))
	must(t, err)
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(query.Get("way"), ".")[1])
	must(t, err)
	for _, address := range []string{returnAddress, "https://evil.example.com/", "javascript:alert(1)", returnAddress + "/x"} {
		var to claims
		must(t, json.Unmarshal(raw, &to))
		to["redirect_uri"] = address
		query.Set("way", jws(t, map[string]any{"alg": "HS512", "typ": typWay}, to, h.vpn.secret))
		got := v.get(t, "/oauth/v1/prompt?"+query.Encode())
		if address == returnAddress && got.body != "ask" || address != returnAddress && got.key != "duo.over" {
			t.Errorf("%s: %+v", address, got)
		}
	}
}

func TestAnotherBrowserIsShownNothing(t *testing.T) {
	h := newPromptHouse(t)
	v, stranger := h.visitor(), h.visitor()
	authorize := h.vpn.authorize(t, nil)
	at := v.enters(t, authorize)
	mine := h.shown
	if again := v.enters(t, authorize); h.shown.Waiting.ID != mine.Waiting.ID {
		t.Errorf("the same address in the same browser asked again, at %s", again)
	}
	stranger.get(t, h.vpn.authorize(t, claims{"duo_uname": "nobody"})) // has a cookie of its own
	for _, other := range []*visitor{h.visitor(), stranger} {
		for _, path := range []string{at, mine.Shown, mine.Picture} {
			if got := other.get(t, path); got.status != http.StatusNotFound && got.status != http.StatusBadRequest || strings.Contains(got.body, "eyJ") {
				t.Errorf("%s: %+v", path[:20], got)
			}
		}
		for _, do := range []string{"code", "type", "cancel", "again", "back", ""} {
			if got := other.does(t, at, "do", do, "code", "12345678"); got.status != http.StatusNotFound || got.key != "duo.over" {
				t.Errorf("%s: %+v", do, got)
			}
		}
	}
	// The address of the product's in another browser is another request, so no browser waits for another's yes.
	h.Clock.Advance(20 * time.Second)
	stranger.enters(t, authorize)
	if h.shown.Waiting.ID == mine.Waiting.ID {
		t.Error("two browsers wait for one request")
	}
	if v.get(t, at); h.shown.Waiting.ID != mine.Waiting.ID || h.shown.Waiting.State != nodkey.SignInPending {
		t.Errorf("%+v", h.shown.Waiting)
	}
	h.Clock.Advance(nodkey.SignInLife)
	if got := v.get(t, at); got.key != "duo.over" {
		t.Errorf("after its time: %+v", got)
	}
}

func TestAssertionsProveOneCallOfOneProduct(t *testing.T) {
	h := newPromptHouse(t)
	c, other := h.vpn, h.product(t, "other", `{}`)
	const path = "/oauth/v1/health_check"
	check := func(assertion string) called {
		return c.calls(t, path, url.Values{"client_id": {c.key}, "client_assertion": {assertion}})
	}
	good := c.assertion(t, path, nil)
	if got := check(good); got.status != http.StatusOK || got.body["stat"] != "OK" {
		t.Fatalf("%+v", got)
	}
	now := h.Clock.Now()
	for what, assertion := range map[string]string{
		"a second time":        good,
		"the same id":          c.assertion(t, path, claims{"jti": "one"}) + "",
		"another address":      c.assertion(t, "/oauth/v1/token", nil),
		"another host":         c.assertion(t, path, claims{"aud": "https://api-1.duosecurity.com" + path}),
		"several addresses":    c.assertion(t, path, claims{"aud": []string{c.base() + path, "https://evil.example"}}),
		"another issuer":       c.assertion(t, path, claims{"iss": other.key}),
		"another subject":      c.assertion(t, path, claims{"sub": other.key}),
		"no id":                c.assertion(t, path, claims{"jti": nil}),
		"over":                 c.assertion(t, path, claims{"exp": now.Add(-2 * time.Minute).Unix()}),
		"for an hour":          c.assertion(t, path, claims{"exp": now.Add(time.Hour).Unix()}),
		"no end":               c.assertion(t, path, claims{"exp": nil}),
		"another's":            other.assertion(t, path, nil),
		"none":                 jws(t, claims{"alg": "none"}, claims{}, ""),
		"a request in its way": jws(t, hs512, c.request(nil), c.secret),
		"nothing":              "",
	} {
		if what == "the same id" {
			check(assertion)
			assertion = c.assertion(t, path, claims{"jti": "one"})
		}
		if got := check(assertion); got.status != http.StatusBadRequest || got.body["stat"] != "FAIL" || got.body["message"] != "invalid_client" {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

func TestACodeIsGoodOnceForItsProductAndItsMinute(t *testing.T) {
	h := newPromptHouse(t)
	c := h.vpn
	other := h.product(t, "other", `{"duo_redirect_uris":["`+returnAddress+`"]}`)
	approved := func() (code string) {
		t.Helper()
		h.Clock.Advance(time.Minute)
		v := h.visitor()
		at := v.enters(t, c.authorize(t, nil))
		h.mara.answers(t, nodkeytest.Answer{PIN: pin, Number: h.shown.Waiting.Number})
		return v.returns(t, at).Get("duo_code")
	}
	code := approved()
	token, err := readJWT(code, typCode)
	must(t, err)
	for what, change := range map[string]struct {
		code  string
		form  url.Values
		error string
	}{
		"another address of the product's": {code, url.Values{"redirect_uri": {"https://vpn.example.com/other"}}, "invalid_grant"},
		"no address":                       {code, url.Values{"redirect_uri": {""}}, "invalid_grant"},
		"a bent code":                      {code[:len(code)-3] + "AAA", nil, "invalid_grant"},
		"no signature":                     {encode(`{"alg":"none","typ":"`+typCode+`"}`) + token.input[strings.IndexByte(token.input, '.'):] + ".", nil, "invalid_grant"},
		"a request":                        {jws(t, hs512, c.request(nil), c.secret), nil, "invalid_grant"},
		"the request's id":                 {string(h.shown.Waiting.ID), nil, "invalid_grant"},
		"another kind of grant":            {code, url.Values{"grant_type": {"refresh_token"}}, "invalid_request"},
		"another kind of proof":            {code, url.Values{"client_assertion_type": {"password"}}, "invalid_request"},
		"two codes":                        {code, url.Values{"code": {code, code}}, "invalid_request"},
		"no proof":                         {code, url.Values{"client_assertion": {""}}, "invalid_client"},
		"a proof for the other call":       {code, url.Values{"client_assertion": {c.assertion(t, "/oauth/v1/health_check", nil)}}, "invalid_client"},
	} {
		if got := c.redeems(t, change.code, change.form); got.body["error"] != change.error || got.status < 400 {
			t.Errorf("%s: %+v", what, got)
		}
	}
	if got := other.redeems(t, code, nil); got.body["error"] != "invalid_grant" {
		t.Errorf("another product: %+v", got)
	}
	if got := c.redeems(t, code, nil); got.status != http.StatusOK {
		t.Errorf("all that has spoiled it: %+v", got)
	}
	late := approved()
	h.Clock.Advance(codeLife)
	if got := c.redeems(t, late, nil); got.body["error"] != "invalid_grant" {
		t.Errorf("after a minute: %+v", got)
	}
	gone := approved()
	must(t, h.Services.Applications.Remove(t.Context(), h.Operator, "vpn"))
	if got := c.redeems(t, gone, nil); got.body["error"] != "invalid_client" {
		t.Errorf("of a product that is removed: %+v", got)
	}
}

// While the secret key is changed, both are good, also for what began with the one of before.
func TestASecretKeyIsChangedWithoutAGap(t *testing.T) {
	h := newPromptHouse(t)
	v := h.visitor()
	at := v.enters(t, h.vpn.authorize(t, nil))
	added, err := h.Services.Applications.Rotate(t.Context(), h.Operator, "vpn", time.Hour)
	must(t, err)
	h.mara.answers(t, nodkeytest.Answer{PIN: pin, Number: h.shown.Waiting.Number})
	code := v.returns(t, at).Get("duo_code")
	now := *h.vpn
	now.secret = added.Secrets[0].Value
	answer := now.redeems(t, code, nil)
	if answer.status != http.StatusOK {
		t.Fatalf("%+v", answer)
	}
	if token, err := readJWT(answer.body["id_token"].(string), ""); err != nil || !token.signedBy([]byte(now.secret)) {
		t.Errorf("the answer is signed by another key than the call: %v", err)
	}
	h.Clock.Advance(2 * time.Hour)
	if got := h.visitor().get(t, h.vpn.authorize(t, nil)); got.key != "duo.request" {
		t.Errorf("the old key after its time: %+v", got)
	}
}

func TestSettingsOfThePrompt(t *testing.T) {
	for settings, good := range map[string]bool{
		``: true, `{}`: true, `{"duo_redirect_uris":["https://a.example/","http://localhost:8080/cb","http://127.0.0.1/x","http://[::1]:1/"]}`: true,
		`{"duo_redirect_uris":"https://a.example/"}`: false, `{"duo_redirect_uris":["http://a.example/"]}`: false, `{"duo_redirect_uris":["https://a.example/#"]}`: false,
		`{"duo_redirect_uris":["https://me@a.example/"]}`: false, `{"duo_redirect_uris":["/cb"]}`: false, `{"duo_redirect_uris":["javascript:alert(1)"]}`: false,
		`{"duo_redirect_uris":["https:///x"]}`: false,
	} {
		if err := CheckSettings([]byte(settings)); (err == nil) != good {
			t.Errorf("%s: %v", settings, err)
		}
	}
}

func FuzzJWT(f *testing.F) {
	good, err := makeJWT([]byte("a secret"), "JWT", claims{"a": 1})
	if err != nil {
		f.Fatal(err)
	}
	own, err := makeJWT([]byte("a secret"), typWay, journey{})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{good, own, "", "..", "a.b.c", rawJWT(`{"alg":"none"}`), rawJWT(`{"alg":"HS512","crit":[]}`)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, typ := range []string{"", typWay, typCode} {
			token, err := readJWT(text, typ)
			if err != nil {
				continue
			}
			if !strings.HasPrefix(text, token.input+".") || strings.Count(token.input, ".") != 1 || len(token.signature) != 64 || len(text) > jwtMost {
				t.Errorf("%q is %+v", text, token)
			}
			if token.signedBy([]byte("another secret")) {
				t.Errorf("%q is signed by a secret that nobody used", text)
			}
		}
	})
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{"", "a=1&b=2", "a=1&a=2", "%zz", "request=x;y=z", "a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		one, err := oneEach(query)
		if err != nil {
			return
		}
		all, err := url.ParseQuery(query)
		if err != nil || len(all) != len(one) {
			t.Errorf("%q: %v, %v", query, one, err)
		}
	})
}
