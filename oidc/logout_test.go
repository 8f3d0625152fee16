package oidc

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

const (
	afterwards   = "https://wiki.example.com/out?x=1"
	wikiSignsOut = `{"redirect_uris": ["` + callback + `"], "post_logout_redirect_uris": ["` + afterwards + `"]}`
)

// signedIn reports whether the browser's session still stands for anything.
func (h *house) signedIn() bool {
	c, err := h.browser.Caller(h.ctx)
	if err != nil && !nodkey.HasKey(err, "session.none") {
		h.t.Fatal(err)
	}
	return err == nil && c.Session() != nil
}

// wishes is a visit to the logout with these parameters.
func (h *house) wishes(pairs ...string) answer {
	h.t.Helper()
	return h.visit(logoutPath + "?" + changed(url.Values{}, pairs).Encode())
}

func TestAnApplicationThatShowsThisSessionsTokenSignsOut(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", wikiSignsOut)
	h.signIn()
	token := h.tokens(secret, request())["id_token"].(string)
	h.Clock.Advance(20 * time.Minute) // it has ended, and says whose session it is all the same
	got := h.wishes("id_token_hint", token, "post_logout_redirect_uri", afterwards, "state", "a b&c", "client_id", "wiki")
	if to := got.Header().Get("Location"); got.Code != http.StatusSeeOther || to != afterwards+"&state=a+b%26c" {
		t.Errorf("%d to %q: %s", got.Code, to, got.Body)
	}
	if h.signedIn() {
		t.Error("the session goes on")
	}
	cleared := got.Header().Get("Set-Cookie")
	if !strings.HasPrefix(cleared, h.door.visits.Session.Name()+"=;") || !strings.Contains(cleared, "Max-Age=0") {
		t.Errorf("the cookie stays: %q", cleared)
	}
	// Once more is as good as once, with and without an address.
	if to := h.wishes("id_token_hint", token, "post_logout_redirect_uri", afterwards).Header().Get("Location"); to != afterwards {
		t.Errorf("signed out already: %q", to)
	}
	if to := h.wishes().Header().Get("Location"); to != signInPath {
		t.Errorf("signed out already, without an address: %q", to)
	}
}

func TestNoLinkSignsAnybodyOutWithoutAsking(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", wikiSignsOut)
	h.add("shop", wikiSettings)
	h.signIn()
	old := h.tokens(secret, request())["id_token"].(string)
	parts := strings.Split(old, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + "."
	c, err := h.browser.Caller(h.ctx)
	must(t, err)
	must(t, h.Sessions.SignOut(h.ctx, c))
	h.Clock.Advance(time.Minute)
	h.signIn() // another session of the same person
	for what, pairs := range map[string][]string{
		"nothing":                   {},
		"an application":            {"client_id", "wiki"},
		"an application's address":  {"client_id", "wiki", "post_logout_redirect_uri", afterwards, "state", "s"},
		"an earlier session's":      {"id_token_hint", old},
		"one that nobody signed":    {"id_token_hint", none},
		"one that is none":          {"id_token_hint", "x"},
		"a changed one":             {"id_token_hint", parts[0] + "." + parts[1] + "x." + parts[2]},
		"a hint with a person only": {"logout_hint", "mara"},
	} {
		got := h.wishes(pairs...)
		if got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "sign out? ") || !h.signedIn() {
			t.Errorf("%s: %d to %q: %s", what, got.Code, got.Header().Get("Location"), got.Body)
		}
		if strings.Contains(got.Body.String(), "id_token_hint") {
			t.Errorf("%s: the token stands on the page: %s", what, got.Body)
		}
	}
	if got := h.wishes("id_token_hint", old, "post_logout_redirect_uri", afterwards, "state", "s"); got.Body.String() !=
		"sign out? The wiki "+logoutAnswerPath+"?client_id=wiki&post_logout_redirect_uri="+url.QueryEscape(afterwards)+"&state=s" {
		t.Errorf("the page says %s", got.Body)
	}
}

