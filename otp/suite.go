package otp

import (
	"crypto"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrSuite is returned by ParseSuite for a text that is no OCRA suite, and by
// Compute for a Suite that no text describes.
var ErrSuite = errors.New("otp: not an OCRA suite")

// Format is what an OCRA question is made of, RFC 6287, section 6.3. Its value is
// the letter that stands for it in a suite.
type Format byte

const (
	Alphanumeric Format = 'A' // ASCII letters and digits
	Numeric      Format = 'N' // decimal digits
	Hexadecimal  Format = 'H' // hexadecimal digits
)

// Suite says what an OCRA response is computed from and how, RFC 6287, section 6.
// ParseSuite makes one; Suites that are equal have the same text.
type Suite struct {
	Hash   crypto.Hash // of the HMAC: crypto.SHA1, SHA256 or SHA512
	Digits int         // of the response: 4 to 10, or 0 for the whole HMAC

	Counter        bool          // C: a counter goes into it
	Question       Format        // Q: what questions are made of
	QuestionLength int           // most characters of one question: 4 to 64
	PIN            crypto.Hash   // P: the hash that the PIN comes in, 0 for none
	Session        int           // S: bytes of session information, 1 to 999, 0 for none
	Step           time.Duration // T: time step, 1–59 s, 1–59 min or 1–48 h, 0 for none
}

// ParseSuite reads a suite such as "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1-S064-T1M".
// It takes exactly what [Suite.String] writes: upper case, the parts in the order
// of RFC 6287, section 6.3, two digits for the question's length, three for the
// session's, no leading zero in a time step, which is not 60 s but 1 min. The text
// is hashed into every response, so two spellings would be two suites. The "0H"
// that the RFC's table allows is refused: no time has that step.
func ParseSuite(text string) (Suite, error) {
	var s Suite
	crypt, data, ok := strings.Cut(strings.TrimPrefix(text, "OCRA-1:HOTP-"), ":")
	if !ok {
		return Suite{}, fmt.Errorf("%w: %q", ErrSuite, text)
	}
	name, digits, _ := strings.Cut(crypt, "-")
	s.Hash = hashNamed(name)
	s.Digits, _ = strconv.Atoi(digits)

	for part := range strings.SplitSeq(data, "-") {
		if part == "" {
			return Suite{}, fmt.Errorf("%w: %q", ErrSuite, text)
		}
		switch rest := part[1:]; part[0] {
		case 'C':
			s.Counter = true
		case 'Q':
			if rest != "" {
				s.Question = Format(rest[0])
				s.QuestionLength, _ = strconv.Atoi(rest[1:])
			}
		case 'P':
			s.PIN = hashNamed(rest)
		case 'S':
			s.Session, _ = strconv.Atoi(rest)
		case 'T':
			s.Step = parseStep(rest)
		}
	}
	// What was read loosely above is exact when it writes the same text again.
	if err := s.check(); err != nil || s.String() != text {
		return Suite{}, fmt.Errorf("%w: %q", ErrSuite, text)
	}
	return s, nil
}

// String returns the suite's text, which is part of what every response is
// computed from.
func (s Suite) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "OCRA-1:HOTP-%s-%d:", hashName(s.Hash), s.Digits)
	if s.Counter {
		b.WriteString("C-")
	}
	fmt.Fprintf(&b, "Q%c%02d", s.Question, s.QuestionLength)
	if s.PIN != 0 {
		b.WriteString("-P" + hashName(s.PIN))
	}
	if s.Session != 0 {
		fmt.Fprintf(&b, "-S%03d", s.Session)
	}
	switch {
	case s.Step == 0:
	case s.Step%time.Hour == 0:
		fmt.Fprintf(&b, "-T%dH", s.Step/time.Hour)
	case s.Step%time.Minute == 0:
		fmt.Fprintf(&b, "-T%dM", s.Step/time.Minute)
	default:
		fmt.Fprintf(&b, "-T%dS", s.Step/time.Second)
	}
	return b.String()
}

// check tells whether every field is one that a suite can have.
func (s Suite) check() error {
	switch {
	case !supported(s.Hash),
		s.Digits != 0 && (s.Digits < 4 || s.Digits > 10),
		s.Question != Alphanumeric && s.Question != Numeric && s.Question != Hexadecimal,
		s.QuestionLength < 4 || s.QuestionLength > 64,
		s.PIN != 0 && !supported(s.PIN),
		s.Session < 0 || s.Session > 999,
		s.Step != 0 && !validStep(s.Step):
		return ErrSuite
	}
	return nil
}

// validStep tells whether a step can be written as a number and a unit of RFC
// 6287, section 6.3: 1–59 s, 1–59 min, 1–48 h.
func validStep(step time.Duration) bool {
	switch {
	case step%time.Second != 0 || step <= 0:
		return false
	case step < time.Minute:
		return true
	case step < time.Hour:
		return step%time.Minute == 0
	default:
		return step%time.Hour == 0 && step <= 48*time.Hour
	}
}

func parseStep(text string) time.Duration {
	if text == "" {
		return 0
	}
	n, _ := strconv.ParseUint(text[:len(text)-1], 10, 8)
	switch text[len(text)-1] {
	case 'S':
		return time.Duration(n) * time.Second
	case 'M':
		return time.Duration(n) * time.Minute
	case 'H':
		return time.Duration(n) * time.Hour
	}
	return 0
}

func hashNamed(name string) crypto.Hash {
	switch name {
	case "SHA1":
		return crypto.SHA1
	case "SHA256":
		return crypto.SHA256
	case "SHA512":
		return crypto.SHA512
	}
	return 0
}

func hashName(hash crypto.Hash) string {
	switch hash {
	case crypto.SHA1:
		return "SHA1"
	case crypto.SHA256:
		return "SHA256"
	case crypto.SHA512:
		return "SHA512"
	}
	return "?"
}
