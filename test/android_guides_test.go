package test

import (
	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// onAndroid performs the guides of Android.
var onAndroid = map[string]perform{
	"A1/1": (*walk).visit,
	"A1/2": func(w *walk) { w.says(".lead", "first.belongs", "Operator", "Aldermere Savings") },
	"A1/3": installByPrompt,
	"A1/4": (*walk).openInstalled,
	"A1/5": registerTwoFactor,
	"A1/6": sessionID,
	"A1/7": (*walk).typeCode,
	"A1/8": createPIN,
	"A1/9": func(w *walk) { w.done("done.android", true) },

	"A2/1":  (*walk).visit,
	"A2/2":  func(w *walk) { w.says(".lead", "first.belongs", "Operator", "Aldermere Savings") },
	"A2/3":  installByMenu,
	"A2/4":  (*walk).openInstalled,
	"A2/5":  registerTwoFactor,
	"A2/6":  sessionID,
	"A2/7":  func(w *walk) { w.startScan("camera.name.android") },
	"A2/8":  (*walk).allowCamera,
	"A2/9":  (*walk).pointed,
	"A2/10": createPIN,
	"A2/11": func(w *walk) { w.done("done.android", true) },

	"B1/1":  (*walk).openOwned,
	"B1/1a": (*walk).byServices,
	"B1/1b": func(w *walk) { w.byMore(true, true) },
	"B1/2":  (*walk).authenticate,
	"B1/3":  func(w *walk) { w.instructed("add.code.android", "code.title.android") },
	"B1/4":  (*walk).typeCode,
	"B1/5":  existingPIN,
	"B1/6":  func(w *walk) { w.done("done.android", false) },

	"B2/1":  (*walk).openOwned,
	"B2/1a": (*walk).byServices,
	"B2/1b": func(w *walk) { w.byMore(true, true) },
	"B2/2":  (*walk).authenticate,
	"B2/3":  func(w *walk) { w.instructed("add.code.android", "code.title.android") },
	"B2/4":  func(w *walk) { w.startScan("camera.name.android") },
	"B2/5":  (*walk).allowCamera,
	"B2/6":  (*walk).pointed,
	"B2/7":  existingPIN,
	"B2/8":  func(w *walk) { w.done("done.android", false) },
}

// promptOffered is what Chrome tells a page that can be installed (Web Application Manifest, "beforeinstallprompt"); here the
// page is told by the test, and the prompt is answered with yes.
const promptOffered = `(() => {
  globalThis.prompted = false;
  dispatchEvent(Object.assign(new Event("beforeinstallprompt", {cancelable: true}), {
    prompt: () => { globalThis.prompted = true; return Promise.resolve(); }, userChoice: Promise.resolve({outcome: "accepted"}),
  }));
  return true;
})()`

func installByPrompt(w *walk) {
	w.t.Helper()
	browser.Eval[bool](w.phone, promptOffered)
	w.phone.Click("#install-app")
	w.on("install")
	w.says("h1", "install.title")
	w.whose()
	w.says("#install", "install.button")
	w.also("offered")
	w.phone.Click("#install")
	w.says("h1", "install.busy.title")
	if !browser.Eval[bool](w.phone, "globalThis.prompted") {
		w.t.Error("the browser's prompt was not shown")
	}
	browser.Eval[bool](w.phone, `dispatchEvent(new Event("appinstalled"))`)
	w.says("h1", "install.done.title")
	w.says("main", "install.done.open", "Name", "Aldermere")
}

func installByMenu(w *walk) {
	w.t.Helper()
	w.phone.Click("#install-app")
	w.on("install")
	w.says("h1", "install.title")
	w.whose()
	w.says("main", "install.step.dots_top")
	w.says("main", "install.step.either", "Item", w.text.T("install.item.app", nil), "Other", w.text.T("install.item.add", nil))
	w.says("main", "install.step.open_app", "Name", "Aldermere")
	if w.phone.Has("#install") {
		w.t.Error("a prompt is offered that the browser does not have")
	}
}

func registerTwoFactor(w *walk) {
	w.t.Helper()
	w.says("#register", "register.android")
	w.phone.Click("#register")
	w.on("code")
	w.says("header.bar", "register.android")
}

func sessionID(w *walk) {
	w.t.Helper()
	w.says("h1", "code.title.android")
	w.says("legend", "code.name.android")
	w.says("#scan", "camera.name.android")
	w.phone.Click("#code-group-1")
	w.phone.Until("the field to have the focus", "document.activeElement.id === 'code-group-1'")
}

func createPIN(w *walk) {
	w.t.Helper()
	w.phone.Click("[data-screen=offer] #continue")
	w.on("pin")
	w.says("h1", "pin.title")
	w.says("main", "pin.rules")
	w.phone.Type("#pin", maraPIN)
	w.phone.Type("#pin-repeat", maraPIN)
	w.also("pin")
	w.says("#activate", "activate.android")
	w.phone.Click("#activate")
	w.activated()
}

func existingPIN(w *walk) {
	w.t.Helper()
	w.phone.Click("[data-screen=offer] #continue")
	w.on("existing-pin")
	w.says("h1", "existing_pin.title")
	if w.phone.Has("#pin-repeat") {
		w.t.Error("a further PIN is to be made")
	}
	w.phone.Type("#pin", maraPIN)
	w.also("pin")
	w.says("#activate", "activate.android")
	w.phone.Click("#activate")
	w.activated()
}
