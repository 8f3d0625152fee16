package test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// shownTags is an expression for the tags of the notifications that are shown, for any page of the phone's origin.
const shownTags = `navigator.serviceWorker.getRegistration("/").then(r => r.getNotifications()).then(all => all.map(n => n.tag))`

// shown is one for tag, title and text of each.
const shown = `navigator.serviceWorker.getRegistration("/").then(r => r.getNotifications()).then(all => all.map(n => n.tag + " " + n.title + ": " + n.body).sort())`

// listenToWorker makes a page collect what the service worker tells of pushes, which it does once their notification is shown.
func listenToWorker(tab *browser.Tab) {
	browser.Eval[bool](tab, `(globalThis.pushed = [], navigator.serviceWorker.addEventListener("message", (e) => pushed.push(e.data.id)), navigator.serviceWorker.startMessages(), true)`)
}

// pushTo delivers a push to a page that listens, and waits until its notification was shown.
func pushTo(tab *browser.Tab, origin, data string) {
	before := browser.Eval[int](tab, "pushed.length")
	tab.Push(origin, data)
	tab.Until("the worker's word that it showed the push", fmt.Sprintf("pushed.length === %d", before+1))
}

// notifying is a house where Mara's phone is active and may notify, in a language.
func notifying(t *testing.T, lang string) *house {
	t.Helper()
	h := onHomeScreen(t, func(phone *browser.Tab) { phone.Speak(lang) })
	h.phone.Wait("[data-screen=home]")
	h.phone.Until("a service worker", "navigator.serviceWorker.ready.then(() => true)")
	h.signOut()
	return h
}

func TestAPushTellsAClosedAppsPersonThatARequestWaits(t *testing.T) {
	for lang, says := range map[string]string{
		"en": "Aldermere: A request is waiting. Open the app to see it.",
		"de": "Aldermere: Eine Anfrage wartet. Öffnen Sie die App, um sie zu sehen.",
		"ja": "Aldermere: 依頼が届いています。アプリを開いて確認してください。",
	} {
		t.Run(lang, func(t *testing.T) {
			h := notifying(t, lang)
			// A page of the same origin on which nothing of the app runs.
			h.phone.Go(h.server.phone + "/api/phone/v1/server")
			listenToWorker(h.phone)
			const id = "q2xTf0m1ZbA9-_k3LwPd4Q"
			pushTo(h.phone, h.server.phone, id)
			if got := browser.Eval[[]string](h.phone, shown); !slices.Equal(got, []string{id + " " + says}) {
				t.Errorf("the notifications are %q, want %q with the tag %s", got, says, id)
			}
			// The same request once more, and a push that carries no id.
			pushTo(h.phone, h.server.phone, id)
			pushTo(h.phone, h.server.phone, `{"approve":true}`)
			if got := browser.Eval[[]string](h.phone, shown); !slices.Equal(got, []string{id + " " + says, "request " + says}) {
				t.Errorf("the notifications are %q, want one for %s and one without an id", got, id)
			}
			h.phone.Go(h.server.phone + "/")
			h.phone.Wait("[data-screen=home]")
			h.phone.Until("no notification in the app that is looked at", shownTags+`.then(all => all.length === 0)`)
		})
	}
}

func TestARequestThatIsPushedAndHeardOfIsNotifiedOnce(t *testing.T) {
	h := notifying(t, "en")
	hide(h.phone, true)
	h.signIn()
	number := h.desk.Number()
	h.phone.Until("a notification", shownTags+`.then(all => all.length === 1)`)
	id := browser.Eval[[]string](h.phone, shownTags)[0]
	listenToWorker(h.phone)
	pushTo(h.phone, h.server.phone, id)
	// Another push is shown after it, and taken back when the app has asked: nothing of that id is open.
	pushTo(h.phone, h.server.phone, strings.Repeat("A", 22))
	h.phone.Until("the push of a request that is over taken back", shownTags+`.then(all => all.join() === "`+id+`")`)
	hide(h.phone, false)
	h.phone.Until("no notification", shownTags+`.then(all => all.length === 0)`)
	h.phone.Approve(number, maraPIN)
	h.desk.At("/")
}
