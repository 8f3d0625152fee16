package nodkey

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// SigningAlg is how tokens for applications are signed (RFC 7518 §3.1).
type SigningAlg string

// The algorithms.
const (
	SigningRS256 SigningAlg = "RS256" // with keys of 2048 bits
	SigningES256 SigningAlg = "ES256"
)

// SigningAlgs are all there are.
func SigningAlgs() []SigningAlg { return []SigningAlg{SigningRS256, SigningES256} }

// SigningKey is a key that tokens for applications are signed with. It is published before it signs and after: SignsFrom may be ahead,
// and of several that may sign the one with the latest SignsFrom does.
type SigningKey struct {
	ID        string // kid: 22 characters
	Alg       SigningAlg
	Public    []byte // DER, SubjectPublicKeyInfo
	Sealed    []byte // the private key, PKCS #8
	CreatedAt time.Time
	SignsFrom time.Time
	EndsAt    time.Time // it is published until then; zero: no end is known
}

// aliveAt reports whether the key is published.
func (k SigningKey) aliveAt(now time.Time) bool { return k.EndsAt.IsZero() || now.Before(k.EndsAt) }

// Key gives the public key.
func (k SigningKey) Key() (crypto.PublicKey, error) { return x509.ParsePKIXPublicKey(k.Public) }

// SigningKeyRows keeps them, and what applications signed to prove themselves.
type SigningKeyRows interface {
	// SigningKeys lists all, those first that sign from the latest time.
	SigningKeys() ([]SigningKey, error)
	InsertSigningKey(SigningKey) error
	SaveSigningKey(SigningKey) error
	// UseAssertion stores that something an application signed was used; ErrExists when it was already, ErrNoRow when there is no
	// such application. What it keeps goes with the application, and by itself at until.
	UseAssertion(id ApplicationID, digest []byte, until time.Time) error
}

// newSigner makes a private key.
func newSigner(alg SigningAlg) (crypto.Signer, error) {
	switch alg {
	case SigningRS256:
		return rsa.GenerateKey(rand.Reader, 2048)
	case SigningES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	return nil, fmt.Errorf("nothing is signed with %q", alg)
}

// signInput signs the signing input of a JWS (RFC 7518 §3.3 and §3.4).
func signInput(key crypto.Signer, input []byte) ([]byte, error) {
	digest := sha256.Sum256(input)
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
		if err != nil {
			return nil, err
		}
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...), nil
	}
	return nil, errors.New("a signing key of no known kind")
}
