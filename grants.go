package nodkey

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// Grants take a person's browser to an application, and tell the application about the person for as long as it may know
// (docs/applications.md).
type Grants struct {
	*base
	applications *Applications
}

const (
	grantRequestLife = 10 * time.Minute
	grantData        = 8 << 10
	grantScopes      = 32
	grantScope       = 100 // characters
	grantReturn      = 200
)

// The limits on beginning the way to an application, which takes no proof of anything and leaves a row for ten minutes. Whoever is
// signed in is counted by themselves: a thousand people may come from one address on Monday morning.
var (
	opensBySource = bucket{size: 300, drain: 200 * time.Millisecond}
	opensByUser   = bucket{size: 100, drain: time.Second}
)

// Open begins the way to an application. The browser goes to the portal's /continue?to=TOKEN next. Errors: application.unknown, also
// for one without the door; grant.request for what no door may ask; grant.slow.
func (s *Grants) Open(ctx context.Context, c Caller, in GrantRequest) (Token, error) {
	now := s.now()
	token := newToken()
	r, err := s.newRequest(in, token, now)
	if err != nil {
		return "", AsError(err)
	}
	err = s.Store.Update(ctx, func(tx Tx) error {
		app, err := named(tx, r.ApplicationID)
		if err == nil && !app.Has(r.Door) {
			err = fail(NotFound, "application.unknown", "Name", string(r.ApplicationID))
		}
		if err != nil {
			return err
		}
		rule, name := opensBySource, "grants:source:"+c.prefix()
		if c.session != nil {
			rule, name = opensByUser, "grants:user:"+string(c.session.UserID)
		}
		if wait, ok, err := rule.take(tx, name, 1, now); err != nil {
			return err
		} else if !ok {
			return limited("grant.slow", wait)
		}
		return tx.InsertGrantRequest(r)
	})
	if err != nil {
		return "", AsError(err)
	}
	return token, nil
}

// newRequest checks what a door asks for and makes the row of it.
func (s *Grants) newRequest(in GrantRequest, token Token, now time.Time) (SealedGrantRequest, error) {
	r := SealedGrantRequest{ID: newID(), ApplicationID: in.Application, CreatedAt: now, Token: token.Hash(), Door: in.Door, Return: in.Return,
		Ask: in.Ask, AskAgain: in.AskAgain, Again: in.Again, MaxAge: in.MaxAge.Truncate(time.Millisecond), TellEnd: in.TellEnd, Factors: in.Factors, Password: in.Password.Truncate(time.Millisecond), ExpiresAt: now.Add(grantRequestLife)}
	if in.MaxAge < 0 {
		r.MaxAge = -time.Millisecond
	}
	if in.Life != 0 {
		r.ExpiresAt = now.Add(in.Life)
	}
	var err error
	r.Scopes, err = checkScopes(in.Scopes)
	if err != nil || in.Life < 0 || in.Life > grantRequestLife || !isPath(in.Return) || !areFactors(in.Factors) || !in.mayPass() || len(in.Data) > grantData || len(in.Data) > 0 && !json.Valid(in.Data) {
		return r, fail(BadInput, "grant.request")
	}
	if in.User != "" {
		if r.User, err = ParseUserName(in.User); err != nil {
			return r, fail(BadInput, "grant.request").because(err)
		}
	}
	if name, err := ParseUserName(in.Hint); err == nil { // it is but a help
		r.Hint = name
	}
	if len(in.Data) > 0 {
		r.Data, err = s.id.seal("grant_requests", "data", r.ID, in.Data)
	}
	return r, err
}

// areFactors reports whether these are factors, each once at most.
func areFactors(list []string) bool {
	for i, factor := range list {
		if !slices.Contains([]string{"pin", "biometric", "code"}, factor) || slices.Contains(list[:i], factor) {
			return false
		}
	}
	return true
}

// isPath reports whether a text is a path of this host and nothing that a browser might take for another.
func isPath(p string) bool {
	return len(p) > 1 && len(p) <= grantReturn && p[0] == '/' && p[1] != '/' && !strings.ContainsFunc(p, func(r rune) bool {
		return r <= ' ' || r > '~' || r == '\\' || r == '?' || r == '#'
	})
}

// checkScopes gives scopes each once, in their order. Error: grant.scopes.
func checkScopes(in []string) ([]string, error) {
	var out []string
	for _, scope := range in {
		bad := scope == "" || len(scope) > grantScope || strings.ContainsFunc(scope, func(r rune) bool { // RFC 6749 §3.3
			return r <= ' ' || r > '~' || r == '"' || r == '\\'
		})
		if bad || len(out) == grantScopes {
			return nil, fail(BadInput, "grant.scopes")
		}
		if !slices.Contains(out, scope) {
			out = append(out, scope)
		}
	}
	return out, nil
}

// Step tells what is to be done next, for the browser and the session of the caller; the first browser that asks is the only one that
// ever may. What is unknown is over: that is no error.
func (s *Grants) Step(ctx context.Context, c Caller, token Token) (GrantStep, error) {
	now := s.now()
	fresh := newToken()
	var j judged
	step := func(tx Tx) error {
		r, err := requestOf(tx, c, token, now)
		if err != nil {
			return err
		}
		j, err = s.judge(tx, c, r, now)
		return err
	}
	err := s.Store.View(ctx, step)
	if err == nil && j.request.Browser == "" {
		mine := c.Browser
		if len(mine) != len(fresh) {
			mine = fresh
		}
		err = s.Store.Update(ctx, func(tx Tx) error {
			r, err := requestOf(tx, Caller{Browser: mine}, token, now)
			if err != nil {
				return err
			}
			r.Browser = mine.Hash()
			return tx.SaveGrantRequest(r)
		})
		if mine != c.Browser {
			j.step.Browser = mine
		}
	}
	if HasKey(err, "grant.unknown") {
		return GrantStep{State: GrantOver}, nil
	}
	if err != nil {
		return GrantStep{}, AsError(err)
	}
	return j.step, nil
}

