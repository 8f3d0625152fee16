package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/wire"
)

// phoneState is a state with one key, made by the client itself.
func phoneState(t *testing.T) client.State {
	t.Helper()
	var state client.State
	text := `{"version":1,"phoneId":"AAECAwQFBgcICQoLDA0ODw","keys":[],"pending":[]}`
	if err := wire.DecodeStrict([]byte(text), &state); err != nil {
		t.Fatal(err)
	}
	return state
}

// runPhone runs a command of the phone with a state file in a directory of the test's.
func runPhone(t *testing.T, path, in string, args ...string) (code int, out, errOut string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	args = append([]string{"phone", "--state", path}, args...)
	code = run(t.Context(), args, strings.NewReader(in), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestAPhoneWithoutKeysSaysHowToGetOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "phone.json")
	if code, out, _ := runPhone(t, path, "", "list"); code != exitOK || !strings.Contains(out, "nodkey phone activate") {
		t.Errorf("list: %d %q", code, out)
	}
	code, out, _ := runPhone(t, path, "", "list", "--json")
	var answer map[string][]any
	if err := json.Unmarshal([]byte(out), &answer); err != nil || code != exitOK || len(answer["keys"])+len(answer["pending"])+len(answer["approvals"]) != 0 || len(answer) != 3 {
		t.Errorf("list --json: %d %q", code, out)
	}
	for _, args := range [][]string{{"approve", "x"}, {"deny", "x"}, {"remove"}, {"pin"}, {"test"}, {"rename", "Kitchen"}, {"watch"}, {"missed"}, {"activate", "--resume"}} {
		if code, _, errOut := runPhone(t, path, "", args...); code != exitNotFound || errOut == "" {
			t.Errorf("%v: %d %q", args, code, errOut)
		}
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("looking wrote a state: %v", err)
	}
}

func TestAnActivationThatCannotBeginSaysWhy(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://phone.localhost:" + listener.Addr().String()[strings.LastIndexByte(listener.Addr().String(), ':')+1:]
	listener.Close()
	path := filepath.Join(t.TempDir(), "phone.json")
	const good = "7K2S-9QXN-D3VK-5TBV-W8N4"
	for name, c := range map[string]struct {
		in   string
		args []string
		code int
		says string
	}{
		"a mistyped code":           {"", []string{"--server", nobody, "7K2S-9QXN-D3VK-5TBV-W8N5"}, exitUsage, "Group 5"},
		"no code":                   {"", []string{"--server", nobody}, exitUsage, "standard input"},
		"a code from nowhere":       {"hello\n", []string{"--server", nobody}, exitUsage, "not a code"},
		"no server":                 {"", []string{good}, exitUsage, "address"},
		"a server without TLS":      {"", []string{"--server", "http://phone.example", good}, exitUsage, "https"},
		"a server that is away":     {good + "\n", []string{"--server", nobody}, exitBusy, "cannot be reached"},
		"two codes":                 {"", []string{"--server", nobody, good, good}, exitUsage, "arg"},
		"an unreadable certificate": {"", []string{"--ca", path + ".pem", "--server", nobody, good}, exitConfig, "authority"},
	} {
		code, out, errOut := runPhone(t, path, c.in, append([]string{"activate"}, c.args...)...)
		if code != c.code || out != "" || !strings.Contains(errOut, c.says) {
			t.Errorf("%s: %d %q %q", name, code, out, errOut)
		}
	}
}

func TestAStateThatOthersMayReadIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "phone.json")
	file := phoneFile{path}
	if err := file.save(phoneState(t)); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := runPhone(t, path, "", "list"); code != exitConfig || !strings.Contains(errOut, "chmod 600") {
		t.Errorf("%d %q", code, errOut)
	}
}

func TestABrokenStateIsOneSentence(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON": "hello", "empty": "", "a later version": `{"version":9,"phoneId":"AAECAwQFBgcICQoLDA0ODw","keys":[],"pending":[]}`,
		"a member twice": `{"version":1,"version":1,"phoneId":"AAECAwQFBgcICQoLDA0ODw","keys":[],"pending":[]}`,
		"a broken key":   `{"version":1,"phoneId":"AAECAwQFBgcICQoLDA0ODw","keys":[{"id":"x"}],"pending":[]}`,
	} {
		path := filepath.Join(t.TempDir(), "phone.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		code, _, errOut := runPhone(t, path, "", "list")
		if code != exitConfig || !strings.HasPrefix(errOut, "nodkey: ") || strings.Count(errOut, "\n") > 2 {
			t.Errorf("%s: %d %q", name, code, errOut)
		}
		if left, err := os.ReadFile(path); err != nil || string(left) != text {
			t.Errorf("%s: the file was changed: %q, %v", name, left, err)
		}
	}
}

