package prose

import (
	"html/template"
	"regexp"
	"strconv"
	"strings"

	"github.com/microcosm-cc/bluemonday"
)

// sanitiser is the second lock: what HTML writes is safe by itself, and this lets nothing else through.
var sanitiser = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "hr", "strong", "em", "br", "a", "div", "table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^table$`)).OnElements("div")
	p.AllowAttrs("tabindex").Matching(regexp.MustCompile(`^0$`)).OnElements("div")
	p.AllowAttrs("scope").Matching(regexp.MustCompile(`^col$`)).OnElements("th")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(left|center|right)$`)).OnElements("th", "td")
	p.RequireParseableURLs(true)
	p.AllowURLSchemes("https", "mailto")
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(false)
	p.AllowAttrs("rel").Matching(regexp.MustCompile(`^noopener noreferrer nofollow$`)).OnElements("a")
	return p
}()

// HTML shows Markdown in a page, below a heading of the second level: headings begin at h3.
func HTML(markdown string) template.HTML {
	var w writer
	w.blocks(Blocks(markdown), false)
	return template.HTML(sanitiser.Sanitize(w.String())) //nolint:gosec // sanitised
}

type writer struct{ strings.Builder }

func (w *writer) put(parts ...string) {
	for _, p := range parts {
		w.WriteString(p)
	}
}

// blocks writes blocks; bare leaves out the marks of paragraphs.
func (w *writer) blocks(list []Block, bare bool) {
	for _, b := range list {
		switch b.Kind {
		case Paragraph:
			if bare {
				w.runs(b.Runs)
			} else {
				w.element("p", b.Runs)
			}
		case Heading:
			w.element("h"+strconv.Itoa(min(max(b.level, 1)+2, 6)), b.Runs)
		case Code:
			w.put("<pre><code>")
			for _, r := range b.Runs {
				w.put(template.HTMLEscapeString(r.Text))
			}
			w.put("</code></pre>")
		case Rule:
			w.put("<hr>")
		case Quote:
			w.put("<blockquote>")
			w.blocks(b.Blocks, false)
			w.put("</blockquote>")
		case Bullets, Numbers:
			w.list(b)
		case Table:
			w.table(b)
		}
	}
}

func (w *writer) list(b Block) {
	w.put("<", b.Kind)
	if b.Kind == Numbers && b.first != 1 {
		w.put(` start="`, strconv.Itoa(b.first), `"`)
	}
	w.put(">")
	for _, item := range b.Items {
		w.put("<li>")
		w.blocks(item, b.tight)
		w.put("</li>")
	}
	w.put("</", b.Kind, ">")
}

func (w *writer) element(name string, runs []Run) {
	w.put("<", name, ">")
	w.runs(runs)
	w.put("</", name, ">")
}

func (w *writer) runs(runs []Run) {
	for _, r := range runs {
		var ends []string
		open := func(tag, end string) {
			w.put(tag)
			ends = append(ends, end)
		}
		if r.Href != "" {
			open(`<a href="`+template.HTMLEscapeString(r.Href)+`" rel="noopener noreferrer nofollow">`, "</a>")
		}
		if r.Strong {
			open("<strong>", "</strong>")
		}
		if r.Em {
			open("<em>", "</em>")
		}
		if r.Code {
			open("<code>", "</code>")
		}
		w.put(strings.ReplaceAll(template.HTMLEscapeString(r.Text), "\n", "<br>"))
		for i := len(ends) - 1; i >= 0; i-- {
			w.put(ends[i])
		}
	}
}
