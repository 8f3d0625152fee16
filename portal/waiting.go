package portal

import (
	"context"
	"net/http"
	"time"

	"github.com/nodkey/nodkey"
)

// token is the browser's cookie of its sign-in.
func (d *Door) token(x *exchange) (nodkey.Token, error) {
	token, ok := d.signIn.Read(x.r)
	if !ok {
		return "", &nodkey.Error{Kind: nodkey.NotFound, Key: "sign_in.unknown"}
	}
	return nodkey.Token(token), nil
}

// waiting gives the sign-in behind the browser's cookie.
func (d *Door) waiting(x *exchange) (nodkey.Token, nodkey.Waiting, error) {
	token, err := d.token(x)
	if err != nil {
		return "", nodkey.Waiting{}, err
	}
	w, err := d.services.SignIns.Wait(x.r.Context(), token)
	return token, w, err
}

// signInWait shows where the sign-in stands, and opens the portal once it is approved: the one dispatcher of the waiting
// browser, so that it works without script as well.
func (d *Door) signInWait(x *exchange) error {
	token, w, err := d.waiting(x)
	if nodkey.HasKey(err, "sign_in.unknown") {
		d.signIn.Clear(x.w)
		return d.leave(x, x.start(), "") // the session's home, or the sign-in page
	}
	if err != nil {
		return err
	}
	switch w.State {
	case nodkey.SignInChoosing:
		return d.leave(x, x.along("/sign-in/device"), "")
	case nodkey.SignInPending:
		return d.waitPage(x, w)
	case nodkey.SignInApproved:
		return d.signInFinish(x, token)
	case nodkey.SignInDone:
		d.signIn.Clear(x.w)
		return d.leave(x, x.start(), "")
	}
	v := OutcomeView{Page: d.page(x), Outcome: SignInOutcome(w.State, w.Cause), Phone: one(w.Phones), Another: another(x, w), Next: x.along("/sign-in")}
	v.Onward = w.App
	if w.State == nodkey.SignInExpired && w.Request == "" {
		v.Outcome = NobodyChosen()
	} else if v.Another != "" && v.Phone != "" {
		v.Outcome.Main = "outcome.ask_again_phone"
	}
	late := w.State == nodkey.SignInExpired && d.asked(x, w)
	if late {
		v.Outcome = CodeTooLate()
	}
	if w.Again && late {
		v.Retry = x.along("/sign-in/code/new")
	} else if w.Again {
		v.Retry = x.along("/sign-in/again")
	} else {
		d.signIn.Clear(x.w)
		if w.State == nodkey.SignInExpired && w.Request != "" {
			v.Outcome.Main = "outcome.start_again"
		}
		if late {
			v.Outcome.Todo = ""
		}
	}
	return d.show(x, http.StatusOK, "outcome", v)
}

// signInFinish trades the approved sign-in for a session.
func (d *Door) signInFinish(x *exchange, token nodkey.Token) error {
	done, err := d.services.SignIns.Finish(x.r.Context(), x.caller, token)
	if nodkey.HasKey(err, "sign_in.done") { // another tab was faster; it has set the cookie
		d.signIn.Clear(x.w)
		return d.leave(x, x.start(), "")
	}
	if err != nil {
		d.signIn.Clear(x.w)
		return err
	}
	d.signIn.Clear(x.w)
	d.session.Set(x.w, string(done.Session), d.Lasts)
	d.browser.Set(x.w, string(done.Browser), browserLasts)
	return d.leave(x, d.onward(x), "")
}

func (d *Door) waitPage(x *exchange, w nodkey.Waiting) error {
	r := requestOfSignIn(w)
	steps := []Step{{Text: StepPassword, At: x.say.Clock(w.AskedAt.Local()), Mark: StepDone}}
	v := WaitView{
		Page: d.page(x), Purpose: ForSignIn, Number: w.Number, Phone: one(w.Phones), Another: another(x, w), Notified: w.Notified, Codes: w.Codes,
		Countdown: Countdown{Left: w.Remaining, Total: w.ExpiresAt.Sub(w.AskedAt)}, AppURL: d.PhoneApp.String() + "/",
		Steps: append(steps, r.steps(x.say)...), Notice: r.notice(), News: r.news(),
		Live: Live{Stream: "/sign-in/stream", Poll: "/sign-in/state", Version: versionOfSignIn(w), Progress: r.progress(), Next: x.along("/sign-in/wait")},
	}
	v.Onward = w.App
	return d.show(x, http.StatusOK, "wait", v)
}

// one gives the only phone's name, or nothing when several may answer.
func one(phones []nodkey.AskedPhone) string {
	if len(phones) == 1 {
		return phones[0].Name
	}
	return ""
}

// another is where another phone can be chosen, empty where there is none.
func another(x *exchange, w nodkey.Waiting) string {
	if len(w.Choices) < 2 {
		return ""
	}
	return x.along("/sign-in/device")
}

func versionOfSignIn(w nodkey.Waiting) string {
	return string(w.State) + "/" + w.Cause + "/" + w.AskedAt.Format(time.RFC3339Nano) + "/" + w.ExpiresAt.Format(time.RFC3339Nano)
}

func (d *Door) signInStream(x *exchange) error {
	token, w, err := d.waiting(x)
	if err != nil {
		return err
	}
	return d.stream(x, string(w.ID), []string{d.services.SignIns.Topic(w)}, func(ctx context.Context) (State, error) {
		w, err := d.services.SignIns.Wait(ctx, token)
		return d.stateOfSignIn(w), err
	})
}

func (d *Door) stateOfSignIn(w nodkey.Waiting) State {
	r := requestOfSignIn(w)
	return State{State: string(w.State), Remaining: w.Remaining.Milliseconds(), Version: versionOfSignIn(w), Progress: r.progress(),
		over: w.State != nodkey.SignInPending, turns: d.until(r.ConfirmBy)}
}

func (d *Door) signInState(x *exchange) error {
	_, w, err := d.waiting(x)
	if err != nil {
		return err
	}
	return d.state(x, d.stateOfSignIn(w))
}

// signInCancel ends the sign-in from its own page.
func (d *Door) signInCancel(x *exchange) error {
	token, err := d.token(x)
	if err == nil {
		err = d.services.SignIns.Cancel(x.r.Context(), x.caller, token)
	}
	if nodkey.HasKey(err, "sign_in.unknown") {
		return d.leave(x, x.along("/sign-in"), "")
	}
	if err != nil {
		return err
	}
	return d.leave(x, x.along("/sign-in/wait"), "")
}

// signInAgain asks the phone once more.
func (d *Door) signInAgain(x *exchange) error {
	token, err := d.token(x)
	if err == nil {
		err = d.services.SignIns.Again(x.r.Context(), x.caller, token)
	}
	if nodkey.HasKey(err, "sign_in.unknown") {
		return d.leave(x, x.along("/sign-in"), "")
	}
	if nodkey.HasKey(err, "choice.gone") {
		return d.chosen(x, err)
	}
	if err != nil && !nodkey.HasKey(err, "sign_in.over") { // over: the waiting page says what became of it
		return err
	}
	return d.leave(x, x.along("/sign-in/wait"), "")
}
