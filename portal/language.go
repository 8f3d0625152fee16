package portal

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// returnPath is where the language switch comes back to: the page itself, or home from what answers a form, which need not
// answer a visit.
func returnPath(x *exchange) string {
	if x.r.Method != http.MethodGet {
		return x.start()
	}
	return x.along(x.r.URL.Path)
}

// switched reports whether it was the language switch that sent a page's form. Where something may have been typed, the
// switch's buttons belong to that form (Page.Form): so it comes here with all that was typed, without a script, and in no
// address. The page is to be shown again in the language chosen, with what was typed but for passwords, and nothing is done.
func (d *Door) switched(x *exchange) (bool, error) {
	chosen, ok := x.r.PostForm["lang"]
	if !ok {
		return false, nil
	}
	if len(chosen) != 1 || web.LanguageName(chosen[0]) == "" {
		return false, &nodkey.Error{Kind: nodkey.BadInput, Key: "request.form"}
	}
	d.languageCookie().Set(x.w, chosen[0], browserLasts)
	x.say = d.texts.For(chosen[0])
	return true, nil
}

// languageSet keeps the chosen language in a cookie and goes back.
func (d *Door) languageSet(x *exchange) error {
	in, err := x.form("lang", "return")
	if err != nil {
		return err
	}
	if web.LanguageName(in["lang"]) == "" {
		return &nodkey.Error{Kind: nodkey.BadInput, Key: "request.form"}
	}
	d.languageCookie().Set(x.w, in["lang"], browserLasts)
	return d.leave(x, backTo(in["return"]), "")
}

// backTo gives a path of this portal's own to go back to. What a browser could take for another host ("//host", "/\host",
// also when escapes hide it) or what is no path becomes the first page. Of a query nothing is left but the way.
func backTo(asked string) string {
	u, err := url.Parse(asked)
	if err != nil || u.IsAbs() || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") ||
		strings.ContainsFunc(u.Path, func(r rune) bool { return r == '\\' || r < ' ' || r == 0x7f }) {
		return "/"
	}
	back := (&url.URL{Path: path.Clean(u.Path)}).EscapedPath()
	if way := wayOf(u.Query()); way != "" {
		back += "?to=" + string(way)
	}
	return back
}

func (d *Door) languageCookie() web.Cookie {
	return web.VisitsOf(d.Origin).Language
}

func (d *Door) chosenLanguage(r *http.Request) string {
	lang, ok := d.languageCookie().Read(r)
	if !ok || web.LanguageName(lang) == "" {
		return ""
	}
	return lang
}
