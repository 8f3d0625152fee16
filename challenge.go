package nodkey

import "time"

// Challenge is a question that the user's phones answer without a connection, by a code that a person types where they wait
// (docs/protocol.md §8). It stands beside an open approval and lives no longer than that. One approval may have several,
// one after the other; only the newest is answered.
type Challenge struct {
	ID         ChallengeID
	ApprovalID ApprovalID
	Digits     string // six
	Earlier    []byte // digest of the statement that the approval had before this challenge was put into it
	Tries      int    // answers so far, also those that are being checked
	CreatedAt  time.Time
	ExpiresAt  time.Time
}

// Limits of codes (docs/protocol.md §8).
const (
	// ChallengeLife is how long a challenge waits for its code; its approval waits as long.
	ChallengeLife = 300 * time.Second
	// ChallengeTries is how many codes are checked for one challenge in all, whichever phone they are from.
	ChallengeTries = 5
	// ChallengeRest is how long a key is not asked the same digits again.
	ChallengeRest = 30 * 24 * time.Hour
	// CodeTriesInARow is how many wrong codes turn codes off for a key, until a right PIN or biometric online.
	CodeTriesInARow = 10
	// CodeTriesInAll wrong ones within CodeTriesInAllIn do so whatever came between: a code tells whoever copied a phone's
	// storage whether they guessed its PIN, so the bound is that of PINs.
	CodeTriesInAll   = 20
	CodeTriesInAllIn = 30 * 24 * time.Hour
)

// aliveAt reports whether the challenge still takes codes, as far as it is the challenge's to say.
func (c Challenge) aliveAt(now time.Time) bool {
	return c.Tries < ChallengeTries && now.Before(c.ExpiresAt)
}

// OfflineCode is what the waiting page shows of a challenge.
type OfflineCode struct {
	Digits    string // six, to be typed into the phone; empty where policy takes scanned codes only
	Statement string // JWS of at most wire.MaxStatement characters, for the QR code as it is
	ExpiresAt time.Time
	Remaining time.Duration
	Left      int // how many codes may still be tried
}

// newestChallenge gives an approval's challenge that counts.
func newestChallenge(tx ChallengeRows, id ApprovalID) (Challenge, bool, error) {
	list, err := tx.ChallengesOf(id)
	if err != nil || len(list) == 0 {
		return Challenge{}, false, err
	}
	return list[0], true, nil
}

// answersByCode reports whether a key has what a code is computed from.
func (k Key) answersByCode() bool {
	return k.State == KeyActive && len(k.OCRA) > 0 && (len(k.PINVerifier) > 0 || len(k.PRFVerifier) > 0)
}

// takesCodes reports whether codes are on for a key.
func takesCodes(tx ChallengeRows, key Key, now time.Time) (bool, error) {
	if key.CodeTries >= CodeTriesInARow {
		return false, nil
	}
	inAll, err := tx.CountCodeFailures(key.ID, now.Add(-CodeTriesInAllIn))
	return inAll < CodeTriesInAll, err
}
