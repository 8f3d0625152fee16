package nodkey

import (
	"context"
	"crypto/ecdh"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// effect prepares what a yes puts in force, so that the transaction itself has nothing slow to do. key is the deciding key.
func (s *Approvals) effect(a Approval, d decision, key Key, now time.Time) (func(Tx, *Key) error, error) {
	if (a.Kind == ApprovePINChange) != (d.NewPIN != nil) {
		return nil, fail(BadInput, "decision.shape")
	}
	switch a.Kind {
	case ApproveSignIn, ApproveConfirm:
		return func(Tx, *Key) error { return nil }, nil // settle does it
	case ApproveKeyAdd:
		return func(tx Tx, deciding *Key) error {
			added, err := tx.Key(KeyID(a.Subject))
			if err != nil {
				return err
			}
			if added.State != KeyApprove {
				return fail(Conflict, "approval.cancelled")
			}
			added.ApprovedBy = deciding.ID
			return s.activate(tx, Caller{key: deciding}, added, now)
		}, nil
	case ApproveKeyRemove:
		return func(tx Tx, deciding *Key) error {
			if a.Subject == string(deciding.ID) { // it removes itself: keep the one copy that end saves
				*deciding = deciding.removed(now)
				return s.removeKey(tx, Caller{key: deciding}, *deciding, now)
			}
			target, err := tx.Key(KeyID(a.Subject))
			if err != nil {
				return err
			}
			return s.removeKey(tx, Caller{key: deciding}, target, now)
		}, nil
	case ApprovePasswordChange:
		raw, err := s.id.open("approvals", "payload", string(a.ID), a.Payload)
		if err != nil {
			return nil, AsError(err)
		}
		sealed, err := s.id.seal("users", "password", string(a.UserID), raw)
		if err != nil {
			return nil, AsError(err)
		}
		return func(tx Tx, deciding *Key) error {
			user, err := tx.User(a.UserID)
			if err != nil {
				return err
			}
			c := Caller{key: deciding}
			if err := s.newPassword(tx, c, user, sealed, a.SessionID, now); err != nil {
				return err
			}
			return s.record(tx, c, now, "password.changed", a.UserID, string(a.ID))
		}, nil
	case ApprovePINChange:
		return s.newPIN(a, d, key, now)
	case ApproveContactChange, ApproveContactRemove:
		return s.changeContact(a, now)
	case ApproveMessagesOpen:
		return s.openMessages(a, now), nil
	case ApproveTest, ApprovePINCheck:
		return func(Tx, *Key) error { return nil }, nil // it is written down, and that is all
	}
	return nil, AsError(errors.New("approval of an unknown kind: " + string(a.Kind)))
}

// newPIN opens the verifier of a changed PIN (docs/protocol.md §6.3).
func (s *Approvals) newPIN(a Approval, d decision, key Key, now time.Time) (func(Tx, *Key) error, error) {
	raw, err := s.id.open("approvals", "payload", string(a.ID), a.Payload)
	if err != nil {
		return nil, AsError(err)
	}
	es, err := ecdh.P256().NewPrivateKey(raw)
	if err != nil {
		return nil, AsError(err)
	}
	z, err := sharedSecret(es, d.NewPIN.E)
	if err != nil {
		return nil, err
	}
	h := wire.Transcript([32]byte(a.Digest), key.Public, d.NewPIN.E)
	vpin, vprf, err := wire.UnwrapVerifiers(s.id.binding(key.ID).WrapKey(z, h), d.NewPIN.Wrap)
	if err != nil || isZero(vpin) || !isZero(vprf) {
		return nil, fail(BadInput, "decision.wrap").because(err)
	}
	sealed, err := s.id.seal("keys", "pin", string(key.ID), vpin)
	if err != nil {
		return nil, AsError(err)
	}
	return func(tx Tx, k *Key) error {
		k.PINVerifier = sealed
		return s.record(tx, Caller{key: k}, now, "pin.changed", k.UserID, string(k.ID))
	}, nil
}

// reservePIN counts a PIN try before it is checked, and commits that: 100 parallel guesses are 5 checks.
// It gives the key as it then stands: what a change of the PIN put there meanwhile is what counts.
func (s *Approvals) reservePIN(ctx context.Context, c Caller) (key Key, attempt string, err error) {
	if !c.key.HasPIN() {
		return key, "", fail(BadInput, "decision.factor")
	}
	now := s.now()
	attempt = newID()
	var refused error
	var topics []string
	err = s.Store.Update(ctx, func(tx Tx) error {
		refused, topics = nil, nil
		if err := s.spend(tx, c); err != nil {
			return err
		}
		inAll, err := tx.CountPINFailures(c.key.ID, now.Add(-PINTriesInAllIn))
		if err != nil {
			return err
		}
		if inAll < PINTriesInAll {
			_, err = tx.ReservePINTry(c.key.ID, PINTriesInARow)
		}
		if inAll >= PINTriesInAll || errors.Is(err, ErrNoRow) {
			if key, err = tx.Key(c.key.ID); err != nil {
				return err
			}
			refused = s.notActive(key)
			if key.State != KeyActive {
				return nil
			}
			refused = s.suspendedError()
			checking, err := tx.CountPINFailures(key.ID, now.Add(-pinCheckLife))
			if err != nil || checking > 0 { // its tries are used up, but some may still be in the middle of their check
				return err
			}
			topics = append(topicsOfBoxes(key.UserID), topicOfKey(key.ID)) // a check that broke off never said so
			return s.suspend(tx, c, key, now)
		}
		if err != nil {
			return err
		}
		if err := tx.InsertPINFailure(c.key.ID, attempt, now); err != nil {
			return err
		}
		key, err = tx.Key(c.key.ID)
		return err
	})
	if err == nil {
		s.Bus.Publish(topics...)
		err = refused
	}
	return key, attempt, wrap(err)
}

// pinCheckLife is longer than any check of a PIN takes.
const pinCheckLife = time.Minute

func (s *Approvals) suspend(tx Tx, c Caller, key Key, now time.Time) error {
	key.State = KeySuspended
	if err := tx.SaveKey(key); err != nil {
		return err
	}
	if err := tx.DeleteOpening(key.ID); err != nil {
		return err
	}
	n := AccountNotice{Kind: NoticeKeySuspended, Phone: key.Phone.Name, Subject: string(key.ID)}
	return errors.Join(s.noticeTo(tx, c, key.UserID, n, now), s.record(tx, c, now, "key.suspended", key.UserID, string(key.ID)))
}

// giveBackPIN undoes a reservation: the PIN was right, though its decision came too late.
func (s *Approvals) giveBackPIN(ctx context.Context, id KeyID, attempt string) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		key, err := tx.Key(id)
		if errors.Is(err, ErrNoRow) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.rightPIN(tx, &key, attempt, true)
	})
}

