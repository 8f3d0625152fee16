package main

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/web"
)

// sitesOf makes a server's sites as serve does, or as the demo does for a page at an origin.
func sitesOf(t *testing.T, page web.Origin) http.Handler {
	t.Helper()
	s, err := makeSettings(map[string]string{
		"data_dir": filepath.Join(t.TempDir(), "data"), "listen": "127.0.0.1:8080", "tls.mode": "off",
		"portal_host": "http://portal.nodkey.localhost:8080", "phone_host": "http://phone.nodkey.localhost:8080",
	})
	if err != nil {
		t.Fatal(err)
	}
	log, options := slog.New(slog.DiscardHandler), houseOptions{framedBy: page}
	h, err := openHouse(t.Context(), s, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.close(); err != nil {
			t.Error(err)
		}
	})
	srv := newServer(s, log, h.sentence)
	sites, err := h.sites(srv, log, options, page)
	if err != nil {
		t.Fatal(err)
	}
	hosts, err := web.NewHosts(web.PlainFail(h.sentence), sites...)
	if err != nil {
		t.Fatal(err)
	}
	return hosts
}

func askSite(h http.Handler, host, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = host
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// everywhere are pages, errors, files and answers of both doors.
var everywhere = []struct{ host, path string }{
	{"portal.nodkey.localhost:8080", "/"}, {"portal.nodkey.localhost:8080", "/sign-in"}, {"portal.nodkey.localhost:8080", "/first-visit"},
	{"portal.nodkey.localhost:8080", "/desk"}, {"portal.nodkey.localhost:8080", "/nowhere"}, {"portal.nodkey.localhost:8080", "/assets/nothing.js"},
	{"phone.nodkey.localhost:8080", "/"}, {"phone.nodkey.localhost:8080", "/a"}, {"phone.nodkey.localhost:8080", "/sw.js"},
	{"phone.nodkey.localhost:8080", "/api/phone/v1/server"}, {"phone.nodkey.localhost:8080", "/api/phone/v1/nothing"},
}

func TestServeIsNeverFramedAndHasNothingOfTheDemo(t *testing.T) {
	serve := sitesOf(t, web.Origin{})
	for _, at := range everywhere {
		w := askSite(serve, at.host, at.path)
		if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s%s may be framed: %s", at.host, at.path, policy)
		}
		if w.Header().Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s%s may be framed by an old browser", at.host, at.path)
		}
		if strings.Contains(w.Body.String(), "nodkey-demo") {
			t.Errorf("%s%s names the demo", at.host, at.path)
		}
	}
	assets, err := web.LoadAssets()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range onlyInDemo() {
		path := assets.Path(name)
		if path == "" {
			t.Errorf("%s was not built: this test would find nothing", name)
		}
		if w := askSite(serve, "portal.nodkey.localhost:8080", path); w.Code != http.StatusNotFound {
			t.Errorf("serve answers %d for the demo's %s", w.Code, name)
		}
	}
}

func TestTheDemoIsFramedByItsOwnPageOnly(t *testing.T) {
	page, err := web.ParseOrigin("http://nodkey.localhost:8080")
	if err != nil {
		t.Fatal(err)
	}
	stage := sitesOf(t, page)
	for _, at := range everywhere {
		w := askSite(stage, at.host, at.path)
		if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors http://nodkey.localhost:8080") || strings.Contains(policy, "*") {
			t.Errorf("%s%s: %s", at.host, at.path, policy)
		}
	}
	for _, at := range []struct{ host, path string }{{"portal.nodkey.localhost:8080", "/sign-in"}, {"phone.nodkey.localhost:8080", "/"}} {
		if body := askSite(stage, at.host, at.path).Body.String(); !strings.Contains(body, `<meta name="nodkey-demo" content="http://nodkey.localhost:8080">`) {
			t.Errorf("%s does not name the demo's page", at.host)
		}
	}
}

