package portal

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/web"
)

// plainAssets stands in for the built files, so that pages are tested without a build.
type plainAssets struct{}

func (plainAssets) Path(name string) string { return web.Prefix + name }

func renderer(t *testing.T, assets AssetPaths) *Renderer {
	t.Helper()
	bundle, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	bundle.OnMissing = func(lang, key string, err error) { t.Errorf("%s: %s: %v", lang, key, err) }
	var translators []Translator
	for _, lang := range bundle.Langs() {
		translators = append(translators, bundle.For(lang))
	}
	r, err := NewRenderer(assets, translators...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func render(t *testing.T, r *Renderer, s sample) string {
	t.Helper()
	w := httptest.NewRecorder()
	if err := r.Render(w, http.StatusOK, s.page, s.view); err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	return w.Body.String()
}

// element is one start tag and where it stands.
type element struct {
	name    string
	attr    map[string]string
	inside  []string // names of the elements around it
	classes []string
}

// elements reads a page; it fails if a tag is not closed where it should be.
func elements(t *testing.T, page string) []element {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(page))
	decoder.Strict = false
	decoder.AutoClose = xml.HTMLAutoClose
	decoder.Entity = xml.HTMLEntity
	var found []element
	var open []string
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			if len(open) != 0 {
				t.Errorf("not closed: %v", open)
			}
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := element{name: token.Name.Local, attr: make(map[string]string), inside: append([]string(nil), open...)}
			for _, a := range token.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			e.classes = strings.Fields(e.attr["class"])
			found = append(found, e)
			open = append(open, e.name)
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1] != token.Name.Local {
				t.Fatalf("</%s> closes %v", token.Name.Local, open)
			}
			open = open[:len(open)-1]
		}
	}
}

func has(list []string, want string) bool {
	for _, s := range list {
		if s == want {
			return true
		}
	}
	return false
}

func TestEveryPageIsSound(t *testing.T) {
	r := renderer(t, plainAssets{})
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			page := render(t, r, s)
			if strings.Contains(page, "no value") || strings.Contains(page, "ZgotmplZ") {
				t.Error("a value is missing or was refused")
			}
			found := elements(t, page)
			ids, labels := make(map[string]bool), make(map[string]bool)
			headings, mains, level := 0, 0, 0
			for _, e := range found {
				if id := e.attr["id"]; id != "" {
					if ids[id] {
						t.Errorf("the id %s stands twice", id)
					}
					ids[id] = true
				}
				if e.name == "label" {
					labels[e.attr["for"]] = true
				}
				if e.name == "h1" {
					headings++
				}
				if has(e.classes, "button-main") && !has(e.inside, "dialog") {
					mains++
				}
				if len(e.name) == 2 && e.name[0] == 'h' && e.name[1] >= '1' && e.name[1] <= '6' && !has(e.inside, "dialog") {
					if n := int(e.name[1] - '0'); n > level+1 {
						t.Errorf("h%d follows h%d", n, level)
					} else {
						level = n
					}
				}
			}
			if headings != 1 {
				t.Errorf("%d h1, want one", headings)
			}
			if mains != s.main {
				t.Errorf("%d main buttons, want %d", mains, s.main)
			}
			for _, e := range found {
				checkElement(t, e, ids, labels)
			}
		})
	}
}

// checkElement holds what is true of every element of every page.
func checkElement(t *testing.T, e element, ids, labels map[string]bool) {
	t.Helper()
	for name, value := range e.attr {
		if name == "style" || strings.HasPrefix(name, "on") {
			t.Errorf("<%s> has the inline %s=%q, which the policy forbids", e.name, name, value)
		}
		if name == "aria-describedby" || name == "aria-labelledby" || name == "form" || name == "data-dialog" || name == "data-show" {
			for _, id := range strings.Fields(value) {
				if !ids[id] {
					t.Errorf("<%s %s> names %q, which is not on the page", e.name, name, id)
				}
			}
		}
	}
	switch e.name {
	case "style":
		t.Error("an inline style element")
	case "script":
		if e.attr["src"] == "" || e.attr["type"] != "module" {
			t.Error("a script that is inline or no module")
		}
	case "select":
		if !labels[e.attr["id"]] {
			t.Errorf("the list %q has no label", e.attr["id"])
		}
	case "input":
		if e.attr["type"] != "hidden" && !labels[e.attr["id"]] {
			t.Errorf("the input %q has no label", e.attr["id"])
		}
		if _, placeholder := e.attr["placeholder"]; placeholder {
			t.Errorf("the input %q has a placeholder", e.attr["id"])
		}
	case "img":
		if e.attr["alt"] == "" {
			t.Error("a picture without a description")
		}
	case "form":
		// A search changes nothing, and its address can be kept.
		if e.attr["method"] != "post" && e.attr["role"] != "search" || !strings.HasPrefix(e.attr["action"], "/") {
			t.Errorf("a form that is no POST to this portal, and no search: %v", e.attr)
		}
	case "svg":
		if e.attr["aria-hidden"] != "true" {
			t.Error("a drawing that a reader would try to read")
		}
	case "button":
		if has(e.inside, "form") || e.attr["form"] != "" || e.attr["type"] == "button" {
			return
		}
		t.Errorf("a button that does nothing: %v", e.attr)
	case "table", "ol", "ul", "dl":
		if has(e.inside, "p") {
			t.Errorf("<%s> stands in a paragraph", e.name)
		}
	}
}

