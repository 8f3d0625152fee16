package i18n

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sentence is one entry of a catalogue as it is written.
type sentence struct {
	file  string
	forms []string
}

// read returns key to sentence of every catalogue of a language.
func read(t *testing.T, lang string) map[string]sentence {
	t.Helper()
	files, err := filepath.Glob("*." + lang + ".json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no catalogue in %s: %v", lang, err)
	}
	all := make(map[string]sentence)
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var entries map[string]any
		if err := json.Unmarshal(raw, &entries); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for key, value := range entries {
			if first, twice := all[key]; twice {
				t.Errorf("%s stands in %s and in %s", key, first.file, name)
			}
			all[key] = sentence{file: name, forms: forms(t, name, key, value)}
		}
	}
	return all
}

func forms(t *testing.T, name, key string, value any) []string {
	t.Helper()
	switch v := value.(type) {
	case string:
		return []string{v}
	case map[string]any:
		var out []string
		for form, text := range v {
			s, ok := text.(string)
			if !ok || !slices.Contains([]string{"zero", "one", "two", "few", "many", "other"}, form) {
				t.Errorf("%s: %s has a form %q that is no plural form", name, key, form)
			}
			out = append(out, s)
		}
		return out
	}
	t.Errorf("%s: %s is neither a sentence nor its plural forms", name, key)
	return nil
}

func TestEverySentenceSaysSomething(t *testing.T) {
	for _, lang := range languages(t) {
		for key, s := range read(t, lang) {
			for _, form := range s.forms {
				if strings.TrimSpace(form) == "" || form != strings.TrimSpace(form) {
					t.Errorf("%s: %s is empty or begins or ends with a space: %q", s.file, key, form)
				}
			}
		}
	}
}

func TestEveryLanguageHasTheSameKeysAndPlaceholders(t *testing.T) {
	reference := read(t, Fallback)
	for _, lang := range languages(t) {
		other := read(t, lang)
		for key, s := range reference {
			translated, ok := other[key]
			if !ok {
				t.Errorf("%s: %s is missing", lang, key)
				continue
			}
			if got, want := placeholders(translated.forms), placeholders(s.forms); !slices.Equal(got, want) {
				t.Errorf("%s: %s has the placeholders %v, English has %v", lang, key, got, want)
			}
		}
		for key := range other {
			if _, ok := reference[key]; !ok {
				t.Errorf("%s: %s does not exist in English", lang, key)
			}
		}
	}
}

var placeholder = regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)

func placeholders(forms []string) []string {
	var names []string
	for _, form := range forms {
		for _, m := range placeholder.FindAllStringSubmatch(form, -1) {
			// A form for one thing may leave the number out.
			if m[1] != "Count" {
				names = append(names, m[1])
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func languages(t *testing.T) []string {
	t.Helper()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := b.Langs(), []string{"en", "de", "ja"}; !slices.Equal(got, want) {
		t.Fatalf("the languages are %v, want %v", got, want)
	}
	return b.Langs()
}

func TestEveryLanguageHasEveryCatalogue(t *testing.T) {
	for _, lang := range languages(t) {
		for _, subject := range []string{"demo", "errors", "mail", "messages", "phone", "portal", "radius", "time"} {
			name := subject + "." + lang + ".json"
			if _, err := catalogues.ReadFile(name); err != nil {
				t.Errorf("%s is missing", name)
			}
		}
	}
}

// portalSubjects are the catalogues whose keys are used by Go code and
// templates; phone.*.json is checked by the phone app's own tests.
var portalSubjects = []string{"radius.", "portal.", "time.", "errors.", "demo.", "mail.", "messages."}

var quotedKey = regexp.MustCompile("[\"`]([a-z][a-z0-9_]*(?:\\.[a-z0-9_]+)*)[\"`]")
var templateKey = regexp.MustCompile("\\b(?:t|rich|linked) \"([^\"]+)\"")

func TestEveryKeyUsedExists(t *testing.T) {
	known := read(t, Fallback)
	for path, text := range sources(t) {
		if filepath.Ext(path) != ".html" {
			continue
		}
		for _, m := range templateKey.FindAllStringSubmatch(text, -1) {
			if _, ok := known[m[1]]; !ok {
				t.Errorf("%s uses %s, which no catalogue has", path, m[1])
			}
		}
	}
}

func TestNoSentenceIsUnused(t *testing.T) {
	used := make(map[string]bool)
	for _, text := range sources(t) {
		for _, m := range quotedKey.FindAllStringSubmatch(text, -1) {
			used[m[1]] = true
		}
	}
	for key, s := range read(t, Fallback) {
		checked := slices.ContainsFunc(portalSubjects, func(p string) bool { return strings.HasPrefix(s.file, p) })
		if checked && !used[key] && !used[withoutPart(key)] {
			t.Errorf("%s: nothing uses %s", s.file, key)
		}
	}
}

// withoutPart takes the part of a fault's screen off its key: the sentences
// activation.used.title, .happened, .safe and .next are chosen by the key
// activation.used that the domain gives.
func withoutPart(key string) string {
	for _, part := range []string{".title", ".happened", ".safe", ".next"} {
		if base, ok := strings.CutSuffix(key, part); ok {
			return base
		}
	}
	return key
}

// sources returns path to text of every Go file and template of the module,
// tests left out.
func sources(t *testing.T) map[string]string {
	t.Helper()
	texts := make(map[string]string)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			name := d.Name()
			if path != ".." && (strings.HasPrefix(name, ".") || slices.Contains([]string{"node_modules", "build", "bin", "dist"}, name)) {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(path, "_test.go") || !slices.Contains([]string{".go", ".html", ".ts", ".tsx"}, filepath.Ext(path)) {
			return nil
		}
		raw, err := os.ReadFile(path)
		texts[path] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}
