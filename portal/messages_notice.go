package portal

import (
	"net/url"
	"slices"

	"github.com/nodkey/nodkey"
)

// harmless are the notices of what people do themselves all the time.
var harmless = []nodkey.NoticeKind{nodkey.NoticeKeyAdded, nodkey.NoticeKeyRemoved, nodkey.NoticePasswordChanged, nodkey.NoticeNewBrowser, nodkey.NoticeNewCountry, nodkey.NoticePasswordEntry,
	nodkey.NoticeContactChanged, nodkey.NoticeDelivery}

// noticeView says a notice in words, with the one thing to do where it was somebody else.
func (d *Door) noticeView(x *exchange, n nodkey.AccountNotice) (*NoticeView, error) {
	args := noticeArgs(x, n)
	v := &NoticeView{Happened: unbroken(x.say.T(string(n.Kind)+".happened", args)), Next: x.say.T(string(n.Kind)+".next", args), Harmless: slices.Contains(harmless, n.Kind)}
	fact := func(key, value string) {
		if value != "" {
			v.Facts = append(v.Facts, Fact{x.say.T(key, nil), value})
		}
	}
	with, _ := args["With"].(string)
	from := n.From
	if n.Place != "" && from != "" {
		from = x.say.T("notice_page.place", map[string]any{"Place": n.Place, "From": n.From})
	} else if from == "" {
		from = n.Place
	}
	fact("notice_page.when", x.say.Moment(n.At, d.now()))
	fact("notice_page.from", from)
	fact("notice_page.with", with)
	fact("notice_page.phone", n.Phone)
	fact("notice_page.contact", unbroken(n.Contact))
	var err error
	v.Act, err = d.noticeAct(x, n)
	return v, err
}

// noticeAct makes the notice's button of what it is done to, as that is now: what is gone already needs no button.
func (d *Door) noticeAct(x *exchange, n nodkey.AccountNotice) (NoticeAct, error) {
	act := NoticeAct{Text: string(n.Action)}
	switch n.Action {
	case nodkey.ActRemoveKey:
		return d.removeAct(x, act, nodkey.KeyID(n.Subject))
	case nodkey.ActEndSession:
		return d.endAct(x, act, n.Subject)
	case nodkey.ActEndOthers:
		sessions, err := d.services.Sessions.List(x.r.Context(), x.caller)
		if len(sessions) < 2 {
			act.Note = "notice_page.no_others"
			return act, err
		}
		act.Action, act.Brick = "/browsers/end-others", true
	case nodkey.ActChangePassword:
		act.Link = "/password"
	case nodkey.ActSettings:
		act.Link = "/messages/settings"
	default:
		act.Text, act.Link = string(nodkey.ActAskDesk), "/messages/new?category=access"
	}
	return act, nil
}

// removeAct takes a phone away: at once where the domain lets this session undo the activation, otherwise with a phone's yes.
func (d *Door) removeAct(x *exchange, act NoticeAct, id nodkey.KeyID) (NoticeAct, error) {
	keys, err := d.services.Keys.List(x.r.Context(), x.caller)
	if err != nil {
		return act, err
	}
	if !slices.ContainsFunc(keys, func(k nodkey.Key) bool { return k.ID == id }) {
		act.Note = "notice_page.phone_gone"
		return act, nil
	}
	at := "/phones/" + url.PathEscape(string(id))
	atOnce, err := d.services.Activations.MayDisown(x.r.Context(), x.caller, id)
	act.Action, act.Brick, act.Note = at+"/remove", true, "notice_page.asks"
	if atOnce {
		act.Action, act.Note = at+"/not-mine", "notice_page.at_once"
	} else if len(keys) == 1 {
		act.Note = "confirm.remove_last"
	}
	return act, err
}

// endAct ends the session that a notice is about.
func (d *Door) endAct(x *exchange, act NoticeAct, id string) (NoticeAct, error) {
	sessions, err := d.services.Sessions.List(x.r.Context(), x.caller)
	if !slices.ContainsFunc(sessions, func(s nodkey.Session) bool { return string(s.ID) == id }) {
		act.Note = "notice_page.browser_gone"
		return act, err
	}
	act.Action, act.Brick = "/browsers/"+url.PathEscape(id)+"/end", true
	if id == string(x.caller.Session().ID) {
		act.Note = "notice_page.this_browser"
	}
	return act, nil
}

// browsersEnd ends every other session.
func (d *Door) browsersEnd(x *exchange) error {
	if err := d.services.Sessions.EndOthers(x.r.Context(), x.caller); err != nil {
		return err
	}
	return d.leave(x, "/security", "toast.browsers_ended")
}
