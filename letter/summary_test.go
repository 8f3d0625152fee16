package letter

import (
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
)

func writer() Writer {
	return Writer{Portal: "https://portal.aldermere.example", Operator: "Aldermere Savings", Name: func(lang string) string {
		return map[string]string{"ja": "Aldermereお客様ポータル"}[lang] + map[string]string{"en": "Aldermere Client Portal", "de": "Aldermere Kundenportal"}[lang]
	}}
}

func bundle(t *testing.T) *i18n.Bundle {
	t.Helper()
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	texts.OnMissing = func(lang, key string, err error) { t.Errorf("%s: %s: %v", lang, key, err) }
	return texts
}

func aSummary(subject nodkey.SummarySubject, lang string) nodkey.Summary {
	return nodkey.Summary{Subject: subject, Reference: "2026-0412", FirstName: "Mara", Language: lang, Path: "/messages/2026-0412"}
}

// Each subject has its letter in each language: what kind of thing waits, its reference, one link, and that the rest stays in the house.
func TestEverySummaryIsALetterInEveryLanguage(t *testing.T) {
	texts := bundle(t)
	seen := map[string]bool{}
	for _, lang := range texts.Langs() {
		for _, subject := range nodkey.SummarySubjects() {
			l, err := writer().Summary(texts.For(lang), aSummary(subject, lang))
			if err != nil {
				t.Fatal(err)
			}
			lead := strings.Split(l.Text, "\n\n")[1]
			if seen[l.Subject] || seen[lead] || l.Subject == "" {
				t.Errorf("%s %s says what another does: %q, %q", lang, subject, l.Subject, lead)
			}
			seen[l.Subject], seen[lead] = true, true
			if strings.Count(l.Text, "https://") != 1 || !strings.Contains(l.Text, "\nhttps://portal.aldermere.example/messages/2026-0412\n") {
				t.Errorf("%s %s: not one link:\n%s", lang, subject, l.Text)
			}
			for _, words := range []string{"Mara", "2026-0412", writer().Name(lang), texts.For(lang).T("mail.never", nil), "\n\nAldermere Savings\n"} {
				if !strings.Contains(l.Text, words) {
					t.Errorf("%s %s: no %q:\n%s", lang, subject, words, l.Text)
				}
			}
			raw, err := l.Message(sampleEnvelope())
			if err != nil {
				t.Fatal(err)
			}
			head, read, text := read(t, raw)
			if read != l.Subject || text != l.Text || head.Get("Content-Language") != lang || head.Get("List-Unsubscribe") != "" {
				t.Errorf("%s %s: came out as %q\n%s\n%v", lang, subject, read, text, head)
			}
		}
	}
}

func TestANameThatWouldBeALinkIsNotGreeted(t *testing.T) {
	texts := bundle(t)
	for _, name := range []string{"", "evil.example", "https://evil.example", "a@evil.example", "Mara\r\nBcc: x@evil.example", "x\u202eevil"} {
		for _, lang := range texts.Langs() {
			s := aSummary(nodkey.SubjectTicket, lang)
			s.FirstName = name
			l, err := writer().Summary(texts.For(lang), s)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(l.Text, "\n")
			if unnamed := texts.For(lang).T("mail.hello_unnamed", nil); name != "x\u202eevil" && first != unnamed {
				t.Errorf("%s: %q is greeted by %q", lang, name, first)
			}
			if strings.Contains(l.Text, "\u202e") {
				t.Errorf("%s: the text turns round", lang)
			}
		}
	}
}

// The code is in the text alone, with no link beside it, and the letter does not say that codes are never sent.
func TestTheLetterWithACode(t *testing.T) {
	texts := bundle(t)
	for _, lang := range texts.Langs() {
		code := nodkey.ContactCode{Code: "042917", For: nodkey.ForActivation, Left: 9*time.Minute + 59*time.Second}
		first, err := writer().Code(texts.For(lang), code)
		if err != nil {
			t.Fatal(err)
		}
		code.For = nodkey.ForAddress
		l, err := writer().Code(texts.For(lang), code)
		if err != nil {
			t.Fatal(err)
		}
		if first.Text == l.Text || !strings.Contains(first.Text, "042917") {
			t.Errorf("%s: what the code is for is not said:\n%s", lang, first.Text)
		}
		if strings.Count(l.Text, "\n042917\n") != 1 || strings.Contains(l.Subject, "042917") || strings.Contains(l.Text, "://") || !strings.Contains(l.Text, "10") {
			t.Errorf("%s: %q\n%s", lang, l.Subject, l.Text)
		}
		if strings.Contains(l.Text, texts.For(lang).T("mail.never", nil)) {
			t.Errorf("%s says that it does not do what it does:\n%s", lang, l.Text)
		}
		raw, err := l.Message(sampleEnvelope())
		if err != nil {
			t.Fatal(err)
		}
		if _, _, text := read(t, raw); text != l.Text {
			t.Errorf("%s: came out as\n%s", lang, text)
		}
	}
}

// A list's headers (RFC 8058): one https address, and that one POST is enough.
func TestALetterOfAListSaysHowToLeaveIt(t *testing.T) {
	e := sampleEnvelope()
	e.Unsubscribe = "https://portal.aldermere.example/messages/unsubscribe?t=" + strings.Repeat("Ab3-_", 20)
	raw, err := Letter{Lang: "en", Subject: "x", Text: "y\n"}.Message(e)
	if err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Header.Get("List-Unsubscribe"); got != "<"+e.Unsubscribe+">" {
		t.Errorf("List-Unsubscribe: %s", got)
	}
	if got := m.Header.Get("List-Unsubscribe-Post"); got != "List-Unsubscribe=One-Click" {
		t.Errorf("List-Unsubscribe-Post: %s", got)
	}
}

func TestNothingGetsIntoASummarysLink(t *testing.T) {
	texts := bundle(t)
	for what, change := range map[string]func(*nodkey.Summary){
		"reference": func(s *nodkey.Summary) { s.Reference = "2026-0412\n" }, "path": func(s *nodkey.Summary) { s.Path = "/messages/1\r\nx" },
	} {
		s := aSummary(nodkey.SubjectReply, "en")
		change(&s)
		if l, err := writer().Summary(texts.For("en"), s); err == nil {
			t.Errorf("%s came through:\n%s", what, l.Text)
		}
	}
}
