package client

import (
	"context"

	"github.com/nodkey/nodkey/wire"
)

// Subscribe tells a key's server where messages for it are to be sent, in place of what was told before (docs/protocol.md §5.7).
// This phone takes none itself: the subscription is that of something that does.
func (p *Phone) Subscribe(ctx context.Context, keyID string, s wire.SubscribeRequest) error {
	k, err := p.key(keyID)
	if err != nil {
		return err
	}
	return p.signed(ctx, k, "/push/subscribe", s, &struct{}{})
}
