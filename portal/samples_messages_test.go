package portal

import (
	"html/template"

	"github.com/nodkey/nodkey"
)

func sampleBadge(text, said string) *Badge {
	return &Badge{Text: text, Said: said, Live: Live{Stream: "/messages/stream", Poll: "/messages/state", Version: text}}
}

func sampleOptions(chosen string) []Option {
	return []Option{{Text: "All", Chosen: chosen == ""}, {Value: "a", Text: "Sign-in and phone", Chosen: chosen == "a"}, {Value: "b", Text: "Something else"}}
}

func sampleRows() []MessageRow {
	rows := []MessageRow{
		{Reference: "2026-0412", Icon: "shield", Title: "A new phone is active", Kind: "Security", When: "Today, 14:33", Unread: true},
		{Reference: "2026-0409", Icon: "mail", Title: "Your question about signing in from abroad", TitleLang: "en", Kind: "Sign-in and phone", When: "Today, 11:02", Unread: true,
			Chip: MessageChip(nodkey.MessageTicket, nodkey.MessageAnswered)},
		{Reference: "2026-0398", Icon: "bell", Title: "Wartung am Sonntag", TitleLang: "de", Kind: "Announcement", When: "Mon, 08:05"},
		{Reference: "2026-0391", Icon: "mail", Title: "A subject that somebody made as long as a subject may be, which is a hundred and twenty characters, all of them shown", TitleLang: "en", Kind: "Something else",
			When: "3 March 2026, 14:32", Chip: MessageChip(nodkey.MessageTicket, nodkey.MessageNew)},
		{Reference: "2026-0390", Icon: "mail", Kind: "My account", When: "3 March 2026, 14:30", Chip: MessageChip(nodkey.MessageTicket, nodkey.MessageOpen)},
		{Reference: "2026-0377", Icon: "person", Title: "Your message delivery was changed", Kind: "Your account", When: "2 March 2026, 09:12", Chip: MessageChip(nodkey.MessageAccount, nodkey.MessageClosed)},
	}
	return rows
}

func sampleList(change func(*MessagesView)) MessagesView {
	v := MessagesView{Page: samplePage("Mara Lindqvist"), Kinds: sampleOptions(""), Statuses: sampleOptions(""), Categories: sampleOptions(""), First: "/messages?"}
	v.Badge = sampleBadge("2", "2 unread messages")
	change(&v)
	return v
}

func sampleThread(row int, change func(*ThreadView)) ThreadView {
	v := ThreadView{Page: samplePage("Mara Lindqvist"), MessageRow: sampleRows()[row], Back: "/messages"}
	v.Badge = sampleBadge("", "No unread messages")
	change(&v)
	return v
}

func sampleNotice(act NoticeAct) func(*ThreadView) {
	return func(v *ThreadView) {
		v.Notice = &NoticeView{Happened: "Pixel 8 can confirm your sign-ins from now on.", Next: "If that was not you, remove this phone now.",
			Facts: []Fact{{"When", "Today, 14:33"}, {"From", "Hamburg, Germany (203.0.113.24)"}, {"With", "Firefox on Windows"}, {"Phone", "Pixel 8"}}, Act: act}
	}
}

func sampleTicket(v *ThreadView) {
	v.Ticket = true
	v.Entries = []EntryView{
		{Number: 1, Own: true, Author: Sentence{Key: "thread.you"}, At: "Today, 10:40", Lang: "en", Plain: "I am travelling next week.\n\nWill my phone work there?", Signed: true,
			Files: []FileView{{ID: "f1", Name: "a name that is as long as names of files that people keep tend to be at times (final, really).pdf", Type: "PDF", Size: "1.2 MB"}}},
		{Number: 2, Author: Sentence{Key: "thread.desk", Args: map[string]any{"Operator": "Aldermere"}}, At: "Today, 11:02", Lang: "en",
			Prose: template.HTML(`<h3>Yes</h3><p>It works <strong>everywhere</strong>. Have a look at <a href="https://help.example/" rel="noopener noreferrer nofollow">our help</a>:</p><ul><li>codes</li><li>without a connection</li></ul>`)}, //nolint:gosec // of this test
		{Number: 3, Author: Sentence{Key: "thread.desk", Args: map[string]any{"Operator": "Aldermere"}}, At: "Today, 11:03", Damaged: true},
	}
}

func sampleMessages() []sample {
	none := func(*MessagesView) {}
	full := func(v *MessagesView) { v.Rows, v.Next = sampleRows(), "/messages?after=1.2.c" }
	return []sample{
		{"messages", "messages", sampleList(full), 1},
		{"messages-empty", "messages", sampleList(none), 1},
		{"messages-narrowed", "messages", sampleList(func(v *MessagesView) {
			full(v)
			v.Search, v.Kinds, v.UnreadOnly, v.Filtered, v.Narrowed, v.Later = `"phone" <b>`, sampleOptions("a"), true, true, true, true
		}), 1},
		{"messages-nothing", "messages", sampleList(func(v *MessagesView) { v.Search, v.Narrowed = "wombat", true }), 1},
		{"messages-goes-on", "messages", sampleList(func(v *MessagesView) {
			v.Search, v.Narrowed, v.Goes, v.Next = "wombat", true, true, "/messages?q=wombat&after=0.1.x"
		}), 1},
		{"messages-past-the-end", "messages", sampleList(func(v *MessagesView) { v.Later = true }), 1},
		{"thread", "thread", sampleThread(1, sampleTicket), 0},
		{"thread-closed", "thread", sampleThread(3, func(v *ThreadView) { sampleTicket(v); v.Closed = true }), 0},
		{"thread-damaged", "thread", sampleThread(4, func(v *ThreadView) { v.Damaged, v.Ticket = true, true }), 0},
		{"announcement", "thread", sampleThread(2, func(v *ThreadView) {
			v.Entries = []EntryView{{Number: 1, Author: Sentence{Key: "thread.desk", Args: map[string]any{"Operator": "Aldermere"}}, At: "Mon, 08:05", Lang: "de", Prose: "<p>Am Sonntag …</p>"}}
			v.Spoken = []LanguageLink{{Language{Tag: "en", Name: "English"}, "/messages/2026-0398?lang=en"}, {Language{Tag: "de", Name: "Deutsch", Current: true}, "/messages/2026-0398?lang=de"}}
		}), 0},
		{"notice", "thread", sampleThread(0, sampleNotice(NoticeAct{Text: string(nodkey.ActRemoveKey), Action: "/phones/k1/not-mine", Brick: true, Note: "notice_page.at_once"})), 0},
		{"notice-link", "thread", sampleThread(0, sampleNotice(NoticeAct{Text: string(nodkey.ActChangePassword), Link: "/password"})), 1},
		{"notice-done", "thread", sampleThread(0, sampleNotice(NoticeAct{Text: string(nodkey.ActRemoveKey), Note: "notice_page.phone_gone"})), 0},
	}
}
