package products

import (
	"io"
	"net/http"
	"strings"

	"github.com/nodkey/nodkey/web"
)

// told are the headers that the intranet's pages learn of a person by.
var told = []string{"Remote-User", "Remote-Name", "Remote-Email", "Remote-Groups"}

// ownPath is what of the intranet's host is the portal's.
const ownPath = "/.nodkey/"

// intranetRoutes play a reverse proxy with pages behind it that know nobody by themselves: it asks the portal about each request as
// Caddy does (docs/doors/forward.md).
func (s *Shop) intranetRoutes(p Product, mux *http.ServeMux) {
	at := s.Origins[p.ID]
	mux.HandleFunc(ownPath, func(w http.ResponseWriter, r *http.Request) {
		answer, err := s.onward(r, at, r.Method, "/forward/at/"+strings.TrimPrefix(r.URL.EscapedPath(), ownPath)+query(r), r.Body)
		s.relay(w, r, p, answer, err)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		answer, err := s.onward(r, at, http.MethodGet, "/forward/caddy", http.NoBody)
		if err != nil || answer.StatusCode != http.StatusOK {
			s.relay(w, r, p, answer, err)
			return
		}
		_ = answer.Body.Close()
		var learnt []Fact
		for _, name := range told {
			if value := answer.Header.Get(name); value != "" {
				learnt = append(learnt, Fact{name, value})
			}
		}
		s.show(w, r, http.StatusOK, page{Product: p, Learnt: learnt, Leave: ownPath + "sign-out"})
	})
}

func query(r *http.Request) string {
	if r.URL.RawQuery == "" {
		return ""
	}
	return "?" + r.URL.RawQuery
}

// onward sends a request to the portal with what a proxy says of the one that it has: method, scheme, host and address.
func (s *Shop) onward(r *http.Request, at web.Origin, method, path string, body io.Reader) (*http.Response, error) {
	on, err := http.NewRequestWithContext(r.Context(), method, s.Portal.String()+path, body)
	if err != nil {
		return nil, err
	}
	on.Header = r.Header.Clone()
	for name := range on.Header {
		if strings.HasPrefix(name, "X-Forwarded-") || strings.HasPrefix(name, "X-Original-") || strings.HasPrefix(name, "Remote-") {
			on.Header.Del(name)
		}
	}
	on.Header.Set("X-Forwarded-Method", r.Method)
	on.Header.Set("X-Forwarded-Proto", strings.TrimSuffix(strings.TrimSuffix(at.String(), at.Host()), "://"))
	on.Header.Set("X-Forwarded-Host", at.Host())
	on.Header.Set("X-Forwarded-Uri", r.URL.RequestURI())
	// The demo frames its products; in a frame of a stranger's the door would lead nobody to a sign-in, and rightly.
	if on.Header.Get("Sec-Fetch-Dest") == "iframe" {
		on.Header.Set("Sec-Fetch-Dest", "document")
	}
	return s.HTTP.Do(on)
}

// relay passes the portal's answer on to the browser.
func (s *Shop) relay(w http.ResponseWriter, r *http.Request, p Product, answer *http.Response, err error) {
	if err != nil {
		s.log.WarnContext(r.Context(), "the demo's intranet could not ask", "error", err)
		s.show(w, r, http.StatusBadGateway, page{Product: p, Failed: "demo.product.failed"})
		return
	}
	defer answer.Body.Close()
	for name, values := range answer.Header {
		if name != "X-Frame-Options" && name != "Content-Security-Policy" { // this host's own stand already
			w.Header()[name] = values
		}
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, io.LimitReader(answer.Body, answerMost)) // the browser may be gone
}
