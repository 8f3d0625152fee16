package nodkey

import "time"

// AuditRow is one thing that happened, committed with the change it tells of.
type AuditRow struct {
	Seq     int64 // given by the store, rising
	At      time.Time
	Action  string // noun.verb, like "approval.approved"
	UserID  UserID // whose account it touches; empty when none
	Actor   string // "user", "key:…", "session:…", "operator:name", "anonymous", "system"
	Source  string // address, where there is one
	Subject string // id of what it is about
	Detail  string // JSON object of small facts, never a secret; "{}" when none
	Block   int64  // 0: not sealed yet
}

// AuditFilter narrows a listing; zero fields match everything.
type AuditFilter struct {
	UserID UserID
	Action string // exact, or a prefix ending in "."
	Since  time.Time
}

// AuditBlock seals rows: edits, gaps and cuts show.
type AuditBlock struct {
	Number    int64 // from 1, without gaps
	At        time.Time
	Count     int
	Prev      []byte // hash of the block before, 32 bytes; zero for the first
	Root      []byte // Merkle root over the rows (RFC 9162 §2.1.1)
	Signature string // JWS by the server's signing key
}
