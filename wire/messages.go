package wire

// The typ of each signed message (docs/protocol.md §1). A message with another typ is refused.
const (
	TypOffer      = "nodkey-offer+jws"
	TypActivation = "nodkey-activation+jws"
	TypReceipt    = "nodkey-receipt+jws"
	TypStatement  = "nodkey-statement+jws"
	TypDecision   = "nodkey-decision+jws"
	TypRequest    = "nodkey-request+jws"
	TypReply      = "nodkey-reply+jws"
	TypEvidence   = "nodkey-evidence+jws"
)

// Offer is what an activation code leads to (§4.2), signed by the server and covered by a MAC under the code.
type Offer struct {
	Aud      string          `json:"aud"`
	Server   OfferServer     `json:"server"`
	Keys     OfferKeys       `json:"keys"`
	User     OfferUser       `json:"user"`
	Es       Bytes           `json:"es"` // point
	PIN      PINRules        `json:"pin"`
	WebAuthn WebAuthnOptions `json:"webauthn"`
	Iat      int64           `json:"iat"` // milliseconds
	Exp      int64           `json:"exp"` // milliseconds
}

// OfferServer names whose server it is, for a person to read.
type OfferServer struct {
	Name     string `json:"name"`
	Operator string `json:"operator"`
}

// OfferKeys are the server's public keys that a phone pins, each a P-256 point of 65 bytes.
type OfferKeys struct {
	Signing Bytes `json:"signing"`
	Backup  Bytes `json:"backup"`
	PIN     Bytes `json:"pin"` // PIN proofs are sealed to it
}

// OfferUser is the user that the activation is for.
type OfferUser struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
}

// PINRules are the bounds of a PIN's length in characters.
type PINRules struct {
	Min int `json:"min"`
	Max int `json:"max"`
}

// WebAuthnOptions are the varying part of PublicKeyCredentialCreationOptions; the rest is fixed by §4.3.
type WebAuthnOptions struct {
	RPID       string `json:"rpId"`
	UserHandle Bytes  `json:"userHandle"` // 16 bytes, new for each activation
	Challenge  Bytes  `json:"challenge"`  // 32 bytes
}

// Submission hands the phone's new key to the server (§4.3), signed by that key.
type Submission struct {
	Aud      string        `json:"aud"`
	Offer    Bytes         `json:"offer"` // SHA-256 of the offer's signing input
	D        Bytes         `json:"d"`     // point, ECDSA
	E        Bytes         `json:"e"`     // point, ECDH, used once
	Phone    PhoneFacts    `json:"phone"`
	PIN      bool          `json:"pin"`
	PRF      bool          `json:"prf"`
	Wrap     Bytes         `json:"wrap"` // 12 byte nonce and AES-256-GCM of Vpin‖Vprf
	WebAuthn *Registration `json:"webauthn,omitempty"`
	Iat      int64         `json:"iat"`
}

// PhoneFacts is what a phone says of itself. Nothing proves it.
type PhoneFacts struct {
	ID         string `json:"id"`       // 22 characters, made once per installation
	Name       string `json:"name"`     // as its person knows it, like "Pixel 8"
	Platform   string `json:"platform"` // android, ios, terminal or other
	OSVersion  string `json:"osVersion,omitempty"`
	Model      string `json:"model,omitempty"`
	App        string `json:"app"`
	Rooted     *bool  `json:"rooted,omitempty"`
	ScreenLock *bool  `json:"screenLock,omitempty"`
}

// Registration is a WebAuthn credential as navigator.credentials.create returned it.
type Registration struct {
	ID                Bytes `json:"id"`
	AttestationObject Bytes `json:"attestationObject"`
	ClientDataJSON    Bytes `json:"clientDataJSON"`
}

// Assertion is what navigator.credentials.get returned for a decision.
type Assertion struct {
	ID                Bytes `json:"id"`
	AuthenticatorData Bytes `json:"authenticatorData"`
	ClientDataJSON    Bytes `json:"clientDataJSON"`
	Signature         Bytes `json:"signature"`
}

