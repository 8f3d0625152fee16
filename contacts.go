package nodkey

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// Contacts are where people can be reached: an e-mail address and a telephone number, each verified by a code that is sent to it.
// A phone says yes to a change, and the old address is told.
type Contacts struct{ *base }

const (
	contactLife  = 10 * time.Minute
	contactTries = 5
	contactLease = 30 * time.Second // longer than sending a code takes
)

// The limits on codes: a minute between two, and five an hour at most, for a user and for an address.
var (
	contactSoon = bucket{size: 1, drain: time.Minute}
	contactHour = bucket{size: 3, drain: 30 * time.Minute} // three at once and two more as it drains
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
	var kept []SealedContact
	err := k.Store.View(ctx, func(tx Tx) error {
		kept = nil
		user, err := k.box(tx, c)
		if err != nil {
			return err
		}
		for _, channel := range []SummaryChannel{SummaryEmail, SummarySMS} {
			contact, err := tx.Contact(user.ID, channel)
			if errors.Is(err, ErrNoRow) {
				continue
			}
			if err != nil {
				return err
			}
			kept = append(kept, contact)
		}
		return nil
	})
	if err != nil {
		return nil, AsError(err)
	}
	var out []ContactInfo
	for _, x := range kept {
		address, err := k.openContact(x)
		if err != nil {
			return nil, AsError(err)
		}
		out = append(out, ContactInfo{Channel: x.Channel, Address: address, Hint: hintOf(x.Channel, address), VerifiedAt: x.VerifiedAt})
	}
	return out, nil
}

func (b *base) openContact(c SealedContact) (string, error) {
	raw, err := b.id.open("contacts", "address", c.ID, c.Address)
	return string(raw), err
}

// Ask sends a code of six digits to an address that the caller says is theirs; the newest code counts. Errors: contact.email,
// contact.phone, contact.channel, contact.soon, session.*.
func (k *Contacts) Ask(ctx context.Context, c Caller, channel SummaryChannel, typed string) error {
	if _, err := c.withSession(Full); err != nil {
		return err
	}
	address, err := parseAddress(channel, typed)
	if err != nil {
		return err
	}
	now := k.now()
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return AsError(err)
	}
	code := fmt.Sprintf("%06d", n)
	try := ContactTry{ID: ContactTryID(newID()), CreatedAt: now, Channel: channel, State: ContactOpen, DueAt: now, ExpiresAt: now.Add(contactLife)}
	try.CodeHash = k.id.codeHash("contact code", string(try.ID), code)
	if try.Address, err = k.id.seal("contact_tries", "address", string(try.ID), []byte(address)); err != nil {
		return AsError(err)
	}
	if try.Code, err = k.id.seal("contact_tries", "code", string(try.ID), []byte(code)); err != nil {
		return AsError(err)
	}
	err = k.Store.Update(ctx, func(tx Tx) error {
		session, err := k.live(tx, c, Full)
		if err != nil {
			return err
		}
		user, err := tx.User(session.UserID)
		if err != nil {
			return err
		}
		if err := k.chargeCode(tx, user.ID, channel, address, now); err != nil {
			return err
		}
		if err := endTry(tx, user.ID, channel, ContactEnded); err != nil {
			return err
		}
		settings, err := k.messageSettings(tx, user)
		if err != nil {
			return err
		}
		try.UserID, try.Language = user.ID, settings.First
		if err := tx.InsertContactTry(try); err != nil {
			return err
		}
		return k.record(tx, c, now, "contact.asked", user.ID, string(try.ID), "channel", channel)
	})
	if err == nil {
		k.Bus.Publish(topicOfSummaries)
	}
	return wrap(err)
}

// chargeCode counts a code for its user and for its address, whoever sends to that.
func (k *Contacts) chargeCode(tx Tx, user UserID, channel SummaryChannel, address string, now time.Time) error {
	mac := wireB64(k.id.codeHash("limit address", string(channel), address))
	for _, l := range []struct {
		rule bucket
		name string
	}{{contactSoon, "contact:soon:" + string(user)}, {contactHour, "contact:user:" + string(user)}, {contactHour, "contact:to:" + mac}} {
		wait, ok, err := l.rule.take(tx, l.name, 1, now)
		if err != nil {
			return err
		}
		if !ok {
			return limited("contact.soon", wait)
		}
	}
	return nil
}

// endTry takes a user's newest try of a channel out of play, when it is still open.
func endTry(tx Tx, user UserID, channel SummaryChannel, to ContactTryState) error {
	old, err := tx.NewestContactTry(user, channel)
	if errors.Is(err, ErrNoRow) || err == nil && old.State != ContactOpen {
		return nil
	}
	if err != nil {
		return err
	}
	old.State, old.Code = to, nil
	return tx.SaveContactTry(old)
}

// contactPayload is what a yes puts in force.
type contactPayload struct {
	Channel SummaryChannel `json:"channel"`
	Address string         `json:"address"`
}

