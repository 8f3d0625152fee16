package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHowEMailLeavesIsCheckedWithItsKey(t *testing.T) {
	server := []string{"--mail-server", "mail.example.com:587", "--mail-from", "Example Bank <no-reply@example.com>"}
	with := func(args ...string) []string { return append(append([]string{}, server...), args...) }
	for _, c := range []struct {
		args []string
		says string // "" when it is good
	}{
		{nil, ""},
		{[]string{"--mail-user", "x"}, ""}, // there is no server
		{server, ""},
		{with("--mail-security", "tls", "--mail-bounces", "bounces@example.com"), ""},
		{with("--mail-user", "nodkey", "--mail-password", "hush"), ""},
		{[]string{"--mail-server", "127.0.0.1:25", "--mail-security", "none", "--mail-from", "no-reply@example.com"}, ""},
		{with("--mail-security", "none"), "mail.security: none is for a mail server on this machine"},
		{[]string{"--mail-server", "mail.example.com"}, `mail.server: "mail.example.com" is no host and port`},
		{[]string{"--mail-server", "mail.example.com:587"}, "mail.from: must be set"},
		{[]string{"--mail-server", "mail.example.com:587", "--mail-from", "Example Bank"}, `mail.from: "Example Bank" is no e-mail address`},
		{with("--mail-user", "nodkey"), "mail.user: goes together with mail.password"},
		{with("--mail-password", "hush"), "mail.user: goes together with mail.password"},
		{with("--mail-bounces", "bounces+x@example.com"), "mail.bounces: what is before the @"},
		{with("--mail-ca-roots", "/nowhere"), "mail.ca_roots: cannot read /nowhere"},
	} {
		s, err := load(t, "", nil, append(append([]string{}, serving...), c.args...)...)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.checkServe(); (err == nil) != (c.says == "") || err != nil && (!strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hush")) {
			t.Errorf("%v: got %v, want %q", c.args, err, c.says)
		}
	}
	if _, err := load(t, "", nil, "--mail-security", "ssl"); err == nil || !strings.Contains(err.Error(), `mail.security: "ssl" is not one of tls, starttls, none`) {
		t.Errorf("a protection that there is not: %v", err)
	}
	if _, err := load(t, "", nil, "--sms-rate", "0"); err == nil || !strings.Contains(err.Error(), "sms.rate: 0 is not between 1 and 1000") {
		t.Errorf("a rate at which nothing leaves: %v", err)
	}
	if s, err := load(t, "", nil, "--mail-rate", "50", "--sms-rate", "5"); err != nil || s.policy().EmailRate != 50 || s.policy().SMSRate != 5 {
		t.Errorf("rates: %v", err)
	}
}

func TestThePasswordForTheMailServerComesFromAFileAndIsNeverShown(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("hush hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := load(t, "[mail]\nserver = 'mail.example.com:587'\nfrom = 'Example Bank <no-reply@example.com>'\nuser = 'nodkey'\npassword_file = '"+secret+"'\n", nil, serving...)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.checkServe(); err != nil || s.Mail.Password != "hush hush" {
		t.Errorf("%v; the password is %q", err, s.Mail.Password)
	}
	var shown bytes.Buffer
	if err := s.print(&shown); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(shown.String(), `password = "********"`) || strings.Contains(shown.String(), "hush") {
		t.Errorf("shown:\n%s", shown.String())
	}
}

// The settings that docs/mail.md shows are good ones, and it explains each key.
func TestTheDocumentedMailServerIsAGoodSetting(t *testing.T) {
	page, err := os.ReadFile("../../docs/mail.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```toml\n")
	settings, _, found := strings.Cut(rest, "```")
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("hush\n"), 0o600); err != nil || !found {
		t.Fatal(err, found)
	}
	s, err := load(t, strings.ReplaceAll(settings, "/etc/nodkey/mail-password", secret), nil, serving...)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.checkServe(); err != nil || s.Mail.Server == "" || s.Mail.Bounces == "" {
		t.Errorf("%+v: %v", s.Mail, err)
	}
	for _, f := range fields() {
		if key, ours := strings.CutPrefix(f.key, "mail."); ours && !strings.Contains(string(page), "`"+key+"`") {
			t.Errorf("docs/mail.md does not explain %s", f.key)
		}
	}
}
