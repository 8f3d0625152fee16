package test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/client"
)

// visitor is a person with a browser without script, on another machine of the network.
type visitor struct {
	t    *testing.T
	http *http.Client
	from string // the page before
}

func (n *network) visitor(t *testing.T, roots *x509.CertPool) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DialContext: n.dial, TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &visitor{t: t, http: &http.Client{Transport: transport, Jar: jar, Timeout: 30 * time.Second}}
}

func (v *visitor) get(address string) string {
	v.t.Helper()
	r, err := v.http.Get(address)
	return v.read(r, err)
}

func (v *visitor) post(address string, form url.Values) string {
	v.t.Helper()
	r, err := v.http.PostForm(address, form)
	return v.read(r, err)
}

func (v *visitor) read(r *http.Response, err error) string {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		v.t.Fatalf("%s: %s, %v\n%s", r.Request.URL, r.Status, err, body)
	}
	v.from = r.Request.URL.Path
	return string(body)
}

// find gives the first group of each match.
func find(page, pattern string) []string {
	var found []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(page, -1) {
		found = append(found, m[1])
	}
	return found
}

func TestAPhoneOnTheNetworkJoinsTheDemo(t *testing.T) {
	n := secondNetwork(t)
	name, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	line, _ := startDemoAs(t, n.inside(name), "--lan", "--lan-address", n.here, "--listen", ":0")
	if line.CA == nil {
		t.Fatal("the demo names no certificate authority")
	}
	mara := line.Users[0]
	for _, address := range []string{line.URL, line.Portal, line.Phone, line.CA.URL} {
		if u, err := url.Parse(address); err != nil || u.Hostname() != n.here {
			t.Errorf("%s is not at the address that was named", address)
		}
	}

	stranger := n.visitor(t, x509.NewCertPool())
	if r, err := stranger.http.Get(line.Portal + "/sign-in"); err == nil {
		_ = r.Body.Close()
		t.Fatal("whoever does not trust the authority gets in all the same")
	}
	authority := stranger.get(line.CA.URL)
	kept, err := os.ReadFile(line.CA.Path)
	if err != nil || string(kept) != authority {
		t.Fatalf("the authority in the file is another one (%v)", err)
	}
	block, _ := pem.Decode(kept)
	if block == nil {
		t.Fatal("the authority is no PEM")
	}
	sum := sha256.Sum256(block.Bytes)
	steps := stranger.get(strings.TrimSuffix(line.CA.URL, "/ca.crt") + "/")
	for _, piece := range []string{
		strings.ReplaceAll(fmt.Sprintf("% X", sum), " ", ":"), line.Phone, n.here,
		`id="android"`, `id="iphone"`, `id="windows"`, `id="macos"`, `id="linux"`, `id="firefox"`,
	} {
		if !strings.Contains(steps, piece) {
			t.Errorf("the page of trust lacks %s", piece)
		}
	}
	for _, secret := range []string{mara.Password, line.Users[1].Password} {
		if strings.Contains(steps, secret) {
			t.Error("the page over plain HTTP tells a password")
		}
	}

	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(kept)
	v := n.visitor(t, roots)
	if side := v.get(line.URL + "/"); !strings.Contains(side, line.Portal) || !strings.Contains(side, mara.Password) {
		t.Error("the side-by-side page lacks the portal or a password")
	}
	if app := v.get(line.Phone + "/"); !strings.Contains(app, `<meta name="nodkey-demo" content="`+line.URL+`">`) {
		t.Error("the phone app does not name the demo's page")
	}

	// Name and password; the banner's code goes to the phone.
	signIn := func() string {
		t.Helper()
		return v.post(line.Portal+"/sign-in", url.Values{"username": {mara.Name}, "password": {mara.Password}})
	}
	groups := find(signIn(), `id="code-group-\d">([0-9A-Z]{4})<`)
	if len(groups) != 5 {
		t.Fatalf("the banner shows the groups %v", groups)
	}
	phone := n.phone(t, roots)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	offer, err := phone.Lookup(ctx, line.Phone, strings.Join(groups, "-"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := phone.Activate(ctx, offer, maraPIN, "Phone beyond"); err != nil {
		t.Fatal(err)
	}
	if home := v.get(line.Portal + "/"); !strings.Contains(home, "Phone beyond") {
		t.Error("the portal does not say which phone was activated")
	}

	// From now on the phone is asked.
	v.post(line.Portal+"/sign-out", nil)
	number := find(signIn(), `data-number="(\d\d)"`)
	if len(number) != 1 || v.from != "/sign-in/wait" {
		t.Fatalf("at %s, with the numbers %v", v.from, number)
	}
	open, err := phone.Approvals(ctx)
	if err != nil || len(open) != 1 {
		t.Fatalf("%d requests, %v", len(open), err)
	}
	if open[0].Address != n.beyond {
		t.Errorf("the request says it comes from %q, not from %s", open[0].Address, n.beyond)
	}
	if _, err := phone.Approve(ctx, open[0], number[0], maraPIN); err != nil {
		t.Fatal(err)
	}
	if home := v.get(line.Portal + "/sign-in/wait"); v.from != "/" || strings.Contains(home, `id="restricted"`) {
		t.Errorf("after the yes the portal is at %s", v.from)
	}
	v.get(line.Portal + "/security")
	v.checkCookies(line)
}

// phone is a phone on that network.
func (n *network) phone(t *testing.T, roots *x509.CertPool) *client.Phone {
	t.Helper()
	web := client.NewHTTPClient(roots)
	transport, ok := web.Transport.(*http.Transport)
	if !ok {
		t.Fatalf("the client's transport is a %T", web.Transport)
	}
	transport.DialContext, transport.Proxy = n.dial, nil
	t.Cleanup(transport.CloseIdleConnections)
	phone, err := client.New(client.Config{HTTP: web}, client.State{})
	if err != nil {
		t.Fatal(err)
	}
	return phone
}

// checkCookies looks at what the demo on a network leaves in a browser. One host serves three doors there, and ports do
// not keep cookies apart (RFC 6265 §8.5): every one must be the portal's by name, and none may be readable or sent in
// clear.
func (v *visitor) checkCookies(line demoLine) {
	v.t.Helper()
	portal, err := url.Parse(line.Portal)
	if err != nil {
		v.t.Fatal(err)
	}
	kept := v.http.Jar.Cookies(portal)
	if len(kept) == 0 {
		v.t.Error("a signed-in browser keeps no cookie")
	}
	for _, c := range kept {
		if !strings.HasPrefix(c.Name, "__Host-nodkey-portal-") {
			v.t.Errorf("the cookie %s is not the portal's by name", c.Name)
		}
	}
	plain := *portal
	plain.Scheme = "http"
	if sent := v.http.Jar.Cookies(&plain); len(sent) != 0 {
		v.t.Errorf("cookies are sent over plain HTTP: %v", sent)
	}
}
