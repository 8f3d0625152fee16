package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/prose"
)

// textFlags are how an operator gives what is written: a Markdown file a language, or subject and body on the command line.
type textFlags struct {
	texts                   []string // LANGUAGE=FILE
	subject, body, language string
	set                     []string // NAME=VALUE
}

func (f *textFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.texts, "text", nil, "`language=file`: a Markdown file whose first heading is the subject, such as en=notice.en.md; once for each language. - reads standard input")
	flags.StringVar(&f.subject, "subject", "", "subject, in place of --text")
	flags.StringVar(&f.body, "body", "", "text in Markdown, in place of --text; - reads it from standard input")
	flags.StringVar(&f.language, "language", "en", "language of --subject and --body: "+strings.Join(nodkey.Languages(), ", "))
	flags.StringArrayVar(&f.set, "set", nil, "`name=value` that takes the place of {{name}} in the texts; the value is plain text")
}

// written is a text and where it came from.
type written struct {
	from string // file, as it was named
	text nodkey.MessageText
}

// maxTextFile bounds what is read of a file; the bounds of a text are the domain's.
const maxTextFile = 1 << 20

func textError(next, format string, args ...any) error {
	return &commandError{code: exitUsage, sentence: fmt.Sprintf(format, args...), next: next}
}

// read gives the texts by language, with the values in their places.
func (f textFlags) read(in io.Reader) (map[string]written, error) {
	values, err := f.values()
	if err != nil {
		return nil, err
	}
	sources, err := f.sources(in)
	if err != nil {
		return nil, err
	}
	out, unused := map[string]written{}, maps.Clone(values)
	for _, language := range slices.Sorted(maps.Keys(sources)) {
		s := sources[language]
		for _, name := range prose.Placeholders(s.text.Text) {
			delete(unused, name)
		}
		filled, err := prose.Fill(s.text.Text, values)
		if err != nil {
			return nil, textError("Values are given by --set name=value. Nothing was sent.", "%s: %v", s.from, err)
		}
		if s.text, err = heading(s.from, filled); err != nil {
			return nil, err
		}
		out[language] = s
	}
	if len(unused) > 0 {
		return nil, textError("Leave it out, or write {{name}} where the value belongs. Nothing was sent.", "--set %s is used in no text", slices.Sorted(maps.Keys(unused))[0])
	}
	return out, nil
}

// sources reads the texts as they are.
func (f textFlags) sources(in io.Reader) (map[string]written, error) {
	short := f.subject != "" || f.body != ""
	switch {
	case short && len(f.texts) > 0:
		return nil, textError("", "--text and --subject with --body exclude each other")
	case short && (f.subject == "" || f.body == ""):
		return nil, textError("", "--subject and --body go together")
	case !short && len(f.texts) == 0:
		return nil, textError("Give --text en=FILE for each language, or --subject and --body.", "there is no text")
	}
	out := map[string]written{}
	if short {
		if !slices.Contains(nodkey.Languages(), f.language) {
			return nil, noLanguage(f.language)
		}
		if strings.ContainsAny(f.subject, "\r\n") {
			return nil, textError("", "--subject must be one line")
		}
		body := f.body
		if body == "-" {
			var err error
			if body, err = readText("standard input", in); err != nil {
				return nil, err
			}
		}
		out[f.language] = written{from: "--body", text: nodkey.MessageText{Text: "# " + f.subject + "\n\n" + body}}
		return out, nil
	}
	for _, pair := range f.texts {
		language, file, ok := strings.Cut(pair, "=")
		switch {
		case !ok || file == "":
			return nil, textError("Such as --text en=notice.en.md", "--text %q is not language=file", pair)
		case !slices.Contains(nodkey.Languages(), language):
			return nil, noLanguage(language)
		case out[language].from != "":
			return nil, textError("", "there are two texts in %q: %s and %s", language, out[language].from, file)
		}
		text, err := readTextFile(file, in)
		if err != nil {
			return nil, err
		}
		out[language] = written{from: file, text: nodkey.MessageText{Text: text}}
	}
	return out, nil
}

func noLanguage(language string) error {
	return textError("The languages are "+strings.Join(nodkey.Languages(), ", ")+".", "%q is not a language that is spoken here", language)
}

// values reads --set.
func (f textFlags) values() (map[string]string, error) {
	values := map[string]string{}
	for _, pair := range f.set {
		name, value, ok := strings.Cut(pair, "=")
		if len(prose.Placeholders("{{"+name+"}}")) != 1 || !ok {
			return nil, textError("Such as --set date=\"1 March\"", "--set %q is not name=value with a name of letters, digits and _", pair)
		}
		if _, twice := values[name]; twice {
			return nil, textError("", "--set %s is given twice", name)
		}
		values[name] = value
	}
	return values, nil
}

func readTextFile(file string, in io.Reader) (string, error) {
	if file == "-" {
		return readText("standard input", in)
	}
	f, err := os.Open(file)
	if err != nil {
		return "", textError("", "cannot read %s: %v", file, plain(err))
	}
	defer f.Close()
	return readText(file, f)
}

func readText(from string, r io.Reader) (string, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxTextFile+1))
	if err != nil {
		return "", textError("", "cannot read %s: %v", from, plain(err))
	}
	if len(data) > maxTextFile {
		return "", textError("A text has 20,000 characters at most. Add the rest as a file.", "%s is longer than 1 MB", from)
	}
	text := strings.ReplaceAll(strings.TrimPrefix(string(data), "\ufeff"), "\r\n", "\n")
	number := 0
	for line := range strings.Lines(text) {
		if number++; !utf8.ValidString(line) {
			return "", textError("Save it as UTF-8.", "%s line %d: the text is not UTF-8", from, number)
		}
	}
	return text, nil
}

var headingLine = regexp.MustCompile(`^ {0,3}#[ \t]+(.+)$`)

// heading takes the subject off a text: its first line, "# Subject".
func heading(from, text string) (nodkey.MessageText, error) {
	text = strings.TrimLeft(text, "\n")
	first, rest, _ := strings.Cut(text, "\n")
	subject := ""
	if m := headingLine.FindStringSubmatch(first); m != nil {
		subject = prose.Plain("# " + m[1])
	}
	if subject == "" {
		return nodkey.MessageText{}, textError("Begin it with a line such as # Our new opening hours", "%s: the first line is not a heading, which would be the subject", from)
	}
	if strings.TrimSpace(rest) != "" && prose.Plain(rest) == "" {
		return nodkey.MessageText{}, textError("Pictures and HTML are left out of messages.", "%s: nothing could be read of the text", from)
	}
	return nodkey.MessageText{Subject: subject, Text: strings.TrimSpace(rest)}, nil
}

// kept checks the texts as the domain does, and gives them by language.
func (h *house) kept(texts map[string]written) (map[string]nodkey.MessageText, error) {
	out := map[string]nodkey.MessageText{}
	var bad error
	for language, w := range texts {
		kept, err := w.text.Kept()
		if err != nil {
			bad = errors.Join(bad, h.about(w.from, err))
			continue
		}
		out[language] = kept
	}
	return out, bad
}
