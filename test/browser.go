package test

import (
	"sync"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// scratch is a folder of the package's run; TestMain makes and removes it.
var scratch string

// chromium starts the one browser of the package when a test first wants it.
var chromium = sync.OnceValues(browser.Start)

// open opens a tab on a device of its own.
func open(t *testing.T, name string, device browser.Device) *browser.Tab {
	t.Helper()
	b := running(t)
	return b.Open(t, name, device)
}

func running(t *testing.T) *browser.Browser {
	t.Helper()
	b, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// house is a server with a browser for one person: the portal on a desk, the phone app on a phone.
type house struct {
	*server
	t           *testing.T
	desk, phone *browser.Tab
}

// The person of most tests.
const (
	maraName     = "mara"
	maraPassword = "quiet-otter-lantern"
	maraPIN      = "7k2m9"
)

// move makes a house where Mara lives, with nothing activated.
func move(t *testing.T, options map[string]string) *house {
	t.Helper()
	h := &house{server: serve(t, options), t: t, desk: open(t, "portal", browser.Desktop), phone: open(t, "phone", browser.Handset)}
	h.addUser(maraName, "Mara Lindqvist", maraPassword)
	return h
}

// settled is a house where Mara's phone is active and the portal is signed out.
func settled(t *testing.T, options map[string]string) *house {
	t.Helper()
	h := move(t, options)
	h.signIn()
	browser.Activate(h.desk, h.phone, h.server.phone, maraPIN)
	h.signOut()
	return h
}

func (h *house) signIn() {
	h.t.Helper()
	h.desk.SignIn(h.portal, maraName, maraPassword)
}

// enter signs in with a nod.
func (h *house) enter() {
	h.t.Helper()
	h.signIn()
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.phone.Says("h1", "Approved")
	h.desk.At("/")
	h.phone.Click("#done")
	h.phone.Wait("[data-screen=home]")
}

func (h *house) signOut() {
	h.t.Helper()
	h.desk.Click("#user-menu summary")
	h.desk.Click("#sign-out")
	h.desk.At("/sign-in")
}

// onHomeScreen is a house whose phone has the app on its home screen and may notify; Mara's activation has just ended on it. prepare
// changes the phone before it opens anything.
func onHomeScreen(t *testing.T, prepare ...func(*browser.Tab)) *house {
	t.Helper()
	h := move(t, nil)
	h.phone = open(t, "app", browser.Handset.FromHomeScreen())
	for _, change := range prepare {
		change(h.phone)
	}
	h.phone.Allow("notifications", h.server.phone, true)
	h.signIn()
	h.phone.Go(h.server.phone + "/")
	h.phone.TypeCode(h.desk.Code())
	h.phone.CreatePIN(maraPIN)
	h.desk.Wait("#activated")
	h.phone.Click("#done")
	return h
}
