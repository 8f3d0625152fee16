package nodkey

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"
	"time"

	"github.com/nodkey/nodkey/otp"
	"github.com/nodkey/nodkey/wire"
)

// FactorCode is an approval's Factor where the yes was a code.
const FactorCode = "code"

// Respond takes the eight digits of a phone for the sign-in behind a browser's token; blanks and hyphens between them and
// full-width digits do not matter. A right code approves the sign-in as a phone's yes does. Errors: code.shape for what is
// no code, which counts for nothing; code.wrong with Left; code.over after too many of them; code.late after the challenge's
// life; code.none when none was asked for; key.suspended, key.removed for a phone that was stopped meanwhile; and those of
// Challenge but approval.expired and code.slow.
func (s *SignIns) Respond(ctx context.Context, c Caller, token Token, typed string) error {
	code, ok := readCode(typed)
	if !ok {
		return fail(BadInput, "code.shape")
	}
	if !s.policy.takesCodes() {
		return fail(Refused, "code.disabled")
	}
	now := s.now()
	try, err := s.reserveCode(ctx, c, token, now)
	if err != nil {
		return AsError(err)
	}
	answer, right, err := s.checkCode(try, code)
	if err != nil {
		return AsError(err)
	}
	if !right {
		return s.wrongCode(ctx, c, try, now)
	}
	return s.rightCode(ctx, c, try, answer, now)
}

// readCode gives the eight digits of what was typed.
func readCode(typed string) (string, bool) {
	code := strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == ' ' || r == '\t' || r == '-' || r == '\u00a0' || r == '\u3000':
			return -1
		}
		return r
	}, typed)
	return code, wire.IsCode(code)
}

// codeTry is one code that was counted and not checked yet.
type codeTry struct {
	challenged
	attempt string
	left    int // how many more the challenge takes
}

// reserveCode counts a code before it is checked, against the challenge and against every key that it is checked for, and
// commits that: 100 parallel guesses are 5 checks.
func (s *SignIns) reserveCode(ctx context.Context, c Caller, token Token, now time.Time) (codeTry, error) {
	var try codeTry
	err := s.Store.Update(ctx, func(tx Tx) error {
		try = codeTry{attempt: newID()}
		var err error
		switch try.challenged, err = s.challenged(tx, c, token, now); {
		case HasKey(err, "approval.expired") || err == nil && try.has && !now.Before(try.challenge.ExpiresAt):
			return fail(Conflict, "code.late")
		case err != nil:
			return err
		case !try.has:
			return fail(Conflict, "code.none")
		}
		tries, err := tx.ReserveChallengeTry(try.challenge.ID, ChallengeTries, now)
		if errors.Is(err, ErrNoRow) {
			return fail(Conflict, "code.over")
		}
		if err != nil {
			return err
		}
		try.left = ChallengeTries - tries
		for i, key := range try.keys {
			if try.keys[i].CodeTries, err = tx.ReserveCodeTry(key.ID, CodeTriesInARow); err != nil {
				return err
			}
			if err := tx.InsertCodeFailure(key.ID, try.attempt, now); err != nil {
				return err
			}
		}
		return nil
	})
	return try, err
}

// The suites of codes, by the way in which the phone got the challenge.
var codeWays = []struct {
	way   string
	suite otp.Suite
}{{"scanned", mustSuite(wire.SuiteScanned)}, {"typed", mustSuite(wire.SuiteTyped)}}

func mustSuite(text string) otp.Suite {
	suite, err := otp.ParseSuite(text)
	if err != nil {
		panic(err) // it is a constant
	}
	return suite
}

// codeAnswer says what made a right code.
type codeAnswer struct {
	key    KeyID
	way    string // scanned or typed
	factor string // pin or prf
}