// Receipt tells a phone what became of its key (§4.4), signed by the server.
type Receipt struct {
	Aud        string `json:"aud"`
	Submission Bytes  `json:"submission"` // SHA-256 of the submission's signing input
	Key        string `json:"key"`
	User       string `json:"user"`
	State      string `json:"state"` // active, confirm, approve, suspended or removed
	Digits     string `json:"digits,omitempty"`
	Iat        int64  `json:"iat"`
}

// Statement is what a person is asked to say yes or no to (§5.1), signed by the server. At most MaxStatement
// characters as JWS.
type Statement struct {
	Aud     string   `json:"aud"`
	ID      string   `json:"id"`
	User    string   `json:"user"`
	Keys    []string `json:"keys"`
	Kind    string   `json:"kind"` // sign_in, confirm, key_add, key_remove, pin_change, pin_check, password_change, contact_change, test, push_test or messages_open
	Locale  string   `json:"locale"`
	App     string   `json:"app"`
	Who     string   `json:"who"`
	Address string   `json:"address,omitempty"`
	Place   string   `json:"place,omitempty"`
	With    string   `json:"with,omitempty"`
	Known   bool     `json:"known"`
	Number  bool     `json:"number"`
	Text    string   `json:"text,omitempty"` // of an application's, always with confirm, perhaps with sign_in
	NewKey  *NewKey  `json:"newKey,omitempty"`
	Item    string   `json:"item,omitempty"` // with key_remove: the phone's name; with contact_change: the new address; with contact_remove: the one that is to go
	Es      Bytes    `json:"es,omitempty"`   // point, with pin_change
	// Challenge is six digits, with sign_in or confirm once a code was asked for (§8).
	Challenge string `json:"challenge,omitempty"`
	Iat       int64  `json:"iat"`
	Exp       int64  `json:"exp"`
}

// MaxStatement is the longest statement in characters of its JWS: what a QR code of moderate size holds.
const MaxStatement = 800

// NewKey is the key that a key_add statement asks about.
type NewKey struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Decision is a person's answer to a statement (§5.2), signed by the phone's key.
type Decision struct {
	Aud       string  `json:"aud"`
	ID        string  `json:"id"`
	Statement Bytes   `json:"statement"` // SHA-256 of the statement's signing input
	Verdict   string  `json:"verdict"`   // yes or no
	Number    string  `json:"number,omitempty"`
	Reason    string  `json:"reason,omitempty"` // not_me or mistake, with a no
	Factor    string  `json:"factor,omitempty"` // pin or biometric, with a yes
	Key       string  `json:"key"`
	NewPIN    *NewPIN `json:"newPin,omitempty"`
	Iat       int64   `json:"iat"`
}

// NewPIN carries the verifier of a changed PIN (§6.3).
type NewPIN struct {
	E    Bytes `json:"e"`
	Wrap Bytes `json:"wrap"`
}

// PINProof is a PIN proof sealed to the server's PIN key (§5.2).
type PINProof struct {
	Epk Bytes `json:"epk"`
	Ct  Bytes `json:"ct"`
}

// Request is the payload of the header that signs a phone's request (§3), of DPoP's shape (RFC 9449 §4.2).
type Request struct {
	Aud string `json:"aud"`
	Htm string `json:"htm"`
	Htu string `json:"htu"`
	Iat int64  `json:"iat"`
	Jti string `json:"jti"`
	Bh  Bytes  `json:"bh"` // SHA-256 of the body
}

// RequestHeader is the HTTP header that carries a signed Request.
const RequestHeader = "Nodkey-Proof"

// Reply is what a phone signs of an answer in the message centre (docs/protocol.md §10.5).
type Reply struct {
	Aud       string `json:"aud"`
	Key       string `json:"key"`
	Reference string `json:"reference"` // of the message: "2026-0412"
	Text      Bytes  `json:"text"`      // SHA-256 of the answer's text as it is kept
	Iat       int64  `json:"iat"`       // milliseconds
}
