package nodkey

import (
	"context"
	"errors"
	"time"
)

// ContactTries is how often a code may be typed.
const ContactTries = 5

// Contacts are where people can be reached: an e-mail address and a telephone number, each verified by a code that is sent to it.
// A phone says yes to a change, and the old address is told.
type Contacts struct{ *base }

const (
	contactLife  = 10 * time.Minute
	contactLease = 30 * time.Second // longer than sending a code takes
)

// The limits on codes: a minute between two, and five an hour at most, for a user and for an address. Somebody who has codes sent
// to numbers of their choice comes to an end for the day, and all together to what leaves on a channel at a time: that waits.
var (
	contactSoon = bucket{size: 1, drain: time.Minute}
	contactHour = bucket{size: 3, drain: 30 * time.Minute}   // three at once and two more as it drains
	contactDay  = bucket{size: 10, drain: 144 * time.Minute} // of a user, to addresses that they name
)

// ContactInfo is an address of the caller's.
type ContactInfo struct {
	Channel    SummaryChannel
	Address    string
	Hint       string // as much of it as a page shows that others may look at
	VerifiedAt time.Time
}

// List gives the caller's verified addresses, e-mail first. Errors: session.*, key.*.
func (k *Contacts) List(ctx context.Context, c Caller) ([]ContactInfo, error) {
	var out []ContactInfo
	err := k.Store.View(ctx, func(tx Tx) error {
		user, err := k.box(tx, c)
		if err != nil {
			return err
		}
		out, err = k.contactsOf(tx, user.ID)
		return err
	})
	return out, wrap(err)
}

// contactsOf gives a user's verified addresses, e-mail first.
func (b *base) contactsOf(tx Tx, user UserID) (out []ContactInfo, err error) {
	for _, channel := range SummaryChannels() {
		kept, err := tx.Contact(user, channel)
		if errors.Is(err, ErrNoRow) {
			continue
		}
		if err != nil {
			return nil, err
		}
		address, err := b.openContact(kept)
		if err != nil {
			return nil, err
		}
		out = append(out, ContactInfo{Channel: channel, Address: address, Hint: hintOf(channel, address), VerifiedAt: kept.VerifiedAt})
	}
	return out, nil
}

// contactOf gives a user's verified address of a channel. Error: contact.absent.
func contactOf(tx Tx, user UserID, channel SummaryChannel) (SealedContact, error) {
	kept, err := tx.Contact(user, channel)
	if errors.Is(err, ErrNoRow) {
		err = fail(Conflict, "contact.absent")
	}
	return kept, err
}

func (b *base) openContact(c SealedContact) (string, error) {
	raw, err := b.id.open("contacts", "address", c.ID, c.Address)
	return string(raw), err
}

// Set gives a user an address that an operator knows to be theirs. What a browser has begun for that channel ends. Errors:
// operator.only, user.unknown, contact.email, contact.phone, contact.channel.
func (k *Contacts) Set(ctx context.Context, c Caller, name string, channel SummaryChannel, typed string) error {
	if err := c.asOperator(); err != nil {
		return err
	}
	address, err := parseAddress(channel, typed)
	if err != nil {
		return err
	}
	return k.operated(ctx, c, name, channel, func(tx Tx, user User, now time.Time) error {
		return k.putContact(tx, c, user, contactPayload{Channel: channel, Address: address}, "", now)
	})
}

// Remove takes a user's address of a channel away for an operator. Errors: operator.only, user.unknown, contact.absent.
func (k *Contacts) Remove(ctx context.Context, c Caller, name string, channel SummaryChannel) error {
	if err := c.asOperator(); err != nil {
		return err
	}
	return k.operated(ctx, c, name, channel, func(tx Tx, user User, now time.Time) error {
		old, err := contactOf(tx, user.ID, channel)
		if err != nil {
			return err
		}
		return k.dropContact(tx, c, user, old, "", now)
	})
}

