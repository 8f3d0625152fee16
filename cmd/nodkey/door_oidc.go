package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/oidc"
)

// oidcMount is the OpenID provider: the doors oidc and ciba, of which one may be open alone.
func (h *house) oidcMount(log *slog.Logger) (mount, error) {
	open := h.settings.Doors.Open
	door := oidc.New(oidc.Config{
		Issuer: h.settings.PortalHost, OIDC: open.has(nodkey.DoorOIDC), CIBA: open.has(nodkey.DoorCIBA), Client: newOutgoing(), Page: h.portal.StrayPage,
		SignOut: h.portal.SignOutPage, Onward: h.portal.OnwardPage,
	}, h.services, h.clock, log, h.texts)
	return mount{
		name: "oidc", patterns: oidc.Patterns(), routes: door.Routes, fail: door.Fail, allow: door.Allowances(),
		workers: append([]func(context.Context) error{every(time.Hour, log, "signing keys", h.services.SigningKeys.Tick)}, door.Workers()...),
	}, nil
}
