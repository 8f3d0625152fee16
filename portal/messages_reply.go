package portal

import (
	"crypto/rand"
	"net/http"

	"github.com/nodkey/nodkey"
)

// composeView is the part of a ticket's page with which its reader answers.
func composeView(t nodkey.Thread) *ComposeView {
	return &ComposeView{Reference: t.Reference.String(), Closed: t.Status == nodkey.MessageClosed, Once: rand.Text(), Files: FilesView{Free: nodkey.FilesMax, Most: nodkey.FilesMax}}
}

// replyTake adds to a ticket.
func (d *Door) replyTake(x *exchange) error {
	err := mayChange(x)
	gone := err != nil && nodkey.AsError(err).Kind == nodkey.Unauthenticated
	if err != nil && !gone {
		return err
	}
	r, err := x.reference()
	if err != nil {
		return d.messageFault(x, err)
	}
	f, err := d.readMessageForm(x, "once", "text")
	if err != nil {
		return err
	}
	changed, err := d.switched(x)
	if err != nil {
		return err
	}
	switch {
	case gone:
		return d.replyPage(x, http.StatusUnauthorized, r, f, nil)
	case changed && f.text == "" && len(f.ids) == 0 && len(f.refused) == 0:
		return d.leave(x, pathOfMessage(r), "") // nothing can be lost
	case changed:
		return d.replyPage(x, http.StatusOK, r, f, nil)
	case f.remove != "":
		if err := d.dropFile(x, &f, nodkey.FileID(f.remove)); err != nil {
			return err
		}
		return d.replyPage(x, http.StatusOK, r, f, nil)
	case f.do == "reopen":
		if err := d.services.Messages.Reopen(x.r.Context(), x.caller, r); err != nil {
			return d.messageFault(x, err)
		}
		return d.replyPage(x, http.StatusOK, r, f, nil)
	case len(f.refused) > 0:
		return d.replyPage(x, http.StatusOK, r, f, nil)
	}
	err = d.services.Messages.Reply(x.r.Context(), x.caller, r, nodkey.Answer{Text: f.text, Files: f.ids, Once: f.once})
	if err == nil {
		return d.leave(x, pathOfMessage(r), "toast.message_replied")
	}
	if nodkey.HasKey(err, "message.unknown") || nodkey.HasKey(err, "message.no_reply") {
		return d.messageFault(x, err)
	}
	p, status, ok := problem(err, writeFields)
	if !ok {
		return err
	}
	return d.replyPage(x, status, r, f, p)
}

// replyPage is an answer that was not sent, with what was typed.
func (d *Door) replyPage(x *exchange, status int, r nodkey.Reference, f messageForm, p *Problem) error {
	v := ReplyView{Page: d.page(x).with("reply-form"), Compose: ComposeView{Reference: r.String(), Once: f.once, Text: f.text, Problem: f.said(p), Gone: x.caller.Session() == nil}}
	v.Return = pathOfMessage(r)
	var err error
	if !v.Compose.Gone {
		t, err := d.services.Messages.Read(x.r.Context(), x.caller, r, "")
		if err != nil {
			return d.messageFault(x, err)
		}
		if t.Kind != nodkey.MessageTicket {
			return d.messageFault(x, &nodkey.Error{Kind: nodkey.Conflict, Key: "message.no_reply"})
		}
		v.Title, v.TitleLang, v.Compose.Closed = t.Subject, t.Language, t.Status == nodkey.MessageClosed
	}
	if v.Compose.Files, err = d.filesOf(x, &f); err != nil {
		return err
	}
	status = v.Compose.Files.with(p, f, status)
	return d.show(x, status, "message_reply", v)
}