// operated does an operator's change of a user's address of a channel.
func (k *Contacts) operated(ctx context.Context, c Caller, name string, channel SummaryChannel, change func(Tx, User, time.Time) error) error {
	now := k.now()
	var user User
	var ended []Approval
	err := k.Store.Update(ctx, func(tx Tx) (err error) {
		if user, err = k.userNamed(tx, name); err != nil {
			return err
		}
		if ended, err = k.endTries(tx, c, user.ID, channel, now); err != nil {
			return err
		}
		return change(tx, user, now)
	})
	if err != nil {
		return AsError(err)
	}
	for _, a := range ended {
		k.announce(a)
	}
	k.publishMessages(user.ID)
	return nil
}

// ContactCode is a code that is to be sent now. It is a bearer secret for as long as Left: it goes into no log.
type ContactCode struct {
	ID       ContactTryID
	Channel  SummaryChannel
	For      ContactPurpose
	To       string
	Code     Token // its String hides it
	Language string
	Left     time.Duration
	Until    time.Time // the caller's until then
}

// TakeCodes gives codes that are to be sent on a channel now, at most limit; each is the caller's until its lease ends. Error:
// contact.channel.
func (k *Contacts) TakeCodes(ctx context.Context, channel SummaryChannel, limit int) ([]ContactCode, error) {
	rate, err := k.summariesInAll(channel)
	if err != nil {
		return nil, err
	}
	now := k.now()
	var taken []ContactTry
	idle := false // mostly, and then there is nothing to write
	err = k.Store.View(ctx, func(tx Tx) error {
		due, err := tx.DueContactTries(channel, now, 1)
		idle = len(due) == 0
		return err
	})
	if err != nil || idle {
		return nil, wrap(err)
	}
	err = k.Store.Update(ctx, func(tx Tx) error {
		taken = nil
		due, err := tx.DueContactTries(channel, now, limit)
		if err != nil {
			return err
		}
		for _, try := range due {
			if try.State != ContactOpen || !now.Before(try.ExpiresAt) {
				try.Code = nil
			} else {
				// A rate of their own: a long announcement keeps no code waiting.
				if _, ok, err := rate.take(tx, "codes:"+string(channel), 1, now); err != nil || !ok {
					return err // the rest stays due
				}
				try.DueAt = now.Add(contactLease)
				taken = append(taken, try)
			}
			if err := tx.SaveContactTry(try); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, AsError(err)
	}
	var out []ContactCode
	for _, try := range taken {
		to, err1 := k.openTry(try)
		code, err2 := k.id.open("contact_tries", "code", string(try.ID), try.Code)
		if err1 != nil || err2 != nil {
			continue // its person asks for another
		}
		out = append(out, ContactCode{ID: try.ID, Channel: channel, For: try.purpose(), To: to, Code: Token(code), Language: try.Language, Left: try.ExpiresAt.Sub(now), Until: try.DueAt})
	}
	return out, nil
}

// SettleCode writes down what became of a code: what was sent is forgotten, what failed is due again at once while it lives.
func (k *Contacts) SettleCode(ctx context.Context, id ContactTryID, outcome PushOutcome) error {
	now := k.now()
	return wrap(k.Store.Update(ctx, func(tx Tx) error {
		try, err := tx.ContactTry(id)
		if errors.Is(err, ErrNoRow) || err == nil && try.Code == nil {
			return nil
		}
		if err != nil {
			return err
		}
		action := "contact.code_failed"
		switch outcome {
		case PushRetry:
			try.DueAt = now.Add(pushPauseMax)
			return tx.SaveContactTry(try)
		case PushDelivered:
			action = "contact.code_sent"
		}
		try.Code = nil
		return errors.Join(tx.SaveContactTry(try), k.record(tx, Caller{operator: "system"}, now, action, try.UserID, string(id), "channel", try.Channel))
	}))
}
