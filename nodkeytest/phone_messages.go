package nodkeytest

import (
	"context"
	"errors"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/wire"
)

// AskMessages asks for the statement that opens the message centre.
func (k *PhoneKey) AskMessages(ctx context.Context) (Statement, error) {
	return k.ask(ctx, k.Phone.services.Keys.AskMessages)
}

// OpenMessages opens the message centre for this key.
func (k *PhoneKey) OpenMessages(ctx context.Context, a Answer) error {
	s, err := k.AskMessages(ctx)
	if err != nil {
		return err
	}
	got, err := k.Answer(ctx, s, a)
	if err == nil && got.State != "approved" {
		err = errors.New("the answer made it " + got.State)
	}
	return err
}

// ShutMessages ends the opening.
func (k *PhoneKey) ShutMessages(ctx context.Context) error {
	c, err := k.Caller(ctx)
	if err != nil {
		return err
	}
	return k.Phone.services.Messages.Shut(ctx, c)
}

// SignReply signs an answer, whose text is as it is kept. bend may be nil.
func (k *PhoneKey) SignReply(r nodkey.Reference, text string, bend func(*wire.Reply)) (string, error) {
	digest := wire.Digest(text)
	m := wire.Reply{Aud: k.Server.Aud, Key: k.ID, Reference: r.String(), Text: digest[:], Iat: k.Phone.clock.Now().UnixMilli()}
	if bend != nil {
		bend(&m)
	}
	return k.Sign(wire.TypReply, m)
}

// Reply signs an answer and sends it, by a fresh proof.
func (k *PhoneKey) Reply(ctx context.Context, r nodkey.Reference, text string) error {
	signature, err := k.SignReply(r, text, nil)
	if err != nil {
		return err
	}
	c, err := k.Caller(ctx)
	if err != nil {
		return err
	}
	return k.Phone.services.Messages.Reply(ctx, c, r, nodkey.Answer{Text: text, Signature: signature})
}