func TestSavingLeavesNothingHalf(t *testing.T) {
	dir := t.TempDir()
	file := phoneFile{filepath.Join(dir, "phone.json")}
	for range 3 {
		if err := file.save(phoneState(t)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := file.load(); err != nil || got.PhoneID != phoneState(t).PhoneID {
		t.Errorf("%+v, %v", got, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestALookerWritesDownReceiptsAndNothingElse(t *testing.T) {
	file := phoneFile{filepath.Join(t.TempDir(), "phone.json")}
	key := func(id, state string, at int64) client.StoredKey {
		return client.StoredKey{Key: client.Key{ID: id, State: state}, ReceiptAt: at}
	}
	onDisk := phoneState(t)
	onDisk.Keys = []client.StoredKey{key("stays", "active", 5), key("newer on disk", "removed", 9), key("came meanwhile", "active", 1)}
	if err := file.save(onDisk); err != nil {
		t.Fatal(err)
	}
	seen := phoneState(t)
	seen.Keys = []client.StoredKey{key("stays", "suspended", 6), key("newer on disk", "active", 8), key("gone meanwhile", "active", 7)}
	if err := file.saveReceipts(seen); err != nil {
		t.Fatal(err)
	}
	got, err := file.load()
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, k := range got.Keys {
		states = append(states, k.ID+": "+k.State)
	}
	if want := []string{"stays: suspended", "newer on disk: removed", "came meanwhile: active"}; !slices.Equal(states, want) {
		t.Errorf("%q, want %q", states, want)
	}
}

func TestOnlyOneCommandChangesTheState(t *testing.T) {
	file := phoneFile{filepath.Join(t.TempDir(), "phone.json")}
	release, err := file.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var busy *commandError
	if _, err := file.lock(ctx); !errors.As(err, &busy) || busy.code != exitBusy {
		t.Errorf("a second one: %v", err)
	}
	release()
	again, err := file.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func TestTheClientsErrorsHaveExitCodes(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		code int
	}{
		"a wrong PIN":          {&client.APIError{Kind: "refused", Key: "pin.wrong", Message: "wrong"}, exitDenied},
		"decided already":      {&client.APIError{Kind: "conflict", Key: "approval.denied"}, exitConflict},
		"not there":            {&client.APIError{Kind: "not_found"}, exitNotFound},
		"too often":            {&client.APIError{Kind: "limited"}, exitBusy},
		"of no known kind":     {&client.APIError{Kind: "strange"}, exitFailed},
		"a dishonest server":   {&client.Fault{Key: "offer.mac", Sentence: "no"}, exitDenied},
		"a bad PIN":            {&client.Fault{Key: "pin.guideline", Sentence: "no", PIN: []wire.PINFault{wire.PINRun}}, exitUsage},
		"no connection":        {errors.New("dial: refused"), exitBusy},
		"what is one already":  {&commandError{code: exitConfig, sentence: "x"}, exitConfig},
		"several, one of ours": {errors.Join(errors.New("x"), &client.APIError{Kind: "conflict"}), exitConflict},
	} {
		var got *commandError
		if !errors.As(phoneError(c.err), &got) || got.code != c.code || got.sentence == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if phoneError(nil) != nil {
		t.Error("no error became one")
	}
	for fault, sentence := range pinGuidelines {
		if sentence == "" {
			t.Errorf("%s has no sentence", fault)
		}
	}
}

func TestNothingMovesTheTerminalsCursor(t *testing.T) {
	if got := printable("a\x1b[2Jb\r\nc\u202ed\u009be"); got != "a[2Jbcde" {
		t.Errorf("%q", got)
	}
}

func TestTheStateIsWhereTheUserKeepsState(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", "/var/tmp/somebody")
	if f, err := newPhoneFile(""); err != nil || f.path != "/var/tmp/somebody/nodkey/phone.json" {
		t.Errorf("%v, %v", f, err)
	}
	t.Setenv("XDG_STATE_HOME", "relative")
	t.Setenv("HOME", "/home/somebody")
	if f, err := newPhoneFile(""); err != nil || f.path != "/home/somebody/.local/state/nodkey/phone.json" {
		t.Errorf("%v, %v", f, err)
	}
}
