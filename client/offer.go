package client

import (
	"context"
	"crypto/ecdh"
	"crypto/hmac"
	"errors"
	"strings"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// Offer is a checked offer: the code vouches for it and its server signed it. Nothing has been claimed by looking.
type Offer struct {
	Server      Server
	UserID      string
	UserName    string
	DisplayName string
	Expires     time.Time // by the server's clock
	AlreadyHere bool      // this user has a key of this server on this phone

	code   wire.Code
	digest [32]byte
	es     *ecdh.PublicKey
}

// Lookup reads a code as it was typed, or the link of a QR code, and fetches the offer behind it. server is the phone
// host, like "https://phone.example"; with a link it may be empty, and if it is not it must be the link's.
func (p *Phone) Lookup(ctx context.Context, server, typed string) (*Offer, error) {
	url, code, fingerprint, err := readCode(server, typed)
	if err != nil {
		return nil, err
	}
	if err := p.measure(ctx, url); err != nil {
		return nil, err
	}
	body, err := encode(wire.LookupRequest{CodeID: code.CodeID()})
	if err != nil {
		return nil, err
	}
	var answer wire.LookupResponse
	if err := p.call(ctx, request{method: "POST", server: url, path: "/activations/lookup", body: body}, &answer); err != nil {
		return nil, err
	}
	offer, err := readOffer(url, code, fingerprint, answer)
	if err != nil {
		return nil, err
	}
	if !p.serverTime(url).Before(offer.Expires) {
		return nil, fault("offer.expired", nil)
	}
	for _, k := range p.Keys() {
		if k.Server.ID == offer.Server.ID && k.UserID == offer.UserID && k.State != "removed" {
			offer.AlreadyHere = true
		}
	}
	return offer, nil
}

func readCode(server, typed string) (url string, code wire.Code, fingerprint string, err error) {
	typed = strings.TrimSpace(typed)
	if strings.Contains(typed, "#") {
		var origin string
		if origin, code, fingerprint, err = wire.ParseActivationLink(typed); err == nil {
			if url, err = phoneHost(origin); err != nil {
				return "", "", "", fault("code.other", err)
			}
		}
	} else {
		code, err = wire.ParseCode(typed)
	}
	var mistyped *wire.MistypedError
	if errors.As(err, &mistyped) {
		return "", "", "", mistypedGroup(mistyped.Group, err)
	}
	if err != nil {
		return "", "", "", fault("code.other", err)
	}
	if server == "" && url != "" {
		return url, code, fingerprint, nil
	}
	given, err := phoneHost(server)
	if err != nil {
		return "", "", "", err
	}
	if url != "" && url != given {
		return "", "", "", fault("code.other", nil)
	}
	return given, code, fingerprint, nil
}

// readOffer checks an offer in the order of docs/protocol.md §4.2: MAC, then the signature by the key that it names
// itself, then what it says.
func readOffer(url string, code wire.Code, fingerprint string, answer wire.LookupResponse) (*Offer, error) {
	input, ok := wire.SigningInput(answer.Offer)
	if !ok || !hmac.Equal(wire.OfferMAC(code.Key(), wire.Digest(input)), answer.MAC) {
		return nil, fault("offer.mac", nil)
	}
	parsed, err := wire.ParseJWS(answer.Offer)
	if err != nil {
		return nil, fault("offer.signature", err)
	}
	var m wire.Offer
	if err := wire.DecodeStrict(parsed.Payload, &m); err != nil {
		return nil, fault("offer.signature", err)
	}
	if parsed, err = open(answer.Offer, wire.TypOffer, &m, m.Keys.Signing); err != nil {
		return nil, fault("offer.signature", err)
	}
	if fingerprint != "" && wire.KeyFingerprint(m.Keys.Signing) != fingerprint {
		return nil, fault("offer.fingerprint", nil)
	}
	es, err := ecdh.P256().NewPublicKey(m.Es)
	if err != nil {
		return nil, fault("answer.wrong", err)
	}
	for _, point := range []wire.Bytes{m.Keys.Backup, m.Keys.PIN} {
		if _, err := ecdh.P256().NewPublicKey(point); err != nil {
			return nil, fault("answer.wrong", err)
		}
	}
	shown := []string{m.Server.Name, m.Server.Operator, m.User.Name, m.User.DisplayName}
	if !isID(m.Aud) || m.User.ID == "" || m.Server.Name == "" || m.User.Name == "" || !allReadable(shown) || m.PIN.Min > m.PIN.Max {
		return nil, fault("answer.wrong", nil)
	}
	return &Offer{
		Server: Server{URL: url, ID: m.Aud, Name: m.Server.Name, Operator: m.Server.Operator,
			Signing: m.Keys.Signing, Backup: m.Keys.Backup, PIN: m.Keys.PIN, PINMin: m.PIN.Min, PINMax: m.PIN.Max},
		UserID: m.User.ID, UserName: m.User.Name, DisplayName: m.User.DisplayName, Expires: time.UnixMilli(m.Exp),
		code: code, digest: parsed.Digest, es: es,
	}, nil
}

// isID reports whether a text is 16 bytes in base64url, and so fit for an address.
func isID(text string) bool {
	raw, err := wire.DecodeB64(text)
	return err == nil && len(raw) == 16
}
