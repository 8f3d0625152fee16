package phoneapi

import (
	"net/http"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
	"github.com/nodkey/nodkey/wire"
)

// Allowances are what the server has to let this door's routes do beyond the others: an answer of 20,000 characters is longer
// than any other body.
func Allowances() []web.Allowance {
	return []web.Allowance{{Pattern: "POST " + wire.APIPrefix + "/messages/reply", MaxBody: wire.MaxMessageBody}}
}

// messagesShut ends what a yes opened.
func (d *Door) messagesShut(w http.ResponseWriter, r *http.Request) error {
	phone, err := d.readSigned(w, r, &struct{}{})
	if err != nil {
		return err
	}
	if err := d.services.Messages.Shut(r.Context(), phone); err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, struct{}{})
	return nil
}

// messagesUnread counts, for each key that proved itself, and says nothing else.
func (d *Door) messagesUnread(w http.ResponseWriter, r *http.Request) error {
	phones, err := d.readProofs(w, r)
	if err != nil {
		return err
	}
	states, err := d.services.Messages.Boxes(r.Context(), phones)
	if err != nil {
		return err
	}
	out := wire.UnreadResponse{Now: d.now(), Unread: map[string]int{}}
	for _, s := range states {
		if s.Active {
			out.Unread[string(s.Key)] = s.Unread
		}
	}
	web.WriteJSON(w, http.StatusOK, out)
	return nil
}

// messagesList gives a page of the box.
func (d *Door) messagesList(w http.ResponseWriter, r *http.Request) error {
	var in wire.MessagesRequest
	phone, err := d.readSigned(w, r, &in)
	if err != nil {
		return err
	}
	query, err := messageQuery(in)
	if err != nil {
		return err
	}
	say, err := d.speaker(in.Language)
	if err != nil {
		return err
	}
	query.Said = say.notice
	page, err := d.services.Messages.List(r.Context(), phone, query)
	if err != nil {
		return err
	}
	out := wire.MessagesResponse{Now: d.now(), Unread: page.Unread, Messages: []wire.Message{}, Next: string(page.Next)}
	for _, m := range page.Messages {
		out.Messages = append(out.Messages, say.message(m))
	}
	web.WriteJSON(w, http.StatusOK, out)
	return nil
}

var messageKinds = map[string]nodkey.MessageKind{
	"": "", "ticket": nodkey.MessageTicket, "security": nodkey.MessageSecurity, "account": nodkey.MessageAccount, "announcement": nodkey.MessageAnnouncement,
}

var messageStatuses = map[string]nodkey.MessageStatus{
	"": "", "new": nodkey.MessageNew, "open": nodkey.MessageOpen, "answered": nodkey.MessageAnswered, "closed": nodkey.MessageClosed,
}

var errFilter = &nodkey.Error{Kind: nodkey.BadInput, Key: "message.filter"}

// messageQuery reads what a list is asked for (docs/protocol.md §10.3).
func messageQuery(in wire.MessagesRequest) (nodkey.MessageQuery, error) {
	kind, knownKind := messageKinds[in.Kind]
	status, knownStatus := messageStatuses[in.Status]
	q := nodkey.MessageQuery{Search: in.Search, After: nodkey.Cursor(in.After), Filter: nodkey.MessageFilter{Kind: kind, Status: status, Unread: in.Unread != nil}}
	if in.Limit != nil {
		q.Limit = *in.Limit
	}
	if !knownKind || !knownStatus || in.Unread != nil && !*in.Unread || in.Limit != nil && (q.Limit < 1 || q.Limit > wire.MaxMessages) {
		return nodkey.MessageQuery{}, errFilter
	}
	return q, nil
}

// messagesRead gives one message, and marks it read.
func (d *Door) messagesRead(w http.ResponseWriter, r *http.Request) error {
	var in wire.MessageRequest
	phone, err := d.readSigned(w, r, &in)
	if err != nil {
		return err
	}
	reference, err := messageReference(in.Reference)
	if err != nil {
		return err
	}
	say, err := d.speaker(in.Language)
	if err != nil {
		return err
	}
	from := 1
	if in.From != nil {
		from = *in.From
	}
	if from < 1 {
		return errFilter
	}
	text := "" // what the person's settings choose
	if in.Language != "" {
		text = say.Lang()
	}
	thread, err := d.services.Messages.Read(r.Context(), phone, reference, text)
	if err != nil {
		return err
	}
	out := say.thread(thread, from)
	out.Now = d.now()
	web.WriteJSON(w, http.StatusOK, out)
	return nil
}

// messagesReply takes a signed answer.
func (d *Door) messagesReply(w http.ResponseWriter, r *http.Request) error {
	var in wire.ReplyRequest
	phone, err := d.readSignedMost(w, r, wire.MaxMessageBody, &in)
	if err != nil {
		return err
	}
	reference, err := messageReference(in.Reference)
	if err != nil {
		return err
	}
	if err := d.services.Messages.Reply(r.Context(), phone, reference, nodkey.Answer{Text: in.Text, Signature: in.Signature}); err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, struct{}{})
	return nil
}

// messagesStatus closes a message or reopens it.
func (d *Door) messagesStatus(w http.ResponseWriter, r *http.Request) error {
	var in wire.MessageStatusRequest
	phone, err := d.readSigned(w, r, &in)
	if err != nil {
		return err
	}
	reference, err := messageReference(in.Reference)
	if err != nil {
		return err
	}
	move, ok := map[string]func() error{
		"closed": func() error { return d.services.Messages.Close(r.Context(), phone, reference) },
		"open":   func() error { return d.services.Messages.Reopen(r.Context(), phone, reference) },
	}[in.Status]
	if !ok {
		return &nodkey.Error{Kind: nodkey.BadInput, Key: "message.status"}
	}
	if err := move(); err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, struct{}{})
	return nil
}

// messageReference reads a reference; what is none is not there.
func messageReference(text string) (nodkey.Reference, error) {
	r, ok := nodkey.ParseReference(text)
	if !ok {
		return r, &nodkey.Error{Kind: nodkey.NotFound, Key: "message.unknown"}
	}
	return r, nil
}

// now is the server's time as phones read it.
func (d *Door) now() int64 { return d.services.Keys.Server().Time }
