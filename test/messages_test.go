package test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// writes has the desk write to one person, and gives the path of what it wrote.
func (s *server) writes(to string, args ...string) string {
	s.t.Helper()
	var made struct{ Reference string }
	if err := json.Unmarshal(s.run("", append([]string{"message", "send", "--to", to, "--json"}, args...)...), &made); err != nil || made.Reference == "" {
		s.t.Fatalf("no reference: %v", err)
	}
	return "/messages/" + made.Reference
}

// announces has the desk write to everybody, in three languages.
func (s *server) announces() {
	s.t.Helper()
	args := []string{"message", "send", "--all", "--yes", "--wait"}
	for lang, text := range map[string]string{
		"en": "# Our branch is closed on Sunday\n\nWe are **renewing** our machines.\n\n- The portal works as always.\n- So does your phone.\n\n[What is renewed](https://help.example/renewal)",
		"de": "# Unsere Filiale ist am Sonntag geschlossen\n\nWir **erneuern** unsere Maschinen.\n\n- Das Portal arbeitet wie immer.\n- Ihr Telefon auch.",
		"ja": "# 日曜日は店舗を休業いたします\n\n設備の**更新**を行います。\n\n- ポータルは通常どおりご利用いただけます。\n- スマートフォンも同様です。",
	} {
		file := filepath.Join(s.t.TempDir(), lang+".md")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			s.t.Fatal(err)
		}
		args = append(args, "--text", lang+"="+file)
	}
	s.run("", args...)
}

const answered = "Yes: your phone works **everywhere**.\n\n1. Without a connection, take a *code*.\n2. With one, nod as you do at home.\n\n> Ask again whenever you like.\n\n[How codes work](https://help.example/codes)"

func TestTheMessageCentreIsReachedSearchedAndRead(t *testing.T) {
	h := settled(t, nil)
	letter := filepath.Join(t.TempDir(), "Terms of use.txt")
	if err := os.WriteFile(letter, []byte(strings.Repeat("The terms of use.\n", 900)), 0o600); err != nil {
		t.Fatal(err)
	}
	ticket := h.writes(maraName, "--subject", "Signing in from abroad", "--body", answered, "--category", "access", "--topic", "sign_in", "--attach", letter)
	h.announces()

	// Where a summary's link leads: the sign-in, then the message.
	h.desk.Go(h.portal + ticket)
	h.desk.At("/sign-in")
	h.desk.Type("#username", maraName)
	h.desk.Type("#password", maraPassword)
	h.desk.Click("#sign-in")
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.desk.At(ticket)
	h.desk.Says("h1", "Signing in from abroad")
	h.desk.Says(".prose", "Without a connection, take a code.")
	h.desk.Says(".entry-files", "Terms of use.txt")
	h.desk.Visit("portal-thread")
	got := browser.Eval[string](h.desk, `(async () => {
  const r = await fetch(document.querySelector(".entry-files a").href);
  return [r.status, r.headers.get("content-disposition"), r.headers.get("x-content-type-options"), (await r.text()).length].join(" | ");
})()`)
	if want := `200 | attachment; filename="Terms of use.txt"; filename*=UTF-8''Terms%20of%20use.txt | nosniff | 16200`; got != want {
		t.Errorf("the file: %s, want %s", got, want)
	}

	// From the first page, and from the menu.
	h.desk.Go(h.portal + "/")
	h.desk.Says("#messages-row", "3 unread messages") // the phone, the browser, the announcement
	h.desk.Visit("portal-home-messages")
	h.desk.Click("#user-menu summary")
	h.desk.Says("#messages-link .badge", "3")
	h.desk.Visit("portal-menu-messages")
	h.desk.Click("#messages-link")
	h.desk.At("/messages")
	h.desk.Until("unread ones first", `document.querySelectorAll("#inbox .row").length === 4 && document.querySelectorAll("#inbox [data-unread]").length === 3 &&
  [...document.querySelectorAll("#inbox .row")].slice(0, 3).every(row => row.hasAttribute("data-unread"))`)
	h.desk.Visit("portal-messages")

	h.desk.Type("#q", "abroad code")
	h.desk.Click("#find-go")
	h.desk.Until("one that fits", `document.querySelectorAll("#inbox .row").length === 1`)
	h.desk.Click("#show-all")
	h.desk.Gone("#show-all")
	h.desk.Wait("#inbox .row:nth-child(1)")
	h.desk.Type("#q", "wombat")
	h.desk.Click("#find-go")
	h.desk.Wait("#inbox-empty")
	h.desk.Visit("portal-messages-nothing")
	h.desk.Go(h.portal + "/messages?kind=announcement&unread=1")
	h.desk.Wait("#filters[open]")
	h.desk.Visit("portal-messages-narrowed")
	h.desk.Click("#inbox .row")
	h.desk.Says("h1", "Our branch is closed on Sunday")
	h.desk.Visit("portal-announcement")
	h.desk.Click(".thread-languages [hreflang=ja]")
	h.desk.Says("h1", "日曜日は店舗を休業いたします")
	h.desk.Glance("portal-announcement-in-ja")
	h.desk.Go(h.portal + "/messages/2026-9999")
	h.desk.Wait("[data-message=not_found]")
	h.desk.Click("#go-on")
	h.desk.At("/messages")
	h.desk.Go(h.portal + "/messages?kind=nothing")
	h.desk.Wait("[data-message=bad_input]")
	h.desk.Excuse("status of 400")
	h.desk.Excuse("status of 404")
}

