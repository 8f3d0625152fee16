package test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// addSpare activates a second phone of Mara's, "Spare phone", and leaves the portal at its sign-in.
func (h *house) addSpare() *browser.Tab {
	h.t.Helper()
	h.enter()
	h.desk.Go(h.portal + "/security/add")
	spare := open(h.t, "second phone", browser.Handset)
	spare.Go(h.server.phone + "/")
	spare.TypeCode(h.desk.Code())
	spare.CreatePIN("4hd9w")
	h.phone.Wait("[data-screen=approval]")
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.phone.Click("#done")
	spare.Click("#done")
	h.desk.Wait("#activated")
	h.desk.Go(h.portal + "/security")
	h.desk.Until("two phones", `document.querySelectorAll("#phones .phone-card").length === 2`)
	h.desk.Click("#phones .phone-card:last-child a[href$='/rename']")
	h.desk.Type("#name", "Spare phone")
	h.desk.Click("#rename")
	h.desk.Wait("#toast")
	h.signOut()
	return spare
}

// chosen gives the name of the phone that the list has chosen.
func chosen(desk *browser.Tab) string {
	desk.Wait("#choose")
	return browser.Eval[string](desk, `(e => e.firstChild.textContent.trim())(document.querySelector("[name=device]:checked").closest("label").querySelector(".row-title"))`)
}

// noAnswer lets the open request run out, behind the server's back.
func noAnswer(t *testing.T, dataDir string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dataDir, "nodkey.db")+"?mode=rw&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("UPDATE approvals SET expires_at = created_at + 1 WHERE state = 'open'"); err != nil {
		t.Fatal(err)
	}
}

func TestAPersonChoosesAPhoneAndADeadOneBlocksNothing(t *testing.T) {
	h := settled(t, map[string]string{"policy.devices": "choose-or-all"})
	spare := h.addSpare()
	h.phone.Close() // dead, and the one last used

	h.signIn()
	h.desk.At("/sign-in/device")
	h.desk.Says("h1", "Select second-factor device")
	h.desk.Visit("portal-device")
	dead := chosen(h.desk)
	if n := browser.Eval[int](h.desk, `document.querySelectorAll("[name=device]").length`); n != 3 {
		t.Errorf("%d things to choose, want two phones and all of them", n)
	}
	spare.Wait("[data-screen=home]")
	h.desk.Click("#choose")
	h.desk.At("/sign-in/wait")
	h.desk.Says(".lead", dead)
	first := h.desk.Number()
	h.desk.Visit("portal-waiting-several")

	h.desk.Click("#another-phone")
	h.desk.At("/sign-in/device")
	h.desk.Says(".choices", "is being asked")
	h.desk.Visit("portal-device-waits")
	if other := chosen(h.desk); other == dead {
		t.Errorf("%s is preselected again", other)
	}
	h.desk.Click("#go-back")
	if got := h.desk.Number(); got != first {
		t.Error("looking at the list changed the request")
	}
	h.desk.Click("#another-phone")
	h.desk.Click("#choose")
	h.desk.At("/sign-in/wait")
	spare.Approve(h.desk.Number(), "4hd9w")
	spare.Says("h1", "Approved")
	h.desk.At("/")
	h.desk.Says("#greeting", "Mara")
	spare.Click("#done")

	// Now that one was used last; all of them at once is the last choice.
	h.signOut()
	h.signIn()
	if got := chosen(h.desk); got == dead {
		t.Errorf("%s is first, which was not used last", got)
	}
	h.desk.Click(".choice:last-of-type input")
	h.desk.Click("#choose")
	h.desk.At("/sign-in/wait")
	spare.Approve(h.desk.Number(), "4hd9w")
	h.desk.At("/")
}

