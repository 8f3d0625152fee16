package nodkey

import (
	"context"
	"errors"
	"time"
)

// Sessions are signed-in browsers.
type Sessions struct{ *base }

// Caller turns a cookie into the caller it stands for. A token that stands for nothing (any more) leaves the caller
// anonymous and is no error: the door sends such a browser to the sign-in page.
func (s *Sessions) Caller(ctx context.Context, c Caller, token Token) (Caller, error) {
	c, err := s.Watcher(ctx, c, token)
	now := s.now()
	if err != nil || c.session == nil || now.Sub(c.session.LastSeenAt) < time.Minute {
		return c, err
	}
	var found Session
	err = s.Store.Update(ctx, func(tx Tx) error {
		fresh, err := tx.SessionByToken(token.Hash())
		if err != nil {
			return err
		}
		fresh.LastSeenAt, fresh.Source = now, c.address()
		found = fresh
		return tx.SaveSession(fresh)
	})
	c.session = nil
	if errors.Is(err, ErrNoRow) {
		return c, nil
	}
	if err != nil {
		return c, AsError(err)
	}
	c.session = &found
	return c, nil
}

// Watcher is Caller for what an open page asks by itself: nobody need sit before it, so it does not count as use, and a
// session that nobody uses ends in its time.
func (s *Sessions) Watcher(ctx context.Context, c Caller, token Token) (Caller, error) {
	c.session = nil
	if token == "" {
		return c, nil
	}
	now := s.now()
	var found Session
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		found, err = tx.SessionByToken(token.Hash())
		return err
	})
	if errors.Is(err, ErrNoRow) {
		return c, nil
	}
	if err != nil {
		return c, AsError(err)
	}
	if s.lasts(found, now) {
		c.session = &found
	}
	return c, nil
}

// lasts tells whether a session's time is not over.
func (b *base) lasts(s Session, now time.Time) bool {
	return now.Before(s.ExpiresAt) && (s.Level == Restricted || now.Sub(s.LastSeenAt) <= b.policy.SessionIdle)
}

// live reloads the caller's session inside a transaction, so that a session that was ended a moment ago changes nothing and,
// where somebody goes on looking for minutes, sees nothing.
func (b *base) live(tx Tx, c Caller, level Level) (Session, error) {
	s, err := c.withSession(level)
	if err != nil {
		return Session{}, err
	}
	fresh, err := tx.SessionByToken(s.Token)
	if errors.Is(err, ErrNoRow) || err == nil && !b.lasts(fresh, b.now()) {
		return Session{}, fail(Unauthenticated, "session.none")
	}
	return fresh, err
}

// User gives the account behind the caller's session.
func (s *Sessions) User(ctx context.Context, c Caller) (User, error) {
	session, err := c.withSession(Restricted)
	if err != nil {
		return User{}, err
	}
	var user User
	err = s.Store.View(ctx, func(tx Tx) (err error) {
		user, err = tx.User(session.UserID)
		return err
	})
	if errors.Is(err, ErrNoRow) {
		return User{}, fail(Unauthenticated, "session.none")
	}
	if err != nil {
		return User{}, AsError(err)
	}
	return user, nil
}

// List gives the user's signed-in browsers, newest first.
func (s *Sessions) List(ctx context.Context, c Caller) ([]Session, error) {
	session, err := c.withSession(Full)
	if err != nil {
		return nil, err
	}
	var list []Session
	err = s.Store.View(ctx, func(tx Tx) (err error) {
		list, err = tx.SessionsOf(session.UserID, s.now())
		return err
	})
	if err != nil {
		return nil, AsError(err)
	}
	return list, nil
}

// End ends another of the user's sessions, or the caller's own.
func (s *Sessions) End(ctx context.Context, c Caller, id SessionID) error {
	now := s.now()
	var user UserID
	err := s.Store.Update(ctx, func(tx Tx) error {
		own, err := s.live(tx, c, Restricted)
		if err != nil {
			return err
		}
		if own.Level != Full && own.ID != id {
			return fail(Refused, "session.restricted")
		}
		list, err := tx.SessionsOf(own.UserID, now)
		if err != nil {
			return err
		}
		for _, other := range list {
			if other.ID == id {
				user = own.UserID
				if other.ID == own.ID { // signing out is leaving what a password alone opened in this browser, too
					here := func(x Session) bool { return x.Level == Passed && x.Browser != "" && x.Browser == c.Browser.Hash() }
					if err := s.endSessionsWhere(tx, c, user, here, now); err != nil {
						return err
					}
				} else { // another browser's: what came from it ends, also what would outlast it
					if err := s.endGrantsWhere(tx, c, user, func(g SealedGrant) bool { return g.SessionID == other.ID }, "session", now); err != nil {
						return err
					}
				}
				return s.endSession(tx, c, other, "ended", now)
			}
		}
		return fail(NotFound, "session.unknown")
	})
	if err == nil {
		s.Bus.Publish(topicOfActivations(user), topicOfCallbacks) // its streams look, and end
	}
	return wrap(err)
}

