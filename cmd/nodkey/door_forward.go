package main

import (
	"errors"
	"log/slog"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/forward"
	"github.com/nodkey/nodkey/web"
)

// ForwardConfig says which reverse proxies may ask about requests to the applications behind them.
type ForwardConfig struct {
	Proxies Prefixes `key:"proxies" default:"" doc:"Networks (CIDR) of reverse proxies that may ask whether a request passes on to an application, and whose word is taken for what it is. Empty: those of trusted_proxies."`
}

// forwardProxies are those that may ask.
func (s *settings) forwardProxies() Prefixes {
	if len(s.Forward.Proxies) > 0 {
		return s.Forward.Proxies
	}
	return s.TrustedProxies
}

func (s *settings) checkForward() (string, error) {
	if s.Doors.Open.has(nodkey.DoorForward) && len(s.forwardProxies()) == 0 {
		return "forward.proxies", errors.New("must name the networks of your reverse proxies while doors.open has forward")
	}
	return "", nil
}

// forwardMount is the door that reverse proxies ask.
func (h *house) forwardMount(log *slog.Logger) (mount, error) {
	assets, err := web.LoadAssets()
	if err != nil {
		return mount{}, err
	}
	door, err := forward.New(forward.Config{Portal: h.settings.PortalHost, Proxies: h.settings.forwardProxies().proxies(), Operator: h.settings.ServerName},
		h.services, log, h.texts, assets.Without(onlyInDemo()...))
	if err != nil {
		return mount{}, err
	}
	return mount{name: "forward", patterns: forward.Patterns(), routes: door.Routes, fail: door.Fail}, nil
}
