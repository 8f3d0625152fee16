package nodkey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// Applications are other people's products that ask this server about people. The calls in this file are the operator's.
type Applications struct {
	*base
	signIns *SignIns
}

const (
	applicationName     = 40 // characters, as long as a statement shows
	applicationSettings = 32 << 10
	// SecretGraceMax is how long the secrets of before may stay good beside new ones.
	SecretGraceMax = 90 * 24 * time.Hour
)

// operatorApplication is the built-in one that the operator asks as; see [Applications.AsOperator].
const operatorApplication ApplicationID = "operator"

// NewApplication is what an operator says of an application to add.
type NewApplication struct {
	ID       string
	Name     string
	Doors    []Door
	Groups   []string
	Plain    bool
	Settings json.RawMessage // a JSON object that its doors make sense of; empty: none
	NoSecret bool            // it proves itself by what stands in its settings, or not at all (a public OIDC client)
}

// ApplicationInfo is an application with its settings open, and what is known of its secrets.
type ApplicationInfo struct {
	Application
	Settings json.RawMessage // nil: none
	Secrets  []SecretInfo    // those that count, newest first
}

// SecretInfo is what may be known of a secret.
type SecretInfo struct {
	ID        string
	InClear   bool // the server computes with it (RADIUS, Duo), so it is sealed and not hashed
	CreatedAt time.Time
	ExpiresAt time.Time // zero: it does not end
}

// NewSecret is a secret that was made, shown once.
type NewSecret struct {
	ID      string
	InClear bool
	Value   string // 40 characters of A–Z a–z 0–9: 238 bits
}

// AddedApplication is a new application, or one with new secrets.
type AddedApplication struct {
	Application ApplicationInfo
	Secrets     []NewSecret
}

// Add makes an application and its secrets: one for the doors that are shown it, one for those that compute with it. Errors:
// application.id_form, .name, .doors, .settings, .exists; group.form.
func (s *Applications) Add(ctx context.Context, c Caller, in NewApplication) (AddedApplication, error) {
	if err := c.asOperator(); err != nil {
		return AddedApplication{}, err
	}
	now := s.now()
	a, err := s.newApplication(in, now)
	if err != nil {
		return AddedApplication{}, AsError(err)
	}
	var shown []NewSecret
	var rows []ApplicationSecret
	if !in.NoSecret {
		if shown, rows, err = s.newSecrets(a, now); err != nil {
			return AddedApplication{}, AsError(err)
		}
	}
	err = s.Store.Update(ctx, func(tx Tx) error {
		if err := tx.InsertApplication(a); errors.Is(err, ErrExists) {
			return fail(Conflict, "application.exists", "Name", string(a.ID))
		} else if err != nil {
			return err
		}
		for _, row := range rows {
			if err := tx.InsertApplicationSecret(row); err != nil {
				return err
			}
		}
		return s.record(tx, c, now, "application.added", "", string(a.ID), "doors", a.Doors, "groups", a.Groups, "plain", a.Plain)
	})
	if err != nil {
		return AddedApplication{}, AsError(err)
	}
	info, err := s.info(a, rows, now)
	return AddedApplication{Application: info, Secrets: shown}, wrap(err)
}

// newApplication checks what an operator says and makes the row of it.
func (s *Applications) newApplication(in NewApplication, now time.Time) (Application, error) {
	id, err := ParseApplicationID(in.ID)
	if err != nil {
		return Application{}, err
	}
	a := Application{ID: id, Name: in.Name, Plain: in.Plain, CreatedAt: now}
	if !cleanText(a.Name, applicationName) {
		return Application{}, fail(BadInput, "application.name")
	}
	for _, door := range Doors() { // in their order, each once
		if slices.Contains(in.Doors, door) {
			a.Doors = append(a.Doors, door)
		}
	}
	if len(a.Doors) == 0 || slices.ContainsFunc(in.Doors, func(d Door) bool { return !slices.Contains(Doors(), d) }) {
		return Application{}, fail(BadInput, "application.doors")
	}
	if a.Groups, err = parseGroups(in.Groups); err != nil {
		return Application{}, err
	}
	if a.ID == operatorApplication {
		return Application{}, fail(Conflict, "application.exists", "Name", string(a.ID))
	}
	if len(in.Settings) > 0 {
		var members map[string]json.RawMessage
		if len(in.Settings) > applicationSettings || json.Unmarshal(in.Settings, &members) != nil || members == nil {
			return Application{}, fail(BadInput, "application.settings")
		}
		if members["hosts"] != nil && a.Has(DoorForward) { // a rule that is not what was meant would let people through
			if _, err := ParseForwardSettings(in.Settings); err != nil {
				return Application{}, err
			}
		}
		if a.SealedSettings, err = s.id.seal("applications", "settings", string(a.ID), in.Settings); err != nil {
			return Application{}, err
		}
	}
	return a, nil
}

