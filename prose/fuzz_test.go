package prose_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"github.com/nodkey/nodkey/prose"
)

// FuzzHTML reads back what was written: only elements, attributes and addresses that are ours may be in it, and the three
// forms must say the same.
func FuzzHTML(f *testing.F) {
	for _, seed := range []string{
		"# a\n\nb *c* **d** `e` [f](https://g.example) <h@i.example>", "> a\n> - b\n>   1. c\n\n---\n", "<script>x</script> &lt;b&gt;",
		"[a](javascript:b)", "![a](data:b)", "[a]: https://b.example\n\n[a]", "```\n<a href=x>\n```", "\x00\u202e&#x202e;", strings.Repeat("> ", 40) + "a",
		"| a | b |\n| --- | ---: |\n| `c\\|d` | [e](https://f.example) |\n| g |\n| h | i | j |", "a | b\n:-: | :-\n\\| | <b>", "> | a |\n> |---|\n> | **b |",
		"| " + strings.Repeat("a | ", 30) + "\n|" + strings.Repeat("-|", 30) + "\n|b|",
	} {
		f.Add(seed)
	}
	elements := []string{"p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "hr", "strong", "em", "br", "a", "div", "table", "thead", "tbody", "tr", "th", "td"}
	f.Fuzz(func(t *testing.T, source string) {
		z := html.NewTokenizer(strings.NewReader(string(prose.HTML(source))))
		var seen strings.Builder
		for z.Next() != html.ErrorToken {
			token := z.Token()
			switch token.Type {
			case html.TextToken:
				seen.WriteString(token.Data)
			case html.StartTagToken, html.EndTagToken:
				if !slices.Contains(elements, token.Data) {
					t.Fatalf("element %q", token.Data)
				}
				for _, a := range token.Attr {
					link := token.Data == "a" && (a.Key == "rel" || a.Key == "href" && (strings.HasPrefix(a.Val, "https://") || strings.HasPrefix(a.Val, "mailto:")))
					place := a.Key == "class" && (a.Val == "left" || a.Val == "center" || a.Val == "right")
					table := token.Data == "div" && (a.Key == "class" && a.Val == "table" || a.Key == "tabindex" && a.Val == "0") ||
						token.Data == "th" && (a.Key == "scope" && a.Val == "col" || place) || token.Data == "td" && place
					if !link && !table && (token.Data != "ol" || a.Key != "start") {
						t.Fatalf("attribute %s of %s: %q", a.Key, token.Data, a.Val)
					}
				}
			default:
				t.Fatalf("a token of kind %v: %q", token.Type, token.Data)
			}
		}
		blocks := prose.Blocks(source)
		if _, err := json.Marshal(blocks); err != nil {
			t.Fatal(err)
		}
		if got, want := letters(seen.String()), letters(words(t, blocks)); got != want {
			t.Fatalf("the page says %q, phones %q", got, want)
		}
		for _, c := range prose.Plain(source) {
			if c != '\n' && c != '\t' && c != '\u200c' && c != '\u200d' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c)) {
				t.Fatalf("plain text has %U", c)
			}
		}
	})
}

// words gathers what blocks say.
func words(t *testing.T, list []prose.Block) string {
	var b strings.Builder
	for _, block := range list {
		for _, r := range block.Runs {
			if r.Href != "" && !strings.HasPrefix(r.Href, "https://") && !strings.HasPrefix(r.Href, "mailto:") {
				t.Fatalf("leads to %q", r.Href)
			}
			b.WriteString(r.Text)
		}
		for _, item := range block.Items {
			b.WriteString(words(t, item))
		}
		b.WriteString(words(t, block.Blocks))
	}
	return b.String()
}

func letters(s string) string { return strings.Join(strings.Fields(s), "") }
