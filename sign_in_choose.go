package nodkey

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"
)

// Choice is a phone that a sign-in may ask. A browser that never signed in as the user is told the name, and the system where
// another phone has that name too.
type Choice struct {
	KeyID      KeyID
	Phone      Phone
	LastUsedAt time.Time // zero: never, or not told
	Asked      bool      // the request of the moment, open or run out, asks it
}

// choices are the phones to choose from: the one last used first, those never used last.
func choices(active []Key, asked Approval, known bool) []Choice {
	active = slices.Clone(active)
	slices.SortStableFunc(active, func(a, b Key) int {
		return cmp.Or(b.LastUsedAt.Compare(a.LastUsedAt), b.ActivatedAt.Compare(a.ActivatedAt), cmp.Compare(a.ID, b.ID))
	})
	named := map[string]int{}
	for _, k := range active {
		named[k.Phone.Name]++
	}
	list := make([]Choice, len(active))
	for i, k := range active {
		list[i] = Choice{KeyID: k.ID, Phone: k.Phone, LastUsedAt: k.LastUsedAt, Asked: asked.Names(k.ID)}
		if known {
			continue
		}
		list[i].Phone, list[i].LastUsedAt = Phone{Name: k.Phone.Name}, time.Time{}
		if named[k.Phone.Name] > 1 {
			list[i].Phone.Platform, list[i].Phone.OSVersion = k.Phone.Platform, k.Phone.OSVersion
		}
	}
	return list
}

// waitingToChoose is a sign-in for which no phone was chosen.
func waitingToChoose(signIn SignIn, now time.Time) Waiting {
	w := Waiting{ID: signIn.ID, App: signIn.App, State: signIn.stateAt(Approval{}, now), Known: signIn.Known, AskedAt: signIn.CreatedAt, ExpiresAt: signIn.ExpiresAt, EndedAt: signIn.EndedAt}
	switch w.State {
	case SignInChoosing:
		w.Remaining = signIn.ExpiresAt.Sub(now)
	case SignInExpired:
		w.EndedAt = signIn.ExpiresAt
	}
	return w
}

// offer adds the phones to choose from: all while choosing, also when one is left; later only where there is another.
func (s *SignIns) offer(w *Waiting, keys []Key, approval Approval) {
	active := activeKeys(keys)
	if w.State == SignInChoosing || s.policy.chooses() && len(active) > 1 && (w.State == SignInPending || w.Again) {
		w.Choices, w.AllAtOnce = choices(active, approval, w.Known), s.policy.choosesAll() && len(active) > 1
	}
}

// insertChoosing stores a sign-in that waits for a phone to be chosen. It asks nobody; the try at the password stays charged
// until a phone is woken, so that right passwords, too, have their limit.
func (s *SignIns) insertChoosing(tx Tx, c Caller, signIn SignIn, now time.Time) error {
	signIn.State = SignInChoosing
	if err := tx.InsertSignIn(signIn); err != nil {
		return err
	}
	return s.record(tx, c, now, "sign_in.choosing", signIn.UserID, string(signIn.ID), "known", signIn.Known)
}

// Choose asks one of the user's phones for the sign-in behind a browser's token, or with no key all of them. It takes the
// place of the request before it, which is cancelled; asking phones that are being asked changes nothing. instead is the
// request that it takes the place of, as Waiting.Request gave it: of two tabs that choose at once the first counts. Errors:
// sign_in.unknown; sign_in.over when it has ended or its time is up; choice.made when another tab was first; choice.gone for
// what is no active phone of the user's; choice.all and choice.none by policy; sign_in.no_phone; sign_in.slow after too many.
func (s *SignIns) Choose(ctx context.Context, c Caller, token Token, key KeyID, instead ApprovalID) error {
	whom := func(w asking, now time.Time) ([]Key, error) {
		switch {
		case w.state != SignInChoosing && w.state != SignInPending && w.state != SignInExpired || !now.Before(w.signIn.ExpiresAt):
			return nil, fail(Conflict, "sign_in.over")
		case w.signIn.ApprovalID != instead:
			return nil, fail(Conflict, "choice.made")
		case !s.policy.chooses() && w.state != SignInChoosing: // which begins under another policy
			return nil, fail(Refused, "choice.none")
		case key == "" && s.policy.chooses() && !s.policy.choosesAll():
			return nil, fail(Refused, "choice.all")
		}
		all := key == "" || !s.policy.chooses()
		chosen := slices.DeleteFunc(slices.Clone(w.active), func(k Key) bool { return !all && k.ID != key })
		switch {
		case len(w.active) == 0:
			return nil, s.noPhone()
		case len(chosen) == 0:
			return nil, fail(Conflict, "choice.gone")
		case w.state == SignInPending && w.asks(chosen):
			return nil, nil
		}
		return chosen, nil
	}
	return s.ask(ctx, c, token, whom, func(tx Tx, w asking, now time.Time) error {
		return chargeChoice(tx, w.signIn.ID, now)
	})
}

