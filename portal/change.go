package portal

import (
	"context"
	"net/http"
	"time"

	"github.com/nodkey/nodkey"
)

// mayChange refuses a session that had the password alone: who stole it could keep its owner out.
func mayChange(x *exchange) error {
	switch session := x.caller.Session(); {
	case session == nil:
		return &nodkey.Error{Kind: nodkey.Unauthenticated, Key: "session.none"}
	case session.Level != nodkey.Full:
		return &nodkey.Error{Kind: nodkey.Refused, Key: "session.restricted"}
	}
	return nil
}

// passwordShow asks for the old and the new password.
func (d *Door) passwordShow(x *exchange) error {
	if err := mayChange(x); err != nil {
		return err
	}
	return d.show(x, http.StatusOK, "password", PasswordView{Page: d.page(x), Least: d.Least})
}

// passwordChange asks the phone whether the new password may be put in force.
func (d *Door) passwordChange(x *exchange) error {
	if err := mayChange(x); err != nil {
		return err
	}
	in, err := x.form("password", "new_password", "repeat")
	if err != nil {
		return err
	}
	var asked nodkey.ApprovalID
	if err = sameTwice(in); err == nil {
		asked, err = d.services.Users.AskPasswordChange(x.r.Context(), x.caller, in["password"], in["new_password"])
	}
	if err != nil {
		p, status, ok := problem(err, map[string]string{"password.wrong": "password", "password.repeat": "repeat", "password.*": "new-password"})
		if !ok {
			return err
		}
		return d.show(x, status, "password", PasswordView{Page: d.page(x), Problem: p, Least: d.Least})
	}
	if asked == "" {
		return d.leave(x, "/", "toast.password_changed")
	}
	return d.leave(x, "/change", "")
}

// messageSettings is where a change of an address began.
const messageSettings = "/messages/settings"

var purposes = map[nodkey.ApprovalKind]Purpose{nodkey.ApproveKeyRemove: ForRemoval, nodkey.ApprovePasswordChange: ForPassword, nodkey.ApproveTest: ForTest,
	nodkey.ApproveContactChange: ForContact, nodkey.ApproveContactRemove: ForContact}

// changeWait shows where the change, or the test, that the session asked for stands.
func (d *Door) changeWait(x *exchange) error {
	c, err := d.services.Approvals.Change(x.r.Context(), x.caller)
	if nodkey.HasKey(err, "approval.none") {
		return d.leave(x, "/security", "")
	}
	if err != nil {
		return err
	}
	switch {
	case c.State != nodkey.ApprovalOpen && c.Kind == nodkey.ApproveTest:
		return d.show(x, http.StatusOK, "outcome", d.testOutcome(x, c))
	case c.State == nodkey.ApprovalApproved && c.Kind == nodkey.ApproveContactChange:
		return d.leave(x, messageSettings, "toast.contact_changed")
	case c.State == nodkey.ApprovalApproved && c.Kind == nodkey.ApproveContactRemove:
		return d.leave(x, messageSettings, "toast.contact_removed")
	case c.State != nodkey.ApprovalOpen:
		v := OutcomeView{Page: d.page(x), Outcome: ChangeOutcome(c.State, c.Cause), Phone: one(c.Phones), Next: "/security"}
		if purposes[c.Kind] == ForContact {
			v.Next = messageSettings
		}
		return d.show(x, http.StatusOK, "outcome", v)
	}
	r := requestOfChange(c)
	return d.show(x, http.StatusOK, "wait", WaitView{
		Page: d.page(x), Purpose: purposes[c.Kind], Number: c.Number, Phone: one(c.Phones), Notified: true,
		Countdown: Countdown{Left: c.Remaining, Total: c.ExpiresAt.Sub(c.AskedAt)}, AppURL: d.PhoneApp.String() + "/",
		Steps: r.steps(x.say), Notice: r.notice(), News: r.news(),
		Live: Live{Stream: "/change/stream", Poll: "/change/state", Version: versionOfChange(c), Progress: r.progress(), Next: "/change"},
	})
}

func versionOfChange(c nodkey.Change) string {
	return string(c.ID) + "/" + string(c.State) + "/" + c.AskedAt.Format(time.RFC3339Nano)
}

func (d *Door) stateOfChange(c nodkey.Change) State {
	r := requestOfChange(c)
	return State{State: string(c.State), Remaining: c.Remaining.Milliseconds(), Version: versionOfChange(c), Progress: r.progress(),
		over: c.State != nodkey.ApprovalOpen, turns: d.until(r.ConfirmBy)}
}

func (d *Door) changeStream(x *exchange) error {
	c, err := d.services.Approvals.Change(x.r.Context(), x.caller)
	if err != nil {
		return err
	}
	caller := x.caller
	topics := []string{d.services.Approvals.Topic(c.ID), d.services.Activations.Topic(caller)}
	return d.stream(x, string(caller.Session().ID), topics, func(ctx context.Context) (State, error) {
		next, err := d.services.Approvals.Change(ctx, caller)
		return d.stateOfChange(next), err
	})
}

func (d *Door) changeState(x *exchange) error {
	c, err := d.services.Approvals.Change(x.r.Context(), x.caller)
	if err != nil {
		return err
	}
	return d.state(x, d.stateOfChange(c))
}

// changeCancel takes the change back.
func (d *Door) changeCancel(x *exchange) error {
	if err := d.services.Approvals.CancelChange(x.r.Context(), x.caller); err != nil && !nodkey.HasKey(err, "approval.none") {
		return err
	}
	return d.leave(x, "/change", "")
}
