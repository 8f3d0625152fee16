package wire

import (
	"crypto/sha256"
	"encoding/hex"
)

// The OCRA suites (RFC 6287 §6) of the codes that phones answer with when they are offline (§8): SuiteScanned where the
// phone read the statement, SuiteTyped where a person typed the six digits into it.
const (
	SuiteScanned = "OCRA-1:HOTP-SHA256-8:QN06-PSHA256-S064"
	SuiteTyped   = "OCRA-1:HOTP-SHA256-8:QN06-PSHA256"
)

// ChallengeLen and CodeLen are how many decimal digits a challenge and a code have.
const (
	ChallengeLen = 6
	CodeLen      = 8
)

// IsChallenge reports whether text is six ASCII digits. "007" and "7" are one number to OCRA, so the length is fixed.
func IsChallenge(text string) bool { return digitsOf(text, ChallengeLen) }

// IsCode reports whether text is eight ASCII digits.
func IsCode(text string) bool { return digitsOf(text, CodeLen) }

func digitsOf(text string, n int) bool {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(text) == n
}

// CodePIN is P of both suites: SHA-256 over the lower-case hex of V, which is Vpin or Vprf (§4.3); 32 bytes.
func CodePIN(v []byte) []byte {
	sum := sha256.Sum256([]byte(hex.EncodeToString(v)))
	return sum[:]
}

// CodeSession is S of SuiteScanned: the lower-case hex of a statement's digest, 64 characters.
func CodeSession(statementDigest [32]byte) string { return hex.EncodeToString(statementDigest[:]) }
