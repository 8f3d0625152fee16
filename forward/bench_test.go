package forward

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// BenchmarkForward compares a decision for a browser that is signed in with an empty answer of the same server, both through all that
// doors are wrapped in, without the network.
func BenchmarkForward(b *testing.B) {
	h := newHouse(b, nil)
	p := h.join(b, "mara")
	p.signIn(b)
	p.enters(b, wiki, "/")
	mux := http.NewServeMux()
	h.door.Routes(mux)
	mux.HandleFunc("GET /forward/empty", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	site := web.Door{Name: "forward", Origin: h.Portal, Log: slog.New(slog.DiscardHandler), Fail: h.door.Fail,
		Proxies: web.Proxies{netip.MustParsePrefix("127.0.0.0/8")}}.Site(web.Routes(mux))
	hosts, err := web.NewHosts(h.door.Fail, site)
	must(b, err)
	request := func(path string) *http.Request {
		r := httptest.NewRequest(http.MethodGet, h.Portal.String()+path, nil)
		r.RemoteAddr = "127.0.0.1:40000"
		r.Header.Set("X-Forwarded-For", "192.0.2.7")
		p.carries(r, wiki)
		return r
	}
	run := func(name, path string, set func(*http.Request)) {
		r := request(path)
		set(r)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				hosts.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatalf("%d", w.Code)
				}
			}
		})
	}
	run("empty", "/forward/empty", func(*http.Request) {})
	for _, family := range families {
		run(family, "/forward/"+family, func(r *http.Request) { tells(r, family, "GET", wiki+"/admin-of/things?x=1") })
	}
	t, err := nodkey.ParseForwardURL(wiki + "/admin-of/things?x=1")
	must(b, err)
	b.Run("decide", func(b *testing.B) {
		for b.Loop() {
			if _, err := h.Services.Forwards.Decide(b.Context(), t, "GET", nodkey.Token(p.kept[wiki]["__Host-nodkey-forward"])); err != nil {
				b.Fatal(err)
			}
		}
	})
}
