package nodkey

import (
	"errors"
	"time"
)

// SignInState is where a sign-in stands, seen from the waiting page.
type SignInState string

// The states. choosing waits for the person to choose a phone and has no approval yet; pending follows its approval; approved
// becomes done when the waiting browser collects its session, once.
const (
	SignInChoosing  SignInState = "choosing"
	SignInPending   SignInState = "pending"
	SignInApproved  SignInState = "approved"
	SignInDenied    SignInState = "denied"
	SignInExpired   SignInState = "expired"
	SignInCancelled SignInState = "cancelled"
	SignInDone      SignInState = "done"
)

// SignIn is one attempt to enter, from the right password to a session. The browser that began it holds its token;
// nobody else can see or finish it.
type SignIn struct {
	ID         SignInID
	UserID     UserID
	State      SignInState
	Token      TokenHash
	ApprovalID ApprovalID // the approval of the moment, none while choosing; "send again" and another phone make a new one
	Source     string     // address
	Agent      string     // "Firefox, Windows"
	Known      bool       // the browser had signed in as this user before
	Notified   bool
	Cause      string // why it was denied
	KeyID      KeyID  // which key decided
	SessionID  SessionID
	CreatedAt  time.Time
	ExpiresAt  time.Time // after it, the password is asked for again
	EndedAt    time.Time

	// What an application's requests have beside. Asked is empty for a browser's, also for one that is on its way to an application.
	ApplicationID ApplicationID
	App           string       // the application's name, as phones are shown it; empty: the portal's
	Asked         ApprovalKind // ApproveSignIn or ApproveConfirm
	Text          string       // that the application wants a yes to, or shown beside the sign-in; may be empty
	AskKey        []byte       // keyed hash of the application's idempotency key, nil without one
	AskDigest     []byte       // keyed hash of what was asked with it
}

// SignInLife is how long a right password may be followed by a yes, "try again" included.
const SignInLife = 15 * time.Minute

// heldBy reports whether a caller may have the sign-in's token: an application its own requests, whoever comes with a browser those
// that end in a session.
func (s SignIn) heldBy(c Caller) bool {
	if c.application == nil {
		return s.Asked == ""
	}
	return s.Asked != "" && s.ApplicationID == c.application.ID
}

// signInOf gives the sign-in behind a token; another's is not found.
func signInOf(tx SignInRows, c Caller, token Token) (SignIn, error) {
	s, err := tx.SignInByToken(token.Hash())
	if errors.Is(err, ErrNoRow) || err == nil && !s.heldBy(c) {
		return SignIn{}, fail(NotFound, "sign_in.unknown")
	}
	return s, err
}

// stateAt is the state that counts at a time, beside the sign-in's approval: one whose request ran out, or for which nobody
// chose a phone in time, counts as expired.
func (s SignIn) stateAt(a Approval, now time.Time) SignInState {
	if s.State == SignInPending && a.StateAt(now) == ApprovalExpired || s.State == SignInChoosing && !now.Before(s.ExpiresAt) {
		return SignInExpired
	}
	return s.State
}