func TestThePersonsYesSignsOut(t *testing.T) {
	h := openHouse(t)
	h.add("wiki", wikiSignsOut)
	asked := logoutAnswerPath + "?" + url.Values{"client_id": {"wiki"}, "post_logout_redirect_uri": {afterwards}, "state": {"s"}}.Encode()
	yes := func(path string, change ...func(*http.Request)) answer {
		return h.send(http.MethodPost, path, "", append(change, func(r *http.Request) {
			r.AddCookie(&http.Cookie{Name: h.door.visits.Session.Name(), Value: string(h.browser.Session)})
		})...)
	}
	h.signIn()
	for what, site := range map[string]string{"another origin": "cross-site", "a neighbour": "same-site"} {
		got := yes(asked, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", site) })
		if got.Code != http.StatusForbidden || !h.signedIn() {
			t.Errorf("a page of %s signs out: %d", what, got.Code)
		}
	}
	for _, uri := range []string{"https://evil.example/", afterwards + "&y", ""} {
		got := yes(logoutAnswerPath + "?" + url.Values{"client_id": {"shop"}, "post_logout_redirect_uri": {uri}}.Encode())
		if got.Code != http.StatusBadRequest || !h.signedIn() {
			t.Errorf("to %q: %d", uri, got.Code)
		}
	}
	got := yes(asked)
	if got.Code != http.StatusOK || got.Body.String() != "onward The wiki "+afterwards+"&state=s" || h.signedIn() {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	h.Clock.Advance(time.Minute)
	h.signIn()
	if got := yes(logoutAnswerPath); got.Code != http.StatusSeeOther || got.Header().Get("Location") != signInPath || h.signedIn() {
		t.Errorf("without an address: %d to %q", got.Code, got.Header().Get("Location"))
	}
	if got := yes(logoutAnswerPath); got.Header().Get("Location") != signInPath {
		t.Errorf("again: %d to %q", got.Code, got.Header().Get("Location"))
	}
}

func TestLogoutLeadsNowhereThatIsNotTheApplications(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", wikiSignsOut)
	h.add("shop", wikiSettings)
	h.signIn()
	token := h.tokens(secret, request())["id_token"].(string)
	for what, pairs := range map[string][]string{
		"an address of nobody's":          {"post_logout_redirect_uri", afterwards},
		"another application's":           {"client_id", "shop", "post_logout_redirect_uri", afterwards},
		"an application that there isn't": {"client_id", "nobody", "post_logout_redirect_uri", afterwards},
		"a redirect URI":                  {"client_id", "wiki", "post_logout_redirect_uri", callback},
		"less of it":                      {"client_id", "wiki", "post_logout_redirect_uri", "https://wiki.example.com/out"},
		"more of it":                      {"client_id", "wiki", "post_logout_redirect_uri", afterwards + "&y=2"},
		"another host":                    {"client_id", "wiki", "post_logout_redirect_uri", "https://wiki.example.com@evil.example/out?x=1"},
		"a backslash":                     {"client_id", "wiki", "post_logout_redirect_uri", `https://evil.example\@wiki.example.com/out?x=1`},
		"with this session's token":       {"id_token_hint", token, "post_logout_redirect_uri", "https://evil.example/"},
		"a token of another's":            {"id_token_hint", token, "client_id", "shop", "post_logout_redirect_uri", afterwards},
		"a state beyond all":              {"client_id", "wiki", "post_logout_redirect_uri", afterwards, "state", strings.Repeat("s", 2049)},
	} {
		got := h.wishes(pairs...)
		if got.Code < 400 || got.Header().Get("Location") != "" || !h.signedIn() {
			t.Errorf("%s: %d to %q", what, got.Code, got.Header().Get("Location"))
		}
		if key := strings.TrimSpace(got.Body.String()); key != "oidc.logout" {
			t.Errorf("%s: the page says %q", what, key)
		}
	}
	if got := h.visit(logoutPath + "?client_id=wiki&client_id=shop"); got.Code != http.StatusBadRequest {
		t.Errorf("a parameter twice: %d", got.Code)
	}
}

func TestAnApplicationsPageMayPostTheWish(t *testing.T) {
	h := openHouse(t)
	secret := h.add("wiki", wikiSignsOut)
	h.signIn()
	token := h.tokens(secret, request())["id_token"].(string)
	form := url.Values{"id_token_hint": {token}, "post_logout_redirect_uri": {afterwards}}
	// Browsers send no cookies with it, and if one did, nothing would come of it.
	got := h.send(http.MethodPost, logoutPath, form.Encode(), func(r *http.Request) {
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.AddCookie(&http.Cookie{Name: h.door.visits.Session.Name(), Value: string(h.browser.Session)})
	})
	to, with := got.leads()
	if to != logoutPath || with.Encode() != form.Encode() || !h.signedIn() {
		t.Fatalf("%s %v", to, with)
	}
	if end := h.visit(logoutPath + "?" + with.Encode()).Header().Get("Location"); end != afterwards || h.signedIn() {
		t.Errorf("it ends at %q", end)
	}
}
