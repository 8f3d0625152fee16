package nodkey

import "time"

// Level is how much a session may do.
type Level string

// The levels. A restricted session had the password only: it may look and, where policy lets it, activate a first phone. A passed
// one had the password only, too, and is none at the portal: it has no token, so that no browser can be it. It stands for an entry at
// one host of an application ([Grants.Pass]), is listed and ended as the others are, and goes with its grant.
const (
	Restricted Level = "restricted"
	Full       Level = "full"
	Passed     Level = "password"
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
	// Of a passed session: the application with its name of then, and the browser's cookie at the portal.
	ApplicationID ApplicationID
	App           string
	Browser       TokenHash
}

// RestrictedLife is how long a session that had the password only lasts.
const RestrictedLife = 30 * time.Minute