// EndOthers ends every session of the user's but the caller's own, and every sign-in that is under way, which would become one.
func (s *Sessions) EndOthers(ctx context.Context, c Caller) error {
	if _, err := c.withSession(Full); err != nil {
		return err
	}
	now := s.now()
	var user UserID
	err := s.Store.Update(ctx, func(tx Tx) error {
		own, err := s.live(tx, c, Full)
		if err != nil {
			return err
		}
		user = own.UserID
		if err := s.cancelSignIns(tx, c, user, now); err != nil {
			return err
		}
		if err := s.endGrantsWhere(tx, c, user, func(g SealedGrant) bool { return g.SessionID != own.ID }, "session", now); err != nil {
			return err
		}
		return s.endSessionsWhere(tx, c, user, func(x Session) bool { return x.ID != own.ID }, now)
	})
	if err == nil {
		s.Bus.Publish(topicOfActivations(user), topicOfCallbacks) // their streams look, and end
	}
	return wrap(err)
}

// SignOut ends the caller's session. Without one there is nothing to do.
func (s *Sessions) SignOut(ctx context.Context, c Caller) error {
	if c.session == nil {
		return nil
	}
	err := s.End(ctx, c, c.session.ID)
	if HasKey(err, "session.none") || HasKey(err, "session.unknown") {
		return nil
	}
	return err
}

// endSession ends one session, the activations that it has open, and what it asked the phones for.
func (b *base) endSession(tx Tx, c Caller, s Session, why string, now time.Time) error {
	if err := b.cancelActivations(tx, s.UserID, s.ID); err != nil {
		return err
	}
	if _, err := b.cancelApprovals(tx, c, s.UserID, func(a Approval) bool { return a.SessionID == s.ID }, now); err != nil {
		return err
	}
	if err := b.endGrantsOfSession(tx, c, s.ID, now); err != nil {
		return err
	}
	if err := tx.DeleteSession(s.ID); err != nil {
		return err
	}
	return b.record(tx, c, now, "session."+why, s.UserID, string(s.ID))
}

// endSessionsWhere ends those of a user's sessions that match.
func (b *base) endSessionsWhere(tx Tx, c Caller, user UserID, match func(Session) bool, now time.Time) error {
	list, err := tx.SessionsOf(user, now)
	if err != nil {
		return err
	}
	for _, s := range list {
		if match(s) {
			if err := b.endSession(tx, c, s, "revoked", now); err != nil {
				return err
			}
		}
	}
	return nil
}

// cancelSignIns ends a user's sign-ins that wait or were not collected, and what they passed and did not go on to: the password that they began with counts no more.
func (b *base) cancelSignIns(tx Tx, c Caller, user UserID, now time.Time) error {
	list, err := tx.SignInsOf(user, 200)
	if err != nil {
		return err
	}
	for _, s := range list {
		if s.State != SignInChoosing && s.State != SignInPending && s.State != SignInApproved {
			continue
		}
		s.State, s.EndedAt = SignInCancelled, now
		if err := b.saveSignIn(tx, s, now); err != nil {
			return err
		}
		if err := b.record(tx, c, now, "sign_in.cancelled", user, string(s.ID)); err != nil {
			return err
		}
	}
	if _, err = b.cancelApprovals(tx, c, user, func(a Approval) bool { return a.Kind.ofSignIn() }, now); err != nil {
		return err
	}
	return tx.ForgetPasses(user)
}

// newPassword puts a sealed hash in force and ends what the old password opened, but for one session.
func (b *base) newPassword(tx Tx, c Caller, user User, sealed []byte, keep SessionID, now time.Time) error {
	if user.HadKey { // before the first phone it is part of setting the account up
		if err := b.notice(tx, c, user, AccountNotice{Kind: NoticePasswordChanged}, now); err != nil {
			return err
		}
	}
	user.Password = sealed
	if err := tx.SaveUser(user); err != nil {
		return err
	}
	if err := b.cancelSignIns(tx, c, user.ID, now); err != nil {
		return err
	}
	if err := b.endGrantsWhere(tx, c, user.ID, func(g SealedGrant) bool { return keep == "" || g.SessionID != keep }, "password", now); err != nil {
		return err
	}
	return b.endSessionsWhere(tx, c, user.ID, func(x Session) bool { return x.ID != keep }, now)
}

// cancelActivations cancels a user's open activations, those of one session or (empty) all.
func (b *base) cancelActivations(tx Tx, user UserID, session SessionID) error {
	list, err := tx.ActivationsOf(user, 4*openActivations)
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.State == ActivationOpen && (session == "" || a.SessionID == session) {
			if err := tx.SaveActivation(a.cancelled()); err != nil {
				return err
			}
		}
	}
	return nil
}

// wrap makes an *Error of what a transaction returned, and keeps nil nil.
func wrap(err error) error {
	if err == nil {
		return nil
	}
	return AsError(err)
}
