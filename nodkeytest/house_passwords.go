package nodkeytest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"
	"sync/atomic"
)

// Passwords is a [nodkey.Passwords] that keeps its contract in microseconds: salted, but cheap, so for tests only. It
// counts its work.
type Passwords struct {
	Rise     atomic.Bool // the parameters have risen since
	Hashed   atomic.Int64
	Verified atomic.Int64
}

// Hash gives a PHC string.
func (p *Passwords) Hash(_ context.Context, _ string, _ bool, password string) (string, error) {
	p.Hashed.Add(1)
	salt := make([]byte, 8)
	rand.Read(salt)
	return "$sha256$" + hex.EncodeToString(salt) + "$" + digestOfPassword(salt, password), nil
}

// Verify compares; an empty phc costs the same and is wrong.
func (p *Passwords) Verify(_ context.Context, _ string, _ bool, phc, password string) (ok, rehash bool, err error) {
	p.Verified.Add(1)
	parts := strings.Split(phc, "$")
	if len(parts) != 4 {
		parts = []string{"", "sha256", "0000000000000000", ""}
	}
	salt, err := hex.DecodeString(parts[2])
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare([]byte(digestOfPassword(salt, password)), []byte(parts[3])) == 1
	return ok, ok && p.Rise.Load(), nil
}

func digestOfPassword(salt []byte, password string) string {
	sum := sha256.Sum256(append(salt[:len(salt):len(salt)], password...))
	return hex.EncodeToString(sum[:])
}
