package client

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/proof"
	"github.com/nodkey/nodkey/wire"
)

const reference = "2026-0412"

func aMessage() wire.Message {
	return wire.Message{Reference: reference, Kind: "ticket", Status: "answered", Priority: "normal", Subject: "Your documents", Language: "en", CreatedAt: 1, UpdatedAt: 2, Unread: true}
}

func entry(n int) wire.MessageEntry {
	return wire.MessageEntry{Number: n, At: 3, Author: "operator", Language: "en",
		Blocks: []wire.Block{{Kind: "p", Runs: []wire.Run{{Text: "See "}, {Text: "Documents", Href: "https://bank.example/x"}}}, {Kind: "ul", Items: [][]wire.Block{{{Kind: "p", Runs: []wire.Run{{Text: "a"}}}}}}}}
}

// opened is a phone whose key may use the message centre of a server.
func opened(t *testing.T) (*server, *Phone, Key) {
	t.Helper()
	s := newServer(t)
	p, key := active(t, s)
	if err := p.OpenMessages(t.Context(), key.ID, "7294"); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.centre.open[key.ID] = true
	return s, p, key
}

func TestAPhoneUsesTheMessageCentre(t *testing.T) {
	s := newServer(t)
	p, key := active(t, s)
	for what, err := range map[string]error{
		"listing": func() error { _, err := p.Messages(t.Context(), key.ID, wire.MessagesRequest{}); return err }(),
		"reading": func() error { _, err := p.ReadMessage(t.Context(), key.ID, reference, ""); return err }(),
		"reply":   p.Reply(t.Context(), key.ID, reference, "x"), "status": p.SetMessageStatus(t.Context(), key.ID, reference, "closed"),
	} {
		if !hasKey(err, "messages.closed") {
			t.Errorf("%s before it is open: %v", what, err)
		}
	}
	if err := p.OpenMessages(t.Context(), key.ID, "9999"); !hasKey(err, "pin.wrong") {
		t.Errorf("a wrong PIN: %v", err)
	}
	s, p, key = opened(t)
	if d := s.decided; len(d) != 1 {
		t.Errorf("%d decisions", len(d))
	}
	s.centre.page = wire.MessagesResponse{Unread: 1, Messages: []wire.Message{aMessage()}, Next: "0.1.x"}
	if page, err := p.Messages(t.Context(), key.ID, wire.MessagesRequest{Search: "x"}); err != nil || len(page.Messages) != 1 || page.Messages[0] != aMessage() || page.Next != "0.1.x" {
		t.Errorf("%+v, %v", page, err)
	}
	s.centre.parts = []wire.MessageResponse{
		{Message: aMessage(), Languages: []string{}, CanReply: true, Entries: []wire.MessageEntry{entry(1), entry(2)}, Next: 3}, {Message: aMessage(), Languages: []string{}, CanReply: true, Entries: []wire.MessageEntry{entry(3)}},
	}
	thread, err := p.ReadMessage(t.Context(), key.ID, reference, "de")
	if err != nil || len(thread.Entries) != 3 || thread.Next != 0 || !thread.CanReply {
		t.Errorf("%+v, %v", thread, err)
	}
	if a := s.centre.asked; len(a) != 2 || a[0].From != nil || *a[1].From != 3 || a[1].Language != "de" || a[1].Reference != reference {
		t.Errorf("it asked %+v", a)
	}
	s.centre.unread = map[string]int{key.ID: 3, "somebody else's": 7}
	if unread, err := p.Unread(t.Context()); err != nil || len(unread) != 1 || unread[key.ID] != 3 {
		t.Errorf("%v, %v", unread, err)
	}
	if err := p.SetMessageStatus(t.Context(), key.ID, reference, "closed"); err != nil {
		t.Error(err)
	}
	if err := p.ShutMessages(t.Context(), key.ID); err != nil || s.centre.open[key.ID] {
		t.Errorf("shutting: %v", err)
	}
}

