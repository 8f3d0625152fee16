package wire

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// Bytes is a byte string that travels as base64url without padding.
type Bytes []byte

// MarshalText gives the base64url form.
func (b Bytes) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, b), nil
}

// UnmarshalJSON accepts a JSON string of canonical base64url: no padding, no line breaks, no stray bits.
func (b *Bytes) UnmarshalJSON(data []byte) error {
	var text string
	if len(data) == 0 || data[0] != '"' {
		return errors.New("a base64url string is expected")
	}
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	raw, err := DecodeB64(text)
	if err != nil {
		return err
	}
	*b = raw
	return nil
}

func (b Bytes) String() string { return base64.RawURLEncoding.EncodeToString(b) }

// DecodeB64 decodes canonical base64url without padding.
func DecodeB64(text string) ([]byte, error) {
	for i := range len(text) {
		if text[i] == '\n' || text[i] == '\r' { // encoding/base64 skips them
			return nil, errors.New("line break in base64url")
		}
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("not base64url: %w", err)
	}
	return raw, nil
}
