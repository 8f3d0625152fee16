package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/client"
)

const doorReturn = "/oidc/return"

// application adds one that browsers come to through OpenID Connect.
func (h *house) application(id, name string, groups ...string) nodkey.ApplicationID {
	h.t.Helper()
	added, err := h.services.Applications.Add(h.t.Context(), h.operator, nodkey.NewApplication{ID: id, Name: name, Doors: []nodkey.Door{nodkey.DoorOIDC}, Groups: groups})
	must(h.t, err)
	return added.Application.ID
}

// way opens a way to an application as its door does, and gives what the portal's addresses carry of it.
func (h *house) way(id nodkey.ApplicationID, change func(*nodkey.GrantRequest)) string {
	h.t.Helper()
	in := nodkey.GrantRequest{Application: id, Door: nodkey.DoorOIDC, Return: doorReturn, Scopes: []string{"openid"}, MaxAge: -1}
	if change != nil {
		change(&in)
	}
	token, err := h.services.Grants.Open(h.t.Context(), nodkey.Caller{}, in)
	must(h.t, err)
	return "?to=" + string(token)
}

// issue ends a way as the door's Return does, for the session and the name of this browser.
func (b *browser) issue(way string) (nodkey.Issued, error) {
	b.h.t.Helper()
	c := nodkey.Caller{Browser: nodkey.Token(b.cookies["nodkey-portal-browser"])}
	c, err := b.h.services.Sessions.Caller(b.h.t.Context(), c, nodkey.Token(b.cookies["nodkey-portal-session"]))
	must(b.h.t, err)
	return b.h.services.Grants.Issue(b.h.t.Context(), c, nodkey.Token(strings.TrimPrefix(way, "?to=")))
}

// arrives checks that the browser is handed over to the door, and that the door gives a code.
func (b *browser) arrives(way string) {
	b.h.t.Helper()
	b.get("/continue"+way).hands(b.h.t, way)
	if got, err := b.issue(way); err != nil || got.Refused || got.Code == "" {
		b.h.t.Fatalf("the door got %+v, %v", got, err)
	}
}

// hands checks that a page goes on to the door by itself and by a link: no redirect, as it may answer a form of the portal's.
func (a answer) hands(t testing.TB, way string) {
	t.Helper()
	a.is(t, http.StatusOK)
	if got := a.header.Get("Refresh"); got != "0;url="+doorReturn+way || !strings.Contains(a.body, `href="`+doorReturn+way+`"`) {
		t.Fatalf("the page goes on to %q\n%s", got, a.body)
	}
}

// outside asks for a page as a browser does that another site sent here.
func (b *browser) outside(path string) answer {
	b.h.t.Helper()
	return b.send("GET", path, nil, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
}

func (a answer) tells(t testing.TB, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(a.body, w) {
			t.Errorf("the page does not say %q:\n%s", w, a.body)
		}
	}
}

// over checks that nothing is told but that there is nothing.
func (a answer) over(t testing.TB) {
	t.Helper()
	a.is(t, http.StatusNotFound)
	a.tells(t, `data-away="over"`)
	for _, told := range []string{"Wiki", "Payroll", "Refresh", doorReturn} {
		if strings.Contains(a.body, told) || a.header.Get(told) != "" {
			t.Errorf("a page for what is over tells of %s", told)
		}
	}
}

func (b *browser) begins(name, way string) {
	b.h.t.Helper()
	b.post("/sign-in"+way, "username", name, "password", rightPassword).goes(b.h.t, "/sign-in/wait"+way)
}

func (b *browser) nods(phone *client.Phone, way string) client.Approval {
	b.h.t.Helper()
	return b.h.approve(phone, b.get("/sign-in/wait"+way).first(b.h.t, `data-number="(\d\d)"`))
}

