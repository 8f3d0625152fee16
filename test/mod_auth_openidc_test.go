package test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// apache is Debian's Apache with mod_auth_openidc, run with the configuration of docs/doors/oidc.md, and a browser's cookies there.
type apache struct {
	*oidcHouse
	site   string // origin
	jar    *http.Client
	log    string // file
	bounds time.Duration
}

const apacheModules = "/usr/lib/apache2/modules"

func (h *oidcHouse) apache() *apache {
	h.t.Helper()
	if _, err := os.Stat(apacheModules + "/mod_auth_openidc.so"); err != nil {
		h.t.Fatalf("%v: install apache2 and libapache2-mod-auth-openidc (make test-deps)", err)
	}
	dir, err := os.MkdirTemp("", "nodkey-apache-") // Apache's children are another user, who has to get in
	h.must(err)
	h.t.Cleanup(func() { _ = os.RemoveAll(dir) })
	h.must(os.Chmod(dir, 0o755)) //nolint:gosec // nothing in it is secret but for the test
	port := freePort(h.t)
	a := &apache{oidcHouse: h, site: "http://127.0.0.1:" + port, log: filepath.Join(dir, "error.log"), bounds: time.Minute}
	secret := h.application("apache", "Aldermere Intranet", oidcBlock(h.t, "apache.json", "https://www.example.com", a.site), "--group", "staff")
	root, err := os.ReadFile(h.root)
	h.must(err)
	for name, text := range map[string]string{
		"htdocs/protected/index.html": "behind the door\n", "htdocs/bye.html": "signed out\n", "root.pem": string(root),
		"page.conf": oidcBlock(h.t, "apache.conf", "https://portal.example.com", h.portal, "https://www.example.com", a.site, "the-secret", secret),
		"httpd.conf": fmt.Sprintf(`ServerRoot %[1]s
Listen 127.0.0.1:%[2]s
ServerName 127.0.0.1
PidFile %[1]s/httpd.pid
ErrorLog %[1]s/error.log
DocumentRoot %[1]s/htdocs
DirectoryIndex index.html
LoadModule mpm_event_module %[3]s/mod_mpm_event.so
LoadModule authn_core_module %[3]s/mod_authn_core.so
LoadModule authz_core_module %[3]s/mod_authz_core.so
LoadModule authz_user_module %[3]s/mod_authz_user.so
LoadModule dir_module %[3]s/mod_dir.so
LoadModule headers_module %[3]s/mod_headers.so
LoadModule auth_openidc_module %[3]s/mod_auth_openidc.so
User www-data
Group www-data
Header set X-Remote-User "expr=%%{REMOTE_USER}"
OIDCCABundlePath %[1]s/root.pem
Include %[1]s/page.conf
`, dir, port, apacheModules),
	} {
		h.must(os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))  //nolint:gosec // as above
		h.must(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)) //nolint:gosec // as above
	}
	jar, err := cookiejar.New(nil)
	h.must(err)
	a.jar = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	a.run(filepath.Join(dir, "httpd.conf"))
	return a
}

// run runs Apache until the test ends.
func (a *apache) run(config string) {
	a.t.Helper()
	c := exec.Command("/usr/sbin/apache2", "-D", "FOREGROUND", "-f", config)
	problems := &lines{}
	c.Stderr, c.Stdout = problems, problems
	a.must(c.Start())
	ended := make(chan struct{})
	go func() { _ = c.Wait(); close(ended) }() // how is in its log
	a.t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		<-ended
		if a.t.Failed() {
			text, _ := os.ReadFile(a.log)
			a.t.Logf("Apache said: %s %s", problems, text)
		}
	})
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	late := time.After(a.bounds)
	for {
		if answer, err := http.Get(a.site + "/bye.html"); err == nil {
			_ = answer.Body.Close()
			return
		}
		select {
		case <-look.C:
		case <-ended:
			text, _ := os.ReadFile(a.log)
			a.t.Fatalf("Apache ended at once: %s %s", problems, text)
		case <-late:
			a.t.Fatalf("Apache does not answer: %s", problems)
		}
	}
}