func TestEveryTemplateIsSampled(t *testing.T) {
	sampled := make(map[string]bool)
	for _, s := range samples() {
		sampled[s.page] = true
	}
	for name := range renderer(t, plainAssets{}).pages["en"] {
		if !sampled[name] {
			t.Errorf("no sample shows the page %s", name)
		}
	}
}

func TestWhatUsersTypeIsEscaped(t *testing.T) {
	r := renderer(t, plainAssets{})
	evil := `"><script>alert(1)</script>**b**`
	page := samplePage(evil)
	page.Operator.Name, page.Return = evil, evil
	cards := sampleCards()
	cards[0].Name, cards[0].KeyID = evil, `k1`
	for _, s := range []sample{
		{"sign in", "sign_in", SignInView{Page: page, Host: evil, Username: evil}, 1},
		{"security", "security", SecurityView{Page: page, Phones: cards, MayChange: true}, 1},
		{"wait", "wait", WaitView{Page: page, Phone: evil, AppURL: "javascript:alert(1)", Steps: []Step{{Text: StepOpened}}}, 0},
		{"home", "home", HomeView{Page: page, Greeting: Morning, FirstName: evil, Activation: &ActivationView{State: ActivationOffer, Address: evil, OpenURL: "javascript:alert(1)", Groups: []string{evil}}}, 1},
	} {
		out := render(t, r, s)
		if strings.Contains(out, "<script>") || strings.Contains(out, "javascript:") {
			t.Errorf("%s: typed text came through as markup", s.name)
		}
	}
}

func TestRenderLeavesTheAnswerAloneWhenItFails(t *testing.T) {
	r := renderer(t, plainAssets{})
	w := httptest.NewRecorder()
	if err := r.Render(w, http.StatusOK, "no_such_page", SignInView{}); err == nil {
		t.Error("an unknown page was rendered")
	}
	if err := r.Render(w, http.StatusOK, "security", SignInView{Page: samplePage("")}); err == nil {
		t.Error("a page was rendered with another page's view")
	}
	if w.Body.Len() != 0 || len(w.Header()) != 0 {
		t.Error("something was written before the error")
	}
}

func TestPagesAreNotKept(t *testing.T) {
	w := httptest.NewRecorder()
	if err := renderer(t, plainAssets{}).Render(w, http.StatusTeapot, "desk", DeskView{Page: samplePage("")}); err != nil {
		t.Fatal(err)
	}
	if w.Code != http.StatusTeapot || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestMissingBrowserFilesStopTheStart(t *testing.T) {
	bundle, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRenderer(noAssets{}, bundle.For("en"))
	if err != nil {
		return
	}
	if err := r.Render(httptest.NewRecorder(), http.StatusOK, "desk", DeskView{Page: samplePage("")}); err == nil {
		t.Error("a page was rendered without its style")
	}
}

type noAssets struct{}

func (noAssets) Path(string) string { return "" }

// TestPreviewsAreWritten leaves every page in build/preview, to be looked at
// with the built styles; the build makes the names real.
func TestPreviewsAreWritten(t *testing.T) {
	var assets AssetPaths = plainAssets{}
	if built, err := web.LoadAssets(); err == nil {
		assets = built
	} else if !errors.Is(err, web.ErrNotBuilt) {
		t.Fatal(err)
	}
	r := renderer(t, assets)
	folder := filepath.Join("..", "build", "preview")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, s := range samples() {
		page := render(t, r, s)
		if err := os.WriteFile(filepath.Join(folder, s.name+".html"), []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	code, err := qr.Encode("https://phone.aldermere.example/a#c=7K2M9QXD4VHTR3NBW8EP&f=AAAAAAAAAAAAAAAAAAAAAA", qr.M, qr.Auto)
	if err != nil {
		t.Fatal(err)
	}
	if code, err = barcode.Scale(code, 416, 416); err != nil {
		t.Fatal(err)
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, code); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "qr.png"), picture.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
