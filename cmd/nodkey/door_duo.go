package main

import (
	"log/slog"

	"github.com/nodkey/nodkey/duo"
)

// duoMount is the door that clients of Duo's Auth API speak to.
func (h *house) duoMount(log *slog.Logger) (mount, error) {
	door := duo.New(h.services.Applications, h.settings.PortalHost, h.clock, log)
	return mount{name: "duo", patterns: duo.Patterns(), routes: door.Routes, fail: duo.Fail, allow: duo.Allowances()}, nil
}
