package wire_test

import (
	"slices"
	"testing"

	"github.com/nodkey/nodkey/wire"
	"pgregory.net/rapid"
)

// pinCase is one case of pins.json.
type pinCase struct {
	Why    string          `json:"why"`
	PIN    string          `json:"pin"`
	Names  []string        `json:"names"`
	Faults []wire.PINFault `json:"faults"`
}

func TestPINVectors(t *testing.T) {
	mara := []string{"mara.lindqvist", "Mara Lindqvist"}
	c := func(why, pin string, faults ...wire.PINFault) pinCase {
		return pinCase{Why: why, PIN: pin, Names: mara, Faults: append([]wire.PINFault{}, faults...)}
	}
	named := func(why, pin string, names []string, faults ...wire.PINFault) pinCase {
		return pinCase{Why: why, PIN: pin, Names: names, Faults: append([]wire.PINFault{}, faults...)}
	}
	want := vectors[pinCase]{
		About: "PIN guidelines (docs/protocol.md §6.1). pin is in NFKC already, names are the user's name and display name; faults in the order of the page, empty for a good PIN.",
		Cases: []pinCase{
			c("four digits of no pattern", "7294"), c("six digits of no pattern", "729461"), c("letters and signs", "k7!q"), c("six signs", "{}[]~!"),
			c("empty", "", wire.PINLength), c("three characters", "729", wire.PINLength), c("seven characters", "7294618", wire.PINLength),
			c("a space inside", "72 94", wire.PINCharacter), c("a letter outside ASCII", "72ä4", wire.PINCharacter),
			c("a control character", "729\u0000", wire.PINCharacter), c("DEL", "729\u007f", wire.PINCharacter),
			c("too long and outside ASCII: both are told, nothing else is", "äaaaaaa", wire.PINLength, wire.PINCharacter),
			c("one emoji is one character", "😀729", wire.PINCharacter),
			c("all alike", "7777", wire.PINAlike, wire.PINCommon), c("all alike but for case", "kKkK", wire.PINAlike),
			c("all alike signs", "!!!!!", wire.PINAlike),
			c("a run up", "3456", wire.PINRun), c("a run down", "9876", wire.PINRun), c("a date that is among the common too", "1212", wire.PINDate, wire.PINCommon), c("a run of letters", "cdefg", wire.PINRun),
			c("a run across digits and signs by code point", "789:;", wire.PINRun), c("a run that wraps is none", "8901"),
			c("part of the name", "mara", wire.PINName), c("part of the name across a dot", "a.li", wire.PINName), c("part of the display name, other case", "LINDQ", wire.PINName),
			c("a word of the name inside", "9mara", wire.PINName), c("a word of the name inside, other case", "MARA7", wire.PINName),
			named("a word of two letters counts for nothing", "jo72x", []string{"jo", "Jo"}), named("a word of three letters counts", "ann7x", []string{"ann", "Ann"}, wire.PINName),
			named("no names", "mara", nil), named("an empty name", "mara", []string{""}),
			named("only letters a to z make words", "72kn", []string{"jürgen", "Jürgen Kn"}),
			c("DDMM", "2407", wire.PINDate), c("MMDD", "0724", wire.PINDate), c("a year of the last century", "1987", wire.PINDate),
			c("a year of this century", "2063", wire.PINDate), c("a year of no living person", "1863"),
			c("DDMMYY", "240791", wire.PINDate), c("MMDDYY", "072491", wire.PINDate), c("YYMMDD", "910724", wire.PINDate),
			c("five digits are no date", "24079"), c("the 32nd of a 13th month", "3213"), c("31 February counts as a date", "3102", wire.PINDate),
			c("among the most common", "6969", wire.PINCommon), c("common letters", "qwerty", wire.PINCommon), c("common letters, other case", "QWERTY", wire.PINCommon),
		},
	}
	for _, c := range sameAsFile(t, "pins.json", want) {
		if got := wire.CheckPIN(c.PIN, c.Names...); !slices.Equal(got, c.Faults) {
			t.Errorf("%s (%q): %v; want %v", c.Why, c.PIN, got, c.Faults)
		}
	}
}

func TestEveryPINWithoutFaultIsInTheAlphabet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pin := rapid.String().Draw(t, "pin")
		if len(wire.CheckPIN(pin)) > 0 {
			return
		}
		if len(pin) < 4 || len(pin) > 6 {
			t.Fatalf("%q has %d bytes", pin, len(pin))
		}
		for _, c := range []byte(pin) {
			if c < 0x21 || c > 0x7e {
				t.Fatalf("%q has %x", pin, c)
			}
		}
	})
}
