package client

import (
	"errors"
	"strings"
	"time"

	"github.com/nodkey/nodkey/otp"
	"github.com/nodkey/nodkey/wire"
)

// Scanned is a request that was read from the QR code of a page, without asking any server.
type Scanned struct {
	Approval
	// Late is for how long the request has been over by this computer's clock, which nobody has compared with the server's;
	// 0 while it is not. The server decides whether a code comes in time.
	Late time.Duration

	challenge string // six digits
}

// ReadScanned checks the statement in a QR code against the keys that this phone pinned, as it does with those that a server
// sends, but for its end (see Scanned.Late). *Fault "statement.wrong", or "statement.code" for one that no code answers.
func (p *Phone) ReadScanned(jws string) (Scanned, error) {
	jws = strings.TrimSpace(jws)
	var last error = fault("key.unknown", nil)
	for _, k := range p.State().Keys {
		if k.State == "removed" {
			continue
		}
		a, challenge, err := k.openStatement(jws)
		if err != nil {
			last = err
			continue
		}
		if challenge == "" {
			return Scanned{}, fault("statement.code", nil)
		}
		return Scanned{Approval: a, Late: max(0, p.serverTime(k.Server.URL).Sub(a.Expires)), challenge: challenge}, nil
	}
	return Scanned{}, last
}

// RespondScanned makes the eight digits that say yes to a request of a QR code. Nothing here can tell whether the PIN is
// right: a wrong one makes other digits.
func (p *Phone) RespondScanned(s Scanned, pin string) (string, error) {
	return p.respond(s.Key.ID, wire.SuiteScanned, otp.Input{Question: s.challenge, Session: wire.CodeSession(s.digest)}, pin)
}

// RespondTyped makes the eight digits that answer the six of a page, for a key. They say yes to whatever that page is
// about: the phone has not seen it. *Fault "code.challenge" for what is not six digits; blanks between them do not matter.
func (p *Phone) RespondTyped(keyID, digits, pin string) (string, error) {
	digits = strings.Join(strings.Fields(NormalisePIN(digits)), "")
	if !wire.IsChallenge(digits) {
		return "", fault("code.challenge", nil)
	}
	return p.respond(keyID, wire.SuiteTyped, otp.Input{Question: digits}, pin)
}

// respond computes a code (docs/protocol.md §8).
func (p *Phone) respond(keyID, suite string, in otp.Input, pin string) (string, error) {
	k, err := p.key(keyID)
	if err != nil {
		return "", err
	}
	if k.State == "removed" {
		return "", fault("key.unknown", errors.New("it was removed"))
	}
	parsed, err := otp.ParseSuite(suite)
	if err != nil {
		return "", err
	}
	in.PIN = wire.CodePIN(k.binding().PINVerifier(k.Kp, NormalisePIN(pin)))
	return parsed.Compute(k.K, in)
}