func TestARequestThatRanOutIsSentAgainWithOneTap(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	h := settled(t, map[string]string{"data_dir": dir})
	spare := h.addSpare()
	h.signIn()
	h.desk.Click("#choose") // Mara's first phone, used last
	asked := h.desk.Number()
	for round := range 3 {
		if round > 0 {
			h.phone.Says("h1", "This request has ended") // the one before; the new one waits behind
			h.phone.Click("#done")
		}
		h.phone.Wait("[data-screen=approval] #confirm")
		noAnswer(t, dir)
		h.desk.Go(h.portal + "/sign-in/wait")
		h.desk.Wait("#outcome[data-outcome=expired]")
		if round == 0 {
			h.desk.Visit("portal-outcome-several")
		}
		h.desk.Click("#try-again")
		h.desk.At("/sign-in/wait")
		asked = h.desk.Number()
	}
	if !spare.Has("[data-screen=home]") {
		t.Error("the other phone was asked")
	}
	h.phone.Says("h1", "This request has ended")
	h.phone.Click("#done")
	h.phone.Wait("[data-screen=approval] #confirm")
	h.phone.Approve(asked, maraPIN)
	h.phone.Says("h1", "Approved")
	h.desk.At("/")
	h.phone.Click("#done")
	h.signOut()

	// Or to another phone.
	h.signIn()
	h.desk.Click("#choose")
	h.desk.Number()
	noAnswer(t, dir)
	h.desk.Go(h.portal + "/sign-in/wait")
	h.desk.Click("#another-phone")
	h.desk.Says(".choices", "did not answer")
	h.desk.Visit("portal-device-silent")
	h.desk.Click("#choose")
	h.desk.At("/sign-in/wait")
	spare.Approve(h.desk.Number(), "4hd9w")
	h.desk.At("/")
}

func TestAPhoneIsChosenByKeyboardAndWithoutScript(t *testing.T) {
	h := settled(t, nil)
	spare := h.addSpare()
	h.signIn()
	first := chosen(h.desk)
	tabTo(h.desk, "[name=device]")
	h.desk.Keys(kb.ArrowDown)
	if got := chosen(h.desk); got == first {
		t.Error("the arrow key chooses no other phone")
	}
	tabTo(h.desk, "#choose")
	h.desk.Keys(kb.Enter)
	spare.Approve(h.desk.Number(), "4hd9w")
	h.desk.At("/")
	spare.Click("#done")
	h.signOut()

	h.desk.Script(false)
	h.signIn()
	h.desk.Click("#choose")
	h.desk.Wait("#check-again")
	h.desk.Click("#another-phone")
	h.desk.Click("#choose")
	h.desk.Wait("#check-again")
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.desk.At("/") // by the page's own refresh
}

func TestTheListOfPhonesStandsInEveryLanguage(t *testing.T) {
	everyReader(t, func(t *testing.T, r reader) {
		h := r.lives(t, map[string]string{"policy.devices": "choose-or-all"})
		h.settle()
		h.hand.Approve(h.asksFor(h.desk), maraPIN)
		h.desk.At("/")
		h.done(h.hand)
		h.desk.Go(h.server.portal + "/security/add")
		second := h.device("second phone", browser.Handset)
		second.Go(h.server.phone + "/")
		second.TypeCode(h.desk.Code())
		second.CreatePIN("4hd9w")
		h.hand.Approve(h.desk.Number(), maraPIN)
		h.done(h.hand)
		h.done(second)
		h.leaves()

		h.desk.SignIn(h.server.portal, h.name, h.password)
		h.desk.At("/sign-in/device")
		h.desk.Says("h1", h.say.T("device.title", nil))
		h.look(t, h.desk, "portal-device")
		h.desk.Click("#choose")
		h.desk.Wait("#another-phone")
		h.glance(t, h.desk, "portal-waiting-several")
		h.desk.Click("#another-phone")
		h.desk.Says(".choices", h.say.T("device.asked", nil))
		h.glance(t, h.desk, "portal-device-waits")
		h.desk.Click("#choose")
		second.Approve(h.desk.Number(), "4hd9w")
		h.desk.At("/")
	})
}
