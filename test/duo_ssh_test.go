package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sshd runs OpenSSH's server with the page's lines, for keys that the test makes, and gives how to come in.
func (h *duoHouse) sshd(file string) []string {
	h.t.Helper()
	if _, err := os.Stat("/usr/sbin/sshd"); err != nil {
		h.t.Fatal("there is no sshd: install it with: sudo apt-get install openssh-server")
	}
	h.must(os.MkdirAll("/run/sshd", 0o755)) // where it changes its root to; its service makes it
	dir := h.t.TempDir()
	for _, name := range []string{"host", "person"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, name)).CombinedOutput(); err != nil {
			h.t.Fatalf("%v: %s", err, out)
		}
	}
	port := freePort(h.t)
	lines := strings.Replace(h.inPage("sshd_config"), "/usr/sbin/login_duo", "/usr/sbin/login_duo -c "+file+" -f "+h.name, 1)
	config := filepath.Join(dir, "sshd_config")
	h.must(os.WriteFile(config, fmt.Appendf(nil, "Port %s\nListenAddress 127.0.0.1\nHostKey %s\nAuthorizedKeysFile %s\nPidFile none\nStrictModes no\nUsePAM yes\nPermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPrintMotd no\nPrintLastLog no\n%s",
		port, filepath.Join(dir, "host"), filepath.Join(dir, "person.pub"), lines), 0o600))
	daemon := talk(h.t, "openssh-server", "/usr/sbin/sshd", "-D", "-e", "-f", config)
	h.t.Cleanup(func() {
		if h.t.Failed() {
			h.t.Logf("sshd says:\n%s", daemon.said)
		}
	})
	daemon.hears("Server listening")
	return []string{"-tt", "-p", port, "-i", filepath.Join(dir, "person"), "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "root@127.0.0.1"}
}

func TestSSHAsksThePhone(t *testing.T) {
	hasLoginDuo(t)
	h := openDuo(t, "mara", `{"duo_legacy": true, "duo_number": true}`, false)
	way := h.sshd(h.configure("login_duo.conf"))
	d := talk(t, "openssh-client", "ssh", way...)
	d.hears(`Option \(1-2\): `)
	d.types("1")
	if a := h.agrees(d.hears(showsNumber)[0]); a.Address != "127.0.0.1" || !a.Number {
		t.Errorf("%+v", a)
	}
	d.hears("Success")
	d.types("echo IN-AS-$((40+2)); exit")
	d.hears("IN-AS-42")
	if !d.ends() {
		t.Error("it ended badly")
	}

	// The phone refuses; then it is offline.
	d = talk(t, "openssh-client", "ssh", way...)
	d.hears(`Option \(1-2\): `)
	d.types("1")
	d.hears(showsNumber)
	h.refuses()
	d.hears("refused on the phone")
	d.hears(`Option \(1-2\): `)
	d.types("2")
	d.hears(askedForDigits)
	digits := d.hears(askedForDigits)[0]
	d.hears(`or option`)
	d.types(h.codeFor(digits))
	d.types("echo IN-AS-$((40+3)); exit")
	d.hears("IN-AS-43")
	if !d.ends() {
		t.Error("it ended badly")
	}
}
