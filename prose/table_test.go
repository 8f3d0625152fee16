package prose_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/prose"
)

const fees = "Our fees:\n\n| Service | From 1 March | Note |\n| :-- | --: | :-: |\n| Card | 12.00 EUR | **new** |\n| Transfer `a\\|b` | 0.00 EUR |\n\nThank you."

func TestATableIsATableInAllThreeForms(t *testing.T) {
	html := string(prose.HTML(fees))
	for _, piece := range []string{
		`<p>Our fees:</p><div class="table" tabindex="0"><table><thead><tr><th scope="col" class="left">Service</th><th scope="col" class="right">From 1 March</th><th scope="col" class="center">Note</th></tr></thead>`,
		`<tbody><tr><td class="left">Card</td><td class="right">12.00 EUR</td><td class="center"><strong>new</strong></td></tr>`,
		`<td class="left">Transfer <code>a|b</code></td><td class="right">0.00 EUR</td><td class="center"></td></tr></tbody></table></div><p>Thank you.</p>`,
	} {
		if !strings.Contains(html, piece) {
			t.Errorf("no %s in\n%s", piece, html)
		}
	}
	plain := "Our fees:\n\nService      | From 1 March | Note\n-------------|--------------|-----\nCard         |    12.00 EUR | new\nTransfer a|b |     0.00 EUR |\n\nThank you."
	if got := prose.Plain(fees); got != plain {
		t.Errorf("plain:\n%s\nwant:\n%s", got, plain)
	}
	raw, err := json.Marshal(prose.Blocks(fees)[1])
	want := `{"kind":"table","items":[[{"kind":"p","runs":[{"text":"Service"}]},{"kind":"p","runs":[{"text":"From 1 March"}]},{"kind":"p","runs":[{"text":"Note"}]}],` +
		`[{"kind":"p","runs":[{"text":"Card"}]},{"kind":"p","runs":[{"text":"12.00 EUR"}]},{"kind":"p","runs":[{"text":"new","strong":true}]}],` +
		`[{"kind":"p","runs":[{"text":"Transfer "},{"text":"a|b","code":true}]},{"kind":"p","runs":[{"text":"0.00 EUR"}]},{"kind":"p"}]],"align":["left","right","center"]}`
	if err != nil || string(raw) != want {
		t.Errorf("phones get\n%s\nwant\n%s", raw, want)
	}
	var back []prose.Block
	if err := json.Unmarshal([]byte("["+string(raw)+"]"), &back); err != nil || !strings.Contains(plain, prose.PlainBlocks(back)) {
		t.Errorf("read back: %v\n%s", err, prose.PlainBlocks(back))
	}
}

func TestAWideTableIsToldRowByRowInLetters(t *testing.T) {
	long := strings.Repeat("word ", 16)
	source := "| 項目 | What it is |  |\n|---|---|---|\n| 手数料 | " + long + " | x |\n| b | " + long + " | |\n"
	line := strings.TrimSpace(long)
	want := "項目: 手数料\nWhat it is: " + line + "\nx\n\n項目: b\nWhat it is: " + line
	if got := prose.Plain(source); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Rows are filled up to the head's columns: a few bytes must not make millions of cells.
func TestTablesThatNobodyWritesStayText(t *testing.T) {
	for name, source := range map[string]string{
		"columns":       strings.Repeat("a|", 500) + "\n" + strings.Repeat("-|", 500) + "\n" + strings.Repeat("|\n", 50_000),
		"rows":          "a|b\n-|-\n" + strings.Repeat("c\n", 70_000),
		"in a list":     "- " + strings.Repeat("a|", 100) + "\n  " + strings.Repeat("-|", 100) + "\n" + strings.Repeat("  |\n", 30_000),
		"in a quote":    "> " + strings.Repeat("a|", 100) + "\n> " + strings.Repeat(":-:|", 100) + "\n" + strings.Repeat("> |\n", 30_000),
		"one with rows": "a|\n:-|\n" + strings.Repeat("c\n", 70_000),
	} {
		began := time.Now()
		html := string(prose.HTML(source))
		if strings.Contains(html, "<table") || len(html) > 4*len(source) || time.Since(began) > 5*time.Second {
			t.Errorf("%s: %d bytes from %d in %s", name, len(html), len(source), time.Since(began))
		}
	}
	if html := string(prose.HTML("> | a |\n> | - |\n> | b |")); !strings.Contains(html, `<blockquote><div class="table"`) {
		t.Errorf("a table in a quote: %s", html)
	}
}
