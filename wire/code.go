package wire

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// crockford is Crockford's base 32 alphabet: no I, L, O and U.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	codeGroups    = 5
	codeGroupLen  = 4
	codeDataChars = codeGroups * (codeGroupLen - 1)
)

// Code is an activation code: the 15 data characters (75 bits) in capitals, without check characters.
// It is a secret; String gives the form that people read and type.
type Code string

// MistypedError names the first group whose check character does not fit.
type MistypedError struct{ Group int } // 1 to 5

func (e *MistypedError) Error() string { return fmt.Sprintf("group %d has a typing mistake", e.Group) }

// NewCode draws a code from r, or from crypto/rand when r is nil.
func NewCode(r io.Reader) (Code, error) {
	if r == nil {
		r = rand.Reader
	}
	var raw [codeDataChars]byte
	if _, err := io.ReadFull(r, raw[:]); err != nil {
		return "", fmt.Errorf("drawing an activation code: %w", err)
	}
	for i, b := range raw {
		raw[i] = crockford[b&31] // 256 is a multiple of 32: no bias
	}
	return Code(raw[:]), nil
}

// Groups gives the five groups of four characters that are shown and typed.
func (c Code) Groups() [codeGroups]string {
	var groups [codeGroups]string
	if len(c) != codeDataChars {
		return groups
	}
	for g := range groups {
		data := string(c[g*3 : g*3+3])
		groups[g] = data + string(crockford[checkValue(data, g+1)])
	}
	return groups
}

// Compact gives the 20 characters without hyphens, as in a QR code.
func (c Code) Compact() string { g := c.Groups(); return strings.Join(g[:], "") }

// String gives the groups joined by hyphens.
func (c Code) String() string { g := c.Groups(); return strings.Join(g[:], "-") }

// ParseCode reads a code as people write it: any case, O for 0, I and L for 1, hyphens and white space anywhere.
// A group that does not fit its check character gives a *MistypedError; anything else that is no code, ErrNoCode.
func ParseCode(typed string) (Code, error) {
	if len(typed) > 256 {
		return "", ErrNoCode
	}
	chars := make([]byte, 0, codeGroups*codeGroupLen)
	for _, r := range typed {
		switch {
		case r == '-' || unicode.IsSpace(r): // also U+3000, which Japanese keyboards type
			continue
		case r >= 'a' && r <= 'z':
			r -= 'a' - 'A'
		}
		switch r {
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		if r > 'Z' || strings.IndexByte(crockford, byte(r)) < 0 {
			return "", ErrNoCode
		}
		if len(chars) == cap(chars) {
			return "", ErrNoCode
		}
		chars = append(chars, byte(r))
	}
	if len(chars) != codeGroups*codeGroupLen {
		return "", ErrNoCode
	}
	data := make([]byte, 0, codeDataChars)
	for g := range codeGroups {
		group := chars[g*codeGroupLen : (g+1)*codeGroupLen]
		if crockford[checkValue(string(group[:3]), g+1)] != group[3] {
			return "", &MistypedError{Group: g + 1}
		}
		data = append(data, group[:3]...)
	}
	return Code(data), nil
}

// ErrNoCode says that a text is no activation code at all: wrong length or characters.
var ErrNoCode = fmt.Errorf("not an activation code: it has 20 letters and digits")

// checkValue is α·v1 + α²·v2 + α³·v3 + g in GF(2^5), polynomial x^5+x^2+1, α = 2. The factors are distinct and not
// zero, so that any wrong character and any swap of two shows; g shows swapped groups.
func checkValue(data string, g int) int {
	sum := g
	factor := 1
	for i := range len(data) {
		factor = gfMul(factor, 2)
		sum ^= gfMul(factor, strings.IndexByte(crockford, data[i]))
	}
	return sum
}

func gfMul(a, b int) int {
	product := 0
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			product ^= a
		}
		a <<= 1
		if a&32 != 0 {
			a ^= 0x25
		}
	}
	return product
}

// ActivationLink is what the QR code holds. The code and the server key's fingerprint stand in the fragment, which
// browsers send to nobody. phoneOrigin is like "https://phone.example".
func ActivationLink(phoneOrigin string, code Code, serverKey []byte) string {
	return phoneOrigin + "/a#c=" + code.Compact() + "&f=" + KeyFingerprint(serverKey)
}

// ParseActivationLink takes apart what ActivationLink made; fingerprint is 22 characters of base64url.
func ParseActivationLink(link string) (phoneOrigin string, code Code, fingerprint string, err error) {
	origin, fragment, ok := strings.Cut(link, "/a#c=")
	if !ok || len(link) > 512 || !isOrigin(origin) {
		return "", "", "", ErrNoCode
	}
	typed, fingerprint, ok := strings.Cut(fragment, "&f=")
	if !ok {
		return "", "", "", ErrNoCode
	}
	if raw, err := base64.RawURLEncoding.Strict().DecodeString(fingerprint); err != nil || len(raw) != 16 {
		return "", "", "", ErrNoCode
	}
	code, err = ParseCode(typed)
	return origin, code, fingerprint, err
}

// isOrigin accepts scheme and host as ActivationLink writes them: no path, no user, nothing a browser would read otherwise.
func isOrigin(text string) bool {
	host, secure := strings.CutPrefix(text, "https://")
	if !secure {
		var plain bool
		if host, plain = strings.CutPrefix(text, "http://"); !plain {
			return false
		}
	}
	return host != "" && !strings.ContainsFunc(host, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune(".-:[]", r))
	})
}

// KeyFingerprint is base64url of the first 16 bytes of SHA-256 over the raw point of the server's signing key.
func KeyFingerprint(point []byte) string {
	sum := sha256.Sum256(point)
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