// rightPIN forgets a try that was right, and the wrong ones in a row before it.
func (s *Approvals) rightPIN(tx Tx, key *Key, attempt string, save bool) error {
	if err := tx.DeletePINFailure(key.ID, attempt); err != nil {
		return err
	}
	if key.State != KeyActive {
		return nil
	}
	key.PINTries, key.CodeTries = 0, 0
	if save {
		return tx.SaveKey(*key)
	}
	return nil
}

// provesPIN checks a PIN proof without telling why it fails.
func (s *Approvals) provesPIN(key Key, d decision, proof *wire.PINProof) bool {
	verifier, err := s.id.open("keys", "pin", string(key.ID), key.PINVerifier)
	if err != nil {
		return false
	}
	given, err := s.id.binding(key.ID).OpenPINProof(s.id.pin, d.digest, proof)
	if err != nil {
		return false
	}
	return subtle.ConstantTimeCompare(given, wire.ProvePIN(verifier, d.digest)) == 1
}

// wrongPIN writes a wrong PIN down, suspends the key when its tries are used up, and makes the error that says so.
func (s *Approvals) wrongPIN(ctx context.Context, c Caller) error {
	now := s.now()
	var refused error
	var topics []string
	err := s.Store.Update(ctx, func(tx Tx) error {
		topics = nil
		key, err := tx.Key(c.key.ID)
		if err != nil {
			return err
		}
		if key.State != KeyActive {
			refused = s.notActive(key)
			return nil
		}
		inAll, err := tx.CountPINFailures(key.ID, now.Add(-PINTriesInAllIn))
		if err != nil {
			return err
		}
		left := min(PINTriesInARow-key.PINTries, PINTriesInAll-inAll)
		if err := s.record(tx, c, now, "pin.wrong", key.UserID, string(key.ID), "left", max(0, left)); err != nil {
			return err
		}
		if left > 0 {
			refused = fail(Refused, "pin.wrong", "Left", left, "Count", left)
			return nil
		}
		refused = s.suspendedError()
		topics = append(topicsOfBoxes(key.UserID), topicOfKey(key.ID))
		return s.suspend(tx, c, key, now)
	})
	if err != nil {
		return AsError(err)
	}
	s.Bus.Publish(topics...)
	return refused
}

func (b *base) suspendedError() error {
	return fail(Refused, "key.suspended", "ServiceDesk", b.site.ServiceDesk)
}

// notActive is the error for a key that may not say yes.
func (b *base) notActive(k Key) error {
	switch k.State {
	case KeySuspended:
		return b.suspendedError()
	case KeyRemoved:
		return fail(Refused, "key.removed")
	}
	return fail(Refused, "key.pending")
}

// checkAssertion verifies a biometric yes (docs/protocol.md §5.2).
func (s *Approvals) checkAssertion(key Key, d decision, assertion *wire.Assertion) (uint32, error) {
	if key.Credential == nil {
		return 0, fail(BadInput, "decision.factor")
	}
	challenge := wire.AssertionChallenge(d.input)
	count, err := s.WebAuthn.Assert(*key.Credential, challenge[:], *assertion)
	if err != nil {
		return 0, fail(Refused, "biometric.failed").because(err)
	}
	return count, nil
}

// wrongBiometric writes down that an assertion did not hold, and gives back the error that says so.
func (s *Approvals) wrongBiometric(ctx context.Context, c Caller, refused error) error {
	now := s.now()
	err := s.Store.Update(ctx, func(tx Tx) error {
		if err := s.spend(tx, c); err != nil {
			return err
		}
		_, ok, err := refusedNote.take(tx, "noted:biometric:"+string(c.key.ID), 1, now)
		if err != nil || !ok {
			return err
		}
		return s.record(tx, c, now, "biometric.wrong", c.key.UserID, string(c.key.ID))
	})
	if err != nil {
		return AsError(err)
	}
	return refused
}

func sharedSecret(own *ecdh.PrivateKey, point []byte) ([]byte, error) {
	other, err := ecdh.P256().NewPublicKey(point)
	if err != nil {
		return nil, fail(BadInput, "request.point").because(err)
	}
	z, err := own.ECDH(other)
	if err != nil {
		return nil, fail(BadInput, "request.point").because(err)
	}
	return z, nil
}

func isZero(b []byte) bool {
	var sum byte
	for _, x := range b {
		sum |= x
	}
	return sum == 0
}
