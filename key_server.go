package nodkey

import (
	"context"
	"errors"

	"github.com/nodkey/nodkey/wire"
)

// Server is what a phone is told of this server before it trusts it.
func (k *Keys) Server() wire.Server {
	return wire.Server{
		ID: k.id.serverID, Name: k.site.ServerName, Operator: k.site.Operator, Key: k.id.points.Signing, RPID: k.id.rpID,
		Time: k.now().UnixMilli(), PIN: wire.PINRules{Min: PINMin, Max: PINMax},
	}
}

// States gives where the phones' keys stand, in their order; a key that is gone counts as removed.
func (k *Keys) States(ctx context.Context, phones []Caller) ([]KeyState, error) {
	states := make([]KeyState, len(phones))
	err := k.Store.View(ctx, func(tx Tx) error {
		for i, c := range phones {
			states[i] = KeyRemoved
			if key, err := tx.Key(c.KeyID()); err == nil {
				states[i] = key.StateAt(k.now())
			} else if !errors.Is(err, ErrNoRow) {
				return err
			}
		}
		return nil
	})
	return states, wrap(err)
}

// Bus lets a door wait for what it has read to change.
func (s *Services) Bus(topics ...string) (wake <-chan struct{}, cancel func()) {
	return s.Keys.base.Bus.Subscribe(topics...)
}
