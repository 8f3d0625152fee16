package nodkey

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// User is a person's account at the portal.
type User struct {
	ID          UserID
	Name        string // what is typed to sign in; lower case, see ParseUserName
	DisplayName string // what people read; 1 to 80 characters
	Locale      string // BCP 47, empty: the browser's
	// Password is the sealed PHC string of the password's hash; empty: none set yet.
	Password []byte
	// FirstCode is the keyed hash of a first-access code, empty when there is none; it ends at FirstCodeUntil.
	FirstCode      []byte
	FirstCodeUntil time.Time
	// HadKey is set with the first active key and never cleared: from then on the password alone opens nothing at the portal.
	HadKey    bool
	CreatedAt time.Time
}

// ParseUserName gives the stored form of a user name: trimmed, lower case, 1 to 64 of a–z 0–9 . _ - @, starting with a
// letter or digit.
func ParseUserName(typed string) (string, error) {
	name := strings.ToLower(strings.TrimSpace(typed))
	if len(name) < 1 || len(name) > 64 {
		return "", fail(BadInput, "user.name_form")
	}
	for i, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
		if !letter && (i == 0 || !strings.ContainsRune("._-@", r)) {
			return "", fail(BadInput, "user.name_form")
		}
	}
	return name, nil
}

// Readable reports whether text may be shown to people as it is: 1 to most characters, and none of those that hide, or that
// turn the order of what stands beside them. What an operator configures has to keep to it as what phones say of themselves.
func Readable(text string, most int) bool { return cleanText(text, most) }

// cleanText checks text that people read: 1 to max characters, no control and no formatting characters (bidirectional
// or not to be seen) but the two joiners that emoji and some scripts need, no space at either end.
func cleanText(text string, most int) bool {
	if text == "" || !utf8.ValidString(text) || utf8.RuneCountInString(text) > most || strings.TrimSpace(text) != text {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool {
		hidden := unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d'
		return unicode.IsControl(r) || hidden || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar
	})
}
