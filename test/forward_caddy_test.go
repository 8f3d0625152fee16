package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Caddy by the configuration of docs/doors/forward.md, with ports and certificates of the test's.
func TestForwardCaddy(t *testing.T) {
	h := openForward(t, func(h *forwardHouse) {
		text := h.block("Caddyfile", "127.0.0.1:8080", h.listen, "127.0.0.1:9000", strings.TrimPrefix(h.app.URL, "http://"),
			"header_up Host portal.example.com", "header_up Host "+strings.TrimPrefix(h.portal, "https://"),
			"wiki.example.com {\n", h.wiki+" {\n\ttls "+h.cert+" "+h.key+"\n",
			"portal.example.com, phone.example.com {\n", h.portal+", "+h.server.phone+" {\n\ttls "+h.cert+" "+h.key+"\n")
		file := filepath.Join(h.dir, "Caddyfile")
		h.must(os.WriteFile(file, []byte("{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n}\n"+text), 0o600))
		h.runs("caddy", "caddy", "run", "--adapter", "caddyfile", "--config", file)
	})
	h.behavesBehind(t, forged)
	h.hidesTheDecision(t)
}
