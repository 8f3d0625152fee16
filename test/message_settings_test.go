package test

import (
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// inPortal performs the guide of the message settings, which is walked at a desk.
var inPortal = map[string]perform{
	"M/1": (*walk).logsIn,
	"M/2": (*walk).opensMessageCentre,
	"M/3": (*walk).pressesGear,
	"M/4": (*walk).readsSettings,
	"M/5": (*walk).choosesLanguages,
	"M/6": (*walk).choosesDelivery,
	"M/7": (*walk).saves,
}

// logsIn signs in with a phone that is active already.
func (w *walk) logsIn() {
	w.t.Helper()
	w.phone = running(w.t).Open(w.t, "phone", guidePhone)
	w.phone.Speak(w.lang)
	w.desk.SignIn(w.server.portal, w.name, guidePassword)
	w.desk.Wait("#activation[data-state=offer]")
	w.phone.Go(w.server.phone + "/")
	w.phone.TypeCode(w.desk.Code())
	w.phone.CreatePIN(maraPIN)
	w.desk.Wait("#activated")
	w.phone.Click("#done")
	w.phone.Wait("[data-screen=home]")
	w.desk.Click("#user-menu summary")
	w.desk.Click("#sign-out")
	w.desk.At("/sign-in")
	w.server.run("", "user", "contact", w.name, "--email", w.name+"@example.com")
	w.desk.SignIn(w.server.portal, w.name, guidePassword)
	w.phone.Approve(w.desk.Number(), maraPIN)
	w.desk.At("/")
	w.seen = w.desk
}

func (w *walk) opensMessageCentre() {
	w.t.Helper()
	w.desk.Click("#user-menu summary")
	w.saysOn(w.desk, "#messages-link", "page.messages")
	w.keep(w.desk, w.step+"-menu")
	w.desk.Click("#messages-link")
	w.desk.At("/messages")
	w.saysOn(w.desk, "h1", "page.messages")
	w.saysOn(w.desk, "#write-message", "inbox.write")
	w.seen = w.desk
}

func (w *walk) pressesGear() {
	w.t.Helper()
	w.saysOn(w.desk, "#message-settings", "inbox.settings")
	if !browser.Eval[bool](w.desk, `document.querySelector("#write-message").nextElementSibling.id === "message-settings"`) {
		w.t.Error("the gear is not beside Write a new message")
	}
	w.desk.Click("#message-settings")
	w.desk.At("/messages/settings")
	w.seen = w.desk
}

func (w *walk) readsSettings() {
	w.t.Helper()
	w.saysOn(w.desk, "h1", "message_settings.title")
	w.saysOn(w.desk, "#summary-only", "message_settings.summary_only")
	w.saysOn(w.desk, "#settings-form", "message_settings.security_text")
	if got := w.desk.Attribute("html", "lang"); got != w.lang {
		w.t.Errorf("the settings are in %q", got)
	}
	w.seen = w.desk
}

// choosesLanguages takes a first language that is not the page's, which stays as it is.
func (w *walk) choosesLanguages() {
	w.t.Helper()
	w.saysOn(w.desk, "label[for=first]", "message_settings.first")
	w.saysOn(w.desk, "label[for=second]", "message_settings.second")
	first, second := w.languages()
	w.desk.Choose("#first", first)
	w.desk.Choose("#second", second)
	w.seen = w.desk
}

func (w *walk) languages() (first, second string) {
	return map[string]string{"en": "ja", "de": "en", "ja": "de"}[w.lang], w.lang
}

func (w *walk) choosesDelivery() {
	w.t.Helper()
	w.saysOn(w.desk, "#settings-form", "message_settings.delivery")
	w.saysOn(w.desk, "#delivery", "message_settings.centre")
	w.saysOn(w.desk, "#delivery", "message_settings.to_email", "Hint", "m…\u2060@example.com")
	w.saysOn(w.desk, "#delivery", "message_settings.both")
	w.desk.Click("#delivery [value=both]")
	w.seen = w.desk
}

// saves keeps what was chosen: the page says so, the focus is on Save, and a reload shows it.
func (w *walk) saves() {
	w.t.Helper()
	w.saysOn(w.desk, "#save", "message_settings.save")
	w.desk.Click("#save")
	w.saysOn(w.desk, "#toast", "toast.settings_saved")
	w.desk.Until("the focus on Save", `document.activeElement.id === "save"`)
	w.saysOn(w.desk, "[data-missing=phone]", "message_settings.nothing_phone")
	w.keep(w.desk, w.step+"-saved")
	w.desk.Reload()
	first, second := w.languages()
	holds(w.desk, "#first", first)
	holds(w.desk, "#second", second)
	holds(w.desk, "#delivery :checked", "both")
	w.desk.Gone("#toast")
	if got := w.desk.Attribute("html", "lang"); got != w.lang {
		w.t.Errorf("the language of messages changed the page's to %q", got)
	}
	w.seen = w.desk
}

// waysOut are a mail server and a gateway that nobody is at: both ways can be chosen, and nothing leaves.
func waysOut() map[string]string {
	return map[string]string{"mail.server": "127.0.0.1:9", "mail.security": "none", "mail.from": "Aldermere <no-reply@aldermere.example>", "sms.url": "http://127.0.0.1:9/"}
}

// The settings for every eye, every language and without script: quiet hours in a zone, an address that is missing, and what
// cannot be meant.
func TestMessageSettings(t *testing.T) {
	everyLanguage(t, func(t *testing.T, r reader) {
		h := r.lives(t, waysOut())
		h.settle()
		h.hand.Approve(h.asksFor(h.desk), maraPIN)
		h.desk.At("/")
		h.desk.Go(h.server.portal + "/messages/settings")
		h.desk.Says("[data-missing=email]", h.say.T("message_settings.nothing_email", nil))
		r.look(t, h.desk, "portal-message-settings")
		h.desk.Until("the browser's own zone", `document.querySelector("#zone").value === Intl.DateTimeFormat().resolvedOptions().timeZone || Intl.DateTimeFormat().resolvedOptions().timeZone === "UTC"`)
		h.desk.Click("#quiet")
		browser.Eval[bool](h.desk, `document.querySelector("#quiet_to").value = "22:00", true`)
		h.desk.Choose("#zone", "Europe/Zurich")
		h.desk.Click("#save")
		h.desk.Wait("#quiet_to-error")
		h.glance(t, h.desk, "portal-message-settings-wrong")
		holds(h.desk, "#zone", "Europe/Zurich")
		h.desk.Excuse("status of 400")

		h.desk.Script(false)
		h.desk.Go(h.server.portal + "/messages/settings")
		h.desk.Click("#delivery [value=centre]")
		h.desk.Click("#announcements")
		h.desk.Click("#save")
		h.desk.Says("#toast", h.say.T("toast.settings_saved", nil))
		h.glance(t, h.desk, "portal-message-settings-saved")
		h.desk.Gone("[data-missing]")
		h.desk.Gone("#announcements:checked")
		h.desk.Wait("#security:checked:disabled")
		h.desk.Click("#contact-email")
		h.desk.At("/messages/settings/email")
		h.desk.Script(true)
	})
}
