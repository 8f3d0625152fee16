package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// Whoever sets an address, or looks at what would leave, is told where nothing does.
func TestAnAddressThatNothingGoesToIsSaidToBeSo(t *testing.T) {
	at := []string{"--data-dir", filepath.Join(t.TempDir(), "data"), "--portal-host", "https://portal.example.com", "--phone-host", "https://phone.example.com"}
	mail := []string{"--mail-server", "mail.example.com:587", "--mail-from", "Example <no-reply@example.com>"}
	nodkey := func(args ...string) string {
		t.Helper()
		var out, problems bytes.Buffer
		if code := run(t.Context(), append(args, at...), strings.NewReader(""), &out, &problems); code != exitOK {
			t.Fatalf("%v: %d: %s", args, code, &problems)
		}
		return out.String()
	}
	nodkey("user", "add", "mara")
	contact := []string{"user", "contact", "mara", "--email", "mara@example.net", "--phone", "+41 79 555 01 42"}
	preview := []string{"message", "send", "--to", "mara", "--subject", "a", "--body", "b", "--preview"}
	const noMail, noSMS = "none leaves this server, as mail.server is not set", "none leaves this server, as sms.url is not set"
	for _, args := range [][]string{contact, preview} {
		if said := nodkey(args...); !strings.Contains(said, noMail) || !strings.Contains(said, noSMS) {
			t.Errorf("%v says %q", args[:2], said)
		}
		if said := nodkey(append(args[:len(args):len(args)], mail...)...); strings.Contains(said, noMail) || !strings.Contains(said, noSMS) {
			t.Errorf("%v with a mail server says %q", args[:2], said)
		}
	}
	if shown := nodkey("user", "show", "mara"); strings.Contains(shown, "  go there") || !strings.Contains(shown, "do not go there") {
		t.Errorf("show says %q", shown)
	}
	if shown := nodkey(append([]string{"user", "show", "mara"}, mail...)...); !strings.Contains(shown, "  go there") {
		t.Errorf("show with a mail server says %q", shown)
	}
}
