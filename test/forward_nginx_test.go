package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// nginx by the configuration of docs/doors/forward.md, with ports and files of the test's.
func TestForwardNginx(t *testing.T) {
	h := openForward(t, func(h *forwardHouse) {
		own := []string{"127.0.0.1:8080", h.listen}
		certs := []string{"listen 443 ssl", "listen 127.0.0.1:" + h.port + " ssl", "/etc/ssl/certs/example.com.pem", h.cert, "/etc/ssl/private/example.com.key", h.key}
		for name, text := range map[string]string{
			"nodkey.conf": h.block("nodkey.conf", append(own, "portal.example.com", strings.TrimPrefix(h.portal, "https://"))...),
			"wiki.conf":   h.block("wiki.conf", append(certs, "wiki.example.com", "wiki.localhost", "127.0.0.1:9000", strings.TrimPrefix(h.app.URL, "http://"), "snippets/nodkey.conf", h.dir+"/nodkey.conf")...),
			"portal.conf": h.block("portal.conf", append(append(certs, own...), "portal.example.com", "portal.localhost", "phone.example.com", "phone.localhost")...),
			"nginx.conf": `daemon off; master_process off; pid ` + h.dir + `/nginx.pid; error_log stderr crit;
events {}
http {
	access_log off;
	client_body_temp_path ` + h.dir + `/body; proxy_temp_path ` + h.dir + `/proxy; fastcgi_temp_path ` + h.dir + `/fastcgi;
	uwsgi_temp_path ` + h.dir + `/uwsgi; scgi_temp_path ` + h.dir + `/scgi;
	include ` + h.dir + `/wiki.conf;
	include ` + h.dir + `/portal.conf;
}
`,
		} {
			h.must(os.WriteFile(filepath.Join(h.dir, name), []byte(text), 0o600))
		}
		h.runs("nginx", "nginx", "-c", filepath.Join(h.dir, "nginx.conf"), "-p", h.dir, "-e", "stderr")
	})
	h.behavesBehind(t, forged)
	h.hidesTheDecision(t)
}
