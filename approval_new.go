package nodkey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// newApproval completes an approval: id, keys, times and the signed statement. extra carries the statement's members that
// only some kinds have.
func (b *base) newApproval(c Caller, user User, keys []Key, a Approval, extra wire.Statement, now time.Time) (Approval, error) {
	a.ID, a.State, a.Source = ApprovalID(newID()), ApprovalOpen, c.prefix()
	a.CreatedAt = now
	if end := now.Add(ApprovalLife); a.ExpiresAt.IsZero() || a.ExpiresAt.After(end) { // never longer than what it is for
		a.ExpiresAt = end
	}
	st := extra
	st.Aud, st.ID, st.User, st.Kind = b.id.serverID, string(a.ID), string(user.ID), string(a.Kind)
	st.Locale = localeOf(user.Locale, c.Locale)
	st.App, st.Who = cmp.Or(st.App, clip(b.site.app(st.Locale), 40)), clip(user.DisplayName, 40)
	st.Address, st.With = c.address(), clip(c.with(), 40)
	_, place := b.place(c.Source, st.Locale)
	st.Place = clip(place, 40)
	st.Known, st.Number = a.Known, a.Number
	st.Iat, st.Exp = a.CreatedAt.UnixMilli(), a.ExpiresAt.UnixMilli()
	for _, k := range keys {
		st.Keys = append(st.Keys, string(k.ID))
	}
	if err := fit(&st, keys); err != nil {
		return Approval{}, err
	}
	for _, id := range st.Keys {
		a.KeyIDs = append(a.KeyIDs, KeyID(id))
	}
	jws, digest, err := b.id.sign(wire.TypStatement, st)
	if err != nil {
		return Approval{}, err
	}
	if len(jws) > wire.MaxStatement && st.Text != "" {
		return Approval{}, fail(BadInput, "application.text_long")
	}
	if len(jws) > wire.MaxStatement {
		return Approval{}, fmt.Errorf("a statement of %d characters", len(jws))
	}
	a.Statement, a.Digest = jws, digest[:]
	return a, nil
}

// askForChange makes the approval for a change that a full session wants; a yes puts it in force. Error: user.slow.
func (b *base) askForChange(ctx context.Context, c Caller, kind ApprovalKind, subject string, payload func(ApprovalID) ([]byte, error), extra wire.Statement) (ApprovalID, error) {
	return b.askForChangeIf(ctx, c, kind, subject, payload, extra, func(Tx) error { return nil })
}

// askForChangeIf is askForChange where allowed, asked in the transaction that makes the approval, has nothing against it.
func (b *base) askForChangeIf(ctx context.Context, c Caller, kind ApprovalKind, subject string, payload func(ApprovalID) ([]byte, error), extra wire.Statement, allowed func(Tx) error) (ApprovalID, error) {
	session, err := c.withSession(Full)
	if err != nil {
		return "", err
	}
	now := b.now()
	var user User
	var keys []Key
	err = b.Store.View(ctx, func(tx Tx) (err error) {
		if user, err = tx.User(session.UserID); err != nil {
			return err
		}
		keys, err = tx.KeysOf(session.UserID)
		return err
	})
	if err != nil {
		return "", AsError(err)
	}
	asked := activeKeys(keys)
	switch kind {
	case ApproveTest:
		if asked, err = b.askedToTest(keys, KeyID(subject), now); err != nil {
			return "", err
		}
	case ApproveKeyRemove:
		asked = askedToRemove(asked, KeyID(subject))
	}
	if len(asked) == 0 {
		return "", b.noPhone()
	}
	a := Approval{UserID: user.ID, Kind: kind, Number: b.policy.NumberMatching, Notified: true, Known: true, SessionID: session.ID, Subject: subject}
	a, err = b.newApproval(c, user, asked, a, extra, now)
	if err != nil {
		return "", AsError(err)
	}
	may := func(tx Tx) error {
		if _, err := b.live(tx, c, Full); err != nil {
			return err
		}
		return allowed(tx)
	}
	if err := b.put(ctx, c, a, payload, may, a.replaces, now); err != nil {
		return "", err
	}
	return a.ID, nil
}

