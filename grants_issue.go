package nodkey

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

const (
	grantCodeLife    = time.Minute
	grantOfflineLife = 365 * 24 * time.Hour
	grantOfflineIdle = 60 * 24 * time.Hour // without being refreshed
	// grantsAtOnce is how many grants a person may have at an application: one a browser, or a host behind a reverse proxy. What a
	// password alone led to is counted apart, as whoever knows one must not drive out what a phone's yes led to.
	grantsAtOnce = 64
)

// Issue ends a request, once: it gives the code for the application, or says that it was refused. Errors: grant.unknown, also for
// another browser's and for what has ended; grant.not_ready where the browser has to go back to /continue.
func (s *Grants) Issue(ctx context.Context, c Caller, token Token) (Issued, error) {
	now := s.now()
	code := newToken()
	id := GrantID(newID())
	var out Issued
	var told bool
	var user UserID
	err := s.Store.Update(ctx, func(tx Tx) error {
		j, err := s.ofBrowser(tx, c, token)
		if err != nil {
			return err
		}
		if j.step.State != GrantReady {
			return fail(Conflict, "grant.not_ready")
		}
		r := j.request
		if err := tx.TakeGrantRequest(r.ID); errors.Is(err, ErrNoRow) {
			return fail(NotFound, "grant.unknown")
		} else if err != nil {
			return err
		}
		user, out = j.user.ID, Issued{Application: r.ApplicationID}
		if out.Data, err = s.openData("grant_requests", r.ID, r.Data); err != nil {
			return err
		}
		if r.Refused != "" {
			out.Refused, out.Reason = true, r.Refused
			if j.session.UserID == "" { // nobody, as often as they like
				return nil
			}
			return s.record(tx, c, now, "grant.refused", j.session.UserID, "", "application", r.ApplicationID, "reason", r.Refused)
		}
		out.Code = code
		g := SealedGrant{ID: id, UserID: j.user.ID, ApplicationID: r.ApplicationID, CreatedAt: now, Door: r.Door, Factor: j.factor, AuthAt: j.authAt, Scopes: r.Scopes,
			Offline: slices.Contains(r.Scopes, ScopeOffline), TellEnd: r.TellEnd, Code: code.Hash(), LookAt: now.Add(grantCodeLife)}
		told = false
		if j.alone {
			if told, err = s.noticePass(tx, c, j.user.ID, r.Browser, j.step.Name, now); err == nil { // unless Pass did
				err = s.insertPassed(tx, c, j, &g, now)
			}
		} else {
			g.SessionID, g.SID, g.KeyID, g.ApprovalID, g.ExpiresAt = j.session.ID, string(j.session.ID), j.session.KeyID, j.session.ApprovalID, j.session.ExpiresAt
		}
		if err != nil {
			return err
		}
		return s.insertGrant(tx, c, g, out.Data, now)
	})
	if err != nil {
		return Issued{}, AsError(err)
	}
	if told {
		s.publishMessages(user)
	}
	return out, nil
}

// insertGrant stores a grant and makes room for it.
func (s *Grants) insertGrant(tx Tx, c Caller, g SealedGrant, data []byte, now time.Time) (err error) {
	if g.Offline {
		g.ExpiresAt = now.Add(grantOfflineLife)
	}
	if len(data) > 0 {
		if g.Data, err = s.id.seal("grants", "data", string(g.ID), data); err != nil {
			return err
		}
	}
	before, err := tx.GrantsOf(g.UserID, g.ApplicationID)
	if err != nil {
		return err
	}
	before = slices.DeleteFunc(before, func(other SealedGrant) bool { return other.sessionLevel() != g.sessionLevel() })
	if len(before) >= grantsAtOnce {
		if err := s.endGrants(tx, c, before[grantsAtOnce-1:], "crowded", now); err != nil {
			return err
		}
	}
	if err := tx.InsertGrant(g); err != nil {
		return err
	}
	return s.record(tx, c, now, "grant.issued", g.UserID, string(g.ID), "application", g.ApplicationID, "door", g.Door, "session", g.SessionID, "scopes", g.Scopes)
}

func (s *Grants) openData(table, row string, sealed []byte) (json.RawMessage, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	raw, err := s.id.open(table, "data", row, sealed)
	return slices.Clone(raw), err
}

