package client

import (
	"strings"
	"unicode"

	"github.com/nodkey/nodkey/wire"
	"golang.org/x/text/unicode/norm"
)

// allReadable reports whether texts hold no control and no formatting characters: neither a terminal's escapes nor marks
// that make a line read in another order than it is written.
func allReadable(texts []string) bool {
	for _, text := range texts {
		if strings.ContainsFunc(text, func(r rune) bool {
			return unicode.IsControl(r) || r == '\u061c' || r == '\u200e' || r == '\u200f' ||
				r >= '\u2028' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == unicode.ReplacementChar
		}) {
			return false
		}
	}
	return true
}

// NormalisePIN gives the form of a PIN that counts: NFKC, so that full-width digits are digits.
func NormalisePIN(typed string) string { return norm.NFKC.String(typed) }

// CheckPIN gives a *Fault "pin.guideline" when a new PIN breaks a guideline (docs/protocol.md §6.1), or nil. names are
// the user's name and display name.
func (s Server) CheckPIN(typed string, names ...string) error {
	pin := NormalisePIN(typed)
	faults := wire.CheckPIN(pin, names...)
	if n := len([]rune(pin)); len(faults) == 0 && (n < s.PINMin || s.PINMax > 0 && n > s.PINMax) {
		faults = []wire.PINFault{wire.PINLength}
	}
	if len(faults) == 0 {
		return nil
	}
	f := fault("pin.guideline", nil)
	f.PIN = faults
	return f
}
