package nodkey

import (
	"context"
	"crypto/ecdh"
	"crypto/hmac"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// Submit takes a phone's new key (docs/protocol.md §4.3) and gives the signed receipt. The same bytes again get the same
// receipt. Errors: those of Lookup; submission.* for one that does not hold; activation.limit and activation.already.
func (s *Activations) Submit(ctx context.Context, c Caller, in wire.SubmitRequest) (receipt string, err error) {
	a, err := s.find(ctx, c, in.CodeID)
	if err != nil {
		return "", err
	}
	now := s.now()
	parsed, err := wire.ParseJWS(in.Submission)
	if err != nil {
		return "", fail(BadInput, "submission.jws").because(err)
	}
	digest := digestOf(parsed.SigningInput)
	if a.State == ActivationUsed && subtle.ConstantTimeCompare(a.Submission, digest) == 1 {
		return s.receiptFor(ctx, a.KeyID)
	}
	if err := s.usable(a, now); err != nil {
		return "", err
	}
	key, err := s.readSubmission(a, in, parsed)
	if HasKey(err, "submission.mac") { // it knows the code's id but not the code: somebody stands between
		noted := s.Store.Update(ctx, func(tx Tx) error {
			_, ok, err := refusedNote.take(tx, "noted:activation:"+string(a.ID), 1, now)
			if err != nil || !ok {
				return err
			}
			return s.record(tx, c, now, "activation.refused", a.UserID, string(a.ID))
		})
		if noted != nil {
			return "", AsError(noted)
		}
	}
	if err != nil {
		return "", err
	}
	key.CreatedAt = now
	key, err = s.claim(ctx, c, a, key, now)
	if err != nil {
		return "", err
	}
	return s.receiptFor(ctx, key.ID)
}

// readSubmission checks a submission and makes the key of it, its secrets sealed. It changes nothing.
func (s *Activations) readSubmission(a Activation, in wire.SubmitRequest, parsed wire.Parsed) (Key, error) {
	code, err := s.id.open("activations", "code", string(a.ID), a.Code)
	if err != nil {
		return Key{}, AsError(err)
	}
	mac := wire.SubmissionMAC(wire.Code(code).Key(), wire.Digest(parsed.SigningInput))
	if !hmac.Equal(mac, in.MAC) {
		return Key{}, fail(Refused, "submission.mac")
	}
	var sub wire.Submission
	if err := wire.DecodeStrict(parsed.Payload, &sub); err != nil {
		return Key{}, fail(BadInput, "submission.jws").because(err)
	}
	kid, err := wire.KeyID(sub.D)
	if err != nil {
		return Key{}, fail(BadInput, "submission.jws").because(err)
	}
	if _, err := s.verifyPhone(in.Submission, wire.TypActivation, KeyID(kid), sub.D, &sub); err != nil {
		return Key{}, fail(BadInput, "submission.jws").because(err)
	}
	offerInput, _ := wire.SigningInput(a.Offer)
	offerDigest := wire.Digest(offerInput)
	phone, ok := readPhone(sub.Phone)
	switch {
	case sub.Aud != s.id.serverID || subtle.ConstantTimeCompare(sub.Offer, offerDigest[:]) != 1:
		return Key{}, fail(BadInput, "submission.offer")
	case !sub.PIN && sub.WebAuthn == nil || sub.PRF && sub.WebAuthn == nil:
		return Key{}, fail(BadInput, "submission.factor")
	case !ok:
		return Key{}, fail(BadInput, "submission.phone")
	}
	if err := s.policy.Posture.check(phone); err != nil {
		return Key{}, err
	}
	key := Key{ID: KeyID(kid), UserID: a.UserID, Phone: phone, Public: sub.D, ActivationID: a.ID, Submission: digestOf(parsed.SigningInput)}
	if sub.WebAuthn != nil {
		credential, err := s.WebAuthn.Register(a.Challenge, a.Handle, *sub.WebAuthn)
		if err != nil {
			return Key{}, fail(Refused, "biometric.failed").because(err)
		}
		key.Credential = &credential
	}
	return s.unwrap(a, key, sub, offerDigest)
}

// unwrap derives K and opens the verifiers, and seals them for the store.
func (s *Activations) unwrap(a Activation, key Key, sub wire.Submission, offerDigest [32]byte) (Key, error) {
	raw, err := s.id.open("activations", "es", string(a.ID), a.Es)
	if err != nil {
		return Key{}, AsError(err)
	}
	es, err := ecdh.P256().NewPrivateKey(raw)
	if err != nil {
		return Key{}, AsError(err)
	}
	z, err := sharedSecret(es, sub.E)
	if err != nil {
		return Key{}, fail(BadInput, "submission.jws").because(err)
	}
	binding, h := s.id.binding(key.ID), wire.Transcript(offerDigest, sub.D, sub.E)
	vpin, vprf, err := wire.UnwrapVerifiers(binding.WrapKey(z, h), sub.Wrap)
	if err != nil || isZero(vpin) == sub.PIN || isZero(vprf) == sub.PRF {
		return Key{}, fail(BadInput, "submission.wrap").because(err)
	}
	row := string(key.ID)
	if key.OCRA, err = s.id.seal("keys", "ocra", row, binding.OCRAKey(z, h)); err != nil {
		return Key{}, AsError(err)
	}
	if sub.PIN {
		if key.PINVerifier, err = s.id.seal("keys", "pin", row, vpin); err != nil {
			return Key{}, AsError(err)
		}
	}
	if sub.PRF {
		if key.PRFVerifier, err = s.id.seal("keys", "prf", row, vprf); err != nil {
			return Key{}, AsError(err)
		}
	}
	return key, nil
}

// readPhone checks what a phone says of itself.
func readPhone(f wire.PhoneFacts) (Phone, bool) {
	p := Phone{ID: f.ID, Name: f.Name, Platform: Platform(f.Platform), OSVersion: f.OSVersion, Model: f.Model, App: f.App, Rooted: f.Rooted, ScreenLock: f.ScreenLock}
	raw, err := wire.DecodeB64(f.ID)
	ok := err == nil && len(raw) == 16 && cleanText(f.Name, 40) && cleanText(f.App, 40)
	ok = ok && (f.OSVersion == "" || cleanText(f.OSVersion, 20)) && (f.Model == "" || cleanText(f.Model, 40))
	switch p.Platform {
	case Android, IOS, Terminal, Other:
		return p, ok
	}
	return p, false
}

// claim takes the activation for this key: one winner, and everything that follows in the same transaction.
func (s *Activations) claim(ctx context.Context, c Caller, a Activation, key Key, now time.Time) (Key, error) {
	var approval Approval
	digits, err := s.newDigits()
	if err != nil {
		return Key{}, AsError(err)
	}
	for range 3 {
		var user User
		var keys []Key
		err := s.Store.View(ctx, func(tx Tx) (err error) {
			if user, err = tx.User(a.UserID); err != nil {
				return err
			}
			keys, err = tx.KeysOf(a.UserID)
			return err
		})
		if err != nil {
			return Key{}, AsError(err)
		}
		key.State = KeyActive
		if active := activeKeys(keys); len(active) > 0 {
			key.State = KeyApprove
			ask := Approval{UserID: user.ID, Kind: ApproveKeyAdd, Number: s.policy.NumberMatching, Notified: true, Known: true, SessionID: a.SessionID, Subject: string(key.ID)}
			extra := wire.Statement{NewKey: &wire.NewKey{ID: string(key.ID), Name: clip(key.Phone.Name, 40)}}
			if approval, err = s.newApproval(c, user, active, ask, extra, now); err != nil {
				return Key{}, AsError(err)
			}
		} else if s.policy.ActivationConfirm {
			key.State = KeyConfirm
		}
		err = s.Store.Update(ctx, func(tx Tx) error {
			keysNow, err := tx.KeysOf(a.UserID)
			if err != nil {
				return err
			}
			if !sameActive(keys, keysNow) {
				return errKeysChanged
			}
			return s.claimIn(tx, c, a, key, keysNow, approval, digits, now)
		})
		if errors.Is(err, errKeysChanged) {
			continue
		}
		if err != nil {
			return Key{}, AsError(err)
		}
		s.notify(approval, approval.Notified) // rare enough to look in vain
		s.Bus.Publish(topicOfActivations(a.UserID))
		return key, nil
	}
	return Key{}, fail(Unavailable, "server.busy", "Seconds", 1)
}

func (s *Activations) claimIn(tx Tx, c Caller, a Activation, key Key, keys []Key, approval Approval, digits string, now time.Time) error {
	claimed, err := tx.ClaimActivation(a.ID, key.ID, key.Submission, now)
	if errors.Is(err, ErrNoRow) {
		lost, err := tx.Activation(a.ID)
		if err != nil {
			return err
		}
		if lost.State == ActivationUsed && subtle.ConstantTimeCompare(lost.Submission, key.Submission) == 1 {
			return nil // the same bytes, twice at the same time
		}
		if err := s.usable(lost, now); err != nil {
			return err
		}
		return fail(Conflict, "activation.expired")
	}
	if err != nil {
		return err
	}
	if err := s.stillOffered(tx, a, keys, now); err != nil {
		return err
	}
	for _, k := range keys {
		if k.State != k.StateAt(now) { // nobody finished it: it does not stand in the way
			if err := s.removeKey(tx, c, k, now); err != nil {
				return err
			}
		}
	}
	own := present(keys, now)
	for _, k := range own {
		if k.Phone.ID == key.Phone.ID {
			return fail(Conflict, "activation.already", "Phone", k.Phone.Name)
		}
	}
	if len(own) >= s.policy.MaxKeys {
		return s.tooManyKeys(own)
	}
	if err := tx.InsertKey(key); errors.Is(err, ErrExists) {
		return fail(Conflict, "activation.used")
	} else if err != nil {
		return err
	}
	switch key.State {
	case KeyActive:
		return s.activate(tx, c, key, now)
	case KeyConfirm:
		claimed.Digits = s.id.codeHash("activation digits", string(a.ID), digits)
		if claimed.SealedDigits, err = s.id.seal("activations", "digits", string(a.ID), []byte(digits)); err != nil {
			return err
		}
		if err := tx.SaveActivation(claimed); err != nil {
			return err
		}
	case KeyApprove:
		if err := tx.InsertApproval(approval); err != nil {
			return err
		}
		if _, err := s.enqueue(tx, approval); err != nil {
			return err
		}
	}
	return s.record(tx, c, now, "key.arrived", key.UserID, string(key.ID), "phone", key.Phone.Name, "state", key.State)
}

// stillOffered tells whether the session that made an activation is there, and may still bring in a key.
func (s *Activations) stillOffered(tx Tx, a Activation, keys []Key, now time.Time) error {
	sessions, err := tx.SessionsOf(a.UserID, now)
	if err != nil {
		return err
	}
	for _, x := range sessions {
		if x.ID == a.SessionID {
			return s.mayActivate(x, keys)
		}
	}
	return fail(Conflict, "activation.expired")
}
