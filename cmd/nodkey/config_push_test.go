package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const whsec = "whsec_bm9kLWtleS13ZWJob29rLXNlY3JldC1vZi10ZXN0cy4uLi4="

// serving are flags with which a server runs.
var serving = []string{"--portal-host", "https://portal.example.com", "--phone-host", "https://phone.example.com", "--tls-mode", "proxy", "--trusted-proxies", "10.0.0.1"}

func TestOtherChannelsAreChecked(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string // empty: good
	}{
		{[]string{"--push-ntfy", "ntfy.example.com, ntfy.sh ntfy.internal:8443"}, ""},
		{[]string{"--push-ntfy", "ntfy.example.com", "--push-ntfy-token", "tk_x"}, ""},
		{[]string{"--push-ntfy", "ntfy.example.com", "--push-web=false"}, ""},
		{[]string{"--push-ntfy", "ntfy.internal:8443", "--push-own-services", "ntfy.internal:8443=10.1.2.3:8443"}, ""},
		{[]string{"--push-ntfy", "https://ntfy.example.com"}, `push.ntfy: "https://ntfy.example.com" is not a host such as`},
		{[]string{"--push-ntfy", "ntfy.example.com/topic"}, `push.ntfy: "ntfy.example.com/topic" is not a host`},
		{[]string{"--push-ntfy", "*.example.com"}, "push.ntfy: "},
		{[]string{"--push-ntfy", "ntfy.internal=10.1.2.3:443"}, ""},
		{[]string{"--push-ntfy", "ntfy.internal=nowhere"}, `push.ntfy: "ntfy.internal=nowhere" does not end in an address and port`},
		{[]string{"--push-ntfy-token", "tk_x"}, "push.ntfy_token: is for one ntfy server"},
		{[]string{"--push-ntfy", "a.example.com, b.example.com", "--push-ntfy-token", "tk_x"}, "it would be sent to all of them"},
		{[]string{"--push-ntfy", "a.example.com, a.example.com:443", "--push-ntfy-token", "tk_x"}, ""},
		{[]string{"--push-ntfy", "ntfy.example.com", "--push-ntfy-token", "two words"}, "push.ntfy_token: an access token has"},
		{[]string{"--push-webhook", "https://gateway.internal/nodkey", "--push-webhook-secret", whsec}, ""},
		{[]string{"--push-webhook", "http://127.0.0.1:9000/", "--push-webhook-secret", whsec + " " + whsec}, ""},
		{[]string{"--push-webhook", "http://gateway.internal/", "--push-webhook-secret", whsec}, "push.webhook: must begin with https://"},
		{[]string{"--push-webhook", "gateway.internal", "--push-webhook-secret", whsec}, "push.webhook: must be an address such as"},
		{[]string{"--push-webhook", "https://gateway.internal"}, "push.webhook: goes together with push.webhook_secret"},
		{[]string{"--push-webhook-secret", whsec}, "push.webhook_secret: goes together with push.webhook"},
		{[]string{"--push-webhook", "https://gateway.internal", "--push-webhook-secret", "hush"}, "push.webhook_secret: must be whsec_ with 24 to 64 random bytes"},
	} {
		s, err := load(t, "", nil, append(append([]string{}, serving...), c.args...)...)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.checkServe(); (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: got %v, want %q", c.args, err, c.says)
		} else if err != nil && (strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "two words")) {
			t.Errorf("%v: the secret stands in %v", c.args, err)
		}
	}
}

func TestSecretsOfChannelsComeFromFilesAndAreNeverShown(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"token": "tk_hush\n", "secret": whsec + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := "[push]\nweb = false\nntfy = 'ntfy.example.com'\nntfy_token_file = '" + dir + "/token'\n" +
		"webhook = 'https://gateway.example.com/nodkey'\nwebhook_secret_file = '" + dir + "/secret'\n"
	s, err := load(t, file, nil, serving...)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.checkServe(); err != nil || s.Push.NtfyToken != "tk_hush" || s.Push.WebhookSecret != whsec {
		t.Errorf("%v; the secrets are %q and %q", err, s.Push.NtfyToken, s.Push.WebhookSecret)
	}
	var shown bytes.Buffer
	if err := s.print(&shown); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"tk_hush", whsec} {
		if strings.Contains(shown.String(), secret) {
			t.Errorf("%s is shown", secret)
		}
	}
	for _, line := range []string{`ntfy = "ntfy.example.com"`, `ntfy_token = "********"`, `webhook_secret = "********"`} {
		if !strings.Contains(shown.String(), line) {
			t.Errorf("%s is not shown", line)
		}
	}
}
