package main

import (
	"log/slog"

	"github.com/nodkey/nodkey/forward"
	"github.com/nodkey/nodkey/web"
)

// ForwardConfig says which reverse proxies may ask about requests to the applications behind them.
type ForwardConfig struct {
	Proxies Prefixes `key:"proxies" default:"" doc:"Networks (CIDR) of reverse proxies that may ask whether a request passes on to an application, and whose word is taken for what it is. Empty: those of trusted_proxies."`
}

// forwardMount is the door that reverse proxies ask.
func (h *house) forwardMount(log *slog.Logger) (mount, error) {
	assets, err := web.LoadAssets()
	if err != nil {
		return mount{}, err
	}
	proxies := h.settings.Forward.Proxies
	if len(proxies) == 0 {
		proxies = h.settings.TrustedProxies
	}
	door, err := forward.New(forward.Config{Portal: h.settings.PortalHost, Proxies: proxies.proxies(), Operator: h.settings.ServerName},
		h.services, log, h.texts, assets.Without(onlyInDemo()...))
	if err != nil {
		return mount{}, err
	}
	return mount{name: "forward", patterns: forward.Patterns(), routes: door.Routes, fail: door.Fail}, nil
}
