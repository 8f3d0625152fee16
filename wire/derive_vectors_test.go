package wire_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"testing"

	"github.com/nodkey/nodkey/wire"
)

// pair is a P-256 key pair of a vector.
type pair struct {
	Private wire.Bytes `json:"private"` // the scalar, 32 bytes
	Point   wire.Bytes `json:"point"`   // 65 bytes
}

// deriveCase is one case of derive.json; all bytes are base64url.
type deriveCase struct {
	Why      string `json:"why"`
	ServerID string `json:"serverId"`
	Code     string `json:"code"`

	D      pair       `json:"d"`
	E      pair       `json:"e"`
	Es     pair       `json:"es"`
	PINKey pair       `json:"pinKey"` // the server's key that PIN proofs are sealed to
	Kp     wire.Bytes `json:"kp"`
	Typed  string     `json:"pinTyped"`
	PIN    string     `json:"pin"` // NFKC of pinTyped
	PRF    wire.Bytes `json:"prf,omitempty"`

	Offer      string `json:"offer"`      // signing inputs: any text will do, for only their bytes count
	Submission string `json:"submission"` //
	Decision   string `json:"decision"`   //

	KeyID         string        `json:"keyId"`
	OfferDigest   wire.Bytes    `json:"offerDigest"`
	OfferMAC      wire.Bytes    `json:"offerMac"`
	SubmissionMAC wire.Bytes    `json:"submissionMac"`
	Z             wire.Bytes    `json:"z"`
	H             wire.Bytes    `json:"h"`
	K             wire.Bytes    `json:"k"`
	W             wire.Bytes    `json:"w"`
	VPIN          wire.Bytes    `json:"vpin"`
	VPRF          wire.Bytes    `json:"vprf,omitempty"`
	PRFSalt       wire.Bytes    `json:"prfSalt"`
	Wrap          wire.Bytes    `json:"wrap"`        // opens to vpin and vprf
	WrapRefused   []wire.Bytes  `json:"wrapRefused"` // must not open
	PINProof      wire.Bytes    `json:"pinProof"`
	Sealed        sealedProof   `json:"sealedProof"`   // opens to pinProof
	SealedRefused []sealedProof `json:"sealedRefused"` // must not open
	Challenge     wire.Bytes    `json:"assertionChallenge"`
	Fingerprint   string        `json:"fingerprint"` // of pinKey.point, as if it were a signing key
}

type sealedProof struct {
	Epk wire.Bytes `json:"epk"`
	Ct  wire.Bytes `json:"ct"`
}

func exchangePair(t *testing.T, name string) (pair, *ecdh.PrivateKey) {
	key := exchangeKey(t, name)
	return pair{Private: key.Bytes(), Point: key.PublicKey().Bytes()}, key
}

// gcmFixed is AES-256-GCM with the nonce in front, as wire does it, but with a nonce that does not change.
func gcmFixed(t *testing.T, key, nonce, plain []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return aead.Seal(bytes.Clone(nonce), nonce, plain, nil)
}

func flipped(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}

