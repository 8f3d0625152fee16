package portal_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// post has the desk write to a person.
func (h *house) post(name, subject, text string) nodkey.Reference {
	h.t.Helper()
	h.clock.Advance(time.Second)
	r, err := h.services.MessageDesk.Post(h.t.Context(), h.operator, name,
		nodkey.Posting{Category: "access", Topic: "phone", Texts: map[string]nodkey.MessageText{"en": {Subject: subject, Text: text}}})
	must(h.t, err)
	return r
}

// newest gives the newest of a person's messages that a filter lets through.
func (h *house) newest(name string, filter nodkey.MessageFilter) nodkey.Reference {
	h.t.Helper()
	var found nodkey.SealedMessage
	must(h.t, h.store.View(h.t.Context(), func(tx nodkey.Tx) error {
		user, err := tx.UserByName(name)
		if err != nil {
			return err
		}
		rows, err := tx.MessagesOf(user.ID, filter, nil, 100)
		for _, row := range rows {
			if row.UpdatedAt.After(found.UpdatedAt) || found.Number == 0 {
				found = row
			}
		}
		return err
	}))
	if found.Number == 0 {
		h.t.Fatalf("%s has no message of %+v", name, filter)
	}
	return nodkey.Reference{Year: found.Year, Number: found.Number}
}

// caller is the caller behind a browser's session.
func (b *browser) caller() nodkey.Caller {
	b.h.t.Helper()
	c, err := b.h.services.Sessions.Caller(b.h.t.Context(), nodkey.Caller{Locale: "en"}, nodkey.Token(b.cookies["nodkey-portal-session"]))
	must(b.h.t, err)
	return c
}

var listed = regexp.MustCompile(`data-reference="([\d-]+)"( data-unread)?`)

// box gives what a list shows, in its order: the references, with a star where unread.
func (a answer) box(t testing.TB) []string {
	t.Helper()
	a.is(t, http.StatusOK)
	var out []string
	for _, m := range listed.FindAllStringSubmatch(a.body, -1) {
		if m[2] != "" {
			m[1] += "*"
		}
		out = append(out, m[1])
	}
	return out
}

func TestTheListShowsUnreadFirstAndIsSearched(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.signedIn("ann", phone)
	notices := len(b.get("/messages").box(t))
	if notices == 0 {
		t.Fatal("activating a phone left no notice")
	}
	old, later := h.post("ann", "About your card", "It is on its way."), h.post("ann", "A wombat & you", "Bring it along.")
	b.get("/messages/"+later.String()).is(t, http.StatusOK)
	page := b.get("/messages")
	got := page.box(t)
	if len(got) != notices+2 || got[0] != old.String()+"*" || strings.HasSuffix(got[len(got)-1], "*") {
		t.Errorf("the list is %v", got)
	}
	for _, part := range []string{"A wombat &amp; you", "A new phone is active", "Write a new message", `href="/messages/settings"`, "My phone</option>"} {
		if strings.Contains(page.body, part) == (part == "My phone</option>") { // topics are no filter
			t.Errorf("the list and %q", part)
		}
	}

	for query, want := range map[string][]string{
		"q=wombat":                  {later.String()},
		"q=WOMBAT+bring":            {later.String()},
		"q=" + later.String():       {later.String()},
		"q=wombat&unread=1":         nil,
		"kind=ticket&unread=1":      {old.String() + "*"},
		"kind=ticket&q=way":         {old.String() + "*"},
		"category=access&q=wombat":  {later.String()},
		"category=other":            nil,
		"status=answered":           {old.String() + "*", later.String()},
		"status=closed":             nil,
		"q=&kind=&status=answered":  {old.String() + "*", later.String()},
		"q=%3Cscript%3E":            nil,
		"q=" + url.QueryEscape("あ"): nil,
	} {
		a := b.get("/messages?" + query)
		if got := a.box(t); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
		if len(want) == 0 && !strings.Contains(a.body, "Nothing was found") || strings.Contains(a.body, "<script>") {
			t.Errorf("%s:\n%s", query, a.body)
		}
	}

	// A notice is searched in its reader's words.
	if got := b.get("/messages?q=new+phone+active").box(t); len(got) != 1 {
		t.Errorf("the words of a notice: %v", got)
	}
	b.post("/language", "lang", "de", "return", "/").goes(t, "/")
	if got := b.get("/messages?q=neues+telefon").box(t); len(got) != 1 {
		t.Errorf("the German words of a notice: %v", got)
	}
	if got := b.get("/messages?q=new+phone+active").box(t); len(got) != 0 {
		t.Errorf("words of another language: %v", got)
	}
}

