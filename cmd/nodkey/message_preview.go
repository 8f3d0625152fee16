package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/letter"
	"github.com/nodkey/nodkey/prose"
)

// leaving is what e-mail and SMS say of a message in one language.
type leaving struct {
	email letter.Letter
	sms   letter.SMS
}

// leaving makes the summaries of what is about to be sent, with a number that is none yet.
func (h *house) leaving(p *letterPlan, language string) (leaving, error) {
	const number = "2026-0000"
	s := nodkey.Summary{Kind: nodkey.MessageAnnouncement, Reason: nodkey.SummaryNew, Subject: nodkey.SubjectAnnouncement, Reference: number, Language: language, Path: "/messages/" + number}
	if p.single() {
		s.Kind, s.Subject = nodkey.MessageTicket, nodkey.SubjectTicket
	}
	portal, say := h.settings.PortalHost.String(), h.texts.For(language)
	names := h.settings.site(h.texts).AppIn
	writer := letter.Writer{Portal: portal, Name: func(language string) string { return names[language] }, Operator: h.settings.operator()}
	email, err := writer.Summary(say, s)
	return leaving{email: email, sms: letter.Texter{Portal: portal, Operator: h.settings.operator()}.Summary(say, s)}, err
}

// preview prints what would be sent.
func (h *house) preview(c *cobra.Command, p *letterPlan) error {
	languages := map[string]any{}
	w := c.OutOrStdout()
	if !asJSON(c) {
		p.summary(w)
	}
	for _, language := range p.languages {
		t := p.texts[language]
		out, err := h.leaving(p, language)
		if err != nil {
			return err
		}
		if asJSON(c) {
			languages[language] = map[string]any{
				"subject": t.Subject, "markdown": t.Text, "text": prose.Plain(t.Text), "readBy": p.reached.Reads[language],
				"email": map[string]any{"subject": out.email.Subject, "text": out.email.Text},
				"sms":   map[string]any{"text": out.sms.Text, "parts": out.sms.Parts},
			}
			continue
		}
		fmt.Fprintf(w, "\n=== %s ===\n%s\n\n%s\n", language, t.Subject, prose.Plain(t.Text))
		fmt.Fprintf(w, "\n--- %s: what leaves the house ---\ne-mail: %s\n%s\nSMS, %s:\n%s\n", language, out.email.Subject, indent(out.email.Text), parts(out.sms.Parts), indent(out.sms.Text))
	}
	if asJSON(c) {
		return printJSON(w, map[string]any{"users": p.reached.Users, "missing": p.reached.Missing, "languages": languages, "startsAt": orNull(p.at)})
	}
	fmt.Fprintln(w)
	for _, channel := range nodkey.SummaryChannels() {
		if note := h.butSilent(channel); note != "" {
			fmt.Fprintln(w, contactWords[channel]+note+".")
		}
	}
	_, err := io.WriteString(w, "This was a preview. Nothing was sent.\n")
	return err
}

func parts(n int) string {
	if n == 1 {
		return "one message"
	}
	return fmt.Sprintf("%d messages joined", n)
}

// indent moves lines in, but for empty ones.
func indent(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = "  " + line
		}
	}
	return strings.Join(lines, "\n")
}
