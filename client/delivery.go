package client

import (
	"context"

	"github.com/nodkey/nodkey/wire"
)

// The steps that Seen tells of; each implies those before it.
const (
	Received = "received" // the request reached this phone
	Shown    = "shown"    // it is on its screen
	Opened   = "opened"   // its person opened it
)

// Seen tells an approval's server how far it has come to this phone's person (docs/protocol.md §5.8), for the page that waits.
// Telling it again changes nothing.
func (p *Phone) Seen(ctx context.Context, a Approval, step string) error {
	k, err := p.key(a.Key.ID)
	if err != nil {
		return err
	}
	return p.signed(ctx, k, "/approvals/"+a.ID+"/seen", wire.SeenRequest{What: step}, &struct{}{})
}
