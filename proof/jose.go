package proof

import (
	"crypto/ecdsa"
	"crypto/elliptic"

	"github.com/go-jose/go-jose/v4"
	"github.com/nodkey/nodkey/wire"
)

// JOSE signs and verifies compact JWS (RFC 7515 §7.1) with ES256 (RFC 7518 §3.4) and nothing else. The zero value works
// and is safe for concurrent use.
//
// ES256 does not ask for the lower of the two values of s, and neither does Verify: (r, s) and (r, n−s) both hold. So a
// signature is no identity of a message; digests are taken over the signing input (docs/protocol.md §1).
type JOSE struct{}

// Sign makes a JWS whose protected header holds alg and typ and nothing else, as the server's messages have it. The key
// is on P-256.
func (JOSE) Sign(key *ecdsa.PrivateKey, typ string, payload []byte) (string, error) {
	return sign(key, key, typ, payload)
}

// SignWithKID makes a JWS whose protected header holds alg, typ and kid, as a phone's messages have it.
func (JOSE) SignWithKID(key *ecdsa.PrivateKey, typ, kid string, payload []byte) (string, error) {
	return sign(key, jose.JSONWebKey{Key: key, KeyID: kid}, typ, payload)
}

func sign(key *ecdsa.PrivateKey, as any, typ string, payload []byte) (string, error) {
	if key == nil || key.Curve != elliptic.P256() {
		return "", refuse("the signing key is not on P-256", nil)
	}
	options := new(jose.SignerOptions).WithType(jose.ContentType(typ))
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: as}, options)
	if err != nil {
		return "", refuse("the signing key is not usable", err)
	}
	object, err := signer.Sign(payload)
	if err != nil {
		return "", refuse("signing failed", err)
	}
	jws, err := object.CompactSerialize()
	if err != nil {
		return "", refuse("signing failed", err)
	}
	return jws, nil
}

// Verify checks form, header (wire.ParseJWS) and signature of a JWS by the key of this P-256 point of 65 bytes. What typ,
// kid and payload say is the caller's to judge.
func (JOSE) Verify(jws string, point []byte) error {
	if _, err := wire.ParseJWS(jws); err != nil {
		return refuse("the message is not of the form that is signed here", err)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return refuse("the key is not a P-256 point", err)
	}
	object, err := jose.ParseSignedCompact(jws, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return refuse("the message is not a compact JWS", err)
	}
	if _, err := object.Verify(key); err != nil {
		return refuse("the signature does not hold", err)
	}
	return nil
}
