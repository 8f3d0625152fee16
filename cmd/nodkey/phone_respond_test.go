package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/otp"
	"github.com/nodkey/nodkey/proof"
	"github.com/nodkey/nodkey/wire"
)

// offlinePhone is a state file with a key of Mara's and one of Jon's at a server that is not there, and the signer of the
// statements that both trust.
type offlinePhone struct {
	path   string
	mara   client.StoredKey
	server *ecdsa.PrivateKey
}

func newOfflinePhone(t *testing.T) offlinePhone {
	t.Helper()
	signer, point := newPair(t)
	_, backup := newPair(t)
	p := offlinePhone{path: filepath.Join(t.TempDir(), "phone.json"), server: signer}
	state := phoneState(t)
	for _, name := range []string{"mara", "jon"} {
		d, public := newPair(t)
		id, err := wire.KeyID(public)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := d.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		k := client.StoredKey{D: raw, Kp: random(32), K: random(32), Key: client.Key{ID: id, UserID: name, Name: name, DisplayName: strings.ToUpper(name), State: "active",
			Server: client.Server{URL: "https://phone.nowhere.invalid", ID: "AAECAwQFBgcICQoLDA0ODw", Name: "Aldermere", Signing: point, Backup: backup, PIN: backup, PINMin: 4, PINMax: 6}}}
		if name == "mara" {
			p.mara = k
		}
		state.Keys = append(state.Keys, k)
	}
	if err := (phoneFile{p.path}).save(state); err != nil {
		t.Fatal(err)
	}
	return p
}

func newPair(t *testing.T) (*ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return key, point
}

func random(n int) []byte {
	raw := make([]byte, n)
	rand.Read(raw)
	return raw
}

// statement is a request for Mara that ends in so long.
func (p offlinePhone) statement(t *testing.T, ends time.Duration) string {
	t.Helper()
	now := time.Now()
	payload, err := json.Marshal(wire.Statement{Aud: p.mara.Server.ID, ID: "EBESExQVFhcYGRobHB0eHw", User: p.mara.UserID, Keys: []string{p.mara.ID}, Kind: "sign_in",
		Locale: "en", App: "Aldermere Client Portal", Who: "Mara Lindqvist", Address: "203.0.113.24", With: "Firefox on Windows", Number: true,
		Challenge: "314159", Iat: now.UnixMilli(), Exp: now.Add(ends).UnixMilli()})
	if err != nil {
		t.Fatal(err)
	}
	jws, err := proof.JOSE{}.Sign(p.server, wire.TypStatement, payload)
	if err != nil {
		t.Fatal(err)
	}
	return jws
}

// code is what a page would take from Mara's phone with this PIN.
func (p offlinePhone) code(t *testing.T, suite string, in otp.Input, pin string) string {
	t.Helper()
	b := wire.Binding{ServerID: p.mara.Server.ID, KeyID: p.mara.ID}
	in.PIN = wire.CodePIN(b.PINVerifier(p.mara.Kp, pin))
	parsed, err := otp.ParseSuite(suite)
	if err != nil {
		t.Fatal(err)
	}
	code, err := parsed.Compute(p.mara.K, in)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestTheTerminalMakesCodesWithoutAServer(t *testing.T) {
	p := newOfflinePhone(t)
	jws := p.statement(t, time.Minute)
	input, _ := wire.SigningInput(jws)
	scanned := p.code(t, wire.SuiteScanned, otp.Input{Question: "314159", Session: wire.CodeSession(wire.Digest(input))}, "7294")
	typed := p.code(t, wire.SuiteTyped, otp.Input{Question: "314159"}, "7294")
	for name, c := range map[string]struct {
		in, code, says string
		args           []string
	}{
		"scanned":                {"7294\n", scanned, "Sign-in to Aldermere Client Portal as Mara Lindqvist\n  from     203.0.113.24\n  with     Firefox on Windows\n", []string{"--statement", jws}},
		"scanned, user named":    {"7294\n", scanned, "Sign-in to", []string{"--statement", jws, "mara"}},
		"scanned, on stdin":      {jws + "\n7294\n", scanned, "Sign-in to", []string{"--statement", "-"}},
		"typed":                  {"7294\n", typed, "A code for MARA (mara) at Aldermere, for a page that you opened yourself\n", []string{"--digits", "314 159", "mara"}},
		"typed, on stdin":        {"314159\n7294\n", typed, "A code for MARA", []string{"mara"}},
		"typed, asked for stdin": {"314159\n7294\n", typed, "A code for MARA", []string{"--digits", "-", "mara"}},
	} {
		args := append([]string{"respond", "--pin-file", "-"}, c.args...)
		code, out, errOut := runPhone(t, p.path, c.in, args...)
		if want := c.code[:4] + " " + c.code[4:] + "\n"; code != exitOK || out != want || !strings.HasPrefix(errOut, c.says) || strings.Contains(errOut, "clock") {
			t.Errorf("%s: %d %q (want %q) %q", name, code, out, want, errOut)
		}
	}
	code, out, _ := runPhone(t, p.path, "7294\n", "respond", "--json", "--pin-file", "-", "--digits", "314159", "mara")
	var got codeMade
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitOK || got != (codeMade{Key: p.mara.ID, User: "mara", Code: typed, Way: "typed"}) {
		t.Errorf("%d %q, %v", code, out, err)
	}
	late := p.statement(t, -90*time.Second)
	code, out, errOut := runPhone(t, p.path, "7294\n", "respond", "--pin-file", "-", "--statement", late)
	if code != exitOK || len(out) != len("1234 5678\n") || !strings.Contains(errOut, "By this computer's clock the request ended 2 min ago.") {
		t.Errorf("%d %q %q", code, out, errOut)
	}
}

func TestWhatTheTerminalMakesNoCodeOf(t *testing.T) {
	p, other := newOfflinePhone(t), newOfflinePhone(t)
	jws := p.statement(t, time.Minute)
	for name, c := range map[string]struct {
		in   string
		args []string
		code int
		says string
	}{
		"another server's request": {"7294\n", []string{"--statement", other.statement(t, time.Minute)}, exitDenied, "not signed as it should be"},
		"another square code":      {"7294\n", []string{"--statement", "https://phone.example/a#c=x"}, exitDenied, "not signed as it should be"},
		"somebody else's request":  {"7294\n", []string{"--statement", jws, "jon"}, exitConflict, "this request is for mara, not for jon"},
		"five digits":              {"7294\n", []string{"--digits", "31415", "mara"}, exitUsage, "not the six digits"},
		"two users, none named":    {"7294\n", []string{"--digits", "314159"}, exitUsage, "at the end of the command"},
		"a user who is not here":   {"7294\n", []string{"--digits", "314159", "bea"}, exitNotFound, "no key"},
		"both":                     {"7294\n", []string{"--digits", "314159", "--statement", jws, "mara"}, exitUsage, "statement"},
		"nothing":                  {"", []string{"mara"}, exitUsage, "no digits on standard input"},
		"no PIN":                   {"", []string{"--digits", "314159", "mara"}, exitUsage, "no PIN"},
	} {
		code, out, errOut := runPhone(t, p.path, c.in, append([]string{"respond", "--pin-file", "-"}, c.args...)...)
		if code != c.code || out != "" || !strings.Contains(errOut, c.says) {
			t.Errorf("%s: %d %q %q", name, code, out, errOut)
		}
	}
}
