package portal

import "html/template"

// Badge is how many messages are unread, on every page of a full session.
type Badge struct {
	Text string // "3", "99+"; empty: none is unread
	Said string // the same in words
	Live Live
}

// MessagesView is "messages": a page of the box.
type MessagesView struct {
	Page
	Search     string // what is looked for
	Kinds      []Option
	Statuses   []Option
	Categories []Option
	UnreadOnly bool
	Filtered   bool // something narrows the list beside the words looked for
	Narrowed   bool // something narrows the list
	Rows       []MessageRow
	Next       string // path of the next page; empty: this is the last
	Goes       bool   // a search that has not looked at everything: it goes on at Next
	Later      bool   // this is not the first page
	First      string // path of the first page of the same
}

// Option is a choice of a drop-down list, in words.
type Option struct {
	Value, Text string
	Chosen      bool
}

// MessageRow is a message in the list.
type MessageRow struct {
	Reference string
	Icon      string
	Title     string // empty: it does not open
	TitleLang string // of Title, where it is not the page's
	Kind      string // in words: what a ticket is about, or what else it is
	When      string
	Unread    bool
	Chip      *Chip
}

// ThreadView is "thread": one message.
type ThreadView struct {
	Page
	MessageRow
	Damaged bool
	Notice  *NoticeView // a notice says everything here
	Entries []EntryView
	Spoken  []LanguageLink // the languages of an announcement in several
	Compose *ComposeView   // of a ticket
	Ticket  bool
	Closed  bool
	Back    string // path of the list
}

// LanguageLink leads to the same text in another language.
type LanguageLink struct {
	Language
	Path string
}

// EntryView is what one side wrote.
type EntryView struct {
	Number  int
	Author  Sentence
	Own     bool // the reader's
	At      string
	Lang    string
	Signed  bool
	Damaged bool
	Plain   string        // text whose ends of lines count; empty: Prose
	Prose   template.HTML // made by package prose, which lets nothing harmful through
	Files   []FileView
}

// FileView is a file that can be downloaded.
type FileView struct{ ID, Name, Type, Size string }

// NoticeView is what the server tells of the account, in words.
type NoticeView struct {
	Happened, Next string // Next: what to do if it was somebody else
	Harmless       bool   // nothing is to be done if it was its reader
	Facts          []Fact
	Act            NoticeAct
}

// Fact is a name and a value.
type Fact struct{ Name, Value string }

// NoticeAct is the one thing that a notice offers to do.
type NoticeAct struct {
	Text   string // key of the button's words
	Action string // POST to it does it
	Link   string // or the page that does it; both empty: there is nothing left to do
	Brick  bool   // it takes something away
	Note   string // key of what to know before, or why there is nothing to do; empty: nothing
}