func TestTheWayLeadsThroughTheSignInAndNamesTheApplication(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	wiki := h.application("wiki", "Aldermere Wiki")
	way := h.way(wiki, func(in *nodkey.GrantRequest) { in.Hint = "ann" })
	b := h.browser()
	page := b.outside("/continue" + way)
	page.is(t, http.StatusOK)
	page.tells(t, "Sign in to go on to Aldermere Wiki", `name="username" value="ann"`, `action="/sign-in`+way+`"`, `href="/first-visit`+way+`"`, `href="/desk`+way+`"`)
	b.post("/sign-in"+way, "username", "ann", "password", "not it").tells(t, "Sign in to go on to Aldermere Wiki", `action="/sign-in`+way+`"`)
	b.post("/sign-in"+way, "username", "ann", "password", "", "lang", "de").tells(t, "Anmelden und weiter zu Aldermere Wiki", `action="/sign-in`+way+`"`)
	b.post("/language", "lang", "en", "return", "/continue"+way).goes(t, "/continue"+way)
	b.begins("ann", way)
	b.get("/sign-in/wait"+way).tells(t, "On the way to Aldermere Wiki", `name="return" value="/sign-in/wait`+way+`"`)
	if open := b.nods(phone, way); open.App != "Aldermere Wiki" || open.Kind != "sign_in" {
		t.Errorf("the phone is shown %q, %s", open.App, open.Kind)
	}
	b.get("/sign-in/wait"+way).goes(t, "/continue"+way)
	b.arrives(way)
	b.get("/security").tells(t, "to Aldermere Wiki")

	// Whoever is signed in already goes straight on: by a redirect, as no form was sent.
	again := h.way(wiki, nil)
	b.outside("/continue"+again).goes(t, doorReturn+again)
	b.get("/sign-in"+again).goes(t, "/continue"+again)
	b.arrives(again)
}

// Every page of a sign-in keeps the way: choosing, a code, a cancelled, a refused and a late one.
func TestTheWayIsKeptOnEveryDetour(t *testing.T) {
	h := newHouse(t, nil)
	first, _ := h.withTwo("ann")
	way := h.way(h.application("wiki", "Aldermere Wiki"), nil)
	b := h.browser()
	b.get("/continue"+way).is(t, http.StatusOK)
	chooses := func() {
		t.Helper()
		b.begins("ann", way)
		b.get("/sign-in/wait"+way).goes(t, "/sign-in/device"+way)
		page := b.get("/sign-in/device" + way)
		page.tells(t, "On the way to Aldermere Wiki", `action="/sign-in/device`+way+`"`, `action="/sign-in/cancel`+way+`"`)
		request := page.first(t, `name="request" value="([^"]*)"`)
		b.post("/sign-in/device"+way, "device", keyOf(first), "request", request).goes(t, "/sign-in/wait"+way)
		b.get("/sign-in/wait"+way).tells(t, `data-next="/sign-in/wait`+way+`"`, `href="/sign-in/device`+way+`"`, `action="/sign-in/cancel`+way+`"`, `action="/sign-in/code/new`+way+`"`)
	}
	chooses()
	b.post("/sign-in/cancel"+way).goes(t, "/sign-in/wait"+way)
	b.get("/sign-in/wait"+way).tells(t, `data-outcome="cancelled"`, `href="/sign-in`+way+`"`)

	chooses()
	open, err := first.Approvals(t.Context())
	must(t, err)
	_, err = first.Deny(t.Context(), open[0], "mistake")
	must(t, err)
	b.get("/sign-in/wait"+way).tells(t, `data-outcome="denied"`, `href="/sign-in`+way+`"`)

	chooses()
	h.clock.Advance(nodkey.ApprovalLife)
	b.get("/sign-in/wait"+way).tells(t, `data-outcome="expired"`, `action="/sign-in/again`+way+`"`)
	b.post("/sign-in/again"+way).goes(t, "/sign-in/wait"+way)
	b.post("/sign-in/code/new"+way).goes(t, "/sign-in/code"+way)
	page := b.get("/sign-in/code" + way)
	page.tells(t, "On the way to Aldermere Wiki", `data-next="/sign-in/code`+way+`"`, `href="/sign-in/wait`+way+`"`, `action="/sign-in/cancel`+way+`"`)
	code := typedCode(t, first, page.digits(t))
	b.post("/sign-in/code"+way, "code", notThese(code)).tells(t, `action="/sign-in/code`+way+`"`)
	b.post("/sign-in/code"+way, "code", code).goes(t, "/sign-in/wait"+way)
	b.get("/sign-in/wait"+way).goes(t, "/continue"+way)
	b.arrives(way)
	b.get("/sign-in/wait"+way).goes(t, "/continue"+way) // no sign-in is left, and the way says what became of it
}

