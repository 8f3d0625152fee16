package nodkey

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// accessAtOnce is how many access tokens of a grant are good at a time.
const accessAtOnce = 16

// own gives a grant of the calling application's that may be used. Error: grant.unknown.
func (s *Grants) own(tx Tx, c Caller, id GrantID, now time.Time) (GrantView, []string, error) {
	app, err := c.asApplication()
	if err != nil {
		return GrantView{}, nil, err
	}
	view, groups, err := s.alive(tx, id, now)
	if err == nil && !view.Grant.of(c, app) {
		err = fail(NotFound, "grant.unknown")
	}
	return view, groups, err
}

// among reports whether all of some scopes are among others; none are all of them.
func among(scopes, all []string) ([]string, error) {
	if len(scopes) == 0 {
		return all, nil
	}
	for _, scope := range scopes {
		if !slices.Contains(all, scope) {
			return nil, fail(BadInput, "grant.scopes")
		}
	}
	return checkScopes(scopes)
}

// Access gives a token that stands for the grant with some of its scopes (none: all of them), for a time that ends with the grant's at
// the latest. At most 16 are good at a time: the oldest makes room. Errors: grant.unknown, grant.scopes.
func (s *Grants) Access(ctx context.Context, c Caller, id GrantID, scopes []string, life time.Duration) (token Token, expires time.Time, err error) {
	now := s.now()
	token = newToken()
	err = s.Store.Update(ctx, func(tx Tx) error {
		view, _, err := s.own(tx, c, id, now)
		if err != nil {
			return err
		}
		some, err := among(scopes, view.Grant.Scopes)
		if err != nil {
			return err
		}
		if expires = now.Add(life).Truncate(time.Millisecond); expires.After(view.Grant.ExpiresAt) {
			expires = view.Grant.ExpiresAt
		}
		before, err := tx.AccessOf(id)
		if err != nil {
			return err
		}
		for _, old := range before[min(len(before), accessAtOnce-1):] {
			if err := tx.DeleteAccess(old.Token); err != nil {
				return err
			}
		}
		return tx.InsertAccess(AccessToken{Token: token.Hash(), GrantID: id, CreatedAt: now, Scopes: some, ExpiresAt: expires})
	})
	if err != nil {
		return "", time.Time{}, AsError(err)
	}
	return token, expires, nil
}

// A refresh token has two halves. The first stands for the grant and stays; the second changes with every use. So one that was used
// before is known for what it is however long ago that was, and nothing has to be kept of it.
func refreshToken(family, turn Token) Token { return family + "." + turn }

func (t Token) halves() (family, turn Token) {
	a, b, _ := strings.Cut(string(t), ".")
	return Token(a), Token(b)
}

// Refreshing gives the first refresh token of a grant; one that it had is good for nothing any more. Error: grant.unknown.
func (s *Grants) Refreshing(ctx context.Context, c Caller, id GrantID) (Token, error) {
	now := s.now()
	family, turn := newToken(), newToken()
	err := s.Store.Update(ctx, func(tx Tx) error {
		view, _, err := s.own(tx, c, id, now)
		if err != nil {
			return err
		}
		view.Grant.Family, view.Grant.Refresh, view.Grant.RefreshUntil = family.Hash(), turn.Hash(), view.Grant.refreshUntil(now)
		view.Grant.LookAt = s.nextLook(view)
		return tx.SaveGrant(view.Grant)
	})
	if err != nil {
		return "", AsError(err)
	}
	return refreshToken(family, turn), nil
}

// refreshUntil is how long a refresh token is good that is given at a time.
func (g SealedGrant) refreshUntil(now time.Time) time.Time {
	if idle := now.Add(grantOfflineIdle); idle.Before(g.ExpiresAt) {
		return idle
	}
	return g.ExpiresAt
}

