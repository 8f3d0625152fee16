package nodkey

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// contactPayload is what a yes puts in force, or takes away.
type contactPayload struct {
	Channel SummaryChannel `json:"channel"`
	Address string         `json:"address"`
	Try     ContactTryID   `json:"try,omitempty"` // which verified it
}

// ofContact reports whether an approval asks for a change of a user's address of a channel.
func (a Approval) ofContact(channel SummaryChannel) bool {
	return a.Kind.aboutContact() && a.Subject == string(channel)
}

// addressMost is how much of an address a statement holds, in characters.
const addressMost = 40

// addressItem is an address as a phone shows it. Of one that is too long the end must be seen: that is where whoever owns an
// e-mail's domain stands, and "mara@example.com.….example.org" must not pass for an address at example.com.
func addressItem(address string) string {
	if len(address) <= addressMost {
		return address
	}
	const begin = 8
	return address[:begin] + "…" + address[len(address)-(addressMost-begin-1):]
}

// newestVerified gives a try that is still the newest of its channel and has led to nothing yet. Error: contact.none.
func newestVerified(tx Tx, user UserID, channel SummaryChannel, id ContactTryID) (ContactTry, error) {
	newest, err := tx.NewestContactTry(user, channel)
	if errors.Is(err, ErrNoRow) || err == nil && (newest.ID != id || newest.State != ContactVerified) {
		return ContactTry{}, fail(Conflict, "contact.none")
	}
	return newest, err
}

// AskRemove asks the user's phones whether the address of a channel may go. Errors: contact.absent, sign_in.no_phone, user.slow,
// session.*.
func (k *Contacts) AskRemove(ctx context.Context, c Caller, channel SummaryChannel) (ApprovalID, error) {
	session, err := c.withSession(Full)
	if err != nil {
		return "", err
	}
	var address string
	err = k.Store.View(ctx, func(tx Tx) error {
		kept, err := contactOf(tx, session.UserID, channel)
		if err != nil {
			return err
		}
		address, err = k.openContact(kept)
		return err
	})
	if err != nil {
		return "", AsError(err)
	}
	return k.askPhones(ctx, c, ApproveContactRemove, contactPayload{Channel: channel, Address: address}, func(Tx) error { return nil })
}

// changeContact prepares what a yes to a change of an address does. What was overtaken meanwhile, by a newer try or the desk, does
// nothing any more.
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
		c := Caller{key: deciding}
		if a.Kind == ApproveContactRemove {
			old, err := tx.Contact(user.ID, p.Channel)
			if errors.Is(err, ErrNoRow) {
				return overError(ApprovalCancelled)
			}
			if err != nil {
				return err
			}
			if had, err := b.openContact(old); err != nil || had != p.Address {
				return overError(ApprovalCancelled)
			}
			return b.dropContact(tx, c, user, old, a.Source, now)
		}
		try, err := newestVerified(tx, user.ID, p.Channel, p.Try)
		if HasKey(err, "contact.none") {
			return overError(ApprovalCancelled)
		}
		if err != nil {
			return err
		}
		try.State = ContactEnded
		if err := tx.SaveContactTry(try); err != nil {
			return err
		}
		return b.putContact(tx, c, user, p, a.Source, now)
	}, nil
}

// putContact makes an address a user's, and tells both the user and the old address.
func (b *base) putContact(tx Tx, c Caller, user User, p contactPayload, from string, now time.Time) error {
	old, err := tx.Contact(user.ID, p.Channel)
	if err != nil && !errors.Is(err, ErrNoRow) {
		return err
	}
	had := err == nil
	if err := b.saveContact(tx, c, user.ID, p, now); err != nil {
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

func (b *base) saveContact(tx Tx, c Caller, user UserID, p contactPayload, now time.Time) (err error) {
	fresh := SealedContact{ID: contactID(user, p.Channel), UserID: user, Channel: p.Channel, VerifiedAt: now}
	if c.key != nil {
		fresh.ApprovedBy = c.key.ID
	}
	if fresh.Address, err = b.id.seal("contacts", "address", fresh.ID, []byte(p.Address)); err != nil {
		return err
	}
	return tx.SaveContact(fresh)
}

// dropContact takes an address away and tells both the user and the address. Summaries that would have gone there stay in the
// message centre.
func (b *base) dropContact(tx Tx, c Caller, user User, old SealedContact, from string, now time.Time) error {
	if err := tx.DeleteContact(user.ID, old.Channel); err != nil {
		return err
	}
	settings, err := tx.MessageSettings(user.ID)
	if err == nil {
		settings.Delivery = settings.Delivery.without(old.Channel)
		err = tx.SaveMessageSettings(settings)
	}
	if err != nil && !errors.Is(err, ErrNoRow) { // who saved none has none to change
		return err
	}
	n := AccountNotice{Kind: NoticeContactRemoved, From: from}
	if address, err := b.openContact(old); err == nil {
		n.Contact = hintOf(old.Channel, address)
	}
	m, err := b.noticed(tx, c, user, n, now)
	if err != nil {
		return err
	}
	return errors.Join(b.tellOld(tx, m, old, now), b.record(tx, c, now, "contact.removed", user.ID, string(m.ID), "channel", old.Channel))
}

// dropContactsOf takes away the addresses that a stranger's keys said yes to. What was there before them nobody knows any more: the
// desk sets it again.
func (b *base) dropContactsOf(tx Tx, c Caller, id UserID, strangers []KeyID, now time.Time) error {
	user, err := tx.User(id)
	if err != nil {
		return err
	}
	for _, channel := range SummaryChannels() {
		kept, err := tx.Contact(id, channel)
		if errors.Is(err, ErrNoRow) || err == nil && !slices.Contains(strangers, kept.ApprovedBy) {
			continue
		}
		if err == nil {
			err = b.dropContact(tx, c, user, kept, "", now)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tellOld writes the summary that goes to an address which is not the user's any more.
func (b *base) tellOld(tx Tx, m SealedMessage, old SealedContact, now time.Time) error {
	address, err := b.openContact(old)
	if err != nil || !b.site.leaves(old.Channel) {
		return nil // it never will open, or nothing goes there: there is nobody to tell
	}
	s := SealedSummary{ID: SummaryID(newID()), MessageID: m.ID, UserID: m.UserID, Channel: old.Channel, CreatedAt: now, Reason: SummaryNew,
		Urgent: true, ExpiresAt: now.Add(summaryLife), State: SummaryWaiting, DueAt: now}
	if s.Address, err = b.id.seal("summaries", "address", string(s.ID), []byte(address)); err != nil {
		return err
	}
	_, err = tx.InsertSummary(s)
	return err
}
