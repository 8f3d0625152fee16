package nodkey

import (
	"context"
	"errors"
	"time"
)

// AssertionLife is the longest that something an application signed, to prove itself (RFC 7523) or to ask, may be good for.
const AssertionLife = time.Hour

// Once is what an application signed, that is good once.
type Once string

// What applications sign. Names of one kind are none of another's.
const (
	OnceAssertion Once = "application assertion" // by its jti (RFC 7523), at whichever door
	OnceRequest   Once = "application request"   // by its signature
)

// spentByApplication bounds what is kept of one application's: 20,000 at a time and 100 a second for longer. Forgetting one would let it
// be used twice, so beyond it nothing more is taken.
var spentByApplication = bucket{size: 20_000, drain: 10 * time.Millisecond}

// Spend counts what an application has signed, by its name, until it ends anyway. It is kept in the store, so that neither a restart nor
// another process takes it again. Errors: application.wrong for what was used before, and for what ends later than [AssertionLife] from
// now; application.slow.
func (s *Applications) Spend(ctx context.Context, c Caller, kind Once, name string, until time.Time) error {
	app, err := c.asApplication()
	if err != nil {
		return err
	}
	now := s.now()
	if until.After(now.Add(AssertionLife)) {
		return s.notProved(ctx, c, app.ID, c.door, now)
	}
	digest := s.id.codeHash(string(kind), string(app.ID), name)
	err = s.Store.Update(ctx, func(tx Tx) error {
		if err := tx.UseAssertion(app.ID, digest, until); err != nil {
			return err
		}
		wait, ok, err := spentByApplication.take(tx, "spent:"+string(app.ID), 1, now)
		if err == nil && !ok {
			err = limited("application.slow", wait)
		}
		return err
	})
	if errors.Is(err, ErrExists) || errors.Is(err, ErrNoRow) {
		return s.notProved(ctx, c, app.ID, c.door, now)
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
