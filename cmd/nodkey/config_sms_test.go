package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHowTextMessagesLeaveIsCheckedWithItsKey(t *testing.T) {
	gateway := []string{"--sms-url", "https://gateway.example.com/send"}
	for _, c := range []struct {
		args []string
		says string // "" when it is good
	}{
		{nil, ""},
		{[]string{"--sms-user", "x"}, ""}, // there is no gateway
		{gateway, ""},
		{[]string{"--sms-url", "http://127.0.0.1:13013/cgi-bin/sendsms"}, ""},
		{[]string{"--sms-url", "http://gateway.example.com/send"}, "sms.url: must begin with https:// unless the gateway is on this machine"},
		{append([]string{"--sms-fields", "to={to}"}, gateway...), "sms.fields: must have {text}"},
		{append([]string{"--sms-fields", "to={to}&text={txt}"}, gateway...), "sms.fields: {txt} is none of {to}"},
		{append([]string{"--sms-format", "json"}, gateway...), "sms.fields: must be JSON"},
		{append([]string{"--sms-format", "json", "--sms-fields", `{"to":"{to}","text":"{text}"}`}, gateway...), ""},
		{append([]string{"--sms-user", "x"}, gateway...), "sms.password: goes together with sms.user"},
		{append([]string{"--sms-token", "hush hush"}, gateway...), "sms.token: must be one word"},
		{append([]string{"--sms-accepted", "("}, gateway...), "sms.accepted: "},
		{append([]string{"--sms-ca-roots", "/nowhere"}, gateway...), "sms.ca_roots: cannot read /nowhere"},
	} {
		s, err := load(t, "", nil, append(append([]string{}, serving...), c.args...)...)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.checkServe(); (err == nil) != (c.says == "") || err != nil && (!strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hush")) {
			t.Errorf("%v: got %v, want %q", c.args, err, c.says)
		}
	}
	if _, err := load(t, "", nil, "--sms-timeout", "20s"); err == nil || !strings.Contains(err.Error(), "sms.timeout: 20s is not between 1s and 15s") {
		t.Errorf("a timeout longer than a code's lease: %v", err)
	}
}

// The settings that docs/sms.md shows are good ones, and what it says of each of them.
func TestTheDocumentedGatewaysAreGoodSettings(t *testing.T) {
	page, err := os.ReadFile("../../docs/sms.md")
	if err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, block := range strings.Split(string(page), "```toml\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		s, err := load(t, strings.NewReplacer("/etc/nodkey/sms.password", secret, "/etc/nodkey/sms.token", secret).Replace(block), nil, serving...)
		if err != nil {
			t.Errorf("%v:\n%s", err, block)
			continue
		}
		if err := s.checkServe(); err != nil || s.SMS.URL == "" {
			t.Errorf("%v:\n%s", err, block)
		}
		var shown bytes.Buffer
		if err := s.print(&shown); err != nil || strings.Contains(shown.String(), "hush") {
			t.Errorf("%v: shown as\n%s", err, &shown)
		}
		n++
	}
	if n != 4 {
		t.Errorf("%d gateways", n)
	}
	for _, f := range fields() {
		name, of := strings.CutPrefix(f.key, "sms.")
		if of && !bytes.Contains(page, []byte("`"+name+"`")) {
			t.Errorf("docs/sms.md does not explain %s", f.key)
		}
	}
}
