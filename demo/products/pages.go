package products

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"html/template"
	"net/http"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
)

//go:embed templates/product.html
var files embed.FS

// page is "product".
type page struct {
	Lang    string
	Product Product
	Portal  string
	Demo    string // the side-by-side page, which frames this one
	Talk    *Shown // nil: nothing is under way
	Failed  string // a sentence of the catalogue: what could not be begun
	Answer  string // where the answer goes
	Picture string // where the picture to scan is
	Waits   bool   // the page looks again by itself
	Form    *form  // what the product asks first; nil: nothing
	Learnt  []Fact // by products that a browser is signed in at
	In      string // where a browser signs in; empty: nowhere
	Out     string // where that browser is signed out; empty: nowhere
	Leave   string // the same where a page asks first
}

// form is what is typed at a product that asks.
type form struct{ Name, Text string }

// say is the language of a product, as none of them has settings: that of the page beside, or else the browser's.
func (s *Shop) say(r *http.Request) *i18n.Localizer {
	if lang := s.Spoken(); lang != "" {
		return s.texts.For(lang)
	}
	return s.texts.For(r.Header.Get("Accept-Language"))
}

func (s *Shop) show(w http.ResponseWriter, r *http.Request, status int, v page) {
	say := s.say(r)
	v.Lang, v.Portal, v.Demo = say.Lang(), s.Portal.String(), s.Page.String()
	tmpl, err := template.New("product.html").Funcs(template.FuncMap{
		"t": func(key string, args ...any) string {
			named := make(map[string]any, len(args)/2)
			for i := 0; i+1 < len(args); i += 2 {
				named[args[i].(string)] = args[i+1]
			}
			return say.T(key, named)
		},
		"asset": s.assets.Path,
		"gap":   say.Gap,
	}).ParseFS(files, "templates/product.html")
	var out bytes.Buffer
	if err == nil {
		err = tmpl.Execute(&out, v)
	}
	if err != nil {
		s.log.ErrorContext(r.Context(), "a product of the demo failed", "product", v.Product.ID, "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w) // the reader may be gone
}

// askRoutes are those of a product that asks: a form, then a talk.
func (s *Shop) askRoutes(p Product, mux *http.ServeMux) {
	text := func(r *http.Request) string {
		if p.text == "" {
			return ""
		}
		return s.say(r).T(p.text, nil)
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		s.show(w, r, http.StatusOK, page{Product: p, Form: &form{Name: "mara", Text: text(r)}})
	})
	mux.HandleFunc("POST /{$}", func(w http.ResponseWriter, r *http.Request) {
		in := visitor{name: r.PostFormValue("username"), password: r.PostFormValue("password"), text: text(r)}
		t, err := s.talks.begin(string(p.ID), s.driver(p, in))
		if errors.Is(err, errFull) {
			s.show(w, r, http.StatusTooManyRequests, page{Product: p, Form: &form{Name: in.name, Text: in.text}, Failed: "demo.product.full"})
			return
		}
		http.Redirect(w, r, "/talk/"+t.id, http.StatusSeeOther)
	})
	mux.HandleFunc("GET /talk/{id}", func(w http.ResponseWriter, r *http.Request) {
		t := s.talks.find(string(p.ID), r.PathValue("id"))
		if t == nil {
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		shown := t.look()
		s.show(w, r, http.StatusOK, page{Product: p, Talk: &shown, Answer: "/talk/" + t.id, Picture: "/talk/" + t.id + "/code.png", Waits: !shown.Over && !shown.Wants})
	})
	mux.HandleFunc("GET /talk/{id}/code.png", func(w http.ResponseWriter, r *http.Request) {
		t := s.talks.find(string(p.ID), r.PathValue("id"))
		if t == nil || t.look().Picture == nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(t.look().Picture) // the browser may be gone
	})
	mux.HandleFunc("POST /talk/{id}", func(w http.ResponseWriter, r *http.Request) {
		if t := s.talks.find(string(p.ID), r.PathValue("id")); t != nil {
			t.typed(r.PostFormValue("answer"))
		}
		http.Redirect(w, r, "/talk/"+r.PathValue("id"), http.StatusSeeOther)
	})
}

// visitor is what somebody typed at a product.
type visitor struct{ name, password, text string }

// driver is the product's side of a talk.
func (s *Shop) driver(p Product, in visitor) func(context.Context, *talk) {
	switch p.Door {
	case nodkey.DoorRADIUS:
		return s.vpn(p, in)
	case nodkey.DoorDuo:
		return s.console(p, in)
	case nodkey.DoorAPI:
		return s.till(p, in)
	case nodkey.DoorCIBA:
		return s.callCentre(p, in)
	}
	return func(context.Context, *talk) {}
}
