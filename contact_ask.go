package nodkey

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// ContactWait is a code that was sent and is awaited.
type ContactWait struct {
	Channel   SummaryChannel
	Address   string // empty where only the hint may be shown
	Hint      string
	Left      int           // tries; none: it was mistyped too often, or is too old
	Remaining time.Duration // how long the code works
	Again     time.Duration // until another code may be asked for; zero: now
}

// newTry draws a code for an address.
func (k *Contacts) newTry(channel SummaryChannel, address string, now time.Time) (ContactTry, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return ContactTry{}, err
	}
	code := fmt.Sprintf("%06d", n)
	try := ContactTry{ID: ContactTryID(newID()), CreatedAt: now, Channel: channel, State: ContactOpen, DueAt: now, ExpiresAt: now.Add(contactLife)}
	try.CodeHash = k.contactHash(try.ID, code)
	if try.Address, err = k.id.seal("contact_tries", "address", string(try.ID), []byte(address)); err != nil {
		return ContactTry{}, err
	}
	try.Code, err = k.id.seal("contact_tries", "code", string(try.ID), []byte(code))
	return try, err
}

func (k *Contacts) contactHash(id ContactTryID, code string) []byte {
	return k.id.codeHash("contact code", string(id), code)
}

func (k *Contacts) openTry(try ContactTry) (string, error) {
	raw, err := k.id.open("contact_tries", "address", string(try.ID), try.Address)
	return string(raw), err
}

// Ask sends a code of six digits to an address that the caller says is theirs; the newest code counts, and what waits for a
// phone's yes for that channel ends. Errors: contact.email, contact.phone, contact.channel, contact.closed where nothing leaves that way, contact.same for the
// address that is in force, contact.soon with Seconds, sign_in.no_phone where no phone could say yes, session.*.
func (k *Contacts) Ask(ctx context.Context, c Caller, channel SummaryChannel, typed string) error {
	if _, err := c.withSession(Full); err != nil {
		return err
	}
	address, err := parseAddress(channel, typed)
	if err != nil {
		return err
	}
	now := k.now()
	try, err := k.newTry(channel, address, now)
	if err != nil {
		return AsError(err)
	}
	var ended []Approval
	err = k.Store.Update(ctx, func(tx Tx) error {
		session, err := k.live(tx, c, Full)
		if err != nil {
			return err
		}
		user, err := tx.User(session.UserID)
		if err != nil {
			return err
		}
		if err := k.mayAsk(tx, user, channel, address); err != nil {
			return err
		}
		if err := k.chargeCode(tx, ForAddress, user.ID, channel, address, now); err != nil {
			return err
		}
		if ended, err = k.endTries(tx, c, user.ID, channel, now); err != nil {
			return err
		}
		language, err := k.languageFor(tx, c, user)
		if err != nil {
			return err
		}
		try.UserID, try.Language = user.ID, language
		if err := tx.InsertContactTry(try); err != nil {
			return err
		}
		return k.record(tx, c, now, "contact.asked", user.ID, string(try.ID), "channel", channel)
	})
	if err != nil {
		return AsError(err)
	}
	for _, a := range ended {
		k.announce(a)
	}
	k.Bus.Publish(topicOfSummaries)
	return nil
}

// languageFor is what a code is written in: the language that the user chose for messages or the desk gave the account, else that
// of the page which asks.
func (k *Contacts) languageFor(tx Tx, c Caller, user User) (string, error) {
	settings, err := tx.MessageSettings(user.ID)
	switch {
	case err == nil:
		return settings.First, nil
	case !errors.Is(err, ErrNoRow):
		return "", err
	case user.Locale != "":
		return SpokenTag(user.Locale), nil
	}
	return SpokenTag(c.Locale), nil
}

// mayAsk refuses a code that could lead nowhere.
func (k *Contacts) mayAsk(tx Tx, user User, channel SummaryChannel, address string) error {
	if !k.site.leaves(channel) {
		return fail(Conflict, "contact.closed")
	}
	keys, err := tx.KeysOf(user.ID)
	if err != nil {
		return err
	}
	if len(activeKeys(keys)) == 0 {
		return k.noPhone()
	}
	old, err := tx.Contact(user.ID, channel)
	if errors.Is(err, ErrNoRow) {
		return nil
	}
	if err != nil {
		return err
	}
	if had, err := k.openContact(old); err == nil && had == address { // what does not open is to be replaced
		return fail(Conflict, "contact.same")
	}
	return nil
}

