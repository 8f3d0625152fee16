package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// MaxJWS is the longest message in characters that ParseJWS looks at.
const MaxJWS = 32 << 10

// SignatureLen is the length of an ES256 signature, r‖s (RFC 7518 §3.4), in bytes.
const SignatureLen = 64

// ErrBadJWS says that a text is not a message of docs/protocol.md §1. Errors of ParseJWS wrap it and repeat nothing of
// the text.
var ErrBadJWS = errors.New("not a signed message")

// Parsed is a compact JWS (RFC 7515 §7.1) taken apart. Nobody has looked at its signature yet.
type Parsed struct {
	Header       Header
	Payload      []byte
	SigningInput string // what stands before the second dot, as received
	Digest       [32]byte
	Signature    []byte // SignatureLen bytes
}

// Header is what a protected header may say besides alg, which is ES256.
type Header struct {
	Typ string
	Kid string // the signer's keyId; empty in messages from the server
}

// jwsHeader is every member a protected header may have. Raw text tells null and an empty kid from none.
type jwsHeader struct {
	Alg string          `json:"alg"`
	Typ string          `json:"typ"`
	Kid json.RawMessage `json:"kid,omitempty"`
}

// ParseJWS takes a compact JWS apart without checking its signature. It refuses what is longer than MaxJWS, base64url
// that is not canonical, a header with anything but alg ES256, typ and at most kid, each once, and a signature that is
// not SignatureLen bytes: every message has one spelling only, and what a header could switch on is switched off.
func ParseJWS(jws string) (Parsed, error) {
	if len(jws) > MaxJWS {
		return Parsed{}, fmt.Errorf("%w: too long", ErrBadJWS)
	}
	input, ok := SigningInput(jws)
	if !ok {
		return Parsed{}, fmt.Errorf("%w: it has not three parts", ErrBadJWS)
	}
	head, body, _ := strings.Cut(input, ".")
	rawHeader, err := DecodeB64(head)
	if err != nil {
		return Parsed{}, fmt.Errorf("%w: header: not canonical base64url", ErrBadJWS)
	}
	var header jwsHeader
	if err := DecodeStrict(rawHeader, &header); err != nil {
		return Parsed{}, fmt.Errorf("%w: header: %w", ErrBadJWS, err)
	}
	if header.Alg != "ES256" {
		return Parsed{}, fmt.Errorf("%w: alg is not ES256", ErrBadJWS)
	}
	if header.Typ == "" {
		return Parsed{}, fmt.Errorf("%w: no typ", ErrBadJWS)
	}
	parsed := Parsed{Header: Header{Typ: header.Typ}, SigningInput: input, Digest: Digest(input)}
	if header.Kid != nil {
		if err := json.Unmarshal(header.Kid, &parsed.Header.Kid); err != nil || parsed.Header.Kid == "" {
			return Parsed{}, fmt.Errorf("%w: kid is not a text", ErrBadJWS)
		}
	}
	if parsed.Payload, err = DecodeB64(body); err != nil {
		return Parsed{}, fmt.Errorf("%w: payload: not canonical base64url", ErrBadJWS)
	}
	if parsed.Signature, err = DecodeB64(jws[len(input)+1:]); err != nil || len(parsed.Signature) != SignatureLen {
		return Parsed{}, fmt.Errorf("%w: signature: not %d bytes of canonical base64url", ErrBadJWS, SignatureLen)
	}
	return parsed, nil
}
