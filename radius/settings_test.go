package radius

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

func TestSettings(t *testing.T) {
	s, err := ParseSettings(json.RawMessage(`{"networks":["10.0.0.0/8","192.0.2.7","2001:db8::/32"],"certificates":["` + strings.Repeat("AB:", 31) + `AB"],"launch_url":"https://x.example"}`))
	if err != nil || len(s.Networks) != 3 || s.Networks[1].String() != "192.0.2.7/32" || s.Mode != ModeNumber || s.Wait != 30*time.Second || s.Language != "en" || s.Certificates[0] != strings.Repeat("ab", 32) {
		t.Errorf("%+v, %v", s, err)
	}
	for text, says := range map[string]string{
		``:                                     "needs to know its client",
		`{}`:                                   "needs to know its client",
		`[`:                                    "cannot be read",
		`{"networks":"10.0.0.0/8"}`:            "cannot be read",
		`{"networks":["10.0.0.1/8"]}`:          "not a network",
		`{"networks":["vpn.example.com"]}`:     "not a network",
		`{"networks":["fe80::1%eth0"]}`:        "not a network",
		`{"networks":["::ffff:10.0.0.0/104"]}`: "not a network",
		`{"networks":["0.0.0.0/0"]}`:           "too wide",
		`{"networks":["::/0"]}`:                "too wide",
		`{"networks":["10.0.0.0/7"]}`:          "too wide",
		`{"networks":["10.0.0.1"],"mode":"pull"}`:                                           "mode",
		`{"networks":["10.0.0.1"],"wait":"9s"}`:                                             "wait",
		`{"networks":["10.0.0.1"],"wait":"3m"}`:                                             "wait",
		`{"networks":["10.0.0.1"],"wait":"30"}`:                                             "wait",
		`{"networks":["10.0.0.1"],"language":"Klingon !"}`:                                  "language",
		`{"certificates":["abcd"]}`:                                                         "SHA-256",
		`{"certificate_names":["*.example.com"]}`:                                           "host name",
		`{"networks":[` + strings.TrimSuffix(strings.Repeat(`"10.0.0.1",`, 65), ",") + `]}`: "more than 64",
	} {
		if _, err := ParseSettings(json.RawMessage(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := ParseSettings(json.RawMessage(`{"eap_networks":["0.0.0.0/0","::/0"]}`)); err != nil {
		t.Error(err)
	}
}

func app(id, settings string) nodkey.ApplicationInfo {
	return nodkey.ApplicationInfo{Application: nodkey.Application{ID: nodkey.ApplicationID(id)}, Settings: json.RawMessage(settings)}
}

func TestNoTwoClaimTheSame(t *testing.T) {
	sum := strings.Repeat("ab", 32)
	for a, b := range map[string]string{
		`{"networks":["10.0.0.0/8"]}`:         `{"eap_networks":["10.0.0.0/8"]}`,
		`{"networks":["10.0.0.7"]}`:           `{"networks":["10.0.0.7/32"]}`,
		`{"certificates":["` + sum + `"]}`:    `{"certificates":["` + strings.ToUpper(sum) + `"]}`,
		`{"certificate_names":["A.example"]}`: `{"certificate_names":["a.example"]}`,
	} {
		if err := CheckSettings([]nodkey.ApplicationInfo{app("one", a), app("two", b)}); err == nil || !strings.Contains(err.Error(), "one and two both name") {
			t.Errorf("%s and %s: %v", a, b, err)
		}
	}
	if err := CheckSettings([]nodkey.ApplicationInfo{app("one", `{"networks":["10.0.0.0/8","10.0.0.0/8"]}`), app("two", `{"networks":["10.1.0.0/16"]}`)}); err != nil {
		t.Error(err)
	}
}

func TestTheLongestNetworkCounts(t *testing.T) {
	c, err := newClients([]nodkey.ApplicationInfo{app("wide", `{"networks":["10.0.0.0/8"],"eap_networks":["0.0.0.0/0"]}`), app("narrow", `{"networks":["10.1.0.0/16"]}`), app("six", `{"networks":["2001:db8::/32"]}`)})
	if err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]string{"10.2.3.4": "wide", "10.1.2.3": "narrow", "192.0.2.1": "wide eap", "2001:db8::1": "six", "2001:db9::1": "", "::ffff:10.1.2.3": "narrow", "fe80::1%lo": ""} {
		at, ok := c.at(netip.MustParseAddr(from))
		got := ""
		if ok {
			got = string(at.client.id)
			if at.eapOnly {
				got += " eap"
			}
		}
		if got != want {
			t.Errorf("%s is %q, want %q", from, got, want)
		}
	}
}
