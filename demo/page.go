package demo

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strings"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
)

//go:embed templates/*.html
var templates embed.FS

// stepNames and stepHints go with the steps.
var (
	stepNames = [...]string{
		StepActivate: "demo.step_activate", StepPassword: "demo.step_password", StepNod: "demo.step_nod", StepIn: "demo.step_in",
	}
	stepHints = [...]string{
		StepActivate: "demo.hint_activate", StepPassword: "demo.hint_password", StepNod: "demo.hint_nod", StepIn: "demo.hint_in",
	}
)

// linesShown is how much of the log stands on a fresh page.
const linesShown = 40

// pageView is "page".
type pageView struct {
	Lang          string
	Chosen        string // the language that was chosen here; portal and phone follow
	Languages     []language
	Portal, Phone string // origins
	PortalHost    string
	Products      []Shop
	Frames        string // the origins of the products, with spaces between
	Trust         string // empty without --lan
	Run           string // differs between servers: a phone of another one is forgotten
	Steps         []string
	Now           progress
	People        []Person
	Lines         []Line
	Seq           int64 // the log goes on after it
	Groups        []group
}

// pageShow answers with the side-by-side page.
func (d *Door) pageShow(w http.ResponseWriter, r *http.Request) {
	say := d.say(r)
	if lang := d.chosen(r); lang != "" {
		d.spoken.Store(lang) // also where the demo is another one than that which was told
	}
	rows, newest, err := d.rowsAfter(r.Context(), 0)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	story := newStory()
	v := pageView{
		Lang: say.Lang(), Chosen: d.chosen(r), Languages: d.languages(say), Groups: groups, Portal: d.Portal.String(), Phone: d.Phone.String(), PortalHost: d.Portal.Host(), Products: d.Products, Frames: d.frames(), Trust: d.Trust.String(),
		Run: d.services.Keys.Server().ID, Steps: stepNames[:], People: d.People, Seq: newest,
	}
	for _, row := range rows {
		story.take(row)
		p, _ := d.who(row.UserID)
		if l, ok := line(say, p, row); ok {
			v.Lines = append(v.Lines, l)
		}
	}
	v.Lines = v.Lines[max(0, len(v.Lines)-linesShown):]
	v.Now = d.progress(say, story.step())
	if err := render(w, say, d.assets.Path, "page", v); err != nil {
		d.fail(w, r, err)
	}
}

// frames are the origins of the products as the page's script reads them.
func (d *Door) frames() string {
	all := make([]string, len(d.Products))
	for i, p := range d.Products {
		all[i] = p.Origin.String()
	}
	return strings.Join(all, " ")
}

func (d *Door) fail(w http.ResponseWriter, r *http.Request, err error) {
	d.log.ErrorContext(r.Context(), "the demo's page failed", "error", nodkey.AsError(err).Err)
	http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
}

// render writes a page; it is made in memory first.
func render(w http.ResponseWriter, say *i18n.Localizer, asset func(name string) string, name string, v any) error {
	text := func(key string, args ...any) string {
		named := make(map[string]any, len(args)/2)
		for i := 0; i+1 < len(args); i += 2 {
			named[args[i].(string)] = args[i+1]
		}
		return say.T(key, named)
	}
	page, err := template.New(name+".html").Funcs(template.FuncMap{
		"t":     text,
		"asset": asset,
		"icon": func(icon string) template.HTML {
			return template.HTML(`<svg class="icon icon-20" aria-hidden="true"><use href="` + template.HTMLEscapeString(asset("sprite.svg")+"#"+icon) + `"></use></svg>`) //nolint:gosec // escaped
		},
		// rich makes **words** strong.
		"rich": func(key string, args ...any) template.HTML {
			parts := strings.Split(text(key, args...), "**")
			for i := range parts {
				parts[i] = template.HTMLEscapeString(parts[i])
				if i%2 == 1 {
					parts[i] = "<strong>" + parts[i] + "</strong>"
				}
			}
			return template.HTML(strings.Join(parts, "")) //nolint:gosec // every part is escaped
		},
	}).ParseFS(templates, "templates/"+name+".html")
	if err != nil {
		return err
	}
	var buffer bytes.Buffer
	if err := page.Execute(&buffer, v); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	_, _ = buffer.WriteTo(w) // the reader may be gone
	return nil
}
