package test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nodkey/nodkey/client"
)

// forwardHouse is a reverse proxy with the portal, the phone app and an application behind it, and a person whose phone is a program.
type forwardHouse struct {
	*server
	dir       string
	port      string // the proxy's
	direct    string // where the server is, past the proxy: an origin
	options   map[string]string
	app       *httptest.Server
	wiki      string // origin
	phoneOf   *client.Phone
	keyOf     client.Key
	rootFile  string
	cert, key string
}

const forwardPassword = "seven green bottles"

// openForward makes what stands behind a proxy, starts that by its configuration, and then the server, which is reached through it
// unless startProxy says otherwise.
func openForward(t *testing.T, startProxy func(*forwardHouse)) *forwardHouse {
	t.Helper()
	h := &forwardHouse{dir: t.TempDir(), port: freePort(t)}
	h.server = &server{t: t, listen: "127.0.0.1:" + freePort(t), portal: "https://portal.localhost:" + h.port, phone: "https://phone.localhost:" + h.port}
	h.wiki, h.direct = "https://wiki.localhost:"+h.port, "http://"+h.listen
	h.options = map[string]string{"tls.mode": "proxy", "trusted_proxies": "127.0.0.1/32", "doors.open": "forward"}
	h.rootFile, h.cert, h.key = filepath.Join(h.dir, "root.pem"), filepath.Join(h.dir, "cert.pem"), filepath.Join(h.dir, "key.pem")
	h.roots = certify(t, h.rootFile, h.cert, h.key, "portal.localhost", "phone.localhost", "wiki.localhost", "other.localhost", "localhost")
	h.app = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"path": r.URL.RequestURI(), "method": r.Method, "header": r.Header}) // the proxy may be gone
	}))
	t.Cleanup(h.app.Close)
	startProxy(h)
	h.serve(t, h.options)
	settings := filepath.Join(h.dir, "wiki.json")
	h.must(os.WriteFile(settings, []byte(h.block("wiki.json", "wiki.example.com", "wiki.localhost:"+h.port)), 0o600))
	h.run("", "client", "add", "wiki", "--name", "Aldermere wiki", "--door", "forward", "--no-secret", "--settings", settings)
	h.addUser("mara", "Mara Lindqvist", forwardPassword)
	h.run("", "user", "group", "mara", "add", "staff")
	h.phoneOf, h.keyOf = h.firstPhone("mara", forwardPassword)
	return h
}

func (h *forwardHouse) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// block gives a block of docs/doors/forward.md by the name behind its language. changes are pairs of old and new, each of which must be
// in it.
func (h *forwardHouse) block(name string, changes ...string) string {
	h.t.Helper()
	page, err := os.ReadFile("../docs/doors/forward.md")
	h.must(err)
	m := regexp.MustCompile("(?s)```[a-z]+ " + regexp.QuoteMeta(name) + "\n(.*?)```").FindSubmatch(page)
	if m == nil {
		h.t.Fatalf("the page has no block %s", name)
	}
	text := string(m[1])
	for i := 0; i+1 < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			h.t.Fatalf("%s has no %s", name, changes[i])
		}
		text = strings.ReplaceAll(text, changes[i], changes[i+1])
	}
	return text
}

// runs starts a program that stays, and waits until it answers at the proxy's port.
func (h *forwardHouse) runs(packages, name string, args ...string) {
	h.t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		for _, elsewhere := range []string{"/usr/sbin/" + name} {
			if _, missing := os.Stat(elsewhere); missing == nil {
				path, err = elsewhere, nil
			}
		}
	}
	if err != nil {
		h.t.Fatalf("%v: install it with: sudo apt-get install %s", err, packages)
	}
	said, exited := &lines{}, make(chan struct{})
	c := exec.Command(path, args...)
	c.Stdout, c.Stderr, c.Dir = said, said, h.dir
	c.Env = append(os.Environ(), "HOME="+h.dir, "XDG_DATA_HOME="+h.dir, "XDG_CONFIG_HOME="+h.dir)
	h.must(c.Start())
	go func() {
		_ = c.Wait() // how it ended is in what it said
		close(exited)
	}()
	h.t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM) // it may have ended already
		select {
		case <-exited:
		case <-time.After(10 * time.Second):
			_ = c.Process.Kill()
			<-exited
		}
		if h.t.Failed() {
			h.t.Logf("%s said:\n%s", name, said)
		}
	})
	over := client.NewHTTPClient(h.roots)
	defer over.CloseIdleConnections()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for range 3000 {
		if answer, err := over.Get(h.wiki + "/"); err == nil { // a bad gateway is an answer
			_ = answer.Body.Close()
			return
		}
		select {
		case <-look.C:
		case <-exited:
			h.t.Fatalf("%s ended at once:\n%s", name, said)
		}
	}
	h.t.Fatalf("%s does not answer:\n%s", name, said)
}

// asked waits until the phone is asked, in the application's name.
func (h *forwardHouse) asked() client.Approval {
	h.t.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	for {
		open, err := h.phoneOf.Approvals(ctx)
		h.must(err)
		if len(open) > 0 {
			if open[0].App != "Aldermere wiki" || open[0].Kind != "sign_in" {
				h.t.Fatalf("%+v", open[0])
			}
			return open[0]
		}
		<-look.C
	}
}
