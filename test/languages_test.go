package test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// reader is somebody who reads Nodkey in another language than English.
type reader struct {
	lang, name, displayName, password string
	portal                            string // the portal's name
	choose                            bool   // by the switch on the screen; else the browser asks for the language
}

var readers = []reader{
	{lang: "de", name: "jonas", displayName: "Jonas Weiß", password: "amber-kettle-fjord", portal: "Client Portal"},
	{lang: "ja", name: "misaki", displayName: "佐藤 美咲", password: "quiet-otter-lantern", portal: "クライアント・ポータル", choose: true},
}

// look visits a screen and finds fault with its language.
func (r reader) look(t *testing.T, tab *browser.Tab, name string) {
	t.Helper()
	r.reads(t, tab, name)
	tab.Visit("lang-" + r.lang + "-" + name)
}

// reads finds fault with the language of what is there.
func (r reader) reads(t *testing.T, tab *browser.Tab, name string) {
	t.Helper()
	if got := tab.Attribute("html", "lang"); got != r.lang {
		t.Errorf("%s: the page says that it is in %q, want %q", name, got, r.lang)
	}
	if shown := browser.Eval[string](tab, "document.body.innerText"); strings.Contains(shown, "{{") || strings.Contains(shown, "undefined") {
		t.Errorf("%s: a placeholder is left:\n%s", name, shown)
	}
}

// speak brings both devices to the reader's language, and shows their first screens.
func (r reader) speak(t *testing.T, s *server, desk, phone *browser.Tab) {
	t.Helper()
	if !r.choose {
		desk.Speak(r.lang)
		phone.Speak(r.lang)
	}
	desk.Go(s.portal + "/sign-in")
	phone.Go(s.phone + "/")
	phone.Wait("[data-screen=first]")
	if r.choose {
		desk.Type("#username", r.name)
		desk.Click("#languages summary")
		desk.Click("#languages button[lang=" + r.lang + "]")
		phone.Click("#language")
		phone.Click("#language-" + r.lang)
	}
	for _, tab := range []*browser.Tab{desk, phone} {
		tab.Wait("html[lang=" + r.lang + "]")
	}
	if r.choose {
		desk.Until("the name typed before the switch", "document.getElementById('username').value === '"+r.name+"'")
	}
	desk.Says(".wordmark-sub", r.portal)
	r.look(t, desk, "portal-sign-in")
	phone.Wait("[data-screen=first]")
	r.look(t, phone, "phone-first")
}

