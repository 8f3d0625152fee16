package letter

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/i18n"
)

func sample() Invitation {
	return Invitation{User: "misaki", Name: "佐藤 美咲", Portal: "Aldermere Client Portal", Address: "https://portal.aldermere.example/first-visit",
		Operator: "Aldermere Savings", Desk: "Aldermere service desk, 0800 555 010"}
}

func sampleEnvelope() Envelope {
	return Envelope{
		From: &mail.Address{Name: "Aldermere Savings", Address: "no-reply@aldermere.example"}, To: &mail.Address{Name: "佐藤 美咲", Address: "misaki@example.com"},
		Date: time.Date(2026, time.March, 4, 14, 33, 0, 0, time.FixedZone("", 3600)), ID: "4vht@portal.aldermere.example",
	}
}

// read parses a message as a mail program does.
func read(t testing.TB, raw []byte) (head mail.Header, subject, text string) {
	t.Helper()
	for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
		if len(line) > 78 || bytes.ContainsAny(line, "\r\n") || !ascii(string(line)) {
			t.Errorf("a line of %d bytes that mail may not have: %q", len(line), line)
		}
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	if subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	media, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || media != "text/plain" || !strings.EqualFold(params["charset"], "utf-8") {
		t.Errorf("the text is %s %v: %v", media, params, err)
	}
	var body io.Reader
	switch m.Header.Get("Content-Transfer-Encoding") {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, m.Body)
	case "quoted-printable":
		body = quotedprintable.NewReader(m.Body)
	default:
		t.Fatalf("an encoding of %q", m.Header.Get("Content-Transfer-Encoding"))
	}
	decoded, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return m.Header, subject, strings.ReplaceAll(string(decoded), "\r\n", "\n")
}

func TestTheInvitationIsAWholeMessageInEveryLanguage(t *testing.T) {
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	texts.OnMissing = func(lang, key string, err error) { t.Errorf("%s: %s: %v", lang, key, err) }
	for lang, want := range map[string]struct {
		subject  string
		encoding string
		words    []string
	}{
		"en": {"Your account at Aldermere Client Portal", "quoted-printable", []string{"Hello 佐藤 美咲,", "Your user name:\nmisaki\n", "never by e-mail", "0800 555 010", "\nAldermere Savings\n"}},
		"de": {"Ihr Konto bei Aldermere Client Portal", "quoted-printable", []string{"Guten Tag 佐藤 美咲,", "Ihr Benutzername:\nmisaki\n", "nie per E-Mail", "für Sie"}},
		"ja": {"Aldermere Client Portalのアカウントのご案内", "base64", []string{"佐藤 美咲 様", "ユーザー名：\nmisaki\n", "メールでお送りすることはありません"}},
	} {
		l, err := sample().Letter(texts.For(lang))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := l.Message(sampleEnvelope())
		if err != nil {
			t.Fatal(err)
		}
		head, subject, text := read(t, raw)
		if subject != want.subject || head.Get("Content-Transfer-Encoding") != want.encoding || head.Get("Content-Language") != lang || head.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("%s: %q, %v", lang, subject, head)
		}
		for _, words := range append(want.words, "https://portal.aldermere.example/first-visit\n") {
			if !strings.Contains(text, words) {
				t.Errorf("%s: the letter does not say %q:\n%s", lang, words, text)
			}
		}
		if text != l.Text {
			t.Errorf("%s: the text came out as\n%s", lang, text)
		}
		to, err := head.AddressList("To")
		if err != nil || len(to) != 1 || *to[0] != *sampleEnvelope().To {
			t.Errorf("%s: to %v: %v", lang, to, err)
		}
		from, err := head.AddressList("From")
		if err != nil || len(from) != 1 || *from[0] != *sampleEnvelope().From {
			t.Errorf("%s: from %v: %v", lang, from, err)
		}
		if date, err := head.Date(); err != nil || !date.Equal(sampleEnvelope().Date) {
			t.Errorf("%s: dated %v: %v", lang, date, err)
		}
	}
}

func TestWithoutADeskSomebodyIsNamedToAsk(t *testing.T) {
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	in := sample()
	in.Desk = ""
	l, err := in.Letter(texts.For("en"))
	if err != nil || !strings.Contains(l.Text, "ask whoever told you") {
		t.Errorf("%v:\n%s", err, l.Text)
	}
}

