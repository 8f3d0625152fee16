package test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// radclient sends what a block of the page says.
func (h *radiusHouse) radclient(secret, attributes string) *dialogue {
	h.t.Helper()
	d := talk(h.t, "freeradius-utils", "radclient", "-x", "-t", "40", "-r", "1", "127.0.0.1:"+h.port, "auth", secret)
	for line := range strings.SplitSeq(strings.TrimSpace(attributes), "\n") {
		d.types(line)
	}
	_ = d.in.Close()
	return d
}

const (
	radclientNumber = `Received Access-Challenge[\s\S]*State = (0x[0-9a-f]{32})[\s\S]*Reply-Message = "Type (\d\d) in the app on your phone, then press Enter here`
	radclientDigits = `Received Access-Challenge[\s\S]*State = (0x[0-9a-f]{32})[\s\S]*Reply-Message = "Type (\d{6}) into the app on your phone`
)

func TestRadclientSignsIn(t *testing.T) {
	h := openRADIUS(t, nil)
	secret := h.adds("vpn", "vpn.json", false, "10.20.0.1", "127.0.0.1")
	login := h.inPage("login.txt")
	challenged := func() (state, shown string) {
		t.Helper()
		said := h.radclient(secret, login).hears(radclientNumber)
		return said[0], said[1]
	}
	next := func(state, typed string) string {
		return strings.Replace(login, radiusPassword, typed, 1) + "State = " + state
	}

	state, number := challenged()
	d := h.radclient(secret, h.inPage("enter.txt", "0x"+strings.Repeat("0", 32), state))
	if a := h.agrees("Aldermere vpn", number); !a.Number || a.With != "vpn-1" {
		t.Errorf("the phone shows %+v", a)
	}
	d.hears("Received Access-Accept")
	if !d.ends() {
		t.Error("radclient was not content")
	}

	state, _ = challenged()
	d = h.radclient(secret, next(state, ""))
	h.refuses("Aldermere vpn")
	d.hears("Received Access-Reject")
	d.from = 0
	d.hears("The request was refused on the phone")

	state, _ = challenged() // the phone is offline
	d = h.radclient(secret, next(state, "0"))
	said := d.hears(radclientDigits)
	d = h.radclient(secret, next(said[0], h.codeFor(said[1])))
	d.hears("Received Access-Accept")

	d = h.radclient(secret, strings.Replace(login, radiusPassword, "wrong", 1))
	d.hears("Received Access-Reject")
	h.radclient(strings.Repeat("x", 40), login)
	h.logs("outcome=forged")
}

// radtest repeats its packet every three seconds while the phone is asked.
func TestRadtestSignsIn(t *testing.T) {
	h := openRADIUS(t, nil)
	secret := h.adds("vpn", "vpn.json", true, "10.20.0.1", "127.0.0.1", "number", "push")
	radtest := func(kind string) *dialogue {
		return talk(t, "freeradius-utils", "radtest", "-t", kind, "mara", radiusPassword, "127.0.0.1:"+h.port, "0", secret)
	}
	d := radtest("pap")
	a := h.asked("Aldermere vpn")
	h.logs("outcome=dropped")
	if open, err := h.phone.Approvals(t.Context()); err != nil || len(open) != 1 || a.Number {
		t.Errorf("%d requests, %v, %+v", len(open), err, a)
	}
	h.agrees("Aldermere vpn", "")
	d.hears("Received Access-Accept")
	if !d.ends() {
		t.Error("radtest was not content")
	}
	d = radtest("pap")
	h.refuses("Aldermere vpn")
	d.hears("Received Access-Reject")
	if d.ends() {
		t.Error("radtest was content")
	}
	for _, kind := range []string{"chap", "mschap"} {
		d = radtest(kind)
		d.hears("Received Access-Reject")
		d.from = 0
		d.hears("argon2id")
	}
	h.logs("MS-CHAP: passwords are kept as argon2id hashes")
	d = talk(t, "freeradius-utils", "radtest", "-t", "pap", "nobody", radiusPassword, "127.0.0.1:"+h.port, "0", secret)
	d.hears("Received Access-Reject")
}

