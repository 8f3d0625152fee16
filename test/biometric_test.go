package test

import (
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// sensor gives a tab a fingerprint sensor that evaluates the PRF extension; see sensorOf.
func sensor(t *testing.T, tab *browser.Tab) (finger func(right bool)) {
	t.Helper()
	return sensorOf(t, tab, true)
}

// sensorOf gives a tab a fingerprint sensor; the returned function says whether the finger is the right one. A sensor that met
// a wrong finger stays blocked, as a real one does for a while: a right finger comes with a fresh one that holds the same
// credentials.
func sensorOf(t *testing.T, tab *browser.Tab, prf bool) (finger func(right bool)) {
	t.Helper()
	add := func() webauthn.AuthenticatorID {
		t.Helper()
		return command(t, tab, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
			Options: &webauthn.VirtualAuthenticatorOptions{
				Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21, Transport: webauthn.AuthenticatorTransportInternal,
				HasResidentKey: true, HasUserVerification: true, HasPrf: prf, HasCmtgKey: true, AutomaticPresenceSimulation: true, IsUserVerified: true,
			},
		}).AuthenticatorID
	}
	command(t, tab, webauthn.Enable, webauthn.EnableParams{})
	id := add()
	return func(right bool) {
		t.Helper()
		if !right {
			command(t, tab, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: id})
			return
		}
		held := command(t, tab, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: id})
		command(t, tab, webauthn.RemoveVirtualAuthenticator, webauthn.RemoveVirtualAuthenticatorParams{AuthenticatorID: id})
		id = add()
		for _, c := range held.Credentials {
			c.CmtgKeys, c.ActiveCmtgKeyIndex = nil, nil // has none, but says which
			command(t, tab, webauthn.AddCredential, webauthn.AddCredentialParams{AuthenticatorID: id, Credential: c})
		}
	}
}

func command[P, R any](t *testing.T, tab *browser.Tab, c cdp.Command[P, R], params P) R {
	t.Helper()
	answer, err := chromedp.Call(tab.Context(), c, params)
	if err != nil {
		t.Fatal(err)
	}
	return answer
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

// Codes without a connection need a PIN where the finger cannot make them. The person is told so at activation, once the
// phone's finger is known to be such a one, and shows it no second time.
func TestAFingerThatCannotMakeCodesIsJoinedByAPIN(t *testing.T) {
	h := alone(t, func(h *house) {
		sensorOf(t, h.phone, false)
		h.phone.Go(h.server.phone + "/")
		h.phone.TypeCode(h.desk.Code())
		h.phone.Click("#continue")
		h.phone.Click("[data-screen=pin] #use-biometric")
		h.phone.Click("#activate")
		h.phone.Wait("[data-screen=pin] .banner")
		h.phone.Says(".banner", "For codes without a connection, this phone needs a PIN as well.")
		h.phone.Visit("phone-pin-for-codes")
		h.phone.Type("[data-screen=pin] #pin", maraPIN)
		h.phone.Type("#pin-repeat", maraPIN)
		h.phone.Click("#activate")
		h.phone.Says("h1", "This phone is active")
		h.desk.Wait("#activated")
		h.phone.Click("#done")
		h.phone.Wait("[data-screen=home]")
	})
	h.askForCode()
	h.phone.Click("#offline-code")
	h.phone.Click("#type")
	h.phone.Type("[data-screen=offline-digits] #digits", digitsOn(h.desk))
	h.phone.Click("#continue")
	h.phone.Click("[data-screen=offline-ask] #confirm")
	h.phone.Type("[data-screen=offline-pin] #pin", maraPIN)
	h.phone.Click("#confirm")
	h.answer()
	h.desk.At("/")
}
