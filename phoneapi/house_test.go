package phoneapi_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/bus"
	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/phoneapi"
	"github.com/nodkey/nodkey/proof"
	"github.com/nodkey/nodkey/sqlstore"
	"github.com/nodkey/nodkey/web"
)

// house is a server in this process: this door, the real domain, a database in a file. Only password hashing is fast, and
// the clock stands still until it is moved.
type house struct {
	t         testing.TB
	services  *nodkey.Services
	store     *nodkeytest.FaultyStore
	clock     *nodkeytest.Clock
	phone     web.Origin
	database  string
	log       *nodkeytest.Log
	texts     *i18n.Bundle
	http      *http.Client
	drain     func()
	operator  nodkey.Caller
	clockedIn time.Time
}

const rightPassword = "seven green bottles"

func newHouse(t testing.TB, change func(*nodkey.Policy)) *house {
	t.Helper()
	ctx := t.Context()
	h := &house{t: t, clock: nodkeytest.NewClock(time.Now()), log: &nodkeytest.Log{}, database: filepath.Join(t.TempDir(), "nodkey.db"),
		http: client.NewHTTPClient(nil), operator: nodkey.Operator("tester")}
	h.clockedIn = h.clock.Now()
	store, err := sqlstore.Open(ctx, h.database)
	must(t, err)
	h.store = &nodkeytest.FaultyStore{Store: store}

	server := httptest.NewUnstartedServer(nil)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
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
	h.services, err = nodkey.Open(ctx, nodkey.Ports{Store: h.store, Clock: h.clock, Bus: bus.New(), Passwords: &nodkeytest.Passwords{}, JOSE: proof.JOSE{}, WebAuthn: webAuthn, Push: onlyPush("push.example")},
		site, policy, h.phone.Hostname(), [32]byte{1})
	must(t, err)
	h.texts, err = i18n.Load()
	must(t, err)
	h.texts.OnMissing = func(lang, key string, err error) { h.t.Errorf("the catalogues lack %s (%s): %v", key, lang, err) }
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	english := func(_ *http.Request, key string, args map[string]any) string { return h.texts.For("en").T(key, args) }
	phoneMux := http.NewServeMux()
	phoneapi.New(h.services, log, english).Routes(phoneMux)
	hosts, err := web.NewHosts(web.PlainFail(english),
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
	return nodkeytest.Dump(h.t, h.database, except...)
}

// audited counts audit rows of an action.
func (h *house) audited(action string) int {
	h.t.Helper()
	rows, err := h.services.Audit.List(h.t.Context(), h.operator, nodkey.AuditFilter{Action: action}, 0, 1000)
	must(h.t, err)
	return len(rows)
}
