package doors

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
	"github.com/nodkey/nodkey/nodkeytest/database"
	"github.com/nodkey/nodkey/phoneapi"
	"github.com/nodkey/nodkey/proof"
	"github.com/nodkey/nodkey/web"
)

// Options are what the tests of one door want of a server.
type Options struct {
	Policy func(*nodkey.Policy) // changes the policy, which lets a password be enough for a first activation; nil: as it is
	Ports  func(*nodkey.Ports)  // changes the ports before the domain is opened; nil: as they are
	Site   func(*nodkey.Site)   // changes how it presents itself, before the domain is opened; nil: as it is
	AppIn  map[string]string    // the app's name by language
	// Further makes the doors beside the phones'; nil: none.
	Further func(*Server) ([]web.Site, error)
}

// Server is one that runs until its test ends.
type Server struct {
	Services *nodkey.Services
	Store    *nodkeytest.FaultyStore
	Clock    *nodkeytest.Clock
	Opened   time.Time // the clock's time when the server was opened
	Policy   nodkey.Policy
	Portal   web.Origin // where a portal answers, if Further makes one
	Phone    web.Origin
	Database string // file
	Log      *nodkeytest.Log
	Logger   *slog.Logger // writes to Log
	Texts    *i18n.Bundle // the test says what one that is missing means
	HTTP     *http.Client // resolves the origins
	Drain    func()       // begins the end: streams are closed
	Operator nodkey.Caller
}

// Open starts a server.
func Open(t testing.TB, o Options) *Server {
	t.Helper()
	ctx := t.Context()
	s := &Server{Clock: nodkeytest.NewClock(time.Now()), Log: &nodkeytest.Log{}, Database: filepath.Join(t.TempDir(), "nodkey.db"),
		HTTP: client.NewHTTPClient(nil), Operator: nodkey.Operator("tester"), Policy: nodkey.DefaultPolicy()}
	s.Opened, s.Logger = s.Clock.Now(), slog.New(slog.NewTextHandler(s.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	store, err := database.Open(ctx, s.Database)
	must(t, err)
	s.Store = &nodkeytest.FaultyStore{Store: store}

	server := httptest.NewUnstartedServer(nil)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	must(t, err)
	s.Portal, err = web.ParseOrigin("http://portal.nodkey.localhost:" + port)
	must(t, err)
	s.Phone, err = web.ParseOrigin("http://phone.nodkey.localhost:" + port)
	must(t, err)

	s.Policy.ActivationFirst = nodkey.FirstByPassword
	if o.Policy != nil {
		o.Policy(&s.Policy)
	}
	webAuthn, err := proof.NewWebAuthn(s.Phone.Hostname(), s.Phone.String(), "")
	must(t, err)
	site := nodkey.Site{ServerName: "Aldermere", Operator: "Aldermere Savings", App: "Aldermere Client Portal", AppIn: o.AppIn,
		PhoneOrigin: s.Phone.String(), ServiceDesk: "0800 123"}
	ports := nodkey.Ports{Store: s.Store, Clock: s.Clock, Bus: bus.New(), Passwords: &nodkeytest.Passwords{}, JOSE: proof.JOSE{}, WebAuthn: webAuthn}
	if o.Ports != nil {
		o.Ports(&ports)
	}
	if o.Site != nil {
		o.Site(&site)
	}
	s.Services, err = nodkey.Open(ctx, ports, site, s.Policy, s.Phone.Hostname(), [32]byte{1})
	must(t, err)
	s.Texts, err = i18n.Load()
	must(t, err)

	english := func(_ *http.Request, key string, args map[string]any) string { return s.Texts.For("en").T(key, args) }
	mux := http.NewServeMux()
	phoneapi.New(s.Services, s.Logger, s.Texts).Routes(mux)
	sites := []web.Site{web.Door{Name: "phone", Origin: s.Phone, Log: s.Logger, Fail: web.JSONFail(english), Allow: phoneapi.Allowances()}.Site(web.Routes(mux))}
	if o.Further != nil {
		further, err := o.Further(s)
		must(t, err)
		sites = append(sites, further...)
	}
	hosts, err := web.NewHosts(web.PlainFail(english), sites...)
	must(t, err)

	draining := make(chan struct{})
	s.Drain = sync.OnceFunc(func() { close(draining) })
	server.Config.Handler = hosts
	server.Config.BaseContext = func(net.Listener) context.Context { return web.WithDraining(context.Background(), draining) }
	server.Start()
	t.Cleanup(func() {
		s.Drain()
		server.CloseClientConnections()
		server.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Password is that of every user of Add.
const Password = "seven green bottles"

// Add makes a user. A fuzz target gives its own t, here and below.
func (s *Server) Add(t testing.TB, name string) nodkey.Added {
	t.Helper()
	added, err := s.Services.Users.Add(t.Context(), s.Operator, nodkey.NewUser{Name: name, DisplayName: strings.ToUpper(name[:1]) + name[1:], Password: Password})
	must(t, err)
	return added
}

// NewBrowser is a browser at an address that has never been here.
func (s *Server) NewBrowser(address string) *nodkeytest.Browser {
	return (&nodkeytest.House{Services: s.Services, Clock: s.Clock, Policy: s.Policy}).NewBrowser(address)
}

// Join makes a user with a phone. The browser is theirs, with the session that activated it; a minute has passed.
func (s *Server) Join(t testing.TB, name, pin, address string) (nodkey.Added, *nodkeytest.PhoneKey, *nodkeytest.Browser) {
	t.Helper()
	added, b := s.Add(t, name), s.NewBrowser(address)
	must(t, b.Begin(t.Context(), name, Password))
	key, err := b.FirstPhone(t.Context(), pin)
	must(t, err)
	s.Clock.Advance(time.Minute)
	return added, key, b
}

// Dump gives every row of the database as text, by table.
func (s *Server) Dump(t testing.TB, except ...string) map[string][]string {
	t.Helper()
	return nodkeytest.Dump(t, s.Database, except...)
}

// Audited counts audit rows of an action.
func (s *Server) Audited(t testing.TB, action string) int {
	t.Helper()
	rows, err := s.Services.Audit.List(t.Context(), s.Operator, nodkey.AuditFilter{Action: action}, 0, 1000)
	must(t, err)
	return len(rows)
}
