package products

import (
	"log/slog"
	"net/http"
	"net/netip"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/web"
)

// Product is one of the made-up products.
type Product struct {
	ID     nodkey.ApplicationID
	Name   string // what phones show
	Door   nodkey.Door
	Icon   string // of the sprite
	Shows  bool   // it can show the number that is typed on the phone
	Secret bool   // it asks for the password itself

	lead, title, ask, text, safe string // sentences of the catalogue; a text is what it wants a yes to
}

// Lead is what the product stands for.
func (p Product) Lead() string { return p.lead }

// Speaks is what its makers call the protocol of its door.
func (p Product) Speaks() string {
	switch p.Door {
	case nodkey.DoorOIDC:
		return "OpenID Connect"
	case nodkey.DoorCIBA:
		return "CIBA"
	case nodkey.DoorForward:
		return "forward-auth"
	case nodkey.DoorRADIUS:
		return "RADIUS"
	case nodkey.DoorDuo:
		return "Duo Auth API"
	default:
		return "HTTP"
	}
}

// Title heads what the product asks first.
func (p Product) Title() string { return p.title }

// Ask is the word on its button.
func (p Product) Ask() string { return p.ask }

// Safe says what did not happen where there was no yes.
func (p Product) Safe() string { return p.safe }

// Whole reports whether what the portal gives it to show says all by itself: what happened, what is safe, what to do next.
func (p Product) Whole() bool { return p.Door == nodkey.DoorRADIUS }

// Tells reports whether it wants a yes to a text.
func (p Product) Tells() bool { return p.text != "" }

// All are the products, in the order in which the portal lists them.
func All() []Product {
	return []Product{
		{ID: "wiki", Name: "Aldermere Wiki", Door: nodkey.DoorOIDC, Icon: "edit", lead: "demo.product.lead.wiki", title: "demo.product.title.wiki", safe: "demo.product.safe.wiki"},
		{ID: "intranet", Name: "Aldermere Intranet", Door: nodkey.DoorForward, Icon: "globe", lead: "demo.product.lead.intranet"},
		{ID: "call-centre", Name: "Aldermere Call Centre", Door: nodkey.DoorCIBA, Icon: "person", Shows: true,
			lead: "demo.product.lead.call_centre", title: "demo.product.title.call_centre", ask: "demo.product.go.call_centre", text: "demo.product.text.call_centre",
			safe: "demo.product.safe.call_centre"},
		{ID: "vpn", Name: "Aldermere VPN", Door: nodkey.DoorRADIUS, Icon: "lock", Shows: true, Secret: true,
			lead: "demo.product.lead.vpn", title: "demo.product.title.vpn", ask: "demo.product.go.vpn", safe: "demo.product.safe.vpn"},
		{ID: "console", Name: "Aldermere Console", Door: nodkey.DoorDuo, Icon: "keyboard",
			lead: "demo.product.lead.console", title: "demo.product.title.console", ask: "demo.product.go.console", safe: "demo.product.safe.console"},
		{ID: "till", Name: "Aldermere Till", Door: nodkey.DoorAPI, Icon: "check", Shows: true,
			lead: "demo.product.lead.till", title: "demo.product.title.till", ask: "demo.product.go.till", text: "demo.product.text.till",
			safe: "demo.product.safe.till"},
	}
}

// NameOf is what phones show of a product; its id where it is none of ours.
func NameOf(id nodkey.ApplicationID) string {
	for _, p := range All() {
		if p.ID == id {
			return p.Name
		}
	}
	return string(id)
}

// Host is the product's host below the demo's.
func (p Product) Host() string { return string(p.ID) + ".nodkey.localhost" }

// Config is what the products are told, as an operator would tell their makers.
type Config struct {
	Page    web.Origin // the side-by-side page, which may frame them
	Portal  web.Origin
	Origins map[nodkey.ApplicationID]web.Origin
	Secrets map[nodkey.ApplicationID]string
	Duo     string         // the integration key of the console
	RADIUS  netip.AddrPort // where the VPN asks
	HTTP    *http.Client   // reaches the portal from this machine
	Spoken  func() string  // the language that was chosen at the side-by-side page; empty: none
}

// Shop serves the products.
type Shop struct {
	Config
	texts  *i18n.Bundle
	assets *web.Assets
	log    *slog.Logger
	talks  talks
	wiki   wiki
}

// New makes the products.
func New(c Config, texts *i18n.Bundle, assets *web.Assets, log *slog.Logger) *Shop {
	s := &Shop{Config: c, texts: texts, assets: assets, log: log}
	s.talks.open = make(map[string]*talk)
	s.wiki.open = make(map[string]visit)
	return s
}

// Headers lets the side-by-side page frame the products.
func (s *Shop) Headers() web.HeaderPolicy { return web.HeaderPolicy{FramedBy: s.Page} }

// Routes registers a product on its host's mux.
func (s *Shop) Routes(p Product, mux *http.ServeMux) {
	mux.Handle("GET "+web.Prefix, s.assets)
	switch p.Door {
	case nodkey.DoorOIDC:
		s.wikiRoutes(p, mux)
	case nodkey.DoorForward:
		s.intranetRoutes(p, mux)
	default:
		s.askRoutes(p, mux)
	}
}
