package main

import (
	"context"
	"sync"
	"time"

	"github.com/nodkey/nodkey/client"
)

// seenWithin is how long a server may take to hear how far a request has come. The word is for the page that waits: when it does
// not get through, that page speaks of other ways, and nothing else is lost.
const seenWithin = 3 * time.Second

// tellSeen tells servers how far requests have come to this phone's person.
func tellSeen(ctx context.Context, phone *client.Phone, step string, approvals ...client.Approval) {
	ctx, cancel := context.WithTimeout(ctx, seenWithin)
	defer cancel()
	var all sync.WaitGroup
	for _, a := range approvals {
		all.Go(func() { _ = phone.Seen(ctx, a, step) })
	}
	all.Wait()
}
