package nodkey_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/database"
	"github.com/nodkey/nodkey/wire"
)

const (
	password = "korrekt horse battery"
	pin      = "7294"
)

// TestMain bounds the properties, so that the package's tests take seconds; -rapid.checks asks for more.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "20"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// failer is what *testing.T and *rapid.T share.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// house is a server on an SQLite file, with what the tests of this package say often.
type house struct {
	*nodkeytest.House
	ctx  context.Context
	path string
	file []byte // what copies are made of
	made *atomic.Int64
}

// start opens a house; change may alter the default policy.
func start(t *testing.T, change func(*nodkey.Policy)) house {
	t.Helper()
	policy := nodkey.DefaultPolicy()
	if change != nil {
		change(&policy)
	}
	path := filepath.Join(t.TempDir(), "nodkey.db")
	store, err := database.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	clock := nodkeytest.NewClock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	h, err := nodkeytest.OpenHouse(t.Context(), store, clock, policy)
	if err != nil {
		t.Fatal(err)
	}
	return house{House: h, ctx: t.Context(), path: path, made: new(atomic.Int64)}
}

// allAtOnce has all of a person's phones asked.
func allAtOnce(p *nodkey.Policy) { p.Devices = nodkey.DevicesAll }

func byPassword(p *nodkey.Policy) { p.ActivationFirst = nodkey.FirstByPassword }

// address gives every caller one of its own.
func (h house) address() string {
	n := h.made.Add(1)
	return fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255)
}

// person is a user with a browser and, after join, a phone.
type person struct {
	house
	name    string
	id      nodkey.UserID
	first   string // first-access code
	browser *nodkeytest.Browser
	key     *nodkeytest.PhoneKey
}

// add makes a user who has a password and no phone.
func (h house) add(t failer) *person {
	t.Helper()
	name := fmt.Sprintf("user%d", h.made.Add(1))
	added, err := h.Users.Add(h.ctx, h.Desk(), nodkey.NewUser{Name: name, DisplayName: "Mara Lindqvist", Password: password})
	if err != nil {
		t.Fatalf("adding a user: %v", err)
	}
	return &person{house: h, name: name, id: added.User.ID, first: added.FirstCode, browser: h.NewBrowser(h.address())}
}

// visit opens a restricted session that may activate, by first-access code or by password.
func (p *person) visit(t failer) nodkey.Caller {
	t.Helper()
	var err error
	if p.first != "" {
		p.browser.Session, err = p.Users.FirstVisit(p.ctx, p.browser.Anonymous(), p.name, p.first, password)
	} else {
		err = p.browser.Begin(p.ctx, p.name, password)
	}
	if err != nil {
		t.Fatalf("the first visit: %v", err)
	}
	return p.caller(t)
}

func (p *person) caller(t failer) nodkey.Caller {
	t.Helper()
	return callerOf(t, p.browser)
}

func callerOf(t failer, b *nodkeytest.Browser) nodkey.Caller {
	t.Helper()
	c, err := b.Caller(context.Background())
	if err != nil {
		t.Fatalf("the session: %v", err)
	}
	return c
}

// code starts an activation in a session.
func (h house) code(t failer, c nodkey.Caller) wire.Code {
	t.Helper()
	h.Clock.Advance(time.Millisecond) // the newest is told by its time
	banner, err := h.Activations.Start(h.ctx, c)
	if err != nil || banner.State != nodkey.BannerOpen {
		t.Fatalf("starting an activation: %v, %v", banner.State, err)
	}
	return banner.Code
}

func (h house) phone(name string) *nodkeytest.Phone {
	return nodkeytest.NewPhone(h.Services, h.Clock, name)
}

func (h house) authenticator(t failer) *nodkeytest.Authenticator {
	t.Helper()
	a, err := nodkeytest.NewAuthenticator(nodkeytest.PhoneHost, nodkeytest.PhoneOrigin, nodkeytest.ES256)
	if err != nil {
		t.Fatalf("an authenticator: %v", err)
	}
	return a
}

// join is add, visit, and a first phone with PIN and biometric.
func (h house) join(t failer) *person {
	t.Helper()
	p := h.add(t)
	key, receipt, err := h.phone("Pixel 8").Activate(h.ctx, h.code(t, p.visit(t)), nodkeytest.Making{PIN: pin, Authenticator: h.authenticator(t)})
	if err != nil || receipt.State != "active" {
		t.Fatalf("the first phone: %q, %v", receipt.State, err)
	}
	p.key = key
	return p
}

