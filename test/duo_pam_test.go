package test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// pamUser is an account that every Debian has, as pam_duo asks for accounts of the machine only.
const pamUser = "backup"

// pamService writes the page's line of PAM's, with a configuration of the test's, and gives the service's name.
func (h *duoHouse) pamService() string {
	h.t.Helper()
	if found, err := filepath.Glob("/lib/*/security/pam_duo.so"); err != nil || len(found) == 0 {
		h.t.Fatal("there is no pam_duo.so: install it with: sudo apt-get install libpam-duo")
	}
	name := fmt.Sprintf("nodkey-duo-%d", os.Getpid())
	file := filepath.Join("/etc/pam.d", name)
	line := regexp.MustCompile(`pam_duo\.so`).ReplaceAllString(h.inPage("pam.d"), "pam_duo.so conf="+h.configure("pam_duo.conf"))
	h.must(os.WriteFile(file, []byte(line), 0o644))
	h.t.Cleanup(func() { h.must(os.Remove(file)) })
	return name
}

func (h *duoHouse) pam(service string) *dialogue {
	h.t.Helper()
	return talk(h.t, "pamtester", "stdbuf", "-oL", "pamtester", "-v", "-I", "rhost=10.1.2.4", service, pamUser, "authenticate")
}

func TestPamDuoTakesACodeWhereNoNumberIsShown(t *testing.T) {
	h := openDuo(t, pamUser, `{"duo_legacy": true}`, false)
	service := h.pamService()
	d := h.pam(service)
	digits := d.hears(askedForDigits)[0]
	d.hears(`or option \(1\): `)
	d.types(h.codeFor(digits))
	d.hears("successfully authenticated")
	if !d.ends() {
		t.Error("it ended badly")
	}

	d = h.pam(service)
	if next := d.hears(askedForDigits)[0]; next == digits {
		t.Error("the same digits again")
	}
	for range 3 {
		d.hears(`or option \(1\): `)
		d.types("00000000")
	}
	d.hears("The code is wrong")
	if d.ends() || !d.silent("successfully authenticated") {
		t.Errorf("it let somebody in:\n%s", d.said)
	}
	if open, err := h.phone.Approvals(t.Context()); err != nil || len(open) > 1 {
		t.Errorf("the phone has %d requests, %v", len(open), err)
	}
}

func TestPamDuoPushes(t *testing.T) {
	h := openDuo(t, pamUser, `{"duo_legacy": true, "duo_number": true}`, false)
	service := h.pamService()
	d := h.pam(service)
	d.hears(`Option \(1-2\): `)
	d.types("1")
	if a := h.agrees(d.hears(showsNumber)[0]); a.Address != "10.1.2.4" {
		t.Errorf("%+v", a)
	}
	d.hears("successfully authenticated")
	if !d.ends() {
		t.Error("it ended badly")
	}
	d = h.pam(service)
	for range 3 {
		d.hears(`Option \(1-2\): `)
		d.types("1")
		h.refuses()
		d.hears("refused on the phone")
	}
	if d.ends() || !d.silent("successfully authenticated") {
		t.Errorf("it let somebody in:\n%s", d.said)
	}
}
