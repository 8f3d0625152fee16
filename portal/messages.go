package portal

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/nodkey/nodkey"
)

func pathOfMessage(r nodkey.Reference) string { return "/messages/" + r.String() }

// What the list can be narrowed to.
var (
	messageKinds    = []nodkey.MessageKind{nodkey.MessageTicket, nodkey.MessageSecurity, nodkey.MessageAccount, nodkey.MessageAnnouncement}
	messageStatuses = []nodkey.MessageStatus{nodkey.MessageNew, nodkey.MessageOpen, nodkey.MessageAnswered, nodkey.MessageClosed}
)

// listFields are the fields of the list's form; what else an address carries is not looked at.
var listFields = []string{"q", "kind", "status", "category", "unread", "after"}

// messagesShow lists the reader's messages, unread ones first.
func (d *Door) messagesShow(x *exchange) error {
	in, err := d.listQuery(x)
	if err != nil {
		return d.messageFault(x, err)
	}
	query := nodkey.MessageQuery{
		Filter: nodkey.MessageFilter{Kind: nodkey.MessageKind(in.Get("kind")), Status: nodkey.MessageStatus(in.Get("status")), Category: in.Get("category"), Unread: in.Get("unread") != ""},
		Search: in.Get("q"), After: nodkey.Cursor(in.Get("after")),
		Said: func(n nodkey.AccountNotice) string { return noticeText(x, n) },
	}
	found, err := d.services.Messages.List(x.r.Context(), x.caller, query)
	if err != nil {
		return d.messageFault(x, err)
	}
	v := MessagesView{Page: d.page(x), Search: query.Search, UnreadOnly: query.Filter.Unread, Filtered: query.Filter != nodkey.MessageFilter{}, Later: query.After != ""}
	v.Narrowed = v.Filtered || query.Search != ""
	v.Kinds = options(x, messageKinds, query.Filter.Kind, kindName)
	v.Statuses = options(x, messageStatuses, query.Filter.Status, statusName)
	v.Categories = d.categoryOptions(x, query.Filter.Category)
	for _, m := range found.Messages {
		v.Rows = append(v.Rows, d.messageRow(x, m))
	}
	in.Del("after")
	v.First = "/messages?" + in.Encode()
	if found.Next != "" {
		in.Set("after", string(found.Next))
		v.Next, v.Goes = "/messages?"+in.Encode(), query.Search != ""
	}
	return d.show(x, http.StatusOK, "messages", v)
}

// newestShow leads to the newest message that is unread, to the list where all are read.
func (d *Door) newestShow(x *exchange) error {
	if err := mayChange(x); err != nil {
		return err
	}
	found, err := d.services.Messages.List(x.r.Context(), x.caller, nodkey.MessageQuery{Filter: nodkey.MessageFilter{Unread: true}, Limit: 1})
	if err != nil {
		return d.messageFault(x, err)
	}
	for _, m := range found.Messages {
		return d.leave(x, "/messages/"+m.Reference.String(), "")
	}
	return d.leave(x, "/messages", "")
}

// listQuery reads what the list is narrowed to; what is empty is left out. Error: message.filter.
func (d *Door) listQuery(x *exchange) (url.Values, error) {
	if err := mayChange(x); err != nil {
		return nil, err
	}
	wrong := &nodkey.Error{Kind: nodkey.BadInput, Key: "message.filter"}
	sent, err := url.ParseQuery(x.r.URL.RawQuery)
	if err != nil {
		wrong.Err = err
		return nil, wrong
	}
	in := url.Values{}
	for _, name := range listFields {
		if len(sent[name]) > 1 {
			return nil, wrong
		}
		if sent.Get(name) != "" {
			in.Set(name, sent.Get(name))
		}
	}
	known := func(name string, there bool) bool { return in.Get(name) == "" || there }
	if !known("kind", slices.Contains(messageKinds, nodkey.MessageKind(in.Get("kind")))) ||
		!known("status", slices.Contains(messageStatuses, nodkey.MessageStatus(in.Get("status")))) ||
		!known("category", d.category(in.Get("category")) != nil) || !known("unread", in.Get("unread") == "1") {
		return nil, wrong
	}
	return in, nil
}

func options[T ~string](x *exchange, all []T, chosen T, name func(T) string) []Option {
	out := []Option{{Text: x.say.T("inbox.any", nil), Chosen: chosen == ""}}
	for _, one := range all {
		out = append(out, Option{Value: string(one), Text: x.say.T(name(one), nil), Chosen: one == chosen})
	}
	return out
}

func (d *Door) categoryOptions(x *exchange, chosen string) []Option {
	out := []Option{{Text: x.say.T("inbox.any", nil), Chosen: chosen == ""}}
	for _, c := range d.services.Messages.Categories() {
		out = append(out, Option{Value: c.ID, Text: inWords(x, c.Names, c.Key), Chosen: c.ID == chosen})
	}
	return out
}

// category gives what the operator has by that id; nil where there is none.
func (d *Door) category(id string) *nodkey.MessageCategory {
	for _, c := range d.services.Messages.Categories() {
		if c.ID == id {
			return &c
		}
	}
	return nil
}

// inWords is the name that the operator gave, in the reader's language or in English, or the catalogue's.
func inWords(x *exchange, names map[string]string, key string) string {
	for _, lang := range []string{x.say.Lang(), nodkey.Languages()[0]} {
		if names[lang] != "" {
			return names[lang]
		}
	}
	return x.say.T(key, nil)
}

// messageRow says in words what a list shows of a message.
func (d *Door) messageRow(x *exchange, m nodkey.Message) MessageRow {
	row := MessageRow{Reference: m.Reference.String(), Icon: kindIcon(m.Kind), Title: m.Subject, TitleLang: m.Language, Kind: x.say.T(kindName(m.Kind), nil),
		When: x.say.Moment(m.UpdatedAt, d.now()), Unread: m.Unread, Chip: MessageChip(m.Kind, m.Status)}
	if m.Notice != nil {
		row.Title = x.say.T(string(m.Notice.Kind)+".title", noticeArgs(x, *m.Notice))
	}
	if c := d.category(m.Category); c != nil && m.Kind == nodkey.MessageTicket {
		row.Kind = inWords(x, c.Names, c.Key)
	}
	if m.Damaged {
		row.Title = ""
	}
	return row
}

// messageFault answers with a page that leads back to the list.
func (d *Door) messageFault(x *exchange, err error) error {
	e := nodkey.AsError(err)
	if e.Kind == nodkey.Unauthenticated || e.Kind == nodkey.Internal || nodkey.HasKey(e, "session.restricted") {
		return err
	}
	m := MessageOf(e.Kind)
	m.Todo, m.Main = "inbox.fault_todo", "inbox.to_list"
	return d.message(x, e, m, "/messages")
}
