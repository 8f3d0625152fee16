package test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// visit opens a product, or the portal, by the window's own list, as somebody does who is signed in nowhere. The window says where
// it is.
func (d *doorsDemo) visit(id string) *browser.Tab {
	d.t.Helper()
	origin := strings.Replace(d.line.Portal, "//portal.", "//"+id+".", 1)
	d.page.Click(`.window-marks a[href="` + origin + `/"]`)
	d.page.Says("#address", strings.TrimPrefix(origin, "http://"))
	return d.page.Frame("#portal", origin)
}

// leave signs out of the portal.
func (d *doorsDemo) leave() {
	d.t.Helper()
	d.visit("portal")
	d.portal.Click("#user-menu summary")
	d.portal.Click("#sign-out")
	d.portal.At("/sign-in")
}

// look waits for a request on the phone. After so many one more wakes nobody, and is found by asking.
func (d *doorsDemo) look() {
	d.t.Helper()
	d.phone.Until("a request", `document.querySelector("[data-screen=approval]") !== null || (document.getElementById("refresh")?.click(), false)`)
}

// no refuses what the phone is asked.
func (d *doorsDemo) no() {
	d.t.Helper()
	d.look()
	d.phone.Click("[data-screen=approval] #mistake")
	d.phone.Click("#done")
}

// cut takes the phone's connection away, or gives it back.
func (d *doorsDemo) cut() { d.page.Click("#try-offline") }

// byDigits makes a code of six digits on the phone.
func (d *doorsDemo) byDigits(digits string) string {
	d.t.Helper()
	d.phone.Click("#offline-code")
	d.phone.Click("#type")
	d.phone.Type("[data-screen=offline-digits] #digits", digits)
	d.phone.Click("#continue")
	return d.makeCode()
}

// byScan makes a code of what the window shows.
func (d *doorsDemo) byScan(says string) string {
	d.t.Helper()
	d.phone.Click("#offline-code")
	d.phone.Click("#scan")
	d.phone.Click("#scan-beside")
	d.phone.Wait("[data-screen=offline-ask]")
	d.phone.Says("main", says)
	return d.makeCode()
}

func (d *doorsDemo) makeCode() string {
	d.t.Helper()
	d.phone.Click("[data-screen=offline-ask] #confirm")
	d.phone.Type("[data-screen=offline-pin] #pin", maraPIN)
	d.phone.Click("#confirm")
	d.phone.Wait("[data-screen=offline-result]")
	code := codeOn(d.phone)
	d.phone.Click("#done")
	d.phone.Wait("[data-screen=home]")
	return code
}

var sixDigits = regexp.MustCompile(`\b([0-9]{3}) ?([0-9]{3})\b`)

// digits is the six in what a product was told to show.
func (d *doorsDemo) digits(product *browser.Tab, at string) string {
	d.t.Helper()
	product.Until("six digits", `/\b[0-9]{3} ?[0-9]{3}\b/.test(document.querySelector("`+at+`")?.textContent ?? "")`)
	found := sixDigits.FindStringSubmatch(product.Text(at))
	if found == nil {
		d.t.Fatalf("no six digits in %q", product.Text(at))
	}
	return found[1] + found[2]
}

func send(product *browser.Tab, code string) {
	product.Type("#answer", code)
	product.Click("main form .button-main")
}

