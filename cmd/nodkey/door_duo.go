package main

import (
	"log/slog"
	"net/http"

	"github.com/nodkey/nodkey/duo"
	"github.com/nodkey/nodkey/portal"
)

// duoMount is the door that clients of Duo's Auth API speak to.
func (h *house) duoMount(log *slog.Logger) (mount, error) {
	door := duo.New(h.services.Applications, h.settings.PortalHost, h.clock, log)
	door.OpenPrompt(h.settings.PortalHost, duo.Prompts{
		Ask:     func(w http.ResponseWriter, r *http.Request, p duo.Prompt) { h.portal.AskPage(w, r, portal.Asking(p)) },
		Picture: h.portal.AskPicture, Onward: h.portal.OnwardPage, Fail: h.portal.FailPage,
	})
	return mount{name: "duo", patterns: duo.Patterns(), routes: door.Routes, fail: duo.Fail, allow: duo.Allowances()}, nil
}
