package otp

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"
)

// questionSize is the room for the questions in the message: 128 bytes, RFC 6287,
// section 5.1.
const questionSize = 128

// ErrInput is returned by Compute for an input that does not fit its suite. It
// says which part, and never quotes it.
var ErrInput = errors.New("otp: the input does not fit the OCRA suite")

// Input is what one response is computed from besides the key. Fields that the
// suite does not name stay zero.
type Input struct {
	Counter uint64

	// Question is the challenge, 1 to QuestionLength characters of the suite's
	// format. A numeric question counts as a number: "007" and "7" give the same
	// response, so whoever compares questions fixes their length. So do "7" and
	// "112", which is 16 times 7: the number is written in hexadecimal with zeros
	// behind it. Whoever must not ask one question twice asks no multiple of 16.
	Question string

	// Own is, in mutual challenge-response (RFC 6287, sections 7.2 and 7.3), the
	// question that the responder itself asked; it follows Question, the one that
	// the response answers. Empty otherwise.
	Own string

	PIN     []byte    // hash of the PIN by the suite's hash, not the PIN itself
	Session string    // UTF-8, 1 to Suite.Session bytes; padded with zeros on the left
	Time    time.Time // not before 1970
}

// Compute returns the OCRA response to in, RFC 6287, section 5: as many decimal
// digits as the suite says, or the whole HMAC in lower-case hex when it says 0.
//
// The HMAC is over suite ‖ 00 ‖ counter ‖ questions ‖ PIN hash ‖ session ‖ time
// steps, without those that the suite does not name.
func (s Suite) Compute(key []byte, in Input) (string, error) {
	if err := s.check(); err != nil {
		return "", err
	}
	if len(key) < MinKey {
		return "", ErrKey
	}
	message, err := s.message(in)
	if err != nil {
		return "", err
	}
	mac := sum(s.Hash, key, message)
	if s.Digits == 0 {
		return hex.EncodeToString(mac), nil
	}
	return truncate(mac, s.Digits), nil
}

// message is the DataInput of RFC 6287, section 5.1.
func (s Suite) message(in Input) ([]byte, error) {
	question, err := s.question(in)
	if err != nil {
		return nil, err
	}
	b := append([]byte(s.String()), 0)

	if s.Counter {
		b = binary.BigEndian.AppendUint64(b, in.Counter)
	} else if in.Counter != 0 {
		return nil, fmt.Errorf("%w: it has no counter", ErrInput)
	}

	b = append(b, question...)

	switch {
	case s.PIN == 0 && in.PIN != nil:
		return nil, fmt.Errorf("%w: it has no PIN", ErrInput)
	case s.PIN != 0 && len(in.PIN) != s.PIN.Size():
		return nil, fmt.Errorf("%w: the PIN hash is %d bytes, not %d", ErrInput, len(in.PIN), s.PIN.Size())
	}
	b = append(b, in.PIN...)

	switch {
	case s.Session == 0 && in.Session != "":
		return nil, fmt.Errorf("%w: it has no session information", ErrInput)
	case s.Session != 0 && in.Session == "":
		// The RFC would pad it from nothing. A caller that leaves out what the
		// response should be bound to has made a mistake.
		return nil, fmt.Errorf("%w: the session information is missing", ErrInput)
	case len(in.Session) > s.Session || !utf8.ValidString(in.Session):
		return nil, fmt.Errorf("%w: the session information is not UTF-8 of at most %d bytes", ErrInput, s.Session)
	}
	b = append(b, make([]byte, s.Session-len(in.Session))...)
	b = append(b, in.Session...)

	switch {
	case s.Step != 0:
		steps, err := Steps(in.Time, s.Step)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInput, err)
		}
		b = binary.BigEndian.AppendUint64(b, steps)
	case !in.Time.IsZero():
		return nil, fmt.Errorf("%w: it has no time", ErrInput)
	}
	return b, nil
}

// question returns the questions as 128 bytes, padded with zeros on the right.
func (s Suite) question(in Input) ([]byte, error) {
	if !s.valid(in.Question) || in.Question == "" {
		return nil, fmt.Errorf("%w: the question is not Q%c%02d", ErrInput, s.Question, s.QuestionLength)
	}
	if !s.valid(in.Own) {
		return nil, fmt.Errorf("%w: the responder's own question is not Q%c%02d", ErrInput, s.Question, s.QuestionLength)
	}
	text := in.Question + in.Own
	b := make([]byte, questionSize)
	switch s.Question {
	case Alphanumeric:
		copy(b, text)
		return b, nil
	case Numeric:
		// The number in hexadecimal, most significant digit first, without leading
		// zeros: what the RFC's reference implementation (appendix A) does.
		n, ok := new(big.Int).SetString(text, 10)
		if !ok {
			return nil, fmt.Errorf("%w: the question is not a number", ErrInput)
		}
		text = n.Text(16)
	}
	// Padded on the right digit by digit: an odd number of them ends inside a byte.
	_, err := hex.Decode(b, []byte(text+strings.Repeat("0", len(text)%2)))
	return b, err
}

// valid tells whether a question is of the suite's format and not too long.
func (s Suite) valid(question string) bool {
	if len(question) > s.QuestionLength {
		return false
	}
	for _, c := range []byte(question) {
		digit := '0' <= c && c <= '9'
		upper := c &^ 0x20 // of a letter
		switch s.Question {
		case Numeric:
			if !digit {
				return false
			}
		case Hexadecimal:
			if !digit && (upper < 'A' || upper > 'F') {
				return false
			}
		case Alphanumeric:
			if !digit && (upper < 'A' || upper > 'Z') {
				return false
			}
		}
	}
	return true
}
