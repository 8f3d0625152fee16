package portal

import (
	"net/http"

	"github.com/nodkey/nodkey"
)

// continueShow takes a browser one step further on its way to an application: the one dispatcher, to which every step comes back.
func (d *Door) continueShow(x *exchange) error {
	step, err := d.step(x)
	if err != nil {
		return err
	}
	switch step.State {
	case nodkey.GrantSignIn:
		name := firstOf(step.User, step.Hint)
		if name == "" && step.Reason != nodkey.GrantNobody {
			name = x.user.Name // once more
		}
		return d.signInForm(x, http.StatusOK, name, nil, step)
	case nodkey.GrantConsent:
		return d.consentPage(x, step)
	case nodkey.GrantReady:
		return d.handOver(x, step)
	case nodkey.GrantDenied:
		if step.Reason == nodkey.GrantRestricted { // a phone comes first; then the sign-in that leads on
			d.keepWay(x)
			return d.leave(x, "/", "")
		}
		why := AwayNotForYou
		if step.Passed {
			why = AwayNotForThem
		}
		return d.away(x, http.StatusForbidden, AwayView{Away: why, App: step.Name})
	}
	return d.away(x, http.StatusNotFound, AwayView{Away: AwayOver})
}

// continueAnswer takes the person's answer, or their wish to go no further.
func (d *Door) continueAnswer(x *exchange) error {
	in, err := x.form("answer")
	if err != nil {
		return err
	}
	switch in["answer"] {
	case "allow":
		err = d.services.Grants.Agree(x.r.Context(), x.caller, x.way)
	case "refuse":
		err = d.services.Grants.Refuse(x.r.Context(), x.caller, x.way)
	default:
		return &nodkey.Error{Kind: nodkey.BadInput, Key: "request.form"}
	}
	if err != nil && !nodkey.HasKey(err, "grant.unknown") && !nodkey.HasKey(err, "grant.not_ready") {
		return err
	}
	return d.leave(x, x.along(continuePath), "") // says where it stands
}

// handOver leads to the door, which leads to the application.
func (d *Door) handOver(x *exchange, step nodkey.GrantStep) error {
	path := x.along(step.Return)
	if fromOutside(x.r) {
		return d.leave(x, path, "")
	}
	x.w.Header().Set("Refresh", "0;url="+path)
	return d.show(x, http.StatusOK, "onward", OnwardView{Page: d.page(x), App: step.Name, Target: path})
}

// consentPage asks whether the application may have what it asks for.
func (d *Door) consentPage(x *exchange, step nodkey.GrantStep) error {
	v := ConsentView{Page: d.page(x), App: step.Name, As: x.user.DisplayName, Name: x.user.Name, Shares: sharesOf(step.Scopes)}
	return d.show(x, http.StatusOK, "consent", v)
}

// away ends a way here.
func (d *Door) away(x *exchange, status int, v AwayView) error {
	v.Page, v.Desk = d.page(x), d.Desk
	v.Account = x.user.DisplayName
	return d.show(x, status, "away", v)
}

// firstOf gives the first that is not empty.
func firstOf(names ...string) string {
	for _, name := range names {
		if name != "" {
			return name
		}
	}
	return ""
}
