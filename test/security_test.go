package test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

func TestAFurtherPhoneIsAddedRenamedAndRemovedWithTheFirstOnesYes(t *testing.T) {
	h := settled(t, nil)
	h.enter()
	h.desk.Go(h.portal + "/security")
	h.desk.Visit("portal-security")
	h.desk.Click("#add-phone")
	h.desk.Wait("#activation[data-state=offer]")
	h.desk.Visit("portal-phone-add")

	second := open(t, "second phone", browser.Handset)
	second.Go(h.server.phone + "/")
	second.TypeCode(h.desk.Code())
	second.CreatePIN("4hd9w")
	second.Says("h1", "Say yes on your other phone")
	second.Visit("phone-waits-for-other")
	h.desk.Wait("#activation[data-state=approve]")
	h.desk.Visit("portal-phone-add-approve")
	h.phone.Wait("[data-screen=approval]")
	h.phone.Visit("phone-approval-key-add")
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.phone.Says("h1", "Approved")
	second.Says("h1", "This phone is active")
	second.Click("#done")
	h.desk.Wait("#activated")
	h.phone.Click("#done")

	h.desk.Go(h.portal + "/security")
	h.desk.Until("two phones", `document.querySelectorAll("#phones .phone-card").length === 2`)
	h.desk.Click("#phones .phone-card:last-child a[href$='/rename']")
	h.desk.Wait("#name")
	h.desk.Visit("portal-rename")
	h.desk.Type("#name", "Spare phone")
	h.desk.Click("#rename")
	h.desk.Wait("#toast")
	h.desk.Says("#phones", "Spare phone")
	h.desk.Visit("portal-security-two-phones")

	spare := `[...document.querySelectorAll("#phones .phone-card")].find(e => e.querySelector("h3").textContent === "Spare phone").dataset.key`
	h.desk.Click("#phones [data-key='" + browser.Eval[string](h.desk, spare) + "'] a[data-dialog]")
	h.desk.Wait("dialog[open]")
	h.desk.Visit("portal-remove-dialog")
	h.desk.Click("dialog[open] .button-no")
	h.desk.At("/change")
	h.desk.Visit("portal-change-waiting")
	h.phone.Wait("[data-screen=approval]")
	h.phone.Says(".statement", "Spare phone")
	h.phone.Visit("phone-approval-key-remove")
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.phone.Says("h1", "Approved")
	h.desk.Wait("#outcome[data-outcome=approved]")
	h.desk.Visit("portal-change-approved")
	h.desk.Click("#try-again")
	h.desk.At("/security")
	h.desk.Until("one phone", `document.querySelectorAll("#phones .phone-card").length === 1`)
	second.Wait("[data-screen=home]") // it was not asked
	second.Says(".phone", "Removed")  // told by its stream
}

func TestANewPasswordCountsOnceThePhoneSaysYes(t *testing.T) {
	h := settled(t, nil)
	h.enter()
	h.desk.Go(h.portal + "/password")
	h.desk.Wait("#change-password")
	h.desk.Visit("portal-password")
	change := func(old, next string) {
		h.desk.Type("#password", old)
		h.desk.Type("#new-password", next)
		h.desk.Type("#repeat", next)
		h.desk.Click("#change-password")
	}
	change("not-the-password", "velvet-harbour-stone")
	h.desk.Wait("#password-error")
	h.desk.Visit("portal-password-wrong")
	change(maraPassword, "velvet-harbour-stone")
	h.desk.At("/change")
	h.phone.Wait("[data-screen=approval]")
	h.phone.Visit("phone-approval-password")
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.phone.Says("h1", "Approved")
	h.desk.Wait("#outcome[data-outcome=approved]")
	h.phone.Click("#done")
	h.signOut()
	h.signIn()
	h.desk.Wait("#problem") // the old one
	h.desk.SignIn(h.portal, maraName, "velvet-harbour-stone")
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.desk.At("/")
}

func TestADeniedChangeChangesNothing(t *testing.T) {
	h := settled(t, nil)
	h.enter()
	h.desk.Go(h.portal + "/password")
	h.desk.Type("#password", maraPassword)
	h.desk.Type("#new-password", "velvet-harbour-stone")
	h.desk.Type("#repeat", "velvet-harbour-stone")
	h.desk.Click("#change-password")
	h.phone.Click("[data-screen=approval] #deny")
	h.phone.Says("h1", "Refused")
	h.desk.Wait("#outcome[data-outcome=denied]")
	h.desk.Visit("portal-change-denied")
	h.phone.Click("#done")
	h.desk.Go(h.portal + "/")
	h.signOut()
	h.enter()
}

