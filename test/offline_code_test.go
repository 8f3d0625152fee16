package test

import (
	"strings"
	"testing"

	cdpnetwork "github.com/chromedp/cdproto/network"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// cutOff takes the network away from a phone, its service worker included, and leaves the server to everybody else.
func cutOff(t *testing.T, tab *browser.Tab) {
	t.Helper()
	off := true
	tab.Excuse("net::ERR_INTERNET_DISCONNECTED")
	command(t, tab, cdpnetwork.Enable, cdpnetwork.EnableParams{})
	command(t, tab, cdpnetwork.EmulateNetworkConditionsByRule, cdpnetwork.EmulateNetworkConditionsByRuleParams{
		EmulateOfflineServiceWorker: &off,
		MatchedNetworkConditions:    []*cdpnetwork.Conditions{{Offline: off, DownloadThroughput: -1, UploadThroughput: -1}},
	})
	command(t, tab, cdpnetwork.OverrideNetworkState, cdpnetwork.OverrideNetworkStateParams{Offline: off, DownloadThroughput: -1, UploadThroughput: -1})
	if answered := browser.Eval[bool](tab, "fetch('/api/phone/v1/server').then(() => true, () => false)"); answered {
		t.Fatal("the phone reaches its server: nothing below would be proved")
	}
}

// alone is a house whose phone was active, closed, and opened again where there is no network.
func alone(t *testing.T, activate func(h *house)) *house {
	t.Helper()
	h := move(t, nil)
	h.signIn()
	h.desk.Wait("#activation[data-state=offer]")
	activate(h)
	h.phone.Until("a service worker in charge", "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)")
	h.signOut()
	cutOff(t, h.phone)
	h.phone.Reload()
	h.phone.Wait("[data-screen=home]")
	h.phone.Says(".banner", "No connection since")
	return h
}

// byPIN activates the phone with a PIN.
func byPIN(h *house) { browser.Activate(h.desk, h.phone, h.server.phone, maraPIN) }

// codeOn reads the eight digits off the phone.
func codeOn(phone *browser.Tab) string {
	phone.Wait("#code")
	return browser.Eval[string](phone, `document.getElementById("code").textContent`)
}

// answer types the eight digits that the phone shows into the page.
func (h *house) answer() {
	h.t.Helper()
	code := codeOn(h.phone)
	if len(code) != 8 {
		h.t.Fatalf("the phone shows %q", code)
	}
	h.desk.Type("#code", code)
	h.desk.Click("#sign-in")
}

// showRequest lets the phone's camera see the square code of the page.
func (h *house) showRequest() {
	h.t.Helper()
	b := running(h.t)
	h.desk.Wait("#qr")
	// As much of the camera's picture as fits, which is what somebody does who holds the phone near.
	browser.Eval[bool](h.desk, `(() => { const qr = document.getElementById("qr"); qr.style.width = qr.style.height = "236px"; return true; })()`)
	b.ShowCamera(h.desk, "#qr")
	h.t.Cleanup(func() { b.CloseCamera(h.desk) })
}

func TestAPhoneWithoutNetworkAnswersAScannedRequest(t *testing.T) {
	h := alone(t, byPIN)
	h.phone.Allow("camera", h.server.phone, true)
	h.askForCode()
	h.showRequest()
	h.phone.Visit("phone-home-offline")
	h.phone.Click("#offline-code")
	h.phone.Wait("[data-screen=offline-code]")
	h.phone.Visit("phone-offline-code")
	h.phone.Click("#scan")
	h.phone.Wait("[data-screen=offline-ask]")
	for _, piece := range []string{"Aldermere", "Mara Lindqvist", "127.0.0.1"} {
		h.phone.Says(".statement", piece)
	}
	h.phone.Visit("phone-offline-ask-scanned")
	h.phone.Click("#confirm")
	h.phone.Wait("[data-screen=offline-pin]")
	h.phone.Visit("phone-offline-pin")

	// A wrong PIN: the phone cannot know, the page can.
	h.phone.Type("#pin", "q7#fx")
	h.phone.Click("#confirm")
	h.phone.Wait("[data-screen=offline-result]")
	h.answer()
	h.desk.Says("#code-error", "You have 4 tries left")
	h.showRequest() // the page came anew
	h.phone.Click("#other-digits")
	h.phone.Click("#scan")
	h.phone.Click("[data-screen=offline-ask] #confirm")
	h.phone.Type("[data-screen=offline-pin] #pin", maraPIN)
	h.phone.Click("#confirm")
	h.phone.Wait("[data-screen=offline-result]")
	h.phone.Says(".digits-left", "left for this code")
	h.phone.Visit("phone-offline-result-scanned")
	code := codeOn(h.phone)
	h.answer()
	h.desk.At("/")
	h.desk.Says("#greeting", "Mara")

	h.phone.Click("#done")
	h.phone.Wait("[data-screen=home]")
	kept := browser.Eval[string](h.phone, `(async () => {
  const all = [location.href, JSON.stringify(history.state), JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((done) => { const open = indexedDB.open(name); open.onsuccess = () => done(open.result); });
    for (const store of db.objectStoreNames) {
      all.push(JSON.stringify(await new Promise((done) => { const got = db.transaction(store).objectStore(store).getAll(); got.onsuccess = () => done(got.result); })));
    }
    db.close();
  }
  return all.join("\n");
})()`)
	if len(kept) < 100 || strings.Contains(kept, code) || strings.Contains(kept, maraPIN) {
		t.Errorf("the phone keeps the code or the PIN: %s", kept)
	}
}

func TestAPhoneWithoutNetworkAnswersTypedDigits(t *testing.T) {
	h := alone(t, byPIN)
	h.askForCode()
	h.phone.Click("#offline-code")
	h.phone.Click("#type")
	h.phone.Type("[data-screen=offline-digits] #digits", digitsOn(h.desk))
	h.phone.Visit("phone-offline-digits")
	h.phone.Click("#continue")
	h.phone.Wait("[data-screen=offline-ask]")
	h.phone.Says(".banner", "This phone cannot see what the digits are for.")
	h.phone.Visit("phone-offline-ask-typed")
	h.phone.Click("#confirm")
	h.phone.Type("[data-screen=offline-pin] #pin", maraPIN)
	h.phone.Click("#confirm")
	h.phone.Wait("[data-screen=offline-result]")
	h.phone.Says(".parts", "You typed the digits by hand.")
	h.phone.Visit("phone-offline-result-typed")
	h.answer()
	h.desk.At("/")
	h.desk.Says("#greeting", "Mara")
}

// The PRF of a real WebAuthn implementation, asked without any server.
func TestAFingerAnswersWithoutNetwork(t *testing.T) {
	h := alone(t, func(h *house) {
		sensor(t, h.phone)
		h.phone.Go(h.server.phone + "/")
		h.phone.TypeCode(h.desk.Code())
		h.phone.Click("[data-screen=offer] #continue")
		h.phone.Click("[data-screen=pin] #use-biometric")
		h.phone.Click("[data-screen=biometric] #activate")
		h.phone.Says("h1", "This phone is active")
		h.desk.Wait("#activated")
		h.phone.Click("#done")
	})
	h.askForCode()
	h.phone.Click("#offline-code")
	h.phone.Click("#type")
	h.phone.Type("[data-screen=offline-digits] #digits", digitsOn(h.desk))
	h.phone.Click("#continue")
	h.phone.Click("[data-screen=offline-ask] #confirm")
	h.phone.Wait("[data-screen=offline-result]")
	h.answer()
	h.desk.At("/")
}

// With a network the square code opens the request itself.
func TestAScannedRequestOpensWithANetwork(t *testing.T) {
	h := settled(t, nil)
	h.phone.Allow("camera", h.server.phone, true)
	h.phone.Click("#offline-code")
	h.askForCode()
	h.showRequest()
	h.phone.Click("#scan")
	h.phone.Wait("[data-screen=approval]")
	h.phone.Says("h1", "Is this you?")
}

func TestAPhoneAnswersWhileTheServerIsStopped(t *testing.T) {
	h := move(t, nil)
	h.signIn()
	byPIN(h)
	h.phone.Until("a service worker in charge", "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)")
	h.signOut()
	h.askForCode()
	digits := digitsOn(h.desk)
	for _, tab := range []*browser.Tab{h.desk, h.phone} {
		tab.Excuse("net::ERR_") // there is no server
	}
	h.stop()
	h.phone.Reload()
	h.phone.Wait("[data-screen=home] .banner") // no connection
	h.phone.Click("#offline-code")
	h.phone.Click("#type")
	h.phone.Type("[data-screen=offline-digits] #digits", digits)
	h.phone.Click("#continue")
	h.phone.Click("[data-screen=offline-ask] #confirm")
	h.phone.Type("[data-screen=offline-pin] #pin", maraPIN)
	h.phone.Click("#confirm")
	h.phone.Wait("[data-screen=offline-result]")
	h.start()
	h.answer()
	h.desk.At("/")
	h.desk.Says("#greeting", "Mara")
}

func TestCodesOfThePhoneStandInEveryLanguage(t *testing.T) {
	everyReader(t, func(t *testing.T, r reader) {
		h := r.lives(t, nil)
		h.desk.SignIn(h.server.portal, r.name, r.password)
		h.hand.TypeCode(h.desk.Code())
		h.hand.CreatePIN(maraPIN)
		h.desk.Wait("#activated")
		h.done(h.hand)
		h.hand.Until("a service worker in charge", "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)")
		h.leaves()
		h.asksFor(h.desk)
		h.desk.Click("#use-code")
		digits := digitsOn(h.desk)
		cutOff(t, h.hand)
		h.hand.Reload()
		h.hand.Wait("[data-screen=home] .banner")
		h.at(h.hand, "home", "", "home-offline")
		h.hand.Click("#offline-code")
		h.at(h.hand, "offline-code", "offline_way.title", "offline-code")
		h.hand.Click("#type")
		h.at(h.hand, "offline-digits", "offline_way.digits.title", "offline-digits")
		h.hand.Type("#digits", digits)
		h.hand.Click("#continue")
		h.at(h.hand, "offline-ask", "offline_way.ask.title", "offline-ask")
		h.hand.Click("#confirm")
		h.at(h.hand, "offline-pin", "", "offline-pin")
		h.hand.Type("#pin", maraPIN)
		h.hand.Click("#confirm")
		h.at(h.hand, "offline-result", "offline_way.result.title", "offline-result")
		h.hand.Click("#other-digits")
		h.hand.Click("[data-screen=offline-code] #type")
		h.hand.Type("[data-screen=offline-digits] #digits", digits)
		h.hand.Click("#continue")
		h.hand.Click("[data-screen=offline-ask] #deny")
		h.at(h.hand, "fault", "offline_code.not_me.title", "offline-not-me")
	})
}