// signIn goes through a whole sign-in, from a browser.
func (p *person) signIn(t failer, b *nodkeytest.Browser) nodkey.Caller {
	t.Helper()
	p.Clock.Advance(time.Second)
	p.begin(t, b)
	p.yes(t, b)
	if err := b.Finish(p.ctx); err != nil {
		t.Fatalf("collecting the session: %v", err)
	}
	return callerOf(t, b)
}

// begin types name and password and, where there are several phones to choose from, chooses the person's first.
func (p *person) begin(t failer, b *nodkeytest.Browser) {
	t.Helper()
	if err := b.Begin(p.ctx, p.name, password); err != nil {
		t.Fatalf("name and password: %v", err)
	}
	w, err := b.Wait(p.ctx)
	if err == nil && w.State == nodkey.SignInChoosing {
		err = b.Choose(p.ctx, p.key.ID)
	}
	if err != nil {
		t.Fatalf("choosing a phone: %v", err)
	}
}

// enter is signIn from the person's own browser.
func (p *person) enter(t failer) nodkey.Caller { t.Helper(); return p.signIn(t, p.browser) }

// yes approves the sign-in that a browser waits for.
func (p *person) yes(t failer, b *nodkeytest.Browser) {
	t.Helper()
	w, err := b.Wait(p.ctx)
	if err != nil || w.State != nodkey.SignInPending {
		t.Fatalf("the waiting page: %v, %v", w.State, err)
	}
	if got, err := p.key.Answer(p.ctx, p.newest(t), nodkeytest.Answer{PIN: pin, Number: w.Number}); err != nil || got.State != "approved" {
		t.Fatalf("the yes: %+v, %v", got, err)
	}
}

func (p *person) newest(t failer) nodkeytest.Statement {
	t.Helper()
	s, err := p.key.Newest(p.ctx)
	if err != nil {
		t.Fatalf("the newest request: %v", err)
	}
	return s
}

// addPhone brings a further phone in from a full session, with the first one's yes.
func (p *person) addPhone(t failer, c nodkey.Caller, name string) *nodkeytest.PhoneKey {
	t.Helper()
	key, receipt, err := p.phone(name).Activate(p.ctx, p.code(t, c), nodkeytest.Making{PIN: pin})
	if err != nil || receipt.State != "approve" {
		t.Fatalf("a further phone: %q, %v", receipt.State, err)
	}
	banner, err := p.Activations.Current(p.ctx, c)
	if err != nil {
		t.Fatalf("the banner: %v", err)
	}
	if got, err := p.key.Answer(p.ctx, p.newest(t), nodkeytest.Answer{PIN: pin, Number: banner.Number}); err != nil || got.State != "approved" {
		t.Fatalf("the yes to a further phone: %+v, %v", got, err)
	}
	return key
}

// is reports an error that is not the one with this key; empty: none.
func is(t failer, err error, key string, what string, args ...any) {
	t.Helper()
	if key == "" && err != nil || key != "" && !nodkey.HasKey(err, key) {
		t.Errorf("%s: got %v, want %s", fmt.Sprintf(what, args...), err, cmp.Or(key, "no error"))
	}
}

// actions lists what the audit log says of a user, newest first.
func (h house) actions(t failer, user nodkey.UserID, prefix string) []string {
	t.Helper()
	rows, err := h.Audit.List(h.ctx, h.Desk(), nodkey.AuditFilter{UserID: user}, 0, 1000)
	if err != nil {
		t.Fatalf("the audit log: %v", err)
	}
	var out []string
	for _, r := range rows {
		if strings.HasPrefix(r.Action, prefix) {
			out = append(out, r.Action)
		}
	}
	return out
}

// rawSearch tells in which table of the database a text stands as it is.
func (h house) rawSearch(t *testing.T, text string) string {
	t.Helper()
	for table, rows := range nodkeytest.Dump(t, h.path) {
		for _, row := range rows {
			if strings.Contains(row, text) {
				return table
			}
		}
	}
	return ""
}

// sendAll hands out every announcement that is due.
func (h house) sendAll(t failer) (messages int) {
	t.Helper()
	for range 10_000 {
		n, more, err := h.Announcements.Send(h.ctx)
		if err != nil {
			t.Fatalf("sending: %v", err)
		}
		if messages += n; !more {
			return messages
		}
	}
	t.Fatalf("sending never ends")
	return 0
}

// rawRows counts a table's rows.
func (h house) rawRows(t *testing.T, table string) int {
	t.Helper()
	except := "file_chunks" // they are big
	if table == except {
		except = ""
	}
	return len(nodkeytest.Dump(t, h.path, except)[table])
}

// view looks into the store.
func (h house) view(t failer, read func(nodkey.Tx) error) {
	t.Helper()
	if err := h.Ports.Store.View(h.ctx, read); err != nil {
		t.Fatalf("looking into the store: %v", err)
	}
}
