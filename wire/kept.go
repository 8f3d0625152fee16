package wire

import (
	"strings"
	"unicode"
)

// KeptText gives a text of the message centre as it is kept and signed (§10.5): lines end in \n, characters that control, hide
// or turn round are out but for tabs and the two joiners, and there is no white space at its ends. How long it may be is not
// asked here.
func KeptText(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\r', r == '\u2028', r == '\u2029':
			return '\n'
		case r == '\n', r == '\t', r == '\u200c', r == '\u200d':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, text))
}
