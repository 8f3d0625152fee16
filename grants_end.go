package nodkey

import (
	"context"
	"time"
)

// tells reports whether an application is told of a grant that ends this way: not of what it did itself, nor of what leaves the
// person signed in there.
func tells(why string) bool {
	return why != "revoked" && why != "lapsed" && why != "crowded" && why != "refused"
}

// endGrants ends grants with their tokens, and tells each application once.
func (b *base) endGrants(tx Tx, c Caller, grants []SealedGrant, why string, now time.Time) error {
	told := map[string]bool{}
	for _, g := range grants {
		if tells(why) {
			if err := b.tellLogout(tx, g, told, now); err != nil {
				return err
			}
		}
		if err := tx.DeleteGrant(g.ID); err != nil {
			return err
		}
		if g.Factor == FactorPassword { // what it hangs on is there for it alone
			if err := tx.DeleteSession(g.SessionID); err != nil {
				return err
			}
		}
		if why == "lapsed" {
			continue // nothing came of it
		}
		action := "grant.ended"
		if why == "used" || why == "reused" || why == "misused" {
			action = "grant." + why
		}
		if err := b.record(tx, c, now, action, g.UserID, string(g.ID), "application", g.ApplicationID, "why", why); err != nil {
			return err
		}
	}
	return nil
}

// endGrantsWhere ends those of a user's grants that match.
func (b *base) endGrantsWhere(tx Tx, c Caller, user UserID, match func(SealedGrant) bool, why string, now time.Time) error {
	list, err := tx.GrantsOf(user, "")
	if err != nil {
		return err
	}
	var gone []SealedGrant
	for _, g := range list {
		if match(g) {
			gone = append(gone, g)
		}
	}
	return b.endGrants(tx, c, gone, why, now)
}

// endGrantsOfSession ends what came from a session. A grant that outlasts the session stays, but its application hears that the
// person signed out.
func (b *base) endGrantsOfSession(tx Tx, c Caller, id SessionID, now time.Time) error {
	list, err := tx.GrantsOfSession(id)
	if err != nil {
		return err
	}
	var gone []SealedGrant
	told := map[string]bool{}
	for _, g := range list {
		if !g.Offline {
			gone = append(gone, g)
			continue
		}
		if err := b.tellLogout(tx, g, told, now); err != nil {
			return err
		}
		if g.TellEnd {
			g.TellEnd = false
			if err := tx.SaveGrant(g); err != nil {
				return err
			}
		}
	}
	return b.endGrants(tx, c, gone, "session", now)
}

// moveGrants has what came from one session hang on another of the same person's in the same browser: who signs in once more for one
// application stays signed in at the others.
func (b *base) moveGrants(tx GrantRows, from, to Session) error {
	if from.UserID != to.UserID || from.Level != Full || to.Level != Full {
		return nil
	}
	list, err := tx.GrantsOfSession(from.ID)
	if err != nil {
		return err
	}
	for _, g := range list {
		g.SessionID = to.ID
		if err := tx.SaveGrant(g); err != nil {
			return err
		}
	}
	return nil
}

// tellLogout makes the callback of a grant whose session has ended, one an application and session.
func (b *base) tellLogout(tx CallbackRows, g SealedGrant, told map[string]bool, now time.Time) error {
	to := string(g.ApplicationID) + " " + string(g.Door) + " " + g.SID
	if !g.TellEnd || g.SID == "" || g.RedeemedAt.IsZero() || told[to] {
		return nil
	}
	told[to] = true
	return tx.InsertCallback(SealedCallback{ID: newID(), ApplicationID: g.ApplicationID, CreatedAt: now, Door: g.Door, Kind: CallbackLogout, Subject: string(g.ID),
		UserID: g.UserID, SID: g.SID, DueAt: now, ExpiresAt: now.Add(callbackLife)})
}

// nextLook is when a grant can be over at the earliest.
func (b *base) nextLook(v GrantView) time.Time {
	g := v.Grant
	next := g.ExpiresAt
	sooner := func(t time.Time) {
		if t.Before(next) {
			next = t
		}
	}
	if g.RedeemedAt.IsZero() {
		sooner(g.CreatedAt.Add(grantCodeLife))
	}
	if g.SessionID != "" && v.Level != "" && (!g.Offline || g.TellEnd) {
		sooner(v.EndsAt)
		sooner(v.SeenAt.Add(b.policy.SessionIdle + time.Millisecond))
	}
	if g.Offline {
		sooner(g.idleAt())
	}
	return next
}

// idleAt is when a grant that outlasts its session has not been used for too long.
func (g SealedGrant) idleAt() time.Time {
	if g.RefreshUntil.IsZero() {
		return g.CreatedAt.Add(grantOfflineIdle)
	}
	return g.RefreshUntil
}

// endOverGrants ends grants whose time is over, a bounded number at a time.
func (u *Upkeep) endOverGrants(ctx context.Context, now time.Time) error {
	const most = 100
	var due []SealedGrant
	err := u.Store.View(ctx, func(tx Tx) (err error) {
		due, err = tx.GrantsToLook(now, most)
		return err
	})
	if err != nil || len(due) == 0 {
		return err
	}
	err = u.Store.Update(ctx, func(tx Tx) error {
		due, err := tx.GrantsToLook(now, most)
		if err != nil {
			return err
		}
		for _, g := range due {
			if err := u.lookAtGrant(tx, g, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		u.Bus.Publish(topicOfCallbacks)
	}
	return err
}

func (u *Upkeep) lookAtGrant(tx Tx, g SealedGrant, now time.Time) error {
	c := Caller{operator: "system"}
	v, err := tx.GrantView(g.ID)
	if err != nil {
		return err
	}
	why := ""
	switch {
	case g.RedeemedAt.IsZero():
		why = "lapsed"
	case !now.Before(g.ExpiresAt):
		why = "expired"
	case g.Offline && !now.Before(g.idleAt()):
		why = "idle"
	case !g.Offline && g.SessionID != "" && !u.inSession(v, now):
		why = "session"
	}
	if why != "" {
		return u.endGrants(tx, c, []SealedGrant{g}, why, now)
	}
	if g.Offline && g.SessionID != "" && g.TellEnd && !u.inSession(v, now) {
		if err := u.tellLogout(tx, g, map[string]bool{}, now); err != nil {
			return err
		}
		g.TellEnd, v.Grant.TellEnd = false, false
	}
	g.LookAt = u.nextLook(v)
	return tx.SaveGrant(g)
}
