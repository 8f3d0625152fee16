package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/notify"
)

// load reads a configuration from a file's text, variables and flags.
func load(t *testing.T, file string, env map[string]string, args ...string) (*settings, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nodkey.toml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	addConfigFlags(flags)
	if err := flags.Parse(append([]string{"--config", path}, args...)); err != nil {
		t.Fatal(err)
	}
	s, err := loadConfig(flags, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	if err != nil {
		return nil, err
	}
	return s, nil
}

func TestFlagBeatsEnvironmentBeatsFileBeatsDefault(t *testing.T) {
	file := "server_name = \"file\"\n[tls]\ncert = \"file\"\nkey = \"file\"\n"
	env := map[string]string{"NODKEY_TLS_CERT": "env", "NODKEY_TLS_KEY": "env"}
	s, err := load(t, file, env, "--tls-key", "flag")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ key, value, want, from string }{
		{"tls.key", s.TLS.Key, "flag", "flag --tls-key"},
		{"tls.cert", s.TLS.Cert, "env", "environment NODKEY_TLS_CERT"},
		{"server_name", s.ServerName, "file", "nodkey.toml line 1"},
		{"log.level", s.Log.Level, "info", "default"},
	} {
		if c.value != c.want || !strings.HasSuffix(s.from[c.key], c.from) {
			t.Errorf("%s is %q from %s", c.key, c.value, s.from[c.key])
		}
	}
}

func TestEveryKeyIsDocumentedAndHasAGoodDefault(t *testing.T) {
	s, err := load(t, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	flags := map[string]string{}
	for _, f := range fields() {
		if f.key == "" || len(f.doc) < 10 || !strings.HasSuffix(f.doc, ".") {
			t.Errorf("%s is not documented: %q", f.key, f.doc)
		}
		if other := flags[f.flag()]; other != "" {
			t.Errorf("%s and %s share a flag", f.key, other)
		}
		flags[f.flag()] = f.key
		if s.from[f.key] != "default" {
			t.Errorf("%s comes from %q", f.key, s.from[f.key])
		}
	}
	if s.Policy.SessionLifetime != Duration(12*time.Hour) || s.Database != "/var/lib/nodkey/nodkey.db" || !s.Policy.NumberMatching {
		t.Errorf("defaults are %+v", s.Config)
	}
}

func TestBadConfigurationIsNamedWithItsPlace(t *testing.T) {
	for _, c := range []struct {
		file string
		env  map[string]string
		args []string
		says string
	}{
		{file: "listen = ':1'\nlisen = ':2'\n", says: "line 2: there is no key lisen; did you mean listen?"},
		{file: "[tls]\n\ncret = 'x'\n", says: "line 3: there is no key tls.cret; did you mean tls.cert?"},
		{file: "tls.crt = 'x'\n", says: "line 1: there is no key tls.crt; did you mean tls.cert?"},
		{file: "[polcy]\nmax_keys = 3\n", says: "line 2: there is no key polcy.max_keys; did you mean policy.max_keys?"},
		{file: "something_else_entirely = 1\n", says: "line 1: there is no key something_else_entirely"},
		{file: "a = 1\na = 2\n", says: "line 2:"},
		{file: "listen = \n", says: "line 1:"},
		{file: "[policy]\nmax_keys = \"3\"\n", says: "policy.max_keys: takes a whole number, without quotes (from"},
		{file: "[policy]\nnumber_matching = 1\n", says: "policy.number_matching: takes true or false"},
		{file: "listen = 443\n", says: "listen: takes text in quotes"},
		{file: "trusted_proxies = [1]\n", says: "trusted_proxies: takes text in quotes, or a list of them"},
		{file: "trusted_proxies = ['10.0.0.1/8']\n", says: "the network is 10.0.0.0/8 (from"},
		{env: map[string]string{"NODKEY_POLICY_MAX_KEYS": "99"}, says: "policy.max_keys: 99 is not between 1 and 20 (from environment NODKEY_POLICY_MAX_KEYS)"},
		{env: map[string]string{"NODKEY_POLICY_SESSION_IDLE": "soon"}, says: "is not a time span such as 90s"},
		{env: map[string]string{"NODKEY_POLICY_SESSION_IDLE": "1s"}, says: "1s is not between 1m and 720h"},
		{env: map[string]string{"NODKEY_POLICY_ACTIVATION_CONFIRM": "maybe"}, says: "neither true nor false"},
		{args: []string{"--listen", "example.com:443"}, says: "must name an address of this machine"},
		{args: []string{"--listen", "443"}, says: `"443" is not an address and port`},
		{args: []string{"--portal-host", "portal.example.com"}, says: "portal_host:"},
		{args: []string{"--portal-host", "https://portal.example.com/x"}, says: "scheme, host and port only"},
		{args: []string{"--server-name", "two\nlines"}, says: "control characters"},
		{args: []string{"--acme-eab-key", "a", "--acme-eab-key-file", "b"}, says: "acme.eab_key: is given twice, also as flag --acme-eab-key-file (from flag --acme-eab-key)"},
		{args: []string{"--acme-eab-key-file", "/nowhere"}, says: "acme.eab_key: cannot read /nowhere: no such file or directory"},
	} {
		_, err := load(t, c.file, c.env, c.args...)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("file %q, env %v, flags %v: got %v, want %q", c.file, c.env, c.args, err, c.says)
		}
		if code := report(&bytes.Buffer{}, err); code != exitConfig {
			t.Errorf("%v: exit code %d", err, code)
		}
	}
}

