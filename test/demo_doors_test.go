package test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// doorsDemo is a demo with products, its phone active and its portal signed in.
type doorsDemo struct {
	t                   *testing.T
	page, portal, phone *browser.Tab
	line                demoLine
}

// startDoorsDemo plays mara's first minutes.
func startDoorsDemo(t *testing.T) *doorsDemo {
	line, _ := startDemo(t, "--doors", "--listen", "127.0.0.1:0")
	page := open(t, "demo-doors", stageSize)
	page.Excuse("Blocked autofocusing") // a framed page may not take the focus by itself
	page.Go(line.URL + "/")
	d := &doorsDemo{t, page, page.Frame("#portal", line.Portal), page.Frame("#phone", line.Phone), line}
	d.phone.Wait("[data-screen=first]") // both frames are there, and have been told their language
	d.signIn()
	d.portal.Wait("#activation #qr")
	d.phone.Click("#register")
	d.phone.Click("#scan")
	d.phone.Click("#scan-beside")
	d.phone.CreatePIN(maraPIN)
	d.portal.Wait("#activated")
	d.phone.Click("#done")
	d.portal.Click("#activated-done")
	d.signIn()
	d.portal.Wait("#wait-number")
	d.phone.Approve(d.portal.Number(), maraPIN)
	d.phone.Says("h1", "Approved")
	d.portal.At("/")
	return d
}

func (d *doorsDemo) signIn() {
	d.portal.Type("#username", d.line.Users[0].Name)
	d.portal.Type("#password", d.line.Users[0].Password)
	d.portal.Click("#sign-in")
}

// launch opens a product from the portal's page of applications.
func (d *doorsDemo) launch(id string) *browser.Tab {
	d.t.Helper()
	d.portal.Click("#all-applications")
	d.portal.At("/applications") // the first page has some of them, too: a click for one of those may land on the second
	d.portal.Click("#open-" + id)
	return d.page.Frame("#portal", strings.Replace(d.line.Portal, "//portal.", "//"+id+".", 1))
}

var twoDigits = regexp.MustCompile(`\b[0-9]{2}\b`)

// number is the two digits in what a product was told to show.
func (d *doorsDemo) number(product *browser.Tab, at string) string {
	d.t.Helper()
	product.Wait(at)
	number := twoDigits.FindString(product.Text(at))
	if number == "" {
		d.t.Fatalf("no number in %q", product.Text(at))
	}
	return number
}

// approve says yes on the phone and goes back to its first screen.
func (d *doorsDemo) approve(number string) {
	d.t.Helper()
	d.phone.Approve(number, maraPIN)
	d.phone.Says("h1", "")
	d.phone.Click("#done")
}

func TestTheDemoHasAProductBehindEachDoor(t *testing.T) {
	d := startDoorsDemo(t)
	d.phone.Click("#done")
	mara := d.line.Users[0]

	wiki := d.launch("wiki")
	wiki.Says("h1", "You are in")
	wiki.Says(".facts", "Mara Lindqvist")
	wiki.Says(".facts", "mfa")
	d.page.Picture("demo-doors-wiki")
	wiki.Click(".product-back a")

	intranet := d.launch("intranet")
	intranet.Says(".facts", "Remote-User")
	intranet.Says(".facts", mara.Name)
	d.page.Picture("demo-doors-intranet")
	intranet.Click(".product-back a")

	till := d.launch("till")
	till.Click("main form .button-main")
	number := d.number(till, ".product-number")
	d.phone.Says("[data-screen=approval]", "Pay 250.00 EUR to Aldermere Bikes")
	d.approve(number)
	till.Says("h1", "Approved")
	till.Says(".facts", "Pay 250.00 EUR to Aldermere Bikes")
	till.Wait(".product-evidence")
	d.page.Picture("demo-doors-till")
	till.Click(".product-back a")

	centre := d.launch("call-centre")
	centre.Click("main form .button-main")
	number = d.number(centre, ".product-number")
	d.phone.Says("[data-screen=approval]", "Change of address: 12 Harbour Lane")
	d.approve(number)
	centre.Says("h1", "Approved")
	d.page.Picture("demo-doors-call-centre")
	centre.Click(".product-back a")

	vpn := d.launch("vpn")
	vpn.Type("#password", mara.Password)
	vpn.Click("main form .button-main")
	number = d.number(vpn, ".product-notice")
	d.phone.Says("[data-screen=approval]", "Aldermere VPN")
	d.page.Picture("demo-doors-vpn")
	d.approve(number)
	vpn.Click("main form .button-main")
	vpn.Says("h1", "Approved")
	vpn.Click(".product-back a")

	console := d.launch("console")
	console.Click("main form .button-main")
	number = d.number(console, ".product-notice")
	d.phone.Says("[data-screen=approval]", "Aldermere Console")
	d.approve(number)
	console.Says("h1", "Approved")
	d.page.Picture("demo-doors-console")
}

func TestTheProductsOfTheDemoAreForEverybody(t *testing.T) {
	line, _ := startDemo(t, "--doors", "--listen", "127.0.0.1:0")
	page := open(t, "products", browser.Device{Width: 360, Height: 740})
	for _, id := range []string{"wiki", "call-centre", "vpn", "console", "till"} {
		page.Go(strings.Replace(line.Portal, "//portal.", "//"+id+".", 1) + "/")
		page.Wait("main")
		page.Visit("demo-product-" + id)
	}
	// Nobody's name: the product learns that it was a no, and nothing else.
	page.Type("#username", "nobody")
	page.Click("main form .button-main")
	page.Says("h1", "Not approved")
	page.Visit("demo-product-no")
}