// put stores a new approval that a session or a phone asks for, in place of the open ones that it replaces. payload may be nil;
// allowed is asked in the transaction. Only an approval that notifies wakes its phones.
func (b *base) put(ctx context.Context, c Caller, a Approval, payload func(ApprovalID) ([]byte, error), allowed func(Tx) error, replaces func(Approval) bool, now time.Time) error {
	if payload != nil {
		var err error
		if a.Payload, err = payload(a.ID); err != nil {
			return AsError(err)
		}
	}
	var replaced []Approval
	var queued bool
	err := b.Store.Update(ctx, func(tx Tx) (err error) {
		if err := allowed(tx); err != nil {
			return err
		}
		if err := chargeChange(tx, a.UserID, now); err != nil {
			return err
		}
		if replaced, err = b.cancelApprovals(tx, c, a.UserID, replaces, now); err != nil {
			return err
		}
		if err := tx.InsertApproval(a); err != nil {
			return err
		}
		if queued, err = b.enqueue(tx, a); err != nil {
			return err
		}
		return b.record(tx, c, now, string(a.Kind)+".asked", a.UserID, a.Subject, "approval", a.ID)
	})
	if err != nil {
		return AsError(err)
	}
	for _, old := range replaced { // a page of the portal may be waiting for it
		b.announce(old)
	}
	if a.Notified {
		b.notify(a, queued)
	}
	return nil
}

// replaces tells which open approvals a new one of a session's takes the place of: a session asks for one thing at a time,
// and of a phone's tests, or the changes of one address, the newest counts, whoever asked for it. A test ends no activation that
// waits for its yes.
func (a Approval) replaces(x Approval) bool {
	if a.Kind == ApproveTest && x.Kind == ApproveKeyAdd {
		return false
	}
	same := a.Kind == ApproveTest && x.Kind == ApproveTest || a.Kind.aboutContact() && x.Kind.aboutContact()
	return x.SessionID == a.SessionID || same && x.Subject == a.Subject
}

// askedToRemove leaves out the key that is to go: whoever has stolen that phone could say no for ever, as a no needs no PIN.
// The only active key is asked all the same.
func askedToRemove(active []Key, subject KeyID) []Key {
	others := slices.DeleteFunc(slices.Clone(active), func(k Key) bool { return k.ID == subject })
	if len(others) == 0 {
		return active
	}
	return others
}

// Change is what the portal's waiting page shows of a change, or a test, that waits for its approval.
type Change struct {
	ID        ApprovalID
	Kind      ApprovalKind
	Subject   KeyID // the key that is to be removed or tested; empty for a password or an address
	State     ApprovalState
	Cause     string
	Number    string
	Phones    []AskedPhone // that may answer
	AskedAt   time.Time
	DecidedAt time.Time // zero while it is open
	ExpiresAt time.Time
	Remaining time.Duration
	// As in Waiting, while it is open.
	Unconfirmed bool
	ConfirmBy   time.Time
}

// changeWindow is how long a change can be looked at after it was asked for.
const changeWindow = time.Hour

// Change tells where the newest change that the caller's session asked for stands. Error: approval.none when there is none,
// session.none once the session has ended.
func (s *Approvals) Change(ctx context.Context, c Caller) (Change, error) {
	now := s.now()
	var out Change
	err := s.Store.View(ctx, func(tx Tx) error {
		session, err := s.live(tx, c, Full)
		if err != nil {
			return err
		}
		a, err := s.newestChange(tx, session, now)
		if err != nil {
			return err
		}
		out = Change{ID: a.ID, Kind: a.Kind, State: a.StateAt(now), Cause: a.Reason, AskedAt: a.CreatedAt, DecidedAt: a.DecidedAt, ExpiresAt: a.ExpiresAt}
		if a.Kind != ApprovePasswordChange && !a.Kind.aboutContact() {
			out.Subject = KeyID(a.Subject)
		}
		if out.State == ApprovalOpen {
			out.Remaining = a.ExpiresAt.Sub(now)
			if a.Number {
				out.Number = s.id.digits(a.ID)
			}
		}
		keys, err := tx.KeysOf(session.UserID)
		if err != nil {
			return err
		}
		if out.Phones, err = askedPhones(tx, a, keys); err == nil && out.State == ApprovalOpen {
			out.Unconfirmed, out.ConfirmBy = unconfirmed(out.Phones, out.AskedAt, now)
		}
		return err
	})
	return out, wrap(err)
}

// A session's newest change is mostly among the first few of its user's approvals. A stranger who knows the password and goes from
// phone to phone puts some hundreds on top of it in an hour, and does not hide it.
const (
	changeGlance  = 20
	changeHistory = 2000
)

func (s *Approvals) newestChange(tx Tx, session Session, now time.Time) (Approval, error) {
	for _, limit := range []int{changeGlance, changeHistory} {
		list, err := tx.ApprovalsSince(session.UserID, now.Add(-changeWindow), limit)
		if err != nil {
			return Approval{}, err
		}
		for _, a := range list {
			if a.SessionID == session.ID && (a.Kind == ApproveKeyRemove || a.Kind == ApprovePasswordChange || a.Kind.aboutContact() || a.Kind == ApproveTest) {
				return a, nil
			}
		}
		if len(list) < limit {
			break
		}
	}
	return Approval{}, fail(NotFound, "approval.none")
}

