package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func TestTheClientIsTheNearestAddressThatIsNoProxy(t *testing.T) {
	ours := Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for name, c := range map[string]struct {
		peer    string
		headers []string // X-Forwarded-For lines
		proto   string
		want    string
		secure  bool
	}{
		"no proxy":                           {"192.0.2.1:5", nil, "", "192.0.2.1", false},
		"headers of a stranger mean nothing": {"192.0.2.1:5", []string{"198.51.100.7"}, "https", "192.0.2.1", false},
		"one proxy":                          {"10.0.0.1:5", []string{"198.51.100.7"}, "https", "198.51.100.7", true},
		"what the client wrote is ignored":   {"10.0.0.1:5", []string{"1.1.1.1, 198.51.100.7"}, "https", "198.51.100.7", true},
		"two proxies":                        {"10.0.0.1:5", []string{"1.1.1.1, 198.51.100.7,10.2.2.2"}, "https", "198.51.100.7", true},
		"two lines are one list":             {"10.0.0.1:5", []string{"1.1.1.1", "198.51.100.7", "10.2.2.2"}, "https", "198.51.100.7", true},
		"a client inside":                    {"10.0.0.1:5", []string{"10.9.9.9"}, "https", "10.9.9.9", true},
		"rubbish ends the walk":              {"10.0.0.1:5", []string{"198.51.100.7, rubbish, 10.2.2.2"}, "https", "10.2.2.2", true},
		"an empty entry ends the walk":       {"10.0.0.1:5", []string{"198.51.100.7,"}, "", "10.0.0.1", false},
		"ports and brackets":                 {"[::1]:5", []string{"[2001:db8::7]:1234"}, "HTTPS", "2001:db8::7", true},
		"IPv4 in IPv6 clothes":               {"[::ffff:10.0.0.1]:5", []string{"::ffff:198.51.100.7"}, "", "198.51.100.7", false},
		"zones mean nothing":                 {"[fe80::1%eth0]:5", nil, "", "fe80::1", false},
		"the nearest proxy's word on TLS":    {"10.0.0.1:5", nil, "https, http", "10.0.0.1", false},
		"no peer":                            {"@", []string{"198.51.100.7"}, "https", "invalid IP", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = c.peer
			for _, line := range c.headers {
				r.Header.Add("X-Forwarded-For", line)
			}
			if c.proto != "" {
				r.Header.Set("X-Forwarded-Proto", c.proto)
			}
			if got := ours.client(r); got.Addr.String() != c.want || got.Secure != c.secure {
				t.Errorf("got %s, secure %t", got.Addr, got.Secure)
			}
		})
	}
}

func TestLimitsCountByAddressOrByNetwork(t *testing.T) {
	for addr, want := range map[string]string{"192.0.2.1": "192.0.2.1/32", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64"} {
		if got := (Client{Addr: netip.MustParseAddr(addr)}).Source().String(); got != want {
			t.Errorf("%s: got %s, want %s", addr, got, want)
		}
	}
	if (Client{}).Source().IsValid() {
		t.Error("an unknown client has a source")
	}
}

func TestWithoutTLSReadersAreSentOnAndWritersRefused(t *testing.T) {
	h := Remote(Proxies{netip.MustParsePrefix("10.0.0.1/32")})(
		RequireTLS(origin(t, "https://portal.example.com"), PlainFail(key))(says("in")))
	for _, c := range []struct {
		method, proto, want, location string
	}{
		{"GET", "https", "200", ""},
		{"GET", "http", "307", "https://portal.example.com/x?y=z"},
		{"HEAD", "", "307", "https://portal.example.com/x?y=z"},
		{"POST", "http", "403", ""},
	} {
		r := httptest.NewRequest(c.method, "http://portal.example.com/x?y=z", nil)
		r.RemoteAddr = "10.0.0.1:99"
		r.Header.Set("X-Forwarded-Proto", c.proto)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Result().Status[:3] != c.want || w.Header().Get("Location") != c.location {
			t.Errorf("%s over %q: got %s to %q", c.method, c.proto, w.Result().Status, w.Header().Get("Location"))
		}
	}
}

// FuzzForwarded: whatever a client writes into its own part of the header, the
// address that the nearest proxy appended is the one that counts.
func FuzzForwarded(f *testing.F) {
	for _, seed := range []string{"", ",", "1.1.1.1", "::1", "[::1]:80, 10.0.0.1", strings.Repeat("10.0.0.1,", 100), "%", "1.1.1.1\x00"} {
		f.Add(seed)
	}
	trusted := Proxies{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, sent string) {
		r := &http.Request{RemoteAddr: "10.0.0.1:1", Header: http.Header{"X-Forwarded-For": {sent, "198.51.100.7"}}}
		if got := trusted.client(r).Addr.String(); got != "198.51.100.7" {
			t.Fatalf("%q made it %s", sent, got)
		}
		r.Header = http.Header{"X-Forwarded-For": {sent}, "X-Forwarded-Proto": {sent}}
		if got := trusted.client(r).Addr; !got.IsValid() || got.Is4In6() || got.Zone() != "" {
			t.Fatalf("%q gave %s", sent, got)
		}
	})
}
