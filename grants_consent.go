package nodkey

import (
	"context"
	"errors"
	"slices"
)

// ofBrowser gives where a request stands that the caller's browser has been to already. Error: grant.unknown.
func (s *Grants) ofBrowser(tx Tx, c Caller, token Token) (judged, error) {
	r, err := requestOf(tx, c, token, s.now())
	if err != nil {
		return judged{}, err
	}
	if r.Browser == "" {
		return judged{}, fail(NotFound, "grant.unknown")
	}
	return s.judge(tx, c, r, s.now())
}

// Agree is the person's yes to the scopes, remembered until it is withdrawn. Errors: grant.unknown; grant.not_ready when there is
// something else to do first, such as signing in.
func (s *Grants) Agree(ctx context.Context, c Caller, token Token) error {
	now := s.now()
	return wrap(s.Store.Update(ctx, func(tx Tx) error {
		j, err := s.ofBrowser(tx, c, token)
		if err != nil {
			return err
		}
		if j.step.State == GrantReady { // said already
			return nil
		}
		if j.step.State != GrantConsent {
			return fail(Conflict, "grant.not_ready")
		}
		consent, err := tx.Consent(j.user.ID, j.request.ApplicationID)
		if err != nil && !errors.Is(err, ErrNoRow) {
			return err
		}
		for _, scope := range j.request.Scopes {
			if !slices.Contains(consent.Scopes, scope) {
				consent.Scopes = append(consent.Scopes, scope)
			}
		}
		if len(consent.Scopes) > 8*grantScopes { // of years of other ones: those of now are what counts
			consent.Scopes = j.request.Scopes
		}
		consent.Application, consent.At = j.request.ApplicationID, now
		if err := tx.SaveConsent(j.user.ID, consent); err != nil {
			return err
		}
		j.request.AgreedBy = j.user.ID
		if err := tx.SaveGrantRequest(j.request); err != nil {
			return err
		}
		return s.record(tx, c, now, "consent.given", j.user.ID, string(consent.Application), "scopes", j.request.Scopes)
	}))
}

// refusedByPerson is why a request is refused that the person refused.
const refusedByPerson = "refused"

// Refuse is the person's no, at any step; the browser goes on to the request's Return, which tells the application. Error:
// grant.unknown.
func (s *Grants) Refuse(ctx context.Context, c Caller, token Token) error {
	return wrap(s.Store.Update(ctx, func(tx Tx) error {
		j, err := s.ofBrowser(tx, c, token)
		if err != nil || j.request.Refused != "" {
			return err
		}
		j.request.Refused = refusedByPerson
		if j.step.State == GrantDenied {
			j.request.Refused = j.step.Reason
		}
		return tx.SaveGrantRequest(j.request)
	}))
}

// Consents lists what the person of a full session has agreed to, by application. Errors: session.none, session.restricted.
func (s *Grants) Consents(ctx context.Context, c Caller) (list []Consent, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		session, err := s.live(tx, c, Full)
		if err != nil {
			return err
		}
		list, err = tx.ConsentsOf(session.UserID)
		return err
	})
	return list, wrap(err)
}

// Withdraw takes a consent back and ends the person's grants of that application; there may be none. Errors: session.none,
// session.restricted, user.slow.
func (s *Grants) Withdraw(ctx context.Context, c Caller, id ApplicationID) error {
	now := s.now()
	err := s.Store.Update(ctx, func(tx Tx) error {
		session, err := s.live(tx, c, Full)
		if err != nil {
			return err
		}
		if err := chargeChange(tx, session.UserID, now); err != nil {
			return err
		}
		if err := tx.DeleteConsent(session.UserID, id); err != nil {
			return err
		}
		if err := s.endGrantsWhere(tx, c, session.UserID, func(g SealedGrant) bool { return g.ApplicationID == id }, "withdrawn", now); err != nil {
			return err
		}
		subject := string(id)
		if known, err := ParseApplicationID(subject); err != nil || known != id {
			subject = "" // no id, and may be anything
		}
		return s.record(tx, c, now, "consent.withdrawn", session.UserID, subject)
	})
	if err == nil {
		s.Bus.Publish(topicOfCallbacks)
	}
	return wrap(err)
}
