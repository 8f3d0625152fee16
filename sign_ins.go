package nodkey

import (
	"context"
	"errors"
	"time"
)

// SignIns take a person from name and password to a session.
type SignIns struct{ *base }

// Entry is what a right password leads to: a sign-in that waits for the phone, or a restricted session.
type Entry struct {
	SignIn  Token // set when a phone is asked, or to be chosen; the browser keeps it in a cookie
	Session Token // set when the user never had a key and policy lets the password in
}

// Begin checks name and password and asks the user's phone. With several, policy says whether all are asked or the person
// chooses (SignIns.Choose). Errors: sign_in.wrong, the same for an unknown name and a
// wrong password; sign_in.slow after too many tries; sign_in.no_phone for a user whose last key is gone, and
// sign_in.code_first for one who may not come in with a password yet.
func (s *SignIns) Begin(ctx context.Context, c Caller, typedName, password string) (Entry, error) {
	return s.begin(ctx, c, typedName, password, Application{})
}

// BeginFor is Begin for a browser that is on its way to an application: phones are shown the application's name. What it ends in is
// a session like any other; whether the person may go on is [Applications.Admit]'s to say. Errors: those of Begin,
// application.unknown.
func (s *SignIns) BeginFor(ctx context.Context, c Caller, id ApplicationID, typedName, password string) (Entry, error) {
	var a Application
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		a, err = named(tx, id)
		return err
	})
	if err != nil {
		return Entry{}, AsError(err)
	}
	return s.begin(ctx, c, typedName, password, a)
}

func (s *SignIns) begin(ctx context.Context, c Caller, typedName, password string, app Application) (Entry, error) {
	try, err := s.checkPassword(ctx, c, typedName, password)
	if err != nil {
		return Entry{}, AsError(err)
	}
	entry, err := s.enter(ctx, c, app, try)
	return entry, wrap(err)
}

// enter decides what follows the right password.
func (s *SignIns) enter(ctx context.Context, c Caller, app Application, try rightPassword) (Entry, error) {
	now := s.now()
	user, ch := try.user, try.charge
	signIn := SignIn{ID: SignInID(newID()), UserID: user.ID, State: SignInPending, Source: c.address(), Agent: c.Agent, Known: ch.known,
		CreatedAt: now, ExpiresAt: now.Add(SignInLife), ApplicationID: app.ID, App: app.Name}
	token := newToken()
	signIn.Token = token.Hash()
	var entry Entry
	var refused error
	var approval Approval
	var queued bool
	// The statement is signed outside the transaction and names the keys of the moment. When they change in between,
	// it is made again.
	for range 3 {
		keys, err := s.keysOf(ctx, user.ID)
		if err != nil {
			return Entry{}, err
		}
		active := activeKeys(keys)
		choosing := s.policy.chooses() && len(active) > 1
		if len(active) > 0 && !choosing {
			approval, err = s.signInApproval(c, user, active, signIn, now)
			if err != nil {
				return Entry{}, err
			}
		}
		err = s.Store.Update(ctx, func(tx Tx) error {
			entry, refused = Entry{}, nil
			fresh, err := s.stillRight(tx, try)
			if err != nil {
				return err
			}
			keysNow, err := tx.KeysOf(user.ID)
			if err != nil {
				return err
			}
			if len(activeKeys(keysNow)) == 0 {
				if entry, refused, err = s.enterWithoutKey(tx, c, fresh, keysNow, now); err != nil || refused != nil {
					return err // what leads nowhere stays charged, as it is written down each time
				}
				return ch.giveBack(tx, now)
			}
			if !sameActive(keys, keysNow) {
				return errKeysChanged
			}
			if choosing {
				return s.insertChoosing(tx, c, signIn, now)
			}
			if queued, err = s.insertSignIn(tx, c, &signIn, &approval, false, now); err != nil || !signIn.Notified {
				return err // over the budget the try stays charged: a right password, too, can be tried too often
			}
			return ch.giveBack(tx, now)
		})
		if errors.Is(err, errKeysChanged) {
			continue
		}
		if err != nil {
			return Entry{}, err
		}
		if refused != nil || entry.Session != "" {
			return entry, refused
		}
		if approval.Notified {
			s.notify(approval, queued)
		}
		return Entry{SignIn: token}, nil
	}
	return Entry{}, fail(Unavailable, "server.busy", "Seconds", 1)
}

var errKeysChanged = errors.New("the user's keys changed meanwhile")

func sameActive(a, b []Key) bool {
	x, y := activeKeys(a), activeKeys(b)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i].ID != y[i].ID {
			return false
		}
	}
	return true
}

func (b *base) keysOf(ctx context.Context, user UserID) (keys []Key, err error) {
	err = b.Store.View(ctx, func(tx Tx) (err error) {
		keys, err = tx.KeysOf(user)
		return err
	})
	return keys, err
}

