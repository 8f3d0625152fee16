package nodkey

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// ApplicationEdit is what to change of an application; nil: as it is.
type ApplicationEdit struct {
	Name     *string
	Groups   *[]string
	Plain    *bool
	Settings json.RawMessage // an object in the place of the one before; empty: as it is, {}: none
}

// With gives what an application would be after the change, for doors that look at it before.
func (e ApplicationEdit) With(a ApplicationInfo) NewApplication {
	in := NewApplication{ID: string(a.ID), Name: a.Name, Doors: a.Doors, Groups: a.Groups, Plain: a.Plain, Settings: a.Settings}
	if e.Name != nil {
		in.Name = *e.Name
	}
	if e.Groups != nil {
		in.Groups = *e.Groups
	}
	if e.Plain != nil {
		in.Plain = *e.Plain
	}
	if len(e.Settings) > 0 {
		in.Settings = e.Settings
	}
	return in
}

// Edit changes an application. What it holds goes by that from its next use on. Errors: application.unknown, .name, .settings,
// .in_file for one that stands in the configuration file; group.form.
func (s *Applications) Edit(ctx context.Context, c Caller, id ApplicationID, in ApplicationEdit) (ApplicationInfo, error) {
	if err := c.asOperator(); err != nil {
		return ApplicationInfo{}, err
	}
	now := s.now()
	var out ApplicationInfo
	err := s.Store.Update(ctx, func(tx Tx) error {
		a, err := byCommand(tx, id)
		if err != nil {
			return err
		}
		secrets, err := tx.ApplicationSecrets(id)
		if err != nil {
			return err
		}
		info, err := s.info(a, secrets, now)
		if err != nil {
			return err
		}
		changed, err := s.newApplication(in.With(info), a.CreatedAt)
		if err != nil {
			return err
		}
		if err := tx.SaveApplication(changed); err != nil {
			return err
		}
		if err := s.recordChange(tx, c, changed, len(in.Settings) > 0, now); err != nil {
			return err
		}
		out, err = s.info(changed, secrets, now)
		return err
	})
	return out, wrap(err)
}

func (s *Applications) recordChange(tx Tx, c Caller, a Application, settings bool, now time.Time) error {
	return s.record(tx, c, now, "application.changed", "", string(a.ID), "name", a.Name, "doors", a.Doors, "groups", a.Groups, "plain", a.Plain, "settings", settings)
}

// byCommand gives an application that does not stand in the configuration file. Errors: application.unknown, .in_file.
func byCommand(tx Tx, id ApplicationID) (Application, error) {
	a, err := named(tx, id)
	if err == nil && a.InFile {
		err = fail(Conflict, "application.in_file", "Name", string(id))
	}
	return a, err
}

// Remove deletes an application with its secrets and all that it was granted, and takes back what it has asked of people. Errors:
// application.unknown, .in_file for one that stands in the configuration file.
func (s *Applications) Remove(ctx context.Context, c Caller, id ApplicationID) error {
	if err := c.asOperator(); err != nil {
		return err
	}
	now := s.now()
	err := s.Store.Update(ctx, func(tx Tx) error {
		if _, err := byCommand(tx, id); err != nil {
			return err
		}
		return s.remove(tx, c, id, now)
	})
	if err != nil {
		return AsError(err)
	}
	return wrap(s.takeBack(ctx, c, id, now))
}

func (s *Applications) remove(tx Tx, c Caller, id ApplicationID, now time.Time) error {
	if err := tx.DeleteApplication(id); err != nil {
		return err
	}
	return s.record(tx, c, now, "application.removed", "", string(id))
}

// takeBack cancels what an application that is gone has asked of people, step by step: a thousand may wait.
func (s *Applications) takeBack(ctx context.Context, c Caller, id ApplicationID, now time.Time) error {
	const step = 500
	for {
		var topics []string
		err := s.Store.Update(ctx, func(tx Tx) error {
			topics = nil
			list, err := tx.AsksOf(id, now.Add(-SignInLife), step)
			if err != nil {
				return err
			}
			for _, signIn := range list {
				keys, err := s.cancelAsk(tx, c, signIn, now)
				if err != nil {
					return err
				}
				topics = append(append(topics, topicOfSignIn(signIn.ID)), topicsOfKeys(keys)...)
			}
			return nil
		})
		if err != nil || len(topics) == 0 {
			return err
		}
		s.Bus.Publish(topics...)
	}
}

func (s *Applications) cancelAsk(tx Tx, c Caller, signIn SignIn, now time.Time) ([]KeyID, error) {
	ended, err := tx.EndApproval(Approval{ID: signIn.ApprovalID, State: ApprovalCancelled, DecidedAt: now})
	if err != nil && !errors.Is(err, ErrNoRow) {
		return nil, err
	}
	signIn.State, signIn.EndedAt = SignInCancelled, now
	if err := tx.SaveSignIn(signIn); err != nil {
		return nil, err
	}
	return ended.KeyIDs, s.record(tx, c, now, "sign_in.cancelled", signIn.UserID, string(signIn.ID))
}
