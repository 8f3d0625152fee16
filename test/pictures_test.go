package test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// most is how large a picture that is kept in the repository may be, in bytes.
const most = 150_000

// The pictures that the README shows. NODKEY_PICTURES=1 (make pictures) writes them into docs/pictures; without it they are
// made all the same, elsewhere.
func TestPictures(t *testing.T) {
	dir := filepath.Join(running(t).Root(), "build", "pictures")
	if os.Getenv("NODKEY_PICTURES") != "" {
		dir = filepath.Join(running(t).Root(), "docs", "pictures")
	}
	save := func(tab *browser.Tab, name, scheme string) {
		t.Helper()
		file := filepath.Join(dir, name+".png")
		tab.Save(file, scheme)
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > most {
			t.Errorf("%s has %d bytes", name, info.Size())
		}
	}
	h := move(t, nil)
	h.desk.Go(h.portal + "/sign-in")
	h.desk.Wait("#username")
	save(h.desk, "portal-sign-in", "light")
	h.signIn()
	h.desk.Wait("#activation[data-state=offer]")
	h.desk.Until("the picture", "document.querySelector('#qr').complete")
	save(h.desk, "portal-activation", "light")
	browser.Activate(h.desk, h.phone, h.server.phone, maraPIN)
	save(h.phone, "phone-home", "light")
	h.signOut()

	h.signIn()
	h.desk.Wait("#wait-number")
	save(h.desk, "portal-waiting", "light")
	h.phone.TypeNumber(h.desk.Number())
	save(h.phone, "phone-approval", "light")
	h.phone.Click("#confirm")
	h.phone.ConfirmPIN(maraPIN)
	h.phone.Says("h1", "Approved")
	save(h.phone, "phone-approved", "dark")
	h.desk.At("/")
	h.desk.Go(h.portal + "/security")
	save(h.desk, "portal-security-dark", "dark")
}
