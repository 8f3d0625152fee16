package nodkey

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Forwards decide for reverse proxies which requests pass on to the applications behind them (docs/doors/forward.md).
//
// A browser has a cookie for each host of an application. It stands for a grant, bound to that host, and ends with the session in the
// portal that it came from.
type Forwards struct {
	*base
	grants  *Grants
	apps    *Applications
	memory  *forwardMemory
	loading sync.Mutex
	sites   atomic.Pointer[forwardSites]
}

// The path of the door on the portal's host that the browser comes back to, as it stands in a grant request.
const forwardReturn = "/forward/return"

// forwardReturnMax is how long an address may be that somebody is sent back to after signing in; beyond it they start at the
// application's first page.
const forwardReturnMax = 2 << 10

// forwardData is what the door keeps of a browser's way to a host.
type forwardData struct {
	Origin string    `json:"origin"`
	URI    string    `json:"uri"`
	Way    TokenHash `json:"way"` // of what the browser keeps at the host while it is on its way
}

// ForwardPerson is what an application behind a proxy is told.
type ForwardPerson struct {
	Name    string // what is typed to sign in
	Display string
	Email   string // empty: none
	Groups  []string
}

// ForwardAnswer is what a proxy is told.
type ForwardAnswer struct {
	Verdict     ForwardVerdict
	Application ApplicationID
	Name        string        // the application's, for people
	Person      ForwardPerson // the zero one: nobody, or not known
	Unclear     string        // why the request cannot be decided; empty: it can
}

// Decide tells what becomes of a request to an application, whose browser has this cookie of the host's. It costs a lookup in memory
// while nothing is written; what another process wrote counts a second later at the latest. Error: forward.unknown for a host of no
// application, or of two.
func (s *Forwards) Decide(ctx context.Context, t ForwardTarget, method string, cookie Token) (ForwardAnswer, error) {
	site, err := s.site(ctx, t.Origin)
	if err != nil {
		return ForwardAnswer{Verdict: ForwardRefused}, err
	}
	out := ForwardAnswer{Verdict: ForwardRefused, Application: site.app.ID, Name: site.app.Name}
	need, ok := NeedForward(site.Rules, method, t)
	if !ok {
		if out.Unclear = t.Unclear; out.Unclear == "" {
			out.Unclear = "method"
		}
		return out, nil
	}
	visit, err := s.visit(ctx, site, t.Origin, cookie)
	if err != nil {
		return out, err
	}
	out.Verdict, out.Person = need.Decide(visit.who, s.now()), visit.person
	return out, nil
}

// visit gives what a cookie stands for at a host, the zero one for nothing.
func (s *Forwards) visit(ctx context.Context, site *forwardSite, origin string, cookie Token) (forwardVisit, error) {
	if cookie == "" {
		return forwardVisit{}, nil
	}
	now, hash := s.now(), cookie.Hash()
	visit, writes, found := s.memory.get(hash, now)
	if !found {
		g, _, expires, err := s.grants.Look(ctx, Caller{}, cookie)
		if HasKey(err, "grant.unknown") {
			return forwardVisit{}, nil
		}
		if err != nil {
			return forwardVisit{}, err
		}
		var data forwardData
		if g.Door != DoorForward || json.Unmarshal(g.Data, &data) != nil {
			return forwardVisit{}, nil
		}
		visit = forwardVisit{grant: g.ID, application: g.Application, origin: data.Origin, expires: expires,
			person: ForwardPerson{Name: g.Name, Display: g.Display, Email: g.Email, Groups: g.Groups},
			who:    ForwardWho{Known: true, Factor: g.Factor, Groups: g.Groups, At: g.AuthTime}}
		s.memory.put(hash, visit, writes, now)
	}
	if visit.application != site.app.ID || visit.origin != origin || !now.Before(visit.expires) {
		return forwardVisit{}, nil
	}
	return visit, nil
}

