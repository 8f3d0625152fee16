package nodkey

import (
	"context"
	"crypto/hmac"
	"errors"
	"time"
)

// enrolledByApplication bounds how many accounts one application adds: each stays until an operator removes it.
var enrolledByApplication = bucket{size: 20, drain: 3 * time.Minute}

// Enrolment is a user whom an application added, for as long as the code is good that it was given.
type Enrolment struct {
	UserID        UserID
	ApplicationID ApplicationID
	Code          []byte // keyed hash of the first-access code
	Until         time.Time
}

// EnrolmentState is what became of an [Enrolment].
type EnrolmentState string

// The states. There is none for a code that is another's or another application's, that the service desk has replaced, or whose time
// is over.
const (
	EnrolmentNone    EnrolmentState = "none"
	EnrolmentWaiting EnrolmentState = "waiting" // the person has no phone yet
	EnrolmentDone    EnrolmentState = "done"    // and can be asked
)

// Enrolled tells an application what became of a person whom it added, by the name and the code.
func (s *Applications) Enrolled(ctx context.Context, c Caller, typedName, code string) (EnrolmentState, error) {
	app, err := c.asApplication()
	if err != nil {
		return EnrolmentNone, err
	}
	name, err := ParseUserName(typedName)
	if err != nil {
		return EnrolmentNone, nil //nolint:nilerr // nobody of such a name was added
	}
	state, now := EnrolmentNone, s.now()
	err = s.Store.View(ctx, func(tx Tx) error {
		user, err := tx.UserByName(name)
		if err != nil {
			return err
		}
		added, err := tx.Enrolment(user.ID)
		if err != nil {
			return err
		}
		hash := s.firstCodeHash(user.ID, code)
		replaced := len(user.FirstCode) > 0 && !hmac.Equal(user.FirstCode, hash)
		if added.ApplicationID != app.ID || !hmac.Equal(added.Code, hash) || replaced || !now.Before(added.Until) {
			return ErrNoRow
		}
		st, err := s.standing(tx, c, app, name)
		if state = EnrolmentWaiting; st.reason == "" {
			state = EnrolmentDone
		}
		return err
	})
	if errors.Is(err, ErrNoRow) {
		return EnrolmentNone, nil
	}
	return state, wrap(err)
}

// Enrol adds an account in an application's name, for a person who comes with the first-access code and sets a password then. It
// never touches an account that there is. What is added is in no group, so an application that asks about groups adds nobody: it could
// not ask about them, and groups open other applications, too. Whether it may enrol at all its door says. Errors: application.wrong,
// .denied, .slow; user.name_form, user.exists.
func (s *Applications) Enrol(ctx context.Context, c Caller, typedName string) (Added, error) {
	app, err := c.asApplication()
	if err != nil {
		return Added{}, err
	}
	name, err := ParseUserName(typedName)
	if err != nil {
		return Added{}, err
	}
	if len(app.Groups) > 0 {
		return Added{}, fail(Refused, "application.denied")
	}
	now := s.now()
	out := Added{FirstCode: newFirstCode(), Until: now.Add(FirstCodeLife)}
	out.User = User{ID: UserID(newID()), Name: name, DisplayName: name, CreatedAt: now, FirstCodeUntil: out.Until}
	out.User.FirstCode = s.firstCodeHash(out.User.ID, out.FirstCode)
	var refused error
	err = s.Store.Update(ctx, func(tx Tx) error {
		refused = nil
		wait, ok, err := enrolledByApplication.take(tx, "enrolled:app:"+string(app.ID), 1, now)
		if err == nil && !ok {
			err = limited("application.slow", wait)
		}
		if err != nil {
			return err
		}
		if err := tx.InsertUser(out.User); errors.Is(err, ErrExists) {
			refused = fail(Conflict, "user.exists", "Name", name)
			return nil // and it stays counted: names are told no faster than people are added
		} else if err != nil {
			return err
		}
		if err := tx.InsertEnrolment(Enrolment{UserID: out.User.ID, ApplicationID: app.ID, Code: out.User.FirstCode, Until: out.Until}); err != nil {
			return err
		}
		return s.record(tx, c, now, "user.added", out.User.ID, string(out.User.ID), "application", app.ID)
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return Added{}, AsError(err)
	}
	return out, nil
}
