package prose

import (
	"strconv"
	"strings"
)

// Plain shows Markdown in letters alone: for a terminal, a preview, a search. Links have their address behind their words.
func Plain(markdown string) string { return strings.Join(plainBlocks(Blocks(markdown)), "\n") }

// PlainBlocks is Plain for blocks as phones have them: numbered lists begin with 1, and those whose items are lines have no
// empty ones between them.
func PlainBlocks(list []Block) string { return strings.Join(plainBlocks(counted(list)), "\n") }

// counted gives blocks what their JSON leaves out.
func counted(list []Block) []Block {
	out := make([]Block, len(list))
	for i, b := range list {
		b.first, b.tight, b.Blocks = 1, true, counted(b.Blocks)
		items := make([][]Block, len(b.Items))
		for j, item := range b.Items {
			items[j] = counted(item)
			for k, part := range item {
				b.tight = b.tight && (k == 0 || part.Kind == Bullets || part.Kind == Numbers)
			}
		}
		b.Items = items
		out[i] = b
	}
	return out
}

// plainBlocks gives lines, with an empty one between blocks.
func plainBlocks(list []Block) (lines []string) {
	for i, b := range list {
		if i > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, plainBlock(b)...)
	}
	return lines
}

func plainBlock(b Block) (lines []string) {
	switch b.Kind {
	case Rule:
		return []string{"---"}
	case Quote:
		return hang("> ", "> ", plainBlocks(b.Blocks))
	case Bullets, Numbers:
		for i, item := range b.Items {
			mark := "- "
			if b.Kind == Numbers {
				mark = strconv.Itoa(b.first+i) + ". "
			}
			if i > 0 && !b.tight {
				lines = append(lines, "")
			}
			text := plainBlocks(item)
			if b.tight {
				text = nil
				for _, part := range item {
					text = append(text, plainBlock(part)...)
				}
			}
			lines = append(lines, hang(mark, strings.Repeat(" ", len(mark)), text)...)
		}
		return lines
	case Table:
		return plainTable(b)
	case Code:
		return hang("    ", "    ", strings.Split(plainRuns(b.Runs), "\n"))
	default:
		return strings.Split(plainRuns(b.Runs), "\n")
	}
}

// hang puts something before the first line and before the others.
func hang(first, rest string, lines []string) []string {
	if len(lines) == 0 {
		lines = []string{""}
	}
	out := make([]string, len(lines))
	for i, line := range lines {
		mark := rest
		if i == 0 {
			mark = first
		}
		out[i] = strings.TrimRight(mark+line, " ")
	}
	return out
}

func plainRuns(runs []Run) string {
	var b strings.Builder
	for i, r := range runs {
		b.WriteString(r.Text)
		if r.Href == "" || i+1 < len(runs) && runs[i+1].Href == r.Href {
			continue // the words of a link may be several runs
		}
		if words := linkWords(runs[:i+1]); words != r.Href && "mailto:"+words != r.Href {
			b.WriteString(" (" + strings.TrimPrefix(r.Href, "mailto:") + ")")
		}
	}
	return b.String()
}

// linkWords gives the words of the link that ends a line.
func linkWords(runs []Run) (words string) {
	href := runs[len(runs)-1].Href
	for i := len(runs) - 1; i >= 0 && runs[i].Href == href; i-- {
		words = runs[i].Text + words
	}
	return words
}
