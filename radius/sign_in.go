package radius

import (
	"context"
	"strings"

	"github.com/nodkey/nodkey"
	"layeh.com/radius"
)

// first asks for a person who typed a name and a password.
func (d *Door) first(ctx context.Context, r *request, one *talk, name, password string) answer {
	c := r.client
	in := nodkey.Asking{User: name, Password: &password, Kind: nodkey.ApproveSignIn, Source: r.person(), With: r.with(), Life: c.Wait, Idempotency: r.once}
	switch {
	case c.Mode == ModeNumber:
		in.Shown, in.Life = true, nodkey.ApprovalLife
	case c.Mode == ModeChallenge:
		in.CodeOnly = true
	case c.CodeAfter:
		in.Life += waitMargin
	}
	if !d.turn(ctx, c) {
		return answer{}
	}
	defer d.endTurn(c)
	asked, err := d.asks(ctx, r, in)
	if err != nil {
		return d.rejected(c.Language, one, err)
	}
	one.ask = asking{token: asked.Token, id: asked.ID, number: asked.Number, lang: asked.Locale, ends: d.talks.now().Add(asked.Remaining)}
	if one.ask.lang == "" {
		one.ask.lang = c.Language
	}
	if asked.Again { // after a restart, with no answer or one that was lost
		if w, err := d.look(ctx, r, one); err != nil || w.State != nodkey.SignInPending {
			if err != nil {
				return d.rejected(one.ask.lang, one, err)
			}
			return d.ended(ctx, r, one, w)
		}
	}
	switch {
	case asked.Number != "" && asked.Notified:
		return d.showNumber(one, "radius.number")
	case asked.Number != "":
		return d.showNumber(one, "radius.number_open")
	case c.Mode == ModeChallenge || !asked.Notified && !c.plain:
		return d.askCode(ctx, r, one)
	}
	return d.await(ctx, r, one)
}

// asks asks the domain. A packet that came before a restart finds what it asked for then, while a client may repeat itself; later, or
// with anything else in it, it is another request of a client whose authenticators come again.
func (d *Door) asks(ctx context.Context, r *request, in nodkey.Asking) (nodkey.Asked, error) {
	ask := func() (nodkey.Asked, error) {
		return apart(func() (nodkey.Asked, error) { return d.apps.Ask(ctx, r.caller, in) })
	}
	asked, err := ask()
	if nodkey.HasKey(err, "application.idempotency") || err == nil && asked.Again && asked.Remaining <= -answersKept {
		in.Idempotency = ""
		return ask()
	}
	return asked, err
}

// next goes on with what the person answered.
func (d *Door) next(ctx context.Context, r *request, one *talk, typed string) answer {
	if !d.turn(ctx, r.client) {
		return answer{}
	}
	defer d.endTurn(r.client)
	switch typed = strings.TrimSpace(typed); {
	case one.step == stepCode:
		return d.takeCode(ctx, r, one, typed)
	case one.step == stepNumber && (typed == "0" || typed == "０"):
		return d.askCode(ctx, r, one)
	}
	return d.await(ctx, r, one)
}

// challenge says something to the person, who answers.
func (d *Door) challenge(one *talk, at step, say string) answer {
	one.step = at
	return answer{code: radius.CodeAccessChallenge, say: say, notice: notice{outcome: Challenged, id: string(one.ask.id)}}
}

func (d *Door) showNumber(one *talk, key string) answer {
	return d.challenge(one, stepNumber, d.texts.For(one.ask.lang).T(key, map[string]any{"Number": one.ask.number}))
}

func (d *Door) digits(ctx context.Context, r *request, one *talk) (nodkey.OfflineCode, error) {
	return apart(func() (nodkey.OfflineCode, error) { return d.apps.Challenge(ctx, r.caller, one.ask.token) })
}

// askCode shows six digits. The turn is held.
func (d *Door) askCode(ctx context.Context, r *request, one *talk) answer {
	code, err := d.digits(ctx, r, one)
	if err != nil {
		return d.settle(ctx, r, one, err)
	}
	if code.Digits == "" { // policy takes scanned ones only, and nothing can be scanned here
		d.cancel(ctx, r, one)
		return d.reject(one.ask.lang, "code.disabled", notice{outcome: Refused, why: "policy.codes takes scanned codes only", id: string(one.ask.id)})
	}
	return d.challenge(one, stepCode, d.texts.For(one.ask.lang).T("radius.code", map[string]any{"Digits": code.Digits}))
}

