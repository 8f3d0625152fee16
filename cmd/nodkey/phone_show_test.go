package main

import (
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/client"
)

// What a yes would do stands in the first line, with what it is about; nothing in it can move the cursor.
func TestTheTerminalSaysWhatIsAsked(t *testing.T) {
	for kind, want := range map[string]string{
		"sign_in":         "Sign-in to Aldermere as Mara",
		"confirm":         "Aldermere asks Mara for a yes to this text:",
		"key_remove":      "Remove the phone new@example.com of Mara at Aldermere",
		"password_change": "A new password for Mara at Aldermere",
		"contact_change":  "A new address for Mara at Aldermere: new@example.com",
		"contact_remove":  "Remove the address new@example.com of Mara at Aldermere",
	} {
		for _, odd := range []string{"", "\x1b[2J", "\r\nFake"} {
			a := client.Approval{Kind: kind, App: "Aldermere", Who: "Mara", Item: "new@example.com" + odd, Known: true, IssuedAt: time.Unix(1, 0), Expires: time.Unix(181, 0)}
			var out strings.Builder
			sayApproval(&out, a)
			first, _, _ := strings.Cut(out.String(), "\n")
			if odd == "" && first != want || strings.ContainsAny(out.String(), "\x1b\r") || strings.Contains(out.String(), "\nFake") {
				t.Errorf("%s: %q", kind, out.String())
			}
		}
	}
}
