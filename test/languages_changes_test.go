package test

import (
	"testing"

	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// glance finds fault with a screen's language, where the English screen is visited elsewhere.
func (r reader) glance(t *testing.T, tab *browser.Tab, name string) {
	t.Helper()
	r.reads(t, tab, name)
	tab.Glance("lang-" + r.lang + "-" + name)
}

// home is where a reader lives: portal and phone in their language.
type home struct {
	reader
	*server
	t          *testing.T
	say        *i18n.Localizer
	desk, hand *browser.Tab
}

// lives makes a home, with nothing activated.
func (r reader) lives(t *testing.T, options map[string]string) *home {
	t.Helper()
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	h := &home{reader: r, server: serve(t, options), t: t, say: texts.For(r.lang)}
	h.addUser(r.name, r.displayName, r.password)
	h.desk, h.hand = h.device("portal", browser.Desktop), h.device("phone", browser.Handset)
	h.hand.Go(h.server.phone + "/")
	return h
}

func (h *home) device(name string, device browser.Device) *browser.Tab {
	h.t.Helper()
	tab := open(h.t, name, device)
	tab.Speak(h.lang)
	return tab
}

// at waits for a phone's screen, which says a sentence in its heading, and looks at it.
func (h *home) at(tab *browser.Tab, screen, title, name string) {
	h.t.Helper()
	tab.Wait("[data-screen=" + screen + "]")
	if title != "" {
		tab.Says("h1", h.say.T(title, nil))
	}
	h.glance(h.t, tab, "phone-"+name)
}

// asksFor signs in at a desk, to the number.
func (h *home) asksFor(desk *browser.Tab) string {
	h.t.Helper()
	desk.SignIn(h.server.portal, h.name, h.password)
	return desk.Number()
}

// done leaves a result.
func (h *home) done(tab *browser.Tab) {
	h.t.Helper()
	tab.Click("#done")
	tab.Wait("[data-screen=home], [data-screen=approval]")
}

// leaves signs the desk out.
func (h *home) leaves() {
	h.t.Helper()
	h.desk.Go(h.server.portal + "/")
	h.desk.Click("#user-menu summary")
	h.desk.Click("#sign-out")
	h.desk.At("/sign-in")
}

// everyReader walks with each reader of another language, side by side.
func everyReader(t *testing.T, walk func(*testing.T, reader)) {
	t.Helper()
	running(t)
	if _, err := binary(); err != nil {
		t.Fatal(err)
	}
	for _, r := range readers {
		t.Run(r.lang, func(t *testing.T) {
			t.Parallel()
			walk(t, r)
		})
	}
}

func TestFingerAndDigitsStandInEveryLanguage(t *testing.T) {
	everyReader(t, func(t *testing.T, r reader) {
		h := r.lives(t, map[string]string{"policy.activation_confirm": "true"})
		finger := sensor(t, h.hand)
		h.desk.SignIn(h.server.portal, r.name, r.password)
		h.desk.Wait("#activation[data-state=offer]")
		code := h.desk.Code()
		h.hand.Go(h.server.phone + "/")
		h.hand.TypeCode(code)
		h.hand.Click("[data-screen=offer] #continue")
		h.hand.Click("[data-screen=pin] #use-biometric")
		h.at(h.hand, "biometric", "", "biometric")
		finger(false)
		h.hand.Click("#activate")
		h.hand.Wait("[data-error^='biometric.'] .banner")
		h.at(h.hand, "biometric", "", "biometric-refused")
		finger(true)
		h.hand.Click("#activate")
		h.hand.Wait(".digits")
		h.at(h.hand, "activated", "confirm.title", "digits")
		digits := browser.Eval[string](h.hand, `[...document.querySelectorAll(".digits span")].map(e => e.textContent).join("")`)
		h.desk.Wait("#activation[data-state=digits]")
		h.glance(t, h.desk, "portal-digits")
		wrong := "000000"
		if digits == wrong {
			wrong = "111111"
		}
		h.desk.Type("#digits", wrong)
		h.desk.Click("#confirm-digits")
		h.desk.Wait("#digits-error")
		h.glance(t, h.desk, "portal-digits-wrong")
		h.desk.Type("#digits", digits)
		h.desk.Click("#confirm-digits")
		h.desk.Wait("#activated")
		h.hand.Says("h1", h.say.T("key_made.title", nil))
		h.glance(t, h.desk, "portal-activated-digits")
		h.desk.Click("#not-mine")
		h.desk.Wait("dialog[open]")
		h.glance(t, h.desk, "portal-not-mine")

		// Somebody else meets the used code.
		other := h.device("other phone", browser.Handset)
		other.Go(h.server.phone + "/")
		other.Click("#register")
		for i, group := range code {
			other.Type("#code-group-"+string(rune('1'+i)), group)
		}
		other.Click("#continue")
		other.Wait("[data-error='activation.used']")
		h.at(other, "fault", "", "code-used")
		other.Click("#not-me")
		h.at(other, "undo", "undo.title", "undo")
	})
}

func TestChangesAndTheirOutcomesStandInEveryLanguage(t *testing.T) {
	everyReader(t, func(t *testing.T, r reader) {
		h := r.lives(t, map[string]string{"policy.devices": "all"}) // so that one phone sees what the other answered
		h.settle()
		h.hand.Approve(h.asksFor(h.desk), maraPIN)
		h.desk.At("/")
		h.done(h.hand)

		// A further phone.
		h.desk.Go(h.server.portal + "/security/add")
		h.desk.Wait("#activation[data-state=offer]")
		second := h.device("second phone", browser.Handset)
		second.Go(h.server.phone + "/")
		second.TypeCode(h.desk.Code())
		second.CreatePIN("4hd9w")
		h.at(second, "activated", "approve.title", "waits-for-other")
		h.desk.Wait("#activation[data-state=approve]")
		h.glance(t, h.desk, "portal-phone-add-approve")
		h.at(h.hand, "approval", "approval.key_add.title", "approval-key-add")
		h.hand.Approve(h.desk.Number(), maraPIN)
		h.hand.Says(".lead", h.say.T("decided.approved.key_add", nil))
		h.at(h.hand, "decided", "decided.approved.title", "approved-key-add")
		h.done(h.hand)
		second.Says("h1", h.say.T("key_made.title", nil))
		h.done(second)

		// What the first phone answers is gone from the second.
		elsewhere := h.device("second desk", browser.Desktop)
		h.hand.Approve(h.asksFor(elsewhere), maraPIN)
		elsewhere.At("/")
		h.at(second, "decided", "decided.gone.title", "answered-on-the-other-phone")
		h.done(second)
		h.hand.Click("#disown")
		h.hand.Wait("dialog[open]")
		h.glance(t, h.hand, "phone-disown")
		h.hand.Click("#dialog-yes")
		h.at(h.hand, "decided", "decided.disowned.title", "disowned")
		h.done(h.hand)
		h.asksFor(elsewhere)
		h.hand.Click("[data-screen=approval] #deny")
		h.at(h.hand, "decided", "decided.not_me.title", "not-me")
		second.Wait("[data-screen=decided]")
		elsewhere.Wait("#outcome[data-outcome=denied]")
		h.glance(t, elsewhere, "portal-outcome-denied")
		h.done(h.hand)
		h.done(second)

		// The second phone gets a name, and goes.
		h.desk.Go(h.server.portal + "/security")
		h.desk.Until("two phones", `document.querySelectorAll("#phones .phone-card").length === 2`)
		h.desk.Click("#phones .phone-card:last-child a[href$='/rename']")
		h.desk.Wait("#name")
		h.glance(t, h.desk, "portal-rename")
		h.desk.Type("#name", "Spare phone")
		h.desk.Click("#rename")
		h.desk.Wait("#toast")
		h.glance(t, h.desk, "portal-security-two-phones")
		remove := func(name string) {
			spare := `[...document.querySelectorAll("#phones .phone-card")].find(e => e.querySelector("h3").textContent === "Spare phone").dataset.key`
			h.desk.Click("#phones [data-key='" + browser.Eval[string](h.desk, spare) + "'] a[data-dialog]")
			h.desk.Wait("dialog[open]")
			if name != "" {
				h.glance(t, h.desk, name)
			}
			h.desk.Click("dialog[open] .button-no")
			h.desk.At("/change")
			h.desk.Wait("#wait-number")
		}
		remove("portal-remove-dialog")
		h.glance(t, h.desk, "portal-change-waiting")
		h.at(h.hand, "approval", "approval.key_remove.title", "approval-key-remove")
		h.hand.Click("#deny")
		h.at(h.hand, "decided", "", "refused-key-remove")
		h.desk.Wait("#outcome[data-outcome=denied]")
		h.glance(t, h.desk, "portal-change-denied")
		h.done(h.hand)
		h.desk.Go(h.server.portal + "/security")
		remove("")
		h.hand.Approve(h.desk.Number(), maraPIN)
		h.hand.Says(".lead", h.say.T("decided.approved.key_remove", nil))
		h.at(h.hand, "decided", "decided.approved.title", "approved-key-remove")
		h.desk.Wait("#outcome[data-outcome=approved]")
		h.glance(t, h.desk, "portal-change-approved")
		h.done(h.hand)
		second.Wait("[data-screen=home]")
		second.Says(".phone", h.say.T("state.removed", nil))
		h.glance(t, second, "phone-home-removed")
	})
}

// settle makes the phone active and leaves the portal at its sign-in.
func (h *home) settle() {
	h.t.Helper()
	h.desk.SignIn(h.server.portal, h.name, h.password)
	h.desk.Wait("#activation[data-state=offer]")
	h.hand.TypeCode(h.desk.Code())
	h.hand.CreatePIN(maraPIN)
	h.desk.Wait("#activated")
	h.done(h.hand)
	h.leaves()
}

func TestEveryEndOfARequestStandsInEveryLanguage(t *testing.T) {
	everyReader(t, func(t *testing.T, r reader) {
		h := r.lives(t, nil)
		h.settle()
		h.asksFor(h.desk)
		h.hand.Click("[data-screen=approval] #mistake")
		h.at(h.hand, "decided", "decided.mistake.title", "mistake")
		h.done(h.hand)

		h.hand.TypeNumber(h.asksFor(h.desk))
		h.desk.Click("#cancel")
		h.desk.Wait("#outcome[data-outcome=cancelled]")
		h.glance(t, h.desk, "portal-outcome-cancelled")
		h.hand.Wait("[data-error='approval.cancelled'], [data-error='approval.gone']")
		h.at(h.hand, "decided", "", "cancelled")
		h.done(h.hand)

		// A new password.
		h.hand.Approve(h.asksFor(h.desk), maraPIN)
		h.desk.At("/")
		h.done(h.hand)
		h.desk.Go(h.server.portal + "/password")
		h.desk.Type("#password", r.password)
		h.desk.Type("#new-password", "velvet-harbour-stone")
		h.desk.Type("#repeat", "velvet-harbour-stone")
		h.desk.Click("#change-password")
		h.at(h.hand, "approval", "approval.password_change.title", "approval-password")
		h.glance(t, h.desk, "portal-password-waiting")
		h.hand.Approve(h.desk.Number(), maraPIN)
		h.hand.Says(".lead", h.say.T("decided.approved.password_change", nil))
		h.at(h.hand, "decided", "decided.approved.title", "approved-password")
		h.done(h.hand)
		h.password = "velvet-harbour-stone"

		// The last phone goes from the portal's list, then from the phone itself.
		h.desk.Go(h.server.portal + "/security")
		h.desk.Click("#phones a[data-dialog]")
		h.desk.Wait("dialog[open]")
		h.glance(t, h.desk, "portal-remove-last-dialog")
		h.leaves()

		// Five wrong PINs.
		number := h.asksFor(h.desk)
		h.hand.TypeNumber(number)
		h.hand.Click("[data-screen=approval] #confirm")
		for _, left := range []string{"4", "3", "2", "1"} {
			h.hand.ConfirmPIN("wr0ng")
			h.hand.Says("[data-error='pin.wrong']", left)
			h.hand.Wait("#confirm:not([aria-busy])")
			if left == "4" {
				h.at(h.hand, "confirm", "", "wrong-pin")
			}
		}
		h.hand.ConfirmPIN("wr0ng")
		h.hand.Wait("[data-error='key.suspended']")
		h.at(h.hand, "fault", "", "suspended")
		h.hand.Click("#next")
		h.hand.Wait("[data-screen=home] .banner-stop")
		h.glance(t, h.hand, "phone-home-suspended")
		h.desk.SignIn(h.server.portal, h.name, h.password)
		h.desk.Wait("#desk[data-lost]")
		h.glance(t, h.desk, "portal-suspended")
		h.hand.Click(".rows-sheet .row")
		h.at(h.hand, "user", "", "user-suspended")
		h.hand.Click("#remove")
		h.hand.Wait("dialog[open]")
		h.glance(t, h.hand, "phone-remove-dialog")
		h.hand.Click("#dialog-yes")
		h.hand.Wait("[data-screen=first]")
		h.glance(t, h.hand, "phone-removed")
	})
}

// A request that nobody answered: three minutes pass on the phone's clock alone.
func TestARequestThatRanOutSaysSoInEveryLanguage(t *testing.T) {
	everyReader(t, func(t *testing.T, r reader) {
		h := r.lives(t, nil)
		h.settle()
		h.asksFor(h.desk)
		h.hand.Wait("[data-screen=approval] #confirm")
		browser.Eval[bool](h.hand, "(now => { Date.now = () => now() + 181000; return true; })(Date.now)")
		h.at(h.hand, "decided", "decided.expired.title", "expired")
	})
}

func TestThePageOfTrustStandsInEveryLanguage(t *testing.T) {
	line, _ := startDemo(t, "--lan", "--listen", ":0")
	for _, r := range readers {
		tab := open(t, "trust in "+r.lang, browser.Handset)
		tab.Excuse("Cross-Origin-Opener-Policy header has been ignored") // as ever over plain HTTP
		tab.Speak(r.lang)
		tab.Go(line.CA.URL[:len(line.CA.URL)-len("/ca.crt")] + "/")
		for _, platform := range []string{"android", "iphone", "windows", "macos", "linux", "firefox"} {
			tab.Click("#" + platform + " summary")
		}
		r.glance(t, tab, "demo-trust")
	}
}
