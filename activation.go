package nodkey

import "time"

// ActivationState is where an activation stands.
type ActivationState string

// The states. An open one past ExpiresAt counts as expired whether or not the row says so yet.
const (
	ActivationOpen      ActivationState = "open"
	ActivationUsed      ActivationState = "used" // a key arrived; the key's state tells the rest
	ActivationCancelled ActivationState = "cancelled"
)

// Activation is the offer behind a QR code: one-time, short-lived, for one user, bound to the session that made it.
type Activation struct {
	ID        ActivationID
	UserID    UserID
	SessionID SessionID
	State     ActivationState
	CodeID    []byte // keyed hash of the code id, 32 bytes
	Code      []byte // sealed, until used or expired
	Es        []byte // sealed private half of the one-use ECDH key, until used or expired
	Offer     string // JWS
	OfferMAC  []byte
	Handle    []byte // WebAuthn user handle, 16 bytes
	Challenge []byte // WebAuthn challenge, 32 bytes

	KeyID        KeyID
	Submission   []byte // SHA-256 of the accepted submission's signing input
	Digits       []byte // keyed hash of the six digits (policy activation.confirm)
	SealedDigits []byte // the same sealed for the phone's receipt, until confirmed
	DigitTries   int
	CreatedAt    time.Time
	ExpiresAt    time.Time
}

// Lifetimes and bounds of activations (docs/protocol.md §4).
const (
	ActivationLife  = 10 * time.Minute
	ConfirmLife     = 10 * time.Minute
	ConfirmTries    = 3
	FirstCodeLife   = 7 * 24 * time.Hour
	openActivations = 8 // a user; making another one cancels the oldest
)
