package oidc

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// push pushes a request of wiki's, and gives the name that it has.
func (h *house) push(secret string, v url.Values) string {
	h.t.Helper()
	got := h.post(parPath, "wiki", secret, v)
	if got.Code != http.StatusCreated || got.json()["expires_in"] != 90.0 || got.Header().Get("Cache-Control") != "no-store" {
		h.t.Fatalf("%d %s", got.Code, got.Body)
	}
	name, _ := got.json()["request_uri"].(string)
	if !strings.HasPrefix(name, "urn:ietf:params:oauth:request_uri:") || len(name) < len("urn:ietf:params:oauth:request_uri:")+43 {
		h.t.Fatalf("the request's name is %q", name)
	}
	return name
}

// pushed is what the browser brings then.
func pushed(name string, pairs ...string) url.Values {
	return changed(url.Values{"client_id": {"wiki"}, "request_uri": {name}}, pairs)
}

func TestARequestIsPushedAndThenBroughtByTheBrowser(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", wikiSettings)
	h.signIn()
	name := h.push(secret, request("client_id", "", "scope", "openid profile"))
	with := h.walk(pushed(name, "scope", "openid email", "state", "another", "redirect_uri", "https://evil.example/cb", "prompt", "none"))
	if with.Get("state") != "st/at e" {
		t.Errorf("what the browser said counted: %v", with)
	}
	got := h.post(tokenPath, "wiki", secret, redemption(with.Get("code")))
	if got.Code != http.StatusOK || got.json()["scope"] != "openid profile" || h.claims(got.json()["id_token"].(string))["nonce"] != "n-0" {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	again := h.visit(authorizePath + "?" + pushed(name).Encode())
	if again.Code != http.StatusBadRequest || strings.TrimSpace(again.Body.String()) != "oidc.request" || again.Header().Get("Location") != "" {
		t.Errorf("a second time: %d %s", again.Code, again.Body)
	}
}

func TestAPushedRequestIsItsApplicationsForAShortTime(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", wikiSettings)
	h.add("shop", wikiSettings)
	h.signIn()
	refused := func(what string, v url.Values) {
		t.Helper()
		got := h.visit(authorizePath + "?" + v.Encode())
		if got.Code != http.StatusBadRequest || got.Header().Get("Location") != "" {
			t.Errorf("%s: %d to %q", what, got.Code, got.Header().Get("Location"))
		}
	}
	name := h.push(secret, request())
	refused("another application's", pushed(name, "client_id", "shop"))
	refused("nobody's", pushed(name, "client_id", ""))
	refused("a guess", pushed(name+"x"))
	refused("none", pushed("urn:ietf:params:oauth:request_uri:"))
	token := strings.TrimPrefix(name, requestURI)
	if step, err := h.Grants.Step(h.ctx, h.browser.Anonymous(), nodkey.Token(token)); err != nil || step.State != nodkey.GrantOver {
		t.Errorf("the portal takes it for a browser's way: %+v, %v", step, err)
	}
	h.Clock.Advance(90*time.Second - time.Millisecond)
	if to, _ := h.visit(authorizePath + "?" + pushed(name).Encode()).leads(); to != continuePath {
		t.Errorf("in time it leads to %s", to)
	}
	late := h.push(secret, request())
	h.Clock.Advance(90 * time.Second)
	refused("too late", pushed(late))
	removed := h.push(secret, request())
	must(t, h.Applications.Remove(h.ctx, h.Desk(), "wiki"))
	h.add("wiki", wikiSettings)
	refused("of an application that was removed", pushed(removed))
}

func TestWhatCannotBePushed(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", wikiSettings)
	h.add("phones", wikiSettings, func(in *nodkey.NewApplication) { in.Doors = []nodkey.Door{nodkey.DoorCIBA} })
	for what, c := range map[string]struct {
		v      url.Values
		status int
		code   string
	}{
		"a request_uri":           {request("request_uri", "urn:ietf:params:oauth:request_uri:x"), 400, "invalid_request"},
		"a signed request":        {request("request", "x.y.z"), 400, "request_not_supported"},
		"another's client_id":     {request("client_id", "phones"), 400, "invalid_request"},
		"no redirect_uri":         {request("redirect_uri", ""), 400, "invalid_request"},
		"another redirect_uri":    {request("redirect_uri", "https://evil.example/cb"), 400, "invalid_request"},
		"no response_type":        {request("response_type", ""), 400, "invalid_request"},
		"another response_type":   {request("response_type", "token"), 400, "unsupported_response_type"},
		"no challenge":            {request("code_challenge", "", "code_challenge_method", ""), 400, "invalid_request"},
		"a plain challenge":       {request("code_challenge_method", "plain"), 400, "invalid_request"},
		"no scope":                {request("scope", ""), 400, "invalid_scope"},
		"a prompt that is none":   {request("prompt", "never"), 400, "invalid_request"},
		"a max_age that is none":  {request("max_age", "-1"), 400, "invalid_request"},
		"claims that are none":    {request("claims", "["), 400, "invalid_request"},
		"a state beyond all":      {request("state", strings.Repeat("s", 2049)), 400, "invalid_request"},
		"more than is kept of it": {request("x", strings.Repeat("x", 9000)), 413, "invalid_request"},
		"more than is read":       {request("x", strings.Repeat("x", 40000)), 413, "invalid_request"},
	} {
		got := h.post(parPath, "wiki", secret, c.v)
		if got.Code != c.status || got.json()["error"] != c.code {
			t.Errorf("%s: %d %s", what, got.Code, got.Body)
		}
	}
	h.post(parPath, "wiki", "wrong", request()).is(http.StatusUnauthorized, "invalid_client")
	h.post(parPath, "wiki", "", request()).is(http.StatusUnauthorized, "invalid_client")
	twice := request()
	twice.Add("state", "other")
	h.post(parPath, "wiki", secret, twice).is(http.StatusBadRequest, "invalid_request")
	if got := h.send(http.MethodGet, parPath+"?"+request().Encode(), ""); got.Code == http.StatusCreated {
		t.Errorf("GET: %d %s", got.Code, got.Body)
	}
}

func TestAnApplicationThatHasToPush(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", `{"redirect_uris": ["`+callback+`"], "require_pushed_authorization_requests": true}`)
	h.signIn()
	if to, with := h.visit(authorizePath + "?" + request().Encode()).leads(); to != callback || with.Get("error") != "invalid_request" {
		t.Errorf("without: %s %v", to, with)
	}
	if with := h.walk(pushed(h.push(secret, request()))); with.Get("code") == "" {
		t.Errorf("with: %v", with)
	}
}

func TestNoProofIsKeptWithAPushedRequest(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", `{"redirect_uris": ["`+callback+`"], "token_endpoint_auth_method": "client_secret_post"}`)
	got := h.post(parPath, "", "", request("client_secret", secret))
	if got.Code != http.StatusCreated {
		t.Fatalf("%d %s", got.Code, got.Body)
	}
	data, err := h.Grants.Pushed(h.ctx, "wiki", nodkey.Token(strings.TrimPrefix(got.json()["request_uri"].(string), requestURI)))
	must(t, err)
	if strings.Contains(string(data), secret) || !strings.Contains(string(data), "n-0") {
		t.Errorf("%s", data)
	}
}

func TestPushingAFloodIsSlowedDown(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", wikiSettings)
	for range 1001 {
		if got := h.post(parPath, "wiki", secret, request()); got.Code != http.StatusCreated {
			got.is(http.StatusTooManyRequests, "temporarily_unavailable")
			if got.Header().Get("Retry-After") == "" {
				t.Error("it is not said when to try again")
			}
			return
		}
	}
	t.Error("1001 at once were taken")
}