// Begin begins a browser's way to a host of an application: what it wants there, and the hash of what it keeps at that host meanwhile.
// The browser goes to the portal's /continue?to=TOKEN next. Errors: forward.unknown, forward.request, forward.refused where nobody gets
// through, grant.slow.
func (s *Forwards) Begin(ctx context.Context, c Caller, t ForwardTarget, way TokenHash) (Token, error) {
	site, err := s.site(ctx, t.Origin)
	if err != nil {
		return "", err
	}
	need, ok := NeedForward(site.Rules, "GET", t)
	if !ok || len(way) != len(Token("x").Hash()) {
		return "", fail(BadInput, "forward.request")
	}
	if need.Policy == ForwardDeny {
		return "", fail(Refused, "forward.refused")
	}
	in := GrantRequest{Application: site.app.ID, Door: DoorForward, Return: forwardReturn, Scopes: []string{scopeEmail}, MaxAge: -1}
	if need.Policy == ForwardOneFactor {
		in.Password = site.Session
	}
	if need.Within > 0 {
		in.MaxAge = need.Within
	}
	data := forwardData{Origin: t.Origin, URI: t.URI, Way: way}
	if len(data.URI) > forwardReturnMax {
		data.URI = "/"
	}
	if in.Data, err = json.Marshal(data); err != nil {
		return "", AsError(err)
	}
	return s.grants.Open(ctx, c, in)
}

// ForwardReturn is where a browser goes that was at the portal.
type ForwardReturn struct {
	Origin  string // of the host that it was on its way to
	Code    Token  // for that host, good once within 60 seconds; empty when Refused
	Name    string // the application's, for people
	Refused bool
	Reason  string // as in Issued
}

// Finish ends a browser's way at the portal. Errors: those of [Grants.Issue]; forward.unknown where the host is no application's any
// more.
func (s *Forwards) Finish(ctx context.Context, c Caller, token Token) (ForwardReturn, error) {
	issued, err := s.grants.Issue(ctx, c, token)
	if err != nil {
		return ForwardReturn{}, err
	}
	var data forwardData
	if err := json.Unmarshal(issued.Data, &data); err != nil {
		return ForwardReturn{}, AsError(err)
	}
	site, err := s.site(ctx, data.Origin)
	if err == nil && site.app.ID != issued.Application {
		err = fail(NotFound, "forward.unknown")
	}
	if err != nil {
		return ForwardReturn{}, err
	}
	return ForwardReturn{Origin: data.Origin, Code: issued.Code, Name: site.app.Name, Refused: issued.Refused, Reason: issued.Reason}, nil
}

// ForwardEntry is what a browser gets at a host.
type ForwardEntry struct {
	Cookie Token
	Life   time.Duration
	URI    string // where it wanted to go
}

// Enter trades a code at the host that it was given for, once, by the browser that keeps what Begin was told the hash of. Errors:
// grant.unknown and grant.refused, as of [Grants.Redeem]; forward.unknown.
func (s *Forwards) Enter(ctx context.Context, c Caller, origin string, code, kept Token) (ForwardEntry, error) {
	site, err := s.site(ctx, origin)
	if err != nil {
		return ForwardEntry{}, err
	}
	c = c.as(site.app, DoorForward)
	var data forwardData
	g, err := s.grants.Redeem(ctx, c, code, func(raw json.RawMessage) error {
		if err := json.Unmarshal(raw, &data); err != nil {
			return err
		}
		if data.Origin != origin || kept == "" || data.Way != kept.Hash() {
			return errors.New("another host's, or another browser's")
		}
		return nil
	})
	if err != nil {
		return ForwardEntry{}, err
	}
	cookie, expires, err := s.grants.Access(ctx, c, g.ID, nil, site.Session)
	if err != nil {
		return ForwardEntry{}, err
	}
	return ForwardEntry{Cookie: cookie, Life: expires.Sub(s.now()), URI: data.URI}, nil
}

// Leave ends what a cookie stands for at a host, and gives the application's name for people. A cookie that stands for nothing is no
// error. Error: forward.unknown.
func (s *Forwards) Leave(ctx context.Context, c Caller, origin string, cookie Token) (name string, err error) {
	site, err := s.site(ctx, origin)
	if err != nil {
		return "", err
	}
	visit, err := s.visit(ctx, site, origin, cookie)
	if err != nil || visit.grant == "" {
		return site.app.Name, err
	}
	return site.app.Name, s.grants.End(ctx, c.as(site.app, DoorForward), visit.grant)
}

// Name gives the name of the application at a host. Error: forward.unknown.
func (s *Forwards) Name(ctx context.Context, origin string) (string, error) {
	site, err := s.site(ctx, origin)
	if err != nil {
		return "", err
	}
	return site.app.Name, nil
}
