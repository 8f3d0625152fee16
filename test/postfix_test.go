package test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/i18n"
)

// addReader adds a user with an e-mail address of their own name at example.com.
func (s *server) addReader(name, displayName, language string) {
	s.t.Helper()
	s.run(maraPassword+"\n", "user", "add", name, "--display-name", displayName, "--locale", language, "--email", name+"@example.com", "--password-stdin")
}

// tickets sends somebody a ticket, and gives its reference.
func (s *server) tickets(to, subject, body string) (reference string) {
	s.t.Helper()
	var out struct {
		Reference string `json:"reference"`
	}
	if err := json.Unmarshal(s.run("", "message", "send", "--to", to, "--subject", subject, "--body", body, "--json"), &out); err != nil || out.Reference == "" {
		s.t.Fatalf("no reference: %v", err)
	}
	return out.Reference
}

// TestSummariesArriveThroughPostfix sends summaries in three languages through a real mail server, and reads them as a mail
// program does.
func TestSummariesArriveThroughPostfix(t *testing.T) {
	p := startPostfix(t)
	s := serve(t, p.options(nil))
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, reader := range []struct{ name, displayName, language, hello string }{
		{"mara", "Mara Lindqvist", "en", "Hello Mara,"}, {"jonas", "Jonas Köhler", "de", "Guten Tag Jonas,"}, {"misaki", "佐藤 美咲", "ja", "美咲 様"},
	} {
		s.addReader(reader.name, reader.displayName, reader.language)
		reference := s.tickets(reader.name, "Your card 4711", "It is **on its way** to Lindenstrasse 5.")
		l := p.waits(reader.name, "the summary of "+reference, leadsTo(reference))
		say := texts.For(reader.language)
		if want := say.T("summary.subject_ticket", nil); l.subject != want {
			t.Errorf("%s: the subject %q, not %q", reader.language, l.subject, want)
		}
		if !strings.HasPrefix(l.text, reader.hello+"\n") || strings.Count(l.text, "\n"+s.portal+"/messages/"+reference+"\n") != 1 || !strings.Contains(l.text, say.T("mail.never", nil)) {
			t.Errorf("%s:\n%s", reader.language, l.text)
		}
		for _, secret := range []string{"4711", "card", "Lindenstrasse", "on its way", "Lindqvist", "Köhler", "佐藤"} {
			if strings.Contains(l.text+l.subject+l.head.Get("To"), secret) {
				t.Errorf("%s: %q left the house:\n%s", reader.language, secret, l.text)
			}
		}
		if from, err := l.head.AddressList("From"); err != nil || len(from) != 1 || from[0].Name != "Aldermere Savings" || l.head.Get("Content-Language") != reader.language {
			t.Errorf("%s: %v", reader.language, l.head)
		}
		if !strings.Contains(l.head.Get("Received"), "with ESMTPS") || !strings.HasPrefix(l.head.Get("Return-Path"), "<bounces+") {
			t.Errorf("%s: it came as %v", reader.language, l.head)
		}
		for line := range strings.SplitSeq(l.raw, "\n") {
			if strings.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
				t.Errorf("%s: a line that not every mail server takes: %q", reader.language, line)
			}
		}
	}
	if log := s.log.String(); strings.Contains(log, "@example.com") {
		t.Errorf("the log names addresses:\n%s", log)
	}
}

// TestACodeArrivesThroughPostfix asks for a code before the first phone, takes it out of the mailbox, and gets in with it.
func TestACodeArrivesThroughPostfix(t *testing.T) {
	p := startPostfix(t)
	s := serve(t, p.options(map[string]string{"policy.activation_first": "contact"}))
	s.addReader("misaki", "佐藤 美咲", "ja")
	u := newWebUser(s.portal, nil)
	ctx := t.Context()
	if got, err := u.send(ctx, "POST", "/sign-in", "username", "misaki", "password", maraPassword); err != nil || got.status != 303 {
		t.Fatalf("%d %s, %v", got.status, got.says(), err)
	}
	if got, err := u.send(ctx, "POST", "/activation/contact", "way", "email"); err != nil || got.status >= 400 {
		t.Fatalf("%d %s, %v", got.status, got.says(), err)
	}
	l := p.waits("misaki", "a code", func(l mailed) bool { return codeAlone.MatchString(l.text) })
	found := codeAlone.FindStringSubmatch(l.text)
	if strings.Contains(l.subject, found[1]) || !strings.HasPrefix(l.text, "お客様\n") {
		t.Fatalf("%s\n%s", l.subject, l.text)
	}
	if got, err := u.send(ctx, "POST", "/activation/contact/code", "code", found[1]); err != nil || got.status >= 400 {
		t.Fatalf("%d %s, %v", got.status, got.says(), err)
	}
	if code, err := u.code(ctx, "/"); err != nil || code == "" {
		t.Errorf("the code opened nothing: %v", err)
	}
}

// TestALetterThatComesBackIsShownToTheDesk sends to a mailbox that there is not; what the mail server sends back goes to the command, as
// a pipe would give it.
func TestALetterThatComesBackIsShownToTheDesk(t *testing.T) {
	p := startPostfix(t)
	s := serve(t, p.options(nil))
	s.addReader("gone", "Gerda Gone", "en")
	reference := s.tickets("gone", "Your card", "It is on its way.")
	report := p.waits("bounces", "a report", func(l mailed) bool { return strings.Contains(l.raw, "/messages/"+reference) })
	out := string(s.run(report.raw, "message", "bounced"))
	if !strings.Contains(out, reference+": its e-mail did not arrive") {
		t.Errorf("it says %q", out)
	}
	if again := string(s.run(report.raw, "message", "bounced")); !strings.Contains(again, "known already") {
		t.Errorf("a second time it says %q", again)
	}
	var shown struct {
		Summaries []struct{ Channel, State, Failure string } `json:"summaries"`
	}
	if err := json.Unmarshal(s.run("", "message", "show", reference, "--json"), &shown); err != nil {
		t.Fatal(err)
	}
	if len(shown.Summaries) != 1 || shown.Summaries[0].State != "failed" || !strings.HasPrefix(shown.Summaries[0].Failure, "5.1.1 unknown user") {
		t.Errorf("%+v", shown.Summaries)
	}
	text := string(s.run("", "message", "show", reference))
	if !strings.Contains(text, "failed") || !strings.Contains(text, "unknown user") || strings.Contains(text, "gone@") {
		t.Errorf("the desk reads\n%s", text)
	}
}

// TestLettersWaitForPostfix stops the mail server: what is written meanwhile waits, also while Nodkey itself is restarted, and arrives
// once and is handed over in its order.
func TestLettersWaitForPostfix(t *testing.T) {
	p := startPostfix(t)
	s := serve(t, p.options(nil))
	s.addReader("mara", "Mara Lindqvist", "en")
	p.stop()
	var want []string
	for i := range 4 {
		want = append(want, s.tickets("mara", fmt.Sprint("Message ", i), "Hello."))
		if i == 1 {
			s.stop()
			s.start()
		}
	}
	p.start()
	var got []string
	for _, reference := range want {
		p.waits("mara", reference, leadsTo(reference))
	}
	s.stop() // what is in the air arrives
	p.settled()
	for _, l := range p.box("mara") {
		for _, reference := range want {
			if leadsTo(reference)(l) {
				got = append(got, reference)
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v arrived, not %v", got, want)
	}
}
