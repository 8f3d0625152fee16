package nodkey

import (
	"context"
	"errors"
	"net/netip"
	"time"
)

// Look tells an application where its request stands; Waiting.Again and Choices are for browsers. Another application's token is
// not found: sign_in.unknown.
func (s *Applications) Look(ctx context.Context, c Caller, token Token) (Waiting, error) {
	if _, err := c.asApplication(); err != nil {
		return Waiting{}, err
	}
	w, err := s.signIns.wait(ctx, c, token)
	w.Again, w.Choices, w.AllAtOnce = false, nil, false
	return w, err
}

// Topic is what the bus is told when a request moves on.
func (s *Applications) Topic(id SignInID) string { return topicOfSignIn(id) }

// TokenOf gives the token of a request of the calling application's by its id, for a door whose URLs name requests: a token must not
// stand there. Whether there is such a request shows where the token is used.
func (s *Applications) TokenOf(c Caller, id SignInID) (Token, error) {
	app, err := c.asApplication()
	if err != nil {
		return "", err
	}
	return s.askToken(app.ID, id), nil
}

// awaitLook is how often a request is looked at without being told: a wake-up may be lost, and another process may have had the
// answer. Ten thousand may wait at once.
const awaitLook = 5 * time.Second

// Await is Look that returns once the request is not pending any more, or with what it last saw and the context's error when that
// ends.
func (s *Applications) Await(ctx context.Context, c Caller, token Token) (Waiting, error) {
	w, err := s.Look(ctx, c, token)
	if err != nil || w.State != SignInPending {
		return w, err
	}
	wake, cancel := s.Bus.Subscribe(topicOfSignIn(w.ID))
	defer cancel()
	look := time.NewTicker(awaitLook)
	defer look.Stop()
	for {
		next, err := s.Look(ctx, c, token)
		if ctx.Err() != nil {
			return w, ctx.Err()
		}
		if w = next; err != nil || w.State != SignInPending {
			return w, err
		}
		select {
		case <-wake:
		case <-look.C:
		case <-ctx.Done():
			return w, ctx.Err()
		}
	}
}

// Cancel takes a request back. One that has ended already stays as it is.
func (s *Applications) Cancel(ctx context.Context, c Caller, token Token) error {
	if _, err := c.asApplication(); err != nil {
		return err
	}
	return s.signIns.Cancel(ctx, c, token)
}

// Challenge gives the digits that a phone without a connection makes a code from, as [SignIns.Challenge] does; OfflineCode.Digits
// is empty where a code must come from the scanned statement, as with ApproveConfirm.
func (s *Applications) Challenge(ctx context.Context, c Caller, token Token) (OfflineCode, error) {
	c, err := s.fromPerson(ctx, c, token)
	if err != nil {
		return OfflineCode{}, err
	}
	return s.signIns.Challenge(ctx, c, token)
}

// Respond takes the code that the person typed at the application, as [SignIns.Respond] does.
func (s *Applications) Respond(ctx context.Context, c Caller, token Token, typed string) error {
	c, err := s.fromPerson(ctx, c, token)
	if err != nil {
		return err
	}
	return s.signIns.Respond(ctx, c, token, typed)
}

// fromPerson is the caller with the address of the person, as the application gave it when it asked.
func (s *Applications) fromPerson(ctx context.Context, c Caller, token Token) (Caller, error) {
	if _, err := c.asApplication(); err != nil {
		return c, err
	}
	err := s.Store.View(ctx, func(tx Tx) error {
		signIn, err := signInOf(tx, c, token)
		c.Source, _ = netip.ParseAddr(signIn.Source) // none stays none
		return err
	})
	return c, wrap(err)
}

// Phones gives the phones that an application may have asked for a user, the one last used first, named as strangers may see
// them. Error: application.denied, for all that [Applications.Ask] denies without a password.
func (s *Applications) Phones(ctx context.Context, c Caller, typedName string) ([]Choice, error) {
	app, err := c.asApplication()
	if err != nil {
		return nil, err
	}
	name, err := ParseUserName(typedName)
	if err != nil {
		name = "\x00"
	}
	var st standing
	err = s.Store.View(ctx, func(tx Tx) (err error) {
		st, err = s.standing(tx, c, app, name)
		return err
	})
	if err != nil {
		return nil, AsError(err)
	}
	if st.reason != "" {
		return nil, fail(Refused, "application.denied")
	}
	return choices(st.active, Approval{}, false), nil
}

// Proof is what an application gets for a yes, once.
type Proof struct {
	ID       SignInID
	User     UserID
	Name     string // what is typed to sign in
	Display  string // what people read
	Groups   []string
	Kind     ApprovalKind
	Text     string
	Factor   string // pin, biometric or code
	KeyID    KeyID  // whose yes it was
	At       time.Time
	Evidence Evidence
}

// Collect gives the proof of an approved request to the application that asked, once. Who may be asked is looked at again: a group
// left or a phone removed meanwhile denies it. Errors: sign_in.unknown, sign_in.done when it was collected already, sign_in.over when
// it is not approved or 15 minutes have passed, application.denied.
func (s *Applications) Collect(ctx context.Context, c Caller, token Token) (Proof, error) {
	proof, made, err := s.collect(ctx, c, token, func(Tx, Proof, Approval) error { return nil })
	if err != nil {
		return Proof{}, AsError(err)
	}
	proof.Evidence, err = s.newEvidence(*c.application, proof, made)
	return proof, wrap(err)
}

