package nodkey

import (
	"context"
	"errors"
	"time"
)

// AssertionLife is the longest that something an application signed to prove itself (RFC 7523) may be good for.
const AssertionLife = time.Hour

// Spend counts an assertion that an application has proved itself with, by its jti, until it ends anyway. Error: application.wrong for
// one that was used before, and for one that ends later than [AssertionLife] from now.
func (s *Applications) Spend(ctx context.Context, c Caller, jti string, until time.Time) error {
	app, err := c.asApplication()
	if err != nil {
		return err
	}
	now := s.now()
	if until.After(now.Add(AssertionLife)) {
		return s.notProved(ctx, c, app.ID, DoorOIDC, now)
	}
	digest := s.id.codeHash("application assertion", string(app.ID), jti)
	err = s.Store.Update(ctx, func(tx Tx) error { return tx.UseAssertion(app.ID, digest, until) })
	if errors.Is(err, ErrExists) || errors.Is(err, ErrNoRow) {
		return s.notProved(ctx, c, app.ID, DoorOIDC, now)
	}
	return wrap(err)
}

// Find gives an application by what it calls itself, with its settings open, so that a door knows how it has to prove itself and where
// browsers may be sent. It proves nothing; Secrets are in none. Error: application.unknown.
func (s *Applications) Find(ctx context.Context, id ApplicationID) (ApplicationInfo, error) {
	var a Application
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		a, err = named(tx, id)
		return err
	})
	if err != nil {
		return ApplicationInfo{}, AsError(err)
	}
	info, err := s.info(a, nil, s.now())
	return info, wrap(err)
}
