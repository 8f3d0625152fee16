package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/nodkeytest"
)

// withTwo is a user with two active phones, the first used a moment ago, the second never.
func (h *house) withTwo(name string) (first, second *client.Phone) {
	h.t.Helper()
	first, _ = h.activated(name)
	full := h.signedIn(name, first)
	second = h.newPhone()
	offer, err := second.Lookup(h.t.Context(), h.phone.String(), full.get("/security/add").code(h.t))
	must(h.t, err)
	_, err = second.Activate(h.t.Context(), offer, pin, "Spare of "+name)
	must(h.t, err)
	h.approve(first, full.get("/security/add").first(h.t, `data-number="(\d\d)"`))
	h.clock.Advance(time.Hour)
	return first, second
}

func keyOf(phone *client.Phone) string { return phone.State().Keys[0].ID }

// lists begins a sign-in, which leads to the list.
func (h *house) lists(name string) *browser {
	h.t.Helper()
	b := h.browser()
	b.post("/sign-in", "username", name, "password", rightPassword).goes(h.t, "/sign-in/wait")
	b.get("/sign-in/wait").goes(h.t, "/sign-in/device")
	return b
}

// signedInBy is a browser that signed in by the phone that it chose.
func (h *house) signedInBy(name string, phone *client.Phone) *browser {
	h.t.Helper()
	b := h.lists(name)
	b.choose(keyOf(phone)).goes(h.t, "/sign-in/wait")
	h.approve(phone, b.get("/sign-in/wait").first(h.t, `data-number="(\d\d)"`))
	b.get("/sign-in/wait").goes(h.t, "/")
	return b
}

// choose sends the form of the page as it is.
func (b *browser) choose(device string) answer {
	b.h.t.Helper()
	request := b.get("/sign-in/device").first(b.h.t, `name="request" value="([^"]*)"`)
	return b.post("/sign-in/device", "device", device, "request", request)
}

// asked counts what a phone is asked.
func asked(t testing.TB, phone *client.Phone) int {
	t.Helper()
	open, err := phone.Approvals(t.Context())
	must(t, err)
	return len(open)
}

func TestTheListComesAfterThePasswordAndTheChosenPhoneIsAsked(t *testing.T) {
	h := newHouse(t, nil)
	first, second := h.withTwo("ann")
	b := h.lists("ann")
	page := b.get("/sign-in/device")
	page.is(t, http.StatusOK)
	if got := page.first(t, `value="([^"]+)" checked`); got != keyOf(first) {
		t.Error("the phone last used is not preselected")
	}
	if i, j := strings.Index(page.body, "Pixel of ann"), strings.Index(page.body, "Spare of ann"); i < 0 || j < i {
		t.Error("the phone last used is not first")
	}
	for _, words := range []string{"Select second-factor device", `action="/sign-in/cancel"`} {
		if !strings.Contains(page.body, words) {
			t.Errorf("the page lacks %q", words)
		}
	}
	if strings.Contains(page.body, `value="all"`) {
		t.Error("all at once is offered")
	}
	if asked(t, first)+asked(t, second) != 0 {
		t.Error("a phone is asked before one was chosen")
	}
	b.choose(keyOf(second)).goes(t, "/sign-in/wait")
	wait := b.get("/sign-in/wait")
	if !strings.Contains(wait.body, "Spare of ann") || !strings.Contains(wait.body, `href="/sign-in/device"`) || asked(t, first) != 0 {
		t.Errorf("the page that waits:\n%s", wait.body)
	}
	h.approve(second, wait.first(t, `data-number="(\d\d)"`))
	b.get("/sign-in/wait").goes(t, "/")
	b.get("/sign-in/device").goes(t, "/sign-in/wait")
}

