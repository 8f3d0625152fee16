package wire

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// PointLen is the length of an uncompressed P-256 point (SEC 1 §2.3.3).
const PointLen = 65

// CodeID is the handle under which the server finds an activation: 16 bytes that do not reveal the code.
func (c Code) CodeID() []byte { return derive([]byte(c), nil, "nodkey/v1/code-id", 16) }

// Key is ck, the MAC key that only the code's holder and the server have: 32 bytes.
func (c Code) Key() []byte { return derive([]byte(c), nil, "nodkey/v1/code-key", 32) }

// OfferMAC covers an offer under ck (§4.2): 32 bytes.
func OfferMAC(ck []byte, offerDigest [32]byte) []byte {
	return labelled(ck, "nodkey/v1/offer", offerDigest[:])
}

// SubmissionMAC covers a submission under ck (§4.3): 32 bytes.
func SubmissionMAC(ck []byte, submissionDigest [32]byte) []byte {
	return labelled(ck, "nodkey/v1/activation", submissionDigest[:])
}

// Binding is who a derived secret belongs to: server and key.
type Binding struct{ ServerID, KeyID string }

// Context is ctx(x) of §4.3.
func (b Binding) Context(x string) string {
	return "nodkey/v1/" + x + "\x00" + b.ServerID + "\x00" + b.KeyID
}

// Transcript is h of §4.3 and §6.3: it binds a shared secret to the message that offered Es and to both phone keys.
func Transcript(offerDigest [32]byte, rawD, rawE []byte) []byte {
	d, e := sha256.Sum256(rawD), sha256.Sum256(rawE)
	h := sha256.New()
	h.Write(offerDigest[:])
	h.Write(d[:])
	h.Write(e[:])
	return h.Sum(nil)
}

// OCRAKey is K of §4.3, 32 bytes, from Z = ECDH and h = Transcript.
func (b Binding) OCRAKey(z, h []byte) []byte { return derive(z, h, b.Context("ocra"), 32) }

// WrapKey is W of §4.3, 32 bytes.
func (b Binding) WrapKey(z, h []byte) []byte { return derive(z, h, b.Context("wrap"), 32) }

// PINVerifier is Vpin of §4.3, 32 bytes; pin is normalised, kp is the phone's 32 byte HMAC key.
func (b Binding) PINVerifier(kp []byte, pin string) []byte {
	return labelled(kp, b.Context("pin"), []byte(pin))
}

// PRFVerifier is Vprf of §4.3, 32 bytes; prf is the authenticator's 32 byte output.
func (b Binding) PRFVerifier(kp, prf []byte) []byte { return labelled(kp, b.Context("prf"), prf) }

// PRFSalt is eval.first of the WebAuthn PRF extension, 32 bytes.
func (b Binding) PRFSalt() [32]byte { return sha256.Sum256([]byte(b.Context("prf-salt"))) }

// WrapVerifiers encrypts Vpin‖Vprf under W; an absent verifier is nil and becomes 32 zero bytes.
func WrapVerifiers(w, vpin, vprf []byte) ([]byte, error) {
	plain := make([]byte, 64)
	copy(plain[:32], vpin)
	copy(plain[32:], vprf)
	return sealGCM(w, plain)
}

// UnwrapVerifiers is the reverse of WrapVerifiers.
func UnwrapVerifiers(w, wrapped []byte) (vpin, vprf []byte, err error) {
	plain, err := openGCM(w, wrapped)
	if err != nil || len(plain) != 64 {
		return nil, nil, errors.New("the wrapped verifiers do not open")
	}
	return plain[:32], plain[32:], nil
}

// ProvePIN is the PIN proof over a decision (§5.2), 32 bytes.
func ProvePIN(vpin []byte, decisionDigest [32]byte) []byte {
	return labelled(vpin, "nodkey/v1/pin-proof", decisionDigest[:])
}

// SealPINProof seals a PIN proof to the server's PIN key with a fresh key of the phone's.
func (b Binding) SealPINProof(serverPIN []byte, decisionDigest [32]byte, proof []byte) (*PINProof, error) {
	to, err := ecdh.P256().NewPublicKey(serverPIN)
	if err != nil {
		return nil, fmt.Errorf("the server's PIN key: %w", err)
	}
	p, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	z, err := p.ECDH(to)
	if err != nil {
		return nil, err
	}
	ct, err := sealGCM(derive(z, decisionDigest[:], b.Context("pin-seal"), 32), proof)
	if err != nil {
		return nil, err
	}
	return &PINProof{Epk: p.PublicKey().Bytes(), Ct: ct}, nil
}

// OpenPINProof is the server's half of SealPINProof.
func (b Binding) OpenPINProof(serverPIN *ecdh.PrivateKey, decisionDigest [32]byte, sealed *PINProof) ([]byte, error) {
	epk, err := ecdh.P256().NewPublicKey(sealed.Epk)
	if err != nil {
		return nil, errors.New("epk is not a P-256 point")
	}
	z, err := serverPIN.ECDH(epk)
	if err != nil {
		return nil, errors.New("epk is not a usable point")
	}
	return openGCM(derive(z, decisionDigest[:], b.Context("pin-seal"), 32), sealed.Ct)
}

// AssertionChallenge is the WebAuthn challenge of a decision by biometric (§5.2). It is over the signing input itself.
func AssertionChallenge(decisionSigningInput string) [32]byte {
	return sha256.Sum256([]byte("nodkey/v1/decision\x00" + decisionSigningInput))
}

// KeyID is the RFC 7638 thumbprint of a P-256 public key given as a raw point; 43 characters.
func KeyID(point []byte) (string, error) {
	if _, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point); err != nil {
		return "", fmt.Errorf("not a P-256 point: %w", err)
	}
	b64 := base64.RawURLEncoding
	jwk := `{"crv":"P-256","kty":"EC","x":"` + b64.EncodeToString(point[1:33]) + `","y":"` + b64.EncodeToString(point[33:]) + `"}`
	sum := sha256.Sum256([]byte(jwk))
	return b64.EncodeToString(sum[:]), nil
}

// SigningInput cuts the signing input out of a compact JWS: what stands before the second dot. ok is false when there
// are not exactly two dots.
func SigningInput(jws string) (input string, ok bool) {
	if strings.Count(jws, ".") != 2 {
		return "", false
	}
	return jws[:strings.LastIndexByte(jws, '.')], true
}

// Digest is SHA-256 of a signing input or a body.
func Digest(signingInput string) [32]byte { return sha256.Sum256([]byte(signingInput)) }

func derive(ikm, salt []byte, info string, n int) []byte {
	out, err := hkdf.Key(sha256.New, ikm, salt, info, n)
	if err != nil {
		panic("hkdf: " + err.Error()) // only for n beyond 255 hashes
	}
	return out
}

func labelled(key []byte, label string, data []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(label))
	mac.Write([]byte{0})
	mac.Write(data)
	return mac.Sum(nil)
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// sealGCM gives nonce‖ciphertext‖tag with a random 12 byte nonce.
func sealGCM(key, plain []byte) ([]byte, error) {
	aead, err := gcm(key)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, plain, nil), nil
}

func openGCM(key, sealed []byte) ([]byte, error) {
	aead, err := gcm(key)
	if err != nil {
		return nil, err
	}
	return aead.Open(nil, nil, sealed, nil)
}
