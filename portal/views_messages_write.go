package portal

import "github.com/nodkey/nodkey"

// WriteView is "message_new": a new message is written.
type WriteView struct {
	Page
	About   []AboutGroup
	Chosen  bool   // one of About is
	Once    string // names the form, so that what it holds is sent once
	Subject string // what was typed before, as were the others
	Text    string
	Files   FilesView
	Problem *Problem // Field: about, subject, text, files, or none
	Gone    bool     // nobody is signed in any more; what was typed stands here still
	Back    string   // path of the list
}

// AboutGroup is a category with its topics.
type AboutGroup struct {
	Name    string // empty: its one option is a category without topics
	Options []Option
}

// PreviewView is "message_preview": a new message as it will be kept.
type PreviewView struct {
	Page
	Once    string
	About   string // the option's value
	Names   []string
	Subject string
	Text    string
	Files   FilesView
	Problem *Problem
	Gone    bool
}

// SentView is "message_sent": the message has a number now.
type SentView struct {
	Page
	Reference string
}

// FilesView is the part "compose_files": files of a message that is being written.
type FilesView struct {
	Kept    []FileView // they wait to be sent with it
	Refused []RefusedFile
	Others  []FileView // they wait, too, left over from a message that was not sent, and are in the way
	Free    int        // how many more it takes
	Most    int
	Problem *Problem // Field: files
}

// RefusedFile is a file that was not taken, and why.
type RefusedFile struct {
	Name string
	Text Sentence
}

// ComposeView is the part "compose": an answer to a ticket is written.
type ComposeView struct {
	Reference string
	Closed    bool // it must be reopened first; the part says so where something was typed, and is empty where nothing was
	Once      string
	Text      string
	Files     FilesView
	Problem   *Problem // Field: text, files, or none
	Gone      bool
}

// ReplyView is "message_reply": an answer that was not taken as it was, on a page of its own.
type ReplyView struct {
	Page
	Title     string // of the message; empty: it does not open, or nobody is signed in
	TitleLang string // not the page's, which is Lang
	Compose   ComposeView
}

// TextField is the part "compose_text".
type TextField struct {
	Label, Text string
	Most        int // characters
	Problem     *Problem
}

// TextField is the field of the message's text.
func (v WriteView) TextField(label string) TextField { return textField(label, v.Text, v.Problem) }

// TextField is the field of the answer's text.
func (v ComposeView) TextField(label string) TextField { return textField(label, v.Text, v.Problem) }

func textField(label, text string, p *Problem) TextField {
	f := TextField{Label: label, Text: text, Most: nodkey.TextMax}
	if p != nil && p.Field == "text" {
		f.Problem = p
	}
	return f
}
