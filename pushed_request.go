package nodkey

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// PushedLife is how long what an application pushed ahead waits for the browser that it is for (RFC 9126 §2.2).
const PushedLife = 90 * time.Second

// pushedMax is the longest request that is pushed, in bytes: what [GrantRequest].Data holds.
const pushedMax = 8 << 10

// pushedBySource bounds what applications leave behind that push and send nobody: some 5,000 requests at a time. An application that
// proves nothing may be anybody, so each is counted by where it is.
var pushedBySource = bucket{size: 1000, drain: 20 * time.Millisecond}

// Push keeps what an application asks for until the browser comes (RFC 9126). It waits beside the browsers' ways to applications, which
// the token opens none of. Errors: grant.request for more than 8 KiB; application.slow.
func (s *Grants) Push(ctx context.Context, c Caller, data json.RawMessage) (token Token, expires time.Time, err error) {
	app, err := c.asApplication()
	if err != nil {
		return "", time.Time{}, err
	}
	if len(data) > pushedMax {
		return "", time.Time{}, fail(BadInput, "grant.request")
	}
	now := s.now()
	token = newToken()
	row := SealedGrantRequest{ID: newID(), ApplicationID: app.ID, CreatedAt: now, Token: pushedHash(token), Door: DoorOIDC, MaxAge: -1, ExpiresAt: now.Add(PushedLife)}
	if row.Data, err = s.id.seal("grant_requests", "data", row.ID, data); err != nil {
		return "", time.Time{}, AsError(err)
	}
	err = s.Store.Update(ctx, func(tx Tx) error {
		wait, ok, err := pushedBySource.take(tx, "pushed:"+string(app.ID)+":"+c.prefix(), 1, now)
		if err != nil {
			return err
		}
		if !ok {
			return limited("application.slow", wait)
		}
		if err := tx.InsertGrantRequest(row); errors.Is(err, ErrNoRow) { // removed meanwhile
			return fail(Unauthenticated, "application.wrong")
		} else {
			return err
		}
	})
	return token, row.ExpiresAt, wrap(err)
}

// pushedHash keeps the tokens of pushed requests apart from those that browsers bring: an application knows both. No token's own hash has
// a colon.
func pushedHash(token Token) TokenHash {
	if token == "" {
		return ""
	}
	return "pushed:" + token.Hash()
}

// Pushed gives what an application pushed, once. Error: grant.unknown, also for another application's and for one that came too late.
func (s *Grants) Pushed(ctx context.Context, id ApplicationID, token Token) (json.RawMessage, error) {
	now := s.now()
	var row SealedGrantRequest
	err := s.Store.View(ctx, func(tx Tx) (err error) { // who guesses makes the store write nothing
		row, err = tx.GrantRequestByToken(pushedHash(token))
		if err == nil && (row.ApplicationID != id || !now.Before(row.ExpiresAt)) {
			err = ErrNoRow
		}
		return err
	})
	if err == nil {
		err = s.Store.Update(ctx, func(tx Tx) error { return tx.TakeGrantRequest(row.ID) })
	}
	if errors.Is(err, ErrNoRow) {
		return nil, fail(NotFound, "grant.unknown")
	}
	if err != nil {
		return nil, AsError(err)
	}
	data, err := s.id.open("grant_requests", "data", row.ID, row.Data)
	return data, wrap(err)
}
