package duo

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// offer is how a person can answer.
type offer struct {
	denied string // why nobody is asked; empty: somebody may be
	phones []nodkey.Choice
	phone  bool   // phones are woken
	code   bool   // codes are taken
	digits string // six, where a code is the only way or was chosen
}

// offer tells how a person can answer an application; shown says that its client shows the number. Where a code is the only way it
// gives the digits for it.
func (d *Door) offer(ctx context.Context, c *call, shown bool) (offer, error) {
	phones, err := d.applications.Phones(ctx, c.caller, c.user)
	if nodkey.HasKey(err, "application.denied") {
		return offer{denied: sayDenied}, nil
	}
	if err != nil {
		return offer{}, err
	}
	o := offer{phones: phones}
	if o.phone, o.code, err = d.applications.Ways(c.caller, shown); err != nil {
		return offer{}, err
	}
	if !o.phone && !o.code {
		return offer{denied: sayNoWay}, nil
	}
	if o.code {
		if o.digits, err = d.digits(ctx, c, !o.phone); err != nil {
			said, err := codeWords(err)
			switch {
			case err != nil:
				return offer{}, err
			case !o.phone:
				return offer{denied: said}, nil
			}
			o.code = false
		}
	}
	return o, nil
}

// asking is what all requests of a call have alike.
func (c *call) asking() nodkey.Asking {
	return nodkey.Asking{User: c.user, Kind: nodkey.ApproveSignIn, Source: c.source, With: c.with, Life: time.Duration(c.settings.Wait)}
}

// way is a factor as it was asked for.
type way struct {
	factor string // push, code or passcode; empty: none that there is
	device string // of a push; empty: all phones
	typed  string // a code
	shown  bool   // the client shows the number
}

// wayNone is a factor that was typed and is none.
const wayNone = "none"

// wayOf reads "push", "push_DP…", "verified_push_DP…", "code", or what was typed at a prompt.
func wayOf(text string) way {
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(text, factorVerified); ok {
		return way{factor: "push", device: strings.TrimPrefix(rest, "_"), shown: true}
	}
	if rest, ok := strings.CutPrefix(text, factorPush); ok {
		return way{factor: "push", device: strings.TrimPrefix(rest, "_")}
	}
	if text == factorCode || text == "passcode" {
		return way{factor: "code"}
	}
	digits := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, text)
	if len(digits) >= 3 && strings.Trim(digits, "0123456789") == "" {
		return way{factor: "passcode", typed: digits}
	}
	return way{}
}

// begin does what a request for authentication asks. It gives the token of a request that waits or was answered by a code, or an
// outcome that is clear at once.
func (d *Door) begin(ctx context.Context, c *call, w way) (nodkey.Token, outcome, error) {
	switch w.factor {
	case "push":
		return d.push(ctx, c, w)
	case "code":
		return d.newDigits(ctx, c)
	case "passcode":
		token, said, err := d.respond(ctx, c, w.typed)
		if err != nil || token != "" {
			return token, outcome{}, err
		}
		if said == "" { // nobody was shown digits for this code
			return d.newDigits(ctx, c)
		}
		return "", deny(said), nil
	}
	if w.factor == wayNone {
		return "", deny(sayChoose), nil
	}
	return "", deny(sayFactor), nil
}

// newDigits denies, with the digits that a code can be made from now.
func (d *Door) newDigits(ctx context.Context, c *call) (nodkey.Token, outcome, error) {
	if _, code, err := d.applications.Ways(c.caller, false); err != nil || !code {
		return "", deny(sayNoWay), err
	}
	digits, err := d.digits(ctx, c, true)
	if err != nil {
		said, err := codeWords(err)
		return "", deny(said), err
	}
	return "", deny(askFor(digits)), nil
}

func (d *Door) push(ctx context.Context, c *call, w way) (nodkey.Token, outcome, error) {
	in := c.asking()
	in.Shown = c.async() && (c.settings.Number || w.shown) // who waits for one answer is shown it when it is over
	phone, _, err := d.applications.Ways(c.caller, in.Shown)
	if err != nil {
		return "", outcome{}, err
	}
	if !phone { // the number cannot be shown: a code instead, if there is one
		return d.newDigits(ctx, c)
	}
	if w.device != "" && w.device != "auto" {
		var found bool
		if in.Key, found, err = d.key(ctx, c, w.device); err != nil {
			return "", outcome{}, err
		}
		if !found {
			return "", deny(sayNoPhone), nil
		}
	}
	asked, err := d.applications.Ask(ctx, c.caller, in)
	if err != nil {
		said, err := codeWords(err)
		return "", deny(said), err
	}
	return asked.Token, outcome{}, nil
}