// CancelChange takes back the change that the caller's session asked for. One that has ended stays as it is.
func (s *Approvals) CancelChange(ctx context.Context, c Caller) error {
	now := s.now()
	var ended Approval
	err := s.Store.Update(ctx, func(tx Tx) error {
		session, err := s.live(tx, c, Full)
		if err != nil {
			return err
		}
		a, err := s.newestChange(tx, session, now)
		if err != nil {
			return err
		}
		ended, err = tx.EndApproval(Approval{ID: a.ID, State: ApprovalCancelled, DecidedAt: now})
		if errors.Is(err, ErrNoRow) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.record(tx, c, now, "approval.cancelled", a.UserID, string(a.ID), "kind", a.Kind)
	})
	if err == nil && ended.ID != "" {
		s.announce(ended)
	}
	return wrap(err)
}

// AskTest sends a test request to one of the user's phones: nothing hangs on a yes, and the change can be waited for like any
// other. It needs a full session. Errors: key.unknown for what is no key of the user's, key.suspended, key.pending, user.slow.
func (s *Approvals) AskTest(ctx context.Context, c Caller, id KeyID) (ApprovalID, error) {
	return s.askForChange(ctx, c, ApproveTest, string(id), nil, wire.Statement{})
}

// askedToTest gives the one key that a test is about.
func (b *base) askedToTest(keys []Key, id KeyID, now time.Time) ([]Key, error) {
	for _, k := range keys {
		if k.ID != id || k.StateAt(now) == KeyRemoved {
			continue
		}
		if k.State != KeyActive {
			return nil, b.notActive(k)
		}
		return []Key{k}, nil
	}
	return nil, fail(NotFound, "key.unknown")
}

// Topic is what the bus is told when an approval is decided.
func (s *Approvals) Topic(id ApprovalID) string { return topicOfApproval(id) }

// expire writes down that an approval's time has run out, with what hangs on it.
func (b *base) expire(tx Tx, c Caller, id ApprovalID, now time.Time) error {
	a, err := tx.EndApproval(Approval{ID: id, State: ApprovalExpired, DecidedAt: now})
	if errors.Is(err, ErrNoRow) {
		return nil // somebody else wrote it down, or decided
	}
	if err != nil {
		return err
	}
	if err := b.settle(tx, a, now); err != nil {
		return err
	}
	return b.record(tx, c, now, "approval.expired", a.UserID, string(a.ID), "kind", a.Kind)
}

// cancelApprovals ends a user's open approvals that match, and gives those that it ended.
func (b *base) cancelApprovals(tx Tx, c Caller, user UserID, match func(Approval) bool, now time.Time) (cancelled []Approval, err error) {
	open, err := tx.OpenApprovals(user, now)
	if err != nil {
		return nil, err
	}
	for _, a := range open {
		if !match(a) {
			continue
		}
		ended, err := tx.EndApproval(Approval{ID: a.ID, State: ApprovalCancelled, DecidedAt: now})
		if errors.Is(err, ErrNoRow) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := b.settle(tx, ended, now); err != nil {
			return nil, err
		}
		if err := b.record(tx, c, now, "approval.cancelled", a.UserID, string(a.ID), "kind", a.Kind); err != nil {
			return nil, err
		}
		cancelled = append(cancelled, ended)
	}
	return cancelled, nil
}

// settle carries an approval's end over to what asked for it. Only an approval that is still the sign-in's own counts.
func (b *base) settle(tx Tx, a Approval, now time.Time) error {
	switch a.Kind {
	case ApproveSignIn, ApproveConfirm:
		signIn, err := tx.SignIn(SignInID(a.Subject))
		if errors.Is(err, ErrNoRow) {
			return nil // gone, and its session with it
		}
		if err != nil {
			return err
		}
		if signIn.ApprovalID != a.ID || signIn.State != SignInPending {
			return nil
		}
		signIn.State, signIn.Cause, signIn.KeyID, signIn.EndedAt = SignInState(a.State), a.Reason, a.DecidedBy, now
		return b.saveSignIn(tx, signIn, now)
	case ApproveKeyAdd:
		if a.State == ApprovalApproved {
			return nil
		}
		key, err := tx.Key(KeyID(a.Subject)) // nobody said yes to it: it never becomes active
		if errors.Is(err, ErrNoRow) {
			return nil
		}
		if err != nil {
			return err
		}
		if key.State == KeyApprove {
			return tx.SaveKey(key.removed(now))
		}
	}
	return nil
}
