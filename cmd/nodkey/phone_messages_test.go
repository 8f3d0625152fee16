package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/wire"
)

// Whatever a server says of a box, it moves no cursor, turns no text round and adds no line that is not its own.
func TestMessagesAreShownAsTextAlone(t *testing.T) {
	const evil = "a\x1b[2J\x1b]0;title\x07b\u202ec\r\x00d\u0085e\u2028f"
	m := wire.Message{Reference: evil, Kind: "ticket", Status: "open", Priority: "normal", Subject: evil, Language: "en", CreatedAt: 1, UpdatedAt: 1, Unread: true}
	thread := wire.MessageResponse{Message: m, CanReply: true, Notice: &wire.MessageNotice{Happened: evil, Next: evil, From: evil, Place: evil, With: evil, Phone: evil},
		Entries: []wire.MessageEntry{{Number: 1, Author: "user", Signed: true, Text: evil + "\n\tindented\n" + evil, Files: []wire.MessageFile{{Name: evil, Type: evil, Size: 3}}},
			{Number: 2, Author: "operator", Blocks: []wire.Block{{Kind: "p", Runs: []wire.Run{{Text: evil}, {Text: evil, Href: "https://bank.example/" + evil}}}, {Kind: "code", Runs: []wire.Run{{Text: evil}}}}},
			{Number: 3, Author: "system", Damaged: true}}}
	key := client.Key{Name: evil, DisplayName: evil, ID: "k"}
	for name, show := range map[string]func(*bytes.Buffer) error{
		"a message": func(b *bytes.Buffer) error { return sayThread(b, thread) },
		"a list": func(b *bytes.Buffer) error {
			return sayMessages(b, key, wire.MessagesResponse{Messages: []wire.Message{m}, Next: evil})
		},
		"an empty list": func(b *bytes.Buffer) error { return sayMessages(b, key, wire.MessagesResponse{}) },
		"a search":      func(b *bytes.Buffer) error { return sayMessages(b, key, wire.MessagesResponse{Next: evil}) },
		"counts":        func(b *bytes.Buffer) error { sayCounts(b, []client.Key{key}, map[string]int{"k": 100}); return nil },
	} {
		var out bytes.Buffer
		if err := show(&out); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(out.String(), "\x1b\x07\x00\r\t\u202e\u0085\u2028") || out.Len() == 0 {
			t.Errorf("%s is shown as %q", name, out.String())
		}
	}
	var out bytes.Buffer
	if err := sayThread(&out, thread); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\n1  ", "you, signed by your phone\n  a[2J]0;titlebcdef\n      indented\n", "\n3  ", "(does not open)", ", 3 bytes: it waits in the portal\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q lacks %q", out.String(), want)
		}
	}
	out.Reset()
	sayCounts(&out, []client.Key{{ID: "k", Name: "mara", DisplayName: "Mara"}, {ID: "untold", Name: "jon"}}, map[string]int{"k": 100})
	if got := out.String(); got != "Mara (mara) at : 99+ unread\n" {
		t.Errorf("%q", got)
	}
}