func TestOnlyTheLANDemoMayTellDoorsApartByPort(t *testing.T) {
	for _, c := range []struct {
		portal, phone string
		byPort        bool // whether the demo on a network takes it
	}{
		{"https://192.168.7.1:8444", "https://192.168.7.1:8445", true},
		{"https://pc.local:8444", "https://pc.local:8445", true},
		{"https://[2001:db8::1]:8444", "https://[2001:db8::1]:8445", true},
		{"https://192.168.7.1:8444", "https://192.168.7.1:8444", false},
		{"http://192.168.7.1:8444", "https://192.168.7.1:8445", false},
		{"https://192.168.7.1:8444", "http://192.168.7.1:8445", false},
	} {
		s, err := makeSettings(map[string]string{"portal_host": c.portal, "phone_host": c.phone, "data_dir": filepath.Join(t.TempDir(), "data"), "tls.mode": "files"})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.checkPlaces(houseOptions{byPort: true}); (err == nil) != c.byPort {
			t.Errorf("demo --lan with %s and %s: %v", c.portal, c.phone, err)
		}
		if s.checkPlaces(houseOptions{}) == nil {
			t.Errorf("serve takes %s and %s", c.portal, c.phone)
		}
		if _, err := openHouse(t.Context(), s, houseOptions{}); err == nil {
			t.Errorf("serve opens its house at %s and %s", c.portal, c.phone)
		}
	}
}

func TestPasswordsAreReadableAndDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		p := readablePassword()
		words := strings.Split(p, "-")
		if len(p) != 17 || len(words) != 4 || strings.ContainsAny(p, "01") || seen[p] {
			t.Fatalf("%q", p)
		}
		seen[p] = true
	}
}

func TestTheLANAddressIsOneThatPhonesReach(t *testing.T) {
	for _, c := range []struct {
		flags         demoFlags
		address, port string // no address: refused
	}{
		{demoFlags{address: "192.168.7.1"}, "192.168.7.1", lanPagePort},
		{demoFlags{address: "192.168.7.1", listen: ":9443", chosen: true}, "192.168.7.1", "9443"},
		{demoFlags{listen: "192.168.7.1:9443", chosen: true}, "192.168.7.1", "9443"},
		{demoFlags{address: "::ffff:192.168.7.1"}, "192.168.7.1", lanPagePort},
		{demoFlags{address: "2001:db8::1"}, "2001:db8::1", lanPagePort},
		{demoFlags{address: "127.0.0.1"}, "", ""},
		{demoFlags{listen: "127.0.0.1:8080", chosen: true}, "", ""},
		{demoFlags{address: "0.0.0.0"}, "", ""},
		{demoFlags{address: "fe80::1%eth0"}, "", ""},
		{demoFlags{address: "pc.local"}, "", ""},
		{demoFlags{address: "192.168.7.1", listen: "9443", chosen: true}, "", ""},
	} {
		address, port, err := lanAddress(c.flags)
		if c.address == "" {
			var known *commandError
			if !errors.As(err, &known) || known.code != exitUsage {
				t.Errorf("%+v: %v", c.flags, err)
			}
			continue
		}
		if err != nil || address.String() != c.address || port != c.port {
			t.Errorf("%+v: %s, %s, %v", c.flags, address, port, err)
		}
	}
}

func TestTheDemoLeavesAForeignPortAlone(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	address := taken.Addr().String()
	if _, err := openLocalStage(demoFlags{listen: address, chosen: true}); err == nil {
		t.Error("a port that was asked for and is taken was replaced in silence")
	}
	st, err := openLocalStage(demoFlags{listen: address})
	if err != nil {
		t.Fatal(err)
	}
	defer st.close()
	if st.listen == address {
		t.Errorf("listens on %s, which is taken", address)
	}
	if st.page.Port() != st.portal.Port() || st.portal.Port() != st.phone.Port() {
		t.Errorf("ports differ: %s %s %s", st.page, st.portal, st.phone)
	}
	if _, err := openLocalStage(demoFlags{listen: "0.0.0.0:0", chosen: true}); err == nil {
		t.Error("the demo listens to the network without being asked to")
	}
}
