package places_test

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"github.com/nodkey/nodkey/places"
)

func names(en, de, ja string) mmdbtype.Map {
	m := mmdbtype.Map{}
	for lang, name := range map[string]string{"en": en, "de": de, "ja": ja} {
		if name != "" {
			m[mmdbtype.String(lang)] = mmdbtype.String(name)
		}
	}
	return mmdbtype.Map{"names": m}
}

func country(code string, m mmdbtype.Map) mmdbtype.Map {
	m["iso_code"] = mmdbtype.String(code)
	return m
}

// write makes a database as publishers do.
func write(t testing.TB, kind string, version int, entries map[string]mmdbtype.DataType) string {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, IPVersion: version, IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	for prefix, entry := range entries {
		_, network, err := net.ParseCIDR(prefix)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Insert(network, entry); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "places.mmdb")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tree.WriteTo(file); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhereAnAddressIs(t *testing.T) {
	path := write(t, "Example-City", 6, map[string]mmdbtype.DataType{
		"203.0.113.0/25":   mmdbtype.Map{"city": names("Hamburg", "", "ハンブルク"), "country": country("DE", names("Germany", "Deutschland", "ドイツ"))},
		"203.0.113.128/25": mmdbtype.Map{"country": country("CH", names("Switzerland", "Schweiz", ""))},
		"2001:db8::/32":    mmdbtype.Map{"country": country("JP", names("Japan", "", "日本"))},
		"198.51.100.0/24":  mmdbtype.Map{"city": names("Atlantis", "", "")},
		"192.0.2.0/25":     mmdbtype.Map{"country": country("de\x00", names("One\nTwo", "", ""))},
		"192.0.2.128/25":   mmdbtype.String("what is no record"),
	})
	db, err := places.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ address, language, country, name string }{
		{"203.0.113.24", "en", "DE", "Hamburg, Germany"},
		{"203.0.113.24", "de", "DE", "Hamburg, Deutschland"}, // the city has its English name only
		{"203.0.113.24", "ja", "DE", "ドイツ ハンブルク"},
		{"203.0.113.24", "", "DE", "Hamburg, Germany"},
		{"::ffff:203.0.113.24", "en", "DE", "Hamburg, Germany"},
		{"203.0.113.200", "de", "CH", "Schweiz"},
		{"203.0.113.200", "ja", "CH", "Switzerland"},
		{"2001:db8::7", "ja", "JP", "日本"},
		{"198.51.100.1", "en", "", "Atlantis"},
		{"192.0.2.1", "en", "", ""},
		{"192.0.2.200", "en", "", ""},
		{"127.0.0.1", "en", "", ""},
		{"fe80::1%eth0", "en", "", ""},
	} {
		code, name := db.Place(netip.MustParseAddr(c.address), c.language)
		if code != c.country || name != c.name {
			t.Errorf("%s in %q: %q, %q, want %q, %q", c.address, c.language, code, name, c.country, c.name)
		}
	}
	if code, name := db.Place(netip.Addr{}, "en"); code != "" || name != "" {
		t.Errorf("no address: %q, %q", code, name)
	}
}

func TestADatabaseOfOldAddressesOnly(t *testing.T) {
	db, err := places.Open(write(t, "Example-Country", 4, map[string]mmdbtype.DataType{
		"203.0.113.0/24": mmdbtype.Map{"country": country("DE", names("Germany", "", ""))},
	}))
	if err != nil {
		t.Fatal(err)
	}
	if code, _ := db.Place(netip.MustParseAddr("203.0.113.24"), "en"); code != "DE" {
		t.Errorf("%q", code)
	}
	if code, name := db.Place(netip.MustParseAddr("2001:db8::7"), "en"); code != "" || name != "" {
		t.Errorf("an address of the other kind: %q, %q", code, name)
	}
}

func TestFilesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("Hamburg"), 0o600); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(write(t, "Example-City", 6, map[string]mmdbtype.DataType{"203.0.113.0/24": mmdbtype.Map{"country": country("DE", names("Germany", "", ""))}}))
	if err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(dir, "half")
	if err := os.WriteFile(half, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	for why, path := range map[string]string{"text": text, "half of one": half, "of networks' owners": write(t, "Example-ASN", 6, nil)} {
		if _, err := places.Open(path); !errors.Is(err, places.ErrFile) {
			t.Errorf("%s: %v", why, err)
		}
	}
	if _, err := places.Open(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("none: %v", err)
	}
}

// FuzzPlace looks addresses up in damaged databases.
func FuzzPlace(f *testing.F) {
	whole, err := os.ReadFile(write(f, "Example-City", 6, map[string]mmdbtype.DataType{
		"203.0.113.0/24": mmdbtype.Map{"city": names("Hamburg", "", ""), "country": country("DE", names("Germany", "", ""))},
	}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(100, byte(0xff))
	f.Add(len(whole)-40, byte(0))
	f.Fuzz(func(t *testing.T, at int, b byte) {
		raw := append([]byte(nil), whole...)
		raw[uint(at)%uint(len(raw))] = b
		path := filepath.Join(t.TempDir(), "places.mmdb")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := places.Open(path)
		if err != nil {
			return
		}
		if code, _ := db.Place(netip.MustParseAddr("203.0.113.24"), "en"); code != "" && len(code) != 2 {
			t.Errorf("%q", code)
		}
	})
}