// follow gives the address behind a link with this id.
func (a answer) link(t testing.TB, id string) string {
	t.Helper()
	return strings.ReplaceAll(a.first(t, `href="([^"]*)" id="`+id+`"`), "&amp;", "&")
}

func TestTheListHasPages(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.signedIn("ann", phone)
	for n := range 45 {
		h.post("ann", fmt.Sprintf("Number %d", n), "x")
	}
	seen := map[string]bool{}
	path, pages := "/messages?kind=ticket", 0
	for ; pages < 5; pages++ {
		page := b.get(path)
		for _, r := range page.box(t) {
			if seen[r] {
				t.Errorf("%s stands twice", r)
			}
			seen[r] = true
		}
		if strings.Contains(page.body, `id="first-page"`) != (pages > 0) {
			t.Errorf("page %d and the way back to the first", pages)
		}
		if !strings.Contains(page.body, `id="next-page"`) {
			break
		}
		if path = page.link(t, "next-page"); !strings.Contains(path, "kind=ticket") {
			t.Fatalf("the next page forgets the filter: %s", path)
		}
	}
	if len(seen) != 45 || pages != 2 {
		t.Errorf("%d messages on %d pages", len(seen), pages+1)
	}
	if got := b.get("/messages?kind=ticket&after=0.0.x"); len(got.box(t)) != 0 || !strings.Contains(got.body, "The list ends here") {
		t.Errorf("past the end:\n%s", got.body)
	}
	found := b.get("/messages?q=number")
	if len(found.box(t)) != 20 || !strings.Contains(found.body, "Search on") || len(b.get(found.link(t, "next-page")).box(t)) != 20 {
		t.Errorf("a search does not go on:\n%s", found.body)
	}
}

func TestAnEmptyBoxSaysWhatWillStandThere(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.signedIn("ann", phone)
	must(t, h.store.Update(t.Context(), func(tx nodkey.Tx) error { return nil }))
	if got := b.get("/messages?kind=announcement"); !strings.Contains(got.body, "Nothing was found") {
		t.Errorf("nothing of that kind:\n%s", got.body)
	}
	if got := b.get("/messages"); !strings.Contains(got.body, "Whole messages are read here only") {
		t.Errorf("the list:\n%s", got.body)
	}
}

