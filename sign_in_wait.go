package nodkey

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// Waiting is what the waiting page shows of a sign-in.
type Waiting struct {
	ID        SignInID
	State     SignInState
	App       string       // the application that it is on its way to, or that asks, for people; empty: the portal alone
	Cause     string       // with denied: not_me, mistake or wrong_number
	Number    string       // the two digits, while pending and number matching is on
	Phones    []AskedPhone // that may answer
	Choices   []Choice     // the phones to choose from, last used first: while choosing, and where another can be asked instead
	AllAtOnce bool         // policy lets all of them be asked at once
	Request   ApprovalID   // the request of the moment, none while choosing
	Known     bool         // the browser had signed in as this user before; to any other Choices say less
	Notified  bool         // false: over the budget, so the app must be opened
	AskedAt   time.Time
	ExpiresAt time.Time // of the request
	EndedAt   time.Time
	Remaining time.Duration
	Again     bool // "try again" works without the password
	Codes     bool // policy takes codes of a phone that is offline: Challenge gives the digits
	// Unconfirmed says that it has waited for longer than ConfirmWithin and no phone has said that it arrived; ConfirmBy is when
	// that turns, zero when it cannot. Both only while pending.
	Unconfirmed bool
	ConfirmBy   time.Time
}

// Wait tells where the sign-in behind a browser's token stands.
func (s *SignIns) Wait(ctx context.Context, token Token) (Waiting, error) {
	return s.wait(ctx, Caller{}, token)
}

func (s *SignIns) wait(ctx context.Context, c Caller, token Token) (Waiting, error) {
	now := s.now()
	var w Waiting
	err := s.Store.View(ctx, func(tx Tx) error {
		var approval Approval
		var err error
		if w, approval, err = s.progress(tx, c, token, now); err != nil || w.State == SignInApproved || w.State == SignInDone {
			return err // whose page names no phone
		}
		keys, err := tx.KeysOf(approval.UserID)
		if err != nil {
			return err
		}
		s.offer(&w, keys, approval)
		if w.Phones, err = askedPhones(tx, approval, keys); err == nil && w.State == SignInPending {
			w.Unconfirmed, w.ConfirmBy = unconfirmed(w.Phones, w.AskedAt, now)
		}
		return err
	})
	return w, wrap(err)
}

func (s *SignIns) progress(tx Tx, c Caller, token Token, now time.Time) (Waiting, Approval, error) {
	signIn, err := signInOf(tx, c, token)
	if err != nil {
		return Waiting{}, Approval{}, err
	}
	if signIn.ApprovalID == "" { // no phone was chosen
		return waitingToChoose(signIn, now), Approval{UserID: signIn.UserID}, nil
	}
	approval, err := tx.Approval(signIn.ApprovalID)
	if err != nil {
		return Waiting{}, Approval{}, err
	}
	w := Waiting{ID: signIn.ID, State: signIn.State, App: signIn.App, Request: signIn.ApprovalID, Cause: signIn.Cause, Known: signIn.Known, Notified: signIn.Notified, AskedAt: approval.CreatedAt,
		ExpiresAt: approval.ExpiresAt, EndedAt: signIn.EndedAt}
	if signIn.State == SignInPending {
		w.Remaining = max(0, approval.ExpiresAt.Sub(now))
		w.Codes = s.policy.takesCodes()
		if approval.StateAt(now) == ApprovalExpired {
			w.State, w.EndedAt = SignInExpired, approval.ExpiresAt
		} else if approval.Number {
			w.Number = s.id.digits(approval.ID)
		}
	}
	if signIn.State == SignInDone { // what was taken back since
		w.Cause = ""
	}
	w.Again = w.State == SignInExpired && now.Before(signIn.ExpiresAt)
	return w, approval, nil
}

// Topic is what the bus is told when a sign-in moves on.
func (s *SignIns) Topic(w Waiting) string { return topicOfSignIn(w.ID) }

// Cancel ends a sign-in from its own browser, or an application's request. One that has ended already stays as it is.
func (s *SignIns) Cancel(ctx context.Context, c Caller, token Token) error {
	now := s.now()
	var keys []KeyID
	var topic string
	err := s.Store.Update(ctx, func(tx Tx) error {
		signIn, err := signInOf(tx, c, token)
		if err != nil {
			return err
		}
		topic = topicOfSignIn(signIn.ID)
		if signIn.State != SignInChoosing && signIn.State != SignInPending && signIn.State != SignInApproved {
			return nil
		}
		ended, err := tx.EndApproval(Approval{ID: signIn.ApprovalID, State: ApprovalCancelled, DecidedAt: now})
		if err != nil && !errors.Is(err, ErrNoRow) {
			return err
		}
		keys = ended.KeyIDs
		signIn.State, signIn.EndedAt = SignInCancelled, now
		if err := s.saveSignIn(tx, signIn, now); err != nil {
			return err
		}
		return s.record(tx, c, now, "sign_in.cancelled", signIn.UserID, string(signIn.ID))
	})
	if err == nil {
		s.Bus.Publish(append(topicsOfKeys(keys), topic, topicOfCallbacks)...)
	}
	return wrap(err)
}

// said is what an application adds to the statement.
func (s SignIn) said() wire.Statement { return wire.Statement{App: s.App, Text: s.Text} }

// signInApproval makes the signed statement of a sign-in.
func (b *base) signInApproval(c Caller, user User, keys []Key, signIn SignIn, now time.Time) (Approval, error) {
	a := Approval{UserID: user.ID, Kind: cmp.Or(signIn.Asked, ApproveSignIn), Number: b.policy.NumberMatching, Known: signIn.Known, Subject: string(signIn.ID),
		ExpiresAt: signIn.ExpiresAt}
	return b.newApproval(c, user, keys, a, signIn.said(), now)
}
