package portal

import (
	"net/http"
	"net/url"

	"github.com/nodkey/nodkey"
)

// Letters about announcements carry the address of this page in their head (RFC 2369) and may be answered by a single POST of a
// mail service (RFC 8058). Neither needs a sign-in: the token says what is to end, and it is the only thing it can end. Nothing
// is done by a visit, as mail services visit links by themselves.

// unsubscribeShow asks whether letters about announcements are to end.
func (d *Door) unsubscribeShow(x *exchange) error {
	token, err := unsubscribeToken(x)
	if err != nil {
		return d.unsubscribeFault(x, err)
	}
	on, err := d.services.Messages.Subscribed(x.r.Context(), token)
	if err != nil {
		return d.unsubscribeFault(x, err)
	}
	return d.unsubscribePage(x, token, !on)
}

// unsubscribe ends them. It asks for no session: any site may send it, and only the token counts.
func (d *Door) unsubscribe(x *exchange) error {
	token, err := unsubscribeToken(x)
	if err != nil {
		return d.unsubscribeFault(x, err)
	}
	if _, err := x.form(); err != nil {
		return err
	}
	changed, err := d.switched(x)
	if err != nil {
		return err
	}
	if changed {
		return d.unsubscribeShow(x)
	}
	if err := d.services.Messages.Unsubscribe(x.r.Context(), x.caller, token); err != nil {
		return d.unsubscribeFault(x, err)
	}
	return d.unsubscribePage(x, token, true)
}

func unsubscribeToken(x *exchange) (nodkey.UnsubscribeToken, error) {
	query, err := url.ParseQuery(x.r.URL.RawQuery)
	if tokens := query[nodkey.UnsubscribeQuery]; err == nil && len(tokens) == 1 {
		return nodkey.UnsubscribeToken(tokens[0]), nil
	}
	return "", &nodkey.Error{Kind: nodkey.BadInput, Key: "message.unsubscribe", Err: err}
}

func (d *Door) unsubscribePage(x *exchange, token nodkey.UnsubscribeToken, done bool) error {
	v := UnsubscribeView{Page: d.page(x), Token: string(token), Done: done}
	if v.Return = "/"; !done {
		v.Page = v.with("unsubscribe-form") // an address without its token says nothing
	}
	return d.show(x, http.StatusOK, "unsubscribe", v)
}

func (d *Door) unsubscribeFault(x *exchange, err error) error {
	e := nodkey.AsError(err)
	m := MessageOf(e.Kind)
	m.Todo, m.Main = "unsubscribe.fault_todo", "unsubscribe.to_settings"
	if nodkey.HasKey(e, "message.unsubscribe") {
		m.Title = "unsubscribe.fault"
	}
	return d.message(x, e, m, messageSettings)
}
