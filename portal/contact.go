package portal

import (
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
)

// channelOf is where a way's codes and summaries go.
func channelOf(w ContactWay) nodkey.SummaryChannel {
	if w.Name == contactPhone.Name {
		return nodkey.SummarySMS
	}
	return nodkey.SummaryEmail
}

// contactRoutes are the pages of both ways.
func (d *Door) contactRoutes(mux *http.ServeMux) {
	for _, way := range []ContactWay{contactEmail, contactPhone} {
		for _, route := range []struct {
			pattern string
			handler func(*exchange, ContactWay) error
		}{
			{"GET " + way.Path, d.contactShow},
			{"POST " + way.Path, d.contactAsk},
			{"POST " + way.Path + "/code", d.contactConfirm},
			{"POST " + way.Path + "/again", d.contactAgain},
			{"GET " + way.Path + "/remove", d.contactRemoveAsk},
			{"POST " + way.Path + "/remove", d.contactRemove},
		} {
			mux.Handle(route.pattern, d.handle(func(x *exchange) error {
				if err := mayChange(x); err != nil {
					return err
				}
				return route.handler(x, way)
			}))
		}
	}
}

// contactShow asks for the code that waits, or for an address.
func (d *Door) contactShow(x *exchange, way ContactWay) error {
	wait, err := d.services.Contacts.Trying(x.r.Context(), x.caller, channelOf(way))
	switch {
	case nodkey.HasKey(err, "contact.none") || err == nil && x.r.URL.Query().Has("other"):
		return d.contactForm(x, http.StatusOK, way, "", nil)
	case err != nil:
		return err
	case wait.Left == 0:
		p, _, _ := problem(&nodkey.Error{Kind: nodkey.Conflict, Key: "contact.none"}, nil)
		return d.contactForm(x, http.StatusOK, way, wait.Address, p)
	}
	return d.contactCode(x, http.StatusOK, way, wait, "", nil)
}

// contactForm asks for an address.
func (d *Door) contactForm(x *exchange, status int, way ContactWay, typed string, p *Problem) error {
	v := ContactView{Page: d.page(x).with("contact-form"), Way: way, Typed: typed, Problem: p, Desk: d.Desk}
	var err error
	if v.Have, v.Since, err = d.contactHave(x, way); err != nil {
		return err
	}
	keys, err := d.services.Keys.List(x.r.Context(), x.caller)
	if err != nil {
		return err
	}
	v.NoPhone = true
	for _, k := range keys {
		v.NoPhone = v.NoPhone && k.State != nodkey.KeyActive
	}
	return d.show(x, status, "contact", v)
}

// contactHave tells of the address in force.
func (d *Door) contactHave(x *exchange, way ContactWay) (hint, since string, err error) {
	list, err := d.services.Contacts.List(x.r.Context(), x.caller)
	for _, c := range list {
		if c.Channel == channelOf(way) {
			hint, since = unbroken(c.Hint), x.say.Date(c.VerifiedAt.Local())
		}
	}
	return hint, since, err
}