func TestAddressesAreTheMailProgramsToFillIn(t *testing.T) {
	raw, err := Letter{Lang: "en", Subject: "x", Text: "y\n"}.Message(Envelope{Date: time.Now(), ID: "a@b"})
	if err != nil {
		t.Fatal(err)
	}
	if head, _, _ := read(t, raw); head.Get("From") != "" || head.Get("To") != "" {
		t.Errorf("addresses nobody gave: %v", head)
	}
}

func TestNothingGetsIntoTheHeaders(t *testing.T) {
	const evil = "x\r\nBcc: thief@evil.example\r\n\r\nGive me your code"
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*Invitation){
		"user": func(in *Invitation) { in.User = evil }, "name": func(in *Invitation) { in.Name = evil }, "portal": func(in *Invitation) { in.Portal = evil },
		"address": func(in *Invitation) { in.Address = evil }, "operator": func(in *Invitation) { in.Operator = "a\nb" }, "desk": func(in *Invitation) { in.Desk = "a\x00" },
		"separator": func(in *Invitation) { in.Name = "a\u2028b" },
	} {
		in := sample()
		change(&in)
		if _, err := in.Letter(texts.For("en")); !errors.Is(err, ErrText) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, change := range map[string]func(*Letter, *Envelope){
		"subject": func(l *Letter, _ *Envelope) { l.Subject = evil }, "language": func(l *Letter, _ *Envelope) { l.Lang = evil }, "id": func(_ *Letter, e *Envelope) { e.ID = evil },
		"sender's name": func(_ *Letter, e *Envelope) { e.From.Name = evil }, "reader's name": func(_ *Letter, e *Envelope) { e.To.Name = evil },
		"subject in an encoded word": func(l *Letter, _ *Envelope) { l.Subject = "=?utf-8?q?Bcc=3A_x?=" }, "name in an encoded word": func(_ *Letter, e *Envelope) { e.From.Name = "=?utf-8?q?x?=" },
		"list": func(_ *Letter, e *Envelope) { e.Unsubscribe = "https://portal.example/\r\nBcc: thief@evil.example" }, "list by http": func(_ *Letter, e *Envelope) { e.Unsubscribe = "http://portal.example/" },
		"address": func(_ *Letter, e *Envelope) { e.To.Address = evil }, "two addresses": func(_ *Letter, e *Envelope) { e.To.Address = "a@b.example, c@d.example" },
	} {
		l, e := Letter{Lang: "en", Subject: "x", Text: "y\n"}, sampleEnvelope()
		change(&l, &e)
		if raw, err := l.Message(e); err == nil {
			t.Errorf("%s came through:\n%s", what, raw)
		}
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	for _, good := range []string{"mara@example.com", "Mara Lindqvist <mara@example.com>", "佐藤 美咲 <misaki@example.com>", `"Lindqvist, Mara" <m.l+x@example.com>`} {
		if _, err := ParseAddress(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "mara", "mara@", "@example.com", "a@b.example, c@d.example", "mara@example.com\r\nBcc: x@evil.example", "mara@example.com\n", "美咲@example.com", "Mara <mara@例え.jp>"} {
		if a, err := ParseAddress(bad); err == nil {
			t.Errorf("%q is taken for %v", bad, a)
		}
	}
}

func FuzzMessagesHaveTheirOwnHeadersOnly(f *testing.F) {
	f.Add("Your account", "Mara", "mara@example.com", "Hello\n")
	f.Add("ご案内=?utf-8?q?x?=", "佐藤\r\n", "x <a@b.example>", ".\n")
	f.Fuzz(func(t *testing.T, subject, name, address, text string) {
		to, err := ParseAddress(address)
		if err != nil {
			return
		}
		if to.Name = name; len(name) > 300 || len(address) > 60 || len(subject) > 300 {
			return
		}
		raw, err := Letter{Lang: "en", Subject: subject, Text: text}.Message(Envelope{To: to, Date: time.Unix(0, 0), ID: "a@b"})
		if err != nil {
			return
		}
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%v\n%q", err, raw)
		}
		var names []string
		for n := range m.Header {
			names = append(names, n)
		}
		slices.Sort(names)
		want := []string{"Auto-Submitted", "Content-Language", "Content-Transfer-Encoding", "Content-Type", "Date", "Message-Id", "Mime-Version", "Subject", "To"}
		if !slices.Equal(names, want) {
			t.Errorf("headers %q", names)
		}
		if list, err := m.Header.AddressList("To"); err != nil || len(list) != 1 || list[0].Address != to.Address || list[0].Name != to.Name {
			t.Errorf("to %v: %v\n%q", list, err, raw)
		}
		if got, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil || got != strings.Trim(subject, " \t") {
			t.Errorf("the subject %q is read as %q: %v", subject, got, err)
		}
	})
}
