package portal_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/web"
)

// FuzzLanguageReturn: whatever the form says, the redirect stays on this portal.
func FuzzLanguageReturn(f *testing.F) {
	for _, back := range append(awayFromHere, "/", "/security") {
		f.Add(back)
	}
	h := newHouse(f, nil)
	f.Fuzz(func(t *testing.T, back string) {
		h.t = t
		staysHere(t, back, languageReturn(t, h.browser(), back))
	})
}

// FuzzForms: no body of a form, under no media type, makes the door fail or open anything.
func FuzzForms(f *testing.F) {
	for _, x := range forms {
		v := url.Values{}
		for i := 0; i < len(x.fields); i += 2 {
			v.Set(x.fields[i], x.fields[i+1])
		}
		f.Add(x.path, formType, v.Encode())
	}
	f.Add("/sign-in", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\nann\r\n--x--")
	f.Add("/sign-in", "application/json", `{"username":"ann"}`)
	f.Add("/language", formType, "lang=en&return=%2F%2Fevil.example&lang=en")
	h := newHouse(f, nil)
	f.Fuzz(func(t *testing.T, path, media, form string) {
		h.t = t
		if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, " ?#%\\") || strings.ContainsFunc(path+media, func(r rune) bool { return r < ' ' || r > '~' }) {
			return // no path or media type that can be sent
		}
		a := h.browser().send("POST", path, strings.NewReader(form), func(r *http.Request) { r.Header.Set("Content-Type", media) })
		if a.status >= 500 {
			t.Errorf("got %d\n%s\n%s", a.status, a.body, h.log.String())
		}
		for _, c := range a.set {
			if c.Name == "nodkey-portal-session" {
				t.Error("a session was opened")
			}
		}
	})
}

// FuzzCode: whatever is typed where a code is expected, the door neither fails nor opens.
func FuzzCode(f *testing.F) {
	for _, seed := range []string{"", "12345678", "1234 5678", "1234-5678", "１２３４５６７８", "1234567", "<script>", "\x00\xff", strings.Repeat("1", 100), "12345678\u200b"} {
		f.Add(seed)
	}
	h := newHouse(f, nil)
	h.activated("ann")
	b := h.coded("ann")
	f.Fuzz(func(t *testing.T, typed string) {
		h.t = t
		a := b.copy().post("/sign-in/code", "code", typed)
		if a.status != http.StatusSeeOther && (a.status < 400 || a.status >= 500) {
			t.Errorf("got %d\n%s\n%s", a.status, a.body, h.log.String())
		}
		plainWords(t, typed, a)
		b.copy().post("/sign-in/code/new") // other digits where these are used up, until codes are off
		if got := b.copy().get("/sign-in/wait"); got.status != http.StatusOK || got.header.Get("Location") != "" {
			t.Errorf("the sign-in went on: %d to %q", got.status, got.header.Get("Location"))
		}
	})
}

// FuzzAgentOf: browser and system are among the known ones, whatever a browser calls itself.
func FuzzAgentOf(f *testing.F) {
	for _, seed := range []string{"", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "curl/8", strings.Repeat("Chrome/", 200), "\xff\xfe Edg/"} {
		f.Add(seed)
	}
	known := map[string]bool{"": true}
	for _, name := range []string{"Edge", "Opera", "Samsung Internet", "Vivaldi", "Firefox", "Chrome", "Safari", "curl", "iPhone", "iPad", "Android", "Windows", "ChromeOS", "macOS", "FreeBSD", "Linux"} {
		known[name] = true
	}
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("User-Agent", header)
		if a := web.AgentOf(r); !known[a.Browser] || !known[a.System] {
			t.Errorf("%q is %+v", header, a)
		}
	})
}

// FuzzWishedLanguage: the wish is a short tag, fit for a signed statement.
func FuzzWishedLanguage(f *testing.F) {
	for _, seed := range []string{"", "de-DE,de;q=0.9", "*", ";q=1", "en-GB-oxendict-x-long", "ja\r\n", "日本語", " fr ; q=0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", header)
		got := web.WishedLanguage(r)
		if got == "" || len(got) > 12 || strings.Trim(got, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
			t.Errorf("%q wishes %q", header, got)
		}
	})
}
