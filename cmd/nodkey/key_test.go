package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheKeysRotateByCommand(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	on := func(more ...string) (int, string, string) {
		t.Helper()
		return runCommand(t, append(more, "--data-dir", dir, "--tls-mode", "off", "--portal-host", "http://portal.localhost", "--phone-host", "http://phone.localhost")...)
	}
	good := func(says string, more ...string) string {
		t.Helper()
		code, out, errOut := on(more...)
		if code != 0 || !strings.Contains(out, says) {
			t.Fatalf("%v: exit code %d, out %q, error %q", more, code, out, errOut)
		}
		return out
	}
	good("Added mara", "user", "add", "mara")
	good("Data key 2 is made.", "key", "rotate")
	var keys []struct {
		Version, Left int
		Newest        bool
	}
	if err := json.Unmarshal([]byte(good("", "key", "status", "--json")), &keys); err != nil || len(keys) != 2 || keys[0].Left != 5 || !keys[1].Newest {
		t.Errorf("%+v, %v", keys, err)
	}
	good("5", "key", "status")

	old, fresh := filepath.Join(dir, "master.key"), filepath.Join(dir, "next.key")
	if code, _, errOut := on("key", "rewrap"); code != exitUsage || !strings.Contains(errOut, "--new-master-key-file") {
		t.Errorf("exit code %d, %q", code, errOut)
	}
	if _, err := os.Stat(old); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := on("key", "rewrap", "--new-master-key-file", old); code != exitUsage || !strings.Contains(errOut, "a file of its own") {
		t.Errorf("exit code %d, %q", code, errOut)
	}
	good(fresh, "key", "rewrap", "--new-master-key-file", fresh)
	if code, _, errOut := on("user", "list"); code != exitConfig || !strings.Contains(errOut, "master key") {
		t.Errorf("with the old master key: exit code %d, %q", code, errOut)
	}
	good("mara", "user", "list", "--master-key-file", fresh)
	good("Data key 3 is made.", "key", "rotate", "--master-key-file", fresh)
	good("master_key.changed", "audit", "list", "--master-key-file", fresh)
}