// radtest shows the digits and cannot answer a challenge: who does is its sister, with the state that it printed.
func TestRadtestShowsTheDigitsForAPhoneThatIsOffline(t *testing.T) {
	h := openRADIUS(t, nil)
	secret := h.adds("vpn", "vpn.json", false, "10.20.0.1", "127.0.0.1", "number", "challenge")
	d := talk(t, "freeradius-utils", "radtest", "-t", "pap", "mara", radiusPassword, "127.0.0.1:"+h.port, "0", secret)
	said := d.hears(radclientDigits)
	login := strings.Replace(h.inPage("login.txt"), radiusPassword, h.codeFor(said[1]), 1)
	d = h.radclient(secret, login+"State = "+said[0])
	d.hears("Received Access-Accept")
	if !d.ends() {
		t.Error("radclient was not content")
	}
}

// eapol runs eapol_test as an access point and a device behind it.
func (h *radiusHouse) eapol(secret string, changes ...string) *dialogue {
	h.t.Helper()
	changes = append([]string{"/etc/ssl/certs/ca-certificates.crt", h.root, "nodkey.example.com", "localhost", "key_mgmt=WPA-EAP", "key_mgmt=IEEE8021X"}, changes...)
	return talk(h.t, "eapoltest", "eapol_test", "-c", h.file("wpa_supplicant.conf", changes...), "-a", "127.0.0.1", "-p", h.port, "-s", secret, "-t", "40", "-N", "31:s:02-00-00-00-00-01")
}

func TestEapolTestSignsIn(t *testing.T) {
	h := openRADIUS(t, nil)
	secret := h.adds("wifi", "wifi.json", true, "10.30.0.0/16", "127.0.0.1", "30s", "10s")

	d := h.eapol(secret)
	if a := h.agrees("Aldermere wifi", ""); a.Number {
		t.Errorf("the phone shows %+v", a)
	}
	d.hears("MPPE keys OK: 1  mismatch: 0") // both sides have the same
	d.hears("SUCCESS")
	if !d.ends() {
		t.Error("eapol_test was not content")
	}

	d = h.eapol(secret)
	h.refuses("Aldermere wifi")
	d.hears("EAP-Failure|CTRL-EVENT-EAP-FAILURE")
	if d.ends() {
		t.Error("eapol_test was content")
	}

	d = h.eapol(secret) // the phone is offline
	h.asked("Aldermere wifi")
	h.logs("outcome=timed_out")
	d.hears("CTRL-EVENT-EAP-FAILURE")
	if open, err := h.phone.Approvals(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("%d requests are left over, %v", len(open), err)
	}

	for name, c := range map[string]struct{ from, to, says string }{
		"a wrong password":    {radiusPassword, "wrong", "outcome=refused"},
		"MSCHAPv2 inside":     {"auth=PAP", "auth=MSCHAPV2", "MS-CHAP: passwords"},
		"CHAP inside":         {"auth=PAP", "auth=CHAP", "CHAP: passwords"},
		"EAP-MSCHAPv2 inside": {"auth=PAP", "autheap=MSCHAPV2", "EAP inside EAP-TTLS: passwords"},
		"PEAP":                {"eap=TTLS", "eap=PEAP", "the client wants PEAP"},
		"EAP-MD5":             {"eap=TTLS", "eap=MD5", "the client wants EAP-MD5"},
		"another name":        {"domain_match=\"localhost\"", "domain_match=\"radius.example.com\"", "outcome=refused"},
	} {
		d := h.eapol(secret, c.from, c.to)
		d.hears("CTRL-EVENT-EAP-FAILURE|FAILURE")
		if d.ends() {
			t.Errorf("%s: eapol_test was content", name)
		}
		h.logs(c.says)
	}
	// The password alone, without EAP, is not taken from there.
	d = h.radclient(secret, h.inPage("login.txt"))
	d.hears("Received Access-Reject")
	d.from = 0
	d.hears("without EAP-TTLS")
}

// radsecproxy starts one by the page, between this machine and the server.
func (h *radiusHouse) radsecproxy() (port string) {
	h.t.Helper()
	port = freePort(h.t)
	if _, err := exec.LookPath("/usr/sbin/radsecproxy"); err != nil {
		h.t.Fatal("there is no radsecproxy: install it with: sudo apt-get install radsecproxy")
	}
	file := h.file("radsecproxy.conf", "127.0.0.1:1812", "127.0.0.1:"+port, "/etc/ssl/certs/ca-certificates.crt", h.root, "/etc/radsecproxy/client", filepath.Join(h.dir, "client"),
		"port 2083", "port "+h.radsec, "nodkey.example.com", "localhost")
	d := talk(h.t, "radsecproxy", "/usr/sbin/radsecproxy", "-f", "-d", "2", "-c", file)
	d.hears("connection to .*up|connected|tlsconnect")
	return port
}