// get is the browser at Apache.
func (a *apache) get(address string) (status int, header http.Header, body string) {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, address, nil)
	a.must(err)
	r.Header.Set("Accept", "text/html")
	answer, err := a.jar.Do(r)
	a.must(err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	a.must(err)
	return answer.StatusCode, answer.Header, string(text)
}

// sent asks for what is protected and gives where the browser is sent to sign in, empty where it need not.
func (a *apache) sent() string {
	a.t.Helper()
	status, header, body := a.get(a.site + "/protected/")
	switch {
	case status == http.StatusOK && body == "behind the door\n" && header.Get("X-Remote-User") == maraName:
		return ""
	case status == http.StatusFound && strings.HasPrefix(header.Get("Location"), a.portal+"/oidc/authorize?"):
		return header.Get("Location")
	}
	a.t.Fatalf("%d to %q: %s", status, header.Get("Location"), body)
	return ""
}

// signsIn takes the browser to the portal and back, and gives what Apache makes of it.
func (a *apache) signsIn(v *oidcVisitor) (status int, body string) {
	a.t.Helper()
	to := a.sent()
	if to == "" {
		a.t.Fatal("nobody has to sign in")
	}
	back := v.goes(to)
	if !strings.HasPrefix(back.String(), a.site+"/protected/redirect_uri?") {
		a.t.Fatalf("the browser is sent back to %s", back)
	}
	status, header, body := a.get(back.String())
	if status == http.StatusFound && header.Get("Location") != a.site+"/protected/" {
		a.t.Errorf("Apache leads to %s", header.Get("Location"))
	}
	return status, body
}

func (a *apache) isIn(v *oidcVisitor) {
	a.t.Helper()
	if status, body := a.signsIn(v); status != http.StatusFound || a.sent() != "" {
		a.t.Fatalf("%d %s", status, body)
	}
}

func TestApacheSignsSomebodyInAndOut(t *testing.T) {
	h := openOIDC(t)
	a := h.apache()
	v := h.oidcVisitor("Aldermere Intranet", nods)
	a.isIn(v)
	// Apache's own way out ends both sessions, and comes back.
	status, header, body := a.get(a.site + "/protected/redirect_uri?logout=" + url.QueryEscape(a.site+"/bye.html"))
	if status != http.StatusFound || !strings.HasPrefix(header.Get("Location"), a.portal+"/oidc/logout?") {
		t.Fatalf("%d to %q: %s", status, header.Get("Location"), body)
	}
	if out := v.goes(header.Get("Location")); out.String() != a.site+"/bye.html" {
		t.Errorf("it leads to %s", out)
	}
	a.isIn(v)
	if v.signed != 2 {
		t.Errorf("signed in %d times: the portal's session did not end", v.signed)
	}
	// The person's way out at the portal ends Apache's session, which is told.
	if to := v.sends("/sign-out"); to != "/sign-in" {
		t.Errorf("signing out leads to %s", to)
	}
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	late := time.After(a.bounds)
	for a.sent() == "" {
		select {
		case <-look.C:
		case <-late:
			t.Fatal("Apache's session goes on")
		}
	}
}

func TestApacheIsToldOfANo(t *testing.T) {
	h := openOIDC(t)
	a := h.apache()
	if status, body := a.signsIn(h.oidcVisitor("Aldermere Intranet", shakes)); status == http.StatusFound || !strings.Contains(body, "access_denied") || a.sent() == "" {
		t.Errorf("after a no: %d %s", status, body)
	}
}

func TestApacheSignsSomebodyInWhosePhoneIsOffline(t *testing.T) {
	h := openOIDC(t)
	h.apache().isIn(h.oidcVisitor("Aldermere Intranet", types))
}
