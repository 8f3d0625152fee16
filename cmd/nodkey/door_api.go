package main

import (
	"context"
	"log/slog"

	"github.com/nodkey/nodkey/api"
)

// apiMount is the HTTP API for applications, and what tells them by their webhooks.
func (h *house) apiMount(log *slog.Logger) (mount, error) {
	door := api.New(h.services.Applications, log, h.texts)
	hooks := api.NewHooks(h.services.Callbacks, h.services.Applications, newOutgoing(), log, h.clock.Now)
	return mount{name: "api", patterns: []string{api.Prefix}, routes: door.Routes, fail: door.Fail, allow: api.Allowances(),
		workers: []func(context.Context) error{hooks.Run}}, nil
}
