package nodkeytest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/nodkey/nodkey/wire"
)

// The algorithms a software Authenticator can have (COSE, RFC 9053 and RFC 8812).
const (
	ES256 = -7
	EdDSA = -8
	RS256 = -257
)

// The flags of authenticator data (WebAuthn Level 3 §6.1).
const (
	FlagUP = 0x01 // user present
	FlagUV = 0x04 // user verified
	FlagBE = 0x08 // backup eligible
	FlagBS = 0x10 // backed up
	flagAT = 0x40 // attested credential data follows
)

// Authenticator is a platform authenticator in software, with one credential, and the browser in front of it. Its fields
// are what a test may bend; NewAuthenticator gives a well-behaved one. It is not safe for concurrent use.
type Authenticator struct {
	RPID        string
	Origin      string
	CrossOrigin bool   // says that it ran in a frame of another origin
	TopOrigin   string // of the framing page
	Flags       byte   // UP and UV
	ID          []byte // the credential's
	Count       uint32 // signature counter, which each assertion raises by Step
	Step        uint32
	Format      string // of the attestation: "none", or "packed" for self attestation

	algorithm int
	signer    crypto.Signer
}

// NewAuthenticator makes an authenticator with a fresh credential of the algorithm.
func NewAuthenticator(rpID, origin string, algorithm int) (*Authenticator, error) {
	a := &Authenticator{RPID: rpID, Origin: origin, Flags: FlagUP | FlagUV, ID: make([]byte, 16), Step: 1, Format: "none", algorithm: algorithm}
	rand.Read(a.ID)
	var err error
	switch algorithm {
	case ES256:
		a.signer, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case EdDSA:
		_, a.signer, err = ed25519.GenerateKey(rand.Reader)
	case RS256:
		a.signer, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		err = fmt.Errorf("no algorithm %d here", algorithm)
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

// Create does what navigator.credentials.create does.
func (a *Authenticator) Create(challenge []byte) (wire.Registration, error) {
	clientData, err := a.clientData("webauthn.create", challenge)
	if err != nil {
		return wire.Registration{}, err
	}
	public, err := a.publicKey()
	if err != nil {
		return wire.Registration{}, err
	}
	data := a.data(a.Flags | flagAT)
	data = append(data, make([]byte, 16)...) // AAGUID: of no make
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.ID)))
	data = append(append(data, a.ID...), public...)
	statement := map[string]any{}
	if a.Format == "packed" {
		signature, err := a.sign(data, clientData)
		if err != nil {
			return wire.Registration{}, err
		}
		statement = map[string]any{"alg": a.algorithm, "sig": signature}
	}
	object, err := webauthncbor.Marshal(map[string]any{"fmt": a.Format, "attStmt": statement, "authData": data})
	if err != nil {
		return wire.Registration{}, err
	}
	return wire.Registration{ID: a.ID, AttestationObject: object, ClientDataJSON: clientData}, nil
}

// Get does what navigator.credentials.get does.
func (a *Authenticator) Get(challenge []byte) (wire.Assertion, error) {
	clientData, err := a.clientData("webauthn.get", challenge)
	if err != nil {
		return wire.Assertion{}, err
	}
	a.Count += a.Step
	data := a.data(a.Flags)
	signature, err := a.sign(data, clientData)
	if err != nil {
		return wire.Assertion{}, err
	}
	return wire.Assertion{ID: a.ID, AuthenticatorData: data, ClientDataJSON: clientData, Signature: signature}, nil
}

func (a *Authenticator) clientData(ceremony string, challenge []byte) ([]byte, error) {
	return json.Marshal(struct {
		Type        string     `json:"type"`
		Challenge   wire.Bytes `json:"challenge"`
		Origin      string     `json:"origin"`
		CrossOrigin bool       `json:"crossOrigin"`
		TopOrigin   string     `json:"topOrigin,omitempty"`
	}{ceremony, challenge, a.Origin, a.CrossOrigin, a.TopOrigin})
}

// data is authenticator data without what may follow it (WebAuthn Level 3 §6.1): 37 bytes.
func (a *Authenticator) data(flags byte) []byte {
	hash := sha256.Sum256([]byte(a.RPID))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), a.Count)
}

func (a *Authenticator) sign(data, clientData []byte) ([]byte, error) {
	hash := sha256.Sum256(clientData)
	message := append(data[:len(data):len(data)], hash[:]...)
	if a.algorithm == EdDSA {
		return a.signer.Sign(rand.Reader, message, crypto.Hash(0))
	}
	digest := sha256.Sum256(message)
	return a.signer.Sign(rand.Reader, digest[:], crypto.SHA256)
}

// publicKey is the credential's COSE_Key (RFC 9052 §7).
func (a *Authenticator) publicKey() ([]byte, error) {
	const kty, alg = 1, 3
	switch public := a.signer.Public().(type) {
	case *ecdsa.PublicKey:
		point, err := public.Bytes()
		if err != nil {
			return nil, err
		}
		return webauthncbor.Marshal(map[int]any{kty: 2, alg: ES256, -1: 1, -2: point[1:33], -3: point[33:]})
	case ed25519.PublicKey:
		return webauthncbor.Marshal(map[int]any{kty: 1, alg: EdDSA, -1: 6, -2: []byte(public)})
	case *rsa.PublicKey:
		return webauthncbor.Marshal(map[int]any{kty: 3, alg: RS256, -1: public.N.Bytes(), -2: []byte{1, 0, 1}})
	}
	return nil, fmt.Errorf("no public key of algorithm %d", a.algorithm)
}
