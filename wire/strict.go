package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Reason is why strict decoding refused a text.
type Reason int

// What can be wrong with a text.
const (
	BadSyntax     Reason = iota + 1 // not JSON, or empty
	BadText                         // not UTF-8, or half a surrogate pair
	DuplicateKey                    // the same key twice in one object
	UnknownKey                      // a key the type does not have, letter case included
	WrongType                       // a string where a number belongs, null where a value does, a number out of range
	TrailingBytes                   // something after the value
	TooDeep                         // nested beyond MaxDepth
)

var reasonNames = [...]string{"", "syntax", "text", "duplicate", "unknown", "type", "trailing", "depth"}

// String gives a short stable name, fit to end a catalogue key: "duplicate".
func (r Reason) String() string {
	if r < 0 || int(r) >= len(reasonNames) {
		return ""
	}
	return reasonNames[r]
}

// StrictError says what strict decoding refused. Path names the member
// ("decision.factor", "keys[2].id"), and is empty when the whole is meant. It
// never repeats a value of the text, and an unknown key only where that looks
// like a name: up to 32 letters, digits and underscores. Otherwise the object
// that holds it is named, "." being the outermost.
type StrictError struct {
	Reason Reason
	Path   string
}

// Error gives an English sentence for developers.
func (e *StrictError) Error() string {
	what := map[Reason]string{
		BadSyntax: "not valid JSON", BadText: "text that is not Unicode", DuplicateKey: "a key twice in one object",
		UnknownKey: "a key that is not known", WrongType: "a value of the wrong type",
		TrailingBytes: "bytes after the end", TooDeep: "nested too deeply",
	}[e.Reason]
	if e.Path == "" {
		return "strict JSON: " + what
	}
	return fmt.Sprintf("strict JSON: %s at %s", what, e.Path)
}

// ErrTooLarge says that a text was longer than its reader was willing to hold.
var ErrTooLarge = errors.New("strict JSON: too large")

// MaxDepth is how deep objects and arrays may nest. The deepest message of the
// protocol needs six.
const MaxDepth = 16

// ReadStrict reads all of r, at most limit bytes, and decodes it as
// DecodeStrict does. Errors are ErrTooLarge, a *StrictError, or r's own.
func ReadStrict(r io.Reader, limit int64, v any) error {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return err
	}
	if int64(len(data)) > limit {
		return ErrTooLarge
	}
	return DecodeStrict(data, v)
}

// DecodeStrict decodes one JSON text (RFC 8259) into v, a non-nil pointer, and
// refuses all that two readers could understand differently: duplicate keys
// (RFC 8259 §4), keys in another letter case, unknown keys, null
// (an absent member is left out), invalid UTF-8, lone surrogates, bytes after the end, deep
// nesting. Errors are *StrictError; v is undefined then.
func DecodeStrict(data []byte, v any) error {
	if !utf8.Valid(data) {
		return &StrictError{Reason: BadText}
	}
	if err := measure(data); err != nil {
		return err
	}
	if err := checkShape(data, v); err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return &StrictError{Reason: WrongType, Path: kind.Field}
		}
		// The syntax was checked: what is left is a type's own UnmarshalJSON
		// or UnmarshalText.
		return &StrictError{Reason: WrongType}
	}
	return nil
}

// measure checks syntax, depth, lone surrogates and the end of the text before
// anything is allocated for it.
func measure(data []byte) error {
	depth, inString := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			size, ok := escape(data[i:])
			if !ok {
				return &StrictError{Reason: BadText}
			}
			i += size - 1
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > MaxDepth {
				return &StrictError{Reason: TooDeep}
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	if json.Valid(data) {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	var first json.RawMessage
	if dec.Decode(&first) == nil {
		return &StrictError{Reason: TrailingBytes}
	}
	return &StrictError{Reason: BadSyntax}
}

// escape measures the escape sequence at the start of b, a pair of surrogates
// being one. It is not ok for half a pair, which decoders turn into U+FFFD.
func escape(b []byte) (size int, ok bool) {
	unit, is := unicodeEscape(b)
	if !is {
		return 2, true // two characters, or broken syntax, which is found later
	}
	switch {
	case unit >= 0xDC00 && unit <= 0xDFFF:
		return 6, false
	case unit >= 0xD800 && unit <= 0xDBFF:
		low, is := unicodeEscape(b[6:])
		return 12, is && low >= 0xDC00 && low <= 0xDFFF
	}
	return 6, true
}

func unicodeEscape(b []byte) (unit rune, is bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		unit = unit<<4 | rune(c)
	}
	return unit, true
}