func TestSignedInBrowsersAreListedAndEnded(t *testing.T) {
	h := settled(t, nil)
	h.enter()
	other := open(t, "other browser", browser.Desktop)
	other.SignIn(h.portal, maraName, maraPassword)
	h.phone.Approve(other.Number(), maraPIN)
	other.At("/")
	other.Go(h.portal + "/security")
	other.Until("two browsers", `document.querySelectorAll("#browsers [data-session]").length === 2`)
	other.Until("both sign-ins", `document.querySelectorAll("#sign-ins tbody tr").length === 2`)
	other.Click("#browsers form button")
	other.Wait("#toast")
	other.Visit("portal-browser-ended")
	other.Until("one browser", `document.querySelectorAll("#browsers [data-session]").length === 1`)
	h.desk.Reload()
	h.desk.At("/sign-in")

	other.Click("#user-menu summary")
	other.Visit("portal-menu")
	other.Click("#sign-out")
	other.At("/sign-in")
	other.Go(h.portal + "/security")
	other.At("/sign-in")
}

func TestWhoLostTheLastPhoneIsToldWhomToAskAndComesBackWithACode(t *testing.T) {
	h := settled(t, nil)
	h.enter()
	h.desk.Go(h.portal + "/security")
	h.desk.Click("#phones a[data-dialog]")
	h.desk.Wait("dialog[open] .banner-look") // it is the last one
	h.desk.Visit("portal-remove-last-dialog")
	h.desk.Click("dialog[open] .button-no")
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.phone.Says("h1", "Approved")
	h.desk.SignIn(h.portal, maraName, maraPassword)
	h.desk.Wait("#desk[data-lost]")
	h.desk.Visit("portal-lost-last-phone")

	code := h.newFirstCode(maraName)
	h.desk.Go(h.portal + "/first-visit")
	h.desk.Type("#username", maraName)
	h.desk.Type("#code", code)
	h.desk.Type("#new-password", "velvet-harbour-stone")
	h.desk.Type("#repeat", "velvet-harbour-stone")
	h.desk.Click("#first-visit")
	h.desk.Wait("#activation[data-state=offer]")
	found := open(t, "new phone", browser.Handset)
	browser.Activate(h.desk, found, h.server.phone, "4hd9w")
}

func TestAPINIsChangedOnThePhone(t *testing.T) {
	h := settled(t, nil)
	h.phone.Click(".rows-sheet .row")
	h.phone.Wait("[data-screen=user]")
	h.phone.Visit("phone-user")
	h.phone.Click("#change-pin")
	change := func(old, next string) {
		h.phone.Type("#pin-old", old)
		h.phone.Type("#pin", next)
		h.phone.Type("#pin-repeat", next)
		h.phone.Click("#save")
	}
	h.phone.Wait("[data-screen=change-pin]")
	h.phone.Visit("phone-change-pin")
	change(maraPIN, "1234")
	h.phone.Wait("#pin[aria-invalid=true]")
	h.phone.Visit("phone-change-pin-weak")
	change("wrong1", "8vn3t")
	h.phone.Says("[data-error='pin.wrong']", "4 tries left")
	change(maraPIN, "8vn3t")
	h.phone.Says(".toast", "Your PIN was changed.")
	h.phone.Click("#back")
	h.phone.Wait("[data-screen=home]")
	h.signIn()
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.phone.Says("[data-error='pin.wrong']", "tries left")
	h.phone.ConfirmPIN("8vn3t")
	h.desk.At("/")
}

func TestAUserIsRemovedFromThePhoneByThePerson(t *testing.T) {
	h := settled(t, nil)
	h.phone.Click(".rows-sheet .row")
	h.phone.Click("[data-screen=user] #remove")
	h.phone.Wait("dialog[open]")
	h.phone.Visit("phone-remove-dialog")
	h.phone.Click("#dialog-yes")
	h.phone.Wait("[data-screen=first]")
	h.signIn()
	h.desk.Wait("#desk[data-lost]")
}

