package nodkeytest

import (
	"context"

	"github.com/nodkey/nodkey"
)

// Seen says of an approval how far it has come to the phone.
func (k *PhoneKey) Seen(ctx context.Context, id string, step nodkey.SeenStep) error {
	c, err := k.Caller(ctx)
	if err != nil {
		return err
	}
	return k.Phone.services.Approvals.Seen(ctx, c, nodkey.ApprovalID(id), step)
}

// AskPushTest has a test of the notifications sent to the phone.
func (k *PhoneKey) AskPushTest(ctx context.Context) (Statement, error) {
	return k.ask(ctx, k.Phone.services.Keys.AskPushTest)
}

// Subscribe hands over where the phone takes messages of a channel.
func (k *PhoneKey) Subscribe(ctx context.Context, channel string, s nodkey.Subscription) error {
	c, err := k.Caller(ctx)
	if err != nil {
		return err
	}
	return k.Phone.services.Keys.Subscribe(ctx, c, channel, s)
}

// PushState asks how messages reach the phone.
func (k *PhoneKey) PushState(ctx context.Context) (nodkey.PushState, error) {
	c, err := k.Caller(ctx)
	if err != nil {
		return nodkey.PushState{}, err
	}
	return k.Phone.services.Keys.PushState(ctx, c)
}
