package prose

import (
	"html"
	"net/mail"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
)

// longest is how long an address may be, in bytes.
const longest = 2_000

// line gives the runs of what stands in a block.
func (r reader) line(n ast.Node) []Run { return trimmed(r.inline(n, Run{}, nil)) }

// inline appends what the children of a node say in a style.
func (r reader) inline(parent ast.Node, style Run, runs []Run) []Run {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		in := style
		switch n := n.(type) {
		case *ast.Text:
			in.Text = r.text(n)
			runs = add(runs, in)
		case *ast.CodeSpan:
			var code strings.Builder
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				if t, ok := c.(*ast.Text); ok {
					code.Write(t.Segment.Value(r.source))
				}
			}
			in.Text, in.Code = strings.ReplaceAll(code.String(), "\n", " "), true
			runs = add(runs, in)
		case *ast.Emphasis:
			in.Strong, in.Em = in.Strong || n.Level == 2, in.Em || n.Level == 1
			runs = r.inline(n, in, runs)
		case *ast.Link:
			in.Href = address(said(n.Destination))
			runs = r.inline(n, in, runs)
		case *ast.AutoLink:
			in.Text = clean(string(n.Label(r.source)))
			to := string(n.URL(r.source))
			if n.AutoLinkType == ast.AutoLinkEmail {
				to = "mailto:" + in.Text
			}
			in.Href = address(to)
			runs = add(runs, in)
		default: // an image: what it is said to show
			runs = r.inline(n, in, runs)
		}
	}
	return runs
}

// text gives a piece of text and how its line ends.
func (r reader) text(n *ast.Text) string {
	text := said(n.Segment.Value(r.source))
	switch {
	case n.HardLineBreak():
		return text + "\n"
	case !n.SoftLineBreak():
		return text
	}
	before, _ := utf8.DecodeLastRuneInString(text)
	after := utf8.RuneError
	if next, ok := n.NextSibling().(*ast.Text); ok {
		after, _ = utf8.DecodeRune(next.Segment.Value(r.source))
	}
	if unspaced(before) && unspaced(after) {
		return text
	}
	return text + " "
}

// unspaced is written without spaces, so that the end of a line is none.
func unspaced(c rune) bool {
	return unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana) || c >= 0x3000 && c <= 0x30ff || c >= 0xff00 && c <= 0xffef
}

// said reads the backslashes and entities of a piece of text.
func said(source []byte) string {
	var b strings.Builder
	text := string(source)
	for len(text) > 0 {
		i := strings.IndexAny(text, `\&`)
		if i < 0 {
			break
		}
		b.WriteString(text[:i])
		text = text[i:]
		n, word := 1, text[:1]
		switch {
		case text[0] == '\\' && len(text) > 1 && strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", text[1]) >= 0:
			n, word = 2, text[1:2]
		case text[0] == '&':
			if end := strings.IndexByte(text[:min(len(text), 34)], ';'); end > 1 && !strings.ContainsAny(text[1:end], " \t\n&") {
				if read := html.UnescapeString(text[:end+1]); !strings.HasSuffix(read, ";") || read == ";" {
					n, word = end+1, read
				}
			}
		}
		b.WriteString(word)
		text = text[n:]
	}
	b.WriteString(text)
	return clean(b.String())
}

// address gives where a link leads, empty for what nobody should be led to.
func address(to string) string {
	if len(to) > longest || clean(to) != to || strings.ContainsAny(to, " \t\n\"'<>`\\") {
		return ""
	}
	u, err := url.Parse(to)
	switch {
	case err != nil:
		return ""
	case u.Scheme == "https" && u.Host != "" && u.Hostname() != "" && u.User == nil && u.Opaque == "":
		return u.String()
	case u.Scheme == "mailto" && u.RawQuery == "" && u.Fragment == "":
		if a, err := mail.ParseAddress(u.Opaque); err == nil && a.Name == "" && a.Address == u.Opaque {
			return u.String()
		}
	}
	return ""
}

// trimmed takes the spaces off both ends of a line.
func trimmed(runs []Run) []Run {
	for len(runs) > 0 {
		if runs[0].Text = strings.TrimLeft(runs[0].Text, " \t\n"); runs[0].Text != "" {
			break
		}
		runs = runs[1:]
	}
	for n := len(runs); n > 0; n = len(runs) {
		if runs[n-1].Text = strings.TrimRight(runs[n-1].Text, " \t\n"); runs[n-1].Text != "" {
			break
		}
		runs = runs[:n-1]
	}
	return runs
}