// chargeCode counts a code for its user and for its address, whoever sends to that.
func (k *Contacts) chargeCode(tx Tx, purpose ContactPurpose, user UserID, channel SummaryChannel, address string, now time.Time) error {
	for _, l := range k.codeLimits(purpose, user, channel, address) {
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

func (k *Contacts) codeLimits(purpose ContactPurpose, user UserID, channel SummaryChannel, address string) []chargedBucket {
	mac := wireB64(k.id.codeHash("limit address", string(channel), mailbox(channel, address)))
	limits := []chargedBucket{{contactSoon, "contact:soon:" + string(user)}, {contactHour, "contact:user:" + string(user)}, {contactHour, "contact:to:" + mac}}
	if purpose == ForAddress {
		limits = append(limits, chargedBucket{contactDay, "contact:day:" + string(user)})
	}
	return limits
}

// endTries takes what is under way for a user's channel out of play: the code that is awaited, and what waits for a phone's yes.
func (k *Contacts) endTries(tx Tx, c Caller, user UserID, channel SummaryChannel, now time.Time) ([]Approval, error) {
	old, err := tx.NewestContactTry(user, channel)
	if err == nil && old.State != ContactEnded {
		old.State, old.Code = ContactEnded, nil
		err = tx.SaveContactTry(old)
	}
	if err != nil && !errors.Is(err, ErrNoRow) {
		return nil, err
	}
	return k.cancelApprovals(tx, c, user, func(a Approval) bool { return a.ofContact(channel) }, now)
}

// Again sends another code to the address of the newest try. Errors: contact.none, and those of Ask.
func (k *Contacts) Again(ctx context.Context, c Caller, channel SummaryChannel) error {
	wait, err := k.Trying(ctx, c, channel)
	if err != nil {
		return err
	}
	return k.Ask(ctx, c, channel, wait.Address)
}

// Trying tells of the code that the caller's newest try awaits. Errors: contact.none when there was none, or it has led to
// something; session.*.
func (k *Contacts) Trying(ctx context.Context, c Caller, channel SummaryChannel) (ContactWait, error) {
	if _, err := c.withSession(Full); err != nil {
		return ContactWait{}, err
	}
	now := k.now()
	var out ContactWait
	err := k.Store.View(ctx, func(tx Tx) error {
		session, err := k.live(tx, c, Full)
		if err != nil {
			return err
		}
		try, err := tx.NewestContactTry(session.UserID, channel)
		if errors.Is(err, ErrNoRow) || err == nil && try.State != ContactOpen {
			return fail(Conflict, "contact.none")
		}
		if err != nil {
			return err
		}
		out, err = k.waitOf(tx, try, now)
		return err
	})
	return out, wrap(err)
}

// waitOf is what the page of a code shows.
func (k *Contacts) waitOf(tx Tx, try ContactTry, now time.Time) (ContactWait, error) {
	address, err := k.openTry(try)
	if err != nil {
		return ContactWait{}, err
	}
	out := ContactWait{Channel: try.Channel, Address: address, Hint: hintOf(try.Channel, address),
		Left: max(0, ContactTries-try.Tries), Remaining: try.ExpiresAt.Sub(now)}
	if out.Remaining <= 0 {
		out.Left, out.Remaining = 0, 0
	}
	for _, l := range k.codeLimits(try.purpose(), try.UserID, try.Channel, address) {
		wait, err := l.rule.wait(tx, l.name, 1, now)
		if err != nil {
			return ContactWait{}, err
		}
		out.Again = max(out.Again, wait)
	}
	return out, nil
}

// readContactCode gives the six digits that were typed; blanks and hyphens between them and full-width digits do not matter.
func readContactCode(typed string) (string, error) {
	if len(typed) <= 64 {
		code, _ := readCode(typed)
		if len(code) == 6 && strings.Trim(code, "0123456789") == "" {
			return code, nil
		}
	}
	return "", fail(BadInput, "contact.shape")
}

// Confirm checks the code and asks the user's phones: a yes makes the address the user's. A wrong code counts, whatever else
// happens. Errors: contact.shape for what is no code, which counts for nothing; contact.code with Left, contact.none when there
// is none to confirm any more, sign_in.no_phone, user.slow, session.*.
func (k *Contacts) Confirm(ctx context.Context, c Caller, channel SummaryChannel, typed string) (ApprovalID, error) {
	if _, err := c.withSession(Full); err != nil {
		return "", err
	}
	code, err := readContactCode(typed)
	if err != nil {
		return "", err
	}
	now := k.now()
	var try ContactTry
	var refused error
	err = k.Store.Update(ctx, func(tx Tx) error {
		refused = nil
		session, err := k.live(tx, c, Full)
		if err != nil {
			return err
		}
		newest, err := tx.NewestContactTry(session.UserID, channel)
		if err == nil {
			try, err = tx.ReserveContactTry(newest.ID, ContactTries, now)
		}
		if errors.Is(err, ErrNoRow) {
			return fail(Conflict, "contact.none")
		}
		if err != nil {
			return err
		}
		if hmac.Equal(try.CodeHash, k.contactHash(try.ID, code)) {
			try.State, try.Code = ContactVerified, nil
			return errors.Join(tx.SaveContactTry(try), k.record(tx, c, now, "contact.verified", try.UserID, string(try.ID), "channel", channel))
		}
		refused = wrongContactCode(try)
		return k.record(tx, c, now, "contact.wrong_code", try.UserID, string(try.ID), "left", ContactTries-try.Tries)
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return "", AsError(err)
	}
	address, err := k.openTry(try)
	if err != nil {
		return "", AsError(err)
	}
	return k.askPhones(ctx, c, ApproveContactChange, contactPayload{Channel: channel, Address: address, Try: try.ID}, func(tx Tx) error {
		_, err := newestVerified(tx, try.UserID, channel, try.ID)
		return err
	})
}

func wrongContactCode(try ContactTry) error {
	left := ContactTries - try.Tries
	return fail(Refused, "contact.code", "Left", left, "Count", left)
}

// askPhones asks for a change of an address; allowed is asked in the transaction that makes the request.
func (k *Contacts) askPhones(ctx context.Context, c Caller, kind ApprovalKind, p contactPayload, allowed func(Tx) error) (ApprovalID, error) {
	seal := func(id ApprovalID) ([]byte, error) {
		raw, err := json.Marshal(p)
		if err != nil {
			return nil, err
		}
		return k.id.seal("approvals", "payload", string(id), raw)
	}
	return k.askForChangeIf(ctx, c, kind, string(p.Channel), seal, wire.Statement{Item: addressItem(p.Address)}, allowed)
}