// Collected tells an application that lost the answer whether it has collected a request within that time, and may still let the person
// in. It gives no proof again. Errors: sign_in.unknown, sign_in.done for one that was collected earlier, sign_in.over for one that was
// not collected, application.denied, also for a yes that was taken back since.
func (s *Applications) Collected(ctx context.Context, c Caller, token Token, within time.Duration) error {
	app, err := c.asApplication()
	if err != nil {
		return err
	}
	now := s.now()
	return wrap(s.Store.View(ctx, func(tx Tx) error {
		signIn, err := signInOf(tx, c, token)
		switch {
		case err != nil:
			return err
		case signIn.State != SignInDone:
			return fail(Conflict, "sign_in.over")
		case !now.Before(signIn.EndedAt.Add(within)):
			return fail(Conflict, "sign_in.done")
		case signIn.Cause != "":
			return fail(Refused, "application.denied")
		}
		_, _, err = s.proofOf(tx, app, signIn)
		return err
	}))
}

// takeBack has a yes to a sign-in or a text count no more.
func (b *base) takeBack(tx Tx, id SignInID, now time.Time) error {
	signIn, err := tx.SignIn(id)
	switch {
	case errors.Is(err, ErrNoRow):
		return nil
	case err != nil:
		return err
	case signIn.State == SignInApproved: // not collected yet: it never will be
		signIn.State, signIn.Cause, signIn.EndedAt = SignInDenied, ReasonNotMe, now
		return b.saveSignIn(tx, signIn, now)
	case signIn.State == SignInDone:
		signIn.Cause = ReasonNotMe
		return tx.SaveSignIn(signIn)
	}
	return nil
}

// collect is Collect without the evidence, and with what is to happen in the same transaction.
func (s *Applications) collect(ctx context.Context, c Caller, token Token, more func(Tx, Proof, Approval) error) (proof Proof, made evidenceOf, err error) {
	app, err := c.asApplication()
	if err != nil {
		return Proof{}, made, err
	}
	now := s.now()
	err = s.Store.Update(ctx, func(tx Tx) error {
		signIn, err := signInOf(tx, c, token)
		if err != nil {
			return err
		}
		if !now.Before(signIn.ExpiresAt) {
			return fail(Conflict, "sign_in.over")
		}
		if _, err := tx.FinishSignIn(signIn.ID, "", now); errors.Is(err, ErrNoRow) {
			if signIn.State == SignInDone {
				return fail(Conflict, "sign_in.done")
			}
			return fail(Conflict, "sign_in.over")
		} else if err != nil {
			return err
		}
		if proof, made, err = s.proofOf(tx, app, signIn); err != nil {
			return err
		}
		if err := more(tx, proof, made.approval); err != nil {
			return err
		}
		return s.record(tx, c, now, "application.collected", proof.User, string(proof.ID), "application", app.ID, "kind", proof.Kind, "factor", proof.Factor)
	})
	return proof, made, err
}

func (s *Applications) proofOf(tx Tx, app Application, signIn SignIn) (Proof, evidenceOf, error) {
	var made evidenceOf
	user, err := tx.User(signIn.UserID)
	if err != nil {
		return Proof{}, made, err
	}
	groups, err := tx.GroupsOf(user.ID)
	if err != nil {
		return Proof{}, made, err
	}
	key, err := tx.Key(signIn.KeyID)
	if err != nil && !errors.Is(err, ErrNoRow) {
		return Proof{}, made, err
	}
	if err != nil || key.State != KeyActive || !app.admits(groups) {
		return Proof{}, made, fail(Refused, "application.denied")
	}
	made.key = key
	if made.approval, err = tx.Approval(signIn.ApprovalID); err != nil {
		return Proof{}, made, err
	}
	if made.challenges, err = tx.ChallengesOf(signIn.ApprovalID); err != nil {
		return Proof{}, made, err
	}
	return Proof{ID: signIn.ID, User: user.ID, Name: user.Name, Display: user.DisplayName, Groups: groups, Kind: signIn.Asked, Text: signIn.Text,
		Factor: made.approval.Factor, KeyID: key.ID, At: made.approval.DecidedAt}, made, nil
}

// Admitted is what a full session in the portal proves to an application that the same browser goes on to.
type Admitted struct {
	User    UserID
	Name    string
	Display string
	Locale  string
	Groups  []string
	Factor  string // pin, biometric or code; what signed the session in
	KeyID   KeyID
	At      time.Time // when it did
}

// Admit tells whether the person of a full session may go on to an application, and what may be said of them there. Errors:
// session.none, session.restricted, application.denied, application.unknown.
func (s *Applications) Admit(ctx context.Context, c Caller, id ApplicationID) (Admitted, error) {
	var out Admitted
	err := s.Store.View(ctx, func(tx Tx) error {
		session, err := s.live(tx, c, Full)
		if err != nil {
			return err
		}
		app, err := named(tx, id)
		if err != nil {
			return err
		}
		user, err := tx.User(session.UserID)
		if err != nil {
			return err
		}
		groups, err := tx.GroupsOf(user.ID)
		if err != nil {
			return err
		}
		if !app.admits(groups) {
			return fail(Refused, "application.denied")
		}
		out = Admitted{User: user.ID, Name: user.Name, Display: user.DisplayName, Locale: user.Locale, Groups: groups, KeyID: session.KeyID, At: session.CreatedAt}
		a, err := tx.Approval(session.ApprovalID)
		if err != nil && !errors.Is(err, ErrNoRow) {
			return err
		}
		out.Factor = a.Factor
		return nil
	})
	return out, wrap(err)
}
