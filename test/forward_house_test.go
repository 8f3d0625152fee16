package test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
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
	app       *httptest.Server
	wiki      string // origin
	phoneOf   *client.Phone
	keyOf     client.Key
	rootFile  string
	cert, key string
}

const forwardPassword = "seven green bottles"

// openForward makes what stands behind a proxy, starts that by its configuration, and then the server, which is reached through it.
func openForward(t *testing.T, startProxy func(*forwardHouse)) *forwardHouse {
	t.Helper()
	h := &forwardHouse{dir: t.TempDir(), port: freePort(t)}
	h.server = &server{t: t, listen: "127.0.0.1:" + freePort(t), portal: "https://portal.localhost:" + h.port, phone: "https://phone.localhost:" + h.port}
	h.wiki = "https://wiki.localhost:" + h.port
	h.rootFile, h.cert, h.key = filepath.Join(h.dir, "root.pem"), filepath.Join(h.dir, "cert.pem"), filepath.Join(h.dir, "key.pem")
	h.roots = certify(t, h.rootFile, h.cert, h.key, "portal.localhost", "phone.localhost", "wiki.localhost", "other.localhost")
	h.app = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"path": r.URL.RequestURI(), "method": r.Method, "header": r.Header}) // the proxy may be gone
	}))
	t.Cleanup(h.app.Close)
	startProxy(h)
	h.serve(t, map[string]string{"tls.mode": "proxy", "trusted_proxies": "127.0.0.1/32", "doors.open": "forward"})
	settings := filepath.Join(h.dir, "wiki.json")
	h.must(os.WriteFile(settings, []byte(h.block("wiki.json", "wiki.example.com", "wiki.localhost:"+h.port)), 0o600))
	h.run("", "client", "add", "wiki", "--name", "Aldermere wiki", "--door", "forward", "--no-secret", "--settings", settings)
	h.addUser("mara", "Mara Lindqvist", forwardPassword)
	h.run("", "user", "group", "mara", "add", "staff")
	over := client.NewHTTPClient(h.roots)
	desk := newWebUser(h.portal, over)
	h.must(desk.post(t.Context(), "/", "/sign-in", "username", "mara", "password", forwardPassword))
	code, err := desk.code(t.Context(), "/")
	h.must(err)
	h.phoneOf, err = client.New(client.Config{HTTP: over}, client.State{})
	h.must(err)
	offer, err := h.phoneOf.Lookup(t.Context(), h.server.phone, code)
	h.must(err)
	h.keyOf, err = h.phoneOf.Activate(t.Context(), offer, maraPIN, "Pixel 8")
	h.must(err)
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
	for range 500 {
		if answer, err := over.Get(h.portal + "/"); err == nil { // a bad gateway is an answer
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

// forwardUser is a browser without script: it follows redirects from host to host, and keeps cookies as browsers do.
type forwardUser struct {
	h    *forwardHouse
	http *http.Client
}

func (h *forwardHouse) newUser() *forwardUser {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	h.must(err)
	over := client.NewHTTPClient(h.roots)
	over.Jar, over.CheckRedirect = jar, nil
	h.t.Cleanup(over.CloseIdleConnections)
	return &forwardUser{h, over}
}

// arrived is where a request ended.
type arrived struct {
	at     string // address
	status int
	header http.Header
	body   string
}

// goes asks for something and follows where it is led. set may change the request, which is a browser's for a page.
func (v *forwardUser) goes(method, to string, form url.Values, set func(*http.Request)) arrived {
	v.h.t.Helper()
	for range 5 {
		var body io.Reader
		if method == http.MethodPost {
			body = strings.NewReader(form.Encode())
		}
		r, err := http.NewRequestWithContext(v.h.t.Context(), method, to, body)
		v.h.must(err)
		r.Header.Set("Accept", "text/html,application/xhtml+xml")
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		if set != nil {
			set(r)
		}
		res, err := v.http.Do(r)
		v.h.must(err)
		text, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		v.h.must(err)
		a := arrived{res.Request.URL.String(), res.StatusCode, res.Header, string(text)}
		_, next, led := strings.Cut(a.header.Get("Refresh"), "url=")
		if !led {
			return a
		}
		there, err := res.Request.URL.Parse(next)
		v.h.must(err)
		method, to, form, set = http.MethodGet, there.String(), nil, nil
	}
	v.h.t.Fatalf("led on and on, to %s", to)
	return arrived{}
}

func (v *forwardUser) gets(to string) arrived {
	v.h.t.Helper()
	return v.goes(http.MethodGet, to, nil, nil)
}

var formInPage = regexp.MustCompile(`id="(?:sign-in-form|code-form)" method="post" action="([^"]*)"`)

// fills sends the form of a page.
func (v *forwardUser) fills(page arrived, fields ...string) arrived {
	v.h.t.Helper()
	m := formInPage.FindStringSubmatch(page.body)
	if m == nil {
		v.h.t.Fatalf("no form at %s: %d %s", page.at, page.status, page.body)
	}
	at, err := url.Parse(page.at)
	v.h.must(err)
	to, err := at.Parse(strings.ReplaceAll(m[1], "&amp;", "&"))
	v.h.must(err)
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return v.goes(http.MethodPost, to.String(), form, nil)
}

// begins asks for a page of the wiki, is led to the portal, and types name and password.
func (v *forwardUser) begins(path string) arrived {
	v.h.t.Helper()
	form := v.gets(v.h.wiki + path)
	if !strings.HasPrefix(form.at, v.h.portal+"/continue?") || !strings.Contains(form.body, "Aldermere wiki") {
		v.h.t.Fatalf("led to %s: %d %s", form.at, form.status, form.body)
	}
	wait := v.fills(form, "username", "mara", "password", forwardPassword)
	if !strings.HasPrefix(wait.at, v.h.portal+"/sign-in/wait") {
		v.h.t.Fatalf("after the password at %s: %d %s", wait.at, wait.status, wait.body)
	}
	return wait
}

// asked waits until the phone is asked, in the application's name.
func (h *forwardHouse) asked() client.Approval {
	h.t.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	ctx, cancel := context.WithTimeout(h.t.Context(), 20*time.Second)
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

// appPage is what the application was sent.
type appPage struct {
	Path, Method string
	Header       http.Header
}

func (v *forwardUser) reads(a arrived) (p appPage) {
	v.h.t.Helper()
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		v.h.t.Fatalf("no page of the application at %s: %d %s", a.at, a.status, a.body)
	}
	return p
}

// told is what the application was told, with everything under a name that some applications read as one of these.
func (p appPage) told() string {
	var all []string
	for _, name := range []string{"User", "Name", "Email", "Groups"} {
		all = append(all, strings.Join(p.Header.Values("Remote-"+name), "+"))
	}
	for name, values := range p.Header {
		if like := strings.ToLower(strings.ReplaceAll(name, "_", "-")); strings.HasPrefix(like, "remote-") && !strings.HasPrefix(name, "Remote-") {
			all = append(all, fmt.Sprintf("%s: %s", name, values))
		}
	}
	return strings.Join(all, "|")
}

const maraIsTold = "mara|Mara Lindqvist||staff"

// enters signs the person in with the phone, on the way to a page of the wiki.
func (v *forwardUser) enters(path string) arrived {
	v.h.t.Helper()
	wait := v.begins(path)
	number := numberInPage.FindStringSubmatch(wait.body)
	if number == nil {
		v.h.t.Fatalf("no number at %s: %s", wait.at, wait.body)
	}
	if out, err := v.h.phoneOf.Approve(v.h.t.Context(), v.h.asked(), number[1], maraPIN); err != nil || out.State != "approved" {
		v.h.t.Fatalf("%+v, %v", out, err)
	}
	return v.gets(wait.at)
}

// forged is what somebody sends who would like to be root.
func forged(r *http.Request) {
	for _, name := range []string{"User", "Name", "Email", "Groups"} {
		r.Header["Remote-"+name] = []string{"root"}
		r.Header["Remote_"+name] = []string{"root"}
		r.Header["REMOTE-"+strings.ToUpper(name)] = []string{"root"}
	}
	for name, value := range map[string]string{"X-Original-URL": "/public/x", "X-Original-Method": "GET", "X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/public/x",
		"X-Forwarded-Host": "other.localhost", "X-Forwarded-Proto": "http", "X-Forwarded-For": "192.0.2.9"} {
		r.Header.Set(name, value)
	}
}

// behavesBehind holds a proxy and its configuration to what the page promises.
func (h *forwardHouse) behavesBehind(t *testing.T) {
	t.Run("the phone says yes", func(t *testing.T) {
		v := h.newUser()
		a := v.enters("/page?x=%2F&y=1")
		if p := v.reads(a); a.at != h.wiki+"/page?x=%2F&y=1" || p.Path != "/page?x=%2F&y=1" || p.told() != maraIsTold {
			t.Fatalf("at %s: %+v", a.at, p)
		}
		for _, c := range v.http.Jar.Cookies(mustParse(h.wiki)) {
			if !strings.HasPrefix(c.Name, "__Host-nodkey-forward") {
				t.Errorf("a cookie %s at the host", c.Name)
			}
		}
		if p := v.reads(v.goes("POST", h.wiki+"/form", url.Values{"a": {"b"}}, forged)); p.Method != "POST" || p.told() != maraIsTold {
			t.Errorf("a form with forged headers: %s %q", p.Method, p.told())
		}
		if p := v.reads(v.gets(h.wiki + "/admin/")); p.told() != maraIsTold {
			t.Errorf("what is for staff: %q", p.told())
		}
		if a := v.gets(h.wiki + "/internal/x"); a.status != http.StatusForbidden {
			t.Errorf("what is for nobody: %d", a.status)
		}
		ask := v.gets(h.wiki + "/.nodkey/sign-out")
		if ask.status != http.StatusOK || !strings.Contains(ask.body, "Sign out of Aldermere wiki?") {
			t.Fatalf("asking to sign out: %d %s", ask.status, ask.body)
		}
		css := regexp.MustCompile(`rel="stylesheet" href="([^"]*)"`).FindStringSubmatch(ask.body)
		if css == nil || v.gets(h.wiki+css[1]).status != http.StatusOK {
			t.Errorf("the page has no style: %q", css)
		}
		if a := v.goes("POST", h.wiki+"/.nodkey/sign-out", nil, nil); a.status != http.StatusOK || !strings.Contains(a.body, "signed out of Aldermere wiki") {
			t.Fatalf("signing out: %d %s", a.status, a.body)
		}
		if a := v.goes("GET", h.wiki+"/page", nil, func(r *http.Request) { r.Header.Set("Accept", "*/*") }); a.status != http.StatusUnauthorized {
			t.Errorf("signed out: %d", a.status)
		}
		if p := v.reads(v.gets(h.wiki + "/again")); p.told() != maraIsTold { // the portal's session leads back
			t.Errorf("on the way again: %q", p.told())
		}
		v.goes("POST", h.portal+"/sign-out", nil, nil)
		if a := v.gets(h.wiki + "/again"); !strings.HasPrefix(a.at, h.portal+"/continue?") {
			t.Errorf("signed out at the portal, at %s: %d", a.at, a.status)
		}
	})
	t.Run("the phone says no", func(t *testing.T) {
		v := h.newUser()
		wait := v.begins("/page")
		_, err := h.phoneOf.Deny(t.Context(), h.asked(), "mistake")
		h.must(err)
		if a := v.gets(wait.at); strings.HasPrefix(a.at, h.wiki) {
			t.Errorf("after a no at %s", a.at)
		}
		if a := v.gets(h.wiki + "/page"); strings.HasPrefix(a.at, h.wiki) {
			t.Errorf("after a no the wiki is open: %d", a.status)
		}
	})
	t.Run("the phone is offline", func(t *testing.T) {
		v := h.newUser()
		wait := v.begins("/page")
		code := v.goes("POST", strings.Replace(wait.at, "/sign-in/wait", "/sign-in/code/new", 1), nil, nil)
		digits := regexp.MustCompile(`id="digits"[^>]*>(.*?)</p>`).FindStringSubmatch(code.body)
		if digits == nil {
			t.Fatalf("no digits at %s: %d %s", code.at, code.status, code.body)
		}
		answer, err := h.phoneOf.RespondTyped(h.keyOf.ID, regexp.MustCompile(`\D`).ReplaceAllString(tags.ReplaceAllString(digits[1], ""), ""), maraPIN)
		h.must(err)
		a := v.fills(code, "code", answer)
		if !strings.HasPrefix(a.at, h.wiki) {
			a = v.gets(wait.at)
		}
		if p := v.reads(a); p.Path != "/page" || p.told() != maraIsTold {
			t.Errorf("at %s: %+v", a.at, p)
		}
	})
	t.Run("nobody is signed in", func(t *testing.T) {
		v := h.newUser()
		for _, set := range []func(*http.Request){nil, forged} {
			if p := v.reads(v.goes("GET", h.wiki+"/public/x", nil, set)); strings.Trim(p.told(), "|") != "" {
				t.Errorf("what is open to all is told of %q", p.told())
			}
			for path, want := range map[string]int{"/page": 401, "/PUBLIC/x": 401, "/public/%2e%2e/page": 403, "/public//page": 403, "/public/..%2fpage": 403,
				"/public/x;y": 403, "/public/%252e%252e/page": 403, "/internal/": 403} {
				a := v.goes("GET", h.wiki+path, nil, func(r *http.Request) {
					if set != nil {
						set(r)
					}
					r.Header.Set("Accept", "*/*")
				})
				if a.status != want {
					t.Errorf("%s: %d, want %d", path, a.status, want)
				}
			}
			if a := v.goes("POST", h.wiki+"/public/x", url.Values{"a": {"b"}}, set); a.status != http.StatusUnauthorized || a.at != h.wiki+"/public/x" {
				t.Errorf("a form: %d at %s", a.status, a.at)
			}
		}
		// Somebody else's host, to a proxy that sends it to the wiki: never by the name of what is open.
		if a := v.goes("GET", h.wiki+"/page", nil, func(r *http.Request) { r.Host = "other.localhost"; r.Header.Set("Accept", "*/*") }); a.status == http.StatusOK && strings.Contains(a.body, `"path"`) {
			t.Errorf("by another host: %d %s", a.status, a.body)
		}
	})
}

func mustParse(raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil {
		panic(err)
	}
	return u
}
