package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// What is done on a page after a link was followed is done on the page that the link leads to, also when both look alike and the
// second one keeps everybody waiting. It is so in a frame, by a form, and for who comes back.
func TestAPageThatGivesWayIsNotActedOn(t *testing.T) {
	b, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		name := strings.TrimPrefix(r.URL.Path, "/")
		switch name {
		case "around":
			fmt.Fprintf(w, `<!doctype html><iframe id="inside" src="http://inside.test.localhost:%s/first" width="600" height="400"></iframe>`, r.URL.Query().Get("port"))
			return
		case "favicon.ico":
			w.WriteHeader(http.StatusNoContent)
			return
		case "file":
			w.Header().Set("Content-Disposition", "attachment")
		case "second", "third":
			time.Sleep(150 * time.Millisecond) // time to fail in; nothing hangs on how much
		}
		fmt.Fprintf(w, `<!doctype html><h1>%[1]s</h1><p><a id="next" href="/%[2]s">Next</a></p><form action="/third"><button id="send">Send</button></form><p><a id="file" href="/file">File</a></p>`,
			name, map[string]string{"first": "second", "second": "third", "third": "first"}[name])
	}))
	defer s.Close()
	port := s.URL[strings.LastIndex(s.URL, ":")+1:]
	tab := b.Open(t, "leaving", Desktop)
	framing := b.Open(t, "leaving-framed", Desktop)
	framing.Go("http://around.test.localhost:" + port + "/around?port=" + port)
	for name, tab := range map[string]*Tab{"a tab": tab, "a frame": framing.Frame("#inside", "http://inside.test.localhost:"+port)} {
		if tab.frame == nil {
			tab.Go(s.URL + "/first")
		}
		for _, do := range []struct{ id, want string }{{"#next", "second"}, {"#next", "third"}, {"#next", "first"}, {"#send", "third"}, {"#next", "first"}} {
			tab.Click(do.id)
			if got := tab.Text("h1"); got != do.want {
				t.Errorf("in %s: after %s there stands %q, not %q", name, do.id, got, do.want)
			}
		}
		if tab.frame == nil { // a file is no page to wait for
			tab.Click("#file")
			tab.Says("h1", "first")
		}
		tab.Click("#next")
		tab.Says("h1", "second")
		Eval[bool](tab, "(history.back(), true)")
		tab.Says("h1", "first")
		tab.Click("#next")
		if got := tab.Text("h1"); got != "second" {
			t.Errorf("in %s: after coming back and going again there stands %q", name, got)
		}
	}
}
