package nodkey

import "time"

// Platform is what a phone says it runs on.
type Platform string

// The platforms.
const (
	Android  Platform = "android"
	IOS      Platform = "ios"
	Terminal Platform = "terminal"
	Other    Platform = "other"
)

// Phone is one installed authenticator as it described itself. It has no row of its own: each of its keys carries it.
type Phone struct {
	ID         string // 22 characters, made by the installation
	Name       string // 1 to 40 characters; the user may change it in the portal
	Platform   Platform
	OSVersion  string // at most 20 characters
	Model      string // at most 40 characters
	App        string // at most 40 characters
	Rooted     *bool  // nil: it did not say
	ScreenLock *bool
}

// KeyState is where a key stands. Only an active key may approve.
type KeyState string

// The states. confirm and approve lead to active; suspended leads back to active by an operator; removed is the end.
const (
	KeyConfirm   KeyState = "confirm"   // six digits are to be typed in the portal
	KeyApprove   KeyState = "approve"   // another key of the user is to say yes
	KeyActive    KeyState = "active"    //
	KeySuspended KeyState = "suspended" // too many wrong PINs
	KeyRemoved   KeyState = "removed"   //
)

// Key is one user's activation on one phone.
type Key struct {
	ID     KeyID
	UserID UserID
	State  KeyState
	Phone  Phone
	Public []byte // D, a P-256 point of 65 bytes

	// Sealed: K of docs/protocol.md §4.3, and the verifiers of PIN and PRF (empty where there is none).
	OCRA, PINVerifier, PRFVerifier []byte
	Credential                     *Credential // nil without biometric

	ActivationID ActivationID
	ApprovedBy   KeyID  // the user's key that said yes to it; empty for a first one
	Submission   []byte // SHA-256 of the submission's signing input
	PINTries     int    // wrong or unfinished tries in a row
	CodeTries    int    // wrong or unfinished codes since the last right PIN or biometric online
	CreatedAt    time.Time
	ActivatedAt  time.Time
	LastUsedAt   time.Time
	RemovedAt    time.Time
}

// StateAt is the state that counts at a time: a key that nobody finished in time counts as removed, whether or not the row
// says so yet.
func (k Key) StateAt(now time.Time) KeyState {
	switch {
	case k.State == KeyConfirm && !now.Before(k.CreatedAt.Add(ConfirmLife)),
		k.State == KeyApprove && !now.Before(k.CreatedAt.Add(ApprovalLife)):
		return KeyRemoved
	}
	return k.State
}

// lastUse is when the key was last of use.
func lastUse(k Key) time.Time {
	if k.LastUsedAt.After(k.ActivatedAt) {
		return k.LastUsedAt
	}
	return k.ActivatedAt
}

// HasPIN reports whether the key can be confirmed by PIN.
func (k Key) HasPIN() bool { return len(k.PINVerifier) > 0 }

// Credential is a key's WebAuthn credential (WebAuthn Level 3 §4).
type Credential struct {
	ID        []byte
	PublicKey []byte // COSE_Key
	SignCount uint32
}

// Limits on wrong PINs (docs/protocol.md §6.2).
const (
	PINTriesInARow  = 5
	PINTriesInAll   = 20
	PINTriesInAllIn = 30 * 24 * time.Hour
)
