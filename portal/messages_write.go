package portal

import (
	"crypto/rand"
	"net/http"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// Writing a new message goes by three pages, and by none of them without the others: the form, the message as it will be kept,
// and its number. What was typed goes from page to page in the form itself; files wait in the domain.

// writeFields are the fields whose errors stand beside them.
var writeFields = map[string]string{"message.category": "about", "message.subject": "subject", "message.text": "text", "message.text_long": "text",
	"message.files": "files", "message.file_unknown": "files"}

// writeShow begins a message; ?about= chooses what about.
func (d *Door) writeShow(x *exchange) error {
	if err := mayChange(x); err != nil {
		return err
	}
	return d.writePage(x, http.StatusOK, messageForm{once: rand.Text(), about: x.r.URL.Query().Get("about")}, nil)
}

// writeTake goes on from the form or from the preview.
func (d *Door) writeTake(x *exchange) error {
	err := mayChange(x)
	gone := err != nil && nodkey.AsError(err).Kind == nodkey.Unauthenticated
	if err != nil && !gone {
		return err
	}
	f, err := d.readMessageForm(x, "once", "about", "subject", "text", "step")
	if err != nil {
		return err
	}
	changed, err := d.switched(x)
	if err != nil {
		return err
	}
	switch {
	case gone && f.step == "preview" && f.do != "edit":
		return d.previewPage(x, http.StatusUnauthorized, f, nil)
	case gone:
		return d.writePage(x, http.StatusUnauthorized, f, nil)
	case changed && f.step == "preview":
		return d.previewPage(x, http.StatusOK, f, nil)
	case f.remove != "":
		if err := d.dropFile(x, &f, nodkey.FileID(f.remove)); err != nil {
			return err
		}
		return d.writePage(x, http.StatusOK, f, nil)
	case changed, f.do == "edit":
		return d.writePage(x, http.StatusOK, f, nil)
	case f.do == "discard":
		for _, id := range f.draft().Files {
			if err := d.dropFile(x, &f, id); err != nil {
				return err
			}
		}
		return d.leave(x, "/messages", "")
	case f.do == "send":
		return d.writeSend(x, f)
	}
	return d.previewPage(x, http.StatusOK, f, nil)
}

// writeSend sends a message; its page says its number.
func (d *Door) writeSend(x *exchange, f messageForm) error {
	r, err := d.services.Messages.Write(x.r.Context(), x.caller, f.draft())
	if err == nil {
		return d.leave(x, "/messages/sent/"+r.String(), "")
	}
	p, status, ok := problem(err, writeFields)
	if !ok {
		return err
	}
	if p.Field == "" { // nothing to change: it can be sent from here, later
		return d.previewPage(x, status, f, p)
	}
	return d.writePage(x, status, f, p)
}

// writePage is the form with what was typed.
func (d *Door) writePage(x *exchange, status int, f messageForm, p *Problem) error {
	v := WriteView{Page: d.page(x).with("write-form"), Once: f.once, Subject: f.subject, Text: f.text, Problem: f.said(p), Gone: x.caller.Session() == nil, Back: "/messages"}
	v.About, v.Chosen = d.aboutGroups(x, f.about)
	var err error
	if v.Files, err = d.filesOf(x, &f); err != nil {
		return err
	}
	status = v.Files.with(p, f, status)
	return d.show(x, status, "message_new", v)
}

// with puts the errors of a form's files beside them, and gives the page's status.
func (v *FilesView) with(p *Problem, f messageForm, status int) int {
	if p != nil && p.Field == "files" {
		v.Problem = p
	}
	switch {
	case status != http.StatusOK:
		return status
	case f.slowest != nil:
		return web.StatusOf(f.slowest.Kind)
	case v.Problem != nil, len(v.Refused) > 0:
		return http.StatusBadRequest
	}
	return status
}

// previewPage is the message as it will be kept; what keeps it from being sent is said in the form.
func (d *Door) previewPage(x *exchange, status int, f messageForm, p *Problem) error {
	v := PreviewView{Page: d.page(x).with("preview-form"), Once: f.once, About: f.about, Names: d.aboutNames(x, f.about), Subject: f.subject, Text: f.text, Problem: p}
	if v.Gone = x.caller.Session() == nil; v.Gone {
		var err error
		if v.Files, err = d.filesOf(x, &f); err != nil {
			return err
		}
		return d.show(x, status, "message_preview", v)
	}
	if len(f.refused) > 0 {
		return d.writePage(x, http.StatusOK, f, nil)
	}
	kept, files, err := d.services.Messages.Preview(x.r.Context(), x.caller, f.draft())
	if err != nil {
		p, status, ok := problem(err, writeFields)
		if !ok {
			return err
		}
		return d.writePage(x, status, f, p)
	}
	v.Subject, v.Text = kept.Subject, kept.Text
	for _, file := range files {
		v.Files.Kept = append(v.Files.Kept, FileView{ID: string(file.ID), Name: file.Name, Size: sizeInWords(x, file.Size)})
	}
	return d.show(x, status, "message_preview", v)
}

// aboutGroups are the categories with their topics, in the reader's language.
func (d *Door) aboutGroups(x *exchange, about string) (groups []AboutGroup, chosen bool) {
	option := func(value, text string) Option {
		chosen = chosen || value == about
		return Option{Value: value, Text: text, Chosen: value == about}
	}
	for _, c := range d.services.Messages.Categories() {
		name := inWords(x, c.Names, c.Key)
		if len(c.Topics) == 0 {
			groups = append(groups, AboutGroup{Options: []Option{option(c.ID, name)}})
			continue
		}
		g := AboutGroup{Name: name}
		for _, t := range c.Topics {
			g.Options = append(g.Options, option(c.ID+"/"+t.ID, inWords(x, t.Names, t.Key)))
		}
		g.Options = append(g.Options, option(c.ID, x.say.T("write.in_general", map[string]any{"Name": name})))
		groups = append(groups, g)
	}
	return groups, chosen
}

// aboutNames are category and topic in words.
func (d *Door) aboutNames(x *exchange, about string) []string {
	draft := messageForm{about: about}.draft()
	c := d.category(draft.Category)
	if c == nil {
		return nil
	}
	names := []string{inWords(x, c.Names, c.Key)}
	for _, t := range c.Topics {
		if t.ID == draft.Topic {
			names = append(names, inWords(x, t.Names, t.Key))
		}
	}
	return names
}

// sentShow says a message's number.
func (d *Door) sentShow(x *exchange) error {
	if err := mayChange(x); err != nil {
		return err
	}
	r, err := x.reference()
	if err != nil {
		return d.messageFault(x, err)
	}
	t, err := d.services.Messages.Read(x.r.Context(), x.caller, r, "")
	if err != nil {
		return d.messageFault(x, err)
	}
	return d.show(x, http.StatusOK, "message_sent", SentView{Page: d.page(x), Reference: t.Reference.String()})
}
