package nodkey

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"
)

// Users are the accounts. The calls in this file are the operator's; the person's own are in users_own.go.
type Users struct{ *base }

// NewUser is what an operator says of a user to add.
type NewUser struct {
	Name        string
	DisplayName string // empty: the name
	Locale      string // empty: the browser's
	Password    string // empty: the person sets one at the first visit
	Email       string // where summaries go, known to be theirs; may be empty
	Phone       string // likewise, a mobile number
}

// Added is a new account, with the first-access code that its person needs.
type Added struct {
	User      User
	FirstCode string    // shown once; empty when policy lets the password activate
	Until     time.Time // when FirstCode ends
}

// Add makes an account. Errors: user.name_form, user.display_name, user.exists, password.*, contact.email, contact.phone.
func (u *Users) Add(ctx context.Context, c Caller, in NewUser) (Added, error) {
	if err := c.asOperator(); err != nil {
		return Added{}, err
	}
	name, err := ParseUserName(in.Name)
	if err != nil {
		return Added{}, err
	}
	if in.DisplayName == "" {
		in.DisplayName = name
	}
	if !cleanText(in.DisplayName, 80) {
		return Added{}, fail(BadInput, "user.display_name")
	}
	if in.Locale != "" && in.Locale != localeOf(in.Locale) {
		return Added{}, fail(BadInput, "user.locale")
	}
	contacts, err := in.contacts()
	if err != nil {
		return Added{}, err
	}
	now := u.now()
	user := User{ID: UserID(newID()), Name: name, DisplayName: in.DisplayName, Locale: in.Locale, CreatedAt: now}
	if in.Password != "" {
		if err := u.checkNewPassword(in.Password, user); err != nil {
			return Added{}, err
		}
		if user.Password, err = u.hashPassword(ctx, c, user.ID, in.Password); err != nil {
			return Added{}, AsError(err)
		}
	}
	out := Added{}
	if in.Password == "" || u.policy.ActivationFirst == FirstByCode {
		out.FirstCode, out.Until = newFirstCode(), now.Add(FirstCodeLife)
		user.FirstCode, user.FirstCodeUntil = u.firstCodeHash(user.ID, out.FirstCode), out.Until
	}
	err = u.Store.Update(ctx, func(tx Tx) error {
		if err := tx.InsertUser(user); errors.Is(err, ErrExists) {
			return fail(Conflict, "user.exists", "Name", name)
		} else if err != nil {
			return err
		}
		for _, p := range contacts {
			if err := u.saveContact(tx, c, user.ID, p, now); err != nil {
				return err
			}
			if err := u.record(tx, c, now, "contact.set", user.ID, contactID(user.ID, p.Channel), "channel", p.Channel); err != nil {
				return err
			}
		}
		return u.record(tx, c, now, "user.added", user.ID, string(user.ID))
	})
	if err != nil {
		return Added{}, AsError(err)
	}
	out.User = user
	return out, nil
}

const firstCodeChars = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// newFirstCode draws 60 bits as three groups of four of Crockford's base 32.
func newFirstCode() string {
	var raw [12]byte
	rand.Read(raw[:])
	var b strings.Builder
	for i, x := range raw {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(firstCodeChars[x&31])
	}
	return b.String()
}

// firstCodeHash is how a first-access code is kept; it is read as loosely as an activation code.
func (b *base) firstCodeHash(user UserID, code string) []byte {
	code = strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(code))
	return b.id.codeHash("first-access code", string(user), code)
}

// List gives accounts by name, those after a name, at most 500.
func (u *Users) List(ctx context.Context, c Caller, after string) ([]User, error) {
	if err := c.asOperator(); err != nil {
		return nil, err
	}
	var users []User
	err := u.Store.View(ctx, func(tx Tx) (err error) {
		users, err = tx.Users(after, 500)
		return err
	})
	if err != nil {
		return nil, AsError(err)
	}
	return users, nil
}

// Details is what an operator sees of an account.
type Details struct {
	User     User
	Groups   []string
	Keys     []Key // without the removed ones
	Delivery map[KeyID]KeyDelivery
	Sessions []Session
	SignIns  []SignIn // the last 20
	Contacts []ContactInfo
	Settings MessageSettings
}

// KeyDelivery is how one key's phone is reached, and whether it may answer with a code.
type KeyDelivery struct {
	Push     PushState
	CodesOff bool // wrong codes have turned them off
}

// Show gives an account by name. Error: user.unknown.
func (u *Users) Show(ctx context.Context, c Caller, name string) (Details, error) {
	var d Details
	if err := c.asOperator(); err != nil {
		return d, err
	}
	err := u.Store.View(ctx, func(tx Tx) (err error) {
		if d.User, err = u.named(tx, name); err != nil {
			return err
		}
		if d.Groups, err = tx.GroupsOf(d.User.ID); err != nil {
			return err
		}
		keys, err := tx.KeysOf(d.User.ID)
		if err != nil {
			return err
		}
		now := u.now()
		d.Keys, d.Delivery = present(keys, now), map[KeyID]KeyDelivery{}
		for _, k := range d.Keys {
			push, err := u.pushState(tx, k, now)
			if err != nil {
				return err
			}
			on, err := takesCodes(tx, k, now)
			if err != nil {
				return err
			}
			d.Delivery[k.ID] = KeyDelivery{Push: push, CodesOff: !on}
		}
		if d.Sessions, err = tx.SessionsOf(d.User.ID, u.now()); err != nil {
			return err
		}
		if d.Contacts, err = u.contactsOf(tx, d.User.ID); err != nil {
			return err
		}
		if d.Settings, err = u.messageSettings(tx, d.User); err != nil {
			return err
		}
		d.SignIns, err = tx.SignInsOf(d.User.ID, 20)
		for i, s := range d.SignIns {
			d.SignIns[i].State = s.stateAt(Approval{}, u.now())
		}
		return err
	})
	return d, wrap(err)
}

