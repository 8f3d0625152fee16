package forward

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strings"

	"github.com/nodkey/nodkey/i18n"
)

//go:embed templates/*.html
var templates embed.FS

// page is what a person is told. Title and Text are sentences of the catalogues, which may have the gap Name.
type page struct {
	Lang, Title, Text, Button string
	Name                      string // the application's
	Target                    string // where the button leads
	Post                      bool   // the button changes something
	Operator, Portal          string
	Assets                    string // what stands before the paths of assets
	Say                       *i18n.Localizer
	Door                      *Door
}

type pages struct{ set *template.Template }

func newPages() (pages, error) {
	set, err := template.ParseFS(templates, "templates/*.html")
	return pages{set}, err
}

// T gives a sentence.
func (p page) T(key string) string { return p.Say.T(key, map[string]any{"Name": p.Name}) }

// Asset gives the path of a browser file.
func (p page) Asset(name string) string { return p.Assets + p.Door.assets.Path(name) }

// forbidden is for somebody who is signed in and not let through.
func (d *Door) forbidden(name string) page {
	return page{Title: "forward.forbidden.title", Text: "forward.forbidden.text", Button: "forward.to_portal", Name: name, Target: d.Portal.String() + "/"}
}

// lost is for a way that ended nowhere. Without an origin it is told at the portal.
func (d *Door) lost(name, origin string) page {
	p := page{Title: "forward.lost.title", Text: "forward.lost.text", Button: "forward.to_portal", Target: d.Portal.String() + "/"}
	if origin != "" {
		p.Name, p.Button, p.Target = name, "forward.open_again", origin+"/"
	}
	return p
}

// turnedBack is for somebody who did not want to go on, or may not.
func (d *Door) turnedBack(name string) page {
	return page{Title: "forward.turned_back.title", Text: "forward.turned_back.text", Button: "forward.to_portal", Name: name, Target: d.Portal.String() + "/"}
}

// leaving asks whether to sign out.
func (d *Door) leaving(name string) page {
	return page{Title: "forward.leaving.title", Text: "forward.leaving.text", Button: "forward.leaving.yes", Name: name, Target: prefix + "sign-out", Post: true}
}

// left says that it is done.
func (d *Door) left(name string) page {
	return page{Title: "forward.left.title", Text: "forward.left.text", Button: "forward.to_portal", Name: name, Target: d.Portal.String() + "/"}
}

// show writes a page. It is made in memory first.
func (d *Door) show(w http.ResponseWriter, r *http.Request, status int, p page) {
	p.Say, p.Door = d.texts.For(r.Header.Get("Accept-Language")), d
	p.Lang, p.Operator, p.Portal = p.Say.Lang(), d.Operator, d.Portal.String()
	if r.URL.Path != "/forward/return" { // shown at the application's host
		p.Assets = strings.TrimSuffix(prefix, "/")
	}
	var buffer bytes.Buffer
	if err := d.pages.set.ExecuteTemplate(&buffer, "page.html", p); err != nil {
		d.failed(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = buffer.WriteTo(w) // the browser may be gone
}
