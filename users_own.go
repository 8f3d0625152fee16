package nodkey

import (
	"bytes"
	"context"
	"crypto/hmac"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// FirstVisit trades a first-access code for a password of the person's own and a restricted session that may activate the
// first phone. The code is used up. Errors: first.wrong, the same for an unknown name, a wrong, a used and an expired
// code; sign_in.slow; password.*.
func (u *Users) FirstVisit(ctx context.Context, c Caller, typedName, code, password string) (Token, error) {
	name, err := ParseUserName(typedName)
	if err != nil {
		name = "\x00"
	}
	now := u.now()
	user, ch, err := u.chargePassword(ctx, c, name, now)
	if err != nil {
		return "", AsError(err)
	}
	hash := u.firstCodeHash(user.ID, code) // also where there is nothing to compare it with
	right := hmac.Equal(user.FirstCode, hash) && now.Before(user.FirstCodeUntil)
	if !right {
		err := u.Store.Update(ctx, func(tx Tx) error { return u.record(tx, c, now, "first_code.wrong", user.ID, "") })
		if err != nil {
			return "", AsError(err)
		}
		return "", fail(Refused, "first.wrong", "ServiceDesk", u.site.ServiceDesk)
	}
	if err := u.checkNewPassword(password, user); err != nil {
		return "", err
	}
	sealed, err := u.hashPassword(ctx, c, user.ID, password)
	if err != nil {
		return "", AsError(err)
	}
	var token Token
	err = u.Store.Update(ctx, func(tx Tx) error {
		fresh, err := tx.User(user.ID)
		if err != nil {
			return err
		}
		if !hmac.Equal(fresh.FirstCode, user.FirstCode) { // somebody was faster
			return fail(Refused, "first.wrong", "ServiceDesk", u.site.ServiceDesk)
		}
		if err := ch.giveBack(tx, now); err != nil {
			return err
		}
		fresh.FirstCode, fresh.FirstCodeUntil = nil, time.Time{}
		if err := u.newPassword(tx, c, fresh, sealed, "", now); err != nil {
			return err
		}
		if err := u.record(tx, c, now, "password.changed", user.ID, string(user.ID), "by", "first-access code"); err != nil {
			return err
		}
		token, err = u.openRestricted(tx, c, fresh, true, now)
		return err
	})
	return token, wrap(err)
}

// AskPasswordChange checks the old password and asks the user's phones; a yes puts the new one in force. A restricted
// session has no phone to ask: there the old password suffices, and the answer is the zero ApprovalID. Errors:
// password.wrong, sign_in.slow, password.*.
func (u *Users) AskPasswordChange(ctx context.Context, c Caller, old, password string) (ApprovalID, error) {
	session, err := c.withSession(Restricted)
	if err != nil {
		return "", err
	}
	var user User
	err = u.Store.View(ctx, func(tx Tx) (err error) {
		user, err = tx.User(session.UserID)
		return err
	})
	if err != nil {
		return "", AsError(err)
	}
	now := u.now()
	user, ch, err := u.chargePassword(ctx, c, user.Name, now)
	if err != nil {
		return "", AsError(err)
	}
	ok, _, err := u.verifyPassword(ctx, c, ch.known, user, old)
	if err != nil {
		return "", AsError(err)
	}
	if !ok {
		err := u.Store.Update(ctx, func(tx Tx) error { return u.record(tx, c, now, "password.wrong", user.ID, "") })
		if err != nil {
			return "", AsError(err)
		}
		return "", fail(Refused, "password.wrong")
	}
	if err := u.checkNewPassword(password, user); err != nil {
		return "", err
	}
	phc, err := u.Passwords.Hash(ctx, c.prefix(), true, password)
	if err != nil {
		return "", AsError(err)
	}
	if err := u.Store.Update(ctx, func(tx Tx) error { return ch.giveBack(tx, now) }); err != nil {
		return "", AsError(err)
	}
	if session.Level == Full {
		return u.askForChange(ctx, c, ApprovePasswordChange, string(user.ID), func(id ApprovalID) ([]byte, error) {
			return u.id.seal("approvals", "payload", string(id), []byte(phc))
		}, wire.Statement{})
	}
	sealed, err := u.id.seal("users", "password", string(user.ID), []byte(phc))
	if err != nil {
		return "", AsError(err)
	}
	return "", wrap(u.Store.Update(ctx, func(tx Tx) error {
		own, err := u.live(tx, c, Restricted)
		if err != nil {
			return err
		}
		fresh, err := tx.User(user.ID)
		if err != nil {
			return err
		}
		if err := chargeChange(tx, user.ID, now); err != nil {
			return err
		}
		if !bytes.Equal(fresh.Password, user.Password) { // changed since the old one was checked
			return fail(Refused, "password.wrong")
		}
		keys, err := tx.KeysOf(user.ID)
		if err != nil {
			return err
		}
		if len(activeKeys(keys)) > 0 { // since this session began: now there is a phone to ask
			return fail(Refused, "session.restricted")
		}
		if err := u.newPassword(tx, c, fresh, sealed, own.ID, now); err != nil {
			return err
		}
		return u.record(tx, c, now, "password.changed", user.ID, string(user.ID), "by", "password")
	}))
}
