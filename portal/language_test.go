package portal_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// in asks for a page as a browser that wishes for languages.
func (b *browser) in(wish, path string) answer {
	b.h.t.Helper()
	return b.send("GET", path, nil, func(r *http.Request) { r.Header.Set("Accept-Language", wish) })
}

func TestTheSwitchComesBeforeTheUsersSettingAndThatBeforeTheBrowser(t *testing.T) {
	h := newHouse(t, nil)
	speaks := func(a answer, lang string) {
		t.Helper()
		if got := a.first(t, `<html lang="([a-z]+)"`); got != lang {
			t.Errorf("the page is in %s, want %s", got, lang)
		}
	}
	_, err := h.services.Users.Add(t.Context(), h.operator, nodkey.NewUser{Name: "jonas", DisplayName: "Jonas", Password: rightPassword, Locale: "de"})
	must(t, err)
	b := h.browser()
	speaks(b.get("/sign-in"), "en")
	speaks(b.in("fr-FR, ja;q=0.5", "/sign-in"), "ja")
	speaks(b.in("xx", "/nowhere"), "en")
	b.post("/sign-in", "username", "jonas", "password", rightPassword).goes(t, "/")
	speaks(b.in("ja", "/"), "de")
	b.post("/language", "lang", "en", "return", "/").goes(t, "/")
	speaks(b.in("ja", "/"), "en")
	speaks(b.in("ja", "/nowhere"), "en")
}

func TestARequestIsInTheUsersLanguageAndTheHistoryInTheReaders(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("jonas")
	b := h.browser()
	b.post("/language", "lang", "ja", "return", "/").goes(t, "/")
	b.post("/sign-in", "username", "jonas", "password", rightPassword).goes(t, "/sign-in/wait")
	open := h.approve(phone, b.get("/sign-in/wait").first(t, `data-number="(\d\d)"`))
	if open.Locale != "ja" || open.App != "Aldermere クライアント・ポータル" || open.With != "Firefox（Windows）" {
		t.Errorf("the request is in %q: %q, %q", open.Locale, open.App, open.With)
	}
	b.get("/sign-in/wait").goes(t, "/")
	for lang, words := range map[string]string{"ja": "Firefox（Windows）", "de": "Firefox auf Windows", "en": "Firefox on Windows"} {
		b.post("/language", "lang", lang, "return", "/").goes(t, "/")
		if page := b.get("/security").body; strings.Count(page, words) < 2 {
			t.Errorf("%s: browsers and sign-ins do not say %q", lang, words)
		}
	}
}

func TestTheSwitchShowsAFormAgainWithWhatWasTypedAndDoesNothing(t *testing.T) {
	h, b, fill := stage(t)
	h.add("bob")
	for _, c := range []struct {
		b      *browser
		path   string
		fields []string
		kept   []string
	}{
		{h.browser(), "/sign-in", []string{"username", "ann", "password", rightPassword}, []string{"ann"}},
		{h.browser(), "/first-visit", []string{"username", "bob", "code", "ABCD-EFGH-JKMN", "new_password", "brown paper parcels", "repeat", "brown paper"}, []string{"bob", "ABCD-EFGH-JKMN"}},
		{b, fill("/phones/{key}/rename"), []string{"name", "Pixel in the kitchen"}, []string{"Pixel in the kitchen"}},
	} {
		before := h.dump()
		a := c.b.copy().post(c.path, append(c.fields, "lang", "ja")...)
		a.is(t, http.StatusOK)
		if got := a.first(t, `<html lang="([a-z]+)"`); got != "ja" {
			t.Errorf("%s is in %s", c.path, got)
		}
		for _, kept := range c.kept {
			if !strings.Contains(a.body, `value="`+kept+`"`) {
				t.Errorf("%s lost %q", c.path, kept)
			}
		}
		for _, secret := range []string{rightPassword, "brown paper"} {
			if strings.Contains(a.body, secret) {
				t.Errorf("%s shows the password %q", c.path, secret)
			}
		}
		if len(a.set) != 1 || a.set[0].Value != "ja" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s sets %v, may be kept: %q", c.path, a.set, a.header.Get("Cache-Control"))
		}
		for _, lang := range []string{"", "xx", "../ja"} {
			if a := c.b.copy().post(c.path, append(c.fields, "lang", lang)...); a.status != http.StatusBadRequest || len(a.set) > 0 {
				t.Errorf("%s in the language %q got %d", c.path, lang, a.status)
			}
		}
		if a := c.b.copy().post(c.path, append(c.fields, "lang", "ja", "lang", "de")...); a.status != http.StatusBadRequest {
			t.Errorf("%s in two languages got %d", c.path, a.status)
		}
		nodkeytest.Unchanged(t, c.path, before, h.dump())
	}
	h.browser().post(fill("/phones/{key}/rename"), "name", "x", "lang", "ja").is(t, http.StatusUnauthorized)
}

func TestEveryPageBeforeTheSignInHasTheSwitch(t *testing.T) {
	h := newHouse(t, nil)
	h.activated("ann")
	waiting, _ := h.asked("ann")
	pages := map[string]answer{
		"/sign-in": h.browser().get("/sign-in"), "/first-visit": h.browser().get("/first-visit"), "/desk": h.browser().get("/desk"),
		"/help/screen-lock": h.browser().get("/help/screen-lock"), "nowhere": h.browser().get("/nowhere"),
		"wrong password": h.browser().post("/sign-in", "username", "ann", "password", "not it"),
		"no form":        h.browser().post("/sign-in"), "waiting": waiting.get("/sign-in/wait"),
		"refused before any handler": h.browser().send("POST", "/sign-in", nil, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }),
	}
	waiting.post("/sign-in/cancel").goes(t, "/sign-in/wait")
	pages["outcome"] = waiting.get("/sign-in/wait")
	for what, a := range pages {
		for _, lang := range []string{"en", "de", "ja"} {
			if !strings.Contains(a.body, `name="lang" value="`+lang+`"`) {
				t.Errorf("%s: no way to %s on the page (%d)", what, lang, a.status)
			}
		}
	}
}