func TestEveryProductOfTheDemoTakesANo(t *testing.T) {
	d := startDoorsDemo(t)
	d.phone.Click("#done")
	mara := d.line.Users[0]

	till := d.visit("till")
	till.Click("main form .button-main")
	d.number(till, ".product-number")
	d.no()
	till.Says("h1", "Not approved")
	till.Says(".product-why", "The answer on the phone was no. Nothing was paid. If that was a mistake, ask once more.")
	d.page.Picture("demo-no-till")

	centre := d.visit("call-centre")
	centre.Click("main form .button-main")
	d.number(centre, ".product-number")
	d.look()
	d.phone.Click("[data-screen=approval] #deny")
	d.phone.Click("#done")
	centre.Says("h1", "Not approved")
	centre.Says(".product-why", "The answer on the phone was no. No address was changed.")

	vpn := d.visit("vpn")
	vpn.Type("#password", mara.Password)
	vpn.Click("main form .button-main")
	d.number(vpn, ".product-notice")
	d.no()
	vpn.Click("main form .button-main")
	vpn.Says("h1", "Not approved")
	vpn.Says(".product-notice", "The request was refused on the phone. Nobody was let in.")
	d.page.Picture("demo-no-vpn")

	console := d.visit("console")
	console.Click("main form .button-main")
	d.number(console, ".product-notice")
	d.no()
	console.Says("h1", "Not approved")
	console.Says(".product-notice", "The request was refused on the phone.")
	console.Says(".product-why", "Nobody was logged in. If that was a mistake, ask once more.")
	d.page.Picture("demo-no-console")

	// In a browser the portal says it, in the address of which the window then is.
	d.leave()
	wiki := d.visit("wiki")
	wiki.Click("main .button-main")
	d.signIn()
	d.portal.Wait("#wait-number")
	d.no()
	d.portal.Says("h1", "You said no")
	d.page.Says("#address", "portal.nodkey.localhost")
	d.page.Picture("demo-no-wiki")

	intranet := strings.Replace(d.line.Portal, "//portal.", "//intranet.", 1)
	d.page.Click(`.window-marks a[href="` + intranet + `/"]`)
	d.page.Says("#address", "portal.nodkey.localhost")
	d.signIn()
	d.portal.Wait("#wait-number")
	d.no()
	d.portal.Says("h1", "You said no")
}

func TestEveryProductOfTheDemoTakesACodeOfAPhoneWithoutConnection(t *testing.T) {
	d := startDoorsDemo(t)
	d.phone.Click("#done")
	mara := d.line.Users[0]
	d.leave()
	d.page.Click("#troubles summary")
	d.cut()

	vpn := d.visit("vpn")
	vpn.Type("#password", mara.Password)
	vpn.Click("main form .button-main")
	d.number(vpn, ".product-notice")
	send(vpn, "0")
	send(vpn, d.byDigits(d.digits(vpn, ".product-notice")))
	vpn.Says("h1", "Approved")

	console := d.visit("console")
	console.Click("main form .button-main")
	console.Click("#offline")
	send(console, d.byDigits(d.digits(console, ".product-notice")))
	console.Says("h1", "Approved")

	// A text is agreed to by whoever scans it, as whoever types digits is not shown it.
	for id, text := range map[string]string{"till": "Pay 250.00 EUR to Aldermere Bikes", "call-centre": "Change of address: 12 Harbour Lane"} {
		product := d.visit(id)
		product.Click("main form .button-main")
		product.Click("#offline")
		product.Wait("#qr")
		d.page.Picture("demo-offline-" + id)
		send(product, "12345678")
		product.Wait("#qr")
		product.Says("[role=alert]", "That code was not taken. Nothing was agreed to.")
		send(product, d.byScan(text))
		product.Says("h1", "Approved")
	}

	wiki := d.visit("wiki")
	wiki.Click("main .button-main")
	d.signIn()
	d.portal.Click("#use-code")
	d.portal.Type("#code", d.byDigits(digitsOn(d.portal)))
	d.portal.Click("#sign-in")
	wiki.Says("h1", "You are in")
	wiki.Says(".facts", "otp")
	d.leave()

	intranet := strings.Replace(d.line.Portal, "//portal.", "//intranet.", 1)
	d.page.Click(`.window-marks a[href="` + intranet + `/"]`)
	d.signIn()
	d.portal.Click("#use-code")
	d.portal.Type("#code", d.byDigits(digitsOn(d.portal)))
	d.portal.Click("#sign-in")
	d.page.Frame("#portal", intranet).Says(".facts", "Remote-User")
	d.page.Says("#log", "learns that Mara Lindqvist said yes to its text")
}
