package test

import (
	"strings"
	"testing"
)

// With "failmode = safe" a client lets everybody in who keeps it from an answer. What a person types as their command, which the client
// sends along, does not: one that is too long gets an answer that says no.
func TestLoginDuoIsNotOutdoneByALongCommand(t *testing.T) {
	hasLoginDuo(t)
	h := openDuo(t, "mara", `{"duo_legacy": true, "duo_number": true}`, true)
	file := h.configure("login_duo.conf", "autopush = no", "autopush = yes", "pushinfo = no", "pushinfo = yes", "failmode = secure", "failmode = safe", "prompts = 3", "prompts = 1")
	for _, letters := range []string{"x", "%"} {
		d := talk(t, "login-duo", "/usr/sbin/login_duo", "-d", "-c", file, "-f", "nobody-here", "-h", "10.1.2.3", "echo", "LET-IN")
		if d.ends() || !d.silent("LET-IN") {
			t.Errorf("a stranger: it let somebody in:\n%s", d.said)
		}
		d = talk(t, "login-duo", "/usr/sbin/login_duo", "-d", "-c", file, "-f", "mara", "-h", "10.1.2.3", "echo LET-IN "+strings.Repeat(letters, 120_000))
		if d.ends() || !d.silent("LET-IN") {
			t.Errorf("it let somebody in:\n%.2000s", d.said.String())
		}
		d.hears("HTTP 413")
	}
}
