package prose

// The kinds of blocks.
const (
	Paragraph = "p"
	Heading   = "h"
	Bullets   = "ul"
	Numbers   = "ol"
	Quote     = "quote"
	Code      = "code"
	Rule      = "rule"
	Table     = "table"
)

// Block is a part of a text that stands by itself. Its JSON is what phones read (docs/protocol.md).
type Block struct {
	Kind   string    `json:"kind"`
	Runs   []Run     `json:"runs,omitempty"`   // of a paragraph, a heading, code
	Items  [][]Block `json:"items,omitempty"`  // of lists; of a table the rows, the first its head, each of as many paragraphs
	Align  []string  `json:"align,omitempty"`  // of a table's columns: left, center, right or empty; nil: none is anywhere
	Blocks []Block   `json:"blocks,omitempty"` // of a quote

	level int  // of a heading, from 1
	first int  // number of a list's first item
	tight bool // a list whose items are lines and no paragraphs
}

// Run is a piece of text in one style. A line that ends where the writer wanted it to ends in \n.
type Run struct {
	Text   string `json:"text"`
	Strong bool   `json:"strong,omitempty"`
	Em     bool   `json:"em,omitempty"`
	Code   bool   `json:"code,omitempty"`
	Href   string `json:"href,omitempty"` // https or mailto, and nothing else
}

// add appends a run, to the one before it where they look the same.
func add(runs []Run, r Run) []Run {
	if r.Text == "" {
		return runs
	}
	if n := len(runs); n > 0 {
		last := runs[n-1]
		last.Text = r.Text
		if last == r {
			runs[n-1].Text += r.Text
			return runs
		}
	}
	return append(runs, r)
}
