package nodkey

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// Challenge gives the digits, and the statement for a QR code, that a phone without a connection makes a code from, for the
// sign-in behind a browser's token: the same ones while they are alive, else new ones, which give its request another
// ChallengeLife. It wakes nobody. Errors: sign_in.unknown; approval.approved, .denied, .cancelled and .expired when the
// request has ended; code.disabled by policy; code.no_phone when no phone can make codes, code.off when too many were wrong;
// code.slow after too many challenges; choice.first while no phone is chosen.
func (s *SignIns) Challenge(ctx context.Context, c Caller, token Token) (OfflineCode, error) {
	if !s.policy.takesCodes() {
		return OfflineCode{}, fail(Refused, "code.disabled")
	}
	for range 8 { // digits that were asked before, or a request that moved on meanwhile, are rare
		w, now, err := s.askedNow(ctx, c, token)
		if err != nil {
			return OfflineCode{}, err
		}
		if w.has && w.challenge.aliveAt(now) {
			return s.offlineCode(w, now), nil
		}
		made, extended, err := s.newChallenge(w, now)
		if err != nil {
			return OfflineCode{}, AsError(err)
		}
		err = s.Store.Update(ctx, func(tx Tx) error { return s.insertChallenge(tx, c, token, w, made, extended, now) })
		if errors.Is(err, errChallengeAgain) {
			continue
		}
		if err != nil {
			return OfflineCode{}, AsError(err)
		}
		// Phones that show the request learn how long it waits now; nobody is notified.
		s.Bus.Publish(append(topicsOfKeys(w.approval.KeyIDs), topicOfSignIn(w.signIn.ID))...)
		w.challenge, w.approval = made, extended
		return s.offlineCode(w, now), nil
	}
	return OfflineCode{}, fail(Unavailable, "server.busy", "Seconds", 1)
}

// Challenged gives the digits that were asked for by Challenge, and asks for none. Errors: those of Challenge but code.slow;
// code.none when nobody asked for any, code.over and code.late when those of before take no code any more.
func (s *SignIns) Challenged(ctx context.Context, token Token) (OfflineCode, error) {
	if !s.policy.takesCodes() {
		return OfflineCode{}, fail(Refused, "code.disabled")
	}
	w, now, err := s.askedNow(ctx, Caller{}, token)
	switch {
	case err != nil:
		return OfflineCode{}, err
	case !w.has:
		return OfflineCode{}, fail(NotFound, "code.none")
	case w.challenge.Tries >= ChallengeTries:
		return OfflineCode{}, fail(Conflict, "code.over")
	case !w.challenge.aliveAt(now):
		return OfflineCode{}, fail(Conflict, "code.late")
	}
	return s.offlineCode(w, now), nil
}

func (s *SignIns) askedNow(ctx context.Context, c Caller, token Token) (w challenged, now time.Time, err error) {
	now = s.now()
	err = s.Store.View(ctx, func(tx Tx) (err error) {
		w, err = s.challenged(tx, c, token, now)
		return err
	})
	return w, now, wrap(err)
}

var errChallengeAgain = errors.New("these digits cannot be asked; others may")

// challenged is a sign-in that waits, with what a code for it hangs on.
type challenged struct {
	signIn    SignIn
	approval  Approval
	challenge Challenge // the newest, if has
	has       bool
	keys      []Key // that may answer by a code
}

// challenged reads a sign-in that still waits for its answer.
func (s *SignIns) challenged(tx Tx, c Caller, token Token, now time.Time) (challenged, error) {
	var w challenged
	var err error
	w.signIn, err = signInOf(tx, c, token)
	if err != nil {
		return w, err
	}
	if w.signIn.ApprovalID == "" {
		return w, fail(Conflict, "choice.first")
	}
	if w.approval, err = tx.Approval(w.signIn.ApprovalID); err != nil {
		return w, err
	}
	if state := w.approval.StateAt(now); state != ApprovalOpen {
		return w, overError(state)
	}
	if w.challenge, w.has, err = newestChallenge(tx, w.approval.ID); err != nil {
		return w, err
	}
	able := false
	for _, id := range w.approval.KeyIDs {
		key, err := tx.Key(id)
		if errors.Is(err, ErrNoRow) || err == nil && !key.answersByCode() {
			continue
		}
		if err != nil {
			return w, err
		}
		able = true
		on, err := takesCodes(tx, key, now)
		if err != nil {
			return w, err
		}
		if on {
			w.keys = append(w.keys, key)
		}
	}
	switch {
	case !able:
		return w, fail(Refused, "code.no_phone")
	case len(w.keys) == 0:
		return w, fail(Refused, "code.off", "ServiceDesk", s.site.ServiceDesk)
	}
	return w, nil
}

