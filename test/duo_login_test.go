package test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const (
	askedForDigits = `choose "Code without connection" and type (\d{3} \d{3})`
	showsNumber    = `Type this number there: (\d\d)`
)

// loginDuo runs Debian's login_duo for a person who comes from an address, on a terminal.
func (h *duoHouse) loginDuo(file string) *dialogue {
	h.t.Helper()
	return talk(h.t, "login-duo", "script", "-q", "-e", "-c", fmt.Sprintf("/usr/sbin/login_duo -d -c %s -f %s -h 10.1.2.3 echo LET-IN", file, h.name), "/dev/null")
}

func hasLoginDuo(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/usr/sbin/login_duo"); err != nil {
		t.Fatal("there is no login_duo: install it with: sudo apt-get install login-duo")
	}
}

func TestLoginDuoAsksThePhoneAndTakesItsCode(t *testing.T) {
	hasLoginDuo(t)
	h := openDuo(t, "mara", `{"duo_legacy": true, "duo_number": true}`, false)
	file := h.configure("login_duo.conf")

	d := h.loginDuo(file)
	d.hears(`Nodkey sign-in for mara[\s\S]*1\. Push to Pixel 8\s+2\. Code of the app`)
	d.hears(`Option \(1-2\): `)
	d.types("1")
	a := h.agrees(d.hears(showsNumber)[0])
	if a.Address != "10.1.2.3" || !a.Number {
		t.Errorf("the phone shows %+v", a)
	}
	d.hears(`Success\. Logging you in`)
	d.hears("LET-IN")
	if !d.ends() {
		t.Error("it ended badly")
	}

	d = h.loginDuo(file) // the phone is offline
	d.hears(`Option \(1-2\): `)
	d.types("2")
	digits := d.hears(askedForDigits)[0]
	if again := d.hears(askedForDigits)[0]; again != digits { // in the next question
		t.Errorf("%s, then %s", digits, again)
	}
	d.hears(`eight digits that it shows, or option`)
	d.types("1234 5678")
	d.hears(`The code is wrong`)
	digits = d.hears(askedForDigits)[0]
	d.hears(`or option`)
	d.types(h.codeFor(digits))
	d.hears(`Success`)
	d.hears("LET-IN")
	if !d.ends() {
		t.Error("it ended badly")
	}

	d = h.loginDuo(file) // and refuses
	d.hears(`Option \(1-2\): `)
	d.types("1")
	d.hears(showsNumber)
	h.refuses()
	d.hears(`refused on the phone`)
	d.hears(`Option \(1-2\): `)
	d.types("\x04")
	if d.ends() || !d.silent("LET-IN") {
		t.Errorf("it let somebody in:\n%s", d.said)
	}
}

func TestLoginDuoAsksAtOnce(t *testing.T) {
	hasLoginDuo(t)
	h := openDuo(t, "mara", `{"duo_legacy": true}`, true)
	file := h.configure("login_duo.conf", "autopush = no", "autopush = yes")
	// Without a terminal, as scp comes: the way is the first, and nobody is asked twice.
	command := func() *dialogue {
		return talk(t, "login-duo", "/usr/sbin/login_duo", "-d", "-c", file, "-f", "mara", "-h", "10.1.2.3", "echo", "LET-IN")
	}
	d := command()
	if a := h.agrees(""); a.Number {
		t.Errorf("a plain application has no number: %+v", a)
	}
	if !d.ends() || d.silent("LET-IN") {
		t.Errorf("it let nobody in:\n%s", d.said)
	}
	d = command()
	h.refuses()
	if d.ends() || !d.silent("LET-IN") {
		t.Errorf("it let somebody in:\n%s", d.said)
	}

	// With one it asks at once, too, and then for another way.
	d = h.loginDuo(file)
	d.hears("Autopushing login request to phone")
	h.refuses()
	d.hears("refused on the phone")
	d.hears(`Option \(1-2\): `)
	d.types("2")
	d.hears(askedForDigits)
	digits := d.hears(askedForDigits)[0]
	d.types(h.codeFor(digits))
	d.hears("LET-IN")
	if !d.ends() {
		t.Error("it ended badly")
	}
}

// It prints nothing before the answer then, so a number could not be seen: the way is a code.
func TestLoginDuoThatAsksAtOnceShowsNoNumber(t *testing.T) {
	hasLoginDuo(t)
	h := openDuo(t, "mara", `{"duo_legacy": true, "duo_number": true}`, false)
	d := h.loginDuo(h.configure("login_duo.conf", "autopush = no", "autopush = yes"))
	d.hears("Autopushing login request to phone")
	d.hears(askedForDigits)
	digits := d.hears(askedForDigits)[0]
	d.hears("or option")
	d.types(h.codeFor(digits))
	d.hears("LET-IN")
	if !d.ends() {
		t.Error("it ended badly")
	}
}

func TestLoginDuoIsDeniedWhatItMayNot(t *testing.T) {
	hasLoginDuo(t)
	h := openDuo(t, "mara", "", true)
	ikey, skey := h.application("sudo", "sudo", `{"duo_legacy": true}`, true) // before anything is asked: the door hears of a new one within seconds
	for name, c := range map[string]struct{ change, to, says string }{
		"the older dialect is off": {"", "", "HTTP 403"},
		"another's key":            {h.skey, strings.Repeat("x", 40), "Invalid ikey or skey"},
		"nobody's integration key": {h.ikey, "DIAAAAAAAAAAAAAAAAAA", "Invalid ikey or skey"},
	} {
		var changes []string
		if c.change != "" {
			changes = []string{c.change, c.to}
		}
		d := talk(t, "login-duo", "/usr/sbin/login_duo", "-d", "-c", h.configure("login_duo.conf", changes...), "-f", "mara", "-h", "10.1.2.3", "echo", "LET-IN")
		if d.ends() || !d.silent("LET-IN") {
			t.Errorf("%s: it let somebody in:\n%s", name, d.said)
		}
		d.hears(c.says)
	}
	d := talk(t, "login-duo", "/usr/sbin/login_duo", "-d", "-c", h.configure("login_duo.conf", h.ikey, ikey, h.skey, skey), "-f", "nobody-here", "-h", "10.1.2.3", "echo", "LET-IN")
	if d.ends() || !d.silent("LET-IN") {
		t.Errorf("a stranger: it let somebody in:\n%s", d.said)
	}
	d.hears("cannot ask anybody")
}