// contactRows are both ways, with what is in force.
func (d *Door) contactRows(x *exchange) ([]ContactRow, error) {
	rows := []ContactRow{{Way: contactEmail}, {Way: contactPhone}}
	for i := range rows {
		var err error
		if rows[i].Have, _, err = d.contactHave(x, rows[i].Way); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// unbroken keeps "m…@example.com" on one line where that fits: browsers end one after the dots unless a word joiner stands there.
func unbroken(words string) string {
	return strings.ReplaceAll(words, "…@", "…\u2060@")
}

// contactCode asks for the six digits.
func (d *Door) contactCode(x *exchange, status int, way ContactWay, w nodkey.ContactWait, typed string, p *Problem) error {
	return d.show(x, status, "contact_code", ContactCodeView{
		Page: d.page(x).with("contact-code-form"), Way: way, To: w.Address, Until: d.codeUntil(x, w), Left: w.Left, Fewer: w.Left < nodkey.ContactTries,
		Again: seconds(w.Again), Typed: typed, Problem: p,
	})
}

// codeUntil is when a code ends.
func (d *Door) codeUntil(x *exchange, w nodkey.ContactWait) string {
	return x.say.Clock(d.now().Add(w.Remaining))
}

// seconds are whole ones, and never too few.
func seconds(wait time.Duration) int { return int(math.Ceil(wait.Seconds())) }

// contactAsk sends a code to the address that was typed.
func (d *Door) contactAsk(x *exchange, way ContactWay) error {
	in, err := x.form("address")
	if err != nil {
		return err
	}
	typed := in["address"]
	if len(typed) > addressField {
		typed = ""
	}
	if again, err := d.switched(x); err != nil {
		return err
	} else if again {
		return d.contactForm(x, http.StatusOK, way, typed, nil)
	}
	err = d.services.Contacts.Ask(x.r.Context(), x.caller, channelOf(way), in["address"])
	if p, status, ok := problem(err, map[string]string{"contact.email": "address", "contact.phone": "address", "contact.same": "address"}); ok {
		return d.contactForm(x, status, way, typed, p)
	}
	if err != nil {
		return err
	}
	return d.leave(x, way.Path, "")
}

// addressField is how much of what was typed is shown again.
const addressField = 320

// contactAgain sends another code to the same address.
func (d *Door) contactAgain(x *exchange, way ContactWay) error {
	err := d.services.Contacts.Again(x.r.Context(), x.caller, channelOf(way))
	if err == nil || nodkey.HasKey(err, "contact.none") {
		return d.leave(x, way.Path, "")
	}
	return d.contactRefused(x, way, "", err)
}

// contactConfirm takes the code and lets the phones answer.
func (d *Door) contactConfirm(x *exchange, way ContactWay) error {
	in, err := x.form("code")
	if err != nil {
		return err
	}
	if again, err := d.switched(x); err != nil {
		return err
	} else if again {
		return d.contactRefused(x, way, short(in["code"]), nil)
	}
	if _, err := d.services.Contacts.Confirm(x.r.Context(), x.caller, channelOf(way), in["code"]); err != nil {
		return d.contactRefused(x, way, short(in["code"]), err)
	}
	return d.leave(x, "/change", "")
}

// contactRefused shows the page again that a code belongs to, with what was wrong. What was no code is kept, to be mended; a wrong
// one is typed anew.
func (d *Door) contactRefused(x *exchange, way ContactWay, typed string, err error) error {
	var p *Problem
	status := http.StatusOK
	if err != nil {
		var ok bool
		if p, status, ok = problem(err, map[string]string{"contact.code": "code", "contact.shape": "code"}); !ok {
			return err
		}
		if !nodkey.HasKey(err, "contact.shape") {
			typed = ""
		}
	}
	wait, none := d.services.Contacts.Trying(x.r.Context(), x.caller, channelOf(way))
	switch {
	case none != nil && !nodkey.HasKey(none, "contact.none"):
		return none
	case none != nil || wait.Left == 0:
		if p != nil {
			p.Field = "" // there is no field of a code any more
		}
		return d.contactForm(x, status, way, wait.Address, p)
	}
	return d.contactCode(x, status, way, wait, typed, p)
}

// contactRemoveAsk asks whether the address is to go.
func (d *Door) contactRemoveAsk(x *exchange, way ContactWay) error {
	have, _, err := d.contactHave(x, way)
	if err != nil {
		return err
	}
	if have == "" {
		return d.leave(x, way.Path, "")
	}
	return d.show(x, http.StatusOK, "contact_remove", ContactRemoveView{Page: d.page(x), Way: way, Have: have})
}

// contactRemove asks the phones whether the address may go.
func (d *Door) contactRemove(x *exchange, way ContactWay) error {
	_, err := d.services.Contacts.AskRemove(x.r.Context(), x.caller, channelOf(way))
	if nodkey.HasKey(err, "contact.absent") {
		return d.leave(x, way.Path, "")
	}
	if p, status, ok := problem(err, nil); ok {
		return d.contactForm(x, status, way, "", p)
	}
	if err != nil {
		return err
	}
	return d.leave(x, "/change", "")
}
