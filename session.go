package nodkey

import "time"

// Level is how much a session may do.
type Level string

// The levels. A restricted session had the password only: it may look and, where policy lets it, activate a first phone.
const (
	Restricted Level = "restricted"
	Full       Level = "full"
)

// Session is a signed-in browser.
type Session struct {
	ID          SessionID
	UserID      UserID
	Token       TokenHash
	Level       Level
	MayActivate bool       // a restricted session that may activate the first key
	KeyID       KeyID      // whose yes opened it
	ApprovalID  ApprovalID // which
	Source      string
	Agent       string
	CreatedAt   time.Time
	LastSeenAt  time.Time // to the minute
	ExpiresAt   time.Time
}

// RestrictedLife is how long a session that had the password only lasts.
const RestrictedLife = 30 * time.Minute
