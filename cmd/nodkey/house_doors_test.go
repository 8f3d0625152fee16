package main

import (
	"log/slog"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/nodkey/nodkey/web"
)

// doorAddresses is an address of each part of each door on the portal's host.
var doorAddresses = map[string][]string{
	"oidc":    {"/.well-known/openid-configuration", "/oidc/keys", "/oidc/authorize"},
	"duo":     {"/auth/v2/ping", "/rest/v1/preauth.bson", "/oauth/v1/health_check"},
	"forward": {"/forward/nginx", "/forward/caddy", "/forward/traefik"},
	"api":     {"/api/openapi.json", "/api/approvals/x"},
}

// openedBy answers as serve does where the configuration opens these doors, and gives the house.
func openedBy(t *testing.T, doors string) (http.Handler, *house) {
	t.Helper()
	set := map[string]string{
		"data_dir": filepath.Join(t.TempDir(), "data"), "listen": "127.0.0.1:8080", "tls.mode": "off", "doors.open": doors, "forward.proxies": "192.0.2.1/32",
		"portal_host": "http://portal.nodkey.localhost:8080", "phone_host": "http://phone.nodkey.localhost:8080",
	}
	s, err := makeSettings(set)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	h, err := openHouse(t.Context(), s, houseOptions{passwords: quickPasswords{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.close(); err != nil {
			t.Error(err)
		}
	})
	srv := newServer(s, log, h.sentence)
	sites, err := h.sites(srv, log, houseOptions{}, web.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	hosts, err := web.NewHosts(web.PlainFail(h.sentence), sites...)
	if err != nil {
		t.Fatal(err)
	}
	return hosts, h
}

// Each door by itself, and none: what is not opened is answered exactly as an address that nobody ever had.
func TestADoorThatIsNotConfiguredIsNotThere(t *testing.T) {
	for _, opened := range []string{"", "oidc", "ciba", "duo", "forward", "api"} {
		at, h := openedBy(t, opened)
		if h.radius != nil {
			t.Errorf("%q: RADIUS listens at %s", opened, h.radius.socket.LocalAddr())
		}
		nowhere := askSite(at, "portal.nodkey.localhost:8080", "/nowhere")
		for door, paths := range doorAddresses {
			there := door == opened || door == "oidc" && opened == "ciba"
			for _, path := range paths {
				w := askSite(at, "portal.nodkey.localhost:8080", path)
				same := w.Code == http.StatusNotFound && w.Header().Get("Content-Type") == nowhere.Header().Get("Content-Type")
				if same == there {
					t.Errorf("open %q: %s answers %d %s", opened, path, w.Code, w.Header().Get("Content-Type"))
				}
			}
		}
	}
}
