package main

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// mount is a door for applications on the portal's host, wrapped as every door is (web.Door) but with answers and limits of its own.
type mount struct {
	name     string   // for log and metrics
	patterns []string // what of the portal's host is the door's, as http.ServeMux takes it: "/oidc/", "/.well-known/openid-configuration"
	routes   func(*http.ServeMux)
	fail     web.Fail
	headers  web.HeaderPolicy
	allow    []web.Allowance
	workers  []func(context.Context) error
}

// mounts makes the doors that the configuration opens. One that is not named does not exist: its addresses are the portal's "not found".
func (h *house) mounts(log *slog.Logger) ([]mount, error) {
	var open []mount
	for _, door := range []struct {
		wanted bool
		make   func(*slog.Logger) (mount, error)
	}{
		{h.settings.Doors.Open.has(nodkey.DoorDuo), h.duoMount},
		{h.settings.Doors.Open.has(nodkey.DoorAPI), h.apiMount},
		{h.settings.Doors.Open.has(nodkey.DoorOIDC) || h.settings.Doors.Open.has(nodkey.DoorCIBA), h.oidcMount},
		{h.settings.Doors.Open.has(nodkey.DoorForward), h.forwardMount},
	} {
		if !door.wanted {
			continue
		}
		m, err := door.make(log)
		if err != nil {
			return nil, err
		}
		open = append(open, m)
	}
	return open, nil
}

// mounted is the portal's host: each door's addresses, and the portal for all others.
func mounted(srv *server, portal web.Site, open []mount) web.Site {
	if len(open) == 0 {
		return portal
	}
	mux := http.NewServeMux()
	mux.Handle("/", portal.Handler)
	for _, m := range open {
		inner := http.NewServeMux()
		m.routes(inner)
		door := srv.door(m.name, portal.Origin)
		door.Fail, door.Headers, door.Allow = m.fail, m.headers, m.allow
		site := door.Site(web.Routes(inner))
		for _, pattern := range m.patterns {
			mux.Handle(pattern, site.Handler)
		}
	}
	return web.Site{Origin: portal.Origin, Handler: mux}
}
