package client

import (
	"context"
	"errors"

	"github.com/nodkey/nodkey/wire"
)

// KeyState asks the server what has become of a key and keeps the answer.
func (p *Phone) KeyState(ctx context.Context, keyID string) (Key, error) {
	k, err := p.key(keyID)
	if err != nil {
		return Key{}, err
	}
	var answer wire.ReceiptResponse
	if err := p.signed(ctx, k, "/key", struct{}{}, &answer); err != nil {
		return Key{}, err
	}
	k, err = k.received(answer.Receipt)
	if err != nil {
		return Key{}, err
	}
	err = p.change(func(s *State) {
		for i := range s.Keys {
			if s.Keys[i].ID == k.ID && s.Keys[i].ReceiptAt <= k.ReceiptAt {
				s.Keys[i] = k
			}
		}
	})
	return k.Key, err
}

// RemoveKey removes a key at its server and then on this phone. A key that the server has removed already, or does not
// know, goes as well.
func (p *Phone) RemoveKey(ctx context.Context, keyID string) error {
	k, err := p.key(keyID)
	if err != nil {
		return err
	}
	err = p.signed(ctx, k, "/key/remove", struct{}{}, &struct{}{})
	var api *APIError
	if errors.As(err, &api) && (api.Kind == "not_found" || api.Kind == "conflict" || api.Key == "key.removed") {
		err = nil
	}
	if err != nil {
		return err
	}
	return p.Forget(keyID)
}

// Forget drops a key, or a submission without a receipt, on this phone only. The server still counts it as active.
func (p *Phone) Forget(keyID string) error {
	return p.change(func(s *State) { s.drop(keyID) })
}
