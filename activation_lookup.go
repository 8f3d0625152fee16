package nodkey

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// Lookup gives the offer behind a code id. It claims nothing. Errors: activation.wrong, activation.used,
// activation.expired, activation.slow for a source that guesses.
func (s *Activations) Lookup(ctx context.Context, c Caller, codeID []byte) (wire.LookupResponse, error) {
	a, err := s.find(ctx, c, codeID)
	if err != nil {
		return wire.LookupResponse{}, err
	}
	if err := s.usable(a, s.now()); err != nil {
		return wire.LookupResponse{}, err
	}
	return wire.LookupResponse{Offer: a.Offer, MAC: a.OfferMAC}, nil
}

// usable tells why an activation cannot be used any more.
func (s *Activations) usable(a Activation, now time.Time) error {
	switch {
	case a.State == ActivationUsed:
		return fail(Conflict, "activation.used")
	case a.State != ActivationOpen || !now.Before(a.ExpiresAt):
		return fail(Conflict, "activation.expired")
	}
	return nil
}

// find looks an activation up. Wrong ids are counted by source, which slows a source that guesses, and over the server,
// which raises an alarm; a right one is never refused.
func (s *Activations) find(ctx context.Context, c Caller, codeID []byte) (Activation, error) {
	if len(codeID) != 16 {
		return Activation{}, fail(BadInput, "activation.wrong")
	}
	hash := s.codeID(codeID)
	var a Activation
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		a, err = tx.ActivationByCode(hash)
		return err
	})
	if err == nil {
		return a, nil
	}
	if !errors.Is(err, ErrNoRow) {
		return Activation{}, AsError(err)
	}
	now := s.now()
	var answer error
	err = s.Store.Update(ctx, func(tx Tx) error {
		answer = fail(NotFound, "activation.wrong")
		wait, ok, err := codeBySource.take(tx, "code:source:"+c.prefix(), 1, now)
		if err != nil {
			return err
		}
		if !ok {
			answer = limited("activation.slow", wait)
			return nil // not counted further: what one source sends when it is slowed proves nothing new
		}
		_, ok, err = codeByAnyone.take(tx, "code:all", 1, now)
		if err != nil || ok {
			return err
		}
		if err := codeByAnyone.add(tx, "code:all", -codeByAnyone.size/2, now); err != nil {
			return err
		}
		return s.record(tx, c, now, "alarm.codes_guessed", "", "", "wrong", int(codeByAnyone.size))
	})
	if err != nil {
		return Activation{}, AsError(err)
	}
	return Activation{}, answer
}

func digestOf(signingInput string) []byte {
	sum := sha256.Sum256([]byte(signingInput))
	return sum[:]
}
