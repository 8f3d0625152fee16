package test

import (
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// switchTo presses a language of the portal's switch.
func switchTo(tab *browser.Tab, lang string) {
	tab.Click("#languages summary")
	tab.Click("#languages button[lang=" + lang + "]")
	tab.Wait("html[lang=" + lang + "]")
}

// holds waits until a field has a value.
func holds(tab *browser.Tab, field, value string) {
	tab.Until(field+" with "+value, "document.querySelector('"+field+"').value === '"+value+"'")
}

// What the portal says of phones, seen by every reader on the way through it.
func TestEveryScreenAboutPhonesStandsInEveryLanguage(t *testing.T) {
	for _, r := range readers {
		t.Run(r.lang, func(t *testing.T) {
			s := serve(t, nil)
			s.addUser(r.name, r.displayName, r.password)
			desk, phone := open(t, "portal", browser.Desktop), open(t, "phone", browser.Handset)
			desk.Speak(r.lang)
			phone.Speak(r.lang)
			desk.SignIn(s.portal, r.name, r.password)
			desk.Wait("#activation[data-state=offer]")
			desk.Click("#trouble summary")
			desk.Wait("#fresh-sign-in")
			r.look(t, desk, "portal-trouble")
			phone.Go(s.phone + "/")
			phone.TypeCode(desk.Code())
			phone.CreatePIN(maraPIN)
			desk.Wait("#activated")
			phone.Click("#done")
			phone.Wait("[data-screen=home]")
			desk.Click("#user-menu summary")
			desk.Click("#sign-out")
			desk.At("/sign-in")
			desk.SignIn(s.portal, r.name, r.password)
			phone.Approve(desk.Number(), maraPIN)
			phone.Wait("[data-screen=decided]")
			desk.At("/")
			phone.Click("#done")
			phone.Wait("[data-screen=home]")

			desk.Go(s.portal + "/security/add")
			desk.Wait("#active-phones")
			r.look(t, desk, "portal-phone-add-active")
			desk.Go(s.portal + "/security")
			desk.Click("#phones [data-test]")
			desk.Click("#test-request")
			desk.At("/change")
			number := desk.Number()
			r.look(t, desk, "portal-test-waiting")
			phone.Approve(number, maraPIN)
			desk.Wait("#outcome[data-outcome=approved]")
			r.look(t, desk, "portal-test-approved")
			phone.Click("#done")
			phone.Wait("[data-screen=home]")
			desk.Click("#try-again")
			desk.At("/security")
			desk.Click("#phones [data-test]")
			desk.Click("#test-request")
			phone.Click("[data-screen=approval] #deny")
			desk.Wait("#outcome[data-outcome=denied]")
			r.look(t, desk, "portal-test-denied")
			phone.Click("#done")
			phone.Wait("[data-screen=home]")
			desk.Click("#try-again")
			desk.Wait("#wait-number")
			desk.Click("#cancel")
			desk.Wait("#outcome[data-outcome=cancelled]")
			r.look(t, desk, "portal-test-cancelled")

			desk.Go(s.portal + "/security")
			desk.Click(".phone-card-advice a")
			desk.At("/help/screen-lock")
			r.look(t, desk, "portal-help-screen-lock")
		})
	}
}

func TestAnotherLanguageLosesNothingThatWasTyped(t *testing.T) {
	h := settled(t, nil)
	h.desk.Go(h.portal + "/first-visit")
	h.desk.Type("#username", maraName)
	h.desk.Type("#code", "ABCD-EFGH-JKMN")
	h.desk.Type("#new-password", "velvet-harbour-stone")
	for _, lang := range []string{"ja", "de", "en"} {
		switchTo(h.desk, lang)
		h.desk.At("/first-visit")
		holds(h.desk, "#username", maraName)
		holds(h.desk, "#code", "ABCD-EFGH-JKMN")
		holds(h.desk, "#new-password", "")
		h.desk.Visit("portal-first-visit-typed-" + lang)
	}
	h.desk.Script(false)
	h.desk.Go(h.portal + "/sign-in")
	h.desk.Type("#username", maraName)
	switchTo(h.desk, "ja")
	holds(h.desk, "#username", maraName)
	switchTo(h.desk, "en")
	h.desk.Script(true)

	h.enter()
	h.desk.Go(h.portal + "/security")
	h.desk.Click("#phones a[href$='/rename']")
	h.desk.Type("#name", "Phone in the kitchen")
	for _, lang := range []string{"de", "ja"} {
		switchTo(h.desk, lang)
		holds(h.desk, "#name", "Phone in the kitchen")
		h.desk.Visit("portal-rename-typed-" + lang)
	}
	h.desk.Click("#rename")
	h.desk.Says("#phones", "Phone in the kitchen")
}
