package portal_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
)

// Attacks first: a way is the browser's that came with it first, and nobody can be led elsewhere by an address.
func TestAnothersWayLeadsNowhere(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	wiki := h.application("wiki", "Aldermere Wiki")
	way := h.way(wiki, nil)
	mine := h.browser()
	mine.get("/continue"+way).is(t, http.StatusOK)
	thief := h.signedIn("ann", phone) // the same person in another browser is another browser
	for _, b := range []*browser{h.browser(), thief} {
		b.get("/continue" + way).over(t)
		b.outside("/continue" + way).over(t)
		for _, answer := range []string{"allow", "refuse"} {
			b.copy().post("/continue"+way, "answer", answer).goes(t, "/continue"+way)
		}
		if got, err := b.issue(way); err == nil {
			t.Errorf("another browser got %+v", got)
		}
	}
	b := h.browser()
	b.post("/sign-in"+way, "username", "ann", "password", rightPassword).goes(t, "/continue"+way) // nobody is asked
	if n := asked(t, phone); n != 0 {
		t.Errorf("a phone is asked %d times for what leads nowhere", n)
	}

	mine.begins("ann", way)
	mine.nods(phone, way)
	mine.get("/sign-in/wait"+way).goes(t, "/continue"+way)
	mine.arrives(way)
	mine.get("/continue" + way).over(t) // once
}

// strays are no tokens, whoever writes them into an address.
var strays = []string{"", "x", "//evil.example", "https://evil.example/", "https%3A%2F%2Fevil.example", "/\\evil.example", strings.Repeat("A", 42), strings.Repeat("A", 44), strings.Repeat("A", 42) + "%0a",
	strings.Repeat("A", 42) + "%22", strings.Repeat("A", 43) + "&to=" + strings.Repeat("B", 43), strings.Repeat("A", 43) + "%00", strings.Repeat("%41", 4000)}

func TestAnAddressLeadsNowhereElse(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	pages := []string{"/sign-in", "/sign-in/wait", "/sign-in/device", "/sign-in/code", "/first-visit", "/desk", "/continue", "/", "/security", "/language"}
	for _, stray := range append(strays, strings.Repeat("A", 43)) {
		for _, path := range pages {
			a := h.browser().get(path + "?to=" + stray)
			if to := a.header.Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.Contains(to, "evil") || len(to) > 80) || a.header.Get("Refresh") != "" || a.status >= 500 {
				t.Errorf("%s with %.60q: %d to %q", path, stray, a.status, to)
			}
			if strings.Contains(a.body, "evil") {
				t.Errorf("%s repeats %.60q", path, stray)
			}
		}
		h.browser().get("/continue?to=" + stray).over(t)
		b := h.browser()
		b.cookies[wantedCookie] = "/continue?to=" + strings.Map(func(r rune) rune {
			if r <= ' ' {
				return '%'
			}
			return r
		}, stray)
		if a := b.get("/sign-in"); a.status == http.StatusSeeOther && a.header.Get("Location") != "/continue?to="+strings.Repeat("A", 43) {
			t.Errorf("a cookie with %.60q leads to %q", stray, a.header.Get("Location"))
		}
	}
	// Somebody who was lured to an address of ours with a stranger's token signs in, and is told that it is over.
	b := h.browser()
	lure := "?to=" + strings.Repeat("A", 43)
	b.get("/sign-in"+lure).goes(t, "/continue"+lure)
	b.get("/continue" + lure).over(t)
	b.post("/sign-in"+lure, "username", "ann", "password", rightPassword).goes(t, "/continue"+lure)
	if n := asked(t, phone); n != 0 {
		t.Errorf("a phone is asked %d times", n)
	}
}

func TestOtherSitesAnswerNothing(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.signedIn("ann", phone)
	way := h.way(h.application("wiki", "Aldermere Wiki"), func(in *nodkey.GrantRequest) { in.Ask = true })
	b.outside("/continue"+way).tells(t, `id="consent"`)
	for _, site := range []string{"cross-site", "same-site"} {
		a := b.send("POST", "/continue"+way, strings.NewReader("answer=allow"), func(r *http.Request) {
			r.Header.Set("Content-Type", formType)
			r.Header.Set("Sec-Fetch-Site", site)
		})
		a.is(t, http.StatusForbidden)
	}
	b.get("/continue"+way+"&answer=allow").tells(t, `id="consent"`) // a visit agrees to nothing
	for _, fields := range [][]string{{}, {"answer", ""}, {"answer", "yes"}, {"answer", "allow", "answer", "refuse"}, {"to", "x"}} {
		b.post("/continue"+way, fields...).is(t, http.StatusBadRequest)
	}
	b.get("/continue"+way).tells(t, `id="consent"`)
	if h.audited("consent.given") != 0 {
		t.Error("somebody agreed")
	}
}
