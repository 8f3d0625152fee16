package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed *.json
var catalogues embed.FS

// Fallback is the language in which every sentence exists.
const Fallback = "en"

// Bundle is all catalogues of all languages. It does not change after Load
// and is safe for concurrent use.
type Bundle struct {
	messages *goi18n.Bundle
	langs    []string // the fallback first, then by tag
	matcher  language.Matcher

	// OnMissing, if not nil, is called when a sentence is asked for that no
	// catalogue has, or whose placeholders lack a value. Tests fail there;
	// in service the key is shown, which is better than an empty page.
	OnMissing func(lang, key string, err error)
}

// embedded is what all bundles of a process share: nothing changes it once it is read.
var embedded = sync.OnceValues(func() (*Bundle, error) { return load(catalogues) })

// Load gives the embedded catalogues, in a bundle of the caller's own.
func Load() (*Bundle, error) {
	all, err := embedded()
	if err != nil {
		return nil, err
	}
	own := *all
	return &own, nil
}

func load(fsys fs.FS) (*Bundle, error) {
	b := &Bundle{messages: goi18n.NewBundle(language.MustParse(Fallback))}
	b.messages.RegisterUnmarshalFunc("json", json.Unmarshal)
	files, err := fs.Glob(fsys, "*.json")
	if err != nil {
		return nil, fmt.Errorf("list catalogues: %w", err)
	}
	langs := make(map[string]bool)
	for _, name := range files {
		_, lang, err := split(name)
		if err != nil {
			return nil, err
		}
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read catalogue %s: %w", name, err)
		}
		if _, err := b.messages.ParseMessageFileBytes(raw, name); err != nil {
			return nil, fmt.Errorf("read catalogue %s: %w", name, err)
		}
		langs[lang] = true
	}
	if !langs[Fallback] {
		return nil, fmt.Errorf("no catalogue in the fallback language %q", Fallback)
	}
	delete(langs, Fallback)
	b.langs = []string{Fallback}
	for lang := range langs {
		b.langs = append(b.langs, lang)
	}
	slices.Sort(b.langs[1:])
	tags := make([]language.Tag, len(b.langs))
	for i, lang := range b.langs {
		tags[i] = language.MustParse(lang)
	}
	b.matcher = language.NewMatcher(tags)
	return b, nil
}

// split takes "portal.en.json" apart into "portal" and "en".
func split(name string) (subject, lang string, err error) {
	parts := strings.Split(path.Base(name), ".")
	if len(parts) != 3 {
		return "", "", fmt.Errorf("catalogue %s is not named subject.language.json", name)
	}
	if _, err := language.Parse(parts[1]); err != nil {
		return "", "", fmt.Errorf("catalogue %s: %w", name, err)
	}
	return parts[0], parts[1], nil
}

// Langs returns the languages present as BCP 47 tags, the fallback first.
func (b *Bundle) Langs() []string {
	return slices.Clone(b.langs)
}

// For returns the localizer of the language that suits best. Each of langs is
// a tag or an Accept-Language value (RFC 9110 §12.5.4), the strongest wish
// first; what cannot be read is passed over. Without a match it is English.
func (b *Bundle) For(langs ...string) *Localizer {
	var wanted []language.Tag
	for _, lang := range langs {
		tags, _, err := language.ParseAcceptLanguage(lang)
		if err != nil {
			continue
		}
		wanted = append(wanted, tags...)
	}
	_, index, confidence := b.matcher.Match(wanted...)
	if confidence == language.No {
		index = 0
	}
	lang := b.langs[index]
	return &Localizer{
		lang:      lang,
		messages:  goi18n.NewLocalizer(b.messages, lang, Fallback),
		onMissing: b.OnMissing,
	}
}

// Localizer speaks one language. It is safe for concurrent use.
type Localizer struct {
	lang      string
	messages  *goi18n.Localizer
	onMissing func(lang, key string, err error)
}

// Lang returns the language's BCP 47 tag, fit for the HTML attribute lang.
func (l *Localizer) Lang() string { return l.lang }

// T returns the sentence of a key. An argument named Count, an integer,
// chooses the plural form. A sentence that is missing gives the key itself.
// The text is plain: the caller escapes it.
func (l *Localizer) T(key string, args map[string]any) string {
	config := &goi18n.LocalizeConfig{MessageID: key, TemplateData: args}
	if count, ok := args["Count"]; ok {
		config.PluralCount = count
	}
	text, err := l.messages.Localize(config)
	if err == nil && strings.Contains(text, "<no value>") {
		err = fmt.Errorf("a placeholder of %q has no value", key)
	}
	if err != nil && l.onMissing != nil {
		l.onMissing(l.lang, key, err)
	}
	if text == "" {
		return key
	}
	return text
}
