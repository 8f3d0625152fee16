package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
)

// ErrMasterKey is returned by ParseMasterKey. It never quotes the text.
var ErrMasterKey = errors.New("seal: a master key is 32 random bytes, as 43 characters of base64url or 64 of hex, on one line")

// ErrMasterKeyZero is returned by ParseMasterKey for a key of zeros only, which is
// what a file that was never filled looks like.
var ErrMasterKeyZero = errors.New("seal: the master key is all zeros")

// ParseMasterKey reads a master key from the contents of its file: base64url (43
// characters, or 44 with its "=") or hex (64 digits, either case), with one line
// end at most behind it. It takes no other white space: a file with more in it is
// a file with something else in it.
func ParseMasterKey(text []byte) ([32]byte, error) {
	if line, ok := bytes.CutSuffix(text, []byte("\n")); ok {
		text = bytes.TrimSuffix(line, []byte("\r"))
	}
	var (
		raw []byte
		err error
	)
	switch len(text) {
	case 64:
		raw, err = hex.AppendDecode(nil, text)
	case 44:
		raw, err = base64.URLEncoding.Strict().AppendDecode(nil, text)
	case 43:
		raw, err = base64.RawURLEncoding.Strict().AppendDecode(nil, text)
	}
	// The length is checked as well because base64 skips line ends inside the text.
	if err != nil || len(raw) != keySize {
		return [32]byte{}, ErrMasterKey
	}
	key := [32]byte(raw)
	if key == [32]byte{} {
		return [32]byte{}, ErrMasterKeyZero
	}
	return key, nil
}

// FormatMasterKey returns the contents of a master key file: base64url and a line
// end, which ParseMasterKey reads back.
func FormatMasterKey(key [32]byte) []byte {
	return append(base64.RawURLEncoding.AppendEncode(nil, key[:]), '\n')
}
