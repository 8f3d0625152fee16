package nodkey

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nodkey/nodkey/wire"
)

// The bounds of what people write, in characters.
const (
	SubjectMax = 120
	TextMax    = 20_000
	queryMax   = 100
)

// checkSubject gives a subject as it is kept: one line that nobody can take for something else, and that adds no line to the
// head of a letter. Error: message.subject.
func checkSubject(subject string) (string, error) {
	if len(subject) > 8*SubjectMax {
		return "", fail(BadInput, "message.subject", "Most", SubjectMax)
	}
	subject = strings.TrimSpace(subject)
	if !cleanText(subject, SubjectMax) {
		return "", fail(BadInput, "message.subject", "Most", SubjectMax)
	}
	return subject, nil
}

// checkText gives a text as it is kept (wire.KeptText). Errors: message.text for none, message.text_long.
func checkText(text string) (string, error) {
	if len(text) > 8*TextMax { // before any work is done
		return "", fail(BadInput, "message.text_long", "Most", TextMax)
	}
	text = wire.KeptText(text)
	if text == "" {
		return "", fail(BadInput, "message.text")
	}
	if utf8.RuneCountInString(text) > TextMax {
		return "", fail(BadInput, "message.text_long", "Most", TextMax)
	}
	return text, nil
}

// words makes of a query what is looked for: each of its words, in any case. Error: message.query.
func words(query string) ([]string, error) {
	if len(query) > 8*queryMax || utf8.RuneCountInString(query) > queryMax || !utf8.ValidString(query) {
		return nil, fail(BadInput, "message.query", "Most", queryMax)
	}
	return strings.Fields(folded(query)), nil
}

// folded is text as it is compared: in small letters, and with the wide forms of Latin letters, digits and signs that Japanese
// keyboards write made narrow.
func folded(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0xff01 && r <= 0xff5e:
			r -= 0xff01 - '!'
		case r == 0x3000:
			r = ' '
		}
		return unicode.ToLower(r)
	}, text)
}

// missing gives those of the words that are in none of the texts.
func missing(wanted []string, texts ...string) []string {
	for _, text := range texts {
		if len(wanted) == 0 {
			break
		}
		text = folded(text)
		var left []string
		for _, w := range wanted {
			if !strings.Contains(text, w) {
				left = append(left, w)
			}
		}
		wanted = left
	}
	return wanted
}
