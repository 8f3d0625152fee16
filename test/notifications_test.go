package test

import (
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// undecided makes pages believe that nobody was asked about notifications yet; the person will answer with answer. What the
// browser really allows is for Tab.Allow: a headless one has nobody to ask.
func undecided(answer string) func(*browser.Tab) {
	return func(tab *browser.Tab) {
		tab.Before(`{ let said = "default";
Object.defineProperty(Notification, "permission", {get: () => said});
Notification.requestPermission = () => { said = "` + answer + `"; return Promise.resolve(said); }; }`)
	}
}

// hide puts a page out of sight, or back.
func hide(tab *browser.Tab, hidden bool) {
	state := "visible"
	if hidden {
		state = "hidden"
	}
	browser.Eval[bool](tab, `(Object.defineProperty(document, "visibilityState", {get: () => "`+state+`", configurable: true}),
  document.dispatchEvent(new Event("visibilitychange")))`)
}

// notified is an expression for the notifications that the app shows.
const notified = `navigator.serviceWorker.getRegistration().then(r => r.getNotifications()).then(all => all.map(n => n.title + ": " + n.body))`

func TestAnAppOutOfSightNotifiesThatARequestWaits(t *testing.T) {
	h := onHomeScreen(t, undecided("granted"))
	h.phone.Wait("[data-screen=notifications]")
	h.phone.Visit("notifications-ask")
	h.phone.Click("#allow")
	h.phone.Wait("[data-screen=home]")
	h.phone.Until("a service worker", "navigator.serviceWorker.ready.then(() => true)")

	h.signOut()
	hide(h.phone, true)
	h.signIn()
	number := h.desk.Number()
	h.phone.Until("a notification", notified+`.then(all => all.length === 1)`)
	if got := browser.Eval[[]string](h.phone, notified)[0]; got != "Aldermere: A request is waiting. Open the app to see it." {
		t.Errorf("the notification says %q", got)
	}
	hide(h.phone, false)
	h.phone.Until("no notification", notified+`.then(all => all.length === 0)`)
	h.phone.Approve(number, maraPIN)
	h.desk.At("/")

	h.phone.Click("#done")
	h.phone.Click("#more")
	h.phone.Click("#settings")
	h.phone.Says("#notifications", "Allowed")
	h.phone.Click("#notifications")
	h.phone.Wait("[data-check=permission][data-state=good]")
	h.phone.Wait("[data-check=subscription][data-state=bad]") // a private window has no push service
	h.phone.Visit("notifications-allowed")
}

func TestNotificationsThatAreRefusedAreNotAskedForAgain(t *testing.T) {
	for _, p := range []struct {
		name, lang, says string
		device           browser.Device
	}{
		{"iphone", "de", "Mitteilungen erlauben", browser.IPhone},
		{"android", "ja", "アプリ情報", browser.Handset},
	} {
		t.Run(p.name, func(t *testing.T) {
			h := move(t, nil)
			h.phone = open(t, "app", p.device.FromHomeScreen())
			h.phone.Speak(p.lang)
			undecided("denied")(h.phone)
			h.signIn()
			h.phone.Go(h.server.phone + "/")
			h.phone.TypeCode(h.desk.Code())
			onTheWay := p.device == browser.IPhone
			if onTheWay {
				h.phone.Click("[data-screen=offer] #continue")
			} else {
				h.phone.CreatePIN(maraPIN)
				h.phone.Click("#done")
			}
			h.phone.Wait("[data-screen=notifications] #allow")
			h.phone.Visit("notifications-ask-" + p.lang)
			h.phone.Click("#allow")
			h.phone.Says(".numbered", p.says)
			h.phone.Visit("notifications-refused-" + p.lang)
			if onTheWay {
				h.phone.Click("#go-on")
				h.phone.Type("[data-screen=pin] #pin", maraPIN)
				h.phone.Type("#pin-repeat", maraPIN)
				h.phone.Click("#activate")
				h.phone.Wait("[data-screen=activated]")
			}
			h.phone.Click("#done")
			h.phone.Wait("[data-screen=home]")
		})
	}
}

func TestABrowserThatKeepsNothingSaysSo(t *testing.T) {
	s := serve(t, nil)
	for _, p := range []struct {
		name, lang, without, says string
		device                    browser.Device
	}{
		{"private-android", "en", "", "Leave the private window", browser.Handset},
		{"private-iphone", "de", "", "Verlassen Sie „Privat“", browser.IPhone},
		{"lockdown-iphone", "ja", "delete window.WebAssembly;", "ロックダウンモード", browser.IPhone},
	} {
		tab := open(t, p.name, p.device)
		tab.Before(p.without + `IDBFactory.prototype.open = () => { throw new DOMException("refused", "SecurityError"); };`)
		tab.Excuse("storage") // the app writes the fault to the console
		tab.Speak(p.lang)
		tab.Go(s.phone + "/")
		tab.Wait("[data-screen=start-fault]")
		tab.Says("main", p.says)
		tab.Visit("start-fault-" + p.name)
		tab.Click("#language")
		tab.Wait("dialog")
		tab.Visit("language-dialog-" + p.lang)
		tab.Click("#language-en")
		tab.Says("h1", "This browser keeps nothing")
		tab.Click("#retry")
		tab.Wait("[data-screen=start-fault]")
	}
}

// Until somebody is active here, every screen has the switch, and it takes nothing of what was typed.
func TestTheLanguageIsSwitchedInTheMiddleOfAnActivation(t *testing.T) {
	h := move(t, nil)
	h.signIn()
	h.phone.Go(h.server.phone + "/")
	h.phone.TypeCode(h.desk.Code())
	h.phone.Click("[data-screen=offer] #continue")
	h.phone.Type("[data-screen=pin] #pin", maraPIN)
	h.phone.Click("#language")
	h.phone.Click("#language-de")
	h.phone.Wait("html[lang=de]")
	h.phone.Until("the PIN that was typed", `document.getElementById("pin").value === "`+maraPIN+`"`)
	h.phone.Type("#pin-repeat", maraPIN)
	h.phone.Click("#activate")
	h.phone.Wait("[data-screen=activated]")
	h.phone.Click("#done")
	h.phone.Wait("[data-screen=home]")
	if h.phone.Has("#language") {
		t.Error("the switch stays in the bar after the activation")
	}
}
