package proof

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/wire"
)

// maxClientData is the longest clientDataJSON in bytes that is looked at; browsers write some 200.
const maxClientData = 4 << 10

// algorithms are the COSE algorithms that a credential may have.
var algorithms = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// WebAuthn checks registrations and assertions of platform authenticators (WebAuthn Level 3 §7.1 and §7.2). It is safe
// for concurrent use.
type WebAuthn struct {
	rpID     string
	origin   string
	framedBy string
}

// NewWebAuthn makes a WebAuthn for one RP ID and one origin, both compared exactly: "phone.example" and
// "https://phone.example". framedBy is the origin of the only page that may frame the phone app, as the demo's does;
// empty, and a request from within a frame of another origin is refused.
func NewWebAuthn(rpID, origin, framedBy string) (*WebAuthn, error) {
	if rpID == "" || origin == "" {
		return nil, errors.New("proof: WebAuthn needs an RP ID and an origin")
	}
	return &WebAuthn{rpID: rpID, origin: origin, framedBy: framedBy}, nil
}

// Register checks a new credential: type, challenge, origin, RP ID, UP and UV, that its algorithm is ES256, EdDSA or
// RS256, and that there is no attestation, or self attestation, which clients pass on when none was asked for
// (WebAuthn Level 3 §5.4.7). userHandle is in no answer of an authenticator; what it protects is that each activation
// has another, so that a second phone's credential does not replace the first's.
func (w *WebAuthn) Register(challenge, userHandle []byte, registration wire.Registration) (nodkey.Credential, error) {
	var none nodkey.Credential
	if len(userHandle) == 0 || len(userHandle) > 64 {
		return none, refuse("the user handle is not 1 to 64 bytes", nil)
	}
	if err := w.clientData(registration.ClientDataJSON, protocol.CreateCeremony, challenge); err != nil {
		return none, err
	}
	response := protocol.CredentialCreationResponse{
		PublicKeyCredential: credential(registration.ID),
		AttestationResponse: protocol.AuthenticatorAttestationResponse{
			AuthenticatorResponse: protocol.AuthenticatorResponse{ClientDataJSON: protocol.URLEncodedBase64(registration.ClientDataJSON)},
			AttestationObject:     protocol.URLEncodedBase64(registration.AttestationObject),
		},
	}
	parsed, err := response.Parse()
	if err != nil {
		return none, refuse("the registration is not well formed", err)
	}
	attestation := &parsed.Response.AttestationObject
	if err := w.authenticatorData(attestation.AuthData); err != nil {
		return none, err
	}
	_, chain := attestation.AttStatement["x5c"]
	self := attestation.Format == string(protocol.AttestationFormatPacked) && !chain
	if attestation.Format != string(protocol.AttestationFormatNone) && !self {
		return none, refuse("the registration brings an attestation that nobody asked for", nil)
	}
	_, err = parsed.Verify(wire.Bytes(challenge).String(), w.rpID, []string{w.origin}, nil, w.topOrigins(), protocol.TopOriginExplicitVerificationMode,
		w.framedBy != "", true, true, nil, algorithms, protocol.AttestationPolicy{}, protocol.SignaturePolicy{})
	if err != nil {
		return none, refuse("the registration does not verify", err)
	}
	public := attestation.AuthData.AttData.CredentialPublicKey
	if _, err := webauthncose.ParsePublicKey(public); err != nil {
		return none, refuse("the credential's public key is not usable", err)
	}
	return nodkey.Credential{
		ID: bytes.Clone(registration.ID), PublicKey: bytes.Clone(public), SignCount: attestation.AuthData.Counter,
	}, nil
}

