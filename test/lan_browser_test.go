package test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// trusting opens a tab as on a device where the demo's authority was installed. Which certificates hold is for
// TestAPhoneOnTheNetworkJoinsTheDemo; a headless browser has no store of its own for them.
func trusting(t *testing.T, name string, device browser.Device) *browser.Tab {
	t.Helper()
	tab := open(t, name, device)
	tab.Excuse("SSL certificate") // Chromium lets no service worker in over it
	if _, err := chromedp.Call(tab.Context(), security.SetIgnoreCertificateErrors, security.SetIgnoreCertificateErrorsParams{Ignore: true}); err != nil {
		t.Fatal(err)
	}
	return tab
}

func TestAtAnAddressThePhoneOffersThePINAlone(t *testing.T) {
	line, _ := startDemo(t, "--lan", "--listen", ":0") // at this machine's own address on its network
	page := trusting(t, "demo", stageSize)
	page.Excuse("Blocked autofocusing")
	page.Go(line.URL + "/")
	portal := page.Frame("#portal", line.Portal)
	page.Frame("#phone", line.Phone).Wait("[data-screen=first]") // both frames are there, and have been told their language
	portal.Type("#username", line.Users[0].Name)
	portal.Type("#password", line.Users[0].Password)
	portal.Click("#sign-in")
	portal.Wait("#activation #qr")

	phone := trusting(t, "phone", browser.Handset)
	if _, err := chromedp.Call(phone.Context(), webauthn.Enable, webauthn.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(phone.Context(), webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true,
		},
	}); err != nil {
		t.Fatal(err)
	}
	phone.Go(line.Phone + "/")
	if !browser.Eval[bool](phone, "PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable()") {
		t.Fatal("this handset has no sensor: the test would prove nothing")
	}
	phone.TypeCode(portal.Code())
	phone.Click("[data-screen=offer] #continue")
	phone.Wait("[data-screen=pin]")
	if phone.Has("#use-biometric") {
		t.Error("a fingerprint is offered where there is no name to bind it to")
	}
	phone.Type("[data-screen=pin] #pin", maraPIN)
	phone.Type("#pin-repeat", maraPIN)
	phone.Click("#activate")
	phone.Wait("[data-screen=activated]")
	portal.Wait("#activated")
	phone.Click("#done")
	phone.Wait("[data-screen=home]")

	// The portal in its frame keeps its session although all doors share a host.
	portal.Click("#activated-done") // leads to the sign-in, as this session had the password alone
	portal.At("/sign-in")
	portal.Type("#username", line.Users[0].Name)
	portal.Type("#password", line.Users[0].Password)
	portal.Click("#sign-in")
	phone.Approve(portal.Number(), maraPIN)
	phone.Says("h1", "Approved")
	portal.At("/")
	page.Says("#steps > .step-now", "You are in")

	// The other phone of the trouble panel reaches the phone API over the demo's own certificate.
	s := &sideBySide{t: t, line: line, page: page, portal: portal, phone: page.Frame("#phone", line.Phone)}
	s.again()
	s.signedIn()
	page.Click("#troubles summary")
	s.try("used")
	s.scan()
	s.faces("used", "activation.used")
}

func TestThePageOfTrustSuitsEveryScreen(t *testing.T) {
	line, _ := startDemo(t, "--lan", "--listen", ":0") // at this machine's own address on its network
	tab := open(t, "trust", browser.Desktop)
	tab.Excuse("Cross-Origin-Opener-Policy header has been ignored") // as ever over plain HTTP
	tab.Go(strings.TrimSuffix(line.CA.URL, "/ca.crt") + "/")
	tab.Click("#android summary")
	tab.Click("#iphone summary")
	tab.Visit("demo-trust")
}