// insertSignIn stores a sign-in with its approval and decides whether the phones are woken; a quiet one wakes none.
func (s *SignIns) insertSignIn(tx Tx, c Caller, signIn *SignIn, approval *Approval, quiet bool, now time.Time) (queued bool, err error) {
	if signIn.Known { // strangers are in the buckets of guesses, and cannot fill this one
		if err := chargeEntry(tx, signIn.UserID, now); err != nil {
			return false, err
		}
	}
	if !quiet {
		if approval.Notified, err = wake(tx, signIn.UserID, signIn.Known, now); err != nil {
			return false, err
		}
	}
	signIn.Notified, signIn.ApprovalID, signIn.State = approval.Notified, approval.ID, SignInPending
	if err := tx.InsertApproval(*approval); err != nil {
		return false, err
	}
	if queued, err = s.enqueue(tx, *approval); err != nil {
		return false, err
	}
	if _, err := tx.SignIn(signIn.ID); errors.Is(err, ErrNoRow) {
		err = tx.InsertSignIn(*signIn)
		if err != nil {
			return false, err
		}
	} else if err != nil {
		return false, err
	} else if err := tx.SaveSignIn(*signIn); err != nil {
		return false, err
	}
	facts := []any{"notified", approval.Notified, "known", signIn.Known}
	if signIn.ApplicationID != "" {
		facts = append(facts, "application", signIn.ApplicationID, "kind", approval.Kind, "number", approval.Number)
	}
	return queued, s.record(tx, c, now, "sign_in.asked", signIn.UserID, string(signIn.ID), facts...)
}

// enterWithoutKey is for a user with no active key.
func (s *SignIns) enterWithoutKey(tx Tx, c Caller, user User, keys []Key, now time.Time) (Entry, error, error) {
	if user.HadKey {
		for _, k := range keys {
			if k.State == KeySuspended {
				return Entry{}, fail(Refused, "sign_in.suspended", "ServiceDesk", s.site.ServiceDesk), s.record(tx, c, now, "sign_in.no_key", user.ID, "")
			}
		}
		return Entry{}, s.noPhone(), s.record(tx, c, now, "sign_in.no_key", user.ID, "")
	}
	if !s.policy.RestrictedSessions {
		return Entry{}, fail(Refused, "sign_in.code_first", "ServiceDesk", s.site.ServiceDesk), s.record(tx, c, now, "sign_in.no_key", user.ID, "")
	}
	if err := chargeEntry(tx, user.ID, now); err != nil {
		return Entry{}, nil, err
	}
	token, err := s.openRestricted(tx, c, user, s.policy.ActivationFirst == FirstByPassword, now)
	return Entry{Session: token}, nil, err
}

// openRestricted opens a session that had no second factor.
func (b *base) openRestricted(tx Tx, c Caller, user User, mayActivate bool, now time.Time) (Token, error) {
	token := newToken()
	session := Session{ID: SessionID(newID()), UserID: user.ID, Token: token.Hash(), Level: Restricted, MayActivate: mayActivate,
		Source: c.address(), Agent: c.Agent, CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(RestrictedLife)}
	if err := tx.InsertSession(session); err != nil {
		return "", err
	}
	return token, b.record(tx, c, now, "session.restricted", user.ID, string(session.ID), "mayActivate", mayActivate)
}

// replaceSession opens a session in place of the one that the browser had: its cookie stands for the new one from now on,
// and the old one would go on with nobody to end it.
func (b *base) replaceSession(tx Tx, c Caller, session Session, now time.Time) error {
	if c.session != nil {
		old, err := tx.SessionByToken(c.session.Token)
		if err == nil && b.lasts(old, now) {
			err = b.moveGrants(tx, old, session)
		}
		if err == nil {
			err = b.endSession(tx, c, old, "replaced", now)
		}
		if err != nil && !errors.Is(err, ErrNoRow) {
			return err
		}
	}
	return tx.InsertSession(session)
}

// Finished is what the waiting browser gets after a yes: its session, and the token that makes it a known browser.
type Finished struct {
	Session Token
	Browser Token
}

// Finish gives an approved sign-in's session to the browser that began it, once. Errors: sign_in.unknown,
// sign_in.done when another tab was first, sign_in.over when it is not approved.
func (s *SignIns) Finish(ctx context.Context, c Caller, token Token) (Finished, error) {
	now := s.now()
	out := Finished{Session: newToken(), Browser: c.Browser}
	if len(out.Browser) != len(out.Session) { // none, or none of ours
		out.Browser = newToken()
	}
	told, user := false, UserID("")
	err := s.Store.Update(ctx, func(tx Tx) error {
		signIn, err := signInOf(tx, Caller{}, token) // an application's request ends in no session
		if err != nil {
			return err
		}
		session := Session{ID: SessionID(newID()), UserID: signIn.UserID, Token: out.Session.Hash(), Level: Full,
			KeyID: signIn.KeyID, ApprovalID: signIn.ApprovalID, Source: c.address(), Agent: c.Agent,
			CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(s.policy.SessionLife)}
		if !now.Before(signIn.ExpiresAt) {
			return fail(Conflict, "sign_in.over")
		}
		if _, err := tx.FinishSignIn(signIn.ID, session.ID, now); errors.Is(err, ErrNoRow) {
			if signIn.State == SignInDone {
				return fail(Conflict, "sign_in.done")
			}
			return fail(Conflict, "sign_in.over")
		} else if err != nil {
			return err
		}
		// The key may have been removed between the yes and now.
		if key, err := tx.Key(signIn.KeyID); errors.Is(err, ErrNoRow) || err == nil && key.State != KeyActive {
			return s.noPhone()
		} else if err != nil {
			return err
		}
		if err := s.replaceSession(tx, c, session, now); err != nil {
			return err
		}
		if told, err = s.noticeSession(tx, c, session, out.Browser, now); err != nil {
			return err
		}
		user = session.UserID
		if err := tx.KnowBrowser(out.Browser.Hash(), signIn.UserID, now); err != nil {
			return err
		}
		return s.record(tx, c, now, "session.opened", signIn.UserID, string(session.ID), "signIn", signIn.ID)
	})
	if err != nil {
		return Finished{}, AsError(err)
	}
	if told {
		s.publishMessages(user)
	}
	return out, nil
}
