package demo

import (
	"context"

	"github.com/nodkey/nodkey"
)

// desk is who writes to the demo's people, so that their message centres are not empty.
func desk() nodkey.Caller { return nodkey.Operator("Robin") }

// write announces a welcome to new people, and begins a ticket with each that has been answered. It is said in every language;
// what they are shown is in theirs.
func (d *Door) write(ctx context.Context, names []string) error {
	if len(names) == 0 {
		return nil
	}
	_, err := d.services.Announcements.Announce(ctx, desk(), nodkey.Announcing{
		Category: "other", Texts: d.inAll("demo.welcome_subject", "demo.welcome_text"), To: names,
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		r, err := d.services.MessageDesk.Post(ctx, desk(), name, nodkey.Posting{
			Category: "access", Topic: "details", Texts: d.inAll("demo.ticket_subject", "demo.ticket_text"),
		})
		if err != nil {
			return err
		}
		thread, err := d.services.MessageDesk.Read(ctx, desk(), r)
		if err != nil {
			return err
		}
		language := thread.Entries[0].Language
		if err := d.services.MessageDesk.Reply(ctx, desk(), r, language, nodkey.Answer{Text: d.texts.For(language).T("demo.ticket_answer", nil)}); err != nil {
			return err
		}
	}
	return nil
}

// inAll says a subject and a text in every language of ours.
func (d *Door) inAll(subject, text string) map[string]nodkey.MessageText {
	out := map[string]nodkey.MessageText{}
	for _, language := range nodkey.Languages() {
		say := d.texts.For(language)
		out[language] = nodkey.MessageText{Subject: say.T(subject, nil), Text: say.T(text, nil)}
	}
	return out
}
