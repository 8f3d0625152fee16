package radius

import (
	"context"
	"errors"
	"time"

	"github.com/nodkey/nodkey"
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
)

// decide is what the door has to say to a request. An answer without a code is none: the client asks again.
func (d *Door) decide(ctx context.Context, r *request) answer {
	switch name := string(r.Get(rfc2865.UserName_Type)); {
	case r.Code == radius.CodeStatusServer:
		return answer{code: radius.CodeAccessAccept, notice: notice{method: "status", outcome: Alive}}
	case r.eap() != nil:
		return d.joined(ctx, r, string(r.eap()), func() answer { return d.eap(ctx, r, r.eap()) })
	case r.hashed() != "":
		return d.reject(r.client.Language, "radius.hashed", notice{method: "chap", outcome: Unsupported, why: r.hashed() + ": passwords are kept as argon2id hashes, which no such answer can be compared with"})
	case r.eapOnly:
		return d.reject(r.client.Language, "radius.eap_only", notice{method: "pap", outcome: Unsupported, why: "a password without EAP-TTLS from one of eap_networks"})
	default:
		password, err := r.password()
		if err != nil || name == "" {
			return d.reject(r.client.Language, "application.denied", notice{method: "pap", outcome: Refused, why: "no name, or no password that can be read"})
		}
		return d.joined(ctx, r, password, func() answer {
			a := d.pap(ctx, r, name, password)
			a.notice.method = "pap"
			return a
		})
	}
}

// joined answers what may be a repetition under another identifier.
func (d *Door) joined(ctx context.Context, r *request, password string, work func() answer) answer {
	key, repeats := d.attempts.of(r, password)
	if !repeats {
		return work()
	}
	a, ok := d.attempts.once(ctx, key, work)
	if !ok {
		return answer{passed: true, notice: notice{method: a.notice.method, outcome: Dropped, why: "the same request came again under another identifier, which gets the answer"}}
	}
	return a
}

// pap takes a password, or what the person answered to a challenge.
func (d *Door) pap(ctx context.Context, r *request, name, password string) answer {
	state := r.Get(rfc2865.State_Type)
	if len(state) == 0 {
		one := &talk{client: r.client.id, name: name}
		return d.asState(d.first(ctx, r, one, name, password), one)
	}
	one, ok := d.talks.take(state, r.client.id, name, false)
	if !ok {
		return d.reject(r.client.Language, "sign_in.over", notice{outcome: Stale, why: "the State is another's, was used, or is over"})
	}
	return d.asState(d.next(ctx, r, one, password), one)
}

// asState keeps a talk that goes on.
func (d *Door) asState(a answer, one *talk) answer {
	if a.code != radius.CodeAccessChallenge {
		return a
	}
	one.until = d.talks.now().Add(talkLife)
	if a.state = d.talks.put(one); a.state == nil {
		return answer{notice: notice{method: a.notice.method, outcome: Busy, why: "too many sign-ins at a time", id: a.notice.id}}
	}
	return a
}

// reject is an Access-Reject with a sentence.
func (d *Door) reject(lang, key string, n notice) answer {
	return answer{code: radius.CodeAccessReject, say: d.texts.For(lang).T(key, nil), notice: n}
}

// rejected is an Access-Reject for an error of the domain's. What is our fault or passes soon is not answered: the client asks again,
// here or elsewhere.
func (d *Door) rejected(lang string, one *talk, err error) answer {
	e := nodkey.AsError(err)
	n := notice{outcome: Refused, why: e.Key, id: string(one.ask.id)}
	switch e.Kind {
	case nodkey.Internal, nodkey.Unavailable:
		n.outcome, n.why = Failed, err.Error()
		return answer{notice: n}
	case nodkey.Limited:
		n.outcome = Slowed
	}
	return answer{code: radius.CodeAccessReject, say: d.texts.For(lang).T(e.Key, e.Args), notice: n}
}

// cancelTime is how long taking a request back may last.
const cancelTime = 2 * time.Second

// cancel takes a request back that nobody waits for any more.
func (d *Door) cancel(ctx context.Context, r *request, one *talk) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), cancelTime)
	defer stop()
	if _, err := apart(func() (struct{}, error) { return struct{}{}, d.apps.Cancel(ctx, r.caller, one.ask.token) }); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		d.log.WarnContext(ctx, "radius: a request was not taken back", "error", err, "sign_in", string(one.ask.id))
	}
}
