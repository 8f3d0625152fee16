package wire

import (
	_ "embed"
	"strings"
	"sync"
)

// PINFault names a guideline that a PIN breaks (docs/protocol.md §6.1).
type PINFault string

// The guidelines, in the order in which they are told.
const (
	PINLength    PINFault = "length"    // not 4 to 6 characters
	PINCharacter PINFault = "character" // outside U+0021 to U+007E
	PINAlike     PINFault = "alike"     // one character over and over
	PINRun       PINFault = "run"       // up or down by one, like 1234 or dcba
	PINName      PINFault = "name"      // part of the user's name, or holding it
	PINDate      PINFault = "date"      // a date in a common order
	PINCommon    PINFault = "common"    // among the most used
)

//go:embed common-pins.txt
var commonPINText string

var commonPINs = sync.OnceValue(func() map[string]bool {
	set := make(map[string]bool)
	for line := range strings.Lines(commonPINText) {
		if pin := strings.TrimSpace(line); pin != "" {
			set[pin] = true
		}
	}
	return set
})

// CheckPIN lists the guidelines that a PIN breaks, none for a good one. pin is already in NFKC; names are the user's
// name and display name.
func CheckPIN(pin string, names ...string) []PINFault {
	var faults []PINFault
	add := func(broken bool, fault PINFault) {
		if broken {
			faults = append(faults, fault)
		}
	}
	runes := []rune(pin)
	add(len(runes) < 4 || len(runes) > 6, PINLength)
	add(strings.ContainsFunc(pin, func(r rune) bool { return r < 0x21 || r > 0x7e }), PINCharacter)
	if len(faults) > 0 {
		return faults // the others speak of PINs that could be one
	}
	lower := strings.ToLower(pin)
	add(stepsBy(lower, 0), PINAlike)
	add(stepsBy(pin, 1) || stepsBy(pin, -1), PINRun)
	add(holdsName(lower, names), PINName)
	add(isDate(pin), PINDate)
	add(commonPINs()[lower], PINCommon)
	return faults
}

func stepsBy(pin string, step int) bool {
	for i := 1; i < len(pin); i++ {
		if int(pin[i])-int(pin[i-1]) != step {
			return false
		}
	}
	return true
}

// holdsName reports whether the PIN is part of a name, or holds a word of three letters or more of one.
func holdsName(pin string, names []string) bool {
	for _, name := range names {
		name = strings.ToLower(name)
		if strings.Contains(name, pin) {
			return true
		}
		words := strings.FieldsFunc(name, func(r rune) bool { return r < 'a' || r > 'z' })
		for _, word := range words {
			if len(word) >= 3 && strings.Contains(pin, word) {
				return true
			}
		}
	}
	return false
}

func isDate(pin string) bool {
	for i := range len(pin) {
		if pin[i] < '0' || pin[i] > '9' {
			return false
		}
	}
	two := func(i int) int { return int(pin[i]-'0')*10 + int(pin[i+1]-'0') }
	day := func(n int) bool { return n >= 1 && n <= 31 }
	month := func(n int) bool { return n >= 1 && n <= 12 }
	switch len(pin) {
	case 4:
		a, b := two(0), two(2)
		return day(a) && month(b) || month(a) && day(b) || a == 19 || a == 20
	case 6:
		a, b, c := two(0), two(2), two(4)
		return day(a) && month(b) || month(a) && day(b) || month(b) && day(c)
	}
	return false
}