// Confirm checks the code and asks the user's phones: a yes makes the address the user's. A wrong code counts, whatever else
// happens. Errors: contact.code with Left, contact.none when there is none to confirm any more, sign_in.no_phone, user.slow,
// session.*.
func (k *Contacts) Confirm(ctx context.Context, c Caller, channel SummaryChannel, code string) (ApprovalID, error) {
	if _, err := c.withSession(Full); err != nil {
		return "", err
	}
	now := k.now()
	var try ContactTry
	var refused error
	err := k.Store.Update(ctx, func(tx Tx) error {
		refused = nil
		session, err := k.live(tx, c, Full)
		if err != nil {
			return err
		}
		newest, err := tx.NewestContactTry(session.UserID, channel)
		if err == nil {
			try, err = tx.ReserveContactTry(newest.ID, contactTries, now)
		}
		if errors.Is(err, ErrNoRow) {
			return fail(Conflict, "contact.none")
		}
		if err != nil {
			return err
		}
		if hmac.Equal(try.CodeHash, k.id.codeHash("contact code", string(try.ID), code)) {
			try.State, try.Code = ContactVerified, nil
			return errors.Join(tx.SaveContactTry(try), k.record(tx, c, now, "contact.verified", try.UserID, string(try.ID), "channel", channel))
		}
		left := contactTries - try.Tries
		refused = fail(Refused, "contact.code", "Left", left, "Count", left)
		return k.record(tx, c, now, "contact.wrong_code", try.UserID, string(try.ID), "left", left)
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return "", AsError(err)
	}
	address, err := k.id.open("contact_tries", "address", string(try.ID), try.Address)
	if err != nil {
		return "", AsError(err)
	}
	return k.askForChange(ctx, c, ApproveContactChange, string(channel), func(id ApprovalID) ([]byte, error) {
		raw, err := json.Marshal(contactPayload{Channel: channel, Address: string(address)})
		if err != nil {
			return nil, err
		}
		return k.id.seal("approvals", "payload", string(id), raw)
	}, wire.Statement{Item: clip(string(address), 40)})
}

// changeContact prepares what a yes to a new address does.
func (b *base) changeContact(a Approval, now time.Time) (func(Tx, *Key) error, error) {
	raw, err := b.id.open("approvals", "payload", string(a.ID), a.Payload)
	if err != nil {
		return nil, AsError(err)
	}
	var p contactPayload
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, AsError(err)
	}
	return func(tx Tx, deciding *Key) error {
		user, err := tx.User(a.UserID)
		if err != nil {
			return err
		}
		return b.putContact(tx, Caller{key: deciding}, user, p, a.Source, now)
	}, nil
}

// putContact makes an address a user's, and tells both the user and the old address.
func (b *base) putContact(tx Tx, c Caller, user User, p contactPayload, from string, now time.Time) error {
	old, err := tx.Contact(user.ID, p.Channel)
	if err != nil && !errors.Is(err, ErrNoRow) {
		return err
	}
	had := err == nil
	fresh := SealedContact{ID: contactID(user.ID, p.Channel), UserID: user.ID, Channel: p.Channel, VerifiedAt: now}
	if fresh.Address, err = b.id.seal("contacts", "address", fresh.ID, []byte(p.Address)); err != nil {
		return err
	}
	if err := tx.SaveContact(fresh); err != nil {
		return err
	}
	m, err := b.noticed(tx, c, user, AccountNotice{Kind: NoticeContactChanged, Contact: hintOf(p.Channel, p.Address), From: from}, now)
	if err != nil {
		return err
	}
	if had {
		if err := b.tellOld(tx, m, old, now); err != nil {
			return err
		}
	}
	return b.record(tx, c, now, "contact.changed", user.ID, string(m.ID), "channel", p.Channel, "had", had)
}

// tellOld writes the summary that goes to an address which is not the user's any more.
func (b *base) tellOld(tx Tx, m SealedMessage, old SealedContact, now time.Time) error {
	address, err := b.openContact(old)
	if err != nil {
		return nil // it never will open: there is nobody to tell
	}
	s := SealedSummary{ID: SummaryID(newID()), MessageID: m.ID, UserID: m.UserID, Channel: old.Channel, CreatedAt: now, Reason: SummaryNew,
		Urgent: true, ExpiresAt: now.Add(summaryLife), State: SummaryWaiting, DueAt: now}
	if s.Address, err = b.id.seal("summaries", "address", string(s.ID), []byte(address)); err != nil {
		return err
	}
	_, err = tx.InsertSummary(s)
	return err
}

// Set gives a user an address that an operator knows to be theirs. Errors: operator.only, user.unknown, contact.email,
// contact.phone, contact.channel.
func (k *Contacts) Set(ctx context.Context, c Caller, name string, channel SummaryChannel, typed string) error {
	if err := c.asOperator(); err != nil {
		return err
	}
	address, err := parseAddress(channel, typed)
	if err != nil {
		return err
	}
	now := k.now()
	var user User
	err = k.Store.Update(ctx, func(tx Tx) (err error) {
		if user, err = k.userNamed(tx, name); err != nil {
			return err
		}
		if err := endTry(tx, user.ID, channel, ContactEnded); err != nil {
			return err
		}
		return k.putContact(tx, c, user, contactPayload{Channel: channel, Address: address}, "", now)
	})
	if err == nil {
		k.publishMessages(user.ID)
	}
	return wrap(err)
}

// ContactCode is a code that is to be sent now. It is a bearer secret for as long as Left: it goes into no log.
type ContactCode struct {
	ID       ContactTryID
	Channel  SummaryChannel
	To       string
	Code     Token // its String hides it
	Language string
	Left     time.Duration
	Until    time.Time // the caller's until then
}

// TakeCodes gives codes that are to be sent on a channel now, at most limit; each is the caller's until its lease ends.
func (k *Contacts) TakeCodes(ctx context.Context, channel SummaryChannel, limit int) ([]ContactCode, error) {
	now := k.now()
	var taken []ContactTry
	idle := false // mostly, and then there is nothing to write
	err := k.Store.View(ctx, func(tx Tx) error {
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
		to, err1 := k.id.open("contact_tries", "address", string(try.ID), try.Address)
		code, err2 := k.id.open("contact_tries", "code", string(try.ID), try.Code)
		if err1 != nil || err2 != nil {
			continue // its person asks for another
		}
		out = append(out, ContactCode{ID: try.ID, Channel: channel, To: string(to), Code: Token(code), Language: try.Language, Left: try.ExpiresAt.Sub(now), Until: try.DueAt})
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
