package letter

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Octets of user data in a short message are 140 (3GPP TS 23.040 §9.2.3.24); the header of one of several takes 6 of them.
const (
	gsmAlone  = 160 // septets
	gsmOfMany = 153
	ucsAlone  = 70 // UTF-16 code units
	ucsOfMany = 67
)

// gsmEscape leads to the extension table.
const gsmEscape = 0x1b

// gsmDefault is the default alphabet (3GPP TS 23.038 §6.2.1) in the order of its codes.
const gsmDefault = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
	"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

// gsmExtension is the default alphabet's extension table (§6.2.1.1).
var gsmExtension = map[rune]byte{
	'\f': 0x0a, '^': 0x14, '{': 0x28, '}': 0x29, '\\': 0x2f, '[': 0x3c, '~': 0x3d, ']': 0x3e, '|': 0x40, '€': 0x65,
}

var gsmCodes = func() map[rune]byte {
	codes := map[rune]byte{}
	var code byte
	for _, r := range gsmDefault {
		if r != gsmEscape {
			codes[r] = code
		}
		code++
	}
	return codes
}()

// GSM gives a text in the default alphabet of text messages, one septet in each byte; a character of the extension table is two of
// them. ok is false when a character is in neither table (3GPP TS 23.038 §6.2.1).
func GSM(text string) (septets []byte, ok bool) {
	septets = make([]byte, 0, len(text))
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)) {
			return nil, false
		}
		if code, plain := gsmCodes[r]; plain {
			septets = append(septets, code)
		} else if code, more := gsmExtension[r]; more {
			septets = append(septets, gsmEscape, code)
		} else {
			return nil, false
		}
	}
	return septets, true
}

// Parts cuts a text as the network carries it: whole when it fits one message, 160 septets or 70 code units, else into pieces of 153
// or 67. No character is cut in two. unicode says that it needs UCS-2, because a character is in neither table of GSM.
func Parts(text string) (parts []string, unicode bool) {
	alone, most := gsmAlone, gsmOfMany
	units := func(r rune) int {
		if _, more := gsmExtension[r]; more {
			return 2
		}
		return 1
	}
	if _, ok := GSM(text); !ok {
		alone, most, unicode = ucsAlone, ucsOfMany, true
		units = func(r rune) int { return max(1, utf16.RuneLen(r)) } // what is no character is sent as one that says so
	}
	all := 0
	for _, r := range text {
		all += units(r)
	}
	if all <= alone {
		return []string{text}, unicode
	}
	begin, used := 0, 0
	for i, r := range text {
		if n := units(r); used+n > most {
			parts = append(parts, text[begin:i])
			begin, used = i, n
		} else {
			used += n
		}
	}
	return append(parts, text[begin:]), unicode
}

// gsmLikeness writes in the default alphabet what typesetting prefers.
var gsmLikeness = strings.NewReplacer("’", "'", "‘", "'", "‚", "'", "′", "'", "“", `"`, "”", `"`, "„", `"`, "«", `"`, "»", `"`,
	"–", "-", "—", "-", "‑", "-", "‐", "-", "−", "-", "…", "...", "\u00a0", " ", "\u202f", " ", "\u2009", " ", "\u00ad", "")

// plainer gives a text in signs of the default alphabet where that makes all of it fit that, and else as it is.
func plainer(text string) string {
	if folded := gsmLikeness.Replace(text); folded != text {
		if _, ok := GSM(folded); ok {
			return folded
		}
	}
	return text
}
