package nodkey

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Callbacks are what applications are to be told. They are written in the transaction of what they tell of, taken by workers of the
// doors, and tried again until they are settled: 10 s after the first failure, then twice as long each time up to an hour, for a day.
type Callbacks struct{ *base }

const (
	topicOfCallbacks = "callbacks"
	callbackLife     = 24 * time.Hour
	callbackLease    = time.Minute // longer than any try lasts
	callbackPause    = 10 * time.Second
	callbackPauseMax = time.Hour
	callbackMost     = 100
)

// Wake tells of new callbacks; losing a wake-up costs time, never a callback, and what runs out tells nobody: a worker takes every few
// seconds beside.
func (s *Callbacks) Wake() (wake <-chan struct{}, cancel func()) {
	return s.Bus.Subscribe(topicOfCallbacks)
}

// topicsOfCallbacks wakes whoever tells applications: a request that has ended may be one of theirs.
func topicsOfCallbacks(a Approval) []string {
	if a.Kind == ApproveSignIn || a.Kind == ApproveConfirm {
		return []string{topicOfCallbacks}
	}
	return nil
}

// sealedAsk is what is kept for the callback of a request.
type sealedAsk struct {
	Token Token           `json:"token"`
	Data  json.RawMessage `json:"data,omitempty"`
}

// Take gives what a door's applications are to be told now, the longest due first and at most limit (100). Each is the caller's alone
// for a minute.
func (s *Callbacks) Take(ctx context.Context, door Door, limit int) ([]Callback, error) {
	now := s.now()
	var due []SealedCallback
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		due, err = tx.DueCallbacks(door, now, min(limit, callbackMost))
		return err
	})
	if err != nil || len(due) == 0 {
		return nil, wrap(err)
	}
	var taken []Callback
	err = s.Store.Update(ctx, func(tx Tx) error {
		taken = nil
		for _, row := range due {
			c, ok, err := s.take(tx, row, now)
			if err != nil {
				return err
			}
			if ok {
				taken = append(taken, c)
			}
		}
		return nil
	})
	return taken, wrap(err)
}

// take claims one callback, puts it back when what it tells of has not happened yet, or gives it up.
func (s *Callbacks) take(tx Tx, row SealedCallback, now time.Time) (Callback, bool, error) {
	state, later, err := s.endedAs(tx, row, now)
	if err != nil {
		return Callback{}, false, err
	}
	row, err = tx.TakeCallback(row, now.Add(callbackLease))
	if errors.Is(err, ErrNoRow) {
		return Callback{}, false, nil // another worker has it
	}
	if err != nil {
		return Callback{}, false, err
	}
	if !later.IsZero() {
		row.DueAt, row.ExpiresAt, row.Tries = later, later.Add(callbackLife), 0
		return Callback{}, false, tx.SaveCallback(row)
	}
	if !now.Before(row.ExpiresAt) {
		return Callback{}, false, s.giveUp(tx, row, now)
	}
	c := Callback{ID: row.ID, Application: row.ApplicationID, Door: row.Door, Kind: row.Kind, Subject: row.Subject, User: row.UserID, SID: row.SID, State: state,
		Tries: row.Tries, CreatedAt: row.CreatedAt}
	if len(row.Data) == 0 {
		return c, true, nil
	}
	raw, err := s.id.open("callbacks", "data", row.ID, row.Data)
	if err != nil {
		return Callback{}, false, err
	}
	var kept sealedAsk
	err = json.Unmarshal(raw, &kept)
	c.Token, c.Data = kept.Token, kept.Data
	return c, err == nil, err
}

// endedAs tells how a request has ended; later is when to look again where it has not. One that is gone has run out, and one that was
// collected was approved.
func (s *Callbacks) endedAs(tx Tx, row SealedCallback, now time.Time) (state SignInState, later time.Time, err error) {
	if row.Kind != CallbackEnded {
		return "", time.Time{}, nil
	}
	signIn, err := tx.SignIn(SignInID(row.Subject))
	if errors.Is(err, ErrNoRow) {
		return SignInExpired, time.Time{}, nil
	}
	if err != nil {
		return "", time.Time{}, err
	}
	if signIn.State == SignInDone {
		return SignInApproved, time.Time{}, nil
	}
	if signIn.State != SignInPending {
		return signIn.State, time.Time{}, nil
	}
	a, err := tx.Approval(signIn.ApprovalID)
	if err != nil && !errors.Is(err, ErrNoRow) {
		return "", time.Time{}, err
	}
	if err == nil && a.StateAt(now) == ApprovalOpen {
		return SignInPending, a.ExpiresAt, nil // a code gave it more time
	}
	return SignInExpired, time.Time{}, nil
}

// Settle says what became of a callback that was taken: delivered, or to be tried again. One that there is not any more is no error.
func (s *Callbacks) Settle(ctx context.Context, id string, delivered bool) error {
	now := s.now()
	return wrap(s.Store.Update(ctx, func(tx Tx) error {
		row, err := tx.Callback(id)
		if errors.Is(err, ErrNoRow) {
			return nil
		}
		if err != nil {
			return err
		}
		if delivered {
			return tx.DeleteCallback(id)
		}
		if row.DueAt = now.Add(pauseAfter(row.Tries)); !row.DueAt.Before(row.ExpiresAt) {
			return s.giveUp(tx, row, now)
		}
		return tx.SaveCallback(row)
	}))
}

// pauseAfter is how long to wait after a number of tries: 10 s, 20 s … an hour.
func pauseAfter(tries int) time.Duration {
	pause := callbackPause
	for range min(tries-1, 16) {
		pause *= 2
	}
	return min(pause, callbackPauseMax)
}

// giveUp ends a callback that could not be delivered.
func (s *Callbacks) giveUp(tx Tx, row SealedCallback, now time.Time) error {
	if err := tx.DeleteCallback(row.ID); err != nil {
		return err
	}
	return s.record(tx, Caller{operator: "system"}, now, "callback.given_up", row.UserID, row.Subject, "application", row.ApplicationID, "kind", row.Kind, "tries", row.Tries)
}

// tellAsked makes the callback of a request that is made now; it is due when the request has run out, or ended before.
func (s *Applications) tellAsked(tx Tx, in Asking, signIn SignIn, token Token, a Approval, now time.Time) error {
	if in.Tell == "" {
		return nil
	}
	row := SealedCallback{ID: newID(), ApplicationID: signIn.ApplicationID, CreatedAt: now, Door: in.Tell, Kind: CallbackEnded, Subject: string(signIn.ID),
		UserID: signIn.UserID, DueAt: a.ExpiresAt, ExpiresAt: a.ExpiresAt.Add(callbackLife)}
	raw, err := json.Marshal(sealedAsk{Token: token, Data: in.Data})
	if err != nil {
		return err
	}
	if row.Data, err = s.id.seal("callbacks", "data", row.ID, raw); err != nil {
		return err
	}
	return tx.InsertCallback(row)
}

// saveSignIn stores a sign-in, and has it told where an application's has ended.
func (b *base) saveSignIn(tx Tx, s SignIn, now time.Time) error {
	if err := tx.SaveSignIn(s); err != nil || s.Asked == "" || s.State == SignInPending || s.State == SignInChoosing {
		return err
	}
	row, err := tx.CallbackAbout(CallbackEnded, string(s.ID))
	if errors.Is(err, ErrNoRow) {
		return nil
	}
	if err != nil {
		return err
	}
	if row.Tries == 0 {
		row.DueAt, row.ExpiresAt = now, now.Add(callbackLife)
	}
	return tx.SaveCallback(row)
}