// The text is sent as it is kept, with a signature over it that a server can check, and once however often the line breaks.
func TestAnAnswerIsSignedAndSentOnce(t *testing.T) {
	s, p, key := opened(t)
	s.mu.Lock()
	s.breakOff = 2
	s.mu.Unlock()
	if err := p.Reply(t.Context(), key.ID, reference, " It\u202e works.\r\nThank you. \n"); err != nil {
		t.Fatal(err)
	}
	if len(s.centre.sent) != 3 || len(s.centre.replies) != 1 {
		t.Fatalf("%d requests, %d answers", len(s.centre.sent), len(s.centre.replies))
	}
	in := s.centre.sent[0]
	parsed, err := wire.ParseJWS(in.Signature)
	if err != nil {
		t.Fatal(err)
	}
	var m wire.Reply
	digest := wire.Digest("It works.\nThank you.")
	if err := wire.DecodeStrict(parsed.Payload, &m); err != nil || parsed.Header.Typ != wire.TypReply || parsed.Header.Kid != key.ID || (proof.JOSE{}).Verify(in.Signature, s.keys[key.ID].point) != nil ||
		m.Aud != s.id || m.Key != key.ID || m.Reference != reference || !bytes.Equal(m.Text, digest[:]) || time.Since(time.UnixMilli(m.Iat)).Abs() > time.Minute || in.Text != "It works.\nThank you." {
		t.Errorf("%+v signs %+v, %v", in, m, err)
	}
	if err := p.Forget(key.ID); err != nil {
		t.Fatal(err)
	}
	if err := p.Reply(t.Context(), key.ID, reference, "x"); !hasKey(err, "key.unknown") {
		t.Errorf("of a key that is gone: %v", err)
	}
}