func TestSecretsComeFromFilesAndAreNeverShown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "eab")
	if err := os.WriteFile(path, []byte("c2VjcmV0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for where, c := range map[string]struct {
		file string
		env  map[string]string
		args []string
	}{
		"file":        {file: "[acme]\neab_key_file = '" + path + "'\n"},
		"environment": {env: map[string]string{"NODKEY_ACME_EAB_KEY_FILE": path}},
		"flag":        {args: []string{"--acme-eab-key-file", path}},
	} {
		s, err := load(t, c.file, c.env, c.args...)
		if err != nil || s.ACME.EABKey != "c2VjcmV0" {
			t.Errorf("%s: %v", where, err)
			continue
		}
		var shown bytes.Buffer
		if err := s.print(&shown); err != nil || strings.Contains(shown.String(), "c2VjcmV0") || !strings.Contains(shown.String(), `eab_key = "********"`) {
			t.Errorf("%s: %v: shown as\n%s", where, err, &shown)
		}
	}
}

func TestWhatConfigShowPrintsIsAConfiguration(t *testing.T) {
	first, err := load(t, "server_name = 'Käse \"7\" \\ 日本'\n[policy]\nsession_idle = '90s'\n", nil,
		"--trusted-proxies", "10.0.0.0/8, ::1", "--policy-activation-confirm", "--portal-host", "https://portal.example.com")
	if err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	if err := first.print(&shown); err != nil {
		t.Fatal(err)
	}
	second, err := load(t, shown.String(), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, &shown)
	}
	if !reflect.DeepEqual(first.Config, second.Config) {
		t.Errorf("got %+v\nwant %+v", second.Config, first.Config)
	}
}

