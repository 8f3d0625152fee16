package test

import (
	"slices"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

func TestTheFirstVisitTakesACodeAPasswordAndAPhone(t *testing.T) {
	h := move(t, map[string]string{"policy.activation_first": "code"})
	code := h.inviteUser("jonas", "Jonas Weber")
	h.desk.Go(h.portal + "/sign-in")
	h.desk.Click("#first-visit-link")
	h.desk.Wait("#code")
	h.desk.Visit("portal-first-visit")
	visit := func(code, password, repeat string) {
		h.desk.Type("#username", "jonas")
		h.desk.Type("#code", code)
		h.desk.Type("#new-password", password)
		h.desk.Type("#repeat", repeat)
		h.desk.Click("#first-visit")
	}
	visit("ABCD-EFGH-JKMN-PQRS", "amber-kettle-fjord", "amber-kettle-fjord")
	h.desk.Wait("#code-error")
	h.desk.Visit("portal-first-visit-wrong-code")
	visit(code, "amber-kettle-fjord", "amber-kettle-fjors")
	h.desk.Wait("#repeat-error")
	visit(code, "short", "short")
	h.desk.Wait("#new-password-error")
	visit(code, "amber-kettle-fjord", "amber-kettle-fjord")
	h.desk.Wait("#activation[data-state=offer]")
	browser.Activate(h.desk, h.phone, h.server.phone, "2zq8x")
	h.signOut()
	h.desk.SignIn(h.portal, "jonas", "amber-kettle-fjord")
	h.phone.Approve(h.desk.Number(), "2zq8x")
	h.desk.At("/")
	h.desk.Says("#greeting", "Jonas")
}

func TestAPasswordAloneActivatesNothingWhereACodeIsAskedFor(t *testing.T) {
	h := move(t, map[string]string{"policy.activation_first": "code"})
	h.signIn()
	h.desk.Wait("#problem, #closed")
	h.desk.Visit("portal-code-first")
	if h.desk.Has("#activation") {
		t.Error("a code is shown")
	}
}

func TestARestrictedSessionSaysWhatIsNotPossible(t *testing.T) {
	h := move(t, nil)
	h.signIn()
	h.desk.Wait("#restricted")
	h.desk.Go(h.portal + "/security")
	h.desk.Wait("#restricted")
	h.desk.Visit("portal-security-restricted")
	if h.desk.Has("#add-phone") || h.desk.Has("#password-link") {
		t.Error("changes are offered")
	}
	h.desk.Go(h.portal + "/security/add")
	h.desk.At("/")
	h.desk.Go(h.portal + "/password")
	if h.desk.Has("#change-password") {
		t.Error("a form is offered that can only be refused")
	}
	h.desk.Wait("#message")
	h.desk.Visit("portal-refused")
	h.desk.Click("#go-on")
	h.desk.At("/")
}

func TestSixDigitsConfirmAnActivationWhereThePolicyAsksForThem(t *testing.T) {
	h := move(t, map[string]string{"policy.activation_confirm": "true"})
	h.signIn()
	h.phone.Go(h.server.phone + "/")
	h.phone.TypeCode(h.desk.Code())
	h.phone.CreatePIN(maraPIN)
	h.phone.Says("h1", "Type these digits")
	h.phone.Visit("phone-digits")
	digits := browser.Eval[string](h.phone, `[...document.querySelectorAll(".digits span")].map(e => e.textContent).join("")`)
	h.desk.Wait("#activation[data-state=digits]")
	h.desk.Visit("portal-digits")
	wrong := "000000"
	if digits == wrong {
		wrong = "111111"
	}
	h.desk.Type("#digits", wrong)
	h.desk.Click("#confirm-digits")
	h.desk.Wait("#digits-error")
	h.desk.Visit("portal-digits-wrong")
	h.desk.Type("#digits", digits)
	h.desk.Click("#confirm-digits")
	h.desk.Wait("#activated")
	h.phone.Says("h1", "This phone is active")
}

func TestAnActivationThatWasNotMineIsUndoneFromThePortal(t *testing.T) {
	h := move(t, nil)
	h.signIn()
	browser.Activate(h.desk, h.phone, h.server.phone, maraPIN)
	h.desk.Click("#not-mine")
	h.desk.Wait("dialog[open]")
	h.desk.Visit("portal-not-mine")
	h.desk.Click("dialog[open] .button-no")
	h.desk.Wait("#toast")
	h.phone.Click("#refresh")
	h.phone.Says(".phone", "Removed")
	h.phone.Visit("phone-home-removed")
}

func TestACodeThatWasUsedOrMistypedIsExplained(t *testing.T) {
	h := move(t, nil)
	h.signIn()
	h.desk.Wait("#activation[data-state=offer]")
	code := h.desk.Code()
	h.phone.Go(h.server.phone + "/")
	h.phone.Click("#register")
	h.phone.Wait("[data-screen=code]")
	h.phone.Visit("phone-code")
	swapped := code[2][1:2] + code[2][:1] + code[2][2:]
	if swapped == code[2] {
		swapped = code[2][:3] + "0"
	}
	h.phone.Type("#code-group-1", code[0])
	h.phone.Type("#code-group-3", swapped)
	if swapped != code[2] {
		h.phone.Says("[data-error='code.group']", "Group 3")
		h.phone.Visit("phone-code-mistyped")
	}
	h.phone.Click("#back")
	browser.Activate(h.desk, h.phone, h.server.phone, maraPIN)

	other := open(t, "other phone", browser.Handset)
	other.Go(h.server.phone + "/")
	other.Click("#register")
	other.Type("#code-group-1", "")
	for i, group := range code {
		other.Type("#code-group-"+string(rune('1'+i)), group)
	}
	other.Click("#continue")
	other.Wait("[data-error='activation.used']")
	other.Visit("phone-code-used")
	other.Click("#not-me")
	other.Wait("[data-screen=undo]")
	other.Visit("phone-undo")
}

func TestSeveralUsersLiveOnOnePhone(t *testing.T) {
	h := settled(t, nil)
	h.addUser("jonas", "Jonas Weber", "amber-kettle-fjord")
	h.desk.SignIn(h.portal, "jonas", "amber-kettle-fjord")
	h.desk.Wait("#activation[data-state=offer]")
	h.phone.Click("#more")
	h.phone.Wait("[data-screen=more]")
	h.phone.Visit("phone-more")
	h.phone.Click("#two-factor")
	h.phone.Wait("[data-screen=users]")
	h.phone.Visit("phone-users")
	h.phone.Click("#add-user")
	h.phone.Wait("[data-screen=add]")
	h.phone.Visit("phone-add")
	h.phone.TypeCode(h.desk.Code())
	h.phone.UsePIN(maraPIN)
	h.desk.Wait("#activated")
	h.phone.Click("#done")
	h.phone.Wait("[data-screen=home]")
	h.phone.Says(".phone", "Jonas Weber")
	h.phone.Says(".phone", "Mara Lindqvist")
	h.phone.Visit("phone-home-two-users")
	h.signOut()

	// Both ask at once: nothing is opened by itself that was not alone, and each decision is its own user's.
	second := open(t, "second desk", browser.Desktop)
	second.SignIn(h.portal, "jonas", "amber-kettle-fjord")
	h.phone.Wait("[data-screen=approval]")
	h.signIn()
	h.desk.Wait("#wait-number")
	h.phone.Approve(second.Number(), maraPIN)
	h.phone.Says("h1", "Approved")
	second.At("/")
	second.Says("#greeting", "Jonas")
	h.phone.Click("#done")
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.desk.At("/")
	h.desk.Says("#greeting", "Mara")
}

func TestWhyAPhoneDoesNotReadTheCodeIsExplainedOnTheSpot(t *testing.T) {
	h := move(t, nil)
	h.signIn()
	h.desk.Wait("#activation[data-state=offer]")
	h.desk.Click("#trouble summary")
	for _, words := range []string{"Scan QR codes", "front camera", "20 centimetres", "Set up using QR code", "works once", "already active"} {
		h.desk.Says("#trouble", words)
	}
	h.desk.Visit("portal-trouble")
	code := h.desk.Code()
	h.desk.Click("#fresh-sign-in")
	h.desk.At("/sign-in")
	h.signIn()
	if fresh := h.desk.Code(); slices.Equal(fresh, code) {
		t.Errorf("signing out and in shows the same code again: %s", fresh)
	}
}
