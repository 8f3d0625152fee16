package browser

import (
	"strings"
)

// The acts of people, as several tests need them. Portal and phone are given by their origins, without a slash at the end.

// SignIn types name and password into the portal.
func (tab *Tab) SignIn(portal, name, password string) {
	tab.t.Helper()
	tab.Go(portal + "/sign-in")
	tab.Type("#username", name)
	tab.Type("#password", password)
	tab.Click("#sign-in")
}

// Code reads the activation code off the portal's banner, in its groups.
func (tab *Tab) Code() []string {
	tab.t.Helper()
	tab.Wait("#code-group-5")
	return strings.Fields(Eval[string](tab, `[...document.querySelectorAll("#code .code-group")].map(e => e.textContent.trim()).join(" ")`))
}

// TypeCode goes from the phone app's start (or its user list) to the offer, by typing the code.
func (tab *Tab) TypeCode(groups []string) {
	tab.t.Helper()
	tab.Click("#register")
	tab.Wait("[data-screen=code] #code-group-1")
	Eval[bool](tab, `(document.getElementById("code-group-1").focus(), true)`)
	tab.Keys(strings.ToLower(strings.Join(groups, ""))) // the focus walks on by itself
	tab.Click("#continue")
	tab.Wait("[data-screen=offer],[data-screen=already]")
}

// CreatePIN takes an offer and makes a key with a PIN.
func (tab *Tab) CreatePIN(pin string) {
	tab.t.Helper()
	tab.Click("[data-screen=offer] #continue")
	tab.Wait("[data-screen=pin],[data-screen=biometric]")
	if tab.Has("[data-screen=biometric]") {
		tab.Click("#use-pin")
	}
	tab.Type("[data-screen=pin] #pin", pin)
	tab.Type("#pin-repeat", pin)
	tab.Click("#activate")
	tab.Wait("[data-screen=activated]")
}

// UsePIN takes an offer for a further user and makes a key with the PIN that the phone has.
func (tab *Tab) UsePIN(pin string) {
	tab.t.Helper()
	tab.Click("[data-screen=offer] #continue")
	tab.Wait("[data-screen=existing-pin],[data-screen=biometric]")
	if tab.Has("[data-screen=biometric]") {
		tab.Click("#use-pin")
	}
	tab.Type("[data-screen=existing-pin] #pin", pin)
	tab.Click("#activate")
	tab.Wait("[data-screen=activated]")
}

// Activate makes the phone active for the user of the portal's banner, with the code typed.
func Activate(portal, phone *Tab, phoneOrigin, pin string) {
	phone.t.Helper()
	phone.Go(phoneOrigin + "/")
	phone.TypeCode(portal.Code())
	phone.CreatePIN(pin)
	phone.Says("h1", "This phone is active")
	portal.Wait("#activated")
	phone.Click("#done")
	phone.Wait("[data-screen=home]")
}

// Number reads the two digits off the waiting page.
func (tab *Tab) Number() string {
	tab.t.Helper()
	return tab.Attribute("#wait-number", "data-number")
}

// Other is a number that is not the one given.
func Other(number string) string {
	if number == "47" {
		return "74"
	}
	return "47"
}

// TypeNumber types the two digits into the phone's approval screen.
func (tab *Tab) TypeNumber(number string) {
	tab.t.Helper()
	tab.Wait("[data-screen=approval] #number-1")
	tab.Type("#number-1", number[:1])
	tab.Type("#number-2", number[1:])
}

// Approve says yes on the phone to the one request that is open, with number and PIN.
func (tab *Tab) Approve(number, pin string) {
	tab.t.Helper()
	tab.TypeNumber(number)
	tab.Click("[data-screen=approval] #confirm")
	tab.ConfirmPIN(pin)
}

// ConfirmPIN types the PIN of a decision.
func (tab *Tab) ConfirmPIN(pin string) {
	tab.t.Helper()
	tab.Type("[data-screen=confirm] #pin", pin)
	tab.Click("[data-screen=confirm] #confirm")
}