// newChallenge draws digits and signs the approval's statement anew, with them and with its new end.
func (s *SignIns) newChallenge(w challenged, now time.Time) (Challenge, Approval, error) {
	digits, err := drawDigits()
	if err != nil {
		return Challenge{}, Approval{}, err
	}
	made := Challenge{ID: ChallengeID(newID()), ApprovalID: w.approval.ID, Digits: digits, Earlier: w.approval.Digest,
		CreatedAt: now, ExpiresAt: now.Add(ChallengeLife)}
	if made.ExpiresAt.After(w.signIn.ExpiresAt) {
		made.ExpiresAt = w.signIn.ExpiresAt
	}
	if w.has && !now.After(w.challenge.CreatedAt) { // the newest is told by its time
		made.CreatedAt = w.challenge.CreatedAt.Add(time.Millisecond)
	}
	parsed, err := wire.ParseJWS(w.approval.Statement)
	if err != nil {
		return Challenge{}, Approval{}, err
	}
	var st wire.Statement
	if err := wire.DecodeStrict(parsed.Payload, &st); err != nil {
		return Challenge{}, Approval{}, err
	}
	extended := w.approval
	if made.ExpiresAt.After(extended.ExpiresAt) {
		extended.ExpiresAt = made.ExpiresAt
	}
	st.Challenge, st.Exp = made.Digits, extended.ExpiresAt.UnixMilli()
	jws, digest, err := s.id.sign(wire.TypStatement, st)
	if err != nil {
		return Challenge{}, Approval{}, err
	}
	if len(jws) > wire.MaxStatement {
		return Challenge{}, Approval{}, fmt.Errorf("a statement of %d characters", len(jws))
	}
	extended.Statement, extended.Digest = jws, digest[:]
	return made, extended, nil
}

// drawDigits draws a challenge. To OCRA n and 16·n are one question, because it writes the number in hexadecimal with zeros
// behind it: multiples of 16 are left out, so that no two challenges have one typed code.
func drawDigits() (string, error) {
	for {
		n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
		if err != nil {
			return "", err
		}
		if n.Int64()%16 != 0 {
			return fmt.Sprintf("%06d", n), nil
		}
	}
}

// insertChallenge stores a challenge that was made for w, unless something has changed since.
func (s *SignIns) insertChallenge(tx Tx, c Caller, token Token, w challenged, made Challenge, extended Approval, now time.Time) error {
	fresh, err := s.challenged(tx, c, token, now)
	if err != nil {
		return err
	}
	if fresh.approval.ID != w.approval.ID || !bytes.Equal(fresh.approval.Digest, w.approval.Digest) {
		return errChallengeAgain // another tab asked as well: theirs counts
	}
	if err := chargeChallenge(tx, c, w.signIn, now); err != nil {
		return err
	}
	for _, key := range fresh.approval.KeyIDs {
		err := tx.AskChallenge(key, made.Digits, now)
		if errors.Is(err, ErrExists) {
			return errChallengeAgain
		}
		if err != nil && !errors.Is(err, ErrNoRow) { // a key that is gone is asked nothing
			return err
		}
	}
	if _, err := tx.ExtendApproval(extended, now); errors.Is(err, ErrNoRow) {
		return errChallengeAgain
	} else if err != nil {
		return err
	}
	if err := tx.InsertChallenge(made); err != nil {
		return err
	}
	return s.record(tx, c, now, "code.asked", w.signIn.UserID, string(w.signIn.ID), "approval", w.approval.ID)
}

// chargeChallenge counts a challenge against those who may ask for one.
func chargeChallenge(tx LimitRows, c Caller, signIn SignIn, now time.Time) error {
	buckets := []chargedBucket{{ofSource(c.prefix(), codesBySource, codesByApplication), "code:source:" + c.prefix()}, {codesForUser, "code:user:" + string(signIn.UserID)}}
	if signIn.Known {
		buckets = []chargedBucket{{codesByBrowser, "code:known:" + string(signIn.UserID)}}
	}
	for _, b := range buckets {
		wait, ok, err := b.rule.take(tx, b.name, 1, now)
		if err != nil {
			return err
		}
		if !ok {
			return limited("code.slow", wait)
		}
	}
	return nil
}

// offlineCode is a challenge as its page shows it.
func (s *SignIns) offlineCode(w challenged, now time.Time) OfflineCode {
	out := OfflineCode{Digits: w.challenge.Digits, Statement: w.approval.Statement, ExpiresAt: w.challenge.ExpiresAt,
		Remaining: max(0, w.challenge.ExpiresAt.Sub(now)), Left: ChallengeTries - w.challenge.Tries}
	if !s.policy.takesTyped(w.approval.Kind) {
		out.Digits = ""
	}
	return out
}
