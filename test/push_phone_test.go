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

func TestAPushTellsAClosedAppsPersonWhatItIsOf(t *testing.T) {
	for lang, says := range map[string]struct{ waiting, over string }{
		"en": {"Aldermere: A request is waiting. Open the app to see it.", "Aldermere: A request was waiting. It is over."},
		"de": {"Aldermere: Eine Anfrage wartet. Öffnen Sie die App, um sie zu sehen.", "Aldermere: Eine Anfrage hat gewartet. Sie ist vorbei."},
		"ja": {"Aldermere: 依頼が届いています。アプリを開いて確認してください。", "Aldermere: 依頼が届いていましたが、すでに終了しています。"},
	} {
		t.Run(lang, func(t *testing.T) {
			h := notifying(t, lang)
			id := h.asked()
			// A page of the same origin on which nothing of the app runs.
			h.phone.Go(h.server.phone + "/api/phone/v1/server")
			listenToWorker(h.phone)
			told := h.count("/seen")
			pushTo(h.phone, h.server.phone, id)
			h.logged("/seen", told+1)
			if got := browser.Eval[[]string](h.phone, shown); !slices.Equal(got, []string{id + " " + says.waiting}) {
				t.Errorf("the notifications are %q, want %q with the tag %s", got, says.waiting, id)
			}
			// The same request once more, one that is over, and a push that carries no id.
			const over = "zzzzzzzzzzzzzzzzzzzzzA"
			pushTo(h.phone, h.server.phone, id)
			pushTo(h.phone, h.server.phone, over)
			pushTo(h.phone, h.server.phone, `{"approve":true}`)
			want := []string{id + " " + says.waiting, over + " " + says.over, "request " + says.waiting}
			if slices.Sort(want); !slices.Equal(browser.Eval[[]string](h.phone, shown), want) {
				t.Errorf("the notifications are %q, want %q", browser.Eval[[]string](h.phone, shown), want)
			}
			h.phone.Go(h.server.phone + "/")
			h.phone.Wait("[data-screen=approval]")
			h.phone.Until("no notification in the app that is looked at", shownTags+`.then(all => all.length === 0)`)
			h.desk.Says("#progress", "Opened on")
		})
	}
}

// asked is the id of a request that somebody just made: the app out of sight notifies of it.
func (h *house) asked() string {
	h.t.Helper()
	hide(h.phone, true)
	h.signIn()
	h.desk.Number()
	h.phone.Until("a notification", shownTags+`.then(all => all.length === 1)`)
	return browser.Eval[[]string](h.phone, shownTags)[0]
}

func TestATouchedNotificationOpensItsRequest(t *testing.T) {
	h := notifying(t, "en")
	id := h.asked()
	number := h.desk.Number()
	h.phone.Go("about:blank")
	h.phone.Go(h.server.phone + "/#request=" + id) // as the service worker opens the app that is closed
	h.phone.Wait("[data-screen=approval]")
	h.phone.Until("an address that says nothing", `location.href === "`+h.server.phone+`/"`)
	h.phone.Approve(number, maraPIN)
	h.desk.At("/")

	h.phone.Go("about:blank")
	h.phone.Go(h.server.phone + "/#request=" + id)
	h.phone.Wait("[data-screen=home]")
	h.phone.Says("main", "That request is over.")
	h.phone.Visit("home-over")
	h.phone.Go("about:blank")
	h.phone.Go(h.server.phone + "/#test")
	h.phone.Wait("[data-screen=notifications-check]")
}

// testsKept makes a page keep the id of the last test of notifications that its app asked for.
const testsKept = `{ const real = globalThis.fetch;
globalThis.fetch = async (...what) => {
  const answer = await real(...what);
  if (String(what[0]).endsWith("/push/test")) {
    const { statement } = await answer.clone().json();
    globalThis.tested = JSON.parse(atob(statement.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).id;
  }
  return answer;
}; }`

func TestNotificationsAreCheckedTestedAndRepaired(t *testing.T) {
	for lang, says := range map[string]struct{ arrived, test, denied string }{
		"en": {"Arrived after ", "Test notification: it works.", "App info"},
		"de": {" angekommen", "Testmitteilung: Es funktioniert.", "App-Info"},
		"ja": {"秒で届きました", "テスト通知です。正しく届いています。", "アプリ情報"},
	} {
		t.Run(lang, func(t *testing.T) {
			h := onHomeScreen(t, func(phone *browser.Tab) {
				phone.Speak(lang)
				phone.Before(pushService)
				phone.Before(testsKept)
			})
			h.phone.Wait("[data-screen=home]")
			h.phone.Click("#more")
			h.phone.Click("#settings")
			h.phone.Click("#notifications")
			for _, check := range []string{"permission", "worker", "subscription"} {
				h.phone.Wait("[data-check=" + check + "][data-state=good]")
			}
			h.phone.Wait("[data-check=receipt][data-state=unknown]")
			h.phone.Visit("notifications-check-" + lang)

			h.phone.Click("#send-test")
			h.phone.Until("a test", `typeof tested === "string"`)
			h.phone.Wait(".push-test[data-test=since]")
			h.phone.Push(h.server.phone, browser.Eval[string](h.phone, "tested"))
			h.phone.Wait(".push-test[data-test=ms]")
			h.phone.Says(".push-test", says.arrived)
			h.phone.Wait("[data-check=receipt][data-state=good]")
			if got := browser.Eval[[]string](h.phone, shown); len(got) != 1 || !strings.HasSuffix(got[0], " Aldermere: "+says.test) {
				t.Errorf("the notifications are %q, want one that says %q", got, says.test)
			}
			h.phone.Visit("notifications-tested-" + lang)

			// The person forbids it in the phone's settings and comes back, then allows it again.
			const said = `(globalThis.allows = %q, Object.defineProperty(Notification, "permission", {get: () => globalThis.allows, configurable: true}), document.dispatchEvent(new Event("visibilitychange")))`
			browser.Eval[bool](h.phone, fmt.Sprintf(said, "denied"))
			h.phone.Wait("[data-check=permission][data-state=bad]")
			h.phone.Wait("[data-check=service][data-state=bad]")
			h.phone.Says("[data-check=permission]", says.denied)
			h.phone.Visit("notifications-denied-" + lang)
			browser.Eval[bool](h.phone, fmt.Sprintf(said, "granted"))
			h.phone.Wait("[data-check=permission][data-state=good]")
			h.phone.Wait("[data-check=subscription][data-state=good]")
			h.logged("POST /api/phone/v1/push/subscribe", 2)
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
