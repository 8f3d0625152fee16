package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/letter"
	"github.com/nodkey/nodkey/nodkeytest/mailserver"
)

func emailTo(t *testing.T, s *mailserver.Server, change func(*EmailConfig)) *Email {
	t.Helper()
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	c := EmailConfig{
		Server: s.Addr, Security: MailStartTLS, From: &mail.Address{Name: "Aldermere Savings", Address: "no-reply@aldermere.example"},
		Bounces: "bounces@aldermere.example", Host: "portal.aldermere.example", Roots: s.Roots, Now: time.Now,
		Writer:  letter.Writer{Portal: "https://portal.aldermere.example", Operator: "Aldermere Savings", Name: func(string) string { return "Aldermere Client Portal" }},
		Speaker: func(language string) letter.Speaker { return texts.For(language) },
	}
	if change != nil {
		change(&c)
	}
	e, err := NewEmail(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func aSummary(id string) nodkey.SummaryMessage {
	return nodkey.SummaryMessage{ID: nodkey.SummaryID(id), To: "mara@example.com", Bounce: "abc234", Summary: nodkey.Summary{
		Kind: nodkey.MessageTicket, Subject: nodkey.SubjectReply, Reference: "2026-0412", FirstName: "Mara", Language: "en", Path: "/messages/2026-0412"}}
}

// answering answers one command in one way, and all others as ever.
func answering(command, answer string) func(string, string) string {
	return func(c, _ string) string {
		if c == command {
			return answer
		}
		return ""
	}
}

func TestASummaryArrivesAsALetter(t *testing.T) {
	for _, security := range []string{MailTLS, MailStartTLS, MailNone} {
		s := mailserver.Start(t, security == MailTLS)
		e := emailTo(t, s, func(c *EmailConfig) { c.Security = security })
		m := aSummary("one")
		m.Summary.Kind, m.Summary.Subject, m.Summary.Language, m.Unsubscribe = nodkey.MessageAnnouncement, nodkey.SubjectAnnouncement, "ja", "tok-en_1"
		if outcome, err := e.Summary(t.Context(), m); outcome != nodkey.PushDelivered || err != nil {
			t.Fatalf("%s: %s, %v", security, outcome, err)
		}
		if outcome, err := e.Code(t.Context(), nodkey.ContactCode{ID: "try", To: "new@example.com", Code: "042917", Language: "de", Left: 10 * time.Minute}); outcome != nodkey.PushDelivered {
			t.Fatalf("%s: %s, %v", security, outcome, err)
		}
		got := s.Taken()
		if len(got) != 2 || s.Connections() != 1 {
			t.Fatalf("%s: %d letters by %d connections", security, len(got), s.Connections())
		}
		if got[0].From != "bounces+abc234@aldermere.example" || got[0].To != "mara@example.com" || got[0].Secure != (security != MailNone) || got[1].From != "bounces@aldermere.example" {
			t.Errorf("%s: %+v", security, got)
		}
		head := headOf(t, got[0])
		for name, want := range map[string]string{
			"Message-Id": "<one@portal.aldermere.example>", "From": `"Aldermere Savings" <no-reply@aldermere.example>`, "To": "<mara@example.com>", "Auto-Submitted": "auto-generated",
			"Content-Language": "ja", "List-Unsubscribe": "<https://portal.aldermere.example/messages/unsubscribe?token=tok-en_1>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
		} {
			if head.Get(name) != want {
				t.Errorf("%s: %s: %s", security, name, head.Get(name))
			}
		}
		if subject, err := new(mime.WordDecoder).DecodeHeader(head.Get("Subject")); err != nil || subject != "新しいお知らせがあります" {
			t.Errorf("%s: the subject %q: %v", security, subject, err)
		}
		if head := headOf(t, got[1]); head.Get("List-Unsubscribe") != "" || strings.Contains(fmt.Sprint(head), "042917") {
			t.Errorf("%s: the code's head %v", security, head)
		}
		if text := textOf(t, got[1]); strings.Count(text, "042917") != 1 {
			t.Errorf("%s: the code's letter:\n%s", security, text)
		}
	}
}

func headOf(t *testing.T, l mailserver.Letter) mail.Header {
	t.Helper()
	m, err := l.Read()
	if err != nil {
		t.Fatal(err)
	}
	return m.Header
}

func textOf(t *testing.T, l mailserver.Letter) string {
	t.Helper()
	m, err := l.Read()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// What a server says to each command, and what that means for the letter: it goes again, it never will, or nothing does.
func TestWhatAServersAnswersMean(t *testing.T) {
	for _, try := range []struct {
		command, answer string
		outcome         nodkey.PushOutcome
		away            bool
		letters         int
	}{
		{"greeting", "554 5.7.1 go away", nodkey.PushRetry, true, 0},
		{"greeting", "hang up", nodkey.PushRetry, true, 0},
		{"EHLO", "421 4.3.2 closing", nodkey.PushRetry, true, 0},
		{"MAIL", "451 4.3.0 later", nodkey.PushRetry, true, 0},
		{"MAIL", "550 5.7.1 not with this sender", nodkey.PushRetry, true, 0},
		{"MAIL", "hang up", nodkey.PushRetry, true, 0},
		{"RCPT", "450 4.2.1 mara@example.com: try later (greylisted)", nodkey.PushRetry, false, 0},
		{"RCPT", "452 4.2.2 full", nodkey.PushRetry, false, 0},
		{"RCPT", "550 5.1.1 no such user", nodkey.PushGone, false, 0},
		{"RCPT", "550-5.2.1 mailbox\r\n550 5.2.1 disabled", nodkey.PushGone, false, 0},
		{"RCPT", "550 no such user", nodkey.PushRefused, false, 0},
		{"RCPT", "554 5.7.1 relay access denied", nodkey.PushRefused, false, 0},
		{"RCPT", "421 4.3.2 closing", nodkey.PushRetry, true, 0},
		{"RCPT", "hang up", nodkey.PushRetry, true, 0},
		{"DATA", "451 4.3.0 later", nodkey.PushRetry, false, 0},
		{"DATA", "554 5.6.0 no", nodkey.PushRefused, false, 0},
		{".", "452 4.3.1 no room", nodkey.PushRetry, false, 0},
		{".", "554 5.7.1 spam", nodkey.PushRefused, false, 0},
		{".", "421 4.3.2 closing", nodkey.PushRetry, true, 0},
		{".", "hang up", nodkey.PushRetry, false, 0},
		{".", mailserver.HangUpAfter, nodkey.PushRetry, false, 1}, // sent again, with the same id: better than never
		{"RCPT", strings.Repeat("x", 3<<20), nodkey.PushRetry, true, 0},
		{"RCPT", "what?", nodkey.PushRetry, true, 0},
	} {
		s := mailserver.Start(t, false)
		s.Answer = answering(try.command, try.answer)
		e := emailTo(t, s, nil)
		outcome, err := e.Summary(t.Context(), aSummary("one"))
		var away *Away
		if outcome != try.outcome || err == nil || errors.As(err, &away) != try.away || len(s.Taken()) != try.letters {
			t.Errorf("%s %.40s: %s, away %v, %d letters: %v", try.command, try.answer, outcome, away != nil, len(s.Taken()), err)
		}
		if away != nil && strings.Contains(err.Error(), "mara") {
			t.Errorf("%s %s: an error for the log names the address: %v", try.command, try.answer, err)
		}
		s.Lock()
		s.Answer = nil
		s.Unlock()
		if outcome, err := e.Summary(t.Context(), aSummary("two")); outcome != nodkey.PushDelivered {
			t.Errorf("%s %.40s: the next one: %s, %v", try.command, try.answer, outcome, err)
		}
	}
}

func TestAServerThatSaysNothing(t *testing.T) {
	t.Parallel() // it waits, mostly
	for _, command := range []string{"greeting", "EHLO", "MAIL", "RCPT", "DATA", "."} {
		s := mailserver.Start(t, false)
		s.Answer = answering(command, "hang")
		e := emailTo(t, s, func(c *EmailConfig) { c.Security = MailNone })
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		began := time.Now()
		outcome, err := e.Summary(ctx, aSummary("one"))
		cancel()
		if outcome != nodkey.PushRetry || err == nil || time.Since(began) > 30*time.Second {
			t.Errorf("%s: %s after %s: %v", command, outcome, time.Since(began), err)
		}
	}
}

func TestSigningInToAServer(t *testing.T) {
	for _, inside := range []bool{true, false} {
		s := mailserver.Start(t, inside)
		s.User, s.Password = "nodkey", "geheim & 秘密"
		security := map[bool]string{true: MailTLS, false: MailStartTLS}[inside]
		e := emailTo(t, s, func(c *EmailConfig) { c.Security, c.User, c.Password = security, s.User, s.Password })
		if outcome, err := e.Summary(t.Context(), aSummary("one")); outcome != nodkey.PushDelivered || s.Taken()[0].User != "nodkey" {
			t.Errorf("%s: %s, %v", security, outcome, err)
		}
		e = emailTo(t, s, func(c *EmailConfig) { c.Security, c.User, c.Password = security, s.User, "another" })
		var away *Away
		if outcome, err := e.Summary(t.Context(), aSummary("two")); outcome != nodkey.PushRetry || !errors.As(err, &away) || strings.Contains(err.Error(), "another") {
			t.Errorf("%s: with a wrong password: %s, %v", security, outcome, err)
		}
	}
}

// Nothing is said to a server that is not the one, or that will not protect what is said.
func TestALetterGoesToTheRightServerAlone(t *testing.T) {
	var away *Away
	for what, change := range map[string]func(*mailserver.Server, *EmailConfig){
		"another root":          func(_ *mailserver.Server, c *EmailConfig) { c.Roots = nil },
		"another's certificate": func(_ *mailserver.Server, c *EmailConfig) { c.Roots = mailserver.Start(t, false).Roots },
		"no STARTTLS":           func(s *mailserver.Server, _ *EmailConfig) { s.Lock(); s.NoTLS = true; s.Unlock() },
		"STARTTLS that is not": func(s *mailserver.Server, _ *EmailConfig) {
			s.Lock()
			s.Answer = answering("STARTTLS", "454 4.7.0 not now")
			s.Unlock()
		},
		"TLS where there is none": func(_ *mailserver.Server, c *EmailConfig) { c.Security = MailTLS },
	} {
		s := mailserver.Start(t, false)
		e := emailTo(t, s, func(c *EmailConfig) { change(s, c) })
		if outcome, err := e.Summary(t.Context(), aSummary("one")); outcome != nodkey.PushRetry || !errors.As(err, &away) || len(s.Taken()) != 0 {
			t.Errorf("%s: %s, %v, %d letters", what, outcome, err, len(s.Taken()))
		}
	}
}

// Many letters take few connections, and one that the server has closed meanwhile costs no letter.
func TestConnectionsAreUsedAgain(t *testing.T) {
	s := mailserver.Start(t, false)
	e := emailTo(t, s, nil)
	var all sync.WaitGroup
	for lane := range courierWidth {
		all.Go(func() {
			for i := range 60 {
				if outcome, err := e.Summary(t.Context(), aSummary(fmt.Sprint(lane, "-", i))); outcome != nodkey.PushDelivered {
					t.Errorf("%s, %v", outcome, err)
				}
			}
		})
	}
	all.Wait()
	if n := s.Connections(); n > 3*courierWidth || len(s.Taken()) != 60*courierWidth {
		t.Errorf("%d letters by %d connections", len(s.Taken()), n)
	}
	for range 3 {
		s.HangUp()
		if outcome, err := e.Summary(t.Context(), aSummary("after")); outcome != nodkey.PushDelivered {
			t.Errorf("after it hung up: %s, %v", outcome, err)
		}
	}
	before := s.Connections()
	for i := range mailLetters + 1 {
		if outcome, err := e.Summary(t.Context(), aSummary(fmt.Sprint("more", i))); outcome != nodkey.PushDelivered {
			t.Fatalf("%s, %v", outcome, err)
		}
	}
	if s.Connections() == before {
		t.Error("one connection is used for ever")
	}
}

// The whole way with the courier: the server goes away and comes back; all letters arrive, each once, in order.
func TestLettersWaitWhileTheServerIsAway(t *testing.T) {
	s := mailserver.Start(t, false)
	e := emailTo(t, s, func(c *EmailConfig) { c.Security = MailNone })
	d := newDesk()
	now := time.Now()
	var mu sync.Mutex
	d.now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	s.Stop()
	ids := numbered(30)
	for _, id := range ids {
		m := aSummary(id)
		d.waiting = append(d.waiting, m)
	}
	_, c, log := courieredBy(t, d, e, nil)
	eventually(t, "it is left alone", c.Paused)
	s.Again(t)
	eventually(t, "all have arrived", func() bool { mu.Lock(); now = now.Add(time.Second); mu.Unlock(); return len(d.ids()) == len(ids) })
	var got []string
	for _, l := range s.Taken() {
		id, _, _ := strings.Cut(strings.TrimPrefix(headOf(t, l).Get("Message-Id"), "<"), "@")
		got = append(got, id)
	}
	if !slices.Equal(got, ids) {
		t.Errorf("%v", got)
	}
	if strings.Contains(log.String(), "mara@") {
		t.Errorf("the log:\n%s", log)
	}
}

func TestCheckEmail(t *testing.T) {
	s := mailserver.Start(t, false)
	good := emailTo(t, s, nil).config
	if key, err := CheckEmail(good); err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	for _, bad := range []struct {
		key    string
		change func(*EmailConfig)
	}{
		{"server", func(c *EmailConfig) { c.Server = "mail.example.com" }}, {"server", func(c *EmailConfig) { c.Server = ":25" }},
		{"server", func(c *EmailConfig) { c.Server = "mail.example.com:0" }}, {"server", func(c *EmailConfig) { c.Server = "mail.example.com:smtp" }},
		{"server", func(c *EmailConfig) { c.Server = "smtps://mail.example.com:465" }},
		{"security", func(c *EmailConfig) { c.Security = "ssl" }}, {"security", func(c *EmailConfig) { c.Security, c.Server = MailNone, "mail.example.com:25" }},
		{"user", func(c *EmailConfig) { c.User = "x" }}, {"user", func(c *EmailConfig) { c.Password = "x" }}, {"from", func(c *EmailConfig) { c.From = nil }},
		{"bounces", func(c *EmailConfig) { c.Bounces = "Bounces <bounces@example.com>" }}, {"bounces", func(c *EmailConfig) { c.Bounces = "bounces" }},
		{"bounces", func(c *EmailConfig) { c.Bounces = "a+b@example.com" }}, {"bounces", func(c *EmailConfig) { c.Bounces = strings.Repeat("a", 22) + "@example.com" }},
	} {
		c := good
		bad.change(&c)
		if key, err := CheckEmail(c); err == nil || key != bad.key {
			t.Errorf("%s: taken for %q, %v", bad.key, key, err)
		}
	}
}

func TestTokensOfReturnAddresses(t *testing.T) {
	const own = "bounces@example.com"
	for address, want := range map[string]string{"bounces+abc234@example.com": "abc234", "Bounces+ABC234@Example.COM": "ABC234", "bounces+a+b@example.com": "a+b"} {
		if got, ok := TokenOf(own, address); !ok || string(got) != want {
			t.Errorf("%s: %q, %v", address, got, ok)
		}
	}
	for _, address := range []string{"", own, "bounces+@example.com", "bounces+x", "other+x@example.com", "bounces+x@example.org", "bounces+x@y@example.org", strings.Repeat("bounces+x", 99) + "@example.com"} {
		if got, ok := TokenOf(own, address); ok {
			t.Errorf("%s is taken for %q", address, got)
		}
	}
	if _, ok := TokenOf("", "bounces+x@example.com"); ok {
		t.Error("a token where there is no return address")
	}
}
