package portal_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// behind adds an application behind a reverse proxy.
func (h *house) behind(id, name string, groups ...string) nodkey.ApplicationID {
	h.t.Helper()
	added, err := h.services.Applications.Add(h.t.Context(), h.operator, nodkey.NewApplication{ID: id, Name: name, Doors: []nodkey.Door{nodkey.DoorForward}, Groups: groups,
		Settings: []byte(`{"hosts": ["` + id + `.example.com"]}`)})
	must(h.t, err)
	return added.Application.ID
}

// byPassword is a way that a password alone leads to the end of.
func byPassword(in *nodkey.GrantRequest) { in.Door, in.Password = nodkey.DoorForward, 8*time.Hour }

// byPhone is one to the same door that needs the phone.
func byPhone(in *nodkey.GrantRequest) { in.Door = nodkey.DoorForward }

// Name and password lead on, without a phone and without a session here; the page says so, and is the sign-in page as it is otherwise.
func TestAPasswordAloneLeadsOnWhereThatIsEnough(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	wiki := h.behind("wiki", "Aldermere Wiki")
	way, other := h.way(wiki, byPassword), h.way(wiki, byPhone)
	b, plain := h.browser(), h.browser()
	page, usual := b.outside("/continue"+way), plain.outside("/continue"+other)
	page.is(t, http.StatusOK)
	page.tells(t, "Sign in to go on to Aldermere Wiki", "No phone this time", "for what you opened at Aldermere Wiki, your password is enough", `action="/sign-in`+way+`"`)
	usual.tells(t, "A nod of your phone")
	if strings.Contains(page.body, "nod of your phone") || strings.Contains(usual.body, "No phone this time") {
		t.Error("one of the pages says what is so on the other")
	}
	step := regexp.MustCompile(`<h3>(No phone this time|A nod of your phone)</h3><p[^>]*>[^<]*</p>`)
	if got, want := strings.ReplaceAll(step.ReplaceAllString(page.body, ""), way, "?to="), strings.ReplaceAll(step.ReplaceAllString(usual.body, ""), other, "?to="); got != want {
		t.Errorf("the pages differ elsewhere:\n%s\n%s", got, want)
	}

	b.post("/sign-in"+way, "username", "ann", "password", "not it").tells(t, "Name and password do not belong together", "No phone this time", `value="ann"`)
	b.post("/sign-in"+way, "username", "ann", "password", "", "lang", "de").tells(t, "Diesmal ohne Telefon", `action="/sign-in`+way+`"`)
	b.post("/sign-in"+way, "username", "ann", "password", "", "lang", "ja").tells(t, "今回はスマートフォン不要")
	b.post("/language", "lang", "en", "return", "/continue"+way).goes(t, "/continue"+way)
	b.post("/sign-in"+way, "username", "ann", "password", rightPassword).goes(t, "/continue"+way)
	for _, cookie := range []string{"nodkey-portal-session", "nodkey-portal-sign-in"} {
		if b.cookies[cookie] != "" {
			t.Errorf("the browser has a cookie %s", cookie)
		}
	}
	if n := asked(t, phone); n != 0 {
		t.Errorf("the phone is asked %d times", n)
	}
	b.get("/continue"+way).hands(t, way)
	b.post("/sign-in"+way, "username", "ann", "password", rightPassword).goes(t, "/continue"+way) // a form of another tab
	b.arrives(way)
	b.get("/continue" + way).over(t)
	b.get("/security").goes(t, "/sign-in")

	// What was open for the portal in that browser stays open.
	begun := h.browser()
	begun.post("/sign-in", "username", "ann", "password", rightPassword).goes(t, "/sign-in/wait")
	way = h.way(wiki, byPassword)
	begun.get("/continue"+way).is(t, http.StatusOK)
	begun.post("/sign-in"+way, "username", "ann", "password", rightPassword).goes(t, "/continue"+way)
	begun.get("/sign-in/wait").is(t, http.StatusOK)
	if n := asked(t, phone); n != 1 {
		t.Errorf("the phone is asked %d times", n)
	}

	// The person finds it on the security page, and ends it there.
	h.clock.Advance(5 * time.Minute)
	me := h.signedIn("ann", phone)
	page = me.get("/security")
	page.tells(t, "Aldermere Wiki only, with the password alone")
	row := page.first(t, `data-session="([^"]*)"(?:[^\n]*)data-alone`)
	me.post("/browsers/"+row+"/end").goes(t, "/security")
	if page = me.get("/security"); strings.Contains(page.body, row) || strings.Contains(page.body, "data-alone") {
		t.Error("it is still there")
	}
}

