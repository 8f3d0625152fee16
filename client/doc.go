// Package client is a phone: everything of docs/protocol.md that happens on the phone's side, for the terminal, for the
// bench and for tests.
//
// A Phone is one installation. It holds keys of several users at several servers, asks for approvals and decides them.
//
//	phone, err := client.New(client.Config{Save: save}, state)
//	offer, err := phone.Lookup(ctx, "https://phone.example", "7K2S-9QXN-D3VK-5TBV-W8N4")
//	key, err := phone.Activate(ctx, offer, "7294", "My terminal")
//	open, err := phone.Approvals(ctx)
//	outcome, err := phone.Approve(ctx, open[0], "47", "7294")
//
// It trusts nothing that is not signed by keys it pinned at activation, and pins nothing that the activation code does
// not vouch for. Errors are *APIError for what a server refused, *Fault for what this phone refused, or the transport's.
// State holds private keys: whoever stores it keeps it to one person.
package client
