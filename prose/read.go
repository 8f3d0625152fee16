package prose

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	gmast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	gmtext "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// The bounds of what is read.
const (
	Most     = 160_000 // bytes of a text
	deepest  = 8       // blocks in blocks; those below become a paragraph
	markers  = 32      // quotes and lists that one line may open
	brackets = 1_000   // "[" and "]" in a text: matching them takes the square of their number
)

// markdown is CommonMark with tables and without raw HTML: what looks like it is text.
var markdown = parser.NewParser(
	parser.WithBlockParsers(
		util.Prioritized(parser.NewSetextHeadingParser(), 100),
		util.Prioritized(parser.NewThematicBreakParser(), 200),
		util.Prioritized(parser.NewListParser(), 300),
		util.Prioritized(parser.NewListItemParser(), 400),
		util.Prioritized(parser.NewCodeBlockParser(), 500),
		util.Prioritized(parser.NewATXHeadingParser(), 600),
		util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
		util.Prioritized(parser.NewBlockquoteParser(), 800),
		util.Prioritized(parser.NewParagraphParser(), 1000),
	),
	parser.WithInlineParsers(
		util.Prioritized(parser.NewCodeSpanParser(), 100),
		util.Prioritized(parser.NewLinkParser(), 200),
		util.Prioritized(parser.NewAutoLinkParser(), 300),
		util.Prioritized(emphasis{parser.NewEmphasisParser()}, 500),
	),
	parser.WithParagraphTransformers(
		util.Prioritized(parser.LinkReferenceParagraphTransformer, 100),
		util.Prioritized(extension.NewTableParagraphTransformer(), 200),
	),
	parser.WithASTTransformers(util.Prioritized(extension.NewTableASTTransformer(), 0)),
)

// Blocks reads Markdown into blocks, of which there is none in a text that is empty.
func Blocks(source string) []Block {
	if len(source) > Most {
		cut := Most
		for !utf8.RuneStart(source[cut]) {
			cut--
		}
		source = source[:cut]
	}
	source = strings.ReplaceAll(strings.ToValidUTF8(source, "\uFFFD"), "\r\n", "\n")
	source = clean(strings.ReplaceAll(source, "\r", "\n"))
	if tooMuch(source) {
		return asTyped(source)
	}
	r := reader{source: []byte(source)}
	return r.blocks(markdown.Parse(gmtext.NewReader(r.source)), 1)
}

// clean takes out what controls, hides or turns round, and leaves the ends of lines, tabs and the two joiners.
func clean(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\n', c == '\t', c == '\u200c', c == '\u200d':
			return c
		case c == '\u2028', c == '\u2029':
			return '\n'
		case unicode.IsControl(c), unicode.Is(unicode.Cf, c):
			return -1
		}
		return c
	}, s)
}

// tooMuch finds texts that nobody writes and that would take long to read.
func tooMuch(source string) bool {
	if strings.Count(source, "[")+strings.Count(source, "]") > brackets {
		return true
	}
	for line := range strings.Lines(source) {
		if opens(line) > markers {
			return true
		}
	}
	return tooWide(source)
}

// opens counts the marks of quotes and lists that a line begins with.
func opens(line string) (n int) {
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == ' ', c == '\t', c >= '0' && c <= '9':
		case c == '>':
			n++
		case c == '-', c == '+', c == '*', c == '.', c == ')':
			if i+1 < len(line) && (line[i+1] == ' ' || line[i+1] == '\t') {
				n++
			}
		default:
			return n
		}
	}
	return n
}

// asTyped gives a text's paragraphs with nothing in them read.
func asTyped(source string) (list []Block) {
	for part := range strings.SplitSeq(source, "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, Block{Kind: Paragraph, Runs: []Run{{Text: part}}})
		}
	}
	return list
}

type reader struct{ source []byte }

func (r reader) blocks(parent ast.Node, depth int) (list []Block) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		if b := r.block(n, depth); b.Kind == Rule || len(b.Runs)+len(b.Items)+len(b.Blocks) > 0 {
			list = append(list, b)
		}
	}
	return list
}

func (r reader) block(n ast.Node, depth int) Block {
	switch n := n.(type) {
	case *ast.ThematicBreak:
		return Block{Kind: Rule}
	case *ast.Heading:
		return Block{Kind: Heading, Runs: r.line(n), level: n.Level}
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		return Block{Kind: Code, Runs: add(nil, Run{Text: strings.TrimRight(r.lines(n), "\n")})}
	case *ast.Blockquote:
		if depth < deepest {
			return Block{Kind: Quote, Blocks: r.blocks(n, depth+1)}
		}
	case *ast.List:
		if depth < deepest {
			return r.list(n, depth)
		}
	case *gmast.Table:
		return r.table(n)
	default: // a paragraph, or the text of an item in a list
		return Block{Kind: Paragraph, Runs: r.line(n)}
	}
	return Block{Kind: Paragraph, Runs: r.flat(n, nil)}
}

func (r reader) list(n *ast.List, depth int) Block {
	b := Block{Kind: Bullets, tight: n.IsTight}
	if n.IsOrdered() {
		b.Kind, b.first = Numbers, n.Start
	}
	for item := n.FirstChild(); item != nil; item = item.NextSibling() {
		b.Items = append(b.Items, r.blocks(item, depth+1))
	}
	return b
}

// lines gives the text of a block that is not read further.
func (r reader) lines(n ast.Node) string {
	var b strings.Builder
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		b.Write(line.Value(r.source))
	}
	return b.String()
}

// flat gathers what all blocks of a tree say, with spaces in between.
func (r reader) flat(n ast.Node, runs []Run) []Run {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if c.Type() == ast.TypeBlock && c.HasChildren() && c.FirstChild().Type() == ast.TypeBlock {
			runs = r.flat(c, runs)
			continue
		}
		more := r.line(c)
		if _, code := c.(*ast.CodeBlock); code {
			more = add(nil, Run{Text: r.lines(c)})
		} else if _, code := c.(*ast.FencedCodeBlock); code {
			more = add(nil, Run{Text: r.lines(c)})
		}
		if len(runs) > 0 && len(more) > 0 {
			runs = add(runs, Run{Text: " "})
		}
		for _, run := range more {
			runs = add(runs, run)
		}
	}
	return runs
}
