package prose

import (
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// emphasis reads CommonMark's, and lets stars count beside letters and punctuation of scripts that have no spaces: without them
// CommonMark takes the stars of これは**「重要」**です for stars.
type emphasis struct{ parser.InlineParser }

func (e emphasis) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	before := block.PrecendingCharacter()
	line, _ := block.PeekLine()
	node := e.InlineParser.Parse(parent, block, pc)
	d, ok := node.(*parser.Delimiter)
	if !ok || d.Char != '*' {
		return node
	}
	after, _ := utf8.DecodeRune(line[d.OriginalLength:])
	d.CanOpen = d.CanOpen || unspaced(before) && d.OriginalLength < len(line) && !unicode.IsSpace(after)
	d.CanClose = d.CanClose || unspaced(after) && !unicode.IsSpace(before)
	return d
}
