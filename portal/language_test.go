package portal_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
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
