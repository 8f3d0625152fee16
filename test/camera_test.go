package test

import (
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// The camera plays the very picture that the portal shows. Headless Chromium on Linux has no BarcodeDetector, so that it is
// our own reader that decodes it.
func TestAPhoneIsActivatedByTheCamera(t *testing.T) {
	h := move(t, nil)
	b := running(t)
	h.signIn()
	h.desk.Wait("#activation[data-state=offer]")
	b.ShowCamera(h.desk, "#qr")
	defer b.CloseCamera(h.desk)
	h.phone.Allow("camera", h.server.phone, true)
	h.phone.Go(h.server.phone + "/")
	if browser.Eval[bool](h.phone, "'BarcodeDetector' in window") {
		t.Error("this browser has a reader of its own: the test does not prove ours")
	}
	h.phone.Click("#register")
	h.phone.Click("#scan")
	h.phone.Wait("[data-screen=offer]")
	h.phone.Says("main", "Mara Lindqvist")
	h.phone.CreatePIN(maraPIN)
	h.phone.Says("h1", "This phone is active")
	h.desk.Wait("#activated")
}

func TestACameraThatSeesNothingOrIsForbiddenGetsHelp(t *testing.T) {
	h := move(t, nil)
	h.phone.Allow("camera", h.server.phone, true)
	h.phone.Go(h.server.phone + "/")
	h.phone.Click("#register")
	h.phone.Click("#scan")
	h.phone.Wait("[data-screen=scan] video")
	h.phone.Says(".screen-status", "Nothing read yet.")
	h.phone.Visit("phone-scan")
	h.phone.Click("#type")
	h.phone.Wait("[data-screen=code]")

	h.phone.Allow("camera", h.server.phone, false)
	h.phone.Click("#scan")
	h.phone.Wait("[data-error='camera.denied']")
	h.phone.Visit("phone-scan-denied")
	h.phone.Allow("camera", h.server.phone, true) // the screen hears of it and goes on
	h.phone.Wait("video")
}

// A link that the phone's own camera opened in the installed app goes straight to the offer, and leaves no trace in the address.
func TestALinkOpensTheOfferInTheInstalledApp(t *testing.T) {
	h := move(t, nil)
	h.phone = open(t, "app", browser.Handset.FromHomeScreen())
	h.signIn()
	link := h.desk.Attribute("#activation", "data-state")
	if link != "offer" {
		t.Fatalf("the banner is at %q", link)
	}
	link = browser.Eval[string](h.desk, `document.getElementById("activate-here").href`)
	h.phone.Go(link)
	h.phone.Wait("[data-screen=offer]")
	if at := browser.Eval[string](h.phone, "location.href"); at != h.server.phone+"/" {
		t.Errorf("the address holds %q", at)
	}
	h.phone.Click("#not-me")
	h.phone.Wait("[data-screen=first]")
}
