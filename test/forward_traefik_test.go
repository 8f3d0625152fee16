//go:build traefik

package test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Traefik by the configuration of docs/doors/forward.md, with ports and certificates of the test's. It is in no Debian release, and
// takes many minutes to build: `make test-traefik` does, and then runs this.
func TestForwardTraefik(t *testing.T) {
	found, err := filepath.Glob("../build/tools/traefik-*")
	if err != nil || len(found) == 0 {
		t.Fatalf("there is no Traefik: make test-traefik builds it (%v)", err)
	}
	program, err := filepath.Abs(found[len(found)-1])
	if err != nil {
		t.Fatal(err)
	}
	h := openForward(t, func(h *forwardHouse) {
		_, own, _ := strings.Cut(h.listen, ":")
		h.portal, h.direct = "https://localhost:"+own, "https://localhost:"+own // straight, as the page wants it
		h.server.phone = "https://phone.localhost:" + own
		h.options["tls.mode"], h.options["tls.cert"], h.options["tls.key"] = "files", h.cert, h.key
		dynamic := h.block("traefik.yml", "https://portal.example.com", h.portal, "wiki.example.com", "wiki.localhost", "http://127.0.0.1:9000", h.app.URL,
			"        passHostHeader: false\n", "        passHostHeader: false\n        serversTransport: ours\n",
			"        trustForwardHeader: false\n", "        trustForwardHeader: false\n        tls: {ca: "+h.rootFile+"}\n") +
			"  serversTransports:\n    ours: {rootCAs: [" + h.rootFile + "]}\n" +
			"tls:\n  certificates:\n    - {certFile: " + h.cert + ", keyFile: " + h.key + "}\n"
		fixed := "entryPoints: {websecure: {address: \"127.0.0.1:" + h.port + "\"}}\nproviders: {file: {filename: " + h.dir + "/dynamic.yml}}\n" +
			"global: {checkNewVersion: false, sendAnonymousUsage: false}\n"
		for name, text := range map[string]string{"dynamic.yml": dynamic, "traefik.yml": fixed} {
			h.must(os.WriteFile(filepath.Join(h.dir, name), []byte(text), 0o600))
		}
		h.runs("no package: make test-traefik builds it", program, "--configfile="+filepath.Join(h.dir, "traefik.yml"))
	})
	h.behavesBehind(t, forgedNames)
	if a := h.newUser().goes("GET", h.wiki+"/public/x", nil, forged); a.status != http.StatusForbidden { // Traefik would pass them on
		t.Errorf("names that an application may read as ours: %d %s", a.status, a.body)
	}
}
