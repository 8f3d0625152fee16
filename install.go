package nodkey

import "time"

// Install is what was fixed at the first start.
type Install struct {
	ServerID  string // 22 characters, in every signed message
	RPID      string // the phone host: WebAuthn credentials hang on it
	CreatedAt time.Time
}
