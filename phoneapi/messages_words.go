package phoneapi

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/prose"
	"github.com/nodkey/nodkey/web"
	"github.com/nodkey/nodkey/wire"
)

// speaker puts what the domain gives as data into words of one language, and into the shapes of docs/protocol.md §10.
type speaker struct{ *i18n.Localizer }

// languageMost is the longest tag that anybody means (RFC 5646 §4.4.1).
const languageMost = 35

// speaker speaks the nearest language to what a phone asks for.
func (d *Door) speaker(language string) (speaker, error) {
	strange := func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}
	if len(language) > languageMost || strings.ContainsFunc(language, strange) {
		return speaker{}, errFilter
	}
	return speaker{d.texts.For(language)}, nil
}

// said is one of a notice's sentences: .title, .happened or .next.
func (s speaker) said(n nodkey.AccountNotice, part string) string {
	n.With = s.with(n)
	return s.T(string(n.Kind)+part, n.Args())
}

// with names the browser that a notice is about, in words; empty where there was none.
func (s speaker) with(n nodkey.AccountNotice) string {
	if n.With == "" {
		return ""
	}
	return web.ParseAgent(n.With).Words(s.T)
}

// notice is all of a notice's words, as a search looks through them.
func (s speaker) notice(n nodkey.AccountNotice) string {
	return strings.Join([]string{s.said(n, ".title"), s.said(n, ".happened"), s.said(n, ".next"), s.with(n), n.Place}, "\n")
}

// message is a message of a list. Of a ticket only its entries know the language.
func (s speaker) message(m nodkey.Message) wire.Message {
	out := wire.Message{Reference: m.Reference.String(), Kind: string(m.Kind), Status: string(m.Status), Priority: string(m.Priority),
		Subject: m.Subject, Language: cmp.Or(m.Language, s.Lang()), CreatedAt: m.CreatedAt.UnixMilli(), UpdatedAt: m.UpdatedAt.UnixMilli(),
		Unread: m.Unread, Damaged: m.Damaged}
	if m.Notice != nil {
		out.Subject, out.Language = s.said(*m.Notice, ".title"), s.Lang()
	}
	return out
}

// What an answer may hold of entries, in bytes; with what is around them it stays below wire.MaxMessageBody.
const (
	entriesMost = 192 << 10
	entryMost   = 160 << 10
)

// thread is a message with its entries from a number on, as many as fit.
func (s speaker) thread(t nodkey.Thread, from int) wire.MessageResponse {
	out := wire.MessageResponse{Message: s.message(t.Message), Languages: append([]string{}, t.Languages...), Entries: []wire.MessageEntry{},
		CanReply: t.Kind == nodkey.MessageTicket && t.Status != nodkey.MessageClosed}
	if t.Kind == nodkey.MessageTicket && len(t.Entries) > 0 {
		out.Message.Language = t.Entries[0].Language
	}
	if n := t.Notice; n != nil {
		out.Notice = &wire.MessageNotice{Happened: s.said(*n, ".happened"), Next: s.said(*n, ".next"), At: n.At.UnixMilli(),
			From: n.From, Place: n.Place, With: s.with(*n), Phone: n.Phone}
	}
	left := entriesMost
	for _, e := range t.Entries {
		if e.Number < from {
			continue
		}
		entry, size := entryOf(e)
		if left -= size; left < 0 && len(out.Entries) > 0 {
			out.Next = e.Number
			break
		}
		out.Entries = append(out.Entries, entry)
	}
	return out
}

// entryOf is an entry, and its size in bytes.
func entryOf(e nodkey.MessageEntry) (wire.MessageEntry, int) {
	out := wire.MessageEntry{Number: e.Number, At: e.At.UnixMilli(), Author: string(e.Author), Language: e.Language, Signed: e.Signed, Damaged: e.Damaged}
	for _, f := range e.Files {
		out.Files = append(out.Files, wire.MessageFile{Name: f.Name, Type: f.Type, Size: f.Size})
	}
	if e.Damaged {
		return out, sizeOf(out)
	}
	if e.Markdown {
		out.Blocks = blocksOf(prose.Blocks(e.Text))
	}
	size := sizeOf(out)
	if len(out.Blocks) == 0 || size > entryMost { // marks of which there is no end
		out.Blocks, out.Text = nil, e.Text
		size = sizeOf(out)
	}
	return out, size
}

func sizeOf(e wire.MessageEntry) int {
	raw, err := json.Marshal(e)
	if err != nil {
		return entriesMost
	}
	return len(raw)
}

func blocksOf(list []prose.Block) []wire.Block {
	out := make([]wire.Block, 0, len(list))
	for _, b := range list {
		block := wire.Block{Kind: b.Kind}
		for _, r := range b.Runs {
			block.Runs = append(block.Runs, wire.Run(r))
		}
		for _, item := range b.Items {
			block.Items = append(block.Items, blocksOf(item))
		}
		if len(b.Blocks) > 0 {
			block.Blocks = blocksOf(b.Blocks)
		}
		out = append(out, block)
	}
	return out
}
