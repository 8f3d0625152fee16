package test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// offline is a person whose only phone is the one in the terminal, which makes codes without asking the server.
type offline struct {
	*house
	folder string // with its keys and the file that its PIN is read from
}

func unreachable(t *testing.T, options map[string]string) *offline {
	t.Helper()
	o := &offline{house: move(t, options), folder: t.TempDir()}
	o.signIn()
	o.terminal("activate", "--server", o.server.phone, strings.Join(o.desk.Code(), "-"), "--name", "Terminal")
	o.desk.Wait("#activated")
	o.signOut()
	return o
}

// terminal runs a command of the phone.
func (o *offline) terminal(args ...string) string {
	o.t.Helper()
	pin := filepath.Join(o.folder, "pin")
	if err := os.WriteFile(pin, []byte(maraPIN+"\n"), 0o600); err != nil {
		o.t.Fatal(err)
	}
	return strings.TrimSpace(string(o.run("", append(append([]string{"phone"}, args...), "--state", filepath.Join(o.folder, "phone.json"), "--pin-file", pin)...)))
}

// askForCode signs in and goes on to the code.
func (h *house) askForCode() {
	h.t.Helper()
	h.signIn()
	h.desk.Click("#use-code")
	h.desk.At("/sign-in/code")
	h.desk.Wait("#qr")
}

// respond gives what the phone makes of the digits on the page.
func (o *offline) respond() string {
	o.t.Helper()
	return o.terminal("respond", "--digits", digitsOn(o.desk))
}

// digitsOn reads the six digits off the page, as somebody who copies them does.
func digitsOn(desk *browser.Tab) string {
	desk.Wait("#digits")
	return browser.Eval[string](desk, `(() => {
  getSelection().selectAllChildren(document.getElementById("digits"));
  const copied = getSelection().toString();
  getSelection().removeAllRanges();
  return copied;
})()`)
}

// otherCode is eight digits that are not these.
func otherCode(code string) string {
	return fmt.Sprintf("%d%s", (int(code[0]-'0')+1)%10, code[1:])
}

// useUp types a wrong code until the digits are used up.
func (h *house) useUp(wrong string, tries int) {
	h.t.Helper()
	for left := tries - 1; left >= 0; left-- {
		h.desk.Type("#code", wrong)
		h.desk.Click("#sign-in")
		if left > 0 {
			h.desk.Says("#code-error", strconv.Itoa(left))
		}
	}
	h.desk.Wait("#outcome[data-outcome=code_over]")
}

func TestAPhoneWithoutAConnectionSignsInByACode(t *testing.T) {
	o := unreachable(t, nil)
	o.signIn()
	o.desk.Wait("#use-code")
	o.desk.Visit("portal-waiting-with-code")
	number := o.desk.Number()
	o.desk.Click("#use-code")
	o.desk.At("/sign-in/code")
	o.desk.Visit("portal-code")
	digits := digitsOn(o.desk)
	if len(digits) != 6 || strings.Trim(digits, "0123456789") != "" {
		t.Errorf("copying gives %q, want six digits", digits)
	}
	spoken := strings.Join(strings.Split(digits, ""), " ")
	o.desk.Says(".code-panel .spoken", spoken)
	o.desk.Reload()
	if again := digitsOn(o.desk); again != digits {
		t.Errorf("after a reload the page shows %s, before %s", again, digits)
	}
	o.desk.Click("#back-to-number") // one tap back, and one here again
	if n := o.desk.Number(); n != number {
		t.Errorf("the waiting page shows %s, before %s", n, number)
	}
	o.desk.Click("#use-code")
	if again := digitsOn(o.desk); again != digits {
		t.Errorf("asked again the page shows %s, before %s", again, digits)
	}
	code := o.respond()

	o.desk.Type("#code", "1234")
	o.desk.Click("#sign-in")
	o.desk.Says("#code-error", "A code has 8 digits")
	holds(o.desk, "#code", "1234")
	o.desk.Visit("portal-code-short")
	o.desk.Type("#code", otherCode(code))
	o.desk.Click("#sign-in")
	o.desk.Says("#code-error", "You have 4 tries left")
	holds(o.desk, "#code", "")
	o.desk.Visit("portal-code-wrong")
	o.desk.Type("#code", code)
	o.desk.Click("#sign-in")
	o.desk.At("/")
	o.desk.Says("#greeting", "Mara")
}