// key finds a phone of the person's by the name that the application has for it; "1" is the one that was used last.
func (d *Door) key(ctx context.Context, c *call, device string) (nodkey.KeyID, bool, error) {
	phones, err := d.applications.Phones(ctx, c.caller, c.user)
	if nodkey.HasKey(err, "application.denied") {
		return "", true, nil // denied by the asking, which does the same work for anybody
	}
	if err != nil {
		return "", false, err
	}
	for i, p := range phones {
		if DeviceID(c.caller.Application().ID, p.KeyID) == device || i == 0 && device == "1" {
			return p.KeyID, true, nil
		}
	}
	return "", false, nil
}

// wait waits for the end of a request, and takes it back when nobody waits any more.
func (d *Door) wait(ctx context.Context, c *call, token nodkey.Token) (outcome, error) {
	app := c.caller.Application().ID
	if !d.seats.take(app) {
		return outcome{}, errBusy
	}
	defer d.seats.leave(app)
	drained, stop := untilDrained(ctx)
	defer stop()
	w, err := d.applications.Await(drained, c.caller, token)
	if drained.Err() != nil {
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := d.applications.Cancel(after, c.caller, token); err != nil {
			return outcome{}, err
		}
		if ctx.Err() == nil {
			return outcome{}, errStopping
		}
		return outcome{}, ctx.Err()
	}
	if err != nil {
		return outcome{}, err
	}
	return d.settle(ctx, c, token, w)
}

// settle collects the proof of what is approved; everything else is said as it is. Who asks again hears of a yes again for a time, as the
// answer may have been lost.
func (d *Door) settle(ctx context.Context, c *call, token nodkey.Token, w nodkey.Waiting) (outcome, error) {
	if w.State != nodkey.SignInApproved && w.State != nodkey.SignInDone {
		return outcomeOf(w), nil
	}
	var err error
	if w.State == nodkey.SignInApproved {
		_, err = d.applications.Collect(ctx, c.caller, token)
	}
	if w.State == nodkey.SignInDone || nodkey.HasKey(err, "sign_in.done") { // or another look came first
		err = d.applications.Collected(ctx, c.caller, token, toldAgain)
	}
	switch {
	case err == nil:
		return outcome{"allow", "allow", sayAllowed}, nil
	case nodkey.HasKey(err, "application.denied"):
		return deny(sayDenied), nil
	case nodkey.HasKey(err, "sign_in.done"):
		return deny(sayUsed), nil
	case nodkey.HasKey(err, "sign_in.over"):
		return outcome{"deny", "timeout", sayTimeout}, nil
	}
	return outcome{}, err
}

// longPoll is how long a look at a request that waits takes while nothing changes: at most. login_duo looks twenty times.
const longPoll = 15 * time.Second

// errUnknownTransaction is for an id that is nobody's, or another application's.
var errUnknownTransaction = errors.New("no such transaction")

// status tells where a transaction stands. The first look answers at once, later ones when something has changed or after longPoll;
// told says that nothing has.
func (d *Door) status(ctx context.Context, c *call, tx string) (out outcome, told bool, err error) {
	app := c.caller.Application().ID
	if strings.HasPrefix(tx, txOutcome) {
		out, err := readOutcome(app, tx)
		return out, false, err
	}
	token, ok := strings.CutPrefix(tx, txRequest)
	if !ok {
		return outcome{}, false, errUnknownTransaction
	}
	told = d.told.has(app, tx, d.clock.Now())
	w, err := d.look(ctx, c, nodkey.Token(token), told)
	if nodkey.HasKey(err, "sign_in.unknown") {
		return outcome{}, false, errUnknownTransaction
	}
	if err != nil {
		return outcome{}, false, err
	}
	if out, err = d.settle(ctx, c, nodkey.Token(token), w); err == nil && out.result == "waiting" {
		d.told.put(app, tx, d.clock.Now())
	}
	return out, told, err
}

func (d *Door) look(ctx context.Context, c *call, token nodkey.Token, patient bool) (nodkey.Waiting, error) {
	app := c.caller.Application().ID
	if !patient {
		return d.applications.Look(ctx, c.caller, token)
	}
	if !d.seats.take(app) {
		return nodkey.Waiting{}, errBusy
	}
	defer d.seats.leave(app)
	drained, stop := untilDrained(ctx)
	defer stop()
	soon, cancel := context.WithTimeout(drained, d.longPoll)
	defer cancel()
	w, err := d.applications.Await(soon, c.caller, token)
	if err != nil && soon.Err() != nil && ctx.Err() == nil { // nothing has changed, as far as was seen
		return d.applications.Look(ctx, c.caller, token)
	}
	return w, err
}

// untilDrained ends with its parent, and when the server is about to stop: who waits then comes back, or is told that it is over.
func untilDrained(ctx context.Context) (context.Context, context.CancelFunc) {
	inner, cancel := context.WithCancel(ctx)
	if draining := web.Draining(ctx); draining != nil {
		go func() {
			select {
			case <-draining:
				cancel()
			case <-inner.Done():
			}
		}()
	}
	return inner, cancel
}
