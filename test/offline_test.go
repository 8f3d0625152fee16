package test

import (
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// atActivate brings the phone to the PIN of an offer, with nothing left but to touch ACTIVATE, and takes the server away.
func atActivate(t *testing.T) *house {
	t.Helper()
	h := move(t, nil)
	h.signIn()
	h.desk.Wait("#activation[data-state=offer]")
	h.phone.Go(h.server.phone + "/")
	h.phone.Until("a service worker in charge", "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)")
	h.phone.TypeCode(h.desk.Code())
	h.phone.Click("[data-screen=offer] #continue")
	h.phone.Type("[data-screen=pin] #pin", maraPIN)
	h.phone.Type("#pin-repeat", maraPIN)
	for _, tab := range []*browser.Tab{h.desk, h.phone} {
		tab.Excuse("net::ERR_") // there is no server
	}
	h.stop()
	h.phone.Click("#activate")
	h.phone.Wait("[data-error=offline] .banner")
	return h
}

func TestAnActivationThatLostItsServerGoesOnByItself(t *testing.T) {
	h := atActivate(t)
	h.phone.Visit("phone-activate-offline")
	h.start()
	h.phone.Wait("[data-screen=activated]") // nobody touched anything
	h.phone.Says("h1", "This phone is active")
	h.phone.Says(".toast", "You are online again.")
	h.phone.Picture("phone-activated-online-again")
	h.desk.Wait("#activated")
	h.phone.Click("#done") // the toast does not lie above it
	h.phone.Wait("[data-screen=home]")
	h.signOut()
	h.enter()
}

func TestAnActivationThatLostItsServerIsResumedByAnAppThatWasClosed(t *testing.T) {
	h := atActivate(t)
	h.phone.Reload() // as when the phone's system has closed it meanwhile
	h.phone.Wait("[data-screen=first]")
	h.start()
	h.phone.Reload()
	h.phone.Wait("[data-screen=home]")
	h.phone.Says(".phone", "Mara Lindqvist")
	h.desk.Wait("#activated")
	h.signOut()
	h.enter()
}
