package nodkey

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// Identifiers are 16 random bytes as base64url (22 characters); a KeyID is the RFC 7638 thumbprint of the key
// (43 characters). None of them is a secret and none gives access to anything.
type (
	UserID       string
	KeyID        string
	ActivationID string
	ApprovalID   string
	ChallengeID  string
	SignInID     string
	SessionID    string
)

// newID draws 128 random bits. None begins with a hyphen, which a command line would read as a flag.
func newID() string {
	for {
		var raw [16]byte
		rand.Read(raw[:]) // never fails (crypto/rand, Go 1.24)
		if id := idOf(raw); id[0] != '-' {
			return id
		}
	}
}

func idOf(raw [16]byte) string { return base64.RawURLEncoding.EncodeToString(raw[:]) }

// Token is a bearer secret of 256 bits as base64url (43 characters): what a cookie holds. The store has its hash only.
type Token string

func newToken() Token {
	var raw [32]byte
	rand.Read(raw[:])
	return Token(base64.RawURLEncoding.EncodeToString(raw[:]))
}

// TokenHash is SHA-256 of a Token. Looking a token up by its hash needs no constant-time comparison.
type TokenHash string

// Hash gives what is stored of a token; the zero Token has no hash and matches nothing.
func (t Token) Hash() TokenHash {
	if t == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(t))
	return TokenHash(base64.RawURLEncoding.EncodeToString(sum[:]))
}

// String hides the token from logs and formatted errors.
func (t Token) String() string { return "[token]" }
