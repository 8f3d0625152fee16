package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
)

const clientsFile = `server_name = "Aldermere"

[[client]]
id = "vpn"
name = "Aldermere VPN"
doors = ["radius"]
groups = ["staff"]
secret = "correct-horse-battery"

  [client.settings]
  networks = ["10.0.0.0/8"]

[[client]]
id = "till"
doors = ["api", "ciba"]
secret_file = "SECRETS"
settings = '{"redirect_uris": []}'

[[client]]
id = "proxy"
doors = ["forward"]
settings = { hosts = ["wiki.example.com"] }
`

func TestApplicationsComeFromTheFileOrAsJSON(t *testing.T) {
	secrets := filepath.Join(t.TempDir(), "till.secret")
	if err := os.WriteFile(secrets, []byte("the-secret-of-before\nthe-secret-of-today\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := load(t, strings.ReplaceAll(clientsFile, "SECRETS", secrets), nil)
	if err != nil || !strings.HasSuffix(s.from["client"], "nodkey.toml line 3") {
		t.Fatalf("from %s, %v", s.from["client"], err)
	}
	list, err := s.Client.all()
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	vpn, till, proxy := list[0], list[1], list[2]
	if vpn.Name != "Aldermere VPN" || vpn.Doors[0] != nodkey.DoorRADIUS || vpn.Groups[0] != "staff" || string(vpn.Settings) != `{"networks":["10.0.0.0/8"]}` ||
		vpn.Secrets[0] != "correct-horse-battery" || vpn.NoSecret {
		t.Errorf("%+v", vpn)
	}
	if till.Name != "till" || len(till.Secrets) != 2 || till.Secrets[1] != "the-secret-of-today" || string(till.Settings) != `{"redirect_uris": []}` {
		t.Errorf("%+v", till)
	}
	if !proxy.NoSecret || proxy.Secrets != nil {
		t.Errorf("%+v", proxy)
	}
	var shown strings.Builder
	if err := s.print(&shown); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{shown.String(), s.Client.String()} {
		if strings.Contains(text, "correct-horse") || strings.Contains(text, "10.0.0.0") || !strings.Contains(text, "Aldermere VPN") || !strings.Contains(text, secrets) {
			t.Errorf("shown as %s", text)
		}
	}
	if again, err := load(t, shown.String(), nil); err == nil {
		if _, err = again.Client.all(); err == nil {
			t.Error("what was hidden is taken for a secret")
		}
	} else if !strings.Contains(err.Error(), "client") {
		t.Errorf("as shown: %v", err)
	}
	if s, err := load(t, "", nil); err != nil || s.Client != nil || s.Client.String() != "[]" {
		t.Errorf("none: %+v, %v", s, err)
	}
	s, err = load(t, "", map[string]string{"NODKEY_CLIENT": `[{"id":"a","doors":["oidc"],"secret":["0123456789abcdef","fedcba9876543210"]}]`})
	if err != nil || len(s.Client) != 1 || len(s.Client[0].Secret) != 2 {
		t.Errorf("as JSON: %+v, %v", s, err)
	}
}

func TestBadApplicationsAreNamedWithTheirPlace(t *testing.T) {
	for _, c := range []struct{ file, says string }{
		{"[[client]]\nid = \"Till\"\ndoors = [\"api\"]\n", `client: "Till" is no id`},
		{"\n\n[[client]]\nid = \"a\"\n[[client]]\nid = \"a\"\n", `client: "a" stands there twice (from`},
		{"[[client]]\nid = \"a\"\nsecrets = \"0123456789abcdef\"\n", `unknown field "secrets"`},
		{"[[client]]\nid = \"a\"\nsecret = 3\n", `a secret is text in quotes, or a list of two`},
		{"[[client]]\nid = \"a\"\nsecret = \"0123456789abcdef\"\nsecret_file = \"x\"\n", `"a" has both secret and secret_file`},
		{"[[client]]\nid = \"a\"\nsettings = \"{\"\n", `the settings of "a" are neither a table nor JSON`},
		{"[client]\nid = \"a\"\n", "there is no key client.id"},
		{"client = \"a\"\n", "takes tables, each under [[client]]"},
	} {
		_, err := load(t, c.file, nil)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v", c.file, err)
		}
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ entry, says string }{
		{`secret = "short"`, "a: a secret has 16 to 128"},
		{`secret = ["0123456789abcdef", "0123456789abcdef", "0123456789abcdef"]`, "more than two"},
		{`secret_file = "/nowhere/at/all"`, "a: cannot read /nowhere/at/all"},
		{`secret_file = "` + empty + `"`, "a: there is no secret in"},
	} {
		s, err := load(t, "[[client]]\nid = \"a\"\ndoors = [\"oidc\"]\n"+c.entry+"\n", nil)
		if err != nil {
			t.Fatal(err)
		}
		if key, err := s.checkClients(); key != "client" || err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "0123456789abcdef") {
			t.Errorf("%s: %s, %v", c.entry, key, err)
		}
	}
}

