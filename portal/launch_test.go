package portal_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
)

// launched adds an application that people start from the portal.
func (h *house) launched(id, name, address string, groups ...string) {
	h.t.Helper()
	settings, err := json.Marshal(map[string]string{"launch_url": address})
	must(h.t, err)
	_, err = h.services.Applications.Add(h.t.Context(), h.operator, nodkey.NewApplication{ID: id, Name: name, Doors: []nodkey.Door{nodkey.DoorOIDC}, Groups: groups, Settings: settings})
	must(h.t, err)
}

func TestTheApplicationsOfAPersonStandAtHomeAndOnAPageOfTheirOwn(t *testing.T) {
	h := newHouse(t, nil)
	phone, restricted := h.activated("ann")
	b := h.signedIn("ann", phone)
	b.get("/applications").tells(t, "No application is set up for you yet.", `id="none-allowed"`)
	if strings.Contains(b.get("/").body, `id="home-applications"`) {
		t.Error("there is a heading at home without an application")
	}
	h.launched("wiki", "Aldermere Wiki", "https://wiki.aldermere.example/start?from=portal")
	h.launched("pay", "Payroll", "https://pay.aldermere.example", "payroll")
	h.launched("evil", "Evil", "javascript:alert(1)")
	h.application("quiet", "Quiet")
	for _, path := range []string{"/applications", "/"} {
		page := b.get(path)
		page.is(t, http.StatusOK)
		page.tells(t, `href="https://wiki.aldermere.example/start?from=portal" id="open-wiki"`, `aria-hidden="true">A</span>`, "wiki.aldermere.example</span>")
		for _, none := range []string{"Payroll", "Evil", "Quiet", "javascript:"} {
			if strings.Contains(page.body, none) {
				t.Errorf("%s shows %s", path, none)
			}
		}
	}
	for _, id := range []string{"a", "b", "c", "d"} {
		h.launched(id, strings.ToUpper(id), "https://"+id+".example/")
	}
	b.get("/").tells(t, "1 more application")
	if n := strings.Count(b.get("/").body, `id="open-`); n != 4 {
		t.Errorf("%d applications at home", n)
	}
	if n := strings.Count(b.get("/applications").body, `id="open-`); n != 5 {
		t.Errorf("%d applications on their page", n)
	}

	// A session that had the password only opens nothing, and nobody none at all.
	restricted.get("/applications").is(t, http.StatusForbidden)
	if page := restricted.get("/").body; strings.Contains(page, "wiki.aldermere.example") || strings.Contains(page, `href="/applications"`) {
		t.Error("a restricted session is shown applications")
	}
	h.browser().get("/applications").goes(t, "/sign-in")
}

func TestConsentIsAskedOnceAndCanBeWithdrawn(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	wiki := h.application("wiki", "Aldermere <Wiki>")
	ask := func(in *nodkey.GrantRequest) {
		in.Ask, in.Scopes = true, []string{"openid", "email", nodkey.ScopeOffline, "calendar:write"}
	}
	b := h.signedIn("ann", phone)
	way := h.way(wiki, ask)
	page := b.outside("/continue" + way)
	page.is(t, http.StatusOK)
	page.says(t, "May Aldermere <Wiki> have the following?", "You are signed in as Ann.", "Your e-mail address", "which the application calls “calendar:write”", "All of this also when you are not signed in")
	page.tells(t, `action="/continue`+way+`"`)
	if strings.Contains(page.body, "Your name") || strings.Contains(page.body, "<Wiki>") {
		t.Error("the page says what was not asked for, or a name came through as markup")
	}
	b.post("/language", "lang", "de", "return", "/continue"+way).goes(t, "/continue"+way)
	b.get("/continue"+way).says(t, "Darf Aldermere <Wiki> Folgendes erhalten?")
	b.post("/language", "lang", "en", "return", "/").goes(t, "/")

	// A no is told to the application, and asked again.
	b.post("/continue"+way, "answer", "refuse").goes(t, "/continue"+way)
	b.get("/continue"+way).hands(t, way)
	if got, err := b.issue(way); err != nil || !got.Refused {
		t.Errorf("the door got %+v, %v", got, err)
	}
	way = h.way(wiki, ask)
	b.outside("/continue"+way).tells(t, `id="consent"`)
	b.post("/continue"+way, "answer", "allow").goes(t, "/continue"+way)
	b.post("/continue"+way, "answer", "allow").goes(t, "/continue"+way) // pressed twice
	b.arrives(way)

	// Once: not for the same, and less; for more it is.
	way = h.way(wiki, func(in *nodkey.GrantRequest) { in.Ask = true })
	b.outside("/continue"+way).goes(t, doorReturn+way)
	way = h.way(wiki, func(in *nodkey.GrantRequest) { in.Ask, in.Scopes = true, []string{"openid", "groups"} })
	b.outside("/continue"+way).tells(t, `id="consent"`)

	list := b.get("/applications")
	list.says(t, "Aldermere <Wiki>", "that you signed in", "your e-mail address", "calendar:write", "also when you are not signed in", "allowed on ")
	list.tells(t, `action="/applications/wiki/withdraw"`)
	b.post("/applications/wiki/withdraw").goes(t, "/applications")
	b.get("/applications").tells(t, `id="none-allowed"`, "The application asks you again next time.")
	if h.audited("consent.withdrawn") != 1 {
		t.Error("the log does not say that it was withdrawn")
	}
	way = h.way(wiki, ask)
	b.outside("/continue"+way).tells(t, `id="consent"`)
	b.post("/applications/NOPE/withdraw").is(t, http.StatusBadRequest)
	h.browser().post("/applications/wiki/withdraw").is(t, http.StatusUnauthorized)
}

// What applications asked by themselves stands among the sign-ins with their names, and is no visit to the portal.
func TestWhatApplicationsAskedIsToldApart(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	added, err := h.services.Applications.Add(t.Context(), h.operator, nodkey.NewApplication{ID: "till", Name: "Aldermere Till", Doors: []nodkey.Door{nodkey.DoorAPI}})
	must(t, err)
	till, err := h.services.Applications.Caller(t.Context(), nodkey.Caller{}, "till", nodkey.DoorAPI, added.Secrets[0].Value)
	must(t, err)
	b := h.signedIn("ann", phone)
	if strings.Contains(b.get("/").body, "You were last here") {
		t.Error("this was the first visit")
	}
	for _, kind := range []nodkey.ApprovalKind{nodkey.ApproveConfirm, nodkey.ApproveSignIn} {
		got, err := h.services.Applications.Ask(t.Context(), till, nodkey.Asking{User: "ann", Kind: kind, Text: "Pay 1 EUR", Shown: true})
		must(t, err)
		h.approve(phone, got.Number)
		_, err = h.services.Applications.Collect(t.Context(), till, got.Token)
		must(t, err)
	}
	b.get("/security").tells(t, "Yes to a text of Aldermere Till", "Sign-in at Aldermere Till", "Not told")
	if strings.Contains(b.get("/").body, "You were last here") {
		t.Error("what an application asked counts as a visit")
	}
}
