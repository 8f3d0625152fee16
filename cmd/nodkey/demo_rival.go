package main

import (
	"context"
	"crypto/x509"

	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/wire"
)

// rival gives the demo a phone of somebody else's, which takes a code before the phone on the page does. It speaks the
// phone API over the demo's own address, like every phone.
func (s *stage) rival() func(ctx context.Context, code, phoneName string) error {
	var roots *x509.CertPool // nil: nothing is protected on this machine
	if s.lan != nil {
		roots = x509.NewCertPool()
		roots.AddCert(s.lan.certificates.authority)
	}
	http := client.NewHTTPClient(roots)
	return func(ctx context.Context, code, phoneName string) error {
		phone, err := client.New(client.Config{HTTP: http, Facts: wire.PhoneFacts{Platform: "android", OSVersion: "16"}}, client.State{})
		if err != nil {
			return err
		}
		offer, err := phone.Lookup(ctx, s.phone.String(), code)
		if err != nil {
			return err
		}
		_, err = phone.Activate(ctx, offer, rivalPIN(offer), phoneName)
		return err
	}
}

// rivalPIN makes up a PIN; nobody will ever type it.
func rivalPIN(offer *client.Offer) string {
	for {
		password := readablePassword()
		pin := password[:4] + password[len(password)-2:] // "bavo27"
		if offer.Server.CheckPIN(pin, offer.UserName, offer.DisplayName) == nil {
			return pin
		}
	}
}
