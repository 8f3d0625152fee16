package portal

import (
	"net/http"

	"github.com/nodkey/nodkey"
)

// signInShow asks for name and password.
func (d *Door) signInShow(x *exchange) error {
	if x.way != "" {
		return d.leave(x, x.along(continuePath), "") // which knows what is to be done next
	}
	if s := x.caller.Session(); s != nil && s.Level == nodkey.Full {
		return d.leave(x, d.wantedOrHome(x), "")
	} else if s != nil {
		return d.leave(x, "/", "") // what was wanted waits for a sign-in with a phone
	}
	if x.way = d.keptWay(x); x.way != "" {
		return d.leave(x, d.wantedOrHome(x), "") // once: whoever comes again wants the portal
	}
	return d.signInForm(x, http.StatusOK, "", nil, nodkey.GrantStep{})
}

// signInForm is the form; on a way to an application, the step says what the application asks for.
func (d *Door) signInForm(x *exchange, status int, name string, p *Problem, step nodkey.GrantStep) error {
	v := SignInView{Page: d.page(x).with("sign-in-form"), Host: d.Origin.Host(), Username: name, Problem: p, Seal: d.Seal}
	v.Onward, v.Fixed, v.Alone = step.Name, step.User != "", step.Password
	if v.Fixed {
		v.Username = step.User
	}
	switch step.Reason {
	case nodkey.GrantAge:
		v.Why = &Sentence{Key: "continue.again", Args: map[string]any{"App": step.Name}}
	case nodkey.GrantOther:
		v.Why = &Sentence{Key: "continue.other", Args: map[string]any{"App": step.Name, "Viewer": x.user.DisplayName, "Name": step.User}}
	case nodkey.GrantPhone:
		v.Why = &Sentence{Key: "continue.phone"}
		if step.Password {
			v.Why = &Sentence{Key: "continue.phone_password", Args: map[string]any{"App": step.Name}}
		}
	}
	return d.show(x, status, "sign_in", v)
}

// signInBegin takes name and password.
func (d *Door) signInBegin(x *exchange) error {
	in, err := x.form("username", "password")
	if err != nil {
		return err
	}
	again, err := d.switched(x)
	if err != nil {
		return err
	}
	var step nodkey.GrantStep
	if x.way != "" {
		if step, err = d.step(x); err != nil {
			return err
		}
		if step.State != nodkey.GrantSignIn { // another tab has signed in, or it is over
			return d.leave(x, x.along(continuePath), "")
		}
	}
	if again {
		return d.signInForm(x, http.StatusOK, in["username"], nil, step)
	}
	if step.Password {
		return d.pass(x, step, in["username"], in["password"])
	}
	if old, ok := d.signIn.Read(x.r); ok { // the same browser starts afresh: what it had open is over
		_ = d.services.SignIns.Cancel(x.r.Context(), x.caller, nodkey.Token(old)) // none, or over already: both are fine
	}
	entry, err := d.begin(x, step.Application, in["username"], in["password"])
	switch {
	case nodkey.HasKey(err, "sign_in.no_phone"), nodkey.HasKey(err, "sign_in.suspended"):
		return d.show(x, http.StatusForbidden, "desk", d.deskLost(x))
	case err != nil:
		p, status, ok := problem(err, map[string]string{})
		if !ok {
			return err
		}
		return d.signInForm(x, status, in["username"], p, step)
	case entry.Session != "":
		d.session.Set(x.w, string(entry.Session), nodkey.RestrictedLife)
		d.keepWay(x)
		return d.leave(x, "/", "")
	}
	d.signIn.Set(x.w, string(entry.SignIn), nodkey.SignInLife)
	return d.leave(x, x.along("/sign-in/wait"), "")
}

// pass takes name and password where they are enough for the way: no phone is asked, and nobody is signed in here.
func (d *Door) pass(x *exchange, step nodkey.GrantStep, name, password string) error {
	err := d.services.Grants.Pass(x.r.Context(), x.caller, x.way, name, password)
	if err == nil || nodkey.HasKey(err, "grant.unknown") || nodkey.HasKey(err, "grant.not_ready") {
		return d.leave(x, x.along(continuePath), "") // says where it stands
	}
	p, status, ok := problem(err, map[string]string{})
	if !ok {
		return err
	}
	return d.signInForm(x, status, name, p, step)
}

// begin begins a sign-in: to the portal, or on the way to an application, which phones name then.
func (d *Door) begin(x *exchange, id nodkey.ApplicationID, name, password string) (nodkey.Entry, error) {
	if id == "" {
		return d.services.SignIns.Begin(x.r.Context(), x.caller, name, password)
	}
	return d.services.SignIns.BeginFor(x.r.Context(), x.caller, id, name, password)
}

// signOut ends the session.
func (d *Door) signOut(x *exchange) error {
	if err := d.services.Sessions.SignOut(x.r.Context(), x.caller); err != nil {
		return err
	}
	d.session.Clear(x.w)
	if s := x.caller.Session(); s != nil && s.Level == nodkey.Full { // a restricted one makes way for a sign-in with a phone
		d.wanted.Clear(x.w)
	}
	return d.leave(x, "/sign-in", "")
}

// deskLost is for somebody whose last phone is gone. In another language only the desk itself can be shown again: this page
// follows from a password, which is kept nowhere.
func (d *Door) deskLost(x *exchange) DeskView {
	v := DeskView{Page: d.page(x), Lost: true, Desk: d.Desk}
	v.Return = x.along("/desk")
	return v
}

// deskShow says whom to ask.
func (d *Door) deskShow(x *exchange) error {
	return d.show(x, http.StatusOK, "desk", DeskView{Page: d.page(x), Desk: d.Desk})
}

// firstVisitShow asks for the first-access code.
func (d *Door) firstVisitShow(x *exchange) error {
	return d.firstVisitForm(x, http.StatusOK, "", "", nil)
}

func (d *Door) firstVisitForm(x *exchange, status int, name, code string, p *Problem) error {
	v := FirstVisitView{Page: d.page(x).with("first-visit-form"), Username: name, Code: code, Problem: p, Least: d.Least}
	return d.show(x, status, "first_visit", v)
}

// firstVisitTake makes a session of the first-access code.
func (d *Door) firstVisitTake(x *exchange) error {
	in, err := x.form("username", "code", "new_password", "repeat")
	if err != nil {
		return err
	}
	if again, err := d.switched(x); err != nil {
		return err
	} else if again {
		return d.firstVisitForm(x, http.StatusOK, in["username"], in["code"], nil)
	}
	var token nodkey.Token
	if err = sameTwice(in); err == nil {
		token, err = d.services.Users.FirstVisit(x.r.Context(), x.caller, in["username"], in["code"], in["new_password"])
	}
	if err != nil {
		p, status, ok := problem(err, map[string]string{"first.wrong": "code", "password.repeat": "repeat", "password.*": "new-password"})
		if !ok {
			return err
		}
		return d.firstVisitForm(x, status, in["username"], "", p) // a refusal repeats no secret
	}
	d.session.Set(x.w, string(token), nodkey.RestrictedLife)
	if x.way != "" {
		step, err := d.step(x)
		if err != nil {
			return err
		}
		if step.Password { // which the new session had
			return d.leave(x, x.along(continuePath), "")
		}
	}
	d.keepWay(x)
	return d.leave(x, "/", "")
}

// sameTwice checks what only the form can know: that a new password was typed alike twice.
func sameTwice(in map[string]string) error {
	if in["new_password"] != in["repeat"] {
		return &nodkey.Error{Kind: nodkey.BadInput, Key: "password.repeat"}
	}
	return nil
}
