package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// key answers with the catalogue key, so that tests see which sentence it is.
func key(_ *http.Request, key string, _ map[string]any) string { return key }

func origin(t testing.TB, text string) Origin {
	t.Helper()
	o, err := ParseOrigin(text)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func says(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
}

func TestEachHostReachesItsOwnSite(t *testing.T) {
	hosts, err := NewHosts(PlainFail(key),
		Site{origin(t, "https://portal.example.com"), says("portal")},
		Site{origin(t, "http://phone.localhost:8080"), says("phone")},
		Site{origin(t, "https://[2001:db8::1]:8443"), says("address")},
	)
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]string{
		"portal.example.com":           "200 portal",
		"PORTAL.example.com":           "200 portal",
		"portal.example.com:443":       "200 portal",
		"portal.example.com:8443":      "421 request.unknown_host",
		"phone.localhost:8080":         "200 phone",
		"phone.localhost":              "421 request.unknown_host",
		"[2001:DB8:0::1]:8443":         "200 address",
		"portal.example.com.":          "400 request.bad_host",
		"portal.example.com.evil.test": "421 request.unknown_host",
		"127.0.0.1:8080":               "421 request.unknown_host",
		"":                             "400 request.bad_host",
		"a@portal.example.com":         "400 request.bad_host",
		"portal.example.com/x":         "400 request.bad_host",
		"portal.example.com:":          "400 request.bad_host",
		"portal.example.com:0443":      "400 request.bad_host",
		"portal.example.com:99999":     "400 request.bad_host",
		"[::1":                         "400 request.bad_host",
		"[fe80::1%25eth0]":             "400 request.bad_host",
		"pörtal.example.com":           "400 request.bad_host",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		hosts.ServeHTTP(w, r)
		if got := w.Result().Status[:3] + " " + strings.TrimSpace(w.Body.String()); got != want {
			t.Errorf("host %q: got %q, want %q", host, got, want)
		}
	}
}

func TestTwoSitesOnOneHostAreRefused(t *testing.T) {
	for _, second := range []string{"https://portal.example.com", "https://PORTAL.example.com:443", "http://portal.example.com:443"} {
		_, err := NewHosts(PlainFail(key), Site{origin(t, "https://portal.example.com"), says("")}, Site{origin(t, second), says("")})
		if err == nil {
			t.Errorf("%s was taken as another host", second)
		}
	}
}

func TestParseOrigin(t *testing.T) {
	for text, want := range map[string]string{
		"https://portal.example.com":      "https://portal.example.com",
		"https://Portal.Example.com:443/": "https://portal.example.com",
		"http://portal.localhost:8080":    "http://portal.localhost:8080",
		"http://[::1]:80":                 "http://[::1]",
		"http://10.0.0.1:8080":            "http://10.0.0.1:8080",
	} {
		o, err := ParseOrigin(text)
		if err != nil || o.String() != want {
			t.Errorf("%q: got %q, %v, want %q", text, o, err, want)
		}
	}
	for _, text := range []string{
		"", "portal.example.com", "//portal.example.com", "ftp://x", "https://", "https://x/y", "https://x?", "https://x#", "https://x#y",
		"https://u@x", "https://*.example.com", "https://x:0", "https://x:port", "https://-x", "https://x..y", "https://x.", "javascript:alert(1)",
		"https://" + strings.Repeat("a", 64) + ".com", "https://x_y.com", "https://x\x00",
	} {
		if o, err := ParseOrigin(text); err == nil {
			t.Errorf("%q was read as %q", text, o)
		}
	}
}

func FuzzParseOrigin(f *testing.F) {
	for _, seed := range []string{"https://portal.example.com", "http://[::1]:80", "https://x:443/", "https://a@b#c?d", "http://1.2.3.4:5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := ParseOrigin(text)
		if err != nil {
			return
		}
		again, err := ParseOrigin(o.String())
		if err != nil || again != o {
			t.Fatalf("%q was read as %q, and that as %q, %v", text, o, again, err)
		}
		if strings.ContainsAny(o.String(), " ;,\"'\r\n") {
			t.Fatalf("%q must not stand in a header", o)
		}
	})
}
