package portal_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/doors"
	"github.com/nodkey/nodkey/portal"
	"github.com/nodkey/nodkey/web"
)

// house is a server with the portal and the phones' door.
type house struct {
	t         testing.TB
	server    *doors.Server
	services  *nodkey.Services
	store     *nodkeytest.FaultyStore
	clock     *nodkeytest.Clock
	portal    web.Origin
	phone     web.Origin
	database  string
	log       *nodkeytest.Log
	texts     *i18n.Bundle
	http      *http.Client
	drain     func()
	operator  nodkey.Caller
	clockedIn time.Time
}

const rightPassword = doors.Password

func newHouse(t testing.TB, change func(*nodkey.Policy)) *house {
	t.Helper()
	return newHouseOn(t, change, nil)
}

// newHouseOn is a house on other ports.
func newHouseOn(t testing.TB, change func(*nodkey.Policy), ports func(*nodkey.Ports)) *house {
	t.Helper()
	return newHouseOf(t, doors.Options{Policy: change, Ports: ports})
}

// newHouseOf is a house with a portal and further options.
func newHouseOf(t testing.TB, o doors.Options) *house {
	t.Helper()
	o.AppIn, o.Further = map[string]string{"de": "Aldermere Client Portal", "ja": "Aldermere クライアント・ポータル"}, openPortal
	s := doors.Open(t, o)
	h := &house{t: t, server: s, services: s.Services, store: s.Store, clock: s.Clock, portal: s.Portal, phone: s.Phone, database: s.Database, log: s.Log, texts: s.Texts,
		http: s.HTTP, drain: s.Drain, operator: s.Operator, clockedIn: s.Opened}
	h.texts.OnMissing = func(lang, key string, err error) { h.t.Errorf("the catalogues lack %s (%s): %v", key, lang, err) }
	return h
}

func (h *house) add(name string) nodkey.Added {
	h.t.Helper()
	return h.server.Add(h.t, name)
}

func (h *house) dump(except ...string) map[string][]string {
	h.t.Helper()
	return h.server.Dump(h.t, except...)
}

func (h *house) audited(action string) int {
	h.t.Helper()
	return h.server.Audited(h.t, action)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openPortal(s *doors.Server) ([]web.Site, error) {
	assets, err := web.LoadAssets()
	if err != nil {
		return nil, err
	}
	asks := portal.Asks{MinAndroid: s.Policy.Posture.MinAndroid, MinIOS: s.Policy.Posture.MinIOS, NotRooted: true, ScreenLock: true}
	door, err := portal.New(portal.Config{
		Origin: s.Portal, PhoneApp: s.Phone, Operator: portal.Operator{Name: "Aldermere", Portal: "Client Portal", Company: "Aldermere Savings"},
		Desk: portal.Desk{Name: "0800 123"}, Least: s.Policy.PasswordMin, KeyLimit: s.Policy.MaxKeys, Asks: asks, Lasts: s.Policy.SessionLife,
	}, s.Services, s.Clock, s.Logger, s.Texts, assets)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	door.Routes(mux)
	return []web.Site{web.Door{Name: "portal", Origin: s.Portal, Log: s.Logger, Fail: door.FailPage, Allow: portal.Allowances()}.Site(web.Routes(mux))}, nil
}