func TestEveryScreenOnTheWayStandsInEveryLanguage(t *testing.T) {
	for _, r := range readers {
		t.Run(r.lang, func(t *testing.T) {
			s := serve(t, nil)
			s.addUser(r.name, r.displayName, r.password)
			desk, phone := open(t, "portal", browser.Desktop), open(t, "phone", browser.Handset)
			r.speak(t, s, desk, phone)

			desk.SignIn(s.portal, r.name, "not-"+r.password)
			desk.Wait("#problem")
			r.look(t, desk, "portal-sign-in-wrong")
			desk.SignIn(s.portal, r.name, r.password)
			desk.Wait("#activation[data-state=offer]")
			r.look(t, desk, "portal-home-activation")

			code := desk.Code()
			phone.Click("#register")
			phone.Wait("[data-screen=code]")
			r.look(t, phone, "phone-code")
			phone.Type("#code-group-1", code[0])
			phone.Type("#code-group-2", other(code[1]))
			phone.Wait("[data-error='code.group']")
			r.look(t, phone, "phone-code-mistyped")
			for i, group := range code {
				phone.Type(fmt.Sprintf("#code-group-%d", i+1), group)
			}
			phone.Click("#continue")
			phone.Wait("[data-screen=offer]")
			r.look(t, phone, "phone-offer")
			phone.Click("[data-screen=offer] #continue")
			phone.Wait("[data-screen=pin]")
			phone.Click("#activate") // says what is missing
			r.look(t, phone, "phone-pin")
			phone.Type("[data-screen=pin] #pin", maraPIN)
			phone.Type("#pin-repeat", maraPIN)
			phone.Click("#activate")
			phone.Wait("[data-screen=activated]")
			desk.Wait("#activated")
			r.look(t, phone, "phone-activated")
			r.look(t, desk, "portal-activated")
			phone.Click("#done")
			phone.Wait("[data-screen=home]")

			desk.Click("#user-menu summary")
			desk.Click("#sign-out")
			desk.At("/sign-in")
			desk.SignIn(s.portal, r.name, r.password)
			number := desk.Number()
			r.look(t, desk, "portal-waiting")
			phone.Says("[data-screen=approval]", r.portal)
			r.look(t, phone, "phone-approval")
			phone.TypeNumber(number)
			phone.Click("[data-screen=approval] #confirm")
			phone.Wait("[data-screen=confirm]")
			r.look(t, phone, "phone-confirm")
			phone.ConfirmPIN(maraPIN)
			phone.Wait("[data-screen=decided]")
			r.look(t, phone, "phone-approved")
			desk.At("/")
			r.look(t, desk, "portal-home")
			desk.Go(s.portal + "/security")
			r.look(t, desk, "portal-security")
			desk.Go(s.portal + "/nowhere")
			r.look(t, desk, "portal-message")
			phone.Click("#done")
			phone.Wait("[data-screen=home]")
			r.look(t, phone, "phone-home")

			// A number that is not the page's ends the sign-in.
			desk.Click("#user-menu summary")
			desk.Click("#sign-out")
			desk.At("/sign-in")
			desk.SignIn(s.portal, r.name, r.password)
			phone.Approve(browser.Other(desk.Number()), maraPIN)
			desk.Wait("[data-outcome=wrong_number]")
			r.look(t, desk, "portal-wrong-number")
			phone.Wait("[data-screen=decided]")
			r.look(t, phone, "phone-wrong-number")

			// The language is on the phone: it opens without a network.
			phone.Until("a service worker in charge", "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)")
			s.stop()
			phone.Excuse("net::ERR_")
			desk.Excuse("net::ERR_")
			phone.Go(s.phone + "/")
			phone.Wait("[data-screen=home] .screen-status .banner")
			phone.Wait("html[lang=" + r.lang + "]")
			r.look(t, phone, "phone-offline")
		})
	}
}

func TestEveryFurtherScreenStandsInEveryLanguage(t *testing.T) {
	for _, r := range readers {
		t.Run(r.lang, func(t *testing.T) {
			s := serve(t, nil)
			s.addUser(r.name, r.displayName, r.password)
			desk, phone := open(t, "portal", browser.Desktop), open(t, "phone", browser.Handset)
			desk.Speak(r.lang)
			phone.Speak(r.lang)
			for _, page := range []string{"first-visit", "desk"} {
				desk.Go(s.portal + "/" + page)
				r.look(t, desk, "portal-"+page)
			}
			see := func(screen string) {
				t.Helper()
				phone.Wait("[data-screen=" + screen + "]")
				r.look(t, phone, "phone-"+screen)
			}
			phone.Go(s.phone + "/")
			phone.Click("#before")
			see("before")
			phone.Click("#back")
			phone.Click("#services")
			see("services")
			phone.Click("#about")
			see("about")
			phone.Click("#back")
			phone.Click("#settings")
			see("settings")
			phone.Click("#drawing-ios")
			phone.Click("#back")
			phone.Click("#back")
			phone.Wait("[data-screen=first]")
			r.look(t, phone, "phone-first-ios")
			phone.Click("#register")
			phone.Wait("[data-screen=code]")
			r.look(t, phone, "phone-code-ios")

			// A code that is over.
			desk.SignIn(s.portal, r.name, r.password)
			desk.Wait("#activation[data-state=offer]")
			phone.Go(s.phone + "/a#c=" + strings.Join(desk.Code(), "") + "x")
			see("fault")
			phone.Go(s.phone + "/")
			phone.TypeCode(desk.Code())
			phone.CreatePIN(maraPIN)
			desk.Wait("#activated")
			phone.Click("#done")
			phone.Wait("[data-screen=home]")
			phone.Click("#more")
			see("more")
			phone.Click("#two-factor")
			see("users")
			phone.Click("#add-user")
			see("add")
			phone.Click("#back")
			phone.Click(".row:has(.initial)")
			see("user")
			phone.Click("#change-pin")
			see("change-pin")
			phone.Click("#back")
			phone.Click("[data-screen=user] #rename")
			see("rename")
			for _, back := range []string{"user", "users", "more", "home"} {
				phone.Click("#back")
				phone.Wait("[data-screen=" + back + "]")
			}
			phone.Click("#more")
			phone.Click("#settings")
			phone.Click("[data-screen=settings] #sensor")
			see("sensor")
			phone.Click("#back")
			phone.Click("[data-screen=settings] #phone-name")
			see("phone-name")
			for _, back := range []string{"settings", "more", "home"} {
				phone.Click("#back")
				phone.Wait("[data-screen=" + back + "]")
			}
			desk.Click("#user-menu summary")
			desk.Click("#sign-out")
			desk.At("/sign-in")
			desk.SignIn(s.portal, r.name, r.password)
			phone.Approve(desk.Number(), maraPIN)
			desk.At("/")
			desk.Go(s.portal + "/security/add")
			desk.Wait("#activation[data-state=offer]")
			r.look(t, desk, "portal-phone-add")

			// The code is for somebody who is on this phone: a test request proves it.
			phone.Click("#done")
			phone.Click("#more")
			phone.Click("#two-factor")
			phone.Click("#add-user")
			phone.TypeCode(desk.Code())
			see("already")
			phone.Click("#test")
			phone.Wait("[data-screen=approval] #confirm")
			r.look(t, phone, "phone-test-request")
			phone.Click("#confirm")
			phone.Type("[data-screen=confirm] #pin", maraPIN)
			phone.Click("#confirm")
			phone.Wait("[data-screen=decided]")
			r.look(t, phone, "phone-test-decided")
			desk.Go(s.portal + "/password")
			desk.Wait("#new-password")
			r.look(t, desk, "portal-password")
		})
	}
}

