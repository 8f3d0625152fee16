package test

import (
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// sensor gives a tab a fingerprint sensor; the returned function says whether the finger is the right one.
func sensor(t *testing.T, tab *browser.Tab) (finger func(right bool)) {
	t.Helper()
	if _, err := chromedp.Call(tab.Context(), webauthn.Enable, webauthn.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	added, err := chromedp.Call(tab.Context(), webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, HasPrf: true, AutomaticPresenceSimulation: true, IsUserVerified: true,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(right bool) {
		t.Helper()
		_, err := chromedp.Call(tab.Context(), webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: added.AuthenticatorID, IsUserVerified: right})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFingerActivatesAndApproves(t *testing.T) {
	h := move(t, nil)
	h.signIn()
	h.desk.Wait("#activation[data-state=offer]")
	finger := sensor(t, h.phone)
	h.phone.Go(h.server.phone + "/")
	h.phone.TypeCode(h.desk.Code())
	h.phone.Click("#continue")
	h.phone.Click("[data-screen=pin] #use-biometric")
	h.phone.Wait("[data-screen=biometric]")
	h.phone.Visit("phone-biometric")
	finger(false)
	h.phone.Click("#activate")
	h.phone.Wait("[data-error^='biometric.'] .banner")
	h.phone.Visit("phone-biometric-refused")
	finger(true)
	h.phone.Click("#activate")
	h.phone.Says("h1", "This phone is active")
	h.desk.Wait("#activated")
	h.phone.Click("#done")
	h.signOut()

	h.signIn()
	h.phone.TypeNumber(h.desk.Number())
	finger(false)
	h.phone.Click("#confirm")
	h.phone.Wait("[data-error^='biometric.'] .banner")
	h.phone.Visit("phone-approval-finger-refused")
	h.desk.Wait("#wait-number") // nothing is decided
	finger(true)
	h.phone.Click("#confirm")
	h.phone.Says("h1", "Approved")
	h.desk.At("/")
}

func TestAPhoneWithFingerAndPINApprovesWithEither(t *testing.T) {
	h := move(t, nil)
	h.signIn()
	h.desk.Wait("#activation[data-state=offer]")
	sensor(t, h.phone)
	h.phone.Go(h.server.phone + "/")
	h.phone.TypeCode(h.desk.Code())
	h.phone.Click("#continue")
	h.phone.Click("[data-screen=pin] #use-biometric")
	h.phone.Click("#pin-too")
	h.phone.Click("#activate")
	h.phone.Type("[data-screen=pin] #pin", maraPIN)
	h.phone.Type("#pin-repeat", maraPIN)
	h.phone.Click("#activate")
	h.phone.Says("h1", "This phone is active")
	h.phone.Click("#done")
	h.desk.Wait("#activated")
	h.signOut()

	h.signIn()
	h.phone.Wait("[data-screen=approval] #other-factor")
	h.phone.Visit("phone-approval-two-factors")
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.phone.Says("h1", "Approved")
	h.desk.At("/")
	h.phone.Click("#done")
	h.signOut()

	h.signIn()
	h.phone.TypeNumber(h.desk.Number())
	h.phone.Click("#other-factor")
	h.phone.Says("h1", "Approved")
	h.desk.At("/")
}
