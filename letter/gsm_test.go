package letter

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// The rows are those of the tables in 3GPP TS 23.038 §6.2.1 and §6.2.1.1, read column by column.
func TestTheAlphabetIsThatOfTheStandard(t *testing.T) {
	for first, column := range map[byte]string{
		0x00: "@£$¥èéùìòÇ\nØø\rÅå", 0x10: "Δ_ΦΓΛΩΠΨΣΘΞ", 0x1c: "ÆæßÉ", 0x20: " !\"#¤%&'()*+,-./", 0x30: "0123456789:;<=>?",
		0x40: "¡ABCDEFGHIJKLMNO", 0x50: "PQRSTUVWXYZÄÖÑÜ§", 0x60: "¿abcdefghijklmno", 0x70: "pqrstuvwxyzäöñüà",
	} {
		for _, r := range column {
			if got, ok := GSM(string(r)); !ok || !bytes.Equal(got, []byte{first}) {
				t.Errorf("%q is %x, %t; the table has %x", r, got, ok, first)
			}
			first++
		}
	}
	for r, code := range map[rune]byte{'\f': 0x0a, '^': 0x14, '{': 0x28, '}': 0x29, '\\': 0x2f, '[': 0x3c, '~': 0x3d, ']': 0x3e, '|': 0x40, '€': 0x65} {
		if got, ok := GSM(string(r)); !ok || !bytes.Equal(got, []byte{0x1b, code}) {
			t.Errorf("%q is %x, %t; the table has 1b %x", r, got, ok, code)
		}
	}
	n := 0
	for r := range rune(utf8.MaxRune + 1) {
		if _, ok := GSM(string(r)); ok && utf8.ValidRune(r) {
			n++
		}
	}
	if n != 127+10 { // the escape is no character
		t.Errorf("%d characters", n)
	}
	for _, none := range []string{"ç", "`", "’", "á", "Ł", "日", "😀", "\x1b", "\t", "\xff", "a\xffb", string(utf8.RuneError)} {
		if got, ok := GSM(none); ok {
			t.Errorf("%q is taken for %x", none, got)
		}
	}
}

// pack puts septets into octets (3GPP TS 23.038 §6.1.2.1.1).
func pack(septets []byte) []byte {
	var out []byte
	var bits uint
	var held uint16
	for _, s := range septets {
		held |= uint16(s) << bits
		for bits += 7; bits >= 8; bits -= 8 {
			out = append(out, byte(held))
			held >>= 8
		}
	}
	if bits > 0 {
		out = append(out, byte(held))
	}
	return out
}

// What is counted fits the 140 octets that a message has, with the 6 of the header where there are several, in the standard's own packing.
func TestWhatIsCountedFitsTheNetwork(t *testing.T) {
	if got := pack([]byte("hellohello")); !bytes.Equal(got, []byte{0xe8, 0x32, 0x9b, 0xfd, 0x46, 0x97, 0xd9, 0xec, 0x37}) {
		t.Fatalf("packed as %x", got)
	}
	for septets, most := range map[int]int{gsmAlone: 140, gsmOfMany: 140 - 6} {
		if n := len(pack(make([]byte, septets))); n > most {
			t.Errorf("%d septets are %d octets", septets, n)
		}
		if n := len(pack(make([]byte, septets+1))); n <= most {
			t.Errorf("one septet more is %d octets, which would fit", n)
		}
	}
	if ucsAlone*2 != 140 || ucsOfMany*2 != 134 {
		t.Error("code units are two octets")
	}
}

func TestPartsAtTheirBounds(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		parts   int
		unicode bool
	}{
		"nothing":                              {"", 1, false},
		"160 letters":                          {strings.Repeat("a", 160), 1, false},
		"161":                                  {strings.Repeat("a", 161), 2, false},
		"160 umlauts":                          {strings.Repeat("ä", 160), 1, false},
		"80 euro signs":                        {strings.Repeat("€", 80), 1, false},
		"81":                                   {strings.Repeat("€", 81), 2, false},
		"306 letters":                          {strings.Repeat("a", 306), 2, false},
		"307":                                  {strings.Repeat("a", 307), 3, false},
		"a euro sign where a part ends":        {strings.Repeat("a", 152) + "€" + strings.Repeat("a", 152), 3, false},
		"one that just ends it":                {strings.Repeat("a", 151) + "€" + strings.Repeat("a", 153), 2, false},
		"70 kanji":                             {strings.Repeat("日", 70), 1, true},
		"71":                                   {strings.Repeat("日", 71), 2, true},
		"134":                                  {strings.Repeat("日", 134), 2, true},
		"135":                                  {strings.Repeat("日", 135), 3, true},
		"35 faces":                             {strings.Repeat("😀", 35), 1, true},
		"36":                                   {strings.Repeat("😀", 36), 2, true},
		"a face where a part ends":             {strings.Repeat("日", 66) + "😀" + strings.Repeat("日", 66), 3, true},
		"one other letter among 70":            {strings.Repeat("a", 69) + "Ł", 1, true},
		"and among 71":                         {strings.Repeat("a", 70) + "Ł", 2, true},
		"what counts twice in GSM, and is one": {"Ł" + strings.Repeat("€", 69), 1, true},
	} {
		parts, unicode := Parts(c.text)
		if len(parts) != c.parts || unicode != c.unicode {
			t.Errorf("%s: %d parts, UCS-2 %t", name, len(parts), unicode)
		}
	}
}

// Whatever the text: the parts are the text, each fits, none ends within a character, and there are no fewer that would do.
func TestPartsOfAnyText(t *testing.T) {
	letters := []rune("aäß€^{\n Ł日本😀👩\u200d💻’")
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(rapid.SampledFrom(letters[:rapid.IntRange(1, len(letters)).Draw(t, "letters")]), 0, 500).Draw(t, "text"))
		parts, unicode := Parts(text)
		if strings.Join(parts, "") != text {
			t.Fatalf("%q is cut into %q", text, parts)
		}
		whole := 0
		for i, part := range parts {
			septets, plain := GSM(part)
			units, most, one := len(septets), gsmOfMany, gsmAlone
			if unicode {
				units, most, one = len(utf16.Encode([]rune(part))), ucsOfMany, ucsAlone
			} else if !plain {
				t.Fatalf("%q is said to be in the alphabet", part)
			}
			if len(parts) == 1 {
				most = one
			}
			whole += units
			if units > most || !utf8.ValidString(part) {
				t.Fatalf("part %d of %q has %d units", i, text, units)
			}
			if i+1 < len(parts) && units < most-1 {
				t.Fatalf("part %d of %q has %d units, and there was room", i, text, units)
			}
			if i+1 == len(parts) && len(parts) > 1 && whole <= one {
				t.Fatalf("%q has %d parts", text, len(parts))
			}
		}
		if _, plain := GSM(text); plain == unicode {
			t.Fatalf("%q: UCS-2 %t", text, unicode)
		}
	})
}
