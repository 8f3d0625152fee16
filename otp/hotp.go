package otp

import (
	"crypto"
	"crypto/hmac"
	_ "crypto/sha1" // links what crypto.SHA1.New needs
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// MinKey is the shortest key in bytes, RFC 4226, section 4, requirement R6.
const MinKey = 16

var (
	// ErrKey is returned for keys shorter than MinKey.
	ErrKey = errors.New("otp: the key is shorter than 16 bytes")

	// ErrParameters is returned for a hash, number of digits, time or time step that the
	// algorithm does not have.
	ErrParameters = errors.New("otp: parameters out of range")
)

// HOTP returns the one-time password of RFC 4226 for key and counter: 6 to 10
// decimal digits, as many as digits says, leading zeros included. The RFC has
// crypto.SHA1; crypto.SHA256 and crypto.SHA512 are those of RFC 6238. Digits
// beyond the ninth add nothing: the tenth is 0, 1 or 2.
func HOTP(hash crypto.Hash, key []byte, counter uint64, digits int) (string, error) {
	if !supported(hash) || digits < 6 || digits > 10 {
		return "", fmt.Errorf("%w: HOTP with hash %v, %d digits", ErrParameters, hash, digits)
	}
	if len(key) < MinKey {
		return "", ErrKey
	}
	return truncate(sum(hash, key, binary.BigEndian.AppendUint64(nil, counter)), digits), nil
}

// TOTP returns the one-time password of RFC 6238 for key at the time at, which is
// HOTP of the number of whole steps since 1970. The step is whole seconds, 30 by
// custom. Use [Steps] to allow for a clock that is a step off, and to refuse a
// step that was used before.
func TOTP(hash crypto.Hash, key []byte, at time.Time, step time.Duration, digits int) (string, error) {
	n, err := Steps(at, step)
	if err != nil {
		return "", err
	}
	return HOTP(hash, key, n, digits)
}

// Steps returns the number of whole steps from 1970 to at, the T of RFC 6238,
// section 4.2. The step is a positive number of whole seconds; at is not before 1970.
func Steps(at time.Time, step time.Duration) (uint64, error) {
	if step < time.Second || step%time.Second != 0 || at.Unix() < 0 {
		return 0, fmt.Errorf("%w: time %v, step %v", ErrParameters, at, step)
	}
	return uint64(at.Unix()) / uint64(step/time.Second), nil
}

// Equal tells whether two one-time passwords are the same, in a time that depends
// on their lengths only.
func Equal(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// truncate is the dynamic truncation of RFC 4226, section 5.3: the last four bits
// of the HMAC choose 31 bits of it, of which the lowest decimal digits are taken.
func truncate(mac []byte, digits int) string {
	offset := mac[len(mac)-1] & 0xf
	number := uint64(binary.BigEndian.Uint32(mac[offset:]) & 0x7fff_ffff)
	modulus := uint64(1)
	for range digits {
		modulus *= 10
	}
	text := strconv.FormatUint(number%modulus+modulus, 10) // the 1 in front keeps leading zeros
	return text[1:]
}

func sum(hash crypto.Hash, key, message []byte) []byte {
	mac := hmac.New(hash.New, key)
	mac.Write(message)
	return mac.Sum(nil)
}

func supported(hash crypto.Hash) bool {
	return hash == crypto.SHA1 || hash == crypto.SHA256 || hash == crypto.SHA512
}
