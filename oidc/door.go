package oidc

import (
	"log/slog"
	"net/http"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/web"
)

// Config is what the door needs to know besides the domain.
type Config struct {
	Issuer web.Origin   // the portal's origin
	OIDC   bool         // applications may send browsers
	CIBA   bool         // applications may ask phones
	Client *http.Client // for what stands at applications' addresses: key sets, notifications, logout
	Page   web.Fail     // the portal's manner of saying on a page that something is wrong
	// SignOut asks on a page of the portal's whether to sign out; app is the application that wants it, empty where none is named, and a
	// yes is posted to path. Onward leads from a page of the portal's to the address of an application.
	SignOut func(w http.ResponseWriter, r *http.Request, app, path string)
	Onward  func(w http.ResponseWriter, r *http.Request, app, address string)
}

// Door is the OpenID provider.
type Door struct {
	Config
	services *nodkey.Services
	clock    nodkey.Clock
	log      *slog.Logger
	texts    *i18n.Bundle
	visits   web.Visits
	fetched  fetchedKeys
	polls    polls
}

// New makes the door.
func New(c Config, services *nodkey.Services, clock nodkey.Clock, log *slog.Logger, texts *i18n.Bundle) *Door {
	return &Door{Config: c, services: services, clock: clock, log: log, texts: texts, visits: web.VisitsOf(c.Issuer),
		fetched: fetchedKeys{set: make(map[nodkey.ApplicationID]*fetchedSet)}}
}

// route is one address of the door.
type route struct {
	pattern string // as http.ServeMux takes it
	handler http.HandlerFunc
	open    bool // asked by programs and other origins' pages: it reads no cookie (web.Allowance.AnyOrigin)
}

// routes are the addresses that the configuration opens.
func (d *Door) routes() []route {
	list := []route{
		{"GET " + discoveryPath, d.discoveryShow, true},
		{"GET " + metadataPath, d.discoveryShow, true},
		{"GET " + keysPath, d.keysShow, true},
		{"POST " + tokenPath, d.program(d.token), true},
		{"GET " + userinfoPath, d.userinfo, true},
		{"POST " + userinfoPath, d.userinfo, true},
		{"POST " + introspectPath, d.program(d.introspect), true},
		{"POST " + revokePath, d.program(d.revoke), true},
	}
	for _, path := range []string{discoveryPath, metadataPath, keysPath, tokenPath, userinfoPath, revokePath} {
		list = append(list, route{"OPTIONS " + path, preflight, true})
	}
	if d.OIDC {
		list = append(list,
			route{"GET " + authorizePath, d.authorize, false},
			route{"POST " + authorizePath, d.authorize, true}, // what is asked for stands in the form; the browser is asked who it is on its next visit
			route{"GET " + returnPath, d.back, false},
			route{"GET " + postScriptPath, d.postScriptShow, false},
		)
	}
	return append(list, d.moreRoutes()...)
}

// Routes registers the door on a mux.
func (d *Door) Routes(mux *http.ServeMux) {
	for _, r := range d.routes() {
		mux.Handle(r.pattern, r.handler)
	}
}

// Allowances are what single routes may do that others may not.
func (d *Door) Allowances() []web.Allowance {
	var list []web.Allowance
	for _, r := range d.routes() {
		if r.open {
			list = append(list, web.Allowance{Pattern: r.pattern, AnyOrigin: true})
		}
	}
	return list
}

// Patterns are what of the portal's host is the door's.
func Patterns() []string {
	return []string{"/oidc/", discoveryPath, metadataPath}
}
