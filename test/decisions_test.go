package test

import (
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

func TestAWrongNumberDeniesAndTheNextSignInIsAnother(t *testing.T) {
	h := settled(t, nil)
	h.signIn()
	h.phone.Approve(browser.Other(h.desk.Number()), maraPIN)
	h.phone.Says("h1", "That was not the number")
	h.phone.Visit("phone-wrong-number")
	h.desk.Wait("#outcome[data-outcome=wrong_number]")
	h.desk.Visit("portal-outcome-wrong-number")
	h.phone.Click("#done")
	h.desk.Click("#try-again")
	h.desk.At("/sign-in")
	h.signIn()
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.phone.Says("h1", "Approved")
	h.desk.At("/")
}

func TestAWrongPINSaysHowManyTriesAreLeftAndTheRightOneStillWorks(t *testing.T) {
	h := settled(t, nil)
	h.signIn()
	h.phone.Approve(h.desk.Number(), "wrong1")
	h.phone.Says("[data-error='pin.wrong']", "4 tries left")
	h.phone.Visit("phone-wrong-pin")
	h.desk.Wait("#wait-number") // nothing is decided
	h.phone.ConfirmPIN(maraPIN)
	h.phone.Says("h1", "Approved")
	h.desk.At("/")
}

func TestFiveWrongPINsSuspendThePhoneUntilTheServiceDeskFreesIt(t *testing.T) {
	h := settled(t, nil)
	h.signIn()
	h.phone.Approve(h.desk.Number(), "wrong1")
	for _, left := range []string{"4 tries", "3 tries", "2 tries", "1 try"} {
		h.phone.Says("[data-error='pin.wrong']", left)
		h.phone.ConfirmPIN("wrong2")
	}
	h.phone.Wait("[data-error='key.suspended']")
	h.phone.Visit("phone-suspended")
	h.phone.Click("#next")
	h.phone.Wait("[data-screen=home] .banner-stop")
	h.phone.Visit("phone-home-suspended")
	h.desk.SignIn(h.portal, maraName, maraPassword)
	h.desk.Wait("#desk[data-lost]")
	h.desk.Visit("portal-suspended")

	h.run("", "user", "unlock", maraName)
	h.phone.Click("#refresh")
	h.phone.Gone(".banner-stop")
	h.enter()
}

func TestNotMeRefusesTheSignIn(t *testing.T) {
	h := settled(t, nil)
	h.signIn()
	h.phone.Click("[data-screen=approval] #deny")
	h.phone.Says("h1", "Refused")
	h.phone.Visit("phone-refused")
	h.desk.Wait("#outcome[data-outcome=denied]")
	h.desk.Visit("portal-outcome-denied")
	h.desk.Go(h.portal + "/")
	h.desk.At("/sign-in")
}

func TestAMistakeEndsTheSignInWithoutAlarm(t *testing.T) {
	h := settled(t, nil)
	h.signIn()
	h.phone.Click("[data-screen=approval] #mistake")
	h.phone.Says("h1", "Cancelled")
	h.phone.Visit("phone-mistake")
	h.desk.Wait("#outcome[data-outcome=denied]")
}

func TestCancellingInThePortalEndsTheRequestOnThePhone(t *testing.T) {
	h := settled(t, nil)
	h.signIn()
	h.phone.TypeNumber(h.desk.Number())
	h.desk.Click("#cancel")
	h.desk.Wait("#outcome[data-outcome=cancelled]")
	h.desk.Visit("portal-outcome-cancelled")
	h.phone.Wait("[data-screen=decided]")
	h.phone.Visit("phone-gone")
	h.phone.Click("#done")
	h.phone.Wait("[data-screen=home]")
	h.desk.Click("#try-again")
	h.desk.Wait("#wait-number, #username")
}

func TestASecondTabSharesTheSignInAndOpensToo(t *testing.T) {
	h := settled(t, nil)
	h.signIn()
	number := h.desk.Number()
	second := h.desk.Another("second tab")
	second.Go(h.portal + "/sign-in/wait")
	if got := second.Number(); got != number {
		t.Errorf("the second tab shows %s, the first %s", got, number)
	}
	h.phone.Approve(number, maraPIN)
	for _, tab := range []*browser.Tab{h.desk, second} {
		tab.At("/")
		tab.Says("#greeting", "Mara")
	}
}

func TestWhatWasApprovedByMistakeIsEndedFromThePhone(t *testing.T) {
	h := settled(t, nil)
	h.signIn()
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.desk.At("/")
	h.phone.Click("#disown")
	h.phone.Wait("dialog[open]")
	h.phone.Visit("phone-disown")
	h.phone.Click("#dialog-yes")
	h.phone.Says("h1", "That session has ended")
	h.phone.Visit("phone-disowned")
	h.desk.Go(h.portal + "/")
	h.desk.At("/sign-in")
}

func TestAWrongPasswordIsSaidWithoutSayingWhichPartWasWrong(t *testing.T) {
	h := move(t, nil)
	h.desk.SignIn(h.portal, maraName, "not-the-password")
	first := h.desk.Text("#problem")
	h.desk.Visit("portal-sign-in-wrong")
	h.desk.SignIn(h.portal, "nobody", maraPassword)
	if second := h.desk.Text("#problem"); second != first {
		t.Errorf("%q for a wrong password, %q for an unknown name", first, second)
	}
}
