package portal

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/prose"
	"github.com/nodkey/nodkey/web"
)

// reference reads the message's number in the path. One that cannot be is as unknown as one that is another's.
func (x *exchange) reference() (nodkey.Reference, error) {
	r, ok := nodkey.ParseReference(x.r.PathValue("reference"))
	if !ok {
		return r, &nodkey.Error{Kind: nodkey.NotFound, Key: "message.unknown"}
	}
	return r, nil
}

// messageShow shows one message, which is read from then on.
func (d *Door) messageShow(x *exchange) error {
	if err := mayChange(x); err != nil {
		return err
	}
	return d.threadPage(x, http.StatusOK)
}

// threadPage is a message as it stands now.
func (d *Door) threadPage(x *exchange, status int) error {
	r, err := x.reference()
	if err != nil {
		return d.messageFault(x, err)
	}
	language := x.r.URL.Query().Get("lang")
	if !slices.Contains(nodkey.Languages(), language) {
		language = ""
	}
	t, err := d.services.Messages.Read(x.r.Context(), x.caller, r, language)
	if err != nil {
		return d.messageFault(x, err)
	}
	v := ThreadView{Page: d.page(x), MessageRow: d.messageRow(x, t.Message), Damaged: t.Damaged, Back: "/messages"}
	v.Ticket, v.Closed = t.Kind == nodkey.MessageTicket, t.Status == nodkey.MessageClosed
	if v.Ticket {
		v.Compose = composeView(t)
	}
	if v.Ticket && !v.Closed {
		v.Page = v.with("reply-form")
	}
	if t.Notice != nil {
		if v.Notice, err = d.noticeView(x, *t.Notice); err != nil {
			return err
		}
		v.When = x.say.Moment(t.Notice.At, d.now())
	}
	for _, e := range t.Entries {
		v.Entries = append(v.Entries, d.entryView(x, e))
	}
	if len(t.Languages) > 1 {
		for _, tag := range t.Languages {
			v.Spoken = append(v.Spoken, LanguageLink{Language{Tag: tag, Name: web.LanguageName(tag), Current: tag == t.Language}, pathOfMessage(r) + "?lang=" + tag})
		}
	}
	return d.show(x, status, "thread", v)
}

func (d *Door) entryView(x *exchange, e nodkey.MessageEntry) EntryView {
	v := EntryView{Number: e.Number, Own: e.Author == nodkey.ByUser, At: x.say.Moment(e.At, d.now()), Lang: e.Language, Signed: e.Signed, Damaged: e.Damaged}
	v.Author = Sentence{Key: "thread.desk", Args: map[string]any{"Operator": d.Operator.Name}}
	if v.Own {
		v.Author = Sentence{Key: "thread.you"}
	}
	if e.Markdown {
		v.Prose = prose.HTML(e.Text)
	} else {
		v.Plain = e.Text
	}
	for _, f := range e.Files {
		v.Files = append(v.Files, FileView{ID: string(f.ID), Name: f.Name, Type: fileKind(f.Type), Size: sizeInWords(x, f.Size)})
	}
	return v
}

// sizeInWords gives a size as people know it from their own machines: "3 KB", "1.2 MB".
func sizeInWords(x *exchange, bytes int64) string {
	if bytes < 1<<20 {
		return x.say.T("thread.kilobytes", map[string]any{"Figure": strconv.FormatInt(max(1, (bytes+512)>>10), 10)})
	}
	return x.say.T("thread.megabytes", map[string]any{"Figure": x.say.Decimal(float64(bytes) / (1 << 20))})
}

// messageClose puts a message away.
func (d *Door) messageClose(x *exchange) error {
	r, err := x.reference()
	if err != nil {
		return d.messageFault(x, err)
	}
	t, err := d.services.Messages.Read(x.r.Context(), x.caller, r, "") // for what to call it
	if err == nil {
		err = d.services.Messages.Close(x.r.Context(), x.caller, r)
	}
	if err != nil {
		return d.messageFault(x, err)
	}
	if t.Kind == nodkey.MessageTicket {
		return d.leave(x, "/messages", "toast.message_closed")
	}
	return d.leave(x, "/messages", "toast.message_put_away")
}

// messageReopen takes a message back.
func (d *Door) messageReopen(x *exchange) error {
	r, err := x.reference()
	if err == nil {
		err = d.services.Messages.Reopen(x.r.Context(), x.caller, r)
	}
	if err != nil {
		return d.messageFault(x, err)
	}
	return d.leave(x, pathOfMessage(r), "toast.message_reopened")
}
