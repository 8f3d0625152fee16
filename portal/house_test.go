package portal_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/bus"
	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/phoneapi"
	"github.com/nodkey/nodkey/portal"
	"github.com/nodkey/nodkey/proof"
	"github.com/nodkey/nodkey/sqlstore"
	"github.com/nodkey/nodkey/web"
)

// house is a server in this process: both doors, the real domain, a database in a file. Only password hashing is fast, and
// the clock stands still until it is moved.
type house struct {
	t         testing.TB
	services  *nodkey.Services
	store     *faultyStore
	clock     *nodkeytest.Clock
	portal    web.Origin
	phone     web.Origin
	database  string
	log       *lockedBuffer
	texts     *i18n.Bundle
	http      *http.Client
	drain     func()
	operator  nodkey.Caller
	clockedIn time.Time
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// faultyStore fails on demand, with a text that must be seen in the log and nowhere else.
type faultyStore struct {
	nodkey.Store
	failing atomic.Bool
}

const innerText = "no such column: wombat (SELECT secret FROM burrow)"

func (s *faultyStore) View(ctx context.Context, read func(nodkey.Tx) error) error {
	if s.failing.Load() {
		return errors.New(innerText)
	}
	return s.Store.View(ctx, read)
}

func (s *faultyStore) Update(ctx context.Context, change func(nodkey.Tx) error) error {
	if s.failing.Load() {
		return errors.New(innerText)
	}
	return s.Store.Update(ctx, change)
}

// saltedHash is an honest password hasher that is not slow.
type saltedHash struct{}

func (saltedHash) Hash(_ context.Context, _ string, _ bool, password string) (string, error) {
	var salt [8]byte
	rand.Read(salt[:])
	return hashWith(hex.EncodeToString(salt[:]), password), nil
}

func (saltedHash) Verify(_ context.Context, _ string, _ bool, phc, password string) (ok, rehash bool, err error) {
	salt, _, _ := strings.Cut(phc, "$")
	return phc != "" && hashWith(salt, password) == phc, false, nil
}

func hashWith(salt, password string) string {
	sum := sha256.Sum256([]byte(salt + "$" + password))
	return salt + "$" + hex.EncodeToString(sum[:])
}

const rightPassword = "seven green bottles"

func newHouse(t testing.TB, change func(*nodkey.Policy)) *house {
	t.Helper()
	ctx := t.Context()
	h := &house{t: t, clock: nodkeytest.NewClock(time.Now()), log: &lockedBuffer{}, database: filepath.Join(t.TempDir(), "nodkey.db"),
		http: client.NewHTTPClient(nil), operator: nodkey.Operator("tester")}
	h.clockedIn = h.clock.Now()
	store, err := sqlstore.Open(ctx, h.database)
	must(t, err)
	h.store = &faultyStore{Store: store}

	server := httptest.NewUnstartedServer(nil)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	must(t, err)
	h.portal, err = web.ParseOrigin("http://portal.nodkey.localhost:" + port)
	must(t, err)
	h.phone, err = web.ParseOrigin("http://phone.nodkey.localhost:" + port)
	must(t, err)

	policy := nodkey.DefaultPolicy()
	policy.ActivationFirst = nodkey.FirstByPassword
	if change != nil {
		change(&policy)
	}
	webAuthn, err := proof.NewWebAuthn(h.phone.Hostname(), h.phone.String(), "")
	must(t, err)
	site := nodkey.Site{ServerName: "Aldermere", Operator: "Aldermere Savings", App: "Aldermere Client Portal", PhoneOrigin: h.phone.String(), ServiceDesk: "0800 123"}
	h.services, err = nodkey.Open(ctx, nodkey.Ports{Store: h.store, Clock: h.clock, Bus: bus.New(), Passwords: saltedHash{}, JOSE: proof.JOSE{}, WebAuthn: webAuthn},
		site, policy, h.phone.Hostname(), [32]byte{1})
	must(t, err)
	h.texts, err = i18n.Load()
	must(t, err)
	h.texts.OnMissing = func(lang, key string, err error) { h.t.Errorf("the catalogues lack %s (%s): %v", key, lang, err) }
	assets, err := web.LoadAssets()
	must(t, err)
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	door, err := portal.New(portal.Config{Origin: h.portal, PhoneApp: h.phone, Operator: portal.Operator{Name: "Aldermere", Portal: "Client Portal", Company: "Aldermere Savings"},
		Desk: portal.Desk{Name: "0800 123"}, Least: policy.PasswordMin, KeyLimit: policy.MaxKeys, Lasts: policy.SessionLife}, h.services, h.clock, log, h.texts, assets)
	must(t, err)
	english := func(_ *http.Request, key string, args map[string]any) string { return h.texts.For("en").T(key, args) }
	portalMux, phoneMux := http.NewServeMux(), http.NewServeMux()
	door.Routes(portalMux)
	phoneapi.New(h.services, log, english).Routes(phoneMux)
	hosts, err := web.NewHosts(web.PlainFail(english),
		web.Door{Name: "portal", Origin: h.portal, Log: log, Fail: door.FailPage}.Site(web.Routes(portalMux)),
		web.Door{Name: "phone", Origin: h.phone, Log: log, Fail: web.JSONFail(english)}.Site(web.Routes(phoneMux)))
	must(t, err)

	draining := make(chan struct{})
	h.drain = sync.OnceFunc(func() { close(draining) })
	server.Config.Handler = hosts
	server.Config.BaseContext = func(net.Listener) context.Context { return web.WithDraining(context.Background(), draining) }
	server.Start()
	t.Cleanup(func() {
		h.drain()
		server.CloseClientConnections()
		server.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// add makes a user with rightPassword.
func (h *house) add(name string) nodkey.Added {
	h.t.Helper()
	added, err := h.services.Users.Add(h.t.Context(), h.operator, nodkey.NewUser{Name: name, DisplayName: strings.ToUpper(name[:1]) + name[1:], Password: rightPassword})
	must(h.t, err)
	return added
}

// dump gives every row of the database as text, by table.
func (h *house) dump(except ...string) map[string][]string {
	h.t.Helper()
	db, err := sql.Open("sqlite", "file:"+h.database+"?mode=ro")
	must(h.t, err)
	defer db.Close()
	out := map[string][]string{}
	for _, table := range column(h.t, db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'") {
		if slices.Contains(except, table) {
			continue
		}
		out[table] = rowsOf(h.t, db, "SELECT * FROM "+table)
	}
	if len(out) < 10 {
		h.t.Fatalf("only %d tables found", len(out))
	}
	return out
}

func column(t testing.TB, db *sql.DB, query string) (names []string) {
	t.Helper()
	rows, err := db.Query(query)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		names = append(names, name)
	}
	must(t, rows.Err())
	return names
}

func rowsOf(t testing.TB, db *sql.DB, query string) (lines []string) {
	t.Helper()
	rows, err := db.Query(query)
	must(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	must(t, err)
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		must(t, rows.Scan(into...))
		lines = append(lines, fmt.Sprintf("%v", values))
	}
	must(t, rows.Err())
	slices.Sort(lines)
	return lines
}

// unchanged compares two dumps.
func unchanged(t testing.TB, what string, before, after map[string][]string) {
	t.Helper()
	for table, rows := range before {
		if !slices.Equal(rows, after[table]) {
			t.Errorf("%s changed the table %s:\n  before %v\n  after  %v", what, table, rows, after[table])
		}
	}
}

// audited counts audit rows of an action.
func (h *house) audited(action string) int {
	h.t.Helper()
	rows, err := h.services.Audit.List(h.t.Context(), h.operator, nodkey.AuditFilter{Action: action}, 0, 1000)
	must(h.t, err)
	return len(rows)
}

// browser keeps cookies and follows no redirects.
type browser struct {
	h       *house
	cookies map[string]string
	seen    []string // every cookie value it was ever given
}

func (h *house) browser() *browser { return &browser{h: h, cookies: map[string]string{}} }

// copy is the browser with the same cookies, as somebody who stole them would have it.
func (b *browser) copy() *browser {
	c := b.h.browser()
	for name, value := range b.cookies {
		c.cookies[name] = value
	}
	return c
}

type answer struct {
	status int
	header http.Header
	body   string
	set    []*http.Cookie
}

func (b *browser) send(method, path string, body io.Reader, change func(*http.Request)) answer {
	b.h.t.Helper()
	r, err := http.NewRequestWithContext(b.h.t.Context(), method, b.h.portal.String()+path, body)
	must(b.h.t, err)
	r.Header.Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0")
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if change != nil {
		change(r)
	}
	res, err := b.h.http.Do(r)
	must(b.h.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	must(b.h.t, err)
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
			continue
		}
		b.cookies[c.Name] = c.Value
		b.seen = append(b.seen, c.Value)
	}
	return answer{res.StatusCode, res.Header, string(text), res.Cookies()}
}

func (b *browser) get(path string) answer {
	b.h.t.Helper()
	return b.send("GET", path, nil, nil)
}

const formType = "application/x-www-form-urlencoded"

func (b *browser) post(path string, fields ...string) answer {
	b.h.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return b.postRaw(path, formType, form.Encode())
}

func (b *browser) postRaw(path, media, body string) answer {
	b.h.t.Helper()
	return b.send("POST", path, strings.NewReader(body), func(r *http.Request) { r.Header.Set("Content-Type", media) })
}

func (a answer) goes(t testing.TB, to string) {
	t.Helper()
	if a.status != http.StatusSeeOther || a.header.Get("Location") != to {
		t.Fatalf("got %d to %q, want a redirect to %s\n%s", a.status, a.header.Get("Location"), to, a.body)
	}
}

func (a answer) is(t testing.TB, status int) {
	t.Helper()
	if a.status != status {
		t.Fatalf("got %d, want %d\n%s", a.status, status, a.body)
	}
}

// first finds what a pattern's group matches.
func (a answer) first(t testing.TB, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(a.body)
	if m == nil {
		t.Fatalf("the page has no %s:\n%s", pattern, a.body)
	}
	return m[1]
}

var codeGroup = regexp.MustCompile(`id="code-group-\d">([0-9A-Z]{4})<`)

func (a answer) code(t testing.TB) string {
	t.Helper()
	var groups []string
	for _, m := range codeGroup.FindAllStringSubmatch(a.body, -1) {
		groups = append(groups, m[1])
	}
	if len(groups) != 5 {
		t.Fatalf("the page shows %d groups of a code:\n%s", len(groups), a.body)
	}
	return strings.Join(groups, "-")
}

const pin = "8259"

// newPhone is a phone in memory, on the house's clock.
func (h *house) newPhone() *client.Phone {
	h.t.Helper()
	phone, err := client.New(client.Config{HTTP: h.http, Now: h.clock.Now}, client.State{})
	must(h.t, err)
	return phone
}

// activated is a user with an active phone, and the browser (restricted session) that activated it.
func (h *house) activated(name string) (*client.Phone, *browser) {
	h.t.Helper()
	h.add(name)
	b := h.browser()
	b.post("/sign-in", "username", name, "password", rightPassword).goes(h.t, "/")
	phone := h.newPhone()
	offer, err := phone.Lookup(h.t.Context(), h.phone.String(), b.get("/").code(h.t))
	must(h.t, err)
	key, err := phone.Activate(h.t.Context(), offer, pin, "Pixel of "+name)
	must(h.t, err)
	if key.State != "active" {
		h.t.Fatalf("the key is %s", key.State)
	}
	return phone, b
}

// asked begins a sign-in and gives the browser that waits and its number.
func (h *house) asked(name string) (*browser, string) {
	h.t.Helper()
	b := h.browser()
	b.post("/sign-in", "username", name, "password", rightPassword).goes(h.t, "/sign-in/wait")
	return b, b.get("/sign-in/wait").first(h.t, `data-number="(\d\d)"`)
}

// approve says yes to the phone's newest request.
func (h *house) approve(phone *client.Phone, number string) client.Approval {
	h.t.Helper()
	open, err := phone.Approvals(h.t.Context())
	must(h.t, err)
	if len(open) == 0 {
		h.t.Fatal("the phone is asked nothing")
	}
	out, err := phone.Approve(h.t.Context(), open[0], number, pin)
	must(h.t, err)
	if out.State != "approved" {
		h.t.Fatalf("the request is %s", out.State)
	}
	return open[0]
}

// signedIn is a browser with a full session.
func (h *house) signedIn(name string, phone *client.Phone) *browser {
	h.t.Helper()
	b, number := h.asked(name)
	h.approve(phone, number)
	b.get("/sign-in/wait").goes(h.t, "/")
	b.get("/security").is(h.t, http.StatusOK)
	return b
}