// Another browser's way, and one that needs the phone, are not passed.
func TestAPasswordLeadsOnNowhereElse(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	wiki := h.behind("wiki", "Aldermere Wiki")
	mine, thief := h.browser(), h.browser()
	way := h.way(wiki, byPassword)
	mine.get("/continue"+way).is(t, http.StatusOK)
	thief.post("/sign-in"+way, "username", "ann", "password", rightPassword).goes(t, "/continue"+way)
	thief.get("/continue" + way).over(t)
	if _, err := mine.issue(way); !nodkey.HasKey(err, "grant.not_ready") {
		t.Errorf("passed by another browser: %v", err)
	}
	other := h.way(wiki, byPhone)
	mine.get("/continue"+other).is(t, http.StatusOK)
	mine.begins("ann", other)
	if n := asked(t, phone); n != 1 {
		t.Errorf("the phone is asked %d times", n)
	}
	if _, err := mine.issue(other); !nodkey.HasKey(err, "grant.not_ready") {
		t.Errorf("before the nod: %v", err)
	}
}

// Who is in none of the groups hears so, also where nobody is signed in here.
func TestAPasswordOfSomebodyWhomTheApplicationIsNotFor(t *testing.T) {
	h := newHouse(t, nil)
	h.activated("ann")
	way := h.way(h.behind("wiki", "Aldermere Wiki", "staff"), byPassword)
	b := h.browser()
	b.get("/continue"+way).is(t, http.StatusOK)
	b.post("/sign-in"+way, "username", "ann", "password", rightPassword).goes(t, "/continue"+way)
	page := b.get("/continue" + way)
	page.is(t, http.StatusForbidden)
	page.tells(t, `data-away="not_for_you"`, "the account whose password you typed is in none of them", "open Aldermere Wiki again")
	if _, err := b.issue(way); !nodkey.HasKey(err, "grant.not_ready") {
		t.Errorf("the door got %v", err)
	}
	b.post("/continue"+way, "answer", "refuse").goes(t, "/continue"+way)
	b.get("/continue"+way).hands(t, way)
	if got, err := b.issue(way); err != nil || !got.Refused {
		t.Errorf("the door got %+v, %v", got, err)
	}
}

// Whoever has no phone yet comes in as well: with a password, with a session that had it, and from the first visit.
func TestAPasswordAloneLeadsOnWithoutAPhone(t *testing.T) {
	h := newHouse(t, func(p *nodkey.Policy) { p.ActivationFirst = nodkey.FirstByCode })
	added := h.add("bob")
	wiki := h.behind("wiki", "Aldermere Wiki")
	first := h.browser()
	toWiki, toPhone := h.way(wiki, byPassword), h.way(wiki, byPhone)
	first.get("/continue"+toWiki).is(t, http.StatusOK)
	first.get("/continue"+toPhone).is(t, http.StatusOK)
	first.post("/first-visit"+toWiki, "username", "bob", "code", added.FirstCode, "new_password", rightPassword, "repeat", rightPassword).goes(t, "/continue"+toWiki)
	first.arrives(toWiki)
	first.get("/continue"+toPhone).goes(t, "/")
	first.get("/").tells(t, "Activate your phone first")

	way := h.way(wiki, byPassword)
	b := h.browser()
	b.get("/continue"+way).is(t, http.StatusOK)
	b.post("/sign-in"+way, "username", "bob", "password", rightPassword).goes(t, "/continue"+way)
	b.arrives(way)
	way = h.way(wiki, byPassword)
	b.post("/sign-in", "username", "bob", "password", rightPassword).goes(t, "/")
	b.arrives(h.seen(b, way))
}
