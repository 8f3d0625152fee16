package nodkey

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"
)

// UnsubscribePath is the portal's page that takes an [UnsubscribeToken], by GET to ask and by POST to do it (RFC 8058). The token
// is its query's value UnsubscribeQuery.
const (
	UnsubscribePath  = "/messages/unsubscribe"
	UnsubscribeQuery = "token"
)

// UnsubscribeToken switches one user's summaries of announcements off, and nothing else, without a sign-in. It stands in letters
// that other people may come to see, so it says nothing of the user and opens nothing: base64url of a keyed hash over purpose,
// user and day, with user and day hidden by what only this installation can make of that hash. It holds for a year.
type UnsubscribeToken string

// String hides the token from logs and formatted errors.
func (t UnsubscribeToken) String() string { return "[token]" }

const (
	unsubscribeLife = 366 * 24 * time.Hour
	unsubscribeTag  = 16
	unsubscribeMost = unsubscribeTag + 32 // bytes: the hash, and what it hides
)

func dayOf(t time.Time) uint32 { return uint32(t.Unix() / (24 * 60 * 60)) } //nolint:gosec // until the year 11 million

// unsubscribeToken makes a user's token of a day. Making it again on the same day gives the same one.
func (id *identity) unsubscribeToken(user UserID, now time.Time) UnsubscribeToken {
	inner := append(binary.BigEndian.AppendUint32(nil, dayOf(now)), user...)
	if len(inner) > unsubscribeMost-unsubscribeTag {
		return "" // no id that was made here
	}
	tag := id.unsubscribeHash(inner)
	return UnsubscribeToken(base64.RawURLEncoding.EncodeToString(append(tag, id.unsubscribeMask(tag, inner)...)))
}

func (id *identity) unsubscribeHash(inner []byte) []byte {
	sum := id.ring.MAC("unsubscribe announcements", inner)
	return sum[:unsubscribeTag]
}

// unsubscribeMask hides inner, and shows it again.
func (id *identity) unsubscribeMask(tag, inner []byte) []byte {
	mask := id.ring.MAC("unsubscribe announcements: hidden", tag)
	out := make([]byte, len(inner))
	for i := range inner {
		out[i] = inner[i] ^ mask[i]
	}
	return out
}

// openUnsubscribe gives whose token it is. Error: message.unsubscribe, whatever is wrong with it.
func (id *identity) openUnsubscribe(t UnsubscribeToken, now time.Time) (UserID, error) {
	t = t[:min(len(t), 2*unsubscribeMost)]
	raw, err := base64.RawURLEncoding.DecodeString(string(t))
	whole := base64.RawURLEncoding.EncodeToString(raw) == string(t) // the decoder passes over line breaks
	if err != nil || !whole || len(raw) <= unsubscribeTag+4 || len(raw) > unsubscribeMost {
		return "", fail(BadInput, "message.unsubscribe")
	}
	tag := raw[:unsubscribeTag]
	inner := id.unsubscribeMask(tag, raw[unsubscribeTag:])
	if !hmac.Equal(tag, id.unsubscribeHash(inner)) {
		return "", fail(BadInput, "message.unsubscribe")
	}
	made, today := binary.BigEndian.Uint32(inner), dayOf(now)
	if made > today || today-made > dayOf(time.Unix(0, 0).Add(unsubscribeLife)) {
		return "", fail(BadInput, "message.unsubscribe")
	}
	return UserID(inner[4:]), nil
}

// Subscribed tells whether summaries of announcements still go to the user of a token, for the page that asks. Error:
// message.unsubscribe.
func (m *Messages) Subscribed(ctx context.Context, t UnsubscribeToken) (on bool, err error) {
	err = m.Store.View(ctx, func(tx Tx) error {
		_, settings, err := m.settingsByToken(tx, t)
		on = settings.Announcements
		return err
	})
	return on, wrap(err)
}

// Unsubscribe switches a token's user's summaries of announcements off, by every channel; the announcements still come to the
// message centre. Whoever calls needs no session. Doing it again changes nothing. Errors: message.unsubscribe, user.slow.
func (m *Messages) Unsubscribe(ctx context.Context, c Caller, t UnsubscribeToken) error {
	if on, err := m.Subscribed(ctx, t); err != nil || !on { // without a write: anybody may ask as often as they like
		return err
	}
	now := m.now()
	return wrap(m.Store.Update(ctx, func(tx Tx) error {
		user, settings, err := m.settingsByToken(tx, t)
		if err != nil || !settings.Announcements {
			return err
		}
		if err := chargeChange(tx, user.ID, now); err != nil {
			return err
		}
		settings.Announcements = false
		if err := tx.SaveMessageSettings(settings); err != nil {
			return err
		}
		return m.record(tx, Caller{Source: c.Source}, now, "message_settings.unsubscribed", user.ID, "")
	}))
}

func (b *base) settingsByToken(tx Tx, t UnsubscribeToken) (User, MessageSettings, error) {
	id, err := b.id.openUnsubscribe(t, b.now())
	if err != nil {
		return User{}, MessageSettings{}, err
	}
	user, err := tx.User(id)
	if errors.Is(err, ErrNoRow) { // who is gone gets nothing any more
		return user, MessageSettings{}, fail(BadInput, "message.unsubscribe")
	}
	if err != nil {
		return user, MessageSettings{}, err
	}
	settings, err := b.messageSettings(tx, user)
	return user, settings, err
}
