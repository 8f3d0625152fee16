package portal

import (
	"net/http"

	"github.com/nodkey/nodkey"
)

// signInShow asks for name and password.
func (d *Door) signInShow(x *exchange) error {
	if s := x.caller.Session(); s != nil && s.Level == nodkey.Full {
		return d.leave(x, d.wantedOrHome(x), "")
	} else if s != nil {
		return d.leave(x, "/", "") // what was wanted waits for a sign-in with a phone
	}
	return d.signInForm(x, http.StatusOK, "", nil)
}

func (d *Door) signInForm(x *exchange, status int, name string, p *Problem) error {
	return d.show(x, status, "sign_in", SignInView{Page: d.page(x).with("sign-in-form"), Host: d.Origin.Host(), Username: name, Problem: p, Seal: d.Seal})
}

// signInBegin takes name and password.
func (d *Door) signInBegin(x *exchange) error {
	in, err := x.form("username", "password")
	if err != nil {
		return err
	}
	if again, err := d.switched(x); err != nil {
		return err
	} else if again {
		return d.signInForm(x, http.StatusOK, in["username"], nil)
	}
	if old, ok := d.signIn.Read(x.r); ok { // the same browser starts afresh: what it had open is over
		_ = d.services.SignIns.Cancel(x.r.Context(), x.caller, nodkey.Token(old)) // none, or over already: both are fine
	}
	entry, err := d.services.SignIns.Begin(x.r.Context(), x.caller, in["username"], in["password"])
	switch {
	case nodkey.HasKey(err, "sign_in.no_phone"), nodkey.HasKey(err, "sign_in.suspended"):
		return d.show(x, http.StatusForbidden, "desk", d.deskLost(x))
	case err != nil:
		p, status, ok := problem(err, map[string]string{})
		if !ok {
			return err
		}
		return d.signInForm(x, status, in["username"], p)
	case entry.Session != "":
		d.session.Set(x.w, string(entry.Session), nodkey.RestrictedLife)
		return d.leave(x, "/", "")
	}
	d.signIn.Set(x.w, string(entry.SignIn), nodkey.SignInLife)
	return d.leave(x, "/sign-in/wait", "")
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
	v.Return = "/desk"
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
	return d.leave(x, "/", "")
}

// sameTwice checks what only the form can know: that a new password was typed alike twice.
func sameTwice(in map[string]string) error {
	if in["new_password"] != in["repeat"] {
		return &nodkey.Error{Kind: nodkey.BadInput, Key: "password.repeat"}
	}
	return nil
}