// Again asks the same phones once more for a sign-in whose request ran out, without the password. Errors: sign_in.over when
// the sign-in itself has run out or ended otherwise; choice.gone when none of them can be asked any more, and others can.
func (s *SignIns) Again(ctx context.Context, c Caller, token Token) error {
	whom := func(w asking, now time.Time) ([]Key, error) {
		if w.state != SignInExpired || !now.Before(w.signIn.ExpiresAt) {
			return nil, fail(Conflict, "sign_in.over")
		}
		same := slices.DeleteFunc(slices.Clone(w.active), func(k Key) bool { return s.policy.chooses() && !w.last.Names(k.ID) })
		switch {
		case len(w.active) == 0:
			return nil, s.noPhone()
		case len(same) > 0:
			return same, nil
		case len(w.active) == 1:
			return w.active, nil
		}
		return nil, fail(Conflict, "choice.gone")
	}
	return s.ask(ctx, c, token, whom, func(Tx, asking, time.Time) error { return nil })
}

func (b *base) noPhone() error {
	return fail(Refused, "sign_in.no_phone", "ServiceDesk", b.site.ServiceDesk)
}

// asking is a sign-in that phones are to be asked about, with what that hangs on.
type asking struct {
	user   User
	signIn SignIn
	last   Approval // the request before; the zero one when there was none
	state  SignInState
	active []Key
}

// asks reports whether the request before asks these phones.
func (w asking) asks(keys []Key) bool {
	return len(keys) == len(w.last.KeyIDs) && !slices.ContainsFunc(keys, func(k Key) bool { return !w.last.Names(k.ID) })
}

func (s *SignIns) asking(tx Tx, token Token, now time.Time) (w asking, err error) {
	w.signIn, err = signInOf(tx, Caller{}, token) // an application asks anew, and does not choose for the person
	if err != nil {
		return w, err
	}
	if w.signIn.ApprovalID != "" {
		if w.last, err = tx.Approval(w.signIn.ApprovalID); err != nil {
			return w, err
		}
	}
	w.state = w.signIn.stateAt(w.last, now)
	if w.user, err = tx.User(w.signIn.UserID); err != nil {
		return w, err
	}
	keys, err := tx.KeysOf(w.signIn.UserID)
	w.active = activeKeys(keys)
	return w, err
}

// ask makes a sign-in's request to the phones that whom gives, in the place of the one before it; none: there is nothing to
// do. The statement is signed outside the transaction, where whom is asked again. charge counts what was asked for.
func (s *SignIns) ask(ctx context.Context, c Caller, token Token, whom func(asking, time.Time) ([]Key, error), charge func(Tx, asking, time.Time) error) error {
	for range 3 {
		now := s.now()
		var w asking
		var keys []Key
		look := func(tx Tx) (err error) {
			if w, err = s.asking(tx, token, now); err == nil {
				keys, err = whom(w, now)
			}
			return err
		}
		if err := s.Store.View(ctx, look); err != nil || len(keys) == 0 {
			return wrap(err)
		}
		approval, err := s.signInApproval(c, w.user, keys, w.signIn, now)
		if err != nil {
			return AsError(err)
		}
		named := keys
		var ended Approval
		var queued bool
		err = s.Store.Update(ctx, func(tx Tx) (err error) {
			if err := look(tx); err != nil { // also keeps two taps from asking twice
				return err
			}
			if !sameActive(named, keys) {
				return errKeysChanged
			}
			if err := charge(tx, w, now); err != nil {
				return err
			}
			if ended, err = s.makeWay(tx, c, w, now); err != nil {
				return err
			}
			next := w.signIn
			next.EndedAt, next.Cause = time.Time{}, ""
			if queued, err = s.insertSignIn(tx, c, &next, &approval, false, now); err != nil || w.state != SignInChoosing || !next.Notified {
				return err
			}
			return giveBackBegin(tx, c, w.user, w.signIn, s.nameBucket(w.user.Name), now)
		})
		if errors.Is(err, errKeysChanged) {
			continue
		}
		if err != nil {
			return AsError(err)
		}
		if ended.ID != "" {
			s.announce(ended)
		}
		if approval.Notified {
			s.notify(approval, queued)
		}
		s.Bus.Publish(topicOfSignIn(w.signIn.ID))
		return nil
	}
	return fail(Unavailable, "server.busy", "Seconds", 1)
}

// makeWay ends the request that another takes the place of: one that is open is cancelled, and given so that its phones are
// told.
func (s *SignIns) makeWay(tx Tx, c Caller, w asking, now time.Time) (ended Approval, err error) {
	if w.state != SignInPending {
		if w.last.ID != "" {
			err = s.expire(tx, Caller{}, w.last.ID, now)
		}
		return Approval{}, err
	}
	ended, err = tx.EndApproval(Approval{ID: w.last.ID, State: ApprovalCancelled, DecidedAt: now})
	if err != nil {
		return Approval{}, err
	}
	return ended, s.record(tx, c, now, "approval.cancelled", ended.UserID, string(ended.ID), "kind", ended.Kind, "by", "another choice")
}

// giveBackBegin undoes the charge of the right password that a sign-in began with.
func giveBackBegin(tx Tx, c Caller, user User, signIn SignIn, nameBucket string, now time.Time) error {
	ch := charge{known: signIn.Known}
	if !signIn.Known {
		from, _ := netip.ParseAddr(signIn.Source) // none stays none
		ch.buckets = strangerBuckets(Caller{Source: from}, nameBucket)
		return ch.giveBack(tx, now)
	}
	known, err := tx.KnownBrowser(c.Browser.Hash(), user.ID)
	if err != nil || !known { // the browser forgot who it is: its own bucket cannot be found, and nobody else's is to be lowered
		return err
	}
	ch.buckets = browserBuckets(c.Browser, user.ID)
	return ch.giveBack(tx, now)
}