// requestOf gives the request behind a token as far as it is this browser's, or nobody's yet. Error: grant.unknown.
func requestOf(tx GrantRows, c Caller, token Token, now time.Time) (SealedGrantRequest, error) {
	r, err := tx.GrantRequestByToken(token.Hash())
	if errors.Is(err, ErrNoRow) || err == nil && (!now.Before(r.ExpiresAt) || r.Browser != "" && r.Browser != c.Browser.Hash()) {
		return r, fail(NotFound, "grant.unknown")
	}
	return r, err
}

// judged is where a request stands for whoever is signed in.
type judged struct {
	request SealedGrantRequest
	step    GrantStep
	session Session
	user    User
	factor  string
	authAt  time.Time
	alone   bool // name and password were all that was asked for, and are enough
}

// judge decides what a request still needs of the caller.
func (s *Grants) judge(tx Tx, c Caller, r SealedGrantRequest, now time.Time) (judged, error) {
	j := judged{request: r}
	app, err := tx.Application(r.ApplicationID)
	if errors.Is(err, ErrNoRow) || err == nil && !app.Has(r.Door) {
		return j, fail(NotFound, "grant.unknown")
	}
	if err != nil {
		return j, err
	}
	j.step = GrantStep{Application: app.ID, Name: app.Name, Door: r.Door, Scopes: r.Scopes, Hint: r.Hint, User: r.User, Return: r.Return, ExpiresAt: r.ExpiresAt}
	if r.User != "" {
		j.step.Hint = r.User
	}
	if j.session, err = s.live(tx, c, Restricted); err != nil && !HasKey(err, "session.none") {
		return j, err
	}
	nobody := err != nil
	if r.Refused != "" {
		j.step.State = GrantReady
		return j, nil
	}
	passed, err := j.passed(tx)
	if err != nil {
		return j, err
	}
	if nobody && !passed {
		j.step.State, j.step.Reason, j.step.Password = GrantSignIn, GrantNobody, r.Password > 0
		return j, nil
	}
	var key Key
	if !passed {
		if key, err = j.signedIn(tx); err != nil {
			return j, err
		}
	}
	groups, err := tx.GroupsOf(j.user.ID)
	if err != nil {
		return j, err
	}
	agreed, err := s.agreed(tx, j.user.ID, r)
	if err != nil {
		return j, err
	}
	since := now.Sub(j.authAt)
	otherwise := len(r.Factors) > 0 && !slices.Contains(r.Factors, j.factor)
	again := (r.Again || otherwise || r.MaxAge == 0 || r.MaxAge > 0 && since > r.MaxAge) && j.authAt.Before(r.CreatedAt)
	switch {
	case r.User != "" && j.user.Name != r.User:
		j.step.State, j.step.Reason = GrantSignIn, GrantOther
	case j.session.Level != Full && !j.alone:
		j.step.State, j.step.Reason = GrantDenied, GrantRestricted
	case !app.admits(groups):
		j.step.State, j.step.Reason = GrantDenied, GrantGroup
	case key.State != KeyActive && !j.alone:
		j.step.State, j.step.Reason = GrantSignIn, GrantPhone
	case again:
		j.step.State, j.step.Reason = GrantSignIn, GrantAge
	case !agreed:
		j.step.State = GrantConsent
	default:
		j.step.State = GrantReady
	}
	// Whoever has a session with a phone's yes gives another one where a fresh sign-in is wanted, and does not trade it for less.
	j.step.Password = r.Password > 0 && j.step.State == GrantSignIn && (j.session.Level != Full || j.step.Reason == GrantPhone)
	return j, nil
}

// signedIn fills in who is signed in and by what, and gives the key whose yes it was; the zero one where there is none.
func (j *judged) signedIn(tx Tx) (key Key, err error) {
	if j.user, err = tx.User(j.session.UserID); err != nil {
		return key, err
	}
	if j.session.Level == Restricted && j.request.Password > 0 { // it had the password
		j.factor, j.authAt, j.alone = FactorPassword, j.session.CreatedAt, true
		return key, nil
	}
	if key, err = tx.Key(j.session.KeyID); err != nil && !errors.Is(err, ErrNoRow) {
		return key, err
	}
	approval, err := tx.Approval(j.session.ApprovalID)
	if err != nil && !errors.Is(err, ErrNoRow) {
		return key, err
	}
	if j.factor, j.authAt = approval.Factor, approval.DecidedAt; err != nil {
		j.authAt = j.session.CreatedAt
	}
	return key, nil
}

// agreed reports whether the user's consent is there, or not needed.
func (s *Grants) agreed(tx GrantRows, user UserID, r SealedGrantRequest) (bool, error) {
	if r.AgreedBy == user || !r.Ask && !r.AskAgain {
		return true, nil
	}
	if r.AskAgain {
		return false, nil
	}
	before, err := tx.Consent(user, r.ApplicationID)
	if errors.Is(err, ErrNoRow) {
		return false, nil
	}
	return err == nil && !slices.ContainsFunc(r.Scopes, func(scope string) bool { return !slices.Contains(before.Scopes, scope) }), err
}
