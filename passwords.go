package nodkey

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// passwordMax is the longest password in code points; NIST SP 800-63B-4 §3.1.1.2 asks for at least 64.
const passwordMax = 256

// checkNewPassword applies the rules for new passwords: a least length, and none that the account's own words give away.
func (b *base) checkNewPassword(password string, user User) error {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password):
		return fail(BadInput, "password.text")
	case n < b.policy.PasswordMin:
		return fail(BadInput, "password.short", "Min", b.policy.PasswordMin)
	case n > passwordMax:
		return fail(BadInput, "password.long", "Max", passwordMax)
	}
	lower := strings.ToLower(password)
	if strings.Trim(lower, lower[:1]) == "" {
		return fail(BadInput, "password.guessable")
	}
	for _, word := range []string{user.Name, user.DisplayName, b.site.ServerName, b.site.Operator, "password", "passwort", "nodkey"} {
		word = strings.ToLower(word)
		if len(word) >= 3 && strings.Contains(lower, word) && n-utf8.RuneCountInString(word) < 6 {
			return fail(BadInput, "password.guessable")
		}
	}
	return nil
}

// hashPassword gives the sealed hash that User.Password keeps.
func (b *base) hashPassword(ctx context.Context, c Caller, user UserID, password string) ([]byte, error) {
	phc, err := b.Passwords.Hash(ctx, c.prefix(), true, password)
	if err != nil {
		return nil, err
	}
	return b.id.seal("users", "password", string(user), []byte(phc))
}

// verifyPassword compares; a user without password, or none at all (the zero User), costs the same and is wrong. It gives a
// new sealed hash when the parameters have risen.
func (b *base) verifyPassword(ctx context.Context, c Caller, known bool, user User, password string) (ok bool, renewed []byte, err error) {
	phc := ""
	if len(user.Password) > 0 {
		raw, err := b.id.open("users", "password", string(user.ID), user.Password)
		if err != nil {
			return false, nil, err
		}
		phc = string(raw)
	}
	ok, rehash, err := b.Passwords.Verify(ctx, c.prefix(), known, phc, password)
	if err != nil || !ok || !rehash {
		return ok, nil, err
	}
	renewed, err = b.hashPassword(ctx, c, user.ID, password)
	if err != nil {
		return true, nil, nil //nolint:nilerr // the old hash is as good as before; the next sign-in renews it
	}
	return true, renewed, nil
}

// rightPassword is a name with its password, that were typed and belong together.
type rightPassword struct {
	user    User // as it was when the password was checked
	charge  charge
	renewed []byte // its hash with the parameters of now; nil: it has them
}

// checkPassword checks name and password that were typed in a browser. The try is charged, and given back by whoever makes something
// of it. Errors: sign_in.wrong, the same after the same work for an unknown name; sign_in.slow.
func (b *base) checkPassword(ctx context.Context, c Caller, typedName, password string) (try rightPassword, err error) {
	name, err := ParseUserName(typedName)
	if err != nil || utf8.RuneCountInString(password) > passwordMax {
		name = "\x00" // no user's name: the same work and the same answer follow
	}
	now := b.now()
	if try.user, try.charge, err = b.chargePassword(ctx, c, name, now); err != nil {
		return try, err
	}
	ok, renewed, err := b.verifyPassword(ctx, c, try.charge.known, try.user, password)
	if err != nil {
		return try, err
	}
	if !ok {
		err := b.Store.Update(ctx, func(tx Tx) error { return b.record(tx, c, now, "sign_in.wrong", try.user.ID, "") })
		if err == nil {
			err = fail(Refused, "sign_in.wrong")
		}
		return try, err
	}
	try.renewed = renewed
	return try, nil
}

// stillRight gives the user whose password was checked a moment ago, with its new hash where it has one.
func (b *base) stillRight(tx Tx, try rightPassword) (User, error) {
	fresh, err := tx.User(try.user.ID)
	if errors.Is(err, ErrNoRow) || err == nil && !bytes.Equal(fresh.Password, try.user.Password) {
		return User{}, fail(Unavailable, "server.busy", "Seconds", 1) // changed since it was checked: to be checked again
	}
	if err == nil && try.renewed != nil {
		fresh.Password = try.renewed
		err = tx.SaveUser(fresh)
	}
	return fresh, err
}

// charge is a try at a password or first-access code, taken before it is checked.
type charge struct {
	known   bool // from a browser that the user signed in with
	buckets []chargedBucket
}

type chargedBucket struct {
	rule bucket
	name string
}

// chargePassword finds the user and charges the try to the buckets that apply. The zero User stands for an unknown name,
// which is charged alike.
func (b *base) chargePassword(ctx context.Context, c Caller, name string, now time.Time) (user User, ch charge, err error) {
	nameBucket := b.nameBucket(name)
	var refused error
	err = b.Store.Update(ctx, func(tx Tx) error {
		user, ch, refused = User{}, charge{}, nil
		found, err := tx.UserByName(name)
		switch {
		case err == nil:
			user = found
			if ch.known, err = tx.KnownBrowser(c.Browser.Hash(), user.ID); err != nil {
				return err
			}
		case !errors.Is(err, ErrNoRow):
			return err
		}
		if ch.known {
			ch.buckets = browserBuckets(c.Browser, user.ID)
		} else {
			ch.buckets = strangerBuckets(c, nameBucket)
		}
		for _, t := range ch.buckets {
			wait, ok, err := t.rule.take(tx, t.name, 1, now)
			if err != nil {
				return err
			}
			if !ok {
				refused = limited("sign_in.slow", wait)
				_, first, err := limitedNote.take(tx, "noted:"+t.name, 1, now)
				if err != nil || !first { // whoever goes on after a no must not fill the log with it
					return err
				}
				return b.record(tx, c, now, "sign_in.limited", user.ID, "", "bucket", strings.SplitN(t.name, ":", 3)[1])
			}
		}
		return nil
	})
	if err == nil {
		err = refused
	}
	return user, ch, err
}

// nameBucket names the bucket of tries at a name; the hash keeps what was typed out of the store.
func (b *base) nameBucket(name string) string {
	return "pw:name:" + wireB64(b.id.codeHash("limit name", name))
}

// browserBuckets are what a try from a browser that signed in as the user before is charged to.
func browserBuckets(browser Token, user UserID) []chargedBucket {
	return []chargedBucket{{passwordByBrowser, "pw:browser:" + string(browser.Hash()) + ":" + string(user)}}
}

// strangerBuckets are what a try from any other browser is charged to.
func strangerBuckets(c Caller, nameBucket string) []chargedBucket {
	return []chargedBucket{{ofSource(c.prefix(), passwordBySource, passwordByApplication), "pw:source:" + c.prefix()}, {passwordByName, nameBucket}}
}

// giveBack undoes a charge: the try was right.
func (ch charge) giveBack(tx Tx, now time.Time) error {
	for _, t := range ch.buckets {
		if err := t.rule.add(tx, t.name, -1, now); err != nil {
			return err
		}
	}
	return nil
}