func TestFiveWrongCodesAskForNewDigits(t *testing.T) {
	o := unreachable(t, nil)
	o.askForCode()
	o.useUp(otherCode(o.respond()), 5)
	o.desk.Visit("portal-code-over")
	o.desk.Click("#try-again")
	o.desk.At("/sign-in/code")
	o.useUp(otherCode(o.respond()), 5)
	o.desk.Click("#try-again") // ten in a row: codes are off, requests are not
	o.desk.Wait("#message[data-message=code_off]")
	o.desk.Visit("portal-code-off")
	o.desk.Click("#go-on")
	o.desk.Wait("#wait-number")
}

func TestACodeWorksWithoutScript(t *testing.T) {
	o := unreachable(t, nil)
	o.desk.Script(false)
	o.askForCode()
	o.desk.Visit("portal-code-without-script")
	digits := o.desk.Text("#digits")
	o.desk.Type("#code", o.terminal("respond", "--digits", digits))
	o.desk.Click("#sign-in")
	o.desk.At("/")
	o.desk.Says("#greeting", "Mara")
}

// The phone was online after all: the page of the code goes on by itself.
func TestTheRequestIsAnsweredWhileThePageWaitsForACode(t *testing.T) {
	h := settled(t, nil)
	h.signIn()
	number := h.desk.Number()
	h.desk.Click("#use-code")
	h.desk.Says("#back-to-number", number)
	h.phone.Approve(number, maraPIN)
	h.phone.Says("h1", "Approved")
	h.desk.At("/")
	h.desk.Says("#greeting", "Mara")
	h.phone.Click("#done")
	h.phone.Wait("[data-screen=home]")
	h.signOut()

	h.askForCode()
	h.phone.Click("[data-screen=approval] #deny")
	h.desk.Wait("#outcome[data-outcome=denied]")
}

func TestOtherTabsShowTheDigitsThatCount(t *testing.T) {
	o := unreachable(t, nil)
	o.askForCode()
	first := digitsOn(o.desk)
	other := o.desk.Another("second tab")
	other.Go(o.portal + "/sign-in/code")
	if shown := digitsOn(other); shown != first {
		t.Errorf("another tab shows %s, not %s", shown, first)
	}
	o.useUp(otherCode(o.respond()), 5)
	o.desk.Click("#try-again")
	o.desk.At("/sign-in/code")
	next := digitsOn(o.desk)
	other.Until("the new digits", `document.getElementById("digits")?.textContent === "`+next+`"`)
	code := o.respond()
	o.desk.Type("#code", code)
	o.desk.Click("#sign-in")
	o.desk.At("/")
	other.At("/")
}

func TestPolicyOnCodesIsSeenAtThePortal(t *testing.T) {
	scanned := unreachable(t, map[string]string{"policy.codes": "scanned"})
	scanned.askForCode()
	scanned.desk.Gone("#digits")
	scanned.desk.Visit("portal-code-scanned-only")
	off := unreachable(t, map[string]string{"policy.codes": "off"})
	off.signIn()
	off.desk.Wait("#wait-number")
	off.desk.Gone("#use-code")
}

func TestTheCodeWayStandsInEveryLanguage(t *testing.T) {
	for _, r := range readers {
		t.Run(r.lang, func(t *testing.T) {
			o := unreachable(t, nil)
			o.desk.Speak(r.lang)
			o.signIn()
			o.desk.Wait("#use-code")
			r.look(t, o.desk, "portal-waiting-with-code")
			o.desk.Click("#use-code")
			code := o.respond()
			r.look(t, o.desk, "portal-code")
			o.desk.Type("#code", "1234 5")
			switchTo(o.desk, "en")
			holds(o.desk, "#code", "1234 5")
			switchTo(o.desk, r.lang)
			holds(o.desk, "#code", "1234 5")
			o.desk.Type("#code", otherCode(code))
			o.desk.Click("#sign-in")
			o.desk.Says("#code-error", "4")
			r.look(t, o.desk, "portal-code-wrong")
			o.desk.Go(o.portal + "/sign-in/code")
			o.useUp(otherCode(code), 4)
			r.look(t, o.desk, "portal-code-over")
			o.desk.Click("#try-again")
			o.useUp(otherCode(o.respond()), 5)
			o.desk.Click("#try-again")
			o.desk.Wait("#message[data-message=code_off]")
			r.look(t, o.desk, "portal-code-off")
		})
	}
}
