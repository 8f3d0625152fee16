package oidc

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// claimAuthReqID ties an id token to the request that it answers (CIBA Core 1.0 §10.1.1 has it for push; here it is always there).
const claimAuthReqID = "urn:openid:params:jwt:claim:auth_req_id"

const (
	// pollEvery is how often an application may ask for an answer.
	pollEvery = 5 * time.Second
	// pollSlack is how much sooner it may come, as networks are not even.
	pollSlack = time.Second
	// pollsKept bounds the requests whose last poll is remembered.
	pollsKept = 10_000
)

// polls remembers when requests were last asked about. It is kept in the process: what it forgets costs a look at the store, and nothing
// hangs on it.
type polls struct {
	mu   sync.Mutex
	last map[nodkey.TokenHash]time.Time
}

// soon reports whether a request was asked about less than pollEvery ago, and remembers that it was now.
func (p *polls) soon(id nodkey.TokenHash, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, there := p.last[id]
	if !there && len(p.last) >= pollsKept {
		for other, at := range p.last {
			if now.Sub(at) >= pollEvery {
				delete(p.last, other)
			}
		}
		if len(p.last) >= pollsKept { // so many at a time are slowed down all the same, by their number
			return true
		}
	}
	if p.last == nil {
		p.last = map[nodkey.TokenHash]time.Time{}
	}
	p.last[id] = now
	return there && now.Sub(before) < pollEvery-pollSlack
}

func (p *polls) forget(id nodkey.TokenHash) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.last, id)
}

// cibaToken answers an application that asks what became of its request (CIBA Core 1.0 §10.1 and §11), at the token endpoint.
func (d *Door) cibaToken(x *exchange, c client) error {
	if c.public {
		return invalidClient("An application that proves nothing may not ask phones.")
	}
	token, granted, ok := readAuthReqID(x.form.Get("auth_req_id"), c.settings)
	if !ok {
		return unknownRequest(nil)
	}
	ctx, apps := x.r.Context(), d.services.Applications
	w, err := apps.Look(ctx, c.caller, token)
	if err != nil {
		return answeredRequest(err)
	}
	if w.State == nodkey.SignInPending {
		if d.polls.soon(token.Hash(), d.clock.Now()) {
			return bad("slow_down", "Ask no oftener than every 5 seconds.")
		}
		return bad("authorization_pending", "The person has not answered yet.")
	}
	d.polls.forget(token.Hash())
	switch w.State {
	case nodkey.SignInExpired:
		return bad("expired_token", "Nobody answered in time.")
	case nodkey.SignInDenied, nodkey.SignInCancelled:
		return bad("access_denied", "There was a no.")
	}
	g, evidence, err := d.services.Grants.Collect(ctx, c.caller, token, granted)
	if err != nil {
		return answeredRequest(err)
	}
	return d.answerCIBA(ctx, x, c, g, evidence)
}

// answerCIBA gives the tokens of a yes, and the evidence of it, which others can check without this server.
func (d *Door) answerCIBA(ctx context.Context, x *exchange, c client, g nodkey.Grant, evidence nodkey.Evidence) error {
	answer, err := d.tokens(ctx, c, g, g.Scopes, "", map[string]any{claimAuthReqID: x.form.Get("auth_req_id")})
	if err != nil {
		return err
	}
	answer["nodkey_evidence"] = evidence
	x.w.Header().Set("Pragma", "no-cache")
	web.WriteJSON(x.w, http.StatusOK, answer)
	return nil
}

func unknownRequest(err error) error {
	f := bad("invalid_grant", "auth_req_id is unknown, was used already, or is another application's.")
	f.err = err
	return f
}

// answeredRequest is what an error about a request means to the application.
func answeredRequest(err error) error {
	switch {
	case nodkey.HasKey(err, "sign_in.unknown"), nodkey.HasKey(err, "sign_in.done"):
		return unknownRequest(err)
	case nodkey.HasKey(err, "sign_in.over"):
		return bad("expired_token", "It was not asked for in time.")
	case nodkey.HasKey(err, "application.denied"): // a group left, a phone removed since
		return bad("access_denied", "The person may not be asked any more.")
	}
	return err
}
