package portal

import (
	"net/http"

	"github.com/nodkey/nodkey"
)

// Which phone is asked, where there are several: after the password, and later when another is to be asked instead.

// everyDevice is the form's value for all phones at once; no key has it as its id.
const everyDevice = "all"

// deviceShow lists the phones to choose from.
func (d *Door) deviceShow(x *exchange) error {
	return d.devicePage(x, http.StatusOK, "", nil)
}

// devicePage is the list of now; chosen is what was chosen before. Where there is nothing to choose, the waiting page says
// where the sign-in stands.
func (d *Door) devicePage(x *exchange, status int, chosen string, p *Problem) error {
	_, w, err := d.waiting(x)
	switch {
	case nodkey.HasKey(err, "sign_in.unknown"):
		return d.leave(x, x.along("/sign-in/wait"), "")
	case err != nil:
		return err
	case len(w.Choices) == 0 && w.State == nodkey.SignInChoosing: // the last phone went while its person was choosing
		d.signIn.Clear(x.w)
		return d.show(x, http.StatusForbidden, "desk", d.deskLost(x))
	case len(w.Choices) == 0:
		return d.leave(x, x.along("/sign-in/wait"), "")
	}
	v := DeviceView{Page: d.page(x).with("device-form"), Request: string(w.Request), All: w.AllAtOnce, Waits: w.State == nodkey.SignInPending, Known: w.Known, Problem: p}
	v.Return, v.Onward = x.along("/sign-in/device"), w.App
	for _, c := range w.Choices {
		device := Device{ID: string(c.KeyID), Name: c.Phone.Name, System: systemName(c.Phone), Chosen: string(c.KeyID) == chosen}
		if !c.LastUsedAt.IsZero() {
			device.LastUsed = x.say.MomentWithin(c.LastUsedAt, d.now())
		}
		if c.Asked && v.Waits {
			device.Asked = DeviceAsked
		} else if c.Asked {
			device.Asked = DeviceSilent
		}
		v.Devices = append(v.Devices, device)
	}
	v.preselect(chosen)
	return d.show(x, status, "device", v)
}

// deviceChoose asks the phone that was chosen.
func (d *Door) deviceChoose(x *exchange) error {
	if err := x.r.ParseForm(); err != nil {
		return &nodkey.Error{Kind: nodkey.BadInput, Key: "request.form", Err: err}
	}
	chosen := ""
	if len(x.r.PostForm["device"]) == 1 {
		chosen = x.r.PostForm["device"][0]
	}
	if again, err := d.switched(x); err != nil {
		return err
	} else if again {
		return d.devicePage(x, http.StatusOK, chosen, nil)
	}
	token, waits := d.signIn.Read(x.r)
	in, err := x.form("device", "request")
	if err != nil && waits && len(x.r.PostForm["device"]) == 0 && len(x.r.PostForm["request"]) == 1 { // sent without a choice
		return d.devicePage(x, http.StatusBadRequest, "", &Problem{Text: Sentence{Key: "choice.first"}})
	}
	if err != nil {
		return err
	}
	if !waits {
		return d.leave(x, x.along("/sign-in"), "")
	}
	key := nodkey.KeyID(chosen)
	if chosen == everyDevice {
		key = ""
	} else if key == "" {
		key = "none" // no key's id: nothing is chosen by leaving it out
	}
	err = d.services.SignIns.Choose(x.r.Context(), x.caller, nodkey.Token(token), key, nodkey.ApprovalID(in["request"]))
	return d.chosen(x, err)
}

// chosen goes on after a choice: to the page that waits, or back to the list, which says why.
func (d *Door) chosen(x *exchange, err error) error {
	switch {
	case nodkey.HasKey(err, "sign_in.no_phone"):
		return d.devicePage(x, http.StatusForbidden, "", nil)
	case nodkey.HasKey(err, "choice.gone"), nodkey.HasKey(err, "choice.all"), nodkey.HasKey(err, "sign_in.slow"):
		p, status, _ := problem(err, nil)
		return d.devicePage(x, status, "", p)
	case err == nil, nodkey.HasKey(err, "choice.made"), nodkey.HasKey(err, "choice.none"), nodkey.HasKey(err, "sign_in.over"), nodkey.HasKey(err, "sign_in.unknown"):
		return d.leave(x, x.along("/sign-in/wait"), "") // says where it stands
	}
	return err
}
