package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
)

const wantedCookie = "nodkey-portal-wanted"

// elsewhere are places that no sign-in may lead to, whoever asks for them.
var elsewhere = []string{
	"//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "https:evil.example", "/messages//evil.example", "/messages/\\evil.example",
	"/messages/https://evil.example", "/messages/../security", "/messages/..", "/messages/.", "/messages/%2e%2e/password", "/messages/%2F%2Fevil.example", "/messages/2026-0001/",
	"/messages/2026-0001/reply", "/messages/2026-0001/close", "/messages/files/abc", "/messages/stream", "/messages/state", "/messages/unsubscribe", "/messages?after=1", "/messages#x",
	"/messages/2026-0001?lang=de", "/messages/2026-1", "/messages/26-0001", "/messages/2026-00001", "/messages/-1-0001", "/messages/2026--001", "/messages/+2026-0001",
	"/messages/2026-0001\r\nSet-Cookie: a=b", "/messages/2026-0001%0d%0aLocation:%20//evil", "/messages/2026-0001\x00", "/messages/２０２６-0001", "/Messages", "messages", "",
	"/security", "/password", "/sign-out", "/phones/x/remove", "/", "//", "/messages/" + strings.Repeat("9", 4096), "/messages/2026-" + strings.Repeat("9", 60), "javascript:alert(1)",
}

// Attacks first: neither an address that somebody was lured to nor a cookie that somebody planted leads anywhere but to a
// page of the message centre.
func TestASignInLeadsNowhereElse(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	for _, path := range elsewhere {
		b := h.browser()
		if u, err := url.ParseRequestURI(path); err == nil && u.Host == "" && strings.HasPrefix(path, "/") {
			b.get(path)
			b.send("HEAD", path, nil, nil)
		}
		if kept, ok := b.cookies[wantedCookie]; ok && kept != "/messages" && kept != "/messages/2026-0001" {
			t.Errorf("%.80q is kept as %q", path, kept)
		}
	}
	for _, path := range elsewhere {
		b, number := h.asked("ann")
		h.approve(phone, number)
		got := b.send("GET", "/sign-in/wait", nil, func(r *http.Request) {
			// As it is: no writer of cookies would send some of these.
			r.Header.Set("Cookie", r.Header.Get("Cookie")+"; "+wantedCookie+"="+strings.Map(func(c rune) rune {
				if c < ' ' {
					return '%'
				}
				return c
			}, path))
		})
		got.goes(t, "/")
	}
}

// A link in a summary leads to a message: without a session by way of the sign-in, through all of its pages.
func TestALinkToAMessageSurvivesTheSignIn(t *testing.T) {
	h := newHouse(t, nil)
	phone, restricted := h.activated("ann")
	notice := h.notice("ann")
	follow := func(path string) *browser {
		b := h.browser()
		b.get(path).goes(t, "/sign-in")
		return b
	}
	begin := func(b *browser) {
		t.Helper()
		b.post("/sign-in", "username", "ann", "password", rightPassword).goes(t, "/sign-in/wait")
	}
	yes := func(b *browser) {
		t.Helper()
		h.approve(phone, b.get("/sign-in/wait").first(t, `data-number="(\d\d)"`))
	}

	for _, path := range []string{notice, "/messages", "/messages/new", "/messages/settings", "/messages/2026-999999"} {
		b := follow(path)
		b.get("/sign-in").is(t, http.StatusOK)
		b.post("/sign-in", "username", "ann", "password", "not the password").is(t, http.StatusForbidden)
		begin(b)
		yes(b)
		b.get("/sign-in/wait").goes(t, path)
		// Once: what comes after begins at home.
		b.post("/sign-out").goes(t, "/sign-in")
		begin(b)
		yes(b)
		b.get("/sign-in/wait").goes(t, "/")
	}

	// A refusal, then another try; a code; the language; help.
	b := follow(notice)
	begin(b)
	open, err := phone.Approvals(t.Context())
	must(t, err)
	_, err = phone.Deny(t.Context(), open[0], "not_me")
	must(t, err)
	b.get("/sign-in/wait").is(t, http.StatusOK)
	b.post("/language", "lang", "de", "return", "/sign-in").goes(t, "/sign-in")
	b.get("/help/notifications").is(t, http.StatusOK)
	begin(b)
	b.post("/sign-in/code/new").goes(t, "/sign-in/code")
	page := b.get("/sign-in/code")
	code, err := phone.RespondTyped(keyOf(phone), page.digits(t), pin)
	must(t, err)
	b.post("/sign-in/code", "code", code).goes(t, "/sign-in/wait")
	b.get("/sign-in/wait").goes(t, notice)
	b.get(notice).is(t, http.StatusOK)

	// A session that had the password only, and the sign-in that follows it.
	got := restricted.get(notice)
	got.is(t, http.StatusForbidden)
	plainWords(t, "a restricted session", got)
	if _, kept := restricted.cookies[wantedCookie]; kept {
		t.Error("a refusal is kept as a wish")
	}

	// A session that ran out while somebody wrote.
	b = h.signedIn("ann", phone)
	b.cookies["nodkey-portal-session"] = strings.Repeat("A", 43)
	b.post(notice+"/close").is(t, http.StatusUnauthorized)
	begin(b)
	yes(b)
	b.get("/sign-in/wait").goes(t, notice)

	// Whoever signs out leaves no wish to the next.
	b = h.signedIn("ann", phone)
	b.cookies[wantedCookie] = notice
	b.post("/sign-out").goes(t, "/sign-in")
	if _, kept := b.cookies[wantedCookie]; kept {
		t.Error("signing out keeps where somebody wanted to go")
	}
}

func TestALinkToAMessageSurvivesTheListOfPhones(t *testing.T) {
	h := newHouse(t, nil)
	first, _ := h.withTwo("ann")
	notice := h.notice("ann")
	b := h.browser()
	b.get(notice).goes(t, "/sign-in")
	b.post("/sign-in", "username", "ann", "password", rightPassword).goes(t, "/sign-in/wait")
	b.get("/sign-in/wait").goes(t, "/sign-in/device")
	b.choose(keyOf(first)).goes(t, "/sign-in/wait")
	h.approve(first, b.get("/sign-in/wait").first(t, `data-number="(\d\d)"`))
	other := b.copy() // a second tab of the same browser
	b.get("/sign-in/wait").goes(t, notice)
	if got := other.get("/sign-in/wait"); got.status != http.StatusSeeOther || strings.Contains(got.header.Get("Location"), "sign-in") {
		t.Errorf("the other tab got %d to %q", got.status, got.header.Get("Location"))
	}
	// Whoever is signed in by then is led there from the sign-in page as well.
	b.cookies[wantedCookie] = notice
	b.get("/sign-in").goes(t, notice)
	b.get("/sign-in").goes(t, "/")
}

// notice gives the path of a message that a person has: that a phone is active.
func (h *house) notice(name string) string {
	h.t.Helper()
	return "/messages/" + h.newest(name, nodkey.MessageFilter{Kind: nodkey.MessageSecurity}).String()
}
