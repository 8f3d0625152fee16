package test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// deskEntry is an entry as the desk's command shows it.
type deskEntry struct {
	Author, Text string
	Signed       bool
}

// shows is what the desk sees of a ticket.
func (s *server) shows(reference string) (status string, entries []deskEntry) {
	s.t.Helper()
	var thread struct {
		Status  string
		Entries []deskEntry
	}
	if err := json.Unmarshal(s.run("", "message", "show", reference, "--json"), &thread); err != nil {
		s.t.Fatal(err)
	}
	return thread.Status, thread.Entries
}

// openMessages opens the message centre on the phone's home screen by PIN.
func openMessages(phone *browser.Tab) {
	phone.Click("[data-screen=home] #messages")
	phone.Type("[data-screen=messages] #pin", maraPIN)
	phone.Click("#confirm")
	phone.Wait(".inbox-rows")
}

// kept looks through everything that a page can keep on a phone, and gives the names of what holds any of the words.
func kept(phone *browser.Tab, words ...string) string {
	list, _ := json.Marshal(words)
	return browser.Eval[string](phone, `(async words => {
  const found = [];
  const look = (where, text) => { if (words.some(word => text.includes(word))) found.push(where); };
  for (const storage of [localStorage, sessionStorage]) look("storage", JSON.stringify({...storage}));
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((done, fail) => { const r = indexedDB.open(name); r.onsuccess = () => done(r.result); r.onerror = fail; });
    for (const store of db.objectStoreNames) {
      const all = await new Promise((done, fail) => { const r = db.transaction(store).objectStore(store).getAll(); r.onsuccess = () => done(r.result); r.onerror = fail; });
      if (store === "keys" && all.length === 0) found.push("a database without keys, which cannot be the app's");
      look(name + "/" + store, JSON.stringify(all));
    }
    db.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) look("cache " + request.url, request.url + await (await cache.match(request)).text());
  }
  look("history", JSON.stringify(history.state) + document.title + location.href);
  return found.join(", ");
})(`+string(list)+`)`)
}