func derived(t *testing.T, why, name, typed, pin string, prf []byte) deriveCase {
	d := signingKey(t, name+" D")
	c := deriveCase{Why: why, ServerID: b64(fixed(name + " server")[:16]), Code: "7K29QXD3V5TBW8N", Kp: fixed(name + " kp"), Typed: typed, PIN: pin, PRF: prf,
		Offer: "offer.signing-input-of-" + name[:1], Submission: "submission.signing-input", Decision: "decision.signing-input"}
	c.D = pair{Private: fixed(name + " D"), Point: point(t, d)}
	var e, es, pinKey *ecdh.PrivateKey
	c.E, e = exchangePair(t, name+" E")
	c.Es, es = exchangePair(t, name+" Es")
	c.PINKey, pinKey = exchangePair(t, name+" PIN key")
	var err error
	if c.KeyID, err = wire.KeyID(c.D.Point); err != nil {
		t.Fatal(err)
	}
	b := wire.Binding{ServerID: c.ServerID, KeyID: c.KeyID}
	code := wire.Code(c.Code)
	offer, decision := wire.Digest(c.Offer), wire.Digest(c.Decision)
	c.OfferDigest, c.OfferMAC = offer[:], wire.OfferMAC(code.Key(), offer)
	c.SubmissionMAC = wire.SubmissionMAC(code.Key(), wire.Digest(c.Submission))
	if c.Z, err = e.ECDH(es.PublicKey()); err != nil {
		t.Fatal(err)
	}
	c.H = wire.Transcript(offer, c.D.Point, c.E.Point)
	c.K, c.W = b.OCRAKey(c.Z, c.H), b.WrapKey(c.Z, c.H)
	c.VPIN = b.PINVerifier(c.Kp, pin)
	plain := make([]byte, 64)
	copy(plain, c.VPIN)
	if prf != nil {
		c.VPRF = b.PRFVerifier(c.Kp, prf)
		copy(plain[32:], c.VPRF)
	}
	salt := b.PRFSalt()
	c.PRFSalt = salt[:]
	c.Wrap = gcmFixed(t, c.W, fixed(name + " nonce")[:12], plain)
	c.WrapRefused = []wire.Bytes{flipped(c.Wrap, 0), flipped(c.Wrap, 12), flipped(c.Wrap, len(c.Wrap)-1), c.Wrap[:len(c.Wrap)-1], c.Wrap[:12], {},
		gcmFixed(t, c.W, fixed(name + " nonce")[:12], plain[:32]), gcmFixed(t, c.K, fixed(name + " nonce")[:12], plain)}
	c.PINProof = wire.ProvePIN(c.VPIN, decision)

	p := exchangeKey(t, name+" P")
	zp, err := p.ECDH(pinKey.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	s, err := hkdf.Key(sha256.New, zp, decision[:], b.Context("pin-seal"), 32)
	if err != nil {
		t.Fatal(err)
	}
	c.Sealed = sealedProof{Epk: p.PublicKey().Bytes(), Ct: gcmFixed(t, s, fixed(name + " seal nonce")[:12], c.PINProof)}
	offCurve := flipped(c.Sealed.Epk, 64)
	infinity := []byte{0}
	c.SealedRefused = []sealedProof{
		{c.Sealed.Epk, flipped(c.Sealed.Ct, 20)}, {c.PINKey.Point, c.Sealed.Ct}, {offCurve, c.Sealed.Ct},
		{infinity, c.Sealed.Ct}, {c.Sealed.Epk[:33], c.Sealed.Ct}, {c.Sealed.Epk, wire.Bytes{}},
	}
	challenge := wire.AssertionChallenge(c.Decision)
	c.Challenge, c.Fingerprint = challenge[:], wire.KeyFingerprint(c.PINKey.Point)
	return c
}

func TestDeriveVectors(t *testing.T) {
	want := vectors[deriveCase]{
		About: "Derivations (docs/protocol.md §4 to §6), from fixed keys. Bytes are base64url; offer, submission and decision stand for signing inputs, of which only the bytes count. wrap and sealedProof were made with fixed nonces and must open; what stands in the refused lists must not.",
		Cases: []deriveCase{
			derived(t, "PIN and biometric", "both", "7k!2", "7k!2", fixed("prf output")),
			derived(t, "PIN alone: no vprf, 32 zero bytes in the wrap", "pin", "429816", "429816", nil),
			derived(t, "a PIN typed in full-width digits is the same PIN (NFKC)", "pin", "４２９８１６", "429816", nil),
		},
	}
	for _, c := range sameAsFile(t, "derive.json", want) {
		t.Run(c.Why, func(t *testing.T) {
			b := wire.Binding{ServerID: c.ServerID, KeyID: c.KeyID}
			vpin, vprf, err := wire.UnwrapVerifiers(c.W, c.Wrap)
			wantPRF := append(wire.Bytes{}, c.VPRF...)
			if len(wantPRF) == 0 {
				wantPRF = make([]byte, 32)
			}
			if err != nil || !bytes.Equal(vpin, c.VPIN) || !bytes.Equal(vprf, wantPRF) {
				t.Errorf("the wrap opens to %x %x, %v", vpin, vprf, err)
			}
			for i, bad := range c.WrapRefused {
				if _, _, err := wire.UnwrapVerifiers(c.W, bad); err == nil {
					t.Errorf("broken wrap %d opens", i)
				}
			}
			pinKey, err := ecdh.P256().NewPrivateKey(c.PINKey.Private)
			if err != nil {
				t.Fatal(err)
			}
			digest := wire.Digest(c.Decision)
			proof, err := b.OpenPINProof(pinKey, digest, &wire.PINProof{Epk: c.Sealed.Epk, Ct: c.Sealed.Ct})
			if err != nil || !bytes.Equal(proof, c.PINProof) {
				t.Errorf("the sealed proof opens to %x, %v", proof, err)
			}
			for i, bad := range c.SealedRefused {
				if _, err := b.OpenPINProof(pinKey, digest, &wire.PINProof{Epk: bad.Epk, Ct: bad.Ct}); err == nil {
					t.Errorf("broken sealed proof %d opens", i)
				}
			}
			if _, err := b.OpenPINProof(pinKey, wire.Digest("another decision"), &wire.PINProof{Epk: c.Sealed.Epk, Ct: c.Sealed.Ct}); err == nil {
				t.Error("the proof opens for another decision")
			}
		})
	}
}

func TestWhatIsWrappedOpensAndNoTwoWrapsAreAlike(t *testing.T) {
	w, vpin := fixed("w"), fixed("vpin")
	one, err := wire.WrapVerifiers(w, vpin, nil)
	if err != nil {
		t.Fatal(err)
	}
	two, err := wire.WrapVerifiers(w, vpin, nil)
	if err != nil || bytes.Equal(one, two) {
		t.Errorf("two wraps of the same are alike, %v", err)
	}
	got, prf, err := wire.UnwrapVerifiers(w, one)
	if err != nil || !bytes.Equal(got, vpin) || !bytes.Equal(prf, make([]byte, 32)) {
		t.Errorf("opens to %x %x, %v", got, prf, err)
	}
}

func TestASealedPINProofOpensForItsDecisionOnly(t *testing.T) {
	b := wire.Binding{ServerID: "server", KeyID: "key"}
	key := exchangeKey(t, "seal")
	digest, proof := wire.Digest("decision"), fixed("proof")
	sealed, err := b.SealPINProof(key.PublicKey().Bytes(), digest, proof)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.OpenPINProof(key, digest, sealed); err != nil || !bytes.Equal(got, proof) {
		t.Errorf("opens to %x, %v", got, err)
	}
	others := wire.Binding{ServerID: "server", KeyID: "another"}
	if _, err := others.OpenPINProof(key, digest, sealed); err == nil {
		t.Error("opens for another key")
	}
	if _, err := b.SealPINProof([]byte{4, 1, 2}, digest, proof); err == nil {
		t.Error("was sealed to no point")
	}
}