func TestTheDemoPageStandsInEveryLanguage(t *testing.T) {
	line, _ := startDemo(t, "--listen", "127.0.0.1:0")
	for _, r := range readers {
		page := open(t, "demo in "+r.lang, stageSize)
		page.Excuse("Blocked autofocusing")
		page.Speak(r.lang)
		page.Go(line.URL + "/")
		page.Wait("[data-person=mara]")
		r.look(t, page, "demo")
	}
}

// other is a group of a code that its check character does not hold for.
func other(group string) string {
	for _, last := range []string{"2", "3"} {
		if !strings.HasSuffix(group, last) {
			return group[:3] + last
		}
	}
	return group
}

func TestEveryCharacterHasAGlyph(t *testing.T) {
	s := serve(t, nil)
	for _, lang := range []string{"en", "de", "ja"} {
		desk := open(t, "portal in "+lang, browser.Desktop)
		desk.Speak(lang)
		desk.Go(s.portal + "/sign-in")
		desk.Wait("html[lang=" + lang + "]")
		all, err := json.Marshal(characters(t, lang))
		if err != nil {
			t.Fatal(err)
		}
		type found struct {
			Steady  bool
			Missing []string
		}
		// What has no glyph is drawn as the box of a character that cannot have one.
		got := browser.Eval[found](desk, `(async () => {
  const stack = getComputedStyle(document.body).fontFamily;
  await Promise.all([...document.fonts].map(f => f.load()));
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 48;
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  pen.font = "32px " + stack;
  const drawn = (c) => {
    pen.clearRect(0, 0, 48, 48);
    pen.fillText(c, 4, 36);
    return pen.getImageData(0, 0, 48, 48).data.join();
  };
  const box = drawn("\u{10fffd}");
  return {
    Steady: box === drawn("\u{f1234}") && box !== drawn(" ") && box !== drawn("A"),
    Missing: `+string(all)+`.filter(c => [box, drawn(" ")].includes(drawn(c))),
  };
})()`)
		if !got.Steady {
			t.Errorf("%s: characters without a glyph cannot be told from others in this browser", lang)
		}
		if len(got.Missing) > 0 {
			t.Errorf("%s: no glyph for %q", lang, got.Missing)
		}
	}
}

// characters are those of a language's catalogues that are to be seen.
func characters(t *testing.T, lang string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "i18n", "*."+lang+".json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no catalogues in %s: %v", lang, err)
	}
	seen := map[string]bool{}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range string(raw) {
			if unicode.IsGraphic(c) && !unicode.IsSpace(c) {
				seen[string(c)] = true
			}
		}
	}
	var all []string
	for c := range seen {
		all = append(all, c)
	}
	slices.Sort(all)
	return all
}