// A message comes, is counted, opened by PIN, read and answered; the desk sees the phone's signature.
func TestMessagesAreReadAndAnsweredOnThePhone(t *testing.T) {
	h := settled(t, nil)
	h.phone.Says("#messages", "1 unread") // of the phone itself
	letter := filepath.Join(t.TempDir(), "Terms of use.txt")
	if err := os.WriteFile(letter, []byte("The terms of use."), 0o600); err != nil {
		t.Fatal(err)
	}
	reference := strings.TrimPrefix(h.writes(maraName, "--subject", "Signing in from abroad", "--body", answered+"\n\n<b>Bold</b> [Here](javascript:alert(1))", "--attach", letter), "/messages/")
	h.phone.Click("#refresh")
	h.phone.Says("#messages", "2 unread")
	h.phone.Visit("phone-home-messages")

	h.phone.Click("#messages")
	h.phone.Wait("[data-screen=messages] #pin")
	h.phone.Visit("phone-messages-open")
	h.phone.Type("#pin", "wrong1")
	h.phone.Click("#confirm")
	h.phone.Says("[data-error='pin.wrong']", "4 tries left")
	h.phone.Visit("phone-messages-open-wrong")
	h.phone.Excuse("status of 403")
	h.phone.Type("#pin", maraPIN)
	h.phone.Click("#confirm")
	h.phone.Until("unread ones first", `document.querySelectorAll(".inbox-rows .chip-look").length === 2`)
	h.phone.Visit("phone-messages")

	h.phone.Type("#search", "abroad code")
	h.phone.Click("#find")
	h.phone.Until("one that fits", `document.querySelectorAll(".inbox-rows .row").length === 1`)
	h.phone.Type("#search", "wombat")
	h.phone.Click("#find")
	h.phone.Says(".empty", "Nothing was found.")
	h.phone.Visit("phone-messages-nothing")
	h.phone.Click("#all")
	h.phone.Click("#message-" + reference)
	h.phone.Says("[data-screen=message] h1", "Signing in from abroad")
	h.phone.Says("article", "your phone works everywhere.")
	h.phone.Says("article", "How codes work (help.example)")
	h.phone.Says("article", "<b>Bold</b> Here")
	h.phone.Says(".entry-files", "Terms of use.txt")
	if got := h.phone.Attribute("article a", "href") + " " + h.phone.Attribute("article a", "rel") + " " + h.phone.Attribute("article a", "target"); got != "https://help.example/codes noopener noreferrer nofollow _blank" {
		t.Errorf("the link: %s", got)
	}
	if n := browser.Eval[int](h.phone, `document.querySelectorAll("article a, article b, article img").length`); n != 1 {
		t.Errorf("%d elements that the desk's text made, want the one link", n)
	}
	h.phone.Visit("phone-message")

	h.phone.Click("#reply")
	h.phone.Wait("[data-screen=message-reply]")
	h.phone.Visit("phone-message-reply")
	h.phone.Click("#send")
	h.phone.Wait("[data-error='message.text']")
	h.phone.Click("#text")
	h.phone.Paste("\u00a0 Thank you! 👩‍💻\u202e\u200b\n\n\tÜber <b>alles</b>… \u3000")
	h.phone.Click("#send")
	h.phone.Says(".toast", "Your reply has been sent.")
	h.phone.Says(".entry-own", "signed by a phone")
	h.phone.Visit("phone-message-answered")
	status, entries := h.shows(reference)
	if want := (deskEntry{"user", "Thank you! 👩‍💻\n\n\tÜber <b>alles</b>…", true}); status != "open" || len(entries) != 2 || entries[1] != want {
		t.Errorf("the desk sees a ticket that is %s, with %+v, want it open and answered with %+v", status, entries, want)
	}

	// What the desk adds stands there at once.
	answer := filepath.Join(t.TempDir(), "answer.md")
	if err := os.WriteFile(answer, []byte("You are *welcome*."), 0o600); err != nil {
		t.Fatal(err)
	}
	h.run("", "message", "reply", reference, "--file", answer)
	h.phone.Says(".entries", "You are welcome.")
	h.phone.Click("#close")
	h.phone.Says(".inbox-about", "Closed")
	h.phone.Click("#reopen")
	h.phone.Wait("#reply")

	if found := kept(h.phone, "abroad", "everywhere", "welcome", "Thank you"); found != "" {
		t.Errorf("the phone keeps what was read in %s", found)
	}
	h.phone.Click("#lock")
	h.phone.Says(".toast", "Your messages are locked.")
	h.phone.Says("[data-screen=home] #messages", "1 unread")
	if left := browser.Eval[string](h.phone, "document.documentElement.outerHTML"); strings.Contains(left, "abroad") {
		t.Error("what was read is in the page still")
	}
	h.phone.Click("#messages")
	h.phone.Wait("[data-screen=messages] #pin")
}

// A notice is read in words; a page that was left opens nothing by itself, nor does another tab.
func TestANoticeIsReadOnThePhoneAndTheNextStartIsLocked(t *testing.T) {
	h := settled(t, nil)
	openMessages(h.phone)
	h.phone.Click(".inbox-rows .row")
	h.phone.Says("h1", "A new phone is active")
	h.phone.Says(".statement", "127.0.0.1")
	h.phone.Says(".banner", "remove this phone now")
	h.phone.Visit("phone-notice")
	second := h.phone.Another("second tab")
	second.Go(h.server.phone + "/")
	second.Gone("#messages .chip")
	openMessages(second)
	h.phone.Reload()
	h.phone.Wait("[data-screen=message] #pin")
	if text := h.phone.Text("body"); strings.Contains(text, "A new phone is active") {
		t.Errorf("before the PIN: %s", text)
	}
	second.Click("#lock")
	second.Wait("[data-screen=home]")

	// Somebody who has the app's connection alone learns nothing either: the server says no.
	h.phone.Type("#pin", maraPIN)
	h.phone.Click("#confirm")
	h.phone.Says("h1", "A new phone is active")
	h.phone.Click("#close")
	h.phone.Wait("#reopen")
}