// A stranger who knows the password is not told when a phone was used, nor what it is.
func TestOnlyABrowserThatSignedInBeforeIsToldMoreThanNames(t *testing.T) {
	h := newHouse(t, nil)
	first, _ := h.withTwo("ann")
	known := h.signedInBy("ann", first)
	known.post("/sign-out").goes(t, "/sign-in")
	known.post("/sign-in", "username", "ann", "password", rightPassword).goes(t, "/sign-in/wait")
	for what, b := range map[string]*browser{"known": known, "unknown": h.lists("ann")} {
		page := b.get("/sign-in/device")
		page.is(t, http.StatusOK)
		for _, words := range []string{"Last used ", "Not used yet", "row-second"} {
			if told := strings.Contains(page.body, words); told != (what == "known") {
				t.Errorf("%s: %q: %v", what, words, told)
			}
		}
		if !strings.Contains(page.body, "Pixel of ann") || !strings.Contains(page.body, "Spare of ann") {
			t.Errorf("%s: no names\n%s", what, page.body)
		}
	}
}

func TestAnotherPhoneTakesThePlaceOfTheOneThatIsAsked(t *testing.T) {
	h := newHouse(t, nil)
	first, second := h.withTwo("ann")
	b := h.lists("ann")
	b.choose(keyOf(first)).goes(t, "/sign-in/wait")
	page := b.get("/sign-in/device")
	if got := page.first(t, `value="([^"]+)" checked`); got != keyOf(second) || !strings.Contains(page.body, "is being asked") || strings.Contains(page.body, `action="/sign-in/cancel"`) {
		t.Errorf("the list while one is asked:\n%s", page.body)
	}
	// A tab that was open before, and one that lets the same form go twice.
	b.post("/sign-in/device", "device", keyOf(second), "request", "").goes(t, "/sign-in/wait")
	if asked(t, first) != 1 || asked(t, second) != 0 {
		t.Error("a tab of before took the request to another phone")
	}
	request := page.first(t, `name="request" value="([^"]+)"`)
	for range 2 {
		b.post("/sign-in/device", "device", keyOf(second), "request", request).goes(t, "/sign-in/wait")
	}
	if asked(t, first) != 0 || asked(t, second) != 1 {
		t.Errorf("the phones are asked %d and %d times", asked(t, first), asked(t, second))
	}
	if n := h.audited("sign_in.asked"); n != 3 { // the sign-in that brought the second phone, and two
		t.Errorf("%d requests were made", n)
	}
	// A code is of the phone that is asked.
	b.post("/sign-in/code/new").goes(t, "/sign-in/code")
	digits := b.get("/sign-in/code").digits(t)
	b.post("/sign-in/code", "code", typedCode(t, first, digits)).is(t, http.StatusForbidden)
	b.post("/sign-in/code", "code", typedCode(t, second, digits)).goes(t, "/sign-in/wait")
	b.get("/sign-in/wait").goes(t, "/")
}

func TestWhatRanOutIsSentAgainToTheSamePhoneOrAnother(t *testing.T) {
	h := newHouse(t, nil)
	first, second := h.withTwo("ann")
	b := h.lists("ann")
	b.choose(keyOf(second)).goes(t, "/sign-in/wait")
	for range 3 {
		h.clock.Advance(nodkey.ApprovalLife)
		page := b.get("/sign-in/wait")
		page.is(t, http.StatusOK)
		if !strings.Contains(page.body, "Send again to Spare of ann") || !strings.Contains(page.body, `id="another-phone" href="/sign-in/device"`) {
			t.Fatalf("the page does not offer both:\n%s", page.body)
		}
		b.post("/sign-in/again").goes(t, "/sign-in/wait")
		if asked(t, first) != 0 || asked(t, second) != 1 {
			t.Errorf("the phones are asked %d and %d times", asked(t, first), asked(t, second))
		}
	}
	h.clock.Advance(nodkey.ApprovalLife)
	if page := b.get("/sign-in/device"); !strings.Contains(page.body, "did not answer") || page.first(t, `value="([^"]+)" checked`) != keyOf(first) {
		t.Errorf("the list after that:\n%s", page.body)
	}
	// The phone is gone: the list says so, and the other is there.
	must(t, second.RemoveKey(t.Context(), keyOf(second)))
	b.post("/sign-in/again").goes(t, "/sign-in/wait") // the only one left is asked
	h.approve(first, b.get("/sign-in/wait").first(t, `data-number="(\d\d)"`))
	b.get("/sign-in/wait").goes(t, "/")
}