func TestAMessageIsClosedAndReopened(t *testing.T) {
	h := settled(t, nil)
	ticket := h.writes(maraName, "--subject", "Your new card", "--body", "It is on its way.")
	h.enter()
	h.desk.Go(h.portal + ticket)
	h.desk.Click("#close")
	h.desk.At("/messages")
	h.desk.Says("#toast", "The message is closed.")
	h.desk.Go(h.portal + ticket)
	h.desk.Wait("#reopen")
	h.desk.Visit("portal-thread-closed")
	h.desk.Click("#reopen")
	h.desk.Wait("#close")

	// The list is for those without script, too.
	h.desk.Script(false)
	h.desk.Go(h.portal + "/messages?q=card&kind=ticket")
	h.desk.Says("#inbox", "Your new card")
	h.desk.Type("#q", "wombat")
	h.desk.Click("#find-go")
	h.desk.Wait("#inbox-empty")
	h.desk.Script(true)
}

// While a page is open, what comes in is on its badge: in place, without a step of the page.
func TestTheBadgeRisesWhileAPageIsOpen(t *testing.T) {
	h := settled(t, nil)
	h.enter()
	h.desk.Go(h.portal + "/security")
	before := h.desk.Text("#user-menu .badge")
	browser.Eval[bool](h.desk, `(() => {
  window.kept = "the same page";
  window.moved = 0;
  new PerformanceObserver(list => { for (const e of list.getEntries()) window.moved += e.value; }).observe({ type: "layout-shift", buffered: false });
  window.wide = document.querySelector(".header-links").getBoundingClientRect().width;
  return true;
})()`)
	ticket := h.writes(maraName, "--subject", "Something new", "--body", "Read me.")
	h.desk.Until("the badge rises", `document.querySelector("#user-menu .badge").textContent === "`+string(before[0]+1)+`"`)
	h.desk.Says("#badge", "unread messages")
	if kept := browser.Eval[string](h.desk, "window.kept"); kept != "the same page" {
		t.Error("the page was left")
	}
	if moved := browser.Eval[float64](h.desk, `window.moved + Math.abs(document.querySelector(".header-links").getBoundingClientRect().width - window.wide)`); moved != 0 {
		t.Errorf("the page moved by %v", moved)
	}
	h.desk.Glance("portal-badge")
	second := h.desk.Another("second tab")
	second.Go(h.portal + ticket)
	second.Wait("#thread")
	h.desk.Until("the badge falls", `document.querySelector("#user-menu .badge").textContent === "`+before+`"`)
}

