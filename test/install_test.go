package test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// Browsers by how they present themselves. What they do is Chromium's doing, whatever they say.
const (
	firefoxAgent      = "Mozilla/5.0 (Android 14; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0"
	samsungAgent      = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36"
	lineAgent         = "Mozilla/5.0 (Linux; Android 14; SM-S911B Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.6723.86 Mobile Safari/537.36 Line/14.19.1/IAB"
	huaweiAgent       = "Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-NX9; HMSCore 6.13.0.302) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.5735.196 HuaweiBrowser/15.0.4.312 Mobile Safari/537.36"
	iPhoneChromeAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.7339.101 Mobile/15E148 Safari/604.1"
	oldIPhoneAgent    = "Mozilla/5.0 (iPhone; CPU iPhone OS 16_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/112.0.5615.46 Mobile/15E148 Safari/604.1"
)

// offersInstall makes a page get the offer that a browser makes for what can be installed; the person's answer is outcome.
func offersInstall(tab *browser.Tab, outcome string) {
	tab.Before(`window.addEventListener("DOMContentLoaded", () => {
  window.__offer = () => {
    const offer = new Event("beforeinstallprompt", {cancelable: true});
    offer.prompt = () => { window.__prompted = (window.__prompted ?? 0) + 1; return Promise.resolve(); };
    offer.userChoice = Promise.resolve({outcome: "` + outcome + `"});
    window.dispatchEvent(offer);
  };
});`)
}

// link is the activation link that the portal shows, the one that a phone's own camera opens.
func (h *house) link() string {
	h.t.Helper()
	h.desk.Wait("#activation[data-state=offer]")
	return browser.Eval[string](h.desk, `document.getElementById("activate-here").href`)
}

// opened checks that the install page stands there, says whose app it is, and left no code in the address.
func (h *house) opened(tab *browser.Tab) {
	h.t.Helper()
	tab.Wait("[data-screen=install]")
	tab.Says("#whose", "Aldermere Savings")
	tab.Says("#whose", strings.TrimPrefix(h.phoneOrigin(), "http://"))
	tab.Until("the seal", "document.querySelector('#whose .seal svg') !== null")
	if at := browser.Eval[string](tab, "location.href"); strings.ContainsAny(at, "#?") {
		h.t.Errorf("the address holds %q", at)
	}
}

func (h *house) phoneOrigin() string { return h.server.phone }

func TestEveryBrowserHasAnInstallPageInEveryLanguage(t *testing.T) {
	h := move(t, nil)
	h.signIn()
	link := h.link()
	pages := []struct {
		name   string
		device browser.Device
		says   map[string]string // a piece of it, by language
		act    func(tab *browser.Tab)
	}{
		{"android-chrome", browser.Handset, map[string]string{"en": "Install this app", "de": "Diese App installieren", "ja": "アプリのインストール"}, func(tab *browser.Tab) {
			browser.Eval[bool](tab, "(window.__offer(), true)")
			tab.Wait("#install")
		}},
		{"android-firefox", browser.Handset.Browsing(firefoxAgent), map[string]string{"en": "beside the address", "de": "neben der Adresse", "ja": "アドレスの横"}, nil},
		{"android-samsung", browser.Handset.Browsing(samsungAgent), map[string]string{"en": "Add page to", "de": "Seite hinzufügen zu", "ja": "ページを追加"}, nil},
		{"android-line", browser.Handset.Browsing(lineAgent), map[string]string{"en": "LINE shows pages", "de": "LINE zeigt Seiten", "ja": "LINEは"}, nil},
		{"android-huawei", browser.Handset.Browsing(huaweiAgent), map[string]string{"en": "without Google’s services", "de": "ohne Google-Dienste", "ja": "Googleのサービス"}, nil},
		{"iphone-safari", browser.IPhone, map[string]string{"en": "Touch Share", "de": "„Teilen“", "ja": "「共有」"}, nil},
		{"iphone-chrome", browser.IPhone.Browsing(iPhoneChromeAgent), map[string]string{"en": "Add to Home Screen", "de": "Zum Home-Bildschirm", "ja": "ホーム画面に追加"}, nil},
		{"iphone-chrome-old", browser.IPhone.Browsing(oldIPhoneAgent), map[string]string{"en": "Open Safari", "de": "Öffnen Sie Safari", "ja": "Safariを開き"}, nil},
	}
	for _, p := range pages {
		t.Run(p.name, func(t *testing.T) {
			tab := open(t, p.name, p.device)
			offersInstall(tab, "accepted")
			for _, lang := range []string{"en", "de", "ja"} {
				tab.Speak(lang)
				tab.Go(link + "&again=" + lang) // not the same address, so that the page is loaded anew
				tab.Wait("[data-screen]")       // a page that is left while it makes its database can hold up the next one for long
				tab.Go("about:blank")
				tab.Go(link)
				h.opened(tab)
				tab.Wait("html[lang=" + lang + "]")
				if p.act != nil {
					p.act(tab)
				}
				tab.Says(".screen-main", p.says[lang])
				tab.Visit(fmt.Sprintf("install-%s-%s", p.name, lang))
			}
		})
	}
}

