package nodkey

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

const secretChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// drawSecret draws 40 of 62 characters, 238 bits, which every product takes as they are.
func drawSecret() string {
	out := make([]byte, 0, 40)
	var raw [64]byte
	for {
		rand.Read(raw[:])
		for _, x := range raw {
			if x >= 248 { // four times 62: beyond it some characters would be likelier
				continue
			}
			if out = append(out, secretChars[x%62]); len(out) == cap(out) {
				return string(out)
			}
		}
	}
}

// newSecrets makes the secrets that an application's doors need.
func (s *Applications) newSecrets(a Application, now time.Time) (shown []NewSecret, rows []ApplicationSecret, err error) {
	add := func(inClear bool) error {
		secret := NewSecret{ID: newID(), InClear: inClear, Value: drawSecret()}
		row := ApplicationSecret{ID: secret.ID, ApplicationID: a.ID, CreatedAt: now}
		if inClear {
			row.Sealed, err = s.id.seal("application_secrets", "value", row.ID, []byte(secret.Value))
		} else {
			row.Hash = s.secretHash(a.ID, secret.Value)
		}
		shown, rows = append(shown, secret), append(rows, row)
		return err
	}
	if slices.ContainsFunc(a.Doors, Door.secretHashed) {
		if err := add(false); err != nil {
			return nil, nil, err
		}
	}
	if slices.ContainsFunc(a.Doors, Door.secretInClear) {
		if err := add(true); err != nil {
			return nil, nil, err
		}
	}
	return shown, rows, nil
}

// secretHash is how a secret is kept that is shown to the server. It has 238 bits, so it takes no slow hash.
func (b *base) secretHash(id ApplicationID, secret string) []byte {
	return b.id.codeHash("application secret", string(id), secret)
}

// Caller makes an application's caller of an anonymous one, by its secret. A right secret is never refused, however many wrong
// ones came before it: nobody guesses 238 bits, and strangers must not shut an application out. Errors: application.wrong, one
// answer in the same time for an unknown application, another door and a wrong secret; application.slow in its place after too
// many of those from one source or for one application.
func (s *Applications) Caller(ctx context.Context, c Caller, id ApplicationID, door Door, secret string) (Caller, error) {
	hash := s.secretHash(id, secret)
	return s.proved(ctx, c, id, door, func(row ApplicationSecret) (bool, error) {
		return row.Hash != nil && subtle.ConstantTimeCompare(row.Hash, hash) == 1, nil
	})
}

// CallerBy is Caller for doors that check something which was computed with the secret, such as a MAC: verify is asked for every
// secret that counts, and for one of nobody's where there is none. It must take the same time for each. Errors as Caller.
func (s *Applications) CallerBy(ctx context.Context, c Caller, id ApplicationID, door Door, verify func(secret []byte) bool) (Caller, error) {
	return s.proved(ctx, c, id, door, func(row ApplicationSecret) (bool, error) {
		secret := []byte(row.ID) // nobody's: as random, and nobody was given it
		if row.Sealed != nil {
			opened, err := s.id.open("application_secrets", "value", row.ID, row.Sealed)
			if err != nil {
				return false, err
			}
			secret = opened
		}
		return verify(secret) && row.Sealed != nil, nil
	})
}

// CallerOf is Caller for applications that prove themselves by what stands in their settings (private_key_jwt), or not at all
// (a public OIDC client): the door checks that. verify is asked for an application that there is not, too, with the zero one.
// Errors as Caller.
func (s *Applications) CallerOf(ctx context.Context, c Caller, id ApplicationID, door Door, verify func(ApplicationInfo) bool) (Caller, error) {
	now := s.now()
	a, secrets, err := s.read(ctx, id)
	known := err == nil
	if err != nil && !HasKey(err, "application.unknown") {
		return Caller{}, AsError(err)
	}
	info, err := s.info(a, secrets, now)
	if err != nil {
		return Caller{}, AsError(err)
	}
	if right := verify(info); !right || !known || !a.Has(door) {
		return Caller{}, s.notProved(ctx, c, id, door, now)
	}
	return c.as(a, door), nil
}

// proved asks right for every secret of an application's that counts. All of them are asked, so that the time does not tell which
// one it was.
func (s *Applications) proved(ctx context.Context, c Caller, id ApplicationID, door Door, right func(ApplicationSecret) (bool, error)) (Caller, error) {
	now := s.now()
	var a Application
	var secrets []ApplicationSecret
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		if a, err = tx.Application(id); err != nil && !errors.Is(err, ErrNoRow) {
			return err
		}
		secrets, err = tx.ApplicationSecrets(id)
		return err
	})
	if err != nil {
		return Caller{}, AsError(err)
	}
	found := 0
	secrets = slices.DeleteFunc(secrets, func(row ApplicationSecret) bool { return !row.aliveAt(now) })
	if len(secrets) == 0 {
		secrets = []ApplicationSecret{{ID: newID(), Hash: s.secretHash(id, drawSecret())}}
	}
	for _, row := range secrets {
		ok, err := right(row)
		if err != nil {
			return Caller{}, AsError(err)
		}
		if ok {
			found++
		}
	}
	if found == 0 || a.ID == "" || !a.Has(door) {
		return Caller{}, s.notProved(ctx, c, id, door, now)
	}
	return c.as(a, door), nil
}

// The limits on proving to be an application. They slow nobody down who has the secret: what they bound is what the wrong ones
// leave behind, and how fast they are answered.
var (
	secretsBySource      = bucket{size: 20, drain: 10 * time.Second}
	secretsByApplication = bucket{size: 60, drain: 5 * time.Second}
)

// notProved charges a wrong secret, writes it down, and makes the error that says so.
func (s *Applications) notProved(ctx context.Context, c Caller, id ApplicationID, door Door, now time.Time) error {
	var refused error
	err := s.Store.Update(ctx, func(tx Tx) error {
		refused = fail(Unauthenticated, "application.wrong")
		for _, b := range []chargedBucket{{secretsBySource, "app:source:" + c.prefix()}, {secretsByApplication, "app:id:" + wireB64(s.id.codeHash("limit name", string(id)))}} {
			wait, ok, err := b.rule.take(tx, b.name, 1, now)
			if err != nil {
				return err
			}
			if !ok {
				refused = limited("application.slow", wait)
				return nil
			}
		}
		subject := string(id)
		if known, err := ParseApplicationID(subject); err != nil || known != id {
			subject = "" // what was sent is no id, and may be anything
		}
		return s.record(tx, c, now, "application.wrong", "", subject, "door", door)
	})
	if err != nil {
		return AsError(err)
	}
	return refused
}

// Settings opens the settings of the calling application; nil where it has none.
func (s *Applications) Settings(c Caller) (json.RawMessage, error) {
	app, err := c.asApplication()
	if err != nil {
		return nil, err
	}
	info, err := s.info(app, nil, s.now())
	return info.Settings, wrap(err)
}

// AsOperator makes a caller of an operator who asks people in the server's own name: a built-in application that may ask
// everybody, and that shows the number.
func (s *Applications) AsOperator(c Caller) (Caller, error) {
	if err := c.asOperator(); err != nil {
		return Caller{}, err
	}
	return c.as(Application{ID: operatorApplication, Name: clip(s.site.ServerName, applicationName), Doors: []Door{DoorAPI}}, DoorAPI), nil
}
