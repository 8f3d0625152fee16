package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

func TestATestRequestTellsWhetherThePhoneWorks(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.signedIn("ann", phone)
	path := b.get("/security").first(t, `href="(/phones/[\w-]+/test)"`)
	if choice := b.get(path); !strings.Contains(choice.body, `action="`+path+`"`) || !strings.Contains(choice.body, `id="no-notification"`) {
		t.Errorf("the page that leads to the tests offers others:\n%s", choice.body)
	}
	ask := func() (number string) {
		t.Helper()
		h.clock.Advance(time.Second) // the newest is told by its time
		b.post(path).goes(t, "/change")
		page := b.get("/change")
		if !strings.Contains(page.body, "Pixel of ann") || !strings.Contains(page.body, "Cancel this test") {
			t.Errorf("the waiting page does not say what it waits for:\n%s", page.body)
		}
		return page.first(t, `data-number="(\d\d)"`)
	}
	ends := func(outcome, words string) {
		t.Helper()
		page := b.get("/change")
		if got := page.first(t, `data-outcome="(\w+)"`); got != outcome || !strings.Contains(page.body, words) {
			t.Errorf("the outcome is %s and does not say %q:\n%s", got, words, page.body)
		}
	}
	number := ask()
	h.clock.Advance(7 * time.Second)
	if open := h.approve(phone, number); open.Kind != string(nodkey.ApproveTest) {
		t.Errorf("the phone is asked for %s", open.Kind)
	}
	ends("approved", "7 seconds")
	ask()
	open, err := phone.Approvals(t.Context())
	must(t, err)
	_, err = phone.Deny(t.Context(), open[0], nodkey.ReasonMistake)
	must(t, err)
	ends("denied", `action="`+path+`"`)
	ask()
	b.post("/change/cancel").goes(t, "/change")
	ends("cancelled", `action="`+path+`"`)
	ask()
	h.clock.Advance(nodkey.ApprovalLife)
	ends("expired", "airplane mode")
}

func TestTheSecurityPageSaysWhatAPhoneToldAndWhatIsAsked(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.signedIn("ann", phone)
	page := b.get("/security").body
	for _, words := range []string{"Android 6.0 or later", "iOS 11.0 or later", "Not rooted", "A screen lock"} {
		if !strings.Contains(page, words) {
			t.Errorf("the page does not say that %q is asked", words)
		}
	}
	if strings.Contains(page, "<dt>Screen lock</dt>") || strings.Contains(page, "<dt>Rooted</dt>") {
		t.Error("the page shows what the phone did not say")
	}
}

func TestACodeThatIsOverIsFollowedByAFreshOne(t *testing.T) {
	h := newHouse(t, nil)
	h.add("ann")
	b := h.browser()
	b.post("/sign-in", "username", "ann", "password", rightPassword).goes(t, "/")
	first := b.get("/").code(t)
	h.clock.Advance(nodkey.ActivationLife)
	if b.get("/").code(t) == first {
		t.Error("a code that ran out is shown again")
	}

	// Used, and the phone was turned down: it is said, and one press brings a fresh code.
	phone, _ := h.activated("bob")
	full := h.signedIn("bob", phone)
	code := full.get("/security/add").code(t)
	second := h.newPhone()
	offer, err := second.Lookup(t.Context(), h.phone.String(), code)
	must(t, err)
	_, err = second.Activate(t.Context(), offer, pin, "Second")
	must(t, err)
	open, err := phone.Approvals(t.Context())
	must(t, err)
	_, err = phone.Deny(t.Context(), open[0], nodkey.ReasonMistake)
	must(t, err)
	ended := full.get("/security/add")
	ended.is(t, http.StatusOK)
	if ended.first(t, `data-state="(\w+)"`) != "ended" || !strings.Contains(ended.body, "This code has been used") || !strings.Contains(ended.body, `action="/activation"`) {
		t.Errorf("the page does not say that the code was used, or offers no fresh one:\n%s", ended.body)
	}
	h.clock.Advance(time.Second) // the newest is told by its time
	full.post("/activation").goes(t, "/security/add")
	if full.get("/security/add").code(t) == code {
		t.Error("the used code is shown again")
	}
}
