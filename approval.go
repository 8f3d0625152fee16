package nodkey

import (
	"slices"
	"time"
)

// ApprovalKind is what a phone is asked to say yes or no to; the kind decides what a yes does.
type ApprovalKind string

// The kinds (docs/protocol.md §5.1).
const (
	ApproveSignIn         ApprovalKind = "sign_in"
	ApproveKeyAdd         ApprovalKind = "key_add"
	ApproveKeyRemove      ApprovalKind = "key_remove"
	ApprovePINChange      ApprovalKind = "pin_change"
	ApprovePasswordChange ApprovalKind = "password_change"
	ApproveContactChange  ApprovalKind = "contact_change"
	ApproveContactRemove  ApprovalKind = "contact_remove"
	ApproveTest           ApprovalKind = "test"          // nothing hangs on a yes
	ApproveConfirm        ApprovalKind = "confirm"       // a text of an application's
	ApprovePINCheck       ApprovalKind = "pin_check"     // the same, answered by PIN
	ApprovePushTest       ApprovalKind = "push_test"     // never answered: that it arrives is all
	ApproveMessagesOpen   ApprovalKind = "messages_open" // a yes opens the message centre on the phone that asked
)

// ofSignIn reports whether an approval of this kind is a sign-in's, as its Subject says: it is asked for from outside, may be
// answered by a code, and counts in the fatigue budget.
func (k ApprovalKind) ofSignIn() bool { return k == ApproveSignIn || k == ApproveConfirm }

// byPINOnly reports whether a yes takes the PIN, whatever else the key has.
func (k ApprovalKind) byPINOnly() bool { return k == ApprovePINChange || k == ApprovePINCheck }

// aboutContact reports whether a yes changes where a user can be reached.
func (k ApprovalKind) aboutContact() bool {
	return k == ApproveContactChange || k == ApproveContactRemove
}

// ApprovalState is where an approval stands.
type ApprovalState string

// The states. An open one past ExpiresAt counts as expired whether or not the row says so yet; see Approval.StateAt.
const (
	ApprovalOpen      ApprovalState = "open"
	ApprovalApproved  ApprovalState = "approved"
	ApprovalDenied    ApprovalState = "denied"
	ApprovalExpired   ApprovalState = "expired"
	ApprovalCancelled ApprovalState = "cancelled"
)

// Reasons of a denial.
const (
	ReasonNotMe       = "not_me"
	ReasonMistake     = "mistake"
	ReasonWrongNumber = "wrong_number"
)

// ApprovalLife is how long a request waits for its answer.
const ApprovalLife = 180 * time.Second

// Approval is one thing that a user's phones are asked to say yes or no to. The first valid decision wins.
type Approval struct {
	ID        ApprovalID
	UserID    UserID
	KeyIDs    []KeyID // the keys that may decide
	Kind      ApprovalKind
	State     ApprovalState
	Statement string // JWS
	Digest    []byte // SHA-256 of its signing input
	Number    bool   // the two digits of the page must be typed
	Notified  bool   // it wakes phones; without, it is only found by asking
	Known     bool   // from a browser that signed in before
	Source    string // address prefix it came from

	SessionID SessionID // the portal session that asked; empty for sign_in and confirm, and for what a phone asks
	Subject   string    // SignInID for sign_in and confirm, KeyID for key_add, key_remove and what a phone asks about itself
	Payload   []byte    // sealed: what a yes puts in force (Es of pin_change, the new hash of password_change)

	CreatedAt time.Time
	ExpiresAt time.Time
	DecidedAt time.Time
	DecidedBy KeyID
	Decision  string // JWS, the evidence
	Factor    string // pin or biometric
	Reason    string // of a denial
	Assertion string // with a biometric yes to ApproveConfirm: the wire.Assertion in JSON, part of the evidence
}

// StateAt is the state that counts at a time: an open approval past its expiry is expired.
func (a Approval) StateAt(now time.Time) ApprovalState {
	if a.State == ApprovalOpen && !now.Before(a.ExpiresAt) {
		return ApprovalExpired
	}
	return a.State
}

// Names reports whether the key is among those that may decide.
func (a Approval) Names(key KeyID) bool { return slices.Contains(a.KeyIDs, key) }