func TestADishonestListIsRefused(t *testing.T) {
	for name, bend := range map[string]func(*wire.MessagesResponse){
		"":                    func(*wire.MessagesResponse) {},
		"a kind":              func(r *wire.MessagesResponse) { r.Messages[0].Kind = "letter" },
		"a status":            func(r *wire.MessagesResponse) { r.Messages[0].Status = "" },
		"a priority":          func(r *wire.MessagesResponse) { r.Messages[0].Priority = "NORMAL" },
		"an escape sequence":  func(r *wire.MessagesResponse) { r.Messages[0].Subject = "\x1b[2J" },
		"a subject turned":    func(r *wire.MessagesResponse) { r.Messages[0].Subject = "a\u202eb" },
		"no reference":        func(r *wire.MessagesResponse) { r.Messages[0].Reference = "" },
		"a long reference":    func(r *wire.MessagesResponse) { r.Messages[0].Reference = strings.Repeat("1", 21) },
		"a count below":       func(r *wire.MessagesResponse) { r.Unread = -1 },
		"a count beyond":      func(r *wire.MessagesResponse) { r.Unread = 101 },
		"messages beyond":     func(r *wire.MessagesResponse) { r.Messages = slices.Repeat(r.Messages, wire.MaxMessages+1) },
		"a cursor beyond":     func(r *wire.MessagesResponse) { r.Next = strings.Repeat("a", 201) },
		"an answer too large": func(r *wire.MessagesResponse) { r.Messages[0].Subject = strings.Repeat("a", wire.MaxMessageBody) },
	} {
		s, p, key := opened(t)
		s.centre.page = wire.MessagesResponse{Messages: []wire.Message{aMessage()}}
		bend(&s.centre.page)
		if _, err := p.Messages(t.Context(), key.ID, wire.MessagesRequest{}); hasKey(err, "answer.wrong") != (name != "") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestADishonestMessageIsRefused(t *testing.T) {
	deep := []wire.Block{{Kind: "p"}}
	for range 30 {
		deep = []wire.Block{{Kind: "quote", Blocks: deep}}
	}
	block := func(b wire.Block) func(*wire.MessageResponse) {
		return func(r *wire.MessageResponse) { r.Entries[0].Blocks = []wire.Block{b} }
	}
	link := func(href string) func(*wire.MessageResponse) {
		return block(wire.Block{Kind: "p", Runs: []wire.Run{{Text: "x", Href: href}}})
	}
	for name, bend := range map[string]func(*wire.MessageResponse){
		"":                       func(*wire.MessageResponse) {},
		"another message":        func(r *wire.MessageResponse) { r.Message.Reference = "2026-0413" },
		"a kind":                 func(r *wire.MessageResponse) { r.Message.Kind = "letter" },
		"entries out of order":   func(r *wire.MessageResponse) { r.Entries[0].Number = 2 },
		"an entry twice":         func(r *wire.MessageResponse) { r.Entries = append(r.Entries, r.Entries[0]) },
		"entries without end":    func(r *wire.MessageResponse) { r.Entries, r.Next = nil, 1 },
		"a part that jumps":      func(r *wire.MessageResponse) { r.Next = 7 },
		"a part that goes back":  func(r *wire.MessageResponse) { r.Next = 1 },
		"an author":              func(r *wire.MessageResponse) { r.Entries[0].Author = "root" },
		"text beside blocks":     func(r *wire.MessageResponse) { r.Entries[0].Text = "x" },
		"a file of nothing":      func(r *wire.MessageResponse) { r.Entries[0].Files = []wire.MessageFile{{Name: "a\nb"}} },
		"a file below":           func(r *wire.MessageResponse) { r.Entries[0].Files = []wire.MessageFile{{Name: "a", Size: -1}} },
		"a notice of escapes":    func(r *wire.MessageResponse) { r.Notice = &wire.MessageNotice{Happened: "\x1b]0;x\x07"} },
		"blocks without end":     func(r *wire.MessageResponse) { r.Entries[0].Blocks = deep },
		"a block of no kind":     block(wire.Block{Kind: "script"}),
		"a quote with items":     block(wire.Block{Kind: "quote", Items: [][]wire.Block{{}}}),
		"a rule with words":      block(wire.Block{Kind: "rule", Runs: []wire.Run{{Text: "x"}}}),
		"a list with blocks":     block(wire.Block{Kind: "ul", Blocks: []wire.Block{{Kind: "rule"}}}),
		"a paragraph with items": block(wire.Block{Kind: "p", Items: [][]wire.Block{{}}}),
		"a link of a script":     link("javascript:alert(1)"),
		"a link without TLS":     link("http://bank.example/"),
		"a link with a password": link("https://bank.example@evil.example/"),
		"a link to a file":       link("file:///etc/passwd"),
		"a link that is none":    link("https://%zz/"),
		"a link deep inside": func(r *wire.MessageResponse) {
			r.Entries[0].Blocks = []wire.Block{{Kind: "ol", Items: [][]wire.Block{{{Kind: "quote", Blocks: []wire.Block{{Kind: "h", Runs: []wire.Run{{Href: "data:x"}}}}}}}}}
		},
	} {
		s, p, key := opened(t)
		part := wire.MessageResponse{Message: aMessage(), Languages: []string{}, Entries: []wire.MessageEntry{entry(1)}}
		bend(&part)
		s.centre.parts = slices.Repeat([]wire.MessageResponse{part}, 3)
		if _, err := p.ReadMessage(t.Context(), key.ID, reference, ""); hasKey(err, "answer.wrong") != (name != "") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A server that never comes to an end is left.
	s, p, key := opened(t)
	for i := range 600 {
		s.centre.parts = append(s.centre.parts, wire.MessageResponse{Message: aMessage(), Languages: []string{}, Entries: []wire.MessageEntry{entry(i + 1)}, Next: i + 2})
	}
	if _, err := p.ReadMessage(t.Context(), key.ID, reference, ""); !hasKey(err, "answer.wrong") || len(s.centre.asked) != entriesInAll+1 {
		t.Errorf("%v after %d parts", err, len(s.centre.asked))
	}
	for n, told := range map[int]bool{-1: false, 0: true, 100: true, 101: false} {
		s.centre.unread = map[string]int{key.ID: n}
		if got, err := p.Unread(t.Context()); err != nil || (len(got) == 1) != told {
			t.Errorf("a count of %d: %v, %v", n, got, err)
		}
	}
}

// What opens the message centre is the phone's own business: it is in no list, and an answer to something else opens nothing.
func TestTheOpeningsStatementIsShownToNobody(t *testing.T) {
	s := newServer(t)
	p, key := active(t, s)
	s.request("messages_open", key.ID)
	sign := s.request("sign_in", key.ID)
	if open, err := p.Approvals(t.Context()); err != nil || len(open) != 1 || open[0].ID != sign {
		t.Errorf("%+v, %v", open, err)
	}
	for name, bend := range map[string]func(*wire.Statement){
		"a sign-in": func(m *wire.Statement) { m.Kind = "sign_in" }, "another key's": func(m *wire.Statement) { m.Keys = []string{strings.Repeat("A", 43)} },
		"two keys'": func(m *wire.Statement) { m.Keys = append(m.Keys, strings.Repeat("A", 43)) }, "one with an item": func(m *wire.Statement) { m.Item = "x" },
	} {
		s.mu.Lock()
		s.bendStatement = bend
		before := len(s.decided)
		s.mu.Unlock()
		if err := p.OpenMessages(t.Context(), key.ID, "7294"); !hasKey(err, "statement.wrong") || len(s.decided) != before {
			t.Errorf("%s: %v, %d decisions", name, err, len(s.decided)-before)
		}
	}
}

func TestAStreamTellsThatABoxChanged(t *testing.T) {
	s := newServer(t)
	p, _ := active(t, s)
	err := p.Stream(t.Context(), func(e Event) error {
		switch e.Kind {
		case "approvals":
			s.lines <- `{"type":"messages"}`
		case "messages":
			if e.Server != s.url {
				return fmt.Errorf("of %s", e.Server)
			}
			return errEnough
		}
		return nil
	})
	if err != errEnough {
		t.Error(err)
	}
}
