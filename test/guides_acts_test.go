package test

import (
	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// asks makes a page's questions for permission wait for an answer, as they do before a person: headless Chromium would say no at
// once. What is answered is the browser's own matter, by allow.
const asks = `{
  const answered = {}, answer = {};
  for (const what of ["camera", "notifications"]) answered[what] = new Promise((say) => { answer[what] = say; });
  globalThis.asked = "";
  globalThis.answer = (what) => { answer[what](); return true; };
  if (navigator.mediaDevices !== undefined) {
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => { globalThis.asked = "camera"; await answered.camera; return open(wanted); };
  }
  const ask = Notification.requestPermission.bind(Notification);
  Notification.requestPermission = async () => { globalThis.asked = "notifications"; await answered.notifications; return ask(); };
}`

// allow waits until the app has asked for something, and touches Allow.
func (w *walk) allow(permission string) {
	w.t.Helper()
	w.phone.Until("a question for "+permission, "globalThis.asked === '"+permission+"'")
	w.phone.Allow(permission, w.server.phone, true)
	browser.Eval[bool](w.phone, "globalThis.answer('"+permission+"')")
}

// visit opens the phone app's address in the phone's browser, where it is not installed.
func (w *walk) visit() {
	w.t.Helper()
	w.phone = running(w.t).Open(w.t, "browser", w.device())
	w.phone.Speak(w.lang)
	w.phone.Go(w.server.phone + "/")
	w.on("first")
	w.says("h1", "first.line1")
	w.says("h1", "first.line3")
	w.says("#services", "services.title")
	w.says("#install-app", "first.install")
}

// whose reads whose app it is.
func (w *walk) whose() {
	w.t.Helper()
	w.phone.Says("#whose", "Aldermere")
	w.says("#whose", "install.whose", "Operator", "Aldermere Savings")
	w.phone.Says("#whose", w.server.phone[len("http://"):])
}

// openInstalled opens the app from the home screen. On Android it has the browser's storage, on an iPhone one of its own.
func (w *walk) openInstalled() {
	w.t.Helper()
	device := w.device().FromHomeScreen()
	if w.iPhone {
		w.phone = running(w.t).Open(w.t, "app", device)
	} else {
		w.phone = w.phone.Beside(w.t, "app", device)
	}
	w.phone.Speak(w.lang)
	w.phone.Before(asks)
	if w.iPhone {
		sensor(w.t, w.phone)
	}
	w.phone.Go(w.server.phone + "/")
	w.on("first")
	if w.phone.Has("#install-app") {
		w.t.Error("the installed app offers to be installed")
	}
}

// signIn brings the portal to the square code.
func (w *walk) signIn() {
	w.t.Helper()
	w.desk.SignIn(w.server.portal, w.name, guidePassword)
	w.desk.Wait("#activation[data-state=offer] #qr")
	w.saysOn(w.desk, "#activation h2", "activation.title")
}

// typeCode types the characters below the square code, to the offer.
func (w *walk) typeCode() {
	w.t.Helper()
	w.signIn()
	browser.Eval[bool](w.phone, `(document.getElementById("code-group-1").focus(), true)`)
	for _, group := range w.desk.Code() {
		w.phone.Keys(group)
	}
	w.says("#continue", "continue")
	w.also("typed")
	w.phone.Click("#continue")
	w.offered()
}

// offered reads the offer.
func (w *walk) offered() {
	w.t.Helper()
	w.on("offer")
	w.says("h1", "offer.title")
	w.phone.Says("main", w.who)
	w.says("main", "offer.operator", "Operator", "Aldermere Savings")
	w.says("#continue", "offer.yes")
}

// startScan touches what starts the scan; the camera will see a wall first.
func (w *walk) startScan(key string) {
	w.t.Helper()
	w.signIn()
	w.reach()
	running(w.t).CloseCamera(w.desk)
	w.says("#scan", key)
	w.phone.Click("#scan")
	w.on("scan")
	w.says("header.bar", key)
	w.says("h1", "scan.title")
	w.says("main", "scan.lead")
}

// allowCamera says yes to the camera, and sees what it sees.
func (w *walk) allowCamera() {
	w.t.Helper()
	w.allow("camera")
	w.phone.Until("the camera's picture", "document.querySelector('video').videoWidth > 0 && !document.querySelector('video').paused")
}

// pointed holds the camera before the portal until the code is read.
func (w *walk) pointed() {
	w.t.Helper()
	running(w.t).ShowCamera(w.desk, "#qr")
	w.offered()
	w.let()
}

// activated reads that it is done.
func (w *walk) activated() {
	w.t.Helper()
	w.on("activated")
	w.says("h1", "key_made.title")
	w.phone.Says("main", w.who)
	w.phone.Says("main", w.name)
}

// done touches Done and comes to the home screen, with the question about notifications before it where it comes.
func (w *walk) done(key string, asked bool) {
	w.t.Helper()
	w.says("#done", key)
	w.phone.Click("#done")
	if asked {
		w.on("notifications")
		w.says("h1", "notify.title")
		w.also("notifications")
		w.phone.Click("#later")
	}
	w.home()
}

func (w *walk) home() {
	w.t.Helper()
	w.on("home")
	w.says("h1", "home.nothing")
	w.phone.Says("main", w.who)
}

// openOwned opens the app on a phone where somebody is active already, and the app knows them.
func (w *walk) openOwned() {
	w.t.Helper()
	owned := w.owner()
	w.phone = owned.Beside(w.t, "app", w.device().FromHomeScreen())
	w.phone.Speak(w.lang)
	w.phone.Before(asks)
	if w.iPhone {
		sensor(w.t, w.phone)
	}
	w.phone.Allow("camera", w.server.phone, false) // as before the question of this guide
	w.phone.Go(w.server.phone + "/")
	w.home()
}

// owner gives a phone with an active user, the same for all guides of its kind.
func (w *walk) owner() *browser.Tab {
	w.t.Helper()
	p := w.place
	if tab := p.owned[w.iPhone]; tab != nil {
		return tab
	}
	name := map[bool]string{false: "pixel", true: "iphone"}[w.iPhone]
	p.server.addUser(name, w.who, guidePassword)
	desk := open(w.t, "the owner's portal", browser.Desktop)
	desk.Speak(p.lang)
	desk.SignIn(p.server.portal, name, guidePassword)
	desk.Wait("#activation[data-state=offer]")
	phone := running(p.t).Open(p.t, "owned", w.device().FromHomeScreen())
	phone.Speak(p.lang)
	if w.iPhone {
		sensor(p.t, phone)
	}
	phone.Go(p.server.phone + "/")
	phone.TypeCode(desk.Code())
	phone.Click("[data-screen=offer] #continue")
	if w.iPhone {
		phone.Click("[data-screen=notifications] #later")
		phone.Click("[data-screen=biometric] #activate")
	} else {
		phone.Type("[data-screen=pin] #pin", maraPIN)
		phone.Type("#pin-repeat", maraPIN)
		phone.Click("#activate")
	}
	phone.Click("[data-screen=activated] #done")
	if !w.iPhone {
		phone.Click("[data-screen=notifications] #later")
	}
	phone.Wait("[data-screen=home]")
	p.owned[w.iPhone] = phone
	return phone
}

// corner tells in which corner of the screen something stands.
func (w *walk) corner(selector string) (top, left bool) {
	w.t.Helper()
	type at struct{ Top, Left bool }
	w.phone.Wait(selector)
	found := browser.Eval[at](w.phone, `(r => ({Top: r.y + r.height / 2 < innerHeight / 2, Left: r.x + r.width / 2 < innerWidth / 2}))(document.querySelector('`+selector+`').getBoundingClientRect())`)
	return found.Top, found.Left
}

// byServices is the way 1a, with Services top left.
func (w *walk) byServices() {
	w.t.Helper()
	w.says("#services", "services.title")
	if top, left := w.corner("#services"); !top || !left {
		w.t.Error("Services is not top left")
	}
	w.phone.Click("#services")
	w.on("services")
	w.says("h1", "services.title")
}

// byMore is the way 1b, with More where this kind of phone has it.
func (w *walk) byMore(atTop, atLeft bool) {
	w.t.Helper()
	w.says("#more", "more.title")
	if top, left := w.corner("#more"); top != atTop || left != atLeft {
		w.t.Errorf("More is at the top: %t, at the left: %t; want %t, %t", top, left, atTop, atLeft)
	}
	w.phone.Click("#more")
	w.on("more")
	w.also("more")
	w.says("#two-factor", "users.title")
	w.phone.Click("#two-factor")
	w.toAdd()
}

// authenticate is step 2 of 1a.
func (w *walk) authenticate() {
	w.t.Helper()
	w.says("#authenticate", "services.authenticate")
	w.phone.Click("#authenticate")
	w.toAdd()
}

// toAdd goes from the list of users to the instructions.
func (w *walk) toAdd() {
	w.t.Helper()
	w.on("users")
	w.says("h1", "users.title")
	w.says("#add-user", "users.add")
	w.also("users")
	w.phone.Click("#add-user")
	w.on("add")
	w.says("h1", "users.add")
}

// instructed reads the instructions and goes to the code.
func (w *walk) instructed(button, title string) {
	w.t.Helper()
	for _, key := range []string{"add.step1", "add.step2", "add.step3"} {
		w.says("main", key)
	}
	w.says("#register", button)
	w.phone.Click("#register")
	w.on("code")
	w.says("h1", title)
}
