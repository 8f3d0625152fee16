package browser

import (
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
)

// Device is what a tab pretends to be. Whatever it is, the engine is Chromium's.
type Device struct {
	Width, Height int64  // CSS pixels
	Phone         bool   // a touch screen, and Chrome on Android
	IPhone        bool   // with Phone: Safari on an iPhone instead
	Installed     bool   // pages believe that they were opened from the home screen
	Agent         string // the user agent of another browser than these, which gives no client hints
}

// The devices of the tests.
var (
	Desktop = Device{Width: 1280, Height: 860}
	Handset = Device{Width: 360, Height: 780, Phone: true}
	IPhone  = Device{Width: 360, Height: 780, Phone: true, IPhone: true}
)

// FromHomeScreen is the device with the app opened from its home screen.
func (d Device) FromHomeScreen() Device {
	d.Installed = true
	return d
}

// Browsing is the device with another browser in hand, named by its user agent.
func (d Device) Browsing(agent string) Device {
	d.Agent = agent
	return d
}

// androidChrome is how a common phone presents itself.
var androidChrome = emulation.SetUserAgentOverrideParams{
	UserAgent: "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
	Platform:  "Linux armv81", AcceptLanguage: "en",
	UserAgentMetadata: &emulation.UserAgentMetadata{
		Brands:   []*emulation.UserAgentBrandVersion{{Brand: "Chromium", Version: "140"}},
		Platform: "Android", PlatformVersion: "16.0.0", Model: "Pixel 8", Mobile: true,
	},
}

// An iPhone's Safari, and an app opened from its home screen, which leaves the browser's name out.
const (
	iPhoneSafari    = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1"
	iPhoneInstalled = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
)

// agent is the device's user agent, with the language it wishes for; ok is false where it is the browser's own.
func (d Device) agent(lang string) (params emulation.SetUserAgentOverrideParams, ok bool) {
	switch {
	case d.Agent != "" && d.IPhone:
		params = emulation.SetUserAgentOverrideParams{UserAgent: d.Agent, Platform: "iPhone"}
	case d.Agent != "":
		params = emulation.SetUserAgentOverrideParams{UserAgent: d.Agent, Platform: androidChrome.Platform}
	case d.IPhone && d.Installed:
		params = emulation.SetUserAgentOverrideParams{UserAgent: iPhoneInstalled, Platform: "iPhone"}
	case d.IPhone:
		params = emulation.SetUserAgentOverrideParams{UserAgent: iPhoneSafari, Platform: "iPhone"}
	case d.Phone:
		params = androidChrome
	}
	params.AcceptLanguage = lang
	return params, d.Phone
}

// Safari tells of no client hints, and has a word of its own for being opened from the home screen.
const (
	asIPhone = `Object.defineProperty(Navigator.prototype, "userAgentData", {get: () => undefined, configurable: true});
Object.defineProperty(Navigator.prototype, "standalone", {get: () => false, configurable: true});`
	asInstalledIPhone = `Object.defineProperty(Navigator.prototype, "standalone", {get: () => true, configurable: true});`
	// Chromium emulates many features of media, but not this one.
	asInstalled = `{ const ask = window.matchMedia.bind(window);
window.matchMedia = (query) => ask(query.replace(/\(display-mode:\s*standalone\)/g, "all").replace(/\(display-mode:\s*browser\)/g, "not all")); }`
)

// pose makes a fresh tab the device that it is to be.
func (tab *Tab) pose() {
	tab.t.Helper()
	if agent, ok := tab.device.agent("en"); ok {
		call(tab, emulation.SetUserAgentOverride, agent)
		call(tab, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true, MaxTouchPoints: 1})
	}
	if tab.device.IPhone {
		tab.Before(asIPhone)
	}
	if tab.device.Installed {
		tab.Before(asInstalled)
		if tab.device.IPhone {
			tab.Before(asInstalledIPhone)
		}
	}
	tab.Resize(tab.device.Width, tab.device.Height)
}

// Before runs a script in every page that comes, before the page's own.
func (tab *Tab) Before(script string) {
	tab.t.Helper()
	call(tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
}