// The house of a file: what it says stands in the database when a server starts, and not before.
func TestAServersStartTakesTheApplicationsOfItsFile(t *testing.T) {
	open := func(file string) *house {
		t.Helper()
		s, err := load(t, file, nil)
		if err != nil {
			t.Fatal(err)
		}
		h, err := openHouse(t.Context(), s, houseOptions{passwords: quickPasswords{}})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	places := "data_dir = \"" + filepath.Join(t.TempDir(), "data") + "\"\nportal_host = \"https://portal.example.com\"\nphone_host = \"https://phone.example.com\"\n"
	ids := func(h *house, want ...string) {
		t.Helper()
		list, err := h.services.Applications.List(t.Context(), nodkey.Operator("desk"), "")
		if err != nil || len(list) != len(want) {
			t.Fatalf("%+v, %v; want %v", list, err, want)
		}
		for i, a := range list {
			if string(a.ID) != want[i] {
				t.Errorf("%s, want %s", a.ID, want[i])
			}
		}
		if err := h.close(); err != nil {
			t.Fatal(err)
		}
	}
	client := "[[client]]\nid = \"till\"\ndoors = [\"api\"]\nsecret = \"0123456789abcdef\"\n"
	vpn := "[[client]]\nid = \"vpn\"\ndoors = [\"radius\"]\nsecret = \"0123456789abcdef\"\nsettings = { networks = [\"10.0.0.0/8\"] }\n"
	h := open(places + client)
	ids(h)
	h = open(places + client + vpn)
	if err := h.syncClients(t.Context()); err != nil {
		t.Fatal(err)
	}
	ids(h, "till", "vpn")
	// Two that claim one network, one of which takes the other's place in the same turn: only together they are wrong.
	h = open(places + strings.ReplaceAll(vpn, `"vpn"`, `"vpn-2"`))
	if err := h.syncClients(t.Context()); err != nil {
		t.Fatal(err)
	}
	ids(h, "vpn-2")
	h = open(places + vpn + strings.ReplaceAll(vpn, `"vpn"`, `"vpn-2"`))
	if err := h.syncClients(t.Context()); err == nil || !strings.Contains(err.Error(), "client: ") || !strings.Contains(err.Error(), "nodkey.toml line") {
		t.Errorf("two of one network: %v", err)
	}
	ids(h, "vpn-2")
	h = open(places)
	_, err := h.services.Applications.Add(t.Context(), nodkey.Operator("desk"), nodkey.NewApplication{ID: "till", Name: "Till", Doors: []nodkey.Door{nodkey.DoorAPI}})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.syncClients(t.Context()); err != nil {
		t.Fatal(err)
	}
	ids(h, "till")
	h = open(places + client)
	if err := h.syncClients(t.Context()); err == nil || !strings.Contains(err.Error(), "client: An application till was added by command already") {
		t.Errorf("a name that is taken: %v", err)
	}
	ids(h, "till")
}

// What docs/applications.md shows is a configuration, and one that a server starts with.
func TestTheApplicationsOfTheDocumentationAreAConfiguration(t *testing.T) {
	page, err := os.ReadFile("../../docs/applications.md")
	if err != nil {
		t.Fatal(err)
	}
	_, file, _ := strings.Cut(string(page), "```toml\n")
	file, _, _ = strings.Cut(file, "```")
	secret := filepath.Join(t.TempDir(), "vpn.secret")
	if err := os.WriteFile(secret, []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	data := "data_dir = \"" + filepath.Join(t.TempDir(), "data") + "\"\nportal_host = \"https://portal.example.com\"\nphone_host = \"https://phone.example.com\"\n"
	s, err := load(t, data+strings.ReplaceAll(file, "/etc/nodkey/vpn.secret", secret), nil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := openHouse(t.Context(), s, houseOptions{passwords: quickPasswords{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := h.close(); err != nil {
			t.Error(err)
		}
	}()
	if err := h.syncClients(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a, err := h.services.Applications.Show(t.Context(), nodkey.Operator("desk"), "vpn"); err != nil || !a.InFile || len(a.Secrets) != 1 || a.Name != "Aldermere VPN" {
		t.Errorf("%+v, %v", a, err)
	}
}
