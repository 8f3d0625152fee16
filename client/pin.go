package client

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"errors"

	"github.com/nodkey/nodkey/wire"
)

// PINHolder gives the key whose PIN is "the existing PIN" when a further user of a server is added: its first key that the
// server still counts as active. false where there is none to ask for.
func (p *Phone) PINHolder(ctx context.Context, serverID string) (Key, bool, error) {
	for _, k := range p.Keys() {
		if k.Server.ID != serverID || k.State != "active" {
			continue
		}
		now, err := p.KeyState(ctx, k.ID)
		var api *APIError
		if errors.As(err, &api) && api.Kind == "unauthenticated" && api.Key == "proof.wrong" {
			continue // the server does not know it any more
		}
		if err != nil {
			return Key{}, false, err
		}
		if now.State == "active" {
			return now, true, nil
		}
	}
	return Key{}, false, nil
}

// ProvePIN has the server check the PIN of a key; nothing else comes of it. A wrong one counts: *APIError "pin.wrong", with
// how many tries are left.
func (p *Phone) ProvePIN(ctx context.Context, keyID, pin string) error {
	_, a, err := p.ask(ctx, keyID, "/pin/check", "pin_check")
	if err != nil {
		return err
	}
	return p.mustApprove(ctx, a, wire.Decision{}, pin)
}

// ChangePIN proves the old PIN of a key and puts a new one in its place (docs/protocol.md §6.3).
func (p *Phone) ChangePIN(ctx context.Context, keyID, old, replacement string) error {
	k, err := p.key(keyID)
	if err != nil {
		return err
	}
	if err := k.Server.CheckPIN(replacement, k.Name, k.DisplayName); err != nil {
		return err
	}
	k, a, err := p.ask(ctx, keyID, "/pin", "pin_change")
	if err != nil {
		return err
	}
	newPIN, err := k.newPIN(a, NormalisePIN(replacement))
	if err != nil {
		return err
	}
	return p.mustApprove(ctx, a, wire.Decision{NewPIN: newPIN}, old)
}

// Unchanged is a key that still has its old PIN, and why.
type Unchanged struct {
	Key Key
	Err error
}

// ChangePINs changes the PIN of these keys, one after the other, so that a person keeps one PIN for all. A new PIN that
// breaks a guideline for one of their users, or a refusal of the first, is an error, and nothing has changed then. Otherwise
// it gives the keys that still have the old one: theirs was another, or the connection was lost.
func (p *Phone) ChangePINs(ctx context.Context, keyIDs []string, old, replacement string) ([]Unchanged, error) {
	keys := make([]StoredKey, 0, len(keyIDs))
	for _, id := range keyIDs {
		k, err := p.key(id)
		if err != nil {
			return nil, err
		}
		if err := k.Server.CheckPIN(replacement, k.Name, k.DisplayName); err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	var left []Unchanged
	for i, k := range keys {
		err := p.ChangePIN(ctx, k.ID, old, replacement)
		if err != nil && i == 0 {
			return nil, err
		}
		if err != nil {
			left = append(left, Unchanged{Key: k.Key, Err: err})
		}
	}
	return left, nil
}

// newPIN wraps the verifier of a new PIN for the server alone.
func (k StoredKey) newPIN(a Approval, pin string) (*wire.NewPIN, error) {
	e, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	d, err := k.signer()
	if err != nil {
		return nil, err
	}
	pointD, err := d.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	z, err := e.ECDH(a.es)
	if err != nil {
		return nil, err
	}
	b, h := k.binding(), wire.Transcript(a.digest, pointD, e.PublicKey().Bytes())
	wrap, err := wire.WrapVerifiers(b.WrapKey(z, h), b.PINVerifier(k.Kp, pin), nil)
	if err != nil {
		return nil, err
	}
	return &wire.NewPIN{E: e.PublicKey().Bytes(), Wrap: wrap}, nil
}
