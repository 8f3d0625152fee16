package test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pam makes a PAM service by the page, which asks radsecproxy on this machine, and gives its name.
func (h *radiusHouse) pam() string {
	h.t.Helper()
	if found, err := filepath.Glob("/lib/*/security/pam_radius_auth.so"); err != nil || len(found) == 0 {
		h.t.Fatal("there is no pam_radius_auth.so: install it with: sudo apt-get install libpam-radius-auth")
	}
	servers := h.file("pam_radius_auth.conf", "127.0.0.1:1812", "127.0.0.1:"+h.radsecproxy())
	name := fmt.Sprintf("nodkey-radius-%d", os.Getpid())
	file := filepath.Join("/etc/pam.d", name)
	line := regexp.MustCompile(`/etc/pam_radius_auth\.conf`).ReplaceAllString(h.inPage("pam.d"), servers)
	h.must(os.WriteFile(file, []byte(line), 0o644))
	h.t.Cleanup(func() { h.must(os.Remove(file)) })
	return name
}

func TestPamRadiusAuthSignsInByWayOfRadsecproxy(t *testing.T) {
	h := openRADIUS(t, nil)
	h.adds("ssh", "ssh.json", false, strings.Repeat("0", 64), h.certificate())
	service := h.pam()
	login := func(password string) *dialogue {
		d := talk(t, "pamtester", "pamtester", "-I", "rhost=10.1.2.3", service, "mara", "authenticate")
		d.hears("Password")
		d.types(password)
		return d
	}
	const number = `Type (\d\d) in the app on your phone, then press Enter here`

	d := login(radiusPassword)
	shown := d.hears(number)[0]
	d.types("")
	if a := h.agrees("Aldermere ssh", shown); a.Address != "10.1.2.3" || !a.Number {
		t.Errorf("the phone shows %+v", a)
	}
	d.hears("successfully authenticated")
	if !d.ends() {
		t.Error("it ended badly")
	}

	d = login(radiusPassword)
	d.hears(number)
	d.types("")
	h.refuses("Aldermere ssh")
	if d.ends() || !d.silent("successfully authenticated") {
		t.Errorf("it let somebody in:\n%s", d.said)
	}

	d = login(radiusPassword) // the phone is offline
	d.hears(number)
	d.types("0")
	d.types(h.codeFor(d.hears(`Type (\d{6}) into the app on your phone`)[0]))
	d.hears("successfully authenticated")
	if !d.ends() {
		t.Error("it ended badly")
	}

	d = login("wrong")
	if d.ends() || !d.silent("successfully authenticated") {
		t.Errorf("it let somebody in:\n%s", d.said)
	}
	h.logs("transport=tls method=pap application=ssh why=application.denied")
}
