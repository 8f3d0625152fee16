package nodkey

import (
	"context"
	"crypto/hmac"
	"errors"
	"time"
)

// contactGuesses bounds wrong codes before a first activation. Five tries a code and five codes an hour alone would let somebody
// who knows the password go on for years; the service desk's way stays open.
var contactGuesses = bucket{size: 25, drain: 6 * time.Hour}

func guessesBucket(user UserID) string { return "contact:guesses:" + string(user) }

// ContactProof is what a person without a phone may prove: that a contact on record is theirs (Policy.ActivationFirst is
// FirstByContact).
type ContactProof struct {
	Ways []ContactWay // e-mail first; none: the service desk has to help
	Wait *ContactWait // a code that the session asked for; nil: none. Its address stays empty.
}

// ContactWay is a contact on record, as much of it as somebody may see who gave the password alone.
type ContactWay struct {
	Channel SummaryChannel
	Hint    string
}

// Proof tells what the caller's session may prove before its first activation. Errors: activation.* for who may not or need
// not, sign_in.no_phone, sign_in.suspended, session.*.
func (k *Contacts) Proof(ctx context.Context, c Caller) (ContactProof, error) {
	now := k.now()
	var out ContactProof
	err := k.Store.View(ctx, func(tx Tx) error {
		out = ContactProof{}
		session, _, err := k.mayProve(tx, c)
		if err != nil {
			return err
		}
		for _, channel := range SummaryChannels() {
			address, err := k.onRecord(tx, session.UserID, channel)
			if HasKey(err, "contact.absent") {
				continue
			}
			if err != nil {
				return err
			}
			out.Ways = append(out.Ways, ContactWay{Channel: channel, Hint: hintOf(channel, address)})
		}
		try, err := tx.NewestSessionTry(session.ID)
		if errors.Is(err, ErrNoRow) || err == nil && try.State != ContactOpen {
			return nil
		}
		if err != nil {
			return err
		}
		wait, err := k.waitOf(tx, try, now)
		wait.Address = ""
		out.Wait = &wait
		return err
	})
	return out, wrap(err)
}

// mayProve gives the session and the user that a code may be sent for: one without a key, before the first activation.
func (k *Contacts) mayProve(tx Tx, c Caller) (Session, User, error) {
	session, err := k.live(tx, c, Restricted)
	if err != nil {
		return Session{}, User{}, err
	}
	user, err := tx.User(session.UserID)
	if err != nil {
		return Session{}, User{}, err
	}
	keys, err := tx.KeysOf(user.ID)
	if err != nil {
		return Session{}, User{}, err
	}
	if session.Level != Restricted || session.MayActivate {
		return Session{}, User{}, fail(Conflict, "activation.proved")
	}
	if err := k.mayActivate(session, keys); !HasKey(err, "activation.contact") {
		return Session{}, User{}, err
	}
	if user.HadKey { // the last phone is gone: that is no first activation
		return Session{}, User{}, k.noPhone()
	}
	return session, user, nil
}

// onRecord gives a user's verified address of a channel that a code can go to. Error: contact.absent.
func (k *Contacts) onRecord(tx Tx, user UserID, channel SummaryChannel) (string, error) {
	kept, err := contactOf(tx, user, channel)
	if err != nil {
		return "", err
	}
	if !k.site.leaves(channel) {
		return "", fail(Conflict, "contact.absent")
	}
	return k.openContact(kept)
}

// AskProof sends a code of six digits to a contact on record, for the caller's session alone; the newest code counts. Errors:
// contact.channel, contact.absent, contact.soon with Seconds, and those of Proof.
func (k *Contacts) AskProof(ctx context.Context, c Caller, channel SummaryChannel) error {
	if channel != SummaryEmail && channel != SummarySMS {
		return fail(BadInput, "contact.channel")
	}
	now := k.now()
	err := k.Store.Update(ctx, func(tx Tx) error {
		session, user, err := k.mayProve(tx, c)
		if err != nil {
			return err
		}
		address, err := k.onRecord(tx, user.ID, channel)
		if err != nil {
			return err
		}
		if err := k.chargeCode(tx, ForActivation, user.ID, channel, address, now); err != nil {
			return err
		}
		if err := endSessionTry(tx, session.ID); err != nil {
			return err
		}
		language, err := k.languageFor(tx, c, user)
		if err != nil {
			return err
		}
		try, err := k.newTry(channel, address, now)
		if err != nil {
			return err
		}
		try.UserID, try.SessionID, try.Language = user.ID, session.ID, language
		if err := tx.InsertContactTry(try); err != nil {
			return err
		}
		return k.record(tx, c, now, "activation.code_asked", user.ID, string(try.ID), "channel", channel)
	})
	if err == nil {
		k.Bus.Publish(topicOfSummaries)
	}
	return wrap(err)
}

func endSessionTry(tx Tx, session SessionID) error {
	old, err := tx.NewestSessionTry(session)
	if errors.Is(err, ErrNoRow) || err == nil && old.State != ContactOpen {
		return nil
	}
	if err != nil {
		return err
	}
	old.State, old.Code = ContactEnded, nil
	return tx.SaveContactTry(old)
}

// ConfirmProof checks the code that was sent for the caller's session: with the right one, the session may activate the first
// phone. A wrong code counts, whatever else happens. Errors: contact.shape, contact.code with Left, contact.none when there is
// none any more or the contact has changed, contact.guesses after too many wrong ones, and those of Proof.
func (k *Contacts) ConfirmProof(ctx context.Context, c Caller, typed string) error {
	code, err := readContactCode(typed)
	if err != nil {
		return err
	}
	now := k.now()
	var refused error
	err = k.Store.Update(ctx, func(tx Tx) error {
		refused = nil
		session, user, err := k.mayProve(tx, c)
		if err != nil {
			return err
		}
		newest, err := tx.NewestSessionTry(session.ID)
		if err != nil && !errors.Is(err, ErrNoRow) {
			return err
		}
		if errors.Is(err, ErrNoRow) || !k.stillOnRecord(tx, newest) {
			return fail(Conflict, "contact.none")
		}
		if _, ok, err := contactGuesses.take(tx, guessesBucket(user.ID), 1, now); err != nil || !ok {
			refused = fail(Limited, "contact.guesses", "ServiceDesk", k.site.ServiceDesk)
			return err
		}
		try, err := tx.ReserveContactTry(newest.ID, ContactTries, now)
		if errors.Is(err, ErrNoRow) {
			return fail(Conflict, "contact.none")
		}
		if err != nil {
			return err
		}
		if !hmac.Equal(try.CodeHash, k.contactHash(try.ID, code)) {
			refused = wrongContactCode(try)
			return k.record(tx, c, now, "activation.wrong_code", user.ID, string(try.ID), "left", ContactTries-try.Tries)
		}
		if err := contactGuesses.add(tx, guessesBucket(user.ID), -1, now); err != nil {
			return err
		}
		try.State, try.Code, session.MayActivate = ContactEnded, nil, true
		return errors.Join(tx.SaveContactTry(try), tx.SaveSession(session),
			k.record(tx, c, now, "activation.code_right", user.ID, string(try.ID), "channel", try.Channel))
	})
	if err == nil {
		err = refused
	}
	return wrap(err)
}

// stillOnRecord reports whether a code went to what is the user's address now: one that the desk has replaced proves nothing.
func (k *Contacts) stillOnRecord(tx Tx, try ContactTry) bool {
	now, err := k.onRecord(tx, try.UserID, try.Channel)
	if err != nil {
		return false
	}
	then, err := k.openTry(try)
	return err == nil && then == now
}
