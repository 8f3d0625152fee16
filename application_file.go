package nodkey

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"
)

// FileApplication is an application that stands in the configuration file.
type FileApplication struct {
	NewApplication
	// Secrets are what it proves itself with, each 16 to 128 printable ASCII characters without spaces; two while it is told a new one.
	// With NoSecret there are none.
	Secrets []string
}

const (
	fileSecretMin = 16
	fileSecretMax = 128
	fileSecrets   = 2
)

// CheckFileSecret refuses a secret that is too short to be one. Error: application.file_secret.
func CheckFileSecret(secret string) error {
	if len(secret) < fileSecretMin || len(secret) > fileSecretMax || strings.ContainsFunc(secret, func(r rune) bool { return r < '!' || r > '~' }) {
		return fail(BadInput, "application.file_secret", "Min", fileSecretMin, "Max", fileSecretMax)
	}
	return nil
}

// Sync makes the applications that stand in the configuration file what it says, and removes those that stood there before. Others
// stay as they are. Its secrets are held as all are, so the file can be kept apart from the database. Errors: those of Add;
// application.file_name where one of another origin has that id, .file_secret.
func (s *Applications) Sync(ctx context.Context, c Caller, list []FileApplication) error {
	if err := c.asOperator(); err != nil {
		return err
	}
	now := s.now()
	wanted := make(map[ApplicationID]Application, len(list))
	for _, in := range list {
		if len(in.Secrets) > fileSecrets || in.NoSecret != (len(in.Secrets) == 0) {
			return fail(BadInput, "application.file_secret", "Min", fileSecretMin, "Max", fileSecretMax)
		}
		for _, secret := range in.Secrets {
			if err := CheckFileSecret(secret); err != nil {
				return err
			}
		}
		a, err := s.newApplication(in.NewApplication, now)
		if err != nil {
			return AsError(err)
		}
		a.InFile = true
		if _, twice := wanted[a.ID]; twice {
			return fail(Conflict, "application.exists", "Name", string(a.ID))
		}
		wanted[a.ID] = a
	}
	var gone []ApplicationID
	err := s.Store.Update(ctx, func(tx Tx) error {
		gone = nil
		for after := ApplicationID(""); ; {
			page, err := tx.Applications(after, 500)
			if err != nil {
				return err
			}
			if len(page) == 0 {
				break
			}
			for _, a := range page {
				if _, stays := wanted[a.ID]; a.InFile && !stays {
					gone = append(gone, a.ID)
				}
			}
			after = page[len(page)-1].ID
		}
		for _, id := range gone {
			if err := s.remove(tx, c, id, now); err != nil {
				return err
			}
		}
		for _, in := range list {
			if err := s.putFromFile(tx, c, wanted[ApplicationID(strings.TrimSpace(in.ID))], in, now); err != nil {
				return err
			}
		}
		return nil
	})
	for _, id := range gone {
		if err == nil {
			err = s.takeBack(ctx, c, id, now)
		}
	}
	return wrap(err)
}

// putFromFile makes one application what the file says.
func (s *Applications) putFromFile(tx Tx, c Caller, a Application, in FileApplication, now time.Time) error {
	before, err := tx.Application(a.ID)
	switch {
	case errors.Is(err, ErrNoRow):
		if err := tx.InsertApplication(a); err != nil {
			return err
		}
		if err := s.record(tx, c, now, "application.added", "", string(a.ID), "doors", a.Doors, "groups", a.Groups, "plain", a.Plain, "by", "configuration file"); err != nil {
			return err
		}
	case err != nil:
		return err
	case !before.InFile:
		return fail(Conflict, "application.file_name", "Name", string(a.ID))
	default:
		info, err := s.info(before, nil, now)
		if err != nil {
			return err
		}
		settings := !sameJSON(info.Settings, in.Settings)
		if !settings {
			a.SealedSettings = before.SealedSettings
		}
		a.CreatedAt = before.CreatedAt
		if !reflect.DeepEqual(a, before) {
			if err := errors.Join(tx.SaveApplication(a), s.recordChange(tx, c, a, settings, now)); err != nil {
				return err
			}
		}
	}
	return s.putSecrets(tx, c, a, in.Secrets, now)
}

// sameJSON reports whether two texts are the same JSON but for blanks.
func sameJSON(a, b json.RawMessage) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

// putSecrets ends the secrets that are not in the file any more, and adds those that are new there.
func (s *Applications) putSecrets(tx Tx, c Caller, a Application, secrets []string, now time.Time) error {
	rows, err := tx.ApplicationSecrets(a.ID)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(row ApplicationSecret) bool { return !row.aliveAt(now) })
	changed, had := false, len(rows) > 0
	for _, inClear := range []bool{false, true} {
		if inClear && !slices.ContainsFunc(a.Doors, Door.secretInClear) || !inClear && !slices.ContainsFunc(a.Doors, Door.secretHashed) {
			continue
		}
		for _, secret := range secrets {
			at := -1
			for i, row := range rows {
				same, err := s.isSecret(row, inClear, secret)
				if err != nil {
					return err
				}
				if same {
					at = i
				}
			}
			if at >= 0 {
				rows = slices.Delete(rows, at, at+1)
				continue
			}
			row := ApplicationSecret{ID: newID(), ApplicationID: a.ID, CreatedAt: now}
			if inClear {
				if row.Sealed, err = s.id.seal("application_secrets", "value", row.ID, []byte(secret)); err != nil {
					return err
				}
			} else {
				row.Hash = s.secretHash(a.ID, secret)
			}
			if err := tx.InsertApplicationSecret(row); err != nil {
				return err
			}
			changed = true
		}
	}
	for _, row := range rows {
		row.ExpiresAt, changed = now, true
		if err := tx.SaveApplicationSecret(row); err != nil {
			return err
		}
	}
	if !changed || !had {
		return nil
	}
	return s.record(tx, c, now, "application.rotated", "", string(a.ID), "by", "configuration file")
}

// isSecret reports whether a row keeps this secret, for doors that compute with it or not.
func (s *Applications) isSecret(row ApplicationSecret, inClear bool, secret string) (bool, error) {
	if inClear != (row.Hash == nil) {
		return false, nil
	}
	if !inClear {
		return subtle.ConstantTimeCompare(row.Hash, s.secretHash(row.ApplicationID, secret)) == 1, nil
	}
	kept, err := s.id.open("application_secrets", "value", row.ID, row.Sealed)
	return subtle.ConstantTimeCompare(kept, []byte(secret)) == 1, err
}
