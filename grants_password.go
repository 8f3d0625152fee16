package nodkey

import (
	"context"
	"errors"
	"slices"
	"time"
)

// FactorPassword is a grant's Factor where name and password were all that was asked for, and no phone.
const FactorPassword = "password"

// mayPass reports whether a door may ask for less than a phone's yes. What a password alone leads to is a page behind a reverse proxy
// that the operator opened that far, and never what another application takes for a sign-in.
func (in GrantRequest) mayPass() bool {
	if in.Password == 0 {
		return true
	}
	return in.Password >= time.Millisecond && in.Door == DoorForward && !in.Ask && !in.AskAgain && !in.TellEnd && len(in.Factors) == 0 && !slices.Contains(in.Scopes, ScopeOffline)
}

// Pass takes name and password on a way that asks for no more ([GrantStep.Password]). The way is that user's from then on, for Step and
// Issue, whoever is signed in; it is not any more when the password changes or the user ends all other browsers. No phone is asked, no
// session begins, and the browser is no better known than before. Errors: grant.unknown; grant.not_ready where something else is
// to be done; sign_in.wrong and sign_in.slow as of [SignIns.Begin]; sign_in.code_first for a user who may not come in with a password
// yet; user.slow.
func (s *Grants) Pass(ctx context.Context, c Caller, token Token, typedName, password string) error {
	var j judged
	look := func(tx Tx) (err error) {
		if j, err = s.ofBrowser(tx, c, token); err == nil && !j.step.Password {
			err = fail(Conflict, "grant.not_ready")
		}
		return err
	}
	if err := s.Store.View(ctx, look); err != nil {
		return AsError(err)
	}
	if name, err := ParseUserName(typedName); j.request.User != "" && (err != nil || name != j.request.User) {
		typedName = "" // nobody's: the same work and the same answer follow
	}
	try, err := s.checkPassword(ctx, c, typedName, password)
	if err != nil {
		return AsError(err)
	}
	now := s.now()
	var refused error
	var told bool
	err = s.Store.Update(ctx, func(tx Tx) error {
		refused, told = nil, false
		if err := look(tx); err != nil {
			return err
		}
		user, err := s.stillRight(tx, try)
		if err != nil {
			return err
		}
		if !user.HadKey && !s.policy.RestrictedSessions { // a password alone opens nothing yet; that stays charged, as it is written down
			refused = fail(Refused, "sign_in.code_first", "ServiceDesk", s.site.ServiceDesk)
			return s.record(tx, c, now, "sign_in.no_key", user.ID, "")
		}
		if err := chargePass(tx, user.ID, try.charge.known, now); err != nil {
			return err
		}
		if err := try.charge.giveBack(tx, now); err != nil {
			return err
		}
		j.request.PassedBy, j.request.PassedAt = user.ID, now
		if err := tx.SaveGrantRequest(j.request); err != nil {
			return err
		}
		if told, err = s.noticePass(tx, c, user.ID, j.request.Browser, j.step.Name, now); err != nil {
			return err
		}
		return s.record(tx, c, now, "grant.passed", user.ID, "", "application", j.request.ApplicationID, "known", try.charge.known)
	})
	if err == nil {
		err = refused
	}
	if told {
		s.publishMessages(j.request.PassedBy)
	}
	return wrap(err)
}

// passed gives the user who passed a request, if it was passed and they are still there.
func (j *judged) passed(tx Tx) (bool, error) {
	r := j.request
	if r.Password == 0 || r.PassedBy == "" {
		return false, nil
	}
	user, err := tx.User(r.PassedBy)
	if errors.Is(err, ErrNoRow) {
		return false, nil
	}
	j.user, j.factor, j.authAt, j.alone, j.step.Passed = user, FactorPassword, r.PassedAt, true, true
	return err == nil, err
}

// The limits on telling a person of entries with the password alone: one message a browser that never signed in as them, and a few a day
// however many browsers there are.
var (
	passNotesByBrowser = bucket{size: 1, drain: 30 * 24 * time.Hour}
	passNotesByUser    = bucket{size: 3, drain: 8 * time.Hour}
)

// noticePass tells a user of an entry with the password alone, where the browser never had a phone's yes of theirs. Somebody else may know
// the password, and no phone has rung.
func (b *base) noticePass(tx Tx, c Caller, user UserID, browser TokenHash, app string, now time.Time) (told bool, err error) {
	known, err := tx.KnownBrowser(browser, user)
	if err != nil || known {
		return false, err
	}
	ofBrowser := "told:browser:" + string(browser) + ":" + string(user)
	if wait, err := passNotesByBrowser.wait(tx, ofBrowser, 1, now); err != nil || wait > 0 {
		return false, err
	}
	if _, ok, err := passNotesByUser.take(tx, "told:user:"+string(user), 1, now); err != nil || !ok {
		return false, err
	}
	if _, _, err := passNotesByBrowser.take(tx, ofBrowser, 1, now); err != nil {
		return false, err
	}
	return true, b.noticeTo(tx, c, user, AccountNotice{Kind: NoticePasswordEntry, App: app}, now)
}

// insertPassed stores what a grant hangs on that a password alone led to.
func (s *Grants) insertPassed(tx Tx, c Caller, j judged, g *SealedGrant, now time.Time) error {
	life := min(j.request.Password, s.policy.SessionLife)
	session := Session{ID: SessionID(newID()), UserID: j.user.ID, Level: Passed, Source: c.address(), Agent: c.Agent, CreatedAt: now, LastSeenAt: now,
		ExpiresAt: now.Add(life), ApplicationID: j.request.ApplicationID, App: j.step.Name, Browser: j.request.Browser}
	g.SessionID, g.ExpiresAt = session.ID, session.ExpiresAt
	return tx.InsertSession(session)
}

// proved reports whether what a grant came from still counts: the phone whose yes it was, or the password alone, where that may be.
// That one always hangs on a session of its own, which goes with the password.
func (v GrantView) proved() bool {
	if v.Grant.Factor == FactorPassword {
		return v.Grant.Door == DoorForward && v.Grant.KeyID == "" && v.Grant.SessionID != "" && !v.Grant.Offline
	}
	return v.KeyState == KeyActive
}

// sessionLevel is the level of the session that a grant hangs on.
func (g SealedGrant) sessionLevel() Level {
	if g.Factor == FactorPassword {
		return Passed
	}
	return Full
}
