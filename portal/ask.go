package portal

import (
	"net/http"

	"github.com/boombuler/barcode/qr"

	"github.com/nodkey/nodkey"
)

// Asking is what the page of a door shows where an application asks a person's phone and sends their browser here to wait. The door
// answers for the addresses, which are its own.
type Asking struct {
	App     string
	Waiting nodkey.Waiting
	Code    *nodkey.OfflineCode // the digits that were asked for; nil: none
	Problem *nodkey.Error       // with the code that was typed, or with asking for one; nil: none
	Again   bool                // it has ended, and may be asked once more
	Version string              // of what is shown; what Poll says is another one when that has changed
	Action  string              // path and query that the forms are posted to, as do=code, type, cancel, again or back, and that shows what it has become
	Shown   string              // path and query that shows the code again
	Poll    string              // path and query that says where it stands, as a State
	Picture string              // path and query of the statement's square code
}

// AskPage shows it.
func (d *Door) AskPage(w http.ResponseWriter, r *http.Request, in Asking) {
	d.handle(func(x *exchange) error { return d.ask(x, in) }).ServeHTTP(w, r)
}

func (d *Door) ask(x *exchange, in Asking) error {
	if x.r.Method == http.MethodPost {
		if _, err := d.switched(x); err != nil { // the page is shown again in the language chosen
			return err
		}
	}
	page := d.page(x)
	page.Onward, page.Way = in.App, ""
	var p *Problem
	status := http.StatusOK
	if in.Problem != nil {
		p, status, _ = problem(in.Problem, map[string]string{"code.wrong": "code", "code.shape": "code"})
		if in.Problem.Key == "code.wrong" {
			x.r.PostForm.Del("code") // what was wrong is typed anew
		}
	}
	live := Live{Poll: in.Poll, Version: in.Version, Next: in.Action}
	countdown := Countdown{Left: in.Waiting.Remaining, Total: in.Waiting.ExpiresAt.Sub(in.Waiting.AskedAt)}
	switch {
	case in.Waiting.State != nodkey.SignInPending:
		v := AskOverView{Page: page.with("over-form"), Outcome: SignInOutcome(in.Waiting.State, in.Waiting.Cause), App: in.App, Again: in.Again, Action: in.Action}
		if in.Waiting.State == nodkey.SignInExpired {
			v.Outcome.Happened = "ask.expired_happened" // how long it waited is the application's to say
		}
		return d.show(x, status, "ask_over", v)
	case in.Code != nil:
		live.Next = in.Shown
		v := AskCodeView{Page: page.with("code-form"), Typed: short(x.r.PostForm.Get("code")), QR: in.Picture, Number: in.Waiting.Number, Left: in.Code.Left, Fewer: in.Code.Left < nodkey.ChallengeTries, Problem: p,
			Countdown: Countdown{Left: in.Code.Remaining, Total: nodkey.ChallengeLife}, Action: in.Action, Live: live}
		if half := len(in.Code.Digits) / 2; half > 0 {
			v.Digits = []string{in.Code.Digits[:half], in.Code.Digits[half:]}
		}
		return d.show(x, status, "ask_code", v)
	}
	v := AskView{Page: page.with("cancel-form"), Number: in.Waiting.Number, Phone: one(in.Waiting.Phones), Notified: in.Waiting.Notified, Codes: in.Waiting.Codes, Countdown: countdown,
		Problem: p, AppURL: d.PhoneApp.String() + "/", Action: in.Action, Live: live}
	return d.show(x, status, "ask", v)
}

// AskPicture answers with the square code of a statement.
func (d *Door) AskPicture(w http.ResponseWriter, r *http.Request, statement string) {
	d.handle(func(x *exchange) error { return d.showQR(x, statement, qr.L) }).ServeHTTP(w, r)
}