func TestATestRequestProvesThatAPhoneWorks(t *testing.T) {
	h := settled(t, nil)
	h.enter()
	h.desk.Go(h.portal + "/security")
	h.desk.Says("#asks", "Android 6.0 or later")
	h.desk.Says(".phone-card-advice", "Fingerprint or face recommended")
	h.desk.Visit("portal-security-phone-told")
	h.desk.Click("#phones [data-test]")
	h.desk.Click("#test-request")
	h.desk.At("/change")
	h.desk.Wait("#wait-number")
	h.desk.Visit("portal-test-waiting")
	h.phone.Says("[data-screen=approval]", "Test")
	h.phone.Visit("phone-approval-test")
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.phone.Wait("[data-screen=decided]")
	h.desk.Wait("#outcome[data-outcome=approved]")
	h.desk.Says("#outcome", "it works")
	h.desk.Says("#outcome", "after we asked")
	h.desk.Visit("portal-test-approved")
	h.phone.Click("#done")
	h.desk.Click("#try-again")
	h.desk.At("/security")

	// A number that is not the page's, a no, a change of mind.
	h.desk.Click("#phones [data-test]")
	h.desk.Click("#test-request")
	h.phone.Approve(browser.Other(h.desk.Number()), maraPIN)
	h.desk.Wait("#outcome[data-outcome=wrong_number]")
	h.desk.Visit("portal-test-wrong-number")
	h.phone.Click("#done")
	h.desk.Click("#try-again")
	h.desk.Wait("#wait-number")
	h.phone.Click("[data-screen=approval] #deny")
	h.desk.Wait("#outcome[data-outcome=denied]")
	h.desk.Visit("portal-test-denied")
	h.phone.Click("#done")
	h.desk.Click("#try-again")
	h.desk.Wait("#wait-number")
	h.desk.Click("#cancel")
	h.desk.Wait("#outcome[data-outcome=cancelled]")
	h.desk.Visit("portal-test-cancelled")
	h.phone.Click("#done") // it says so, too
	h.phone.Wait("[data-screen=home]")
}

func TestAPhoneIsTestedWhileAnotherIsAddedAndWithoutScript(t *testing.T) {
	h := settled(t, nil)
	h.enter()
	h.desk.Script(false)
	h.desk.Go(h.portal + "/security/add")
	h.desk.Says("#active-phones", "Already active")
	h.desk.Visit("portal-phone-add-active")
	h.desk.Click("#active-phones [data-test]")
	h.desk.At("/change")
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.phone.Wait("[data-screen=decided]")
	h.desk.Wait("#outcome[data-outcome=approved]") // by the page's own refresh
	h.desk.Visit("portal-test-approved-without-script")
	h.desk.Script(true)
	h.desk.Go(h.portal + "/security/add")
	h.desk.Wait("#activation[data-state=offer]") // the test ended no activation
}

func TestHowAScreenLockIsSetUpIsToldByPlatform(t *testing.T) {
	h := settled(t, nil)
	h.enter()
	h.desk.Go(h.portal + "/security")
	h.desk.Click(".phone-card-advice a")
	h.desk.At("/help/screen-lock")
	h.desk.Says("#screen-lock", "Android")
	h.desk.Says("#screen-lock", "Face ID & Passcode")
	h.desk.Visit("portal-help-screen-lock")
	other := open(t, "somebody else", browser.Desktop) // it is no secret
	other.Go(h.portal + "/help/screen-lock")
	other.Says("h1", "Screen lock")
}

func TestTheSecurityPageSaysWhatAPhoneTold(t *testing.T) {
	h := move(t, map[string]string{"policy.allow_rooted": "true", "policy.min_ios": "12.0"})
	h.signIn()
	h.run(maraPIN+"\n", "phone", "activate", strings.Join(h.desk.Code(), "-"), "--server", h.server.phone, "--state", filepath.Join(t.TempDir(), "phone"), "--pin-file", "-",
		"--name", "Old Galaxy", "--platform", "android", "--os-version", "6.0.1", "--rooted")
	h.desk.Wait("#activated")
	h.desk.Go(h.portal + "/security")
	card := browser.Eval[string](h.desk, `document.querySelector("#phones .phone-card").innerText.replace(/\s+/g, " ")`)
	for _, words := range []string{"Android 6.0.1", "Rooted yes"} {
		if !strings.Contains(card, words) {
			t.Errorf("the card does not say %q: %s", words, card)
		}
	}
	h.desk.Says("#asks", "iOS 12.0 or later")
	if strings.Contains(browser.Eval[string](h.desk, `document.querySelector("#asks").innerText`), "rooted") {
		t.Error("the page asks for what this policy does not")
	}
	h.desk.Visit("portal-security-rooted")
	if h.desk.Has("[data-test]") {
		t.Error("a session with the password alone may send test requests")
	}
}
