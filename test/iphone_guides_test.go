package test

import (
	"strings"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// onIPhone performs the guides of iPhones. A virtual authenticator is their Face ID.
var onIPhone = map[string]perform{
	"A3/1": (*walk).visit,
	"A3/2": func(w *walk) {
		w.phone.Click("#install-app")
		w.on("install")
		w.says("h1", "install.title.ios")
	},
	"A3/3": (*walk).whose,
	"A3/4": addToHomeScreen,
	"A3/5": (*walk).openInstalled,
	"A3/6": setUp,
	"A3/7": func(w *walk) {
		w.says("legend", "code.name.ios")
		w.typeCode()
	},
	"A3/8": func(w *walk) {
		askedToNotify(w)
		w.also("notifications")
		w.phone.Click("#later")
		showFace(w)
	},
	"A3/9": func(w *walk) { w.done("done.ios", false) },

	"A4/1":  atThePortal,
	"A4/2":  openCamera,
	"A4/3":  readLink,
	"A4/4":  readBanner,
	"A4/5":  openSite,
	"A4/6":  addToHomeScreen,
	"A4/7":  scanAgain,
	"A4/8":  takeAlong,
	"A4/9":  allowNotifications,
	"A4/10": showFace,
	"A4/11": func(w *walk) { w.done("done.ios", false) },

	"B3/1":  (*walk).openOwned,
	"B3/1a": (*walk).byServices,
	"B3/1b": func(w *walk) { w.byMore(false, false) },
	"B3/2":  (*walk).authenticate,
	"B3/3":  func(w *walk) { w.instructed("register.ios", "code.title.ios") },
	"B3/4":  (*walk).typeCode,
	"B3/5":  goOnToFace,
	"B3/6":  func(w *walk) { w.done("done.ios", false) },

	"B4/1":  (*walk).openOwned,
	"B4/1a": (*walk).byServices,
	"B4/1b": func(w *walk) { w.byMore(false, false) },
	"B4/2":  (*walk).authenticate,
	"B4/3":  func(w *walk) { w.instructed("register.ios", "code.title.ios") },
	"B4/4":  func(w *walk) { w.startScan("camera.name.ios") },
	"B4/5":  (*walk).allowCamera,
	"B4/6":  (*walk).pointed,
	"B4/7":  goOnToFace,
	"B4/8":  func(w *walk) { w.done("done.ios", false) },
}

func addToHomeScreen(w *walk) {
	w.t.Helper()
	item := w.text.T("install.item.ios", nil)
	w.says("main", "install.step.share")
	w.says("main", "install.step.add_ios", "Item", item)
	w.says("main", "install.step.confirm_ios", "Item", w.text.T("install.item.ios_add", nil), "Other", w.text.T("install.item.web_app", nil))
	w.says("#added", "install.added")
	w.also("share")
	w.phone.Click("#added")
	w.on("installed")
	w.says("h1", "installed.title", "Name", "Aldermere")
}

func setUp(w *walk) {
	w.t.Helper()
	w.says("#register", "register.ios")
	w.phone.Click("#register")
	w.on("code")
	w.says("header.bar", "register.ios")
	w.says("h1", "code.title.ios")
}

// goOnToFace is for a phone that was asked about notifications before.
func goOnToFace(w *walk) {
	w.t.Helper()
	w.phone.Click("[data-screen=offer] #continue")
	showFace(w)
}

func showFace(w *walk) {
	w.t.Helper()
	w.on("biometric")
	w.says("h1", "biometric.title", "Sensor", w.text.T("sensor.ios", nil))
	w.says("#activate", "activate.ios")
	w.also("face")
	w.phone.Click("#activate")
	w.activated()
	w.says("main", "sensor.ios")
}

// The steps of A4 before the app are the portal's, and those of the phone's camera, which is no browser: what it reads is the
// link that the portal also has under its button for this phone. That the square code holds the same is what A2 and B4 prove.

func atThePortal(w *walk) {
	w.t.Helper()
	w.signIn()
	w.saysOn(w.desk, "#activation", "activation.step_1")
	w.seen = w.desk
}

func openCamera(w *walk) {
	w.t.Helper()
	w.saysOn(w.desk, "#activation", "activation.step_2")
	w.desk.Until("the picture", "document.querySelector('#qr').complete && document.querySelector('#qr').naturalWidth > 100")
	w.seen = w.desk
}

func readLink(w *walk) {
	w.t.Helper()
	w.link = browser.Eval[string](w.desk, `document.getElementById("activate-here").href`)
	if !strings.Contains(w.link, strings.Join(w.desk.Code(), "")) {
		w.t.Errorf("the link %s does not hold the code", w.link)
	}
	w.seen = w.desk
}

func readBanner(w *walk) {
	w.t.Helper()
	if !strings.HasPrefix(w.link, w.server.phone+"/a#") {
		w.t.Errorf("the link leads to %s, want the phone app at %s", w.link, w.server.phone)
	}
	w.seen = w.desk
}

// follow opens the link in Safari.
func follow(w *walk) {
	w.t.Helper()
	w.phone.Go(w.link)
	w.on("install")
	w.says("h1", "install.title.ios")
	w.whose()
	if at := browser.Eval[string](w.phone, "location.href"); strings.Contains(at, "#") {
		w.t.Errorf("the code stays in the address: %s", at)
	}
}

func openSite(w *walk) {
	w.t.Helper()
	w.phone = running(w.t).Open(w.t, "Safari", w.device())
	w.phone.Speak(w.lang)
	follow(w)
	w.says("main", "install.lead")
}

func scanAgain(w *walk) {
	w.t.Helper()
	w.desk.Wait("#activation[data-state=offer]")
	follow(w)
}

func takeAlong(w *walk) {
	w.t.Helper()
	w.phone.Click("#added")
	w.on("installed")
	w.says("h1", "installed.title", "Name", "Aldermere")
	w.says("main", "install.step.open", "Name", "Aldermere")
	w.reach()
	w.phone.Allow("clipboard-write", w.server.phone, true)
	w.says("#copy-code", "install.copy")
	w.phone.Click("#copy-code")
	w.says("main", "install.copied")
	w.also("copied")

	w.openInstalled()
	w.phone.Allow("clipboard-read", w.server.phone, true)
	setUp(w)
	w.says("#paste", "code.paste")
	w.phone.Click("#paste")
	w.phone.Until("the code to be pasted", "[...document.querySelectorAll('.code-group')].every(e => e.value.length === 4)")
	w.let()
	w.also("pasted")
	w.phone.Click("#continue")
	w.offered()
}

// askedToNotify says whose the code is, and is asked.
func askedToNotify(w *walk) {
	w.t.Helper()
	w.phone.Click("[data-screen=offer] #continue")
	w.on("notifications")
	w.says("h1", "notify.title")
	w.says("main", "notify.says")
}

func allowNotifications(w *walk) {
	w.t.Helper()
	askedToNotify(w)
	w.says("#allow", "notify.title")
	w.phone.Click("#allow")
	w.allow("notifications")
	w.on("biometric")
}