// Refresh trades a refresh token for the next one. One that was traded already ends the grant with all that it gave, as somebody else
// may have it: also where the answer was lost and the same application asks again. Scopes must be among the grant's; none: all of
// them. Errors: grant.unknown; grant.scopes, which trades nothing.
func (s *Grants) Refresh(ctx context.Context, c Caller, token Token, scopes []string) (next Token, g Grant, err error) {
	app, err := c.asApplication()
	if err != nil {
		return "", Grant{}, err
	}
	now := s.now()
	family, turn := token.halves()
	fresh := newToken()
	var refused error
	err = s.Store.Update(ctx, func(tx Tx) error {
		g, refused = Grant{}, fail(NotFound, "grant.unknown")
		kept, err := tx.GrantByFamily(family.Hash())
		if errors.Is(err, ErrNoRow) {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case !kept.of(c, app):
			return s.endGrants(tx, c, []SealedGrant{kept}, "misused", now)
		case kept.Refresh != turn.Hash():
			return s.endGrants(tx, c, []SealedGrant{kept}, "reused", now)
		case !now.Before(kept.RefreshUntil):
			return s.endGrants(tx, c, []SealedGrant{kept}, "idle", now)
		}
		view, groups, err := s.alive(tx, kept.ID, now)
		if HasKey(err, "grant.unknown") {
			return nil
		}
		if err != nil {
			return err
		}
		some, err := among(scopes, kept.Scopes)
		if err != nil {
			return err
		}
		kept.Refresh, kept.RefreshUntil = fresh.Hash(), kept.refreshUntil(now)
		if err := tx.RotateGrant(kept, turn.Hash()); err != nil {
			return err
		}
		refused = nil
		g, err = s.grantOf(tx, view, groups, some)
		return err
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return "", Grant{}, AsError(err)
	}
	return refreshToken(family, fresh), g, nil
}

// Look gives the grant behind an access token, with the token's scopes and when it ends. An application sees its own tokens only;
// to an anonymous caller the token is enough. Behind a reverse proxy it counts as use of the session that the grant came from, as a
// page of the portal does. Error: grant.unknown.
func (s *Grants) Look(ctx context.Context, c Caller, token Token) (g Grant, scopes []string, expires time.Time, err error) {
	now := s.now()
	var see SessionID
	err = s.Store.View(ctx, func(tx Tx) error {
		view, access, err := tx.AccessView(token.Hash())
		if errors.Is(err, ErrNoRow) {
			return fail(NotFound, "grant.unknown")
		}
		if err != nil {
			return err
		}
		groups, err := tx.GroupsOf(view.Grant.UserID)
		if err != nil {
			return err
		}
		if !now.Before(access.ExpiresAt) || !s.may(view, groups, now) || c.application != nil && !view.Grant.of(c, *c.application) {
			return fail(NotFound, "grant.unknown")
		}
		if view.Grant.Door == DoorForward && view.Level != "" && now.Sub(view.SeenAt) >= time.Minute {
			see = view.Grant.SessionID
		}
		scopes, expires = access.Scopes, access.ExpiresAt
		g, err = s.grantOf(tx, view, groups, access.Scopes)
		return err
	})
	if err == nil && see != "" {
		err = s.Store.Update(ctx, func(tx Tx) error {
			if err := tx.SeeSession(see, now); !errors.Is(err, ErrNoRow) {
				return err
			}
			return nil // it was seen meanwhile, or is gone since: the next look tells
		})
	}
	if err != nil {
		return Grant{}, nil, time.Time{}, AsError(err)
	}
	return g, scopes, expires, nil
}

// Revoke ends an access token, or with a refresh token the whole grant (RFC 7009). One that is unknown or another application's is no
// error.
func (s *Grants) Revoke(ctx context.Context, c Caller, token Token) error {
	app, err := c.asApplication()
	if err != nil {
		return err
	}
	now := s.now()
	return wrap(s.Store.Update(ctx, func(tx Tx) error {
		if family, turn := token.halves(); turn != "" {
			g, err := tx.GrantByFamily(family.Hash())
			if errors.Is(err, ErrNoRow) || err == nil && !g.of(c, app) {
				return nil
			}
			if err != nil {
				return err
			}
			return s.endGrants(tx, c, []SealedGrant{g}, "revoked", now)
		}
		view, access, err := tx.AccessView(token.Hash())
		if errors.Is(err, ErrNoRow) || err == nil && !view.Grant.of(c, app) {
			return nil
		}
		if err != nil {
			return err
		}
		return tx.DeleteAccess(access.Token)
	}))
}

// End ends a grant of the calling application's. One that there is not is no error.
func (s *Grants) End(ctx context.Context, c Caller, id GrantID) error {
	app, err := c.asApplication()
	if err != nil {
		return err
	}
	now := s.now()
	return wrap(s.Store.Update(ctx, func(tx Tx) error {
		view, err := tx.GrantView(id)
		if errors.Is(err, ErrNoRow) || err == nil && !view.Grant.of(c, app) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.endGrants(tx, c, []SealedGrant{view.Grant}, "revoked", now)
	}))
}