func TestAPhoneThatWentBetweenListAndChoiceIsSaidToBeGone(t *testing.T) {
	h := newHouse(t, func(p *nodkey.Policy) { p.Devices = nodkey.DevicesChooseOrAll })
	first, second := h.withTwo("ann")
	theirs, _ := h.withTwo("bob")
	b := h.lists("ann")
	if page := b.get("/sign-in/device"); !strings.Contains(page.body, `value="all"`) {
		t.Errorf("all at once is not offered:\n%s", page.body)
	}
	before := h.dump()
	for what, device := range map[string]string{"another user's": keyOf(theirs), "none": "none", "nothing": "", "a path": "../" + keyOf(first), "markup": "<script>"} {
		page := b.post("/sign-in/device", "device", device, "request", "")
		page.is(t, http.StatusConflict)
		if !strings.Contains(page.body, "cannot be asked any more") || !strings.Contains(page.body, keyOf(first)) || strings.Contains(page.body, "<script>") || strings.Contains(page.body, keyOf(theirs)) {
			t.Errorf("%s:\n%s", what, page.body)
		}
	}
	page := b.post("/sign-in/device", "request", "")
	page.is(t, http.StatusBadRequest)
	if !strings.Contains(page.body, "No phone has been chosen yet") {
		t.Errorf("no choice:\n%s", page.body)
	}
	b.post("/sign-in/device", "device", keyOf(first)).is(t, http.StatusBadRequest)
	nodkeytest.Unchanged(t, "a choice that is none", before, h.dump())
	one, other := keyOf(first), keyOf(second)
	must(t, second.RemoveKey(t.Context(), other))
	page = b.post("/sign-in/device", "device", other, "request", "")
	page.is(t, http.StatusConflict)
	if strings.Contains(page.body, "Spare of ann") || !strings.Contains(page.body, "Pixel of ann") {
		t.Errorf("the list anew:\n%s", page.body)
	}
	must(t, first.RemoveKey(t.Context(), one))
	page = b.post("/sign-in/device", "device", one, "request", "")
	page.is(t, http.StatusForbidden)
	if !strings.Contains(page.body, `id="desk"`) {
		t.Errorf("with no phone left:\n%s", page.body)
	}
}

func TestTheLanguageSwitchKeepsTheChoice(t *testing.T) {
	h := newHouse(t, func(p *nodkey.Policy) { p.Devices = nodkey.DevicesChooseOrAll })
	_, second := h.withTwo("ann")
	for _, device := range []string{keyOf(second), "all"} {
		b := h.lists("ann")
		page := b.post("/sign-in/device", "device", device, "request", "", "lang", "de")
		page.is(t, http.StatusOK)
		if got := page.first(t, `value="([^"]+)" checked`); got != device || !strings.Contains(page.body, "Gerät für den zweiten Faktor wählen") {
			t.Errorf("the page in German has %q chosen", got)
		}
		if asked(t, second) != 0 {
			t.Error("a phone is asked by the language switch")
		}
	}
}

func TestWhoChoosesNobodyIsToldSo(t *testing.T) {
	h := newHouse(t, nil)
	first, second := h.withTwo("ann")
	b := h.lists("ann")
	stale := b.copy()
	h.clock.Advance(nodkey.SignInLife)
	page := b.get("/sign-in/wait")
	page.is(t, http.StatusOK)
	if !strings.Contains(page.body, "No phone was chosen") || !strings.Contains(page.body, `href="/sign-in"`) || strings.Contains(page.body, "/sign-in/again") {
		t.Errorf("the page:\n%s", page.body)
	}
	stale.post("/sign-in/device", "device", keyOf(first), "request", "").goes(t, "/sign-in/wait")
	if b.cookies["nodkey-portal-sign-in"] != "" || asked(t, first)+asked(t, second) != 0 {
		t.Error("it is not over")
	}
	b = h.lists("ann")
	b.post("/sign-in/cancel").goes(t, "/sign-in/wait")
	if page := b.get("/sign-in/wait"); !strings.Contains(page.body, `data-outcome="cancelled"`) {
		t.Errorf("cancelled:\n%s", page.body)
	}
	h.browser().get("/sign-in/device").goes(t, "/sign-in/wait")
	h.browser().post("/sign-in/device", "device", keyOf(first), "request", "").goes(t, "/sign-in")
}
