package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

func TestDigitsThatRanOutAreReplacedByOneTap(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.coded("ann")
	first := b.get("/sign-in/code").digits(t)
	late := typedCode(t, phone, first)
	h.clock.Advance(nodkey.ChallengeLife)
	b.post("/sign-in/code", "code", late).goes(t, "/sign-in/wait")
	b.get("/sign-in/code").goes(t, "/sign-in/wait")
	page := b.get("/sign-in/wait")
	if page.first(t, `data-outcome="(\w+)"`) != "code_late" {
		t.Errorf("the page says:\n%s", page.body)
	}
	page.first(t, `(action="/sign-in/code/new")`)
	b.post("/sign-in/code/new").goes(t, "/sign-in/code")
	code := typedCode(t, phone, b.get("/sign-in/code").digits(t))
	b.post("/sign-in/code", "code", code).goes(t, "/sign-in/wait")
	b.get("/sign-in/wait").goes(t, "/")

	b = h.coded("ann")
	h.clock.Advance(nodkey.SignInLife)
	b.post("/sign-in/code/new").goes(t, "/sign-in/wait")
	if page := b.get("/sign-in/wait"); page.first(t, `data-outcome="(\w+)"`) != "code_late" || strings.Contains(page.body, "/sign-in/code/new") || strings.Contains(page.body, "new digits") {
		t.Errorf("a sign-in that is over offers digits:\n%s", page.body)
	}
}

func TestLoadingThePageOfDigitsThatAreUsedUpMakesNoOthers(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.coded("ann")
	wrong := h.wrongCode(b, phone)
	tab := b.copy() // another tab of the same browser, which is on the way while the last code is found wrong
	for range nodkey.ChallengeTries {
		b.post("/sign-in/code", "code", wrong)
	}
	before := h.dump()
	tab.copy().get("/sign-in/code/qr").is(t, http.StatusConflict)
	over := tab.get("/sign-in/code")
	over.is(t, http.StatusConflict)
	if over.first(t, `data-outcome="(\w+)"`) != "code_over" {
		t.Errorf("the page says:\n%s", over.body)
	}
	nodkeytest.Unchanged(t, "loading the page", before, h.dump())
	tab.post("/sign-in/code/new").goes(t, "/sign-in/code")
	tab.get("/sign-in/code").digits(t)
}

func TestTheRequestGoesOnBesideTheCode(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.coded("ann")
	page := b.get("/sign-in/code")
	if next := page.first(t, `data-next="([^"]+)"`); next != "/sign-in/code" {
		t.Fatalf("news lead to %s", next)
	}
	lines, _ := b.stream("/sign-in/stream")
	version := page.first(t, `data-version="([^"]+)"`)
	says(t, lines, strings.ReplaceAll(version, "&#43;", "+"))
	h.approve(phone, b.get("/sign-in/wait").first(t, `data-number="(\d\d)"`))
	says(t, lines, `"state":"approved"`)
	b.get("/sign-in/code").goes(t, "/sign-in/wait")
	b.get("/sign-in/wait").goes(t, "/")

	b = h.coded("ann")
	code := typedCode(t, phone, b.get("/sign-in/code").digits(t))
	open, err := phone.Approvals(t.Context())
	must(t, err)
	_, err = phone.Deny(t.Context(), open[0], "not_me")
	must(t, err)
	b.post("/sign-in/code", "code", code).goes(t, "/sign-in/wait")
	if page := b.get("/sign-in/wait"); page.first(t, `data-outcome="(\w+)"`) != "denied" {
		t.Errorf("the page says:\n%s", page.body)
	}
}

// Other digits, asked for in another tab, reach the page that shows the old ones.
func TestOtherTabsHearOfNewDigits(t *testing.T) {
	h := newHouse(t, nil)
	h.activated("ann")
	b, _ := h.asked("ann")
	lines, _ := b.stream("/sign-in/stream")
	before, _ := next(t, lines)
	b.post("/sign-in/code/new").goes(t, "/sign-in/code")
	if after, open := next(t, lines); !open || after == before || !strings.Contains(after, `"state":"pending"`) {
		t.Errorf("the stream says %s (open: %v) after %s", after, open, before)
	}
}

func TestAnotherLanguageKeepsTheCode(t *testing.T) {
	h := newHouse(t, nil)
	h.activated("ann")
	b := h.coded("ann")
	before := h.dump()
	for lang, words := range map[string]string{"de": "Mit einem Code anmelden", "ja": "コードでログイン"} {
		got := b.postRaw("/sign-in/code", formType, url.Values{"code": {"1234 5"}, "lang": {lang}}.Encode())
		got.is(t, http.StatusOK)
		if !strings.Contains(got.body, words) || !strings.Contains(got.body, `value="1234 5"`) {
			t.Errorf("in %s:\n%s", lang, got.body)
		}
	}
	b.postRaw("/sign-in/code", formType, "code=1&lang=klingon").is(t, http.StatusBadRequest)
	nodkeytest.Unchanged(t, "another language", before, h.dump())
}
