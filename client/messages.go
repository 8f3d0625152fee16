package client

import (
	"context"
	"errors"

	"github.com/nodkey/nodkey/wire"
)

// Unread asks every server how many messages wait in its boxes, by key id: at most 100 each (docs/protocol.md §10.2). It needs no
// PIN. Keys of which nothing is told are not active. Errors are as with Approvals.
func (p *Phone) Unread(ctx context.Context) (map[string]int, error) {
	all := map[string]int{}
	var errs []error
	for _, url := range p.servers() {
		var answer wire.UnreadResponse
		err := p.inTime(ctx, url, func() error {
			body, err := p.proofs(url, "/messages/unread")
			if err != nil {
				return err
			}
			return p.call(ctx, request{method: "POST", server: url, path: "/messages/unread", body: body}, &answer)
		})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, k := range p.keysAt(url) { // what a server says of other keys is nothing to this phone
			if n, told := answer.Unread[k.ID]; told && n >= 0 && n <= unreadMost {
				all[k.ID] = n
			}
		}
	}
	return all, errors.Join(errs...)
}

// OpenMessages opens the message centre for a key with its PIN: for 10 minutes by the server's clock, or until ShutMessages. A
// wrong PIN counts: *APIError "pin.wrong". Everything below gets *APIError "messages.closed" without it.
func (p *Phone) OpenMessages(ctx context.Context, keyID, pin string) error {
	_, a, err := p.ask(ctx, keyID, "/messages/open", "messages_open")
	if err != nil {
		return err
	}
	return p.mustApprove(ctx, a, wire.Decision{}, pin)
}

// ShutMessages ends what OpenMessages began; without an opening it changes nothing.
func (p *Phone) ShutMessages(ctx context.Context, keyID string) error {
	k, err := p.key(keyID)
	if err != nil {
		return err
	}
	return p.signed(ctx, k, "/messages/shut", struct{}{}, &struct{}{})
}

// Messages gives a page of the box of a key's user (docs/protocol.md §10.3).
func (p *Phone) Messages(ctx context.Context, keyID string, query wire.MessagesRequest) (wire.MessagesResponse, error) {
	k, err := p.key(keyID)
	if err != nil {
		return wire.MessagesResponse{}, err
	}
	var answer wire.MessagesResponse
	if err := p.signedMost(ctx, k, "/messages", wire.MaxMessageBody, query, &answer); err != nil {
		return wire.MessagesResponse{}, err
	}
	if err := checkPage(answer); err != nil {
		return wire.MessagesResponse{}, fault("answer.wrong", err)
	}
	return answer, nil
}

// ReadMessage gives one message with all that it says, and marks it read. language is a BCP 47 tag, or empty. What a server
// adds while its parts are read comes with the next call.
func (p *Phone) ReadMessage(ctx context.Context, keyID, reference, language string) (wire.MessageResponse, error) {
	k, err := p.key(keyID)
	if err != nil {
		return wire.MessageResponse{}, err
	}
	var whole wire.MessageResponse
	for from := 0; ; {
		var part wire.MessageResponse
		ask := wire.MessageRequest{Reference: reference, Language: language}
		if from > 0 {
			ask.From = &from
		}
		if err := p.signedMost(ctx, k, "/messages/read", wire.MaxMessageBody, ask, &part); err != nil {
			return wire.MessageResponse{}, err
		}
		if err := checkPart(part, reference, len(whole.Entries)); err != nil {
			return wire.MessageResponse{}, fault("answer.wrong", err)
		}
		part.Entries = append(whole.Entries, part.Entries...)
		if whole = part; whole.Next == 0 {
			return whole, nil
		}
		from = whole.Next
	}
}

// Reply adds an answer to a message, signed by the key. It is sent again while the connection fails: the same signature counts
// once. The text is sent as wire.KeptText makes it: *APIError "message.text" where nothing is left of it.
func (p *Phone) Reply(ctx context.Context, keyID, reference, text string) error {
	k, err := p.key(keyID)
	if err != nil {
		return err
	}
	if err := p.measure(ctx, k.Server.URL); err != nil {
		return err
	}
	text = wire.KeptText(text)
	digest := wire.Digest(text)
	signature, err := k.sign(wire.TypReply, wire.Reply{Aud: k.Server.ID, Key: k.ID, Reference: reference, Text: digest[:], Iat: p.serverTime(k.Server.URL).UnixMilli()})
	if err != nil {
		return err
	}
	body := wire.ReplyRequest{Reference: reference, Text: text, Signature: signature}
	return p.again(ctx, func() error { return p.signed(ctx, k, "/messages/reply", body, &struct{}{}) })
}

// SetMessageStatus closes a message ("closed") or takes it back ("open"). Doing it again changes nothing.
func (p *Phone) SetMessageStatus(ctx context.Context, keyID, reference, status string) error {
	k, err := p.key(keyID)
	if err != nil {
		return err
	}
	body := wire.MessageStatusRequest{Reference: reference, Status: status}
	return p.again(ctx, func() error { return p.signed(ctx, k, "/messages/status", body, &struct{}{}) })
}
