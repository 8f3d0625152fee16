package main

import (
	"strings"
	"testing"
)

// A code before the first phone has to be sent somehow, and typed in a session that had the password alone.
func TestACodeToAContactOnRecordNeedsAWayOut(t *testing.T) {
	first := []string{"--policy-activation-first", "contact"}
	gateway := append([]string{"--sms-url", "http://127.0.0.1:13013/cgi-bin/sendsms"}, first...)
	for _, c := range []struct {
		args []string
		says string // "" when it is good
	}{
		{first, "policy.activation_first: needs mail.server or sms.url"},
		{gateway, ""},
		{append([]string{"--mail-server", "127.0.0.1:25", "--mail-security", "none", "--mail-from", "no-reply@example.com"}, first...), ""},
		{append([]string{"--policy-restricted-sessions=false"}, gateway...), "policy.restricted_sessions: must be true"},
	} {
		s, err := load(t, "", nil, append(append([]string{}, serving...), c.args...)...)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.checkServe(); (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: got %v, want %q", c.args, err, c.says)
		}
	}
	if _, err := load(t, "", nil, "--policy-activation-first", "fax"); err == nil || !strings.Contains(err.Error(), "contact") {
		t.Errorf("a way that is none: %v", err)
	}
}
