package test

import (
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

var withOIDC = map[string]string{"doors.open": "oidc"}

// typeIn types name and password into the sign-in page that is there, whose name may be filled in.
func typeIn(desk *browser.Tab) {
	desk.Wait("#sign-in-form")
	if desk.Attribute("#username", "value") == "" {
		desk.Type("#username", maraName)
	}
	desk.Type("#password", maraPassword)
	desk.Click("#sign-in")
}

// on is a tab at a product.
func (w *wiki) on(tab *browser.Tab, id, text string) {
	w.t.Helper()
	tab.Until("the product at "+w.origin, "location.origin === "+`"`+w.origin+`"`)
	tab.Says("#"+id, text)
}

// From an application through the sign-in and back: the page and the phone say where it goes.
func TestABrowserGoesToAnApplicationByWayOfThePhone(t *testing.T) {
	h := settled(t, withOIDC)
	w := openWiki(t, h.server, "wiki", "Aldermere Wiki", nil)
	h.desk.Go(w.origin + "/login?login_hint=" + maraName)
	h.desk.Says("h1", "Sign in to go on to Aldermere Wiki")
	if got := browser.Eval[string](h.desk, "document.querySelector('#username').value"); got != maraName {
		t.Errorf("the name that the application hinted at is not there: %q", got)
	}
	h.desk.Visit("portal-continue-sign-in")
	typeIn(h.desk)
	h.desk.Wait("#wait-number")
	h.desk.Says("#way", "Aldermere Wiki")
	h.desk.Visit("portal-continue-wait")
	h.phone.Wait("[data-screen=approval] #confirm")
	h.phone.Says("[data-screen=approval]", "Aldermere Wiki")
	h.phone.Visit("phone-application-sign-in")
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.phone.Says("h1", "Approved")
	w.on(h.desk, "who", "Hello Mara Lindqvist")
	h.phone.Click("#done")

	// Once signed in there is nothing to do, and nothing to see.
	h.desk.Go(w.origin + "/login")
	w.on(h.desk, "who", "Hello Mara Lindqvist")
	h.desk.Go(h.portal + "/security")
	h.desk.Says("#sign-ins", "to Aldermere Wiki")

	// The application asks for a sign-in of now.
	h.desk.Go(w.origin + "/login?prompt=login")
	h.desk.Says("#why", "Aldermere Wiki asks you to sign in once more")
	h.desk.Visit("portal-continue-again")
	typeIn(h.desk)
	h.phone.Approve(h.desk.Number(), maraPIN)
	w.on(h.desk, "who", "Hello Mara Lindqvist")
}

// Consent is a form of the portal's, and what follows it leads to another site: no policy of the portal's pages is in its way.
func TestConsentLeadsOnAndCanBeRefusedAndWithdrawn(t *testing.T) {
	h := settled(t, withOIDC)
	w := openWiki(t, h.server, "wiki", "Aldermere Wiki", map[string]any{"consent": "ask"})
	h.desk.Go(w.origin + "/login?scope=openid+profile+email+groups+offline_access")
	typeIn(h.desk)
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.desk.Says("h1", "May Aldermere Wiki have the following?")
	h.desk.Visit("portal-consent")
	h.desk.Click("#refuse")
	w.on(h.desk, "problem", "access_denied")
	h.desk.Go(w.origin + "/login?scope=openid+profile+email+groups+offline_access")
	h.desk.Click("#allow")
	w.on(h.desk, "who", "Hello Mara Lindqvist")
	h.desk.Go(w.origin + "/login")
	w.on(h.desk, "who", "Hello Mara Lindqvist")

	h.desk.Go(h.portal + "/")
	h.desk.Visit("portal-home-applications")
	h.desk.Click("#all-applications")
	h.desk.At("/applications")
	h.desk.Visit("portal-applications")
	h.desk.Click("#open-wiki")
	w.on(h.desk, "welcome", "Nobody is signed in")
	h.desk.Go(h.portal + "/applications")
	h.desk.Click("#allowed [data-application=wiki] button")
	h.desk.Wait("#none-allowed")
	h.desk.Says("#toast", "Withdrawn.")
	h.desk.Go(w.origin + "/login")
	h.desk.Wait("#allow")
}

// A form that ends in a typed code leads out of the portal, too.
func TestTheWayLeadsOnByACodeOfAPhoneWithoutNetwork(t *testing.T) {
	h := settled(t, withOIDC)
	w := openWiki(t, h.server, "wiki", "Aldermere Wiki", nil)
	h.phone.Until("a service worker in charge", "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)")
	cutOff(t, h.phone)
	h.phone.Reload()
	h.phone.Wait("[data-screen=home]")
	h.desk.Go(w.origin + "/login")
	typeIn(h.desk)
	h.desk.Click("#use-code")
	h.desk.Says("#way", "Aldermere Wiki")
	h.desk.Visit("portal-continue-code")
	h.phone.Click("#offline-code")
	h.phone.Click("#type")
	h.phone.Type("[data-screen=offline-digits] #digits", digitsOn(h.desk))
	h.phone.Click("#continue")
	h.phone.Click("[data-screen=offline-ask] #confirm")
	h.phone.Type("[data-screen=offline-pin] #pin", maraPIN)
	h.phone.Click("#confirm")
	h.phone.Wait("[data-screen=offline-result]")
	h.answer()
	w.on(h.desk, "who", "Hello Mara Lindqvist")
}

func TestTheWayWorksWithoutScript(t *testing.T) {
	h := settled(t, withOIDC)
	w := openWiki(t, h.server, "wiki", "Aldermere Wiki", map[string]any{"consent": "ask"})
	h.desk.Script(false)
	h.desk.Go(w.origin + "/login")
	typeIn(h.desk)
	h.desk.Wait("#check-again")
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.phone.Says("h1", "Approved")
	h.desk.Click("#allow") // by the page's own refresh
	w.on(h.desk, "who", "Hello Mara Lindqvist")
}

func TestWhereAWayEnds(t *testing.T) {
	h := settled(t, withOIDC)
	w := openWiki(t, h.server, "payroll", "Payroll", nil, "payroll")
	h.desk.Go(w.origin + "/login")
	typeIn(h.desk)
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.desk.Says("h1", "Payroll is not open to you")
	h.desk.Visit("portal-away-group")
	h.desk.Click("#go-back")
	w.on(h.desk, "problem", "access_denied")
	h.desk.Go(h.portal + "/continue")
	h.desk.Says("h1", "This request is over")
	h.desk.Visit("portal-away-over")
	h.desk.Click("#go-on")
	h.desk.At("/applications")
	h.desk.Says("main", "No application is set up for you yet.")
	h.desk.Visit("portal-applications-none")
}

// Who has no phone yet activates one first, and goes on from there.
func TestTheWayLeadsThroughTheFirstActivation(t *testing.T) {
	h := move(t, withOIDC)
	w := openWiki(t, h.server, "wiki", "Aldermere Wiki", nil)
	h.desk.Go(w.origin + "/login")
	typeIn(h.desk)
	h.desk.At("/")
	h.desk.Says("#onward", "you sign in with it and go on to Aldermere Wiki")
	h.desk.Visit("portal-continue-activation")
	browser.Activate(h.desk, h.phone, h.server.phone, maraPIN)
	h.desk.Says("#onward", "you go on to Aldermere Wiki")
	h.desk.Click("#activated-done")
	h.desk.Says("h1", "Sign in to go on to Aldermere Wiki")
	typeIn(h.desk)
	h.phone.Approve(h.desk.Number(), maraPIN)
	w.on(h.desk, "who", "Hello Mara Lindqvist")
}

// Long names fit, too.
func TestTheWayIsReadInEveryLanguage(t *testing.T) {
	h := settled(t, withOIDC)
	w := openWiki(t, h.server, "wiki", "Aldermere Steuerberatung Mandantenakten", map[string]any{"consent": "ask"})
	closed := openWiki(t, h.server, "payroll", "Aldermere Lohn", nil, "payroll")
	const all = "/login?scope=openid+profile+email+groups+offline_access"
	for _, lang := range []string{"de", "ja"} {
		desk := open(t, "portal in "+lang, browser.Desktop)
		desk.Speak(lang)
		at := "lang-" + lang + "-portal-"
		desk.Go(w.origin + all + "&prompt=consent")
		desk.Wait("html[lang=" + lang + "] #refuse")
		desk.Glance(at + "continue-sign-in")
		typeIn(desk)
		desk.Wait("#wait-number")
		desk.Glance(at + "continue-wait")
		h.phone.Speak(lang)
		h.phone.Reload()
		h.phone.Wait("html[lang=" + lang + "] [data-screen=approval] #confirm")
		h.phone.Glance("lang-" + lang + "-phone-application-sign-in")
		h.phone.Approve(desk.Number(), maraPIN)
		h.phone.Click("#done")
		desk.Wait("#allow")
		desk.Glance(at + "consent")
		desk.Click("#allow")
		w.on(desk, "who", "Hello Mara Lindqvist")
		desk.Go(w.origin + all + "&prompt=login")
		desk.Wait("#why")
		desk.Glance(at + "continue-again")
		desk.Go(closed.origin + "/login")
		desk.Wait("#away[data-away=not_for_you]")
		desk.Glance(at + "away-group")
		desk.Go(h.portal + "/continue")
		desk.Wait("#away[data-away=over]")
		desk.Glance(at + "away-over")
		desk.Click("#go-on")
		desk.Wait("#allowed")
		desk.Glance(at + "applications")
		desk.Go(h.portal + "/")
		desk.Wait("#all-applications")
		desk.Glance(at + "home-applications")
		desk.Go(h.portal + "/security")
		desk.Wait("#sign-ins")
		desk.Glance(at + "security-applications")
	}
}