// Assert checks an assertion by this very credential: type, challenge, origin, RP ID, UP and UV, signature, and that the
// signature counter, where the authenticator has one, rose (WebAuthn Level 3 §7.2 step 22). It gives the new counter.
func (w *WebAuthn) Assert(known nodkey.Credential, challenge []byte, assertion wire.Assertion) (uint32, error) {
	if subtle.ConstantTimeCompare(known.ID, assertion.ID) != 1 {
		return 0, refuse("the assertion is by another credential", nil)
	}
	if err := w.clientData(assertion.ClientDataJSON, protocol.AssertCeremony, challenge); err != nil {
		return 0, err
	}
	response := protocol.CredentialAssertionResponse{
		PublicKeyCredential: credential(assertion.ID),
		AssertionResponse: protocol.AuthenticatorAssertionResponse{
			AuthenticatorResponse: protocol.AuthenticatorResponse{ClientDataJSON: protocol.URLEncodedBase64(assertion.ClientDataJSON)},
			AuthenticatorData:     protocol.URLEncodedBase64(assertion.AuthenticatorData),
			Signature:             protocol.URLEncodedBase64(assertion.Signature),
		},
	}
	parsed, err := response.Parse()
	if err != nil {
		return 0, refuse("the assertion is not well formed", err)
	}
	if err := w.authenticatorData(parsed.Response.AuthenticatorData); err != nil {
		return 0, err
	}
	err = parsed.Verify(wire.Bytes(challenge).String(), w.rpID, "", []string{w.origin}, nil, w.topOrigins(), protocol.TopOriginExplicitVerificationMode,
		w.framedBy != "", true, true, known.PublicKey, protocol.SignaturePolicy{})
	if err != nil {
		return 0, refuse("the assertion does not verify", err)
	}
	count := parsed.Response.AuthenticatorData.Counter
	if (count != 0 || known.SignCount != 0) && count <= known.SignCount {
		return 0, refuse("the signature counter did not rise: the credential may have been copied", nil)
	}
	return count, nil
}

func credential(id []byte) protocol.PublicKeyCredential {
	return protocol.PublicKeyCredential{
		Credential: protocol.Credential{ID: wire.Bytes(id).String(), Type: string(protocol.PublicKeyCredentialType)},
		RawID:      protocol.URLEncodedBase64(id),
	}
}

// clientData compares exactly what the library compares with leniency (case, default ports) or after everything else.
func (w *WebAuthn) clientData(raw []byte, ceremony protocol.CeremonyType, challenge []byte) error {
	if len(raw) > maxClientData {
		return refuse("the client data is too long", nil)
	}
	if len(challenge) < 16 {
		return refuse("the challenge is too short to be one", nil)
	}
	var data protocol.CollectedClientData
	if err := json.Unmarshal(raw, &data); err != nil {
		return refuse("the client data is not JSON", err)
	}
	switch {
	case data.Type != ceremony:
		return refuse("the client data is of another ceremony", nil)
	case subtle.ConstantTimeCompare([]byte(data.Challenge), []byte(wire.Bytes(challenge).String())) != 1:
		return refuse("the challenge is another", nil)
	case data.Origin != w.origin:
		return refuse("the origin is another", nil)
	case data.CrossOrigin && w.framedBy == "":
		return refuse("the request came from a frame of another origin", nil)
	case data.TopOrigin != "" && (!data.CrossOrigin || data.TopOrigin != w.framedBy):
		return refuse("the framing page is another", nil) // clients of Level 2 do not name it; frame-ancestors does
	}
	return nil
}

func (w *WebAuthn) authenticatorData(data protocol.AuthenticatorData) error {
	want := sha256.Sum256([]byte(w.rpID))
	switch {
	case !bytes.Equal(data.RPIDHash, want[:]):
		return refuse("the RP ID is another", nil)
	case !data.Flags.HasUserPresent():
		return refuse("nobody was present", nil)
	case !data.Flags.HasUserVerified():
		return refuse("the user was not verified", nil)
	case data.Flags.HasBackupState() && !data.Flags.HasBackupEligible():
		return refuse("the flags contradict each other", nil) // WebAuthn Level 3 §6.1
	}
	return nil
}

func (w *WebAuthn) topOrigins() []string {
	if w.framedBy == "" {
		return nil
	}
	return []string{w.framedBy}
}
