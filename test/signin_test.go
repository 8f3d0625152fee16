package test

import "testing"

func TestAPhoneIsActivatedByTheTypedCodeAndThenSignsIn(t *testing.T) {
	h := move(t, nil)
	h.desk.Go(h.portal + "/")
	h.desk.At("/sign-in")
	h.desk.Visit("portal-sign-in")
	h.signIn()
	h.desk.Wait("#activation[data-state=offer]")
	h.desk.Visit("portal-home-activation")

	h.phone.Go(h.server.phone + "/")
	h.phone.Wait("[data-screen=first]")
	h.phone.Visit("phone-first")
	h.phone.TypeCode(h.desk.Code())
	h.phone.Visit("phone-offer")
	h.phone.Says("main", "Mara Lindqvist")
	h.phone.Says("main", "Aldermere Savings")
	h.phone.CreatePIN(maraPIN)
	h.phone.Says("h1", "This phone is active")
	h.phone.Visit("phone-activated")
	h.desk.Wait("#activated")
	h.desk.Visit("portal-activated")
	h.phone.Click("#done")
	h.phone.Wait("[data-screen=home]")
	h.phone.Visit("phone-home")
	h.desk.Click("#activated-done") // this session had the password alone: the next one has the phone
	h.desk.At("/sign-in")

	h.signIn()
	h.desk.Wait("#wait-number")
	h.desk.Visit("portal-waiting")
	h.phone.Wait("[data-screen=approval]") // the live stream brought it
	h.phone.Visit("phone-approval")
	h.phone.TypeNumber(h.desk.Number())
	h.phone.Click("#confirm")
	h.phone.Wait("[data-screen=confirm]")
	h.phone.Visit("phone-confirm-pin")
	h.phone.ConfirmPIN(maraPIN)
	h.phone.Says("h1", "Approved")
	h.phone.Visit("phone-approved")
	h.desk.At("/") // by itself
	h.desk.Says("#greeting", "Mara")
	h.desk.Visit("portal-home")
}
