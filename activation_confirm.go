package nodkey

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"

	"github.com/nodkey/nodkey/wire"
)

// Confirm takes the six digits in the session that made the activation; three wrong ones remove the key. Errors:
// digits.wrong with Left, digits.over.
func (s *Activations) Confirm(ctx context.Context, c Caller, typed string) error {
	now := s.now()
	var refused error
	var key Key
	err := s.Store.Update(ctx, func(tx Tx) error {
		refused = nil
		session, err := s.live(tx, c, Restricted)
		if err != nil {
			return err
		}
		a, k, err := s.pending(tx, session)
		if err != nil {
			return err
		}
		key = k
		if !now.Before(key.CreatedAt.Add(ConfirmLife)) {
			refused = fail(Conflict, "digits.over")
			return s.removeKey(tx, c, key, now)
		}
		keys, err := tx.KeysOf(key.UserID)
		if err != nil {
			return err
		}
		if refused = s.mayActivate(session, keys); refused != nil { // another phone was faster, and is to be asked now
			return s.removeKey(tx, c, key, now)
		}
		a.DigitTries++
		if subtle.ConstantTimeCompare(a.Digits, s.id.codeHash("activation digits", string(a.ID), typed)) == 1 {
			a.Digits, a.SealedDigits = nil, nil
			if err := tx.SaveActivation(a); err != nil {
				return err
			}
			return s.activate(tx, c, key, now)
		}
		if err := tx.SaveActivation(a); err != nil {
			return err
		}
		if err := s.record(tx, c, now, "digits.wrong", key.UserID, string(key.ID)); err != nil {
			return err
		}
		if a.DigitTries < ConfirmTries {
			refused = fail(Refused, "digits.wrong", "Left", ConfirmTries-a.DigitTries, "Count", ConfirmTries-a.DigitTries)
			return nil
		}
		refused = fail(Conflict, "digits.over")
		return s.removeKey(tx, c, key, now)
	})
	if err != nil {
		return AsError(err)
	}
	s.Bus.Publish(topicOfKey(key.ID), topicOfActivations(key.UserID))
	return refused
}

// pending gives the session's activation whose key waits for its digits.
func (s *Activations) pending(tx Tx, session Session) (Activation, Key, error) {
	list, err := tx.ActivationsOf(session.UserID, 4*openActivations)
	if err != nil {
		return Activation{}, Key{}, err
	}
	for _, a := range list {
		if a.SessionID != session.ID || a.KeyID == "" {
			continue
		}
		key, err := tx.Key(a.KeyID)
		if err != nil {
			return Activation{}, Key{}, err
		}
		if key.State == KeyConfirm {
			return a, key, nil
		}
	}
	return Activation{}, Key{}, fail(NotFound, "digits.none")
}

func (s *Activations) newDigits() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%06d", n), nil
}

// receiptFor signs the receipt of a key as it stands (docs/protocol.md §4.4).
func (b *base) receiptFor(ctx context.Context, id KeyID) (string, error) {
	var key Key
	var a Activation
	err := b.Store.View(ctx, func(tx Tx) (err error) {
		if key, err = tx.Key(id); err != nil {
			return err
		}
		a, err = tx.Activation(key.ActivationID)
		if errors.Is(err, ErrNoRow) { // forgotten since; only its digits would be of use
			return nil
		}
		return err
	})
	if errors.Is(err, ErrNoRow) {
		return "", fail(NotFound, "key.unknown")
	}
	if err != nil {
		return "", AsError(err)
	}
	now := b.now()
	state := key.StateAt(now)
	r := wire.Receipt{Aud: b.id.serverID, Submission: key.Submission, Key: string(key.ID), User: string(key.UserID), State: string(state), Iat: now.UnixMilli()}
	if state == KeyConfirm {
		digits, err := b.id.open("activations", "digits", string(a.ID), a.SealedDigits)
		if err != nil {
			return "", AsError(err)
		}
		r.Digits = string(digits)
	}
	jws, _, err := b.id.sign(wire.TypReceipt, r)
	if err != nil {
		return "", AsError(err)
	}
	return jws, nil
}

// Receipt gives the calling phone the receipt of the moment.
func (k *Keys) Receipt(ctx context.Context, c Caller) (string, error) {
	if c.key == nil {
		return "", fail(Unauthenticated, "proof.missing")
	}
	return k.receiptFor(ctx, c.key.ID)
}

// Cancel ends what the session's activation has come to: an open code, or a key that is not active yet. Nothing to end is
// no error.
func (s *Activations) Cancel(ctx context.Context, c Caller) error {
	now := s.now()
	var user UserID
	var key KeyID
	var ended Approval
	err := s.Store.Update(ctx, func(tx Tx) error {
		key, ended = "", Approval{}
		session, err := s.live(tx, c, Restricted)
		if err != nil {
			return err
		}
		user = session.UserID
		list, err := tx.ActivationsOf(user, 4*openActivations)
		if err != nil {
			return err
		}
		for _, a := range list {
			if a.SessionID != session.ID {
				continue
			}
			if a.State == ActivationOpen {
				return tx.SaveActivation(a.cancelled())
			}
			if a.KeyID == "" {
				return nil
			}
			pending, err := tx.Key(a.KeyID)
			if err != nil || pending.State != KeyConfirm && pending.State != KeyApprove {
				return err
			}
			key = pending.ID
			open, err := tx.OpenApprovals(user, now)
			if err != nil {
				return err
			}
			for _, x := range open {
				if x.Kind == ApproveKeyAdd && x.Subject == string(key) {
					if ended, err = tx.EndApproval(Approval{ID: x.ID, State: ApprovalCancelled, DecidedAt: now}); err != nil {
						return err
					}
				}
			}
			return s.removeKey(tx, c, pending, now)
		}
		return nil
	})
	if err != nil {
		return AsError(err)
	}
	s.Bus.Publish(append(topicsOfKeys(ended.KeyIDs), topicOfKey(key), topicOfActivations(user))...)
	return nil
}
