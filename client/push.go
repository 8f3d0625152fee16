package client

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"github.com/nodkey/nodkey/wire"
)

// Subscribe tells a key's server where messages for it are to be sent, in place of what was told of that channel before
// (docs/protocol.md §5.7). This phone takes none itself: the subscription is that of something that does.
func (p *Phone) Subscribe(ctx context.Context, keyID string, s wire.SubscribeRequest) error {
	k, err := p.key(keyID)
	if err != nil {
		return err
	}
	return p.signed(ctx, k, "/push/subscribe", s, &struct{}{})
}

// SubscribeNtfy has a topic of an ntfy server told that something waits; see ReadTopic.
func (p *Phone) SubscribeNtfy(ctx context.Context, keyID, topic string) error {
	return p.Subscribe(ctx, keyID, wire.SubscribeRequest{Channel: "ntfy", Endpoint: topic})
}

// Unsubscribe takes the subscription of a channel back, webpush or ntfy, also where there is none.
func (p *Phone) Unsubscribe(ctx context.Context, keyID, channel string) error {
	k, err := p.key(keyID)
	if err != nil {
		return err
	}
	return p.signed(ctx, k, "/push/unsubscribe", wire.UnsubscribeRequest{Channel: channel}, &struct{}{})
}

// PushState asks a key's server how messages reach it (docs/protocol.md §5.10).
func (p *Phone) PushState(ctx context.Context, keyID string) (wire.PushState, error) {
	k, err := p.key(keyID)
	if err != nil {
		return wire.PushState{}, err
	}
	var state wire.PushState
	err = p.signed(ctx, k, "/push/state", struct{}{}, &state)
	return state, err
}

var topicName = regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}$`)

// ReadTopic makes the address of a topic of what somebody typed: an ntfy server's address, and behind it a topic of 1 to 64
// letters, digits, - and _. Without a topic it makes one that nobody can guess. Error: *Fault "topic.address".
func ReadTopic(typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	if !strings.Contains(typed, "://") {
		typed = "https://" + typed
	}
	u, err := url.Parse(typed)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || strings.ContainsAny(typed, "?#%") {
		return "", fault("topic.address", err)
	}
	topic := strings.TrimPrefix(u.Path, "/")
	if topic == "" {
		topic = "nodkey-" + newID()
	}
	if !topicName.MatchString(topic) {
		return "", fault("topic.address", nil)
	}
	return "https://" + strings.ToLower(u.Host) + "/" + topic, nil
}
