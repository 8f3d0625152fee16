package nodkey

import (
	"context"
	"encoding/json"
	"time"
)

// Grants take a person's browser to an application, and tell the application about the person for as long as it may know
// (docs/applications.md).
type Grants struct{ *base }

// Open begins the way to an application. The browser goes to the portal's /continue?to=TOKEN next. Errors: application.unknown,
// grant.request for what no door may ask, grant.slow.
func (s *Grants) Open(ctx context.Context, c Caller, in GrantRequest) (Token, error) {
	return "", fail(Unavailable, "server.busy", "Seconds", 1)
}

// Step tells what is to be done next, for the browser and the session of the caller; the first browser that asks is the only one that
// ever may. What is unknown is over: that is no error.
func (s *Grants) Step(ctx context.Context, c Caller, token Token) (GrantStep, error) {
	return GrantStep{}, fail(Unavailable, "server.busy", "Seconds", 1)
}

// Agree is the person's yes to the scopes, remembered until it is withdrawn. Errors: session.none, session.restricted, grant.unknown,
// grant.not_ready when there is something else to do first.
func (s *Grants) Agree(ctx context.Context, c Caller, token Token) error {
	return fail(Unavailable, "server.busy", "Seconds", 1)
}

// Refuse is the person's no, at any step; the browser goes on to the request's Return, which tells the application. Error:
// grant.unknown.
func (s *Grants) Refuse(ctx context.Context, c Caller, token Token) error {
	return fail(Unavailable, "server.busy", "Seconds", 1)
}

// Issue ends a request, once: it gives the code for the application, or says that it was refused. Errors: grant.unknown, also for
// another browser's and for what has ended; grant.not_ready where the browser has to go back to /continue.
func (s *Grants) Issue(ctx context.Context, c Caller, token Token) (Issued, error) {
	return Issued{}, fail(Unavailable, "server.busy", "Seconds", 1)
}

// Redeem trades a code for its grant, once. check is asked about the door's data (PKCE, redirect URI): its error refuses and burns the
// code, and is wrapped in what is returned. The second use of a code ends the grant with all that it gave, as does a code in another
// application's hands. Errors: grant.unknown for all of that alike; grant.refused for check's.
func (s *Grants) Redeem(ctx context.Context, c Caller, code Token, check func(data json.RawMessage) error) (Grant, error) {
	return Grant{}, fail(Unavailable, "server.busy", "Seconds", 1)
}

// Collect is [Applications.Collect] with a grant that has no browser's session, made in the same transaction (CIBA). Errors: those of
// Applications.Collect; grant.request.
func (s *Grants) Collect(ctx context.Context, c Caller, token Token, scopes []string) (Grant, error) {
	return Grant{}, fail(Unavailable, "server.busy", "Seconds", 1)
}

// Access gives a token that stands for the grant with some of its scopes, for a time that ends with the grant's at the latest. At most
// 16 are good at a time: the oldest makes room. Error: grant.unknown.
func (s *Grants) Access(ctx context.Context, c Caller, id GrantID, scopes []string, life time.Duration) (token Token, expires time.Time, err error) {
	return "", time.Time{}, fail(Unavailable, "server.busy", "Seconds", 1)
}

// Refreshing gives the first refresh token of a grant; one that it had is good for nothing any more. Error: grant.unknown.
func (s *Grants) Refreshing(ctx context.Context, c Caller, id GrantID) (Token, error) {
	return "", fail(Unavailable, "server.busy", "Seconds", 1)
}

// Refresh trades a refresh token for the next one. One that was traded already ends the grant with all that it gave, as somebody else
// may have it: also where the answer was lost and the same application asks again. Scopes must be among the grant's; none: all of
// them. Errors: grant.unknown; grant.scopes, which trades nothing.
func (s *Grants) Refresh(ctx context.Context, c Caller, token Token, scopes []string) (next Token, g Grant, err error) {
	return "", Grant{}, fail(Unavailable, "server.busy", "Seconds", 1)
}

// Look gives the grant behind an access token, with the token's scopes and when it ends. An application sees its own tokens only;
// to an anonymous caller the token is enough. Error: grant.unknown.
func (s *Grants) Look(ctx context.Context, c Caller, token Token) (g Grant, scopes []string, expires time.Time, err error) {
	return Grant{}, nil, time.Time{}, fail(Unavailable, "server.busy", "Seconds", 1)
}

// Revoke ends an access token, or with a refresh token the whole grant (RFC 7009). One that is unknown or another application's is no
// error.
func (s *Grants) Revoke(ctx context.Context, c Caller, token Token) error {
	return fail(Unavailable, "server.busy", "Seconds", 1)
}

// End ends a grant of the calling application's. One that there is not is no error.
func (s *Grants) End(ctx context.Context, c Caller, id GrantID) error {
	return fail(Unavailable, "server.busy", "Seconds", 1)
}

// Consents lists what the person of a full session has agreed to, by application.
func (s *Grants) Consents(ctx context.Context, c Caller) ([]Consent, error) {
	return nil, fail(Unavailable, "server.busy", "Seconds", 1)
}

// Withdraw takes a consent back and ends the person's grants of that application.
func (s *Grants) Withdraw(ctx context.Context, c Caller, id ApplicationID) error {
	return fail(Unavailable, "server.busy", "Seconds", 1)
}
