package prose

import (
	"crypto/rand"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// placeholder is {{name}} or {{ name }}.
var placeholder = regexp.MustCompile(`\{\{[ \t]*([A-Za-z][A-Za-z0-9_]{0,63})[ \t]*\}\}`)

// FillError says what is wrong with a template or the values for it. Its text is English.
type FillError struct {
	Line int // of the template, from 1; 0: the whole
	Text string
}

func (e *FillError) Error() string {
	if e.Line == 0 {
		return e.Text
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Text)
}

// Placeholders gives the names that stand in a template, each once, in the order of the alphabet.
func Placeholders(template string) []string {
	names := map[string]bool{}
	for _, m := range placeholder.FindAllStringSubmatch(template, -1) {
		names[m[1]] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// Fill puts values in the place of the placeholders of a Markdown template. A value is one line of text and stays that: what
// would be Markdown in it is escaped. What is no placeholder is written \{\{. Error: *[FillError] for a placeholder without a
// value, braces that are none, a value of several lines, and a placeholder where its value would not be read as it is, as in
// code; values that the template does not name are no error.
func Fill(template string, values map[string]string) (string, error) {
	for name, value := range values {
		if strings.TrimSpace(value) != value || clean(value) != value || strings.ContainsAny(value, "\n\t") || value == "" {
			return "", &FillError{Text: fmt.Sprintf("the value of {{%s}} is not one line of readable text without spaces at its ends", name)}
		}
	}
	number := 0
	for line := range strings.Lines(template) {
		number++
		for _, m := range placeholder.FindAllStringSubmatch(line, -1) {
			if _, ok := values[m[1]]; !ok {
				return "", &FillError{Line: number, Text: fmt.Sprintf("there is no value for {{%s}}", m[1])}
			}
		}
		if rest := placeholder.ReplaceAllString(line, ""); strings.Contains(rest, "{{") || strings.Contains(rest, "}}") {
			return "", &FillError{Line: number, Text: `these braces name no value: write {{name}} with letters, digits and _, or \{\{ for the braces themselves`}
		}
	}
	filled := replace(template, func(name string) string { return escape(values[name]) })
	// Nobody can guess these, and Markdown has no use for them: with them the template reads as it is meant to.
	marks := map[string]string{}
	marked := replace(template, func(name string) string {
		if marks[name] == "" {
			marks[name] = "x" + rand.Text() + "x"
		}
		return marks[name]
	})
	want, got := Plain(marked), Plain(filled)
	for name, mark := range marks {
		want = strings.ReplaceAll(want, mark, values[name])
	}
	if want != got {
		return "", &FillError{Text: "a value would not be read as it is where it stands: placeholders cannot be used in code, and in addresses for parts without spaces only"}
	}
	return filled, nil
}

func replace(template string, value func(name string) string) string {
	return placeholder.ReplaceAllStringFunc(template, func(found string) string {
		return value(placeholder.FindStringSubmatch(found)[1])
	})
}

// escape writes text so that Markdown reads it as it is.
func escape(text string) string {
	var b strings.Builder
	for _, c := range text {
		if strings.ContainsRune("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}