// Two tabs of one browser have one sign-in, and each its own application.
func TestTwoTabsGoEachItsOwnWay(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	toWiki, toPay := h.way(h.application("wiki", "Aldermere Wiki"), nil), h.way(h.application("pay", "Payroll"), nil)
	b := h.browser()
	b.get("/continue"+toWiki).tells(t, "go on to Aldermere Wiki")
	b.get("/continue"+toPay).tells(t, "go on to Payroll")
	b.begins("ann", toWiki)
	b.get("/sign-in/wait"+toWiki).tells(t, "On the way to Aldermere Wiki")
	b.begins("ann", toPay) // the other tab: the first one's request is over
	if open := b.nods(phone, toPay); open.App != "Payroll" {
		t.Errorf("the phone is shown %q", open.App)
	}
	b.get("/sign-in/wait"+toWiki).goes(t, "/continue"+toWiki) // it was faster
	b.get("/sign-in/wait"+toPay).goes(t, "/continue"+toPay)
	b.arrives(toPay)
	b.arrives(toWiki)

	// A tab that still shows the form when the other has signed in goes on, without asking again.
	c := h.browser()
	toWiki, toPay = h.way("wiki", nil), h.way("pay", nil)
	c.get("/continue"+toWiki).is(t, http.StatusOK)
	c.get("/continue"+toPay).is(t, http.StatusOK)
	c.begins("ann", toWiki)
	c.nods(phone, toWiki)
	c.get("/sign-in/wait"+toWiki).goes(t, "/continue"+toWiki)
	c.post("/sign-in"+toPay, "username", "ann", "password", rightPassword).goes(t, "/continue"+toPay)
	if n := asked(t, phone); n != 0 {
		t.Errorf("a phone is asked %d times", n)
	}
	c.arrives(toPay)
	c.arrives(toWiki)
}

// Without a phone the way leads through the activation of one.
func TestTheWayLeadsThroughAnActivation(t *testing.T) {
	h := newHouse(t, nil)
	added := h.add("bob")
	h.application("wiki", "Aldermere Wiki")
	for what, enter := range map[string]func(*browser, string) answer{
		"password": func(b *browser, way string) answer {
			return b.post("/sign-in"+way, "username", "bob", "password", rightPassword)
		},
		"first-access code": func(b *browser, way string) answer {
			return b.post("/first-visit"+way, "username", "bob", "code", added.FirstCode, "new_password", rightPassword, "repeat", rightPassword)
		},
	} {
		if what == "first-access code" && added.FirstCode == "" {
			continue
		}
		way := h.way("wiki", nil)
		b := h.browser()
		b.get("/continue"+way).is(t, http.StatusOK)
		enter(b, way).goes(t, "/")
		b.get("/").tells(t, "Activate your phone first", "Aldermere Wiki")
		b.get("/continue"+way).goes(t, "/") // and not in circles
	}

	way := h.way("wiki", nil)
	b := h.browser()
	b.get("/continue"+way).is(t, http.StatusOK)
	b.post("/sign-in"+way, "username", "bob", "password", rightPassword).goes(t, "/")
	phone := h.newPhone()
	offer, err := phone.Lookup(t.Context(), h.phone.String(), b.get("/").code(t))
	must(t, err)
	_, err = phone.Activate(t.Context(), offer, pin, "Pixel")
	must(t, err)
	b.get("/").tells(t, `id="activated"`, "you go on to Aldermere Wiki")
	b.post("/sign-out").goes(t, "/sign-in")
	b.get("/sign-in").goes(t, "/continue"+way)
	b.get("/sign-in").is(t, http.StatusOK) // once: whoever comes again wants the portal
	b.get("/continue"+way).tells(t, "go on to Aldermere Wiki")
	b.begins("bob", way)
	b.nods(phone, way)
	b.get("/sign-in/wait"+way).goes(t, "/continue"+way)
	b.arrives(way)
}