// Out of sight for a minute, the app forgets what was read, and opens again where it was.
func TestMessagesLockOutOfSight(t *testing.T) {
	h := settled(t, nil)
	// The page is told that it is out of sight, and what time it is when it comes back.
	h.phone.Before(`{
  const now = Date.now;
  Date.now = () => now() + (globalThis.later ?? 0);
  Object.defineProperty(Document.prototype, "visibilityState", { get: () => globalThis.away ? "hidden" : "visible" });
}`)
	h.phone.Reload()
	leave := func(ms string) {
		browser.Eval[bool](h.phone, `(() => {
  const turn = to => { globalThis.away = to; document.dispatchEvent(new Event("visibilitychange")); };
  turn(true);
  globalThis.later = `+ms+`;
  turn(false);
  globalThis.later = 0;
  return true;
})()`)
	}
	openMessages(h.phone)
	h.phone.Click(".inbox-rows .row")
	h.phone.Says("h1", "A new phone is active")
	leave("59_000")
	h.phone.Says("h1", "A new phone is active")
	leave("60_000")
	h.phone.Says("[data-screen=message] .banner", "Your messages were locked.")
	if left := browser.Eval[string](h.phone, "document.documentElement.outerHTML"); strings.Contains(left, "A new phone is active") {
		t.Error("what was read is in the page still")
	}
	h.phone.Visit("phone-messages-locked")
	h.phone.Type("#pin", maraPIN)
	h.phone.Click("#confirm")
	h.phone.Says("h1", "A new phone is active")
}

// A finger opens them, too, and a wrong one does not.
func TestAFingerOpensMessages(t *testing.T) {
	h := move(t, nil)
	h.signIn()
	h.desk.Wait("#activation[data-state=offer]")
	finger := sensor(t, h.phone)
	h.phone.Go(h.server.phone + "/")
	h.phone.TypeCode(h.desk.Code())
	h.phone.Click("#continue")
	h.phone.Click("[data-screen=pin] #use-biometric")
	h.phone.Click("[data-screen=biometric] #activate")
	h.phone.Says("h1", "This phone is active")
	h.phone.Click("#done")
	h.phone.Click("[data-screen=home] #messages")
	h.phone.Wait("[data-screen=messages] #confirm")
	h.phone.Visit("phone-messages-open-finger")
	finger(false)
	h.phone.Click("#confirm")
	h.phone.Wait("[data-error^='biometric.'] .banner")
	finger(true)
	h.phone.Click("#confirm")
	h.phone.Says(".inbox-rows", "A new phone is active")
}

// Two people have one phone: each has a box of their own, behind an opening of its own.
func TestEachUserOfAPhoneHasTheirOwnMessages(t *testing.T) {
	h := settled(t, nil)
	h.addJonas(t)
	h.writes("jonas", "--subject", "Only for Jonas", "--body", "A secret of his.")
	h.phone.Click("#refresh")
	h.phone.Says("#messages", "3 unread")
	h.phone.Click("#messages")
	h.phone.Wait("[data-screen=messages-user]")
	h.phone.Says(".rows-sheet", "2 unread")
	h.phone.Visit("phone-messages-user")
	h.phone.Click(".rows-sheet .row:last-child")
	h.phone.Says(".lead", "Jonas Weber")
	h.phone.Type("#pin", maraPIN)
	h.phone.Click("#confirm")
	h.phone.Says(".inbox-rows", "Only for Jonas")
	h.phone.Says(".bar", "Jonas Weber")
	h.phone.Click("#back")
	h.phone.Click("[data-screen=messages-user] .rows-sheet .row:first-child")
	h.phone.Says(".lead", "Mara Lindqvist")
	h.phone.Type("#pin", maraPIN)
	h.phone.Click("#confirm")
	h.phone.Says(".inbox-rows", "A new phone is active")
	if text := h.phone.Text("body"); strings.Contains(text, "Only for Jonas") {
		t.Errorf("Mara's box has %s", text)
	}
}

