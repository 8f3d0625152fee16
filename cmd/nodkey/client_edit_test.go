package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAnApplicationIsChangedByCommand(t *testing.T) {
	dir := t.TempDir()
	at := []string{"--data-dir", filepath.Join(dir, "data"), "--portal-host", "https://portal.example.com", "--phone-host", "https://phone.example.com"}
	nodkey := func(want int, args ...string) string {
		t.Helper()
		var out, problems bytes.Buffer
		if code := run(t.Context(), append(args, at...), strings.NewReader(""), &out, &problems); code != want {
			t.Fatalf("%v: %d: %s", args, code, &problems)
		}
		return out.String() + problems.String()
	}
	settings := func(text string) string {
		path := filepath.Join(dir, "settings.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	nodkey(exitOK, "user", "add", "mara") // the first command makes the database
	nodkey(exitOK, "client", "add", "vpn", "--door", "radius", "--group", "staff", "--settings", settings(`{"networks":["10.0.0.0/8"]}`))
	nodkey(exitOK, "client", "edit", "vpn", "--name", "Aldermere VPN", "--plain", "--everybody")
	var shown struct {
		Name     string
		Groups   []string
		Plain    bool
		InFile   bool
		Settings struct{ Networks []string }
		Secrets  []any
	}
	show := func() {
		t.Helper()
		shown.Groups, shown.Settings.Networks = nil, nil
		if err := json.Unmarshal([]byte(nodkey(exitOK, "client", "show", "vpn", "--json")), &shown); err != nil {
			t.Fatal(err)
		}
	}
	if show(); shown.Name != "Aldermere VPN" || len(shown.Groups) != 0 || !shown.Plain || shown.InFile || len(shown.Settings.Networks) != 1 || len(shown.Secrets) != 1 {
		t.Errorf("%+v", shown)
	}
	if list := nodkey(exitOK, "client", "list", "--json"); !strings.Contains(list, `"id":"vpn"`) || strings.Contains(list, "secrets") {
		t.Errorf("a list that tells of no secrets says that there are none: %s", list)
	}
	said := nodkey(exitOK, "client", "edit", "vpn", "--group", "desk", "--group", "staff", "--plain=false", "--settings", settings(`{"networks":["192.0.2.0/24"]}`))
	if show(); !strings.Contains(said, "desk, staff") || len(shown.Groups) != 2 || shown.Plain || shown.Settings.Networks[0] != "192.0.2.0/24" {
		t.Errorf("%+v, %s", shown, said)
	}
	for want, args := range map[string][]string{
		"there is nothing to change":  {"vpn"},
		"exclude each other":          {"vpn", "--everybody", "--group", "staff"},
		"the settings cannot be read": {"vpn", "--settings", filepath.Join(dir, "none")},
		"there is nothing in":         {"vpn", "--settings", settings("  \n")},
		"A group's name has":          {"vpn", "--group", "no group!"},
	} {
		args = append([]string{"client", "edit"}, args...)
		if said := nodkey(exitUsage, args...); !strings.Contains(said, want) {
			t.Errorf("%v says %s", args, said)
		}
	}
	if said := nodkey(exitUsage, "client", "edit", "vpn", "--settings", settings(`{"networks":["nowhere"]}`)); !strings.Contains(said, "Nothing was changed") {
		t.Errorf("settings that the door does not understand: %s", said)
	}
	nodkey(exitNotFound, "client", "edit", "none", "--plain")
	if show(); shown.Settings.Networks[0] != "192.0.2.0/24" {
		t.Errorf("%+v", shown)
	}
}
