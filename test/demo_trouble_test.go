package test

import (
	"strings"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// sideBySide is the demo's page with portal and phone in their frames.
type sideBySide struct {
	t                   *testing.T
	line                demoLine
	page, portal, phone *browser.Tab
}

// openDemo opens the demo's page on a screen that shows all of it, with the panel of troubles open.
func openDemo(t *testing.T, lang string) *sideBySide {
	t.Helper()
	line, _ := startDemo(t, "--listen", "127.0.0.1:0")
	s := &sideBySide{t: t, line: line, page: open(t, "demo", stageSize)}
	s.page.Excuse("Blocked autofocusing") // a framed page may not take the focus by itself
	s.page.Speak(lang)
	s.page.Go(line.URL + "/")
	s.portal, s.phone = s.page.Frame("#portal", line.Portal), s.page.Frame("#phone", line.Phone)
	s.phone.Wait("[data-screen=first]")
	s.portal.At("/sign-in")
	s.page.Click("#troubles summary")
	return s
}

func (s *sideBySide) signIn() {
	s.t.Helper()
	mara := s.line.Users[0]
	s.portal.At("/sign-in")
	s.portal.Type("#username", mara.Name)
	s.portal.Type("#password", mara.Password)
	s.portal.Click("#sign-in")
}

// signedIn has the portal show a code.
func (s *sideBySide) signedIn() {
	s.t.Helper()
	s.signIn()
	s.portal.Wait("#activation #qr")
}

// scan goes from the phone's start to the picture of the portal beside.
func (s *sideBySide) scan() {
	s.t.Helper()
	s.phone.Click("#register")
	s.phone.Click("#scan")
	s.phone.Click("#scan-beside")
}

// try switches a trouble on, or off again.
func (s *sideBySide) try(id string) {
	s.t.Helper()
	s.page.Click("#try-" + id)
}

// is waits until the panel says where a trouble stands.
func (s *sideBySide) is(id, state string) {
	s.t.Helper()
	s.page.Wait("[data-trouble=" + id + "][data-state=" + state + "]")
}

// faces waits until the phone shows a fault, and the panel has noticed.
func (s *sideBySide) faces(id, key string) {
	s.t.Helper()
	s.phone.Wait(`[data-error="` + key + `"]`)
	s.is(id, "shown")
}

// restarts waits until the phone app has started anew because of something.
func (s *sideBySide) restarts(because func()) {
	s.t.Helper()
	browser.Eval[bool](s.phone, "(document.documentElement.dataset.before = '', true)")
	because()
	s.phone.Wait("html:not([data-before]) [data-screen]")
}

// again brings the phone back to its first screen, with nobody active.
func (s *sideBySide) again() {
	s.t.Helper()
	s.page.Click("#again")
	s.page.Says("#steps > .step-now", "Activate the phone")
	s.portal.At("/sign-in")
	s.phone.Wait("[data-screen=first]")
}

// active activates the phone and leaves it at home, the portal at the sign-in.
func (s *sideBySide) active() {
	s.t.Helper()
	s.signedIn()
	s.scan()
	s.phone.CreatePIN(maraPIN)
	s.portal.Wait("#activated")
	s.phone.Click("#done")
	s.phone.Wait("[data-screen=home]")
	s.portal.Click("#activated-done")
	s.portal.At("/sign-in")
}

func TestTroublesWithTheCode(t *testing.T) {
	s := openDemo(t, "en")
	t.Run("used", func(t *testing.T) {
		s.signedIn()
		s.try("used")
		s.is("used", "armed")
		s.scan()
		s.faces("used", "activation.used")
		s.portal.Wait("#activated")
		s.portal.Says("#activated", "Another phone")
		s.page.Picture("demo-trouble-used")
		s.page.Click("#normal")
		s.portal.At("/sign-in")
		s.phone.Wait("[data-screen=first]")
		s.is("used", "off")
		s.signedIn() // as on the first day, for the people were made anew
	})
	t.Run("expired", func(t *testing.T) {
		s.try("expired")
		s.scan()
		s.faces("expired", "activation.expired")
		s.portal.At("/sign-in")
		s.again()
	})
	t.Run("other", func(t *testing.T) {
		s.signedIn()
		s.try("other")
		s.scan()
		s.phone.Says("[data-screen=scan] .screen-status", "not from this portal")
		s.is("other", "shown")
		s.phone.Click("#scan-beside")
		s.phone.Wait("[data-screen=offer]")
		s.is("other", "over")
		s.again()
	})
	t.Run("group", func(t *testing.T) {
		s.signedIn()
		code := s.portal.Code()
		s.phone.Click("#register")
		s.phone.Type("#code-group-1", code[0])
		s.phone.Type("#code-group-2", other(code[1]))
		s.faces("group", "code.group")
		s.again()
	})
	t.Run("already", func(t *testing.T) {
		s.active()
		s.signIn()
		s.phone.Approve(s.portal.Number(), maraPIN)
		s.phone.Says("h1", "Approved")
		s.phone.Click("#done")
		s.portal.At("/")
		s.try("already")
		s.portal.Wait("#activation #qr")
		s.phone.Click("#more")
		s.phone.Click("#two-factor")
		s.phone.Click("#add-user")
		s.phone.Click("#register") // after the instructions
		s.phone.Click("#scan")
		s.phone.Click("#scan-beside")
		s.is("already", "shown")
		s.page.Picture("demo-trouble-already")
	})
}

func TestTroublesWithThePhone(t *testing.T) {
	s := openDemo(t, "en")
	refused := func(id, key string) {
		s.t.Helper()
		s.try(id)
		s.signedIn()
		s.scan()
		s.phone.Click("[data-screen=offer] #continue")
		s.phone.Type("[data-screen=pin] #pin", maraPIN)
		s.phone.Type("#pin-repeat", maraPIN)
		s.phone.Click("#activate")
		s.faces(id, key)
		s.page.Picture("demo-trouble-" + id)
		s.again()
		s.is(id, "off")
	}
	for id, key := range map[string]string{"rooted": "posture.rooted", "old": "posture.android", "unlocked": "posture.screen_lock"} {
		t.Run(id, func(*testing.T) { refused(id, key) })
	}
	t.Run("old iPhone", func(*testing.T) {
		s.page.Click("label:has(#platform-ios)")
		s.phone.Wait("[data-drawing=ios]")
		refused("old", "posture.ios")
		s.page.Reload() // the page remembers the phone
		s.phone.Wait("[data-drawing=ios]")
		s.page.Click("#troubles summary")
		s.page.Click("label:has(#platform-android)")
		s.phone.Wait("[data-drawing=android]")
	})
	t.Run("storage", func(*testing.T) {
		s.page.Excuse("storage")
		s.try("storage")
		s.phone.Wait("[data-screen=start-fault]")
		s.is("storage", "shown")
		s.page.Picture("demo-trouble-storage")
		s.try("storage")
		s.phone.Wait("[data-screen=first]")
		s.is("storage", "over")
	})
	for id, key := range map[string]string{"denied": "camera.denied", "absent": "camera.absent", "busy": "camera.busy"} {
		t.Run(id, func(*testing.T) {
			s.try(id)
			s.phone.Click("#register")
			s.phone.Click("#scan")
			s.phone.Click("#start-camera")
			s.faces(id, key)
			s.page.Click("#normal")
			s.is(id, "off")
			s.page.Reload()
			s.phone.Wait("[data-screen=first]")
			s.page.Click("#troubles summary")
		})
	}
	t.Run("notifications", func(*testing.T) {
		s.restarts(func() { s.try("notifications") })
		s.is("notifications", "armed")
		s.phone.Click("#services")
		s.phone.Click("#settings")
		s.phone.Click("#notifications")
		s.phone.Says("h1", "Notifications are not allowed")
		s.is("notifications", "shown")
		s.try("notifications")
		s.phone.Wait("[data-screen=first]")
	})
	t.Run("offline", func(*testing.T) {
		s.signedIn()
		s.scan()
		s.phone.Click("[data-screen=offer] #continue")
		s.phone.Type("[data-screen=pin] #pin", maraPIN)
		s.phone.Type("#pin-repeat", maraPIN)
		s.try("offline")
		s.phone.Click("#activate")
		s.faces("offline", "offline")
		s.page.Picture("demo-trouble-offline")
		s.try("offline")
		s.is("offline", "over")
		s.phone.Wait("[data-screen=activated]") // sent by itself
		s.portal.Wait("#activated")
	})
}

func TestTroublesWhileSigningIn(t *testing.T) {
	s := openDemo(t, "en")
	s.try("stranger")
	s.is("stranger", "failed") // nobody is there to be asked
	s.page.Says("#state-stranger", "Activate one first")
	s.active()
	s.try("stranger")
	s.phone.Wait("[data-screen=approval]")
	s.phone.Says("main", "203.0.113.24")
	s.is("stranger", "shown")
	s.page.Picture("demo-trouble-stranger")
	s.phone.Click("#deny")
	s.phone.Wait("[data-screen=decided]")
	s.is("stranger", "over")
	s.page.Says("#log", "this is not me")
	s.phone.Click("#done")

	s.signIn()
	number := s.portal.Number()
	s.phone.Wait("[data-screen=approval]")
	s.try("slow")
	s.phone.Approve(number, maraPIN)
	s.faces("slow", "clock")
	s.page.Picture("demo-trouble-slow")

	s.again()
	s.active()
	s.signIn()
	s.phone.TypeNumber(s.portal.Number())
	s.phone.Click("[data-screen=approval] #confirm")
	for _, left := range []string{"4 tries left", "3 tries left", "2 tries left", "1 try left"} {
		s.phone.ConfirmPIN("wr0ng")
		s.phone.Says("[data-screen=confirm]", left)
		s.is("pin", "shown")
	}
	s.phone.ConfirmPIN("wr0ng")
	s.phone.Wait("[data-error='key.suspended']")
	s.again()
	s.signedIn()
}

func TestTroublesOnANarrowScreen(t *testing.T) {
	s := openDemo(t, "en")
	s.page.Resize(360, 780)
	s.page.Click("#tab-portal")
	s.signedIn()
	s.try("other")
	s.page.Click("#tab-phone")
	s.scan()
	s.phone.Says("[data-screen=scan] .screen-status", "not from this portal")
	s.is("other", "shown")
	s.page.Picture("demo-trouble-360-other")
	s.page.Resize(360, 780)
	s.try("denied")
	s.phone.Click("#start-camera")
	s.faces("denied", "camera.denied")
	s.page.Picture("demo-trouble-360-denied")
	s.page.Click("#normal")
	s.is("denied", "off")
}

func TestThePanelAndTheSwitchesStandInEveryLanguage(t *testing.T) {
	s := openDemo(t, "en")
	s.page.Visit("demo-troubles-en")
	for _, lang := range []string{"de", "ja"} {
		s.page.Click("#languages summary")
		s.page.Click("#languages button[lang=" + lang + "]")
		for _, tab := range []*browser.Tab{s.page, s.portal, s.phone} {
			tab.Wait("html[lang=" + lang + "]")
		}
		s.phone.Wait("[data-screen=first]")
		s.page.Click("#troubles summary")
		s.try("rooted")
		s.page.Visit("demo-troubles-" + lang)
		if shown := browser.Eval[string](s.page, "document.body.innerText"); strings.Contains(shown, "{{") || strings.Contains(shown, "demo.") && !strings.Contains(s.line.URL, "demo.") {
			t.Errorf("%s: a placeholder or a key is left:\n%s", lang, shown)
		}
		s.page.Click("label:has(#platform-ios)")
		s.phone.Wait("[data-drawing=ios]")
		s.page.Picture("demo-iphone-" + lang)
		s.page.Click("label:has(#platform-android)")
		s.phone.Wait("[data-drawing=android]")
		if got := s.phone.Attribute("html", "lang"); got != lang {
			t.Errorf("as another phone it speaks %q", got)
		}
	}
}