func TestCheckServeNamesWhatDoesNotGoTogether(t *testing.T) {
	good := []string{"--portal-host", "https://portal.example.com", "--phone-host", "https://phone.example.com", "--tls-cert", "c", "--tls-key", "k"}
	off := []string{"--tls-mode", "off", "--listen", "127.0.0.1:0", "--portal-host", "http://portal.localhost", "--phone-host", "http://phone.localhost"}
	for _, c := range []struct {
		base, args []string
		says       string // "" when it is good
	}{
		{good, nil, ""},
		{off, nil, ""},
		{nil, nil, "portal_host: must be set"},
		{good, []string{"--phone-host", ""}, "phone_host: must be set"},
		{good, []string{"--phone-host", "https://portal.example.com:8443"}, "phone_host: must be another host than portal_host"},
		{good, []string{"--phone-host", "https://10.0.0.1"}, "phone_host: must be a host name"},
		{good, []string{"--portal-host", "http://portal.example.com"}, "portal_host: must begin with https://"},
		{good, []string{"--tls-key", ""}, "tls.key: must name the private key's file"},
		{good, []string{"--tls-mode", "proxy"}, "trusted_proxies: must name the proxy's address"},
		{good, []string{"--tls-mode", "proxy", "--trusted-proxies", "10.0.0.1"}, ""},
		{good, []string{"--tls-mode", "acme"}, ""},
		{good, []string{"--tls-mode", "acme", "--acme-directory", "http://ca"}, "acme.directory: must be an https address"},
		{good, []string{"--tls-mode", "acme", "--acme-ca-roots", "/nowhere"}, "acme.ca_roots: cannot read /nowhere"},
		{good, []string{"--tls-mode", "acme", "--acme-eab-key-id", "x"}, "acme.eab_key_id: goes together"},
		{good, []string{"--tls-mode", "acme", "--phone-host", "https://phone"}, "phone_host: must be a public host name"},
		{off, []string{"--listen", ":8080"}, "listen: must be a loopback address"},
		{off, []string{"--portal-host", "http://portal.example.com"}, "portal_host: must be on loopback"},
		{good, []string{"--metrics-listen", ":443"}, "metrics_listen: must differ from listen"},
		{good, []string{"--push-services", "localhost"}, "push.services: \"localhost\" is not a host name"},
		{good, []string{"--push-services", "10.0.0.1"}, "push.services: \"10.0.0.1\" is not a host name"},
		{good, []string{"--push-services", ""}, ""},
		{good, []string{"--push-own-services", "push.internal:8443=10.1.2.3:8443, other.internal"}, ""},
		{good, []string{"--push-own-services", "push.internal=nowhere"}, "push.own_services: \"push.internal=nowhere\" does not end in an address and port"},
		{good, []string{"--push-subject", "desk@example.com"}, "push.subject: \"desk@example.com\" is neither mailto:"},
		{good, []string{"--push-subject", "mailto:desk@example.com"}, ""},
		{good, []string{"--push-ca-roots", "/nowhere"}, "push.ca_roots: cannot read /nowhere"},
		{good, []string{"--policy-session-idle", "13h"}, "policy.session_idle: must not be longer than policy.session_lifetime (12h)"},
		{good, []string{"--server-name", "Käse \"7\" 日本 👩\u200d💻"}, ""},
		{good, []string{"--server-name", "Alder\u202emere"}, "server_name: must be at most 80 characters that can be read"},
		{good, []string{"--operator-name", "Aldermere\u2066 Savings"}, "operator_name: must be at most 80"},
		{good, []string{"--operator-name", "Alder\u200bmere"}, "operator_name: must be"},
		{good, []string{"--service-desk", "\u202e1174 0080"}, "service_desk: must be at most 200"},
		{good, []string{"--service-desk", strings.Repeat("a", 201)}, "service_desk: must be at most 200"},
	} {
		s, err := load(t, "", nil, append(append([]string{}, c.base...), c.args...)...)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.checkServe(); (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: got %v, want %q", c.args, err, c.says)
		}
	}
}

func TestTheDataDirectoryIsMadePrivateAndProbed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := prepareDataDir(dir); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("the probe left %v, %v", left, err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{dir: "open to other users", file: "cannot use the data directory", "/proc/nodkey": "cannot use the data directory"} {
		err := prepareDataDir(path)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// FuzzConfigFile: no file makes the reader crash, and every refusal names the
// file and a line.
func FuzzConfigFile(f *testing.F) {
	for _, seed := range []string{"listen = ':1'\n", "[tls]\ncert=\"x\"", "[[tls]]\n", "a.b.c = 1", "\"tls\".\"x\" = 1", "[", "listen = 2026-01-01", "x = [{y = 1}]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := parseConfigFile("nodkey.toml", text); err != nil && !strings.HasPrefix(err.Error(), "nodkey.toml line ") {
			t.Fatalf("%q: %v", text, err)
		}
	})
}

func TestMakeSettingsRefusesKeysThatAreNone(t *testing.T) {
	if _, err := makeSettings(map[string]string{"listen": ":1", "lisen": ":2"}); err == nil || !strings.Contains(err.Error(), "lisen") {
		t.Errorf("got %v", err)
	}
	if _, err := makeSettings(map[string]string{"listen": "x"}); err == nil {
		t.Error("a bad value was taken")
	}
}

func TestTheDefaultPushServicesAreThoseOfTheirPackage(t *testing.T) {
	s, err := makeSettings(nil)
	if err != nil || s.Push.Services != notify.DefaultServices {
		t.Errorf("the configuration's default is %q, %v", s.Push.Services, err)
	}
}

func TestTheDefaultsAreTheDomainsPolicy(t *testing.T) {
	s, err := makeSettings(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.policy(), nodkey.DefaultPolicy(); got != want {
		t.Errorf("the configuration's defaults are %+v, the domain's %+v", got, want)
	}
}