// info opens an application.
func (s *Applications) info(a Application, secrets []ApplicationSecret, now time.Time) (ApplicationInfo, error) {
	info := ApplicationInfo{Application: a}
	if len(a.SealedSettings) > 0 {
		raw, err := s.id.open("applications", "settings", string(a.ID), a.SealedSettings)
		if err != nil {
			return info, err
		}
		info.Settings = bytes.Clone(raw)
	}
	for _, secret := range secrets {
		if secret.aliveAt(now) {
			info.Secrets = append(info.Secrets, SecretInfo{ID: secret.ID, InClear: secret.Hash == nil, CreatedAt: secret.CreatedAt, ExpiresAt: secret.ExpiresAt})
		}
	}
	return info, nil
}

// List gives the applications by id, those after an id, at most 500.
func (s *Applications) List(ctx context.Context, c Caller, after ApplicationID) ([]Application, error) {
	if err := c.asOperator(); err != nil {
		return nil, err
	}
	var list []Application
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		list, err = tx.Applications(after, 500)
		return err
	})
	return list, wrap(err)
}

// Show gives an application by id. Error: application.unknown.
func (s *Applications) Show(ctx context.Context, c Caller, id ApplicationID) (ApplicationInfo, error) {
	if err := c.asOperator(); err != nil {
		return ApplicationInfo{}, err
	}
	a, secrets, err := s.read(ctx, id)
	if err != nil {
		return ApplicationInfo{}, AsError(err)
	}
	info, err := s.info(a, secrets, s.now())
	return info, wrap(err)
}

// At gives the applications of one door with their settings open, for the door itself: to find an application by its network, or
// to list those that a person may start. Secrets are in none of them.
func (s *Applications) At(ctx context.Context, door Door) ([]ApplicationInfo, error) {
	var rows []Application
	err := s.Store.View(ctx, func(tx Tx) error {
		rows = nil
		for after := ApplicationID(""); ; {
			page, err := tx.Applications(after, 500)
			if err != nil || len(page) == 0 {
				return err
			}
			for _, a := range page {
				if a.Has(door) {
					rows = append(rows, a)
				}
			}
			after = page[len(page)-1].ID
		}
	})
	if err != nil {
		return nil, AsError(err)
	}
	infos := make([]ApplicationInfo, len(rows))
	for i, a := range rows {
		if infos[i], err = s.info(a, nil, s.now()); err != nil {
			return nil, AsError(err)
		}
	}
	return infos, nil
}

func (s *Applications) read(ctx context.Context, id ApplicationID) (a Application, secrets []ApplicationSecret, err error) {
	err = s.Store.View(ctx, func(tx Tx) (err error) {
		if a, err = named(tx, id); err != nil {
			return err
		}
		secrets, err = tx.ApplicationSecrets(id)
		return err
	})
	return a, secrets, err
}

func named(tx Tx, id ApplicationID) (Application, error) {
	a, err := tx.Application(id)
	if errors.Is(err, ErrNoRow) {
		return a, fail(NotFound, "application.unknown", "Name", string(id))
	}
	return a, err
}

// Rotate gives an application new secrets. Those of before stay good for grace, which may be nothing. Errors:
// application.unknown, .no_secret, .grace, .in_file for one that stands in the configuration file.
func (s *Applications) Rotate(ctx context.Context, c Caller, id ApplicationID, grace time.Duration) (AddedApplication, error) {
	if err := c.asOperator(); err != nil {
		return AddedApplication{}, err
	}
	if grace < 0 || grace > SecretGraceMax {
		return AddedApplication{}, fail(BadInput, "application.grace")
	}
	now := s.now()
	a, old, err := s.read(ctx, id)
	if err != nil {
		return AddedApplication{}, AsError(err)
	}
	if len(old) == 0 {
		return AddedApplication{}, fail(Conflict, "application.no_secret", "Name", string(id))
	}
	shown, rows, err := s.newSecrets(a, now)
	if err != nil {
		return AddedApplication{}, AsError(err)
	}
	err = s.Store.Update(ctx, func(tx Tx) error {
		if _, err := byCommand(tx, id); err != nil {
			return err
		}
		if old, err = tx.ApplicationSecrets(id); err != nil {
			return err
		}
		until := now.Add(grace)
		for i, secret := range old {
			if !secret.ExpiresAt.IsZero() && !until.Before(secret.ExpiresAt) {
				continue // it ends sooner already
			}
			old[i].ExpiresAt = until
			if err := tx.SaveApplicationSecret(old[i]); err != nil {
				return err
			}
		}
		for _, row := range rows {
			if err := tx.InsertApplicationSecret(row); errors.Is(err, ErrNoRow) {
				return fail(NotFound, "application.unknown", "Name", string(id))
			} else if err != nil {
				return err
			}
		}
		return s.record(tx, c, now, "application.rotated", "", string(id), "graceSeconds", int64(grace.Seconds()))
	})
	if err != nil {
		return AddedApplication{}, AsError(err)
	}
	info, err := s.info(a, append(rows, old...), now)
	return AddedApplication{Application: info, Secrets: shown}, wrap(err)
}