// checkCode computes every code that is right, for each key, factor and way that policy allows, and compares them all: how
// long it takes does not depend on which one it was.
func (s *SignIns) checkCode(try codeTry, code string) (answer codeAnswer, right bool, err error) {
	session := wire.CodeSession([32]byte(try.approval.Digest))
	for _, key := range try.keys {
		k, err := s.id.open("keys", "ocra", string(key.ID), key.OCRA)
		if err != nil {
			return codeAnswer{}, false, err
		}
		for _, factor := range []struct {
			name   string
			sealed []byte
		}{{"pin", key.PINVerifier}, {"prf", key.PRFVerifier}} {
			if len(factor.sealed) == 0 {
				continue
			}
			v, err := s.id.open("keys", factor.name, string(key.ID), factor.sealed)
			if err != nil {
				return codeAnswer{}, false, err
			}
			for _, w := range codeWays {
				if w.way == "typed" && !s.policy.takesTyped(try.approval.Kind) {
					continue
				}
				in := otp.Input{Question: try.challenge.Digits, PIN: wire.CodePIN(v)}
				if w.suite.Session > 0 {
					in.Session = session
				}
				want, err := w.suite.Compute(k, in)
				if err != nil {
					return codeAnswer{}, false, err
				}
				if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
					answer, right = codeAnswer{key: key.ID, way: w.way, factor: factor.name}, true
				}
			}
		}
	}
	return answer, right, nil
}

// wrongCode writes a wrong code down, with the keys whose codes it turned off, and makes the error that says so.
func (s *SignIns) wrongCode(ctx context.Context, c Caller, try codeTry, now time.Time) error {
	err := s.Store.Update(ctx, func(tx Tx) error {
		if err := s.record(tx, c, now, "code.wrong", try.signIn.UserID, string(try.signIn.ID), "left", try.left); err != nil {
			return err
		}
		for _, tried := range try.keys {
			key, err := tx.Key(tried.ID)
			if errors.Is(err, ErrNoRow) {
				continue
			}
			if err != nil {
				return err
			}
			on, err := takesCodes(tx, key, now)
			if err != nil {
				return err
			}
			if !on {
				if err := s.record(tx, c, now, "code.off", key.UserID, string(key.ID)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return AsError(err)
	case try.left == 0:
		return fail(Conflict, "code.over")
	}
	return fail(Refused, "code.wrong", "Left", try.left, "Count", try.left)
}

// rightCode puts a right code in force in one transaction, as Approvals.end does with a decision: the approval has one
// winner, and what lost comes too late.
func (s *SignIns) rightCode(ctx context.Context, c Caller, try codeTry, answer codeAnswer, now time.Time) error {
	var ended Approval
	var refused error
	err := s.Store.Update(ctx, func(tx Tx) error {
		refused = nil
		for _, tried := range try.keys { // the code was right, though it may have come too late
			if err := s.giveBackCode(tx, tried.ID, try.attempt); err != nil {
				return err
			}
		}
		key, err := tx.Key(answer.key)
		if err != nil && !errors.Is(err, ErrNoRow) {
			return err
		}
		if err != nil {
			key.State = KeyRemoved
		}
		if key.State != KeyActive { // not any more, since the try was counted
			refused = s.notActive(key)
			return nil
		}
		ended, err = tx.EndApproval(Approval{ID: try.approval.ID, State: ApprovalApproved, DecidedAt: now, DecidedBy: key.ID, Factor: FactorCode})
		if errors.Is(err, ErrNoRow) {
			lost, err := tx.Approval(try.approval.ID)
			if err == nil {
				refused = overError(lost.StateAt(now))
			}
			return err
		}
		if err != nil {
			return err
		}
		key.LastUsedAt = now
		if err := tx.SaveKey(key); err != nil {
			return err
		}
		return s.conclude(tx, c, ended, now, "key", key.ID, "way", answer.way, "by", answer.factor)
	})
	if err != nil {
		return AsError(err)
	}
	if refused != nil {
		return refused
	}
	s.announce(ended)
	return nil
}

// giveBackCode undoes a reservation.
func (b *base) giveBackCode(tx Tx, id KeyID, attempt string) error {
	if err := tx.DeleteCodeFailure(id, attempt); err != nil {
		return err
	}
	key, err := tx.Key(id)
	if errors.Is(err, ErrNoRow) {
		return nil
	}
	if err != nil {
		return err
	}
	key.CodeTries = max(0, key.CodeTries-1)
	return tx.SaveKey(key)
}