// Redeem trades a code for its grant, once. check is asked about the door's data (PKCE, redirect URI): its error refuses and burns the
// code, and is wrapped in what is returned; nil: nothing is to be checked. The second use of a code ends the grant with all that it
// gave, as does a code in another application's hands. Errors: grant.unknown for all of that alike; grant.refused for check's.
func (s *Grants) Redeem(ctx context.Context, c Caller, code Token, check func(data json.RawMessage) error) (Grant, error) {
	app, err := c.asApplication()
	if err != nil {
		return Grant{}, err
	}
	now := s.now()
	var out Grant
	var refused error
	err = s.Store.Update(ctx, func(tx Tx) error {
		out, refused = Grant{}, fail(NotFound, "grant.unknown")
		g, err := tx.GrantByCode(code.Hash())
		if errors.Is(err, ErrNoRow) {
			return nil
		}
		if err != nil {
			return err
		}
		burn := func(why string) error { return s.endGrants(tx, c, []SealedGrant{g}, why, now) }
		switch {
		case !g.of(c, app):
			return burn("misused")
		case !g.RedeemedAt.IsZero():
			return burn("used")
		case !now.Before(g.CreatedAt.Add(grantCodeLife)):
			return burn("lapsed")
		}
		if err := tx.RedeemGrant(g.ID, now); err != nil {
			return err
		}
		view, groups, err := s.alive(tx, g.ID, now)
		if HasKey(err, "grant.unknown") {
			return burn("lapsed")
		}
		if err != nil {
			return err
		}
		if out, err = s.grantOf(tx, view, groups, g.Scopes); err != nil {
			return err
		}
		if check != nil {
			if err := check(out.Data); err != nil {
				refused = fail(Refused, "grant.refused").because(err)
				return burn("refused")
			}
		}
		refused = nil
		view.Grant.LookAt = s.nextLook(view)
		return tx.SaveGrant(view.Grant)
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return Grant{}, AsError(err)
	}
	return out, nil
}

// of reports whether a grant is the caller's: the application's, by the door that it came through. OpenID Connect has one token
// endpoint for both of its doors.
func (g SealedGrant) of(c Caller, app Application) bool {
	door := func(d Door) Door {
		if d == DoorCIBA {
			return DoorOIDC
		}
		return d
	}
	return g.ApplicationID == app.ID && door(g.Door) == door(c.door)
}

// alive gives a grant that may be used now, with the user's groups. Error: grant.unknown.
func (s *Grants) alive(tx Tx, id GrantID, now time.Time) (GrantView, []string, error) {
	view, err := tx.GrantView(id)
	if errors.Is(err, ErrNoRow) {
		return view, nil, fail(NotFound, "grant.unknown")
	}
	if err != nil {
		return view, nil, err
	}
	groups, err := tx.GroupsOf(view.Grant.UserID)
	if err == nil && !s.may(view, groups, now) {
		err = fail(NotFound, "grant.unknown")
	}
	return view, groups, err
}

// may reports whether a grant may be used at a time.
func (b *base) may(v GrantView, groups []string, now time.Time) bool {
	g := v.Grant
	return !g.RedeemedAt.IsZero() && now.Before(g.ExpiresAt) && v.proved() && slices.Contains(v.Doors, g.Door) &&
		Application{Groups: v.Groups}.admits(groups) && (g.Offline || g.SessionID == "" || b.inSession(v, now))
}

// inSession reports whether the session that a grant came from lasts.
func (b *base) inSession(v GrantView, now time.Time) bool {
	return v.Level == v.Grant.sessionLevel() && b.lasts(Session{Level: v.Level, LastSeenAt: v.SeenAt, ExpiresAt: v.EndsAt}, now)
}

// grantOf makes what an application gets, with the address where one of the scopes is for that.
func (s *Grants) grantOf(tx Tx, v GrantView, groups, scopes []string) (out Grant, err error) {
	g := v.Grant
	out = Grant{ID: g.ID, Application: g.ApplicationID, Door: g.Door, User: g.UserID, Name: v.Name, Display: v.Display, Locale: v.Locale, Groups: groups,
		Factor: g.Factor, KeyID: g.KeyID, AuthTime: g.AuthAt, Scopes: g.Scopes, SID: g.SID, Offline: g.Offline, CreatedAt: g.CreatedAt, ExpiresAt: g.ExpiresAt}
	if out.Data, err = s.openData("grants", string(g.ID), g.Data); err != nil || !slices.Contains(scopes, scopeEmail) {
		return out, err
	}
	contact, err := tx.Contact(g.UserID, SummaryEmail)
	if errors.Is(err, ErrNoRow) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out.EmailVerified = !contact.VerifiedAt.IsZero()
	out.Email, err = s.openContact(contact)
	return out, err
}

// Collect is [Applications.Collect] with a grant that has no browser's session, made in the same transaction (CIBA). Errors: those of
// Applications.Collect; grant.scopes.
func (s *Grants) Collect(ctx context.Context, c Caller, token Token, scopes []string) (Grant, Evidence, error) {
	scopes, err := checkScopes(scopes)
	if err != nil {
		return Grant{}, Evidence{}, err
	}
	now := s.now()
	id := GrantID(newID())
	var out Grant
	proof, made, err := s.applications.collect(ctx, c, token, func(tx Tx, p Proof, a Approval) error {
		g := SealedGrant{ID: id, UserID: p.User, ApplicationID: c.application.ID, CreatedAt: now, Door: c.door, KeyID: p.KeyID, ApprovalID: a.ID, Factor: p.Factor,
			AuthAt: p.At, Scopes: scopes, Offline: slices.Contains(scopes, ScopeOffline), RedeemedAt: now, ExpiresAt: now.Add(s.policy.SessionLife)}
		g.LookAt = g.ExpiresAt
		if g.Offline {
			g.LookAt = now.Add(grantOfflineIdle)
		}
		if err := s.insertGrant(tx, c, g, nil, now); err != nil {
			return err
		}
		view, groups, err := s.alive(tx, id, now)
		if err != nil {
			return err
		}
		out, err = s.grantOf(tx, view, groups, scopes)
		return err
	})
	if err != nil {
		return Grant{}, Evidence{}, AsError(err)
	}
	evidence, err := s.applications.newEvidence(*c.application, proof, made)
	if err != nil {
		return Grant{}, Evidence{}, AsError(err)
	}
	return out, evidence, nil
}
