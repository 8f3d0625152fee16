package wire

// Evidence is what somebody else can check of a yes, without the server (docs/protocol.md §11).
type Evidence struct {
	Statement string     `json:"statement"`           // JWS of the server: what was asked
	Decision  string     `json:"decision,omitempty"`  // JWS of the phone: the yes; none where it was a code
	Assertion *Assertion `json:"assertion,omitempty"` // of the authenticator, with a biometric yes to kind confirm
	Evidence  string     `json:"evidence"`            // JWS of the server: what it checked
}

// EvidenceClaim is what the server signs of a yes, typ TypEvidence. Digests are SHA-256 of signing inputs.
type EvidenceClaim struct {
	Aud         string              `json:"aud"`
	ID          string              `json:"id"` // the approval's
	Application string              `json:"application"`
	User        string              `json:"user"`
	Name        string              `json:"name"` // what the user signs in with
	Statement   Bytes               `json:"statement"`
	Earlier     []Bytes             `json:"earlier,omitempty"`  // digests of the statements before a code was asked for, which differ in challenge and end alone
	Decision    Bytes               `json:"decision,omitempty"` // as Evidence.Decision
	Factor      string              `json:"factor"`             // pin, biometric or code; the server checked it
	Key         string              `json:"key"`
	D           Bytes               `json:"d"`                    // point of the key
	Credential  *EvidenceCredential `json:"credential,omitempty"` // with an assertion
	At          int64               `json:"at"`                   // when it was decided, milliseconds
}

// EvidenceCredential is what an assertion is checked with.
type EvidenceCredential struct {
	ID        Bytes  `json:"id"`
	PublicKey Bytes  `json:"publicKey"` // COSE_Key
	RPID      string `json:"rpId"`
	Origin    string `json:"origin"`
}