// What nobody of ours would send gets a page that says so, changes nothing, and is the same whether or not another has it.
func TestBadInputToTheMessageCentreIsSaidPlainly(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.signedIn("ann", phone)
	other, _ := h.activated("bob")
	theirs := h.post("bob", "A wombat of bob’s", "Nobody else’s business.")
	bob := h.signedIn("bob", other)
	before := h.dump()
	for query, want := range map[string]string{
		"kind=all": "filter", "kind=TICKET": "filter", "status=gone": "filter", "category=none": "filter", "category=%00": "filter", "unread=2": "filter", "unread=true": "filter",
		"kind=ticket&kind=security": "filter", "q=a&q=b": "filter", "after=1&after=2": "filter", "%zz": "filter", "q=%zz": "filter", "a;b=c": "filter",
		"after=x": "cursor", "after=1.2": "cursor", "after=2.1.x": "cursor", "after=1.-1.x": "cursor", "after=1.99999999999999999999.x": "cursor", "after=" + strings.Repeat("1", 5000): "cursor",
		"after=1.1." + strings.Repeat("x", 65): "cursor",
		"q=" + strings.Repeat("a", 101):        "query", "q=" + strings.Repeat("a+", 2000): "query", "q=%ff%fe": "query", "q=" + strings.Repeat("%E3%81%82", 200): "query",
	} {
		got := b.get("/messages?" + query)
		got.is(t, http.StatusBadRequest)
		plainWords(t, query, got)
		says := map[string]string{"filter": "cannot be narrowed", "cursor": "page of the list", "query": "100 characters at most"}[want]
		if !strings.Contains(got.body, says) || !strings.Contains(got.body, `href="/messages"`) {
			t.Errorf("%.60s does not say %q and lead back:\n%s", query, says, got.body)
		}
	}
	strip := func(a answer) string {
		return regexp.MustCompile(`(?s)<main.*</main>`).FindString(a.body)
	}
	unknown := b.get("/messages/2026-999999")
	for _, reference := range []string{theirs.String(), "2026-0000", "2026-1", "x", "0000-0001", "2026-0001x", "%00", "2026-0001%2f..", strings.Repeat("9", 2000), "９-1", "' OR 1=1"} {
		for _, path := range []string{"", "?lang=de", "?lang=%00&lang=x"} {
			got := b.get("/messages/" + url.PathEscape(reference) + path)
			got.is(t, http.StatusNotFound)
			if strip(got) != strip(unknown) {
				t.Errorf("%.40s%s is answered unlike what is not there:\n%s", reference, path, strip(got))
			}
		}
		for _, deed := range []string{"/close", "/reopen"} {
			got := b.post("/messages/" + url.PathEscape(reference) + deed)
			got.is(t, http.StatusNotFound)
			plainWords(t, reference, got)
			if strings.Contains(got.body, "wombat") {
				t.Errorf("%s tells ann about bob", deed)
			}
		}
	}
	for _, id := range []string{"x", "%00", "..%2f..%2fetc%2fpasswd", strings.Repeat("A", 3000)} {
		got := b.get("/messages/files/" + id)
		got.is(t, http.StatusNotFound)
		plainWords(t, id, got)
	}
	if found := b.get("/messages?q=wombat").box(t); len(found) != 0 {
		t.Errorf("ann finds bob’s: %v", found)
	}
	nodkeytest.Unchanged(t, "bad input", before, h.dump())
	if found := bob.get("/messages?q=wombat").box(t); len(found) != 1 || !strings.HasSuffix(found[0], "*") {
		t.Errorf("bob’s message is %v", found)
	}
}

// A session that had the password only, one that has ended, and nobody: none sees anything.
func TestTheMessageCentreNeedsAFullSession(t *testing.T) {
	h := newHouse(t, nil)
	phone, restricted := h.activated("ann")
	r := h.post("ann", "A wombat", "Only for ann.").String()
	ended := h.signedIn("ann", phone)
	kept := ended.copy()
	ended.post("/sign-out").goes(t, "/sign-in")
	before := h.dump()
	for name, b := range map[string]*browser{"nobody": h.browser(), "a restricted session": restricted, "a session that ended": kept} {
		for _, path := range []string{"/messages", "/messages?q=wombat", "/messages?kind=no", "/messages/" + r, "/messages/x", "/messages/files/x"} {
			got := b.copy().get(path)
			if name == "a restricted session" {
				got.is(t, http.StatusForbidden)
			} else {
				got.goes(t, "/sign-in")
			}
			if strings.Contains(got.body, "wombat") {
				t.Errorf("%s: %s tells of it", name, path)
			}
		}
		for _, path := range []string{"/messages/state", "/messages/stream"} {
			if got := b.copy().get(path); got.status != http.StatusUnauthorized && got.status != http.StatusForbidden || !strings.Contains(got.body, `"gone"`) {
				t.Errorf("%s: %s got %d: %s", name, path, got.status, got.body)
			}
		}
		for _, path := range []string{"/messages/" + r + "/close", "/messages/" + r + "/reopen", "/browsers/end-others"} {
			if got := b.copy().post(path); got.status != http.StatusUnauthorized && got.status != http.StatusForbidden {
				t.Errorf("%s: %s got %d", name, path, got.status)
			}
		}
	}
	nodkeytest.Unchanged(t, "whoever may not", before, h.dump())
	if got := restricted.get("/"); strings.Contains(got.body, "/messages") || strings.Contains(got.body, "data-badge") {
		t.Error("a restricted session is shown the way to the message centre")
	}
}
