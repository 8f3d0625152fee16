package main

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest/doors"
)

func TestATerminalPhoneTellsWhatItMissed(t *testing.T) {
	s := doors.Open(t, doors.Options{})
	s.Add(t, "ann")
	browser := nodkey.Caller{Source: netip.MustParseAddr("192.0.2.7"), Agent: "Firefox on Windows", Locale: "en"}
	begin := func() nodkey.Entry {
		t.Helper()
		entry, err := s.Services.SignIns.Begin(t.Context(), browser, "ann", doors.Password)
		if err != nil {
			t.Fatal(err)
		}
		return entry
	}
	session, err := s.Services.Sessions.Caller(t.Context(), browser, begin().Session)
	if err != nil {
		t.Fatal(err)
	}
	banner, err := s.Services.Activations.Start(t.Context(), session)
	if err != nil {
		t.Fatal(err)
	}
	groups := banner.Code.Groups()
	dir := t.TempDir()
	path, pinFile := filepath.Join(dir, "phone.json"), filepath.Join(dir, "pin")
	if err := os.WriteFile(pinFile, []byte("q7=Zm\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := runPhone(t, path, "", "activate", "--server", s.Phone.String(), strings.Join(groups[:], "-"), "--pin-file", pinFile); code != exitOK {
		t.Fatalf("activate: %d %s", code, errOut)
	}
	if code, out, errOut := runPhone(t, path, "", "missed"); code != exitOK || out != "No request was missed in the last seven days.\n" {
		t.Errorf("nothing: %d %q %q", code, out, errOut)
	}
	begin()
	if _, out, _ := runPhone(t, path, "", "missed"); !strings.HasPrefix(out, "No request was missed") {
		t.Errorf("while it is open: %q", out)
	}
	asked := s.Clock.Now()
	s.Clock.Advance(nodkey.ApprovalLife)
	code, out, errOut := runPhone(t, path, "", "missed")
	want := asked.Local().Format("2006-01-02 15:04:05") + "  Sign-in to Aldermere Client Portal as Ann\n  from     192.0.2.7\n  with     Firefox on Windows\n"
	if code != exitOK || out != want {
		t.Errorf("missed: %d %q %q, want %q", code, out, errOut, want)
	}
	code, out, _ = runPhone(t, path, "", "missed", "--json")
	var answer struct{ Missed []approvalView }
	if err := json.Unmarshal([]byte(out), &answer); err != nil || code != exitOK || len(answer.Missed) != 1 || answer.Missed[0].Address != "192.0.2.7" || answer.Missed[0].IssuedAt != asked.UnixMilli() {
		t.Errorf("missed --json: %d %q, %v", code, out, err)
	}
	if _, out, _ := runPhone(t, path, "", "list"); !strings.Contains(out, "No request is open") {
		t.Errorf("list: %q", out)
	}
	s.Store.Failing.Store(true)
	if code, out, errOut := runPhone(t, path, "", "missed"); code != exitFailed || strings.Contains(out, "No request") || errOut == "" {
		t.Errorf("a server that fails: %d %q %q", code, out, errOut)
	}
	s.Store.Failing.Store(false)
}