func TestAnAndroidPhoneInstallsTheAppAndGoesOnInIt(t *testing.T) {
	h := move(t, nil)
	h.signIn()
	link := h.link()
	offersInstall(h.phone, "accepted")
	h.phone.Go(link)
	h.opened(h.phone)
	browser.Eval[bool](h.phone, "(window.__offer(), true)")
	h.phone.Click("#install")
	h.phone.Says("h1", "The app is being installed")
	if shown := browser.Eval[int](h.phone, "window.__prompted"); shown != 1 {
		t.Errorf("the browser's prompt was shown %d times", shown)
	}
	browser.Eval[bool](h.phone, `(window.dispatchEvent(new Event("appinstalled")), true)`)
	h.phone.Says("h1", "The app is installed")
	h.phone.Visit("install-android-done")

	// The app on the home screen has the browser's storage, and goes on by itself.
	app := h.phone.Another("app")
	app.Before(`{ const ask = window.matchMedia.bind(window); window.matchMedia = (query) => ask(query.replace("(display-mode: standalone)", "all")); }`)
	app.Go(h.server.phone + "/")
	app.Wait("[data-screen=offer]")
	app.Says("main", "Mara Lindqvist")
	app.CreatePIN(maraPIN)
	app.Says("h1", "This phone is active")
	h.desk.Wait("#activated")
	app.Click("#done")
	app.Gone("[data-screen=activated]")
	app.Go("about:blank")
	app.Go(h.server.phone + "/")
	app.Wait("[data-screen=home]") // the code that was laid ready is gone
}

// A browser may open the link although the app is there; the app need not have been closed.
func TestAnAppThatWasOpenTakesTheCodeFromTheBrowser(t *testing.T) {
	h := move(t, nil)
	h.signIn()
	link := h.link()
	app := open(t, "app", browser.Handset.FromHomeScreen())
	app.Go(h.server.phone + "/")
	app.Wait("[data-screen=first]")
	hide(app, true)
	tab := app.Another("browser") // which is not standalone
	tab.Before(`window.matchMedia = (query) => ({matches: false, media: query, addEventListener() {}, removeEventListener() {}});`)
	tab.Go(link)
	h.opened(tab)
	tab.Says("main", "Is it there already? Open Aldermere from the home screen")
	tab.Until("the code to lie ready", `new Promise((resolve, reject) => {
  const opening = indexedDB.open("nodkey");
  opening.onerror = reject;
  opening.onsuccess = () => {
    const kept = opening.result.transaction("handover").objectStore("handover").count();
    kept.onsuccess = () => { opening.result.close(); resolve(kept.result === 1); };
  };
})`)
	hide(app, false)
	app.Wait("[data-screen=offer]")
	app.Says("main", "Mara Lindqvist")
}

func TestAnAndroidPhoneThatDoesNotInstallGoesOnInTheBrowser(t *testing.T) {
	h := move(t, nil)
	h.signIn()
	link := h.link()
	offersInstall(h.phone, "dismissed")
	h.phone.Go(link)
	h.opened(h.phone)
	browser.Eval[bool](h.phone, "(window.__offer(), true)")
	h.phone.Click("#install")
	h.phone.Says("[role=status]", "The app was not installed.")
	h.phone.Visit("install-android-dismissed")
	h.phone.Click("#stay")
	h.phone.Wait("[data-screen=offer]")
	h.phone.CreatePIN(maraPIN)
	h.desk.Wait("#activated")
	h.phone.Click("#done")
	h.phone.Wait("[data-screen=home]") // a browser is not asked about notifications

	// Who is active in this browser goes straight on with the next code.
	h.phone.Go(h.server.phone + "/a#c=7K29QX4VHR3TW5Z")
	h.phone.Wait("[data-screen=fault]")
}

func TestAnIPhoneInstallsFirstAndTakesTheCodeOver(t *testing.T) {
	h := move(t, nil)
	h.signIn()
	link := h.link()
	safari := open(t, "safari", browser.IPhone)
	safari.Allow("clipboard-write", h.server.phone, true)
	safari.Go(link)
	h.opened(safari)
	safari.Click("#added")
	safari.Wait("[data-screen=installed]")
	safari.Says("main", "The app on your home screen is called Aldermere")
	safari.Click("#copy-code")
	safari.Says("[role=status]", "The code is copied.")
	safari.Visit("install-iphone-installed")

	// Another device's storage, as on an iPhone; the clipboard is one.
	app := open(t, "app", browser.IPhone.FromHomeScreen())
	app.Allow("clipboard-read", h.server.phone, true)
	app.Go(h.server.phone + "/")
	app.Wait("[data-screen=first]")
	if app.Has("#install-app") {
		t.Error("the installed app offers to be installed")
	}
	app.Click("#register")
	app.Click("#paste")
	app.Click("#continue")
	app.Click("[data-screen=offer] #continue")
	app.Click("[data-screen=notifications] #later")
	app.Type("[data-screen=pin] #pin", maraPIN)
	app.Type("#pin-repeat", maraPIN)
	app.Click("#activate")
	app.Wait("[data-screen=activated]")
	h.desk.Wait("#activated")
}

func TestAnotherAppsBrowserGivesTheAddressAlong(t *testing.T) {
	h := move(t, nil)
	h.signIn()
	link := h.link()
	line := open(t, "line", browser.Handset.Browsing(lineAgent))
	line.Allow("clipboard-write", h.server.phone, true)
	line.Allow("clipboard-read", h.server.phone, true)
	line.Go(link)
	h.opened(line)
	line.Click("#copy-address")
	line.Says("[role=status]", "send it to nobody")
	if got := browser.Eval[string](line, "navigator.clipboard.readText()"); got != link {
		t.Errorf("the clipboard holds %q, not the link %q", got, link)
	}
	line.Visit("install-line-copied")
}
