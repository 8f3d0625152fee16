package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/demo/products"
	"github.com/nodkey/nodkey/duo"
	"github.com/nodkey/nodkey/web"
)

// doorStage is where the demo's products play: one host each below the demo's, and an address for RADIUS.
type doorStage struct {
	origins map[nodkey.ApplicationID]web.Origin
	radius  netip.AddrPort
}

// openDoors finds the products' places on a stage that listens.
func (s *stage) openDoors() (err error) {
	d := &doorStage{origins: make(map[nodkey.ApplicationID]web.Origin)}
	for _, p := range products.All() {
		if d.origins[p.ID], err = web.ParseOrigin("http://" + net.JoinHostPort(p.Host(), s.portal.Port())); err != nil {
			return err
		}
	}
	s.doors = d
	d.radius, err = freeDatagramAddress()
	return err
}

// freeDatagramAddress finds a free UDP address of this machine by taking it for a moment: the server opens its own.
func freeDatagramAddress() (netip.AddrPort, error) {
	free, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("no address for RADIUS on this machine: %w", plain(err))
	}
	at := free.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port()), free.Close()
}

// demoClient reaches the demo's own hosts, whose names this machine need not know.
func demoClient(address string) *http.Client {
	dialer := net.Dialer{Timeout: 5 * time.Second}
	return &http.Client{
		Timeout: time.Minute,
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, address)
			},
			MaxConnsPerHost: 64, IdleConnTimeout: time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// productSettings is what an operator would write down of a product; docs/doors says what the members mean.
func productSettings(p products.Product, at web.Origin) map[string]any {
	settings := map[string]any{"launch_url": at.String() + "/"}
	switch p.Door {
	case nodkey.DoorOIDC:
		settings["redirect_uris"] = []string{at.String() + "/callback"}
		settings["launch_url"] = at.String() + "/sign-in"
	case nodkey.DoorForward:
		settings["hosts"] = []string{at.String()}
	case nodkey.DoorCIBA:
		settings["ciba_number"] = true
	case nodkey.DoorRADIUS:
		settings["networks"] = []string{"127.0.0.0/8"}
	case nodkey.DoorDuo:
		settings["duo_number"] = true
	}
	return settings
}

// addProduct gives a product its place in the house, and the secret that it proves itself with. One that is there from an earlier
// run (--keep) gets the places of this run and another secret.
func (h *house) addProduct(ctx context.Context, p products.Product, at web.Origin) (string, error) {
	settings, err := json.Marshal(productSettings(p, at))
	if err != nil {
		return "", err
	}
	operator := nodkey.Operator("demo")
	if err := h.services.Applications.Remove(ctx, operator, p.ID); err != nil && !nodkey.HasKey(err, "application.unknown") {
		return "", err
	}
	added, err := h.services.Applications.Add(ctx, operator, nodkey.NewApplication{ID: string(p.ID), Name: p.Name, Doors: []nodkey.Door{p.Door}, Settings: settings})
	if err != nil {
		return "", err
	}
	for _, secret := range added.Secrets {
		return secret.Value, nil
	}
	return "", nil // the forward door has none
}

// productSites makes the products of a demo, and where they answer.
func (h *house) productSites(ctx context.Context, st *stage, srv *server, assets *web.Assets, spoken func() string, log *slog.Logger) ([]web.Site, error) {
	config := products.Config{
		Page: st.page, Portal: st.portal, Origins: st.doors.origins, RADIUS: st.doors.radius, Secrets: make(map[nodkey.ApplicationID]string),
		HTTP: demoClient(st.main.Addr().String()), Spoken: spoken,
	}
	for _, p := range products.All() {
		secret, err := h.addProduct(ctx, p, st.doors.origins[p.ID])
		if err != nil {
			return nil, err
		}
		config.Secrets[p.ID] = secret
		if p.Door == nodkey.DoorDuo {
			config.Duo = duo.IntegrationKey(p.ID)
		}
	}
	if h.radius != nil {
		if err := h.radius.Refresh(ctx); err != nil { // or the VPN is a stranger for the first seconds
			return nil, err
		}
	}
	shop := products.New(config, h.texts, assets, log)
	var sites []web.Site
	for _, p := range products.All() {
		mux := http.NewServeMux()
		shop.Routes(p, mux)
		door := srv.door("demo", st.doors.origins[p.ID])
		door.Headers = shop.Headers()
		sites = append(sites, door.Site(web.Routes(mux)))
	}
	return sites, nil
}
