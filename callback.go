package nodkey

import (
	"encoding/json"
	"time"
)

// CallbackKind is what an application is told.
type CallbackKind string

// The kinds.
const (
	CallbackLogout CallbackKind = "logout" // the browser's session that a grant came from has ended
	CallbackEnded  CallbackKind = "ended"  // a request of the application's has ended (Asking.Tell)
)

// Callback is something that an application wants to be told. A door's worker takes it, calls the application, and settles it.
type Callback struct {
	ID          string
	Application ApplicationID
	Door        Door
	Kind        CallbackKind
	Subject     string          // the GrantID, or the SignInID
	User        UserID          // whom it is about
	SID         string          // logout: the browser session, as in Grant.SID
	State       SignInState     // ended: how
	Token       Token           // ended: the one that the application holds
	Data        json.RawMessage // ended: Asking.Data
	Tries       int             // that were made, this one included
	CreatedAt   time.Time
}
