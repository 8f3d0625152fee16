package wire_test

import "strings"

func toLower(s string) string { return strings.ToLower(s) }

func spaces(n int) string { return strings.Repeat(" ", n) }

// replaceZeroOne writes a code as somebody does who reads 0 as O and 1 as I or L.
func replaceZeroOne(s string) string {
	s = strings.ReplaceAll(s, "0", "O")
	s = strings.Replace(s, "1", "I", 1)
	return strings.ReplaceAll(s, "1", "L")
}

// other gives a character of the alphabet that is not this one.
func other(c byte) string {
	if c == '2' {
		return "3"
	}
	return "2"
}
