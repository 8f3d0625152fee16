package portal

import (
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/boombuler/barcode/qr"

	"github.com/nodkey/nodkey"
)

// The code way: a phone without a connection answers the sign-in by eight digits (docs/protocol.md §8). The request on the
// phone stays open beside it, so that whatever comes first opens the portal.

// asked says whether this browser asked for the digits of the request that waits. Only a POST asks: a page that is merely
// visited, by a link from elsewhere or ahead of time, makes none.
func (d *Door) asked(x *exchange, w nodkey.Waiting) bool {
	value, ok := d.code.Read(x.r)
	return ok && value == requestOf(w)
}

// requestOf names a sign-in's request of the moment.
func requestOf(w nodkey.Waiting) string {
	return string(w.ID) + "." + strconv.FormatInt(w.AskedAt.UnixNano(), 36)
}

// codeAsk asks for digits, and for the request anew when that has run out.
func (d *Door) codeAsk(x *exchange) error {
	token, w, err := d.waiting(x)
	if nodkey.HasKey(err, "sign_in.unknown") {
		return d.leave(x, x.along("/sign-in"), "")
	}
	if err != nil {
		return err
	}
	if w.State == nodkey.SignInExpired && w.Again {
		err := d.services.SignIns.Again(x.r.Context(), x.caller, token)
		if nodkey.HasKey(err, "choice.gone") {
			return d.chosen(x, err)
		}
		if err != nil && !nodkey.HasKey(err, "sign_in.over") { // over: another tab was faster, or the challenge tells
			return err
		}
	}
	if _, err := d.services.SignIns.Challenge(x.r.Context(), x.caller, token); err != nil {
		return d.codeRefused(x, err)
	}
	if _, w, err = d.waiting(x); err != nil {
		return err
	}
	d.code.Set(x.w, requestOf(w), nodkey.SignInLife)
	return d.leave(x, x.along("/sign-in/code"), "")
}

// codeShow shows the digits that were asked for, as often as it is asked.
func (d *Door) codeShow(x *exchange) error {
	token, w, err := d.waiting(x)
	if nodkey.HasKey(err, "sign_in.unknown") || err == nil && (w.State != nodkey.SignInPending || !d.asked(x, w)) {
		return d.leave(x, x.along("/sign-in/wait"), "") // says where it stands
	}
	if err != nil {
		return err
	}
	return d.codePage(x, http.StatusOK, token, w, "", nil)
}

// codePage shows the digits of now. It asks for none, so that loading the page again changes nothing.
func (d *Door) codePage(x *exchange, status int, token nodkey.Token, w nodkey.Waiting, typed string, p *Problem) error {
	code, err := d.services.SignIns.Challenged(x.r.Context(), token)
	if err != nil {
		return d.codeRefused(x, err)
	}
	v := CodeView{
		Page: d.page(x).with("code-form"), Number: w.Number, QR: "/sign-in/code/qr?v=" + strconv.FormatInt(code.ExpiresAt.UnixMilli(), 36), Typed: typed,
		Left: code.Left, Fewer: code.Left < nodkey.ChallengeTries, Problem: p, Countdown: Countdown{Left: code.Remaining, Total: nodkey.ChallengeLife},
		Live: Live{Stream: "/sign-in/stream", Poll: "/sign-in/state", Version: versionOfSignIn(w), Next: x.along("/sign-in/code")},
	}
	v.Onward = w.App
	if half := len(code.Digits) / 2; half > 0 {
		v.Digits = []string{code.Digits[:half], code.Digits[half:]}
	}
	return d.show(x, status, "code", v)
}

// codeTake takes the eight digits.
func (d *Door) codeTake(x *exchange) error {
	in, err := x.form("code")
	if err != nil {
		return err
	}
	token, w, err := d.waiting(x)
	if nodkey.HasKey(err, "sign_in.unknown") {
		return d.leave(x, x.along("/sign-in"), "")
	}
	if err != nil {
		return err
	}
	again, err := d.switched(x)
	if err != nil {
		return err
	}
	if w.State != nodkey.SignInPending || !d.asked(x, w) {
		return d.leave(x, x.along("/sign-in/wait"), "")
	}
	if again {
		return d.codePage(x, http.StatusOK, token, w, short(in["code"]), nil)
	}
	err = d.services.SignIns.Respond(x.r.Context(), x.caller, token, in["code"])
	switch {
	case err == nil:
		d.code.Clear(x.w)
		return d.leave(x, x.along("/sign-in/wait"), "")
	case nodkey.HasKey(err, "code.wrong"), nodkey.HasKey(err, "code.shape"):
		p, status, _ := problem(err, map[string]string{"code.wrong": "code", "code.shape": "code"})
		typed := ""
		if nodkey.HasKey(err, "code.shape") { // a slip to be mended; what was wrong is typed anew
			typed = short(in["code"])
		}
		return d.codePage(x, status, token, w, typed, p)
	}
	return d.codeRefused(x, err)
}

// short is what was typed where it can be a slip.
func short(typed string) string {
	if utf8.RuneCountInString(typed) > codeField {
		return ""
	}
	return typed
}

// codeField is how many characters the field takes: eight digits, and room for what stands between them.
const codeField = 24

// codeRefused says why there are no digits, or why a code was not looked at.
func (d *Door) codeRefused(x *exchange, err error) error {
	e := nodkey.AsError(err)
	switch {
	case e.Key == "code.over":
		d.code.Clear(x.w) // other digits have to be asked for
		v := OutcomeView{Page: d.page(x), Outcome: CodesUsedUp(), Retry: x.along("/sign-in/code/new"), Back: x.along("/sign-in/wait")}
		v.Return = x.along("/sign-in/wait")
		return d.show(x, http.StatusConflict, "outcome", v)
	case e.Key == "code.late", e.Key == "choice.first", strings.HasPrefix(e.Key, "approval."), e.Key == "sign_in.unknown":
		return d.leave(x, x.along("/sign-in/wait"), "") // says what became of the request
	}
	m, ok := MessageOfCode(e.Key)
	if !ok {
		return err
	}
	return d.message(x, e, m, x.along("/sign-in/wait"))
}

// codeQR draws the statement for a phone's camera.
func (d *Door) codeQR(x *exchange) error {
	token, w, err := d.waiting(x)
	if err != nil {
		return err
	}
	if w.State != nodkey.SignInPending || !d.asked(x, w) {
		return &nodkey.Error{Kind: nodkey.NotFound, Key: "code.none"}
	}
	code, err := d.services.SignIns.Challenged(x.r.Context(), token)
	if err != nil {
		return err
	}
	// Error correction L: a statement has many characters, a screen no dirt, and its modules are to be large.
	return d.showQR(x, code.Statement, qr.L)
}
