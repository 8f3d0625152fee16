package prose

import (
	"strings"

	gmast "github.com/yuin/goldmark/extension/ast"
)

// The bounds of tables (GitHub Flavored Markdown, "Tables"). Rows are filled up to the columns of the head, so that without them few
// bytes would make many cells.
const (
	columns = 20    // of a table
	rowed   = 2_000 // lines of a text that has one
)

// The places of a column's cells.
const (
	atLeft   = "left"
	atCenter = "center"
	atRight  = "right"
)

// tooWide finds tables that nobody writes: every line that could stand below a head is looked at, wherever it is nested.
func tooWide(source string) bool {
	tables, lines := false, 0
	for line := range strings.Lines(source) {
		lines++
		if !strings.Contains(line, "-") || strings.Trim(line, "|:- \t\n\v\f>+*.)0123456789") != "" {
			continue
		}
		switch n := strings.Count(line, "|"); {
		case n > columns+1:
			return true
		case n > 0 || strings.Contains(line, ":"):
			tables = true
		}
	}
	return tables && lines > rowed
}

// table gives a table: its first item is the head, and each item has a paragraph, empty or not, for each column.
func (r reader) table(n *gmast.Table) Block {
	b := Block{Kind: Table}
	for row := n.FirstChild(); row != nil; row = row.NextSibling() {
		var cells []Block
		for cell := row.FirstChild(); cell != nil && len(cells) < len(n.Alignments); cell = cell.NextSibling() {
			cells = append(cells, Block{Kind: Paragraph, Runs: r.line(cell)})
		}
		b.Items = append(b.Items, cells)
	}
	placed := false
	for _, a := range n.Alignments {
		place := map[gmast.Alignment]string{gmast.AlignLeft: atLeft, gmast.AlignCenter: atCenter, gmast.AlignRight: atRight}[a]
		b.Align, placed = append(b.Align, place), placed || place != ""
	}
	if !placed {
		b.Align = nil
	}
	return b
}

// place is where the cells of a column stand; empty: where the text begins.
func (b Block) place(column int) string {
	if column < len(b.Align) {
		return b.Align[column]
	}
	return ""
}

// table writes a table that is looked through in a box of its own where the page is narrower.
func (w *writer) table(b Block) {
	w.put(`<div class="table" tabindex="0"><table>`)
	for i, row := range b.Items {
		cell, end := `<td`, `</td>`
		switch i {
		case 0:
			cell, end = `<th scope="col"`, `</th>`
			w.put("<thead>")
		case 1:
			w.put("<tbody>")
		}
		w.put("<tr>")
		for column, c := range row {
			w.put(cell)
			if place := b.place(column); place != "" {
				w.put(` class="`, place, `"`)
			}
			w.put(">")
			w.runs(c.Runs)
			w.put(end)
		}
		w.put("</tr>")
		if i == 0 {
			w.put("</thead>")
		}
	}
	if len(b.Items) > 1 {
		w.put("</tbody>")
	}
	w.put("</table></div>")
}

// wide is how many letters of a line of plain text a table may take; one that is wider is told row by row.
const wide = 72

// plainTable gives the lines of a table in letters.
func plainTable(b Block) (lines []string) {
	rows := make([][]string, len(b.Items))
	widths := []int{}
	for i, row := range b.Items {
		for column, cell := range row {
			said := strings.ReplaceAll(plainRuns(cell.Runs), "\n", " ")
			rows[i] = append(rows[i], said)
			if column == len(widths) {
				widths = append(widths, 1)
			}
			widths[column] = max(widths[column], span(said))
		}
	}
	all := 3 * (len(widths) - 1)
	for _, w := range widths {
		all += w
	}
	if all > wide {
		return plainRecords(rows)
	}
	for i, row := range rows {
		var line strings.Builder
		for column, said := range row {
			if column > 0 {
				line.WriteString(" | ")
			}
			space := widths[column] - span(said)
			before := 0
			switch b.place(column) {
			case atRight:
				before = space
			case atCenter:
				before = space / 2
			}
			line.WriteString(strings.Repeat(" ", before) + said + strings.Repeat(" ", space-before))
		}
		lines = append(lines, strings.TrimRight(line.String(), " "))
		if i == 0 {
			rule := make([]string, len(widths))
			for column, w := range widths {
				rule[column] = strings.Repeat("-", w)
			}
			lines = append(lines, strings.Join(rule, "-|-"))
		}
	}
	return lines
}

// plainRecords tells a table row by row, each cell behind the head of its column.
func plainRecords(rows [][]string) (lines []string) {
	head := rows[0]
	if len(rows) == 1 {
		return []string{strings.Join(head, ", ")}
	}
	for i, row := range rows[1:] {
		if i > 0 {
			lines = append(lines, "")
		}
		for column, said := range row {
			if said == "" {
				continue
			}
			if column < len(head) && head[column] != "" {
				said = head[column] + ": " + said
			}
			lines = append(lines, said)
		}
	}
	return lines
}

// span is how many letters' room a text takes in a terminal: scripts without spaces have letters of two.
func span(text string) (n int) {
	for _, c := range text {
		n++
		if unspaced(c) {
			n++
		}
	}
	return n
}