// Somebody else has signed in: the notice says so, and its button ends it.
func TestANoticeEndsWhatItTellsOf(t *testing.T) {
	h := settled(t, nil)
	h.enter()
	other := open(t, "somebody else", browser.IPhone)
	other.SignIn(h.portal, maraName, maraPassword)
	h.phone.Approve(other.Number(), maraPIN)
	h.phone.Click("#done")
	other.At("/")
	h.desk.Go(h.portal + "/messages?q=iPhone")
	h.desk.Click("#inbox .row")
	h.desk.Says("h1", "You signed in with a new browser")
	h.desk.Says("#notice", "Safari on iPhone")
	h.desk.Says("#notice", "127.0.0.1")
	h.desk.Visit("portal-notice")
	h.desk.Click("#act")
	h.desk.At("/security")
	h.desk.Says("#toast", "signed out")
	other.Reload()
	other.At("/sign-in")

	// The phone is the last: removing it needs its own yes.
	h.desk.Go(h.portal + "/messages?q=phone+active")
	h.desk.Click("#inbox .row")
	h.desk.Says("#act-note", "last phone")
	h.desk.Visit("portal-notice-phone")
	h.desk.Click("#act")
	h.desk.At("/change")
	h.phone.Wait("[data-screen=approval]")
}

// joins gives the reader an account in their language, with a phone; both are in view.
func (r reader) joins(t *testing.T, s *server) (desk, phone *browser.Tab) {
	t.Helper()
	s.run(r.password+"\n", "user", "add", r.name, "--display-name", r.displayName, "--locale", r.lang, "--password-stdin", "--json")
	desk, phone = open(t, "portal", browser.Desktop), open(t, "phone", browser.Handset)
	desk.Speak(r.lang)
	phone.Speak(r.lang)
	desk.SignIn(s.portal, r.name, r.password)
	phone.Go(s.phone + "/")
	phone.TypeCode(desk.Code())
	phone.CreatePIN(maraPIN)
	desk.Wait("#activated")
	phone.Click("#done")
	phone.Wait("[data-screen=home]")
	return desk, phone
}

func TestTheMessageCentreStandsInEveryLanguage(t *testing.T) {
	for _, r := range readers {
		t.Run(r.lang, func(t *testing.T) {
			s := serve(t, nil)
			desk, phone := r.joins(t, s)
			desk.Click("#user-menu summary")
			desk.Click("#sign-out")
			s.announces()
			ticket := s.writes(r.name, "--subject", "Signing in from abroad", "--body", answered)
			desk.Go(s.portal + "/messages")
			desk.Type("#username", r.name)
			desk.Type("#password", r.password)
			desk.Click("#sign-in")
			phone.Approve(desk.Number(), maraPIN)
			desk.At("/messages")
			look := func(name string) {
				r.reads(t, desk, name)
				desk.Glance("lang-" + r.lang + "-" + name)
			}
			look("portal-messages")
			desk.Go(s.portal + "/messages?kind=security&status=open")
			look("portal-messages-narrowed")
			desk.Click("#inbox .row:first-child")
			desk.Wait("#notice")
			look("portal-notice")
			desk.Go(s.portal + "/messages?q=" + map[string]string{"de": "Filiale+Maschinen", "ja": "店舗+設備"}[r.lang])
			desk.Click("#inbox .row")
			desk.Until("its own language", `document.querySelector("h1").lang === "`+r.lang+`"`)
			look("portal-announcement")
			desk.Go(s.portal + ticket)
			look("portal-thread")
			desk.Go(s.portal + "/messages?q=wombat")
			look("portal-messages-nothing")
			desk.Go(s.portal + "/")
			look("portal-home-messages")
		})
	}
}
