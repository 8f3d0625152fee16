package demo

import (
	"net/http"
	"time"

	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/web"
)

// language is one choice of the page's switch.
type language struct {
	Tag, Name string
	Current   bool
}

func (d *Door) languages(say *i18n.Localizer) []language {
	var all []language
	for _, tag := range d.texts.Langs() {
		all = append(all, language{Tag: tag, Name: web.LanguageName(tag), Current: tag == say.Lang()})
	}
	return all
}

func (d *Door) languageCookie() web.Cookie {
	return web.NewCookie(d.Origin, "nodkey-demo-language", http.SameSiteLaxMode)
}

// languageLasts is how long the page remembers: the next demo may have another reader.
const languageLasts = 7 * 24 * time.Hour

// languageSet keeps the chosen language and shows the page in it.
func (d *Door) languageSet(w http.ResponseWriter, r *http.Request) {
	lang := r.PostFormValue("lang")
	if web.LanguageName(lang) == "" {
		http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
		return
	}
	d.languageCookie().Set(w, lang, languageLasts)
	d.spoken.Store(lang)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// chosen is the language that the reader chose with the switch, empty without a choice.
func (d *Door) chosen(r *http.Request) string {
	lang, ok := d.languageCookie().Read(r)
	if !ok || web.LanguageName(lang) == "" {
		return ""
	}
	return lang
}

// Spoken is the language that was chosen last, for what stands beside the page and has no switch; empty without a choice.
func (d *Door) Spoken() string {
	lang, _ := d.spoken.Load().(string)
	return lang
}

func (d *Door) say(r *http.Request) *i18n.Localizer {
	if lang := d.chosen(r); lang != "" {
		return d.texts.For(lang)
	}
	return d.texts.For(r.Header.Get("Accept-Language"))
}
