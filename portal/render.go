package portal

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"math"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed templates/*.html
var templates embed.FS

// Translator speaks one language; i18n.Localizer is one.
type Translator interface {
	Lang() string
	// T gives the plain text of a key; an argument Count chooses the plural form.
	T(key string, args map[string]any) string
	// Remaining gives a countdown in figures, Spoken in words.
	Remaining(time.Duration) string
	Spoken(time.Duration) string
	Gap() string // between two sentences
}

// AssetPaths gives the URL path of a built browser file; web.Assets does.
type AssetPaths interface{ Path(name string) string }

// view is any struct that embeds Page.
type view interface{ page() Page }

// Renderer holds every page in every language. A page is parsed when it is
// first shown in a language: most are never shown in most languages, and all
// of them together take more memory than the rest of an idle server. It is
// safe for concurrent use.
type Renderer struct {
	pages    map[string]map[string]pageSet // language, page
	fallback string
}

// pageSet gives a page's templates; the first call parses them.
type pageSet func() (*template.Template, error)

// NewRenderer makes the pages for each translator; the first is the fallback.
// It fails if a template is wrong or names a browser file that was not built.
func NewRenderer(assets AssetPaths, translators ...Translator) (*Renderer, error) {
	if len(translators) == 0 {
		return nil, errors.New("a renderer needs a language")
	}
	r := &Renderer{pages: make(map[string]map[string]pageSet), fallback: translators[0].Lang()}
	names, parts, err := templateNames()
	if err != nil {
		return nil, err
	}
	for _, translator := range translators {
		calls := functions(assets, translator)
		pages := make(map[string]pageSet, len(names))
		for _, name := range names {
			pages[name] = sync.OnceValues(func() (*template.Template, error) { return parse(calls, parts, name) })
		}
		r.pages[translator.Lang()] = pages
	}
	if err := check(functions(assets, translators[0]), parts, names); err != nil {
		return nil, err
	}
	return r, nil
}

// check says at the start what is wrong with a page, in one language for all. What it parses is not kept.
func check(calls template.FuncMap, parts, names []string) error {
	shared, err := parseParts(calls, parts)
	if err != nil {
		return err
	}
	for _, name := range names {
		set, err := shared.Clone()
		if err == nil {
			err = add(set, name, calls)
		}
		if err != nil {
			return fmt.Errorf("template %s: %w", name, err)
		}
	}
	return nil
}

// Render writes a page: name is its template without ".html", v its view. The
// page is made in memory first, so an error leaves w untouched.
func (r *Renderer) Render(w http.ResponseWriter, status int, name string, v view) error {
	pages, ok := r.pages[v.page().Lang]
	if !ok {
		pages = r.pages[r.fallback]
	}
	set, ok := pages[name]
	if !ok {
		return fmt.Errorf("no page %q", name)
	}
	page, err := set()
	if err != nil {
		return fmt.Errorf("template %s: %w", name, err)
	}
	var buffer bytes.Buffer
	if err := page.ExecuteTemplate(&buffer, "layout", v); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, err = buffer.WriteTo(w)
	return err
}

// templateNames lists the pages, and the files that every page has: layout
// and the parts (files named part_*.html).
func templateNames() (pages, parts []string, err error) {
	files, err := fs.Glob(templates, "templates/*.html")
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if name == "layout" || strings.HasPrefix(name, "part_") {
			parts = append(parts, name)
		} else {
			pages = append(pages, name)
		}
	}
	return pages, parts, err
}

// parse makes a page's set of templates: the parts and the page itself, which
// defines "title", "scripts" and "main".
func parse(calls template.FuncMap, parts []string, page string) (*template.Template, error) {
	set, err := parseParts(calls, parts)
	if err != nil {
		return nil, err
	}
	return set, add(set, page, calls)
}

// parseParts makes the set that every page's begins with.
func parseParts(calls template.FuncMap, parts []string) (*template.Template, error) {
	set := template.New("").Funcs(calls)
	for _, part := range parts {
		if err := add(set, part, calls); err != nil {
			return nil, fmt.Errorf("template %s: %w", part, err)
		}
	}
	return set, nil
}

// add parses one file into a set of templates.
func add(set *template.Template, name string, calls template.FuncMap) error {
	source, err := templates.ReadFile("templates/" + name + ".html")
	if err != nil {
		return err
	}
	settled, err := settle(string(source), calls)
	if err != nil {
		return err
	}
	_, err = set.New(name + ".html").Parse(settled)
	return err
}

// fixed finds calls whose answer is the same for every page of a language: {{t "key"}}, {{asset "name"}} and
// {{icon "name" "class" …}}. A call written otherwise, {{"name" | asset}}, is asked when the page is shown: for what is not
// there outside the demo.
var fixed = regexp.MustCompile(`\{\{(?:(t|asset) ("[^"\\]*")|(icon)((?: "[^"\\]*")+))\}\}`)

// settle puts the answers of such calls into a template's text once, instead of asking for them again for every page. They
// stand in text and in quoted attributes, so escaping them as HTML is what html/template would do.
func settle(source string, calls template.FuncMap) (string, error) {
	text, asset, icon := calls["t"].(textCall), calls["asset"].(assetCall), calls["icon"].(iconCall)
	var failed error
	settled := fixed.ReplaceAllStringFunc(source, func(call string) string {
		found := fixed.FindStringSubmatch(call)
		var answer string
		var err error
		switch {
		case found[1] == "t":
			answer, err = text(strings.Trim(found[2], `"`))
			answer = template.HTMLEscapeString(answer)
		case found[1] == "asset":
			answer, err = asset(strings.Trim(found[2], `"`))
			answer = template.HTMLEscapeString(answer)
		default:
			names := strings.Split(strings.Trim(found[4], ` "`), `" "`)
			var drawn template.HTML
			drawn, err = icon(names[0], names[1:]...)
			answer = string(drawn)
		}
		failed = errors.Join(failed, err)
		return strings.ReplaceAll(answer, "{{", `{{"{{"}}`)
	})
	return settled, failed
}

// The calls that settle makes.
type (
	textCall  = func(key any, args ...any) (string, error)
	assetCall = func(name string) (string, error)
	iconCall  = func(name string, classes ...string) (template.HTML, error)
)

// functions are what templates may call.
//
//	t "key" "Name" value …   the sentence as plain text
//	rich "key" …             the same, **marked** words strong
//	linked "key" …           .Before, .Text, .After of a sentence with [link words]
//	say sentence             a Sentence
//	icon "name" "class"…     an icon of the sprite, hidden from readers
//	asset "name"             the path of a built file
//	remaining, spoken        a duration in figures, in words
//	gap                      what stands between two sentences
//	dash left total          how much of a countdown ring is drawn
//	ms                       a duration as integer milliseconds
//	digits "47"              its characters one by one
//	inc                      an index counted from one
//	choice "id" options      what the part "choose" takes
func functions(assets AssetPaths, translator Translator) template.FuncMap {
	text := func(key any, args ...any) (string, error) {
		named, err := pairs(args)
		if err != nil {
			return "", err
		}
		return translator.T(fmt.Sprint(key), named), nil
	}
	asset := func(name string) (string, error) {
		if p := assets.Path(name); p != "" {
			return p, nil
		}
		return "", fmt.Errorf("no browser file %q", name)
	}
	return template.FuncMap{
		"t":     text,
		"asset": asset,
		"rich": func(key any, args ...any) (template.HTML, error) {
			plain, err := text(key, args...)
			return strong(plain), err
		},
		"linked": func(key any, args ...any) (sentenceWithLink, error) {
			plain, err := text(key, args...)
			return splitLink(plain), err
		},
		"say": func(s Sentence) string { return translator.T(s.Key, s.Args) },
		"icon": func(name string, classes ...string) (template.HTML, error) {
			sprite, err := asset("sprite.svg")
			if err != nil {
				return "", err
			}
			class := template.HTMLEscapeString(strings.Join(append([]string{"icon"}, classes...), " "))
			return template.HTML(`<svg class="` + class + `" aria-hidden="true"><use href="` + template.HTMLEscapeString(sprite+"#"+name) + `"></use></svg>`), nil //nolint:gosec // escaped
		},
		"remaining": translator.Remaining,
		"spoken":    translator.Spoken,
		"gap":       translator.Gap,
		"dash":      dash,
		"ms":        time.Duration.Milliseconds,
		"digits":    func(number string) []string { return strings.Split(number, "") },
		"inc":       func(i int) int { return i + 1 },
		"choice":    func(id string, options []Option) choice { return choice{id, options} },
	}
}

// pairs makes a map of "Name", value, "Name", value.
func pairs(args []any) (map[string]any, error) {
	if len(args)%2 != 0 {
		return nil, errors.New("arguments come as name and value")
	}
	named := make(map[string]any, len(args)/2)
	for i := 0; i < len(args); i += 2 {
		name, ok := args[i].(string)
		if !ok {
			return nil, fmt.Errorf("argument %d is no name", i)
		}
		named[name] = args[i+1]
	}
	return named, nil
}

// strong turns **words** into strong ones; everything else is escaped.
func strong(plain string) template.HTML {
	parts := strings.Split(plain, "**")
	if len(parts)%2 == 0 {
		return template.HTML(template.HTMLEscapeString(plain)) //nolint:gosec // escaped
	}
	var b strings.Builder
	for i, part := range parts {
		escaped := template.HTMLEscapeString(part)
		if i%2 == 1 {
			escaped = "<strong>" + escaped + "</strong>"
		}
		b.WriteString(escaped)
	}
	return template.HTML(b.String()) //nolint:gosec // every part is escaped
}

// sentenceWithLink is a sentence around the words of its one link.
type sentenceWithLink struct{ Before, Text, After string }

func splitLink(plain string) sentenceWithLink {
	before, rest, ok := strings.Cut(plain, "[")
	words, after, closed := strings.Cut(rest, "]")
	if !ok || !closed {
		return sentenceWithLink{Before: plain}
	}
	return sentenceWithLink{before, words, after}
}

// choice is a drop-down list with the id and name that its label and its form know it by.
type choice struct {
	ID      string
	Options []Option
}

// dash is the attribute stroke-dasharray of a ring with pathLength 100.
func dash(left, total time.Duration) string {
	if total <= 0 {
		return "0 100"
	}
	share := 100 * math.Max(0, math.Min(1, float64(left)/float64(total)))
	return strconv.FormatFloat(share, 'f', 1, 64) + " 100"
}
