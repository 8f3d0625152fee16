package letter

import (
	"strings"

	"github.com/nodkey/nodkey"
)

// Writer writes the e-mails that tell people of their messages and verify their addresses. All that it is given of a message is a
// [nodkey.Summary], which has no field for what the message says.
type Writer struct {
	Portal   string                       // its origin: "https://portal.example"
	Name     func(language string) string // what the portal is called: "Aldermere Client Portal"
	Operator string                       // who runs it
}

// summaryLeads are what a summary begins with, for each of [nodkey.SummarySubjects].
var summaryLeads = map[nodkey.SummarySubject]string{
	nodkey.SubjectTicket:       "mail.summary_ticket",
	nodkey.SubjectReply:        "mail.summary_reply",
	nodkey.SubjectSecurity:     "mail.summary_security",
	nodkey.SubjectAccount:      "mail.summary_account",
	nodkey.SubjectAnnouncement: "mail.summary_announcement",
	nodkey.SubjectReminder:     "mail.summary_reminder",
}

// Summary says that there is something to read, and where. The link leads to a page behind the sign-in. Error: ErrText.
func (w Writer) Summary(say Speaker, s nodkey.Summary) (Letter, error) {
	name := w.Name(say.Lang())
	if err := clean(s.Reference, s.Path, name, w.Portal, w.Operator); err != nil {
		return Letter{}, err
	}
	args := map[string]any{"Portal": name, "Reference": s.Reference}
	return w.letter(say, say.T(string(s.Subject), nil), []string{
		greeting(say, s.FirstName),
		say.T(summaryLeads[s.Subject], args),
		say.T("mail.summary_reference", args),
		say.T("mail.summary_read", nil) + "\n" + w.Portal + s.Path,
		say.T("mail.summary_only", nil),
		say.T("mail.never", nil),
		say.T("mail.summary_settings", nil),
	}), nil
}

func greeting(say Speaker, name string) string {
	if name = callable(name); name == "" {
		return say.T("mail.hello_unnamed", nil)
	}
	return say.T("mail.hello", map[string]any{"Name": name})
}

func (w Writer) letter(say Speaker, subject string, paragraphs []string) Letter {
	return Letter{Lang: say.Lang(), Subject: subject, Text: strings.Join(append(paragraphs, w.Operator), "\n\n") + "\n"}
}

// Test is a letter for operators who try out a mail server. Error: ErrText.
func (w Writer) Test(say Speaker) (Letter, error) {
	name := w.Name(say.Lang())
	if err := clean(name, w.Operator); err != nil {
		return Letter{}, err
	}
	return w.letter(say, say.T("mail.test_subject", map[string]any{"Portal": name}), []string{
		greeting(say, ""), say.T("mail.test_lead", map[string]any{"Portal": name}), say.T("mail.test_see", nil),
	}), nil
}