// Who signed in too long ago, or is somebody else, is asked again and told why.
func TestTheWayAsksAgainAndSaysWhy(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	other, _ := h.activated("bob")
	wiki := h.application("wiki", "Aldermere Wiki")
	b := h.signedIn("ann", phone)
	h.clock.Advance(10 * time.Minute)
	way := h.way(wiki, func(in *nodkey.GrantRequest) { in.MaxAge = 5 * time.Minute })
	b.outside("/continue"+way).tells(t, `id="why"`, "asks you to sign in once more")
	if _, err := b.issue(way); !nodkey.HasKey(err, "grant.not_ready") {
		t.Errorf("an old sign-in: %v", err)
	}
	b.begins("ann", way)
	b.nods(phone, way)
	b.get("/sign-in/wait"+way).goes(t, "/continue"+way)
	b.arrives(way)

	way = h.way(wiki, func(in *nodkey.GrantRequest) { in.User = "bob" })
	b.outside("/continue"+way).tells(t, `id="why"`, "You are signed in as Ann", `value="bob"`, " readonly")
	b.begins("bob", way)
	b.nods(other, way)
	b.get("/sign-in/wait"+way).goes(t, "/continue"+way)
	b.arrives(way)
}

func TestSomebodyMayTurnBack(t *testing.T) {
	h := newHouse(t, nil)
	way := h.way(h.application("wiki", "Aldermere Wiki"), nil)
	b := h.browser()
	b.get("/continue"+way).tells(t, "Back to Aldermere Wiki")
	b.post("/continue"+way, "answer", "refuse").goes(t, "/continue"+way)
	b.get("/continue"+way).hands(t, way)
	if got, err := b.issue(way); err != nil || !got.Refused || got.Code != "" {
		t.Errorf("the door got %+v, %v", got, err)
	}
}

func TestAnApplicationIsNotForEverybody(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	wiki := h.application("wiki", "Aldermere Wiki", "staff")
	way := h.way(wiki, nil)
	b := h.signedIn("ann", phone)
	page := b.outside("/continue" + way)
	page.is(t, http.StatusForbidden)
	page.tells(t, `data-away="not_for_you"`, "Aldermere Wiki is not open to you", "You are signed in as Ann.", "0800 123", `href="/applications"`)
	if _, err := b.issue(way); !nodkey.HasKey(err, "grant.not_ready") {
		t.Errorf("the door got %v", err)
	}
	b.post("/continue"+way, "answer", "allow").goes(t, "/continue"+way)
	b.get("/continue"+way).is(t, http.StatusForbidden)
	b.post("/continue"+way, "answer", "refuse").goes(t, "/continue"+way)
	b.get("/continue"+way).hands(t, way)
	if got, err := b.issue(way); err != nil || !got.Refused || got.Reason != nodkey.GrantGroup {
		t.Errorf("the door got %+v, %v", got, err)
	}
	must(t, h.services.Users.SetGroups(t.Context(), h.operator, "ann", []string{"staff"}))
	b.arrives(h.seen(b, h.way(wiki, nil)))
}

// seen is a way that a browser has come with.
func (h *house) seen(b *browser, way string) string {
	h.t.Helper()
	b.get("/continue"+way).is(h.t, http.StatusOK)
	return way
}

func TestARequestThatRanOutSaysSo(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	wiki := h.application("wiki", "Aldermere Wiki")
	way := h.way(wiki, nil)
	b := h.browser()
	b.get("/continue"+way).is(t, http.StatusOK)
	b.begins("ann", way)
	h.clock.Advance(2 * time.Minute)
	b.nods(phone, way)
	h.clock.Advance(8 * time.Minute)
	b.get("/sign-in/wait"+way).goes(t, "/continue"+way) // the person is signed in all the same
	b.get("/continue" + way).over(t)
	b.get("/security").is(t, http.StatusOK)

	way = h.way(wiki, nil)
	b.get("/continue"+way).is(t, http.StatusOK)
	must(t, h.services.Applications.Remove(t.Context(), h.operator, wiki))
	b.get("/continue" + way).over(t)
}