// takeCode takes eight digits. The turn is held.
func (d *Door) takeCode(ctx context.Context, r *request, one *talk, typed string) answer {
	_, err := apart(func() (struct{}, error) { return struct{}{}, d.apps.Respond(ctx, r.caller, one.ask.token, typed) })
	if err == nil {
		return d.collect(ctx, r, one)
	}
	if !nodkey.HasKey(err, "code.shape") && !nodkey.HasKey(err, "code.wrong") {
		return d.settle(ctx, r, one, err)
	}
	// The phone may have found its connection meanwhile.
	if w, looked := d.look(ctx, r, one); looked == nil && w.State != nodkey.SignInPending {
		return d.ended(ctx, r, one, w)
	}
	e := nodkey.AsError(err)
	code, again := d.digits(ctx, r, one)
	if again != nil {
		return d.settle(ctx, r, one, again)
	}
	texts := d.texts.For(one.ask.lang)
	a := d.challenge(one, stepCode, texts.T(e.Key, e.Args)+"\n"+texts.T("radius.code", map[string]any{"Digits": code.Digits}))
	a.notice.why = e.Key
	return a
}

// await waits for the phone without the turn, which is held before and after.
func (d *Door) await(ctx context.Context, r *request, one *talk) answer {
	waiting, stop := context.WithTimeout(ctx, d.patience(r.client.Wait))
	defer stop()
	d.endTurn(r.client)
	w, err := d.decided(waiting, r, one)
	patient := waiting.Err() == nil
	turned := d.turn(context.WithoutCancel(ctx), r.client) // each holds it for a moment only
	switch {
	case ctx.Err() != nil || !turned:
		if one.step != stepPhone { // its State ends with this process, while a first packet finds the request when it comes again
			d.cancel(ctx, r, one)
		}
		return answer{}
	case err == nil:
		return d.ended(ctx, r, one, w)
	case patient:
		return d.rejected(one.ask.lang, one, err)
	case one.step == stepNumber && d.talks.now().Before(one.ask.ends.Add(-nodkey.AskLifeMin)):
		return d.showNumber(one, "radius.number_again")
	case r.client.Mode == ModePush && r.client.CodeAfter:
		return d.askCode(ctx, r, one)
	}
	d.cancel(ctx, r, one)
	return d.timedOut(one)
}

func (d *Door) timedOut(one *talk) answer {
	return d.reject(one.ask.lang, "approval.expired", notice{outcome: TimedOut, why: "nobody answered on the phone", id: string(one.ask.id)})
}

// ended says how a request ended.
func (d *Door) ended(ctx context.Context, r *request, one *talk, w nodkey.Waiting) answer {
	switch w.State {
	case nodkey.SignInApproved, nodkey.SignInDone:
		return d.collect(ctx, r, one)
	case nodkey.SignInDenied:
		return d.reject(one.ask.lang, "radius.denied", notice{outcome: Denied, why: "the phone: " + w.Cause, id: string(one.ask.id)})
	case nodkey.SignInExpired:
		return d.timedOut(one)
	}
	return d.reject(one.ask.lang, "sign_in.over", notice{outcome: Refused, why: "the request is " + string(w.State), id: string(one.ask.id)})
}

// settle says why a challenge or a code was not taken: perhaps because the phone has answered.
func (d *Door) settle(ctx context.Context, r *request, one *talk, err error) answer {
	w, looked := d.look(ctx, r, one)
	if looked == nil && w.State != nodkey.SignInPending {
		return d.ended(ctx, r, one, w)
	}
	a := d.rejected(one.ask.lang, one, err)
	if a.code != 0 {
		d.cancel(ctx, r, one)
	}
	if nodkey.HasKey(err, "code.over") || nodkey.HasKey(err, "code.late") { // whose own sentences speak of a page that is not here
		a.say = d.texts.For(one.ask.lang).T("radius.code_over", nil)
	}
	return a
}

// collect lets the person in; by the same packet once more while a client may repeat itself, as its answer may have been lost.
func (d *Door) collect(ctx context.Context, r *request, one *talk) answer {
	proof, err := apart(func() (nodkey.Proof, error) { return d.apps.Collect(ctx, r.caller, one.ask.token) })
	if one.step == stepPhone && nodkey.HasKey(err, "sign_in.done") {
		_, err = apart(func() (struct{}, error) {
			return struct{}{}, d.apps.Collected(ctx, r.caller, one.ask.token, answersKept)
		})
		proof.Factor = "collected before"
	}
	if err != nil {
		return d.rejected(one.ask.lang, one, err)
	}
	return answer{code: radius.CodeAccessAccept, notice: notice{outcome: Accepted, why: proof.Factor, id: string(one.ask.id)}}
}