func (u *Users) named(tx Tx, name string) (User, error) {
	name, err := ParseUserName(name)
	if err != nil {
		return User{}, err
	}
	user, err := tx.UserByName(name)
	if errors.Is(err, ErrNoRow) {
		return User{}, fail(NotFound, "user.unknown", "Name", name)
	}
	return user, err
}

// SetPassword gives an account a password and ends its sessions.
func (u *Users) SetPassword(ctx context.Context, c Caller, name, password string) error {
	if err := c.asOperator(); err != nil {
		return err
	}
	d, err := u.Show(ctx, c, name)
	if err != nil {
		return err
	}
	if err := u.checkNewPassword(password, d.User); err != nil {
		return err
	}
	sealed, err := u.hashPassword(ctx, c, d.User.ID, password)
	if err != nil {
		return AsError(err)
	}
	now := u.now()
	return wrap(u.Store.Update(ctx, func(tx Tx) error {
		user, err := u.named(tx, name)
		if err != nil {
			return err
		}
		if err := u.newPassword(tx, c, user, sealed, "", now); err != nil {
			return err
		}
		return u.record(tx, c, now, "password.set", user.ID, string(user.ID))
	}))
}

// NewFirstCode gives the account a fresh first-access code, for somebody who never activated a phone or lost the last
// one. With keys still there it is refused (user.has_phones) unless removeKeys says that they are lost.
func (u *Users) NewFirstCode(ctx context.Context, c Caller, name string, removeKeys bool) (Added, error) {
	if err := c.asOperator(); err != nil {
		return Added{}, err
	}
	now := u.now()
	out := Added{FirstCode: newFirstCode(), Until: now.Add(FirstCodeLife)}
	var topics []string
	err := u.Store.Update(ctx, func(tx Tx) error {
		user, err := u.named(tx, name)
		if err != nil {
			return err
		}
		keys, err := tx.KeysOf(user.ID)
		if err != nil {
			return err
		}
		topics = nil
		for _, k := range present(keys, now) {
			if !removeKeys {
				return fail(Conflict, "user.has_phones", "Name", user.Name, "Phone", k.Phone.Name)
			}
			if err := u.removeKey(tx, c, k, now); err != nil {
				return err
			}
			topics = append(topics, topicOfKey(k.ID))
		}
		user.FirstCode, user.FirstCodeUntil = u.firstCodeHash(user.ID, out.FirstCode), out.Until
		if err := tx.SaveUser(user); err != nil {
			return err
		}
		out.User = user
		return u.record(tx, c, now, "user.first_code", user.ID, string(user.ID))
	})
	if err != nil {
		return Added{}, AsError(err)
	}
	u.Bus.Publish(topics...)
	return out, nil
}

// Unlock makes an account's suspended keys active again, forgets their wrong PINs and codes, and empties the buckets that slow its
// sign-ins. It tells how many keys it freed.
func (u *Users) Unlock(ctx context.Context, c Caller, name string) (freed int, err error) {
	if err := c.asOperator(); err != nil {
		return 0, err
	}
	now := u.now()
	var topics []string
	err = u.Store.Update(ctx, func(tx Tx) error {
		freed, topics = 0, nil
		user, err := u.named(tx, name)
		if err != nil {
			return err
		}
		keys, err := tx.KeysOf(user.ID)
		if err != nil {
			return err
		}
		for _, k := range present(keys, now) {
			if k.State == KeySuspended {
				k.State = KeyActive
				freed++
			}
			k.PINTries, k.CodeTries = 0, 0
			if err := tx.DeletePINFailures(k.ID); err != nil {
				return err
			}
			if err := tx.DeleteCodeFailures(k.ID); err != nil {
				return err
			}
			if err := tx.SaveKey(k); err != nil {
				return err
			}
			topics = append(topics, topicOfKey(k.ID))
		}
		bucket := u.nameBucket(user.Name)
		if err := passwordByName.save(tx, bucket, 0, now); err != nil {
			return err
		}
		if err := strangersInAll.save(tx, strangersBucket(user.ID), 0, now); err != nil {
			return err
		}
		if err := contactGuesses.save(tx, guessesBucket(user.ID), 0, now); err != nil {
			return err
		}
		return u.record(tx, c, now, "user.unlocked", user.ID, string(user.ID), "keys", freed)
	})
	u.Bus.Publish(topics...)
	return freed, wrap(err)
}

// Remove deletes an account and everything that is its own, except its audit rows.
func (u *Users) Remove(ctx context.Context, c Caller, name string) error {
	if err := c.asOperator(); err != nil {
		return err
	}
	now := u.now()
	var topics []string
	err := u.Store.Update(ctx, func(tx Tx) error {
		topics = nil
		user, err := u.named(tx, name)
		if err != nil {
			return err
		}
		keys, err := tx.KeysOf(user.ID)
		if err != nil {
			return err
		}
		for _, k := range present(keys, now) {
			topics = append(topics, topicOfKey(k.ID))
		}
		signIns, err := tx.SignInsOf(user.ID, 20)
		if err != nil {
			return err
		}
		for _, s := range signIns {
			topics = append(topics, topicOfSignIn(s.ID))
		}
		topics = append(topics, topicOfActivations(user.ID))
		if err := u.endGrantsWhere(tx, c, user.ID, func(SealedGrant) bool { return true }, "user", now); err != nil {
			return err
		}
		if err := tx.DeleteUser(user.ID); err != nil {
			return err
		}
		return u.record(tx, c, now, "user.removed", user.ID, string(user.ID))
	})
	if err == nil {
		u.Bus.Publish(topics...)
	}
	return wrap(err)
}