// Without a server the app says so, and what works.
func TestMessagesWithoutAConnectionSaySo(t *testing.T) {
	h := settled(t, nil)
	reference := strings.TrimPrefix(h.writes(maraName, "--subject", "Your new card", "--body", "It is on its way."), "/messages/")
	openMessages(h.phone)
	h.phone.Click("#message-" + reference)
	h.phone.Click("[data-screen=message] #reply")
	h.phone.Type("[data-screen=message-reply] #text", "Thank you!")
	for _, noise := range []string{"ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET"} {
		h.phone.Excuse(noise)
	}
	h.stop()
	h.phone.Click("#send")
	h.phone.Says("[data-error=offline]", "it never arrives twice")
	h.phone.Visit("phone-message-reply-offline")
	h.phone.Click("#back")
	h.phone.Says("[data-screen=message] [data-error=offline]", "What you opened stays here")
	h.phone.Says("article", "It is on its way.")
	h.phone.Visit("phone-message-offline")
	h.phone.Click("#lock")
	h.phone.Click("[data-screen=home] #messages")
	h.phone.Says("[data-screen=messages] .banner", "Messages are never kept on this phone")
	h.phone.Visit("phone-messages-offline")
	h.start()
	h.phone.Wait("#pin")
	h.phone.Type("#pin", maraPIN)
	h.phone.Click("#confirm")
	h.phone.Says(".inbox-rows", "Your new card")
	if _, entries := h.shows(reference); len(entries) != 1 {
		t.Errorf("%d entries, want the desk's alone", len(entries))
	}
}

func TestMessagesOnThePhoneStandInEveryLanguage(t *testing.T) {
	for _, r := range readers {
		t.Run(r.lang, func(t *testing.T) {
			s := serve(t, nil)
			_, phone := r.joins(t, s)
			s.announces()
			ticket := strings.TrimPrefix(s.writes(r.name, "--subject", "Signing in from abroad", "--body", answered), "/messages/")
			phone.Click("#refresh") // another process wrote: the stream tells of that in its own time
			phone.Until("three unread ones", `document.querySelector("#messages [data-unread='3']") !== null`)
			r.look(t, phone, "phone-home-messages")
			phone.Click("#messages")
			phone.Wait("#pin")
			r.look(t, phone, "phone-messages-open")
			phone.Type("#pin", maraPIN)
			phone.Click("#confirm")
			phone.Until("three messages", `document.querySelectorAll(".inbox-rows .row").length === 3`)
			r.look(t, phone, "phone-messages")
			for _, kind := range []string{"shield", "bell"} {
				phone.Click(`.inbox-rows .row:has(use[href$="#` + kind + `"])`)
				phone.Until("its own language", `document.querySelector("[data-screen=message] h1 bdi")?.lang === "`+r.lang+`"`)
				r.look(t, phone, "phone-message-"+kind)
				phone.Click("#back")
			}
			phone.Click("#message-" + ticket)
			phone.Click("[data-screen=message] #reply")
			phone.Wait("[data-screen=message-reply]")
			r.look(t, phone, "phone-message-reply")
			phone.Type("#text", "Danke. ありがとうございます。")
			phone.Click("#send")
			phone.Wait(".entry-own")
			r.look(t, phone, "phone-message")
			phone.Click("#lock")
			phone.Wait("[data-screen=home]")
			if _, entries := s.shows(ticket); len(entries) != 2 || !entries[1].Signed {
				t.Errorf("the desk sees %+v", entries)
			}
		})
	}
}
