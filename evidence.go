package nodkey

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// Evidence is what somebody else can check of a yes, without this server: see [VerifyEvidence].
type Evidence = wire.Evidence

// evidenceOf is what the evidence of an approval is made of.
type evidenceOf struct {
	approval   Approval
	challenges []Challenge
	key        Key
}

// keptAssertion is what is kept of a biometric yes: others may be shown one to a text. Of a PIN there is nothing to keep.
func keptAssertion(kind ApprovalKind, a *wire.Assertion) (string, error) {
	if kind != ApproveConfirm {
		return "", nil
	}
	raw, err := json.Marshal(a)
	return string(raw), err
}

// newEvidence puts together what shows a yes to others. A PIN leaves nothing that could be shown, so the server's word stands for
// it: the proof of a PIN is never kept.
func (b *base) newEvidence(app Application, p Proof, of evidenceOf) (Evidence, error) {
	out := Evidence{Statement: of.approval.Statement, Decision: of.approval.Decision}
	claim := wire.EvidenceClaim{Aud: b.id.serverID, ID: string(of.approval.ID), Application: string(app.ID), User: string(p.User), Name: p.Name,
		Statement: of.approval.Digest, Factor: p.Factor, Key: string(of.key.ID), D: of.key.Public, At: p.At.UnixMilli()}
	for _, c := range of.challenges {
		claim.Earlier = append(claim.Earlier, c.Earlier)
	}
	if out.Decision != "" {
		input, ok := wire.SigningInput(out.Decision)
		if !ok {
			return Evidence{}, errors.New("a decision that is kept is no JWS")
		}
		digest := wire.Digest(input)
		claim.Decision = digest[:]
	}
	if of.approval.Assertion != "" && of.key.Credential != nil {
		out.Assertion = new(wire.Assertion)
		if err := json.Unmarshal([]byte(of.approval.Assertion), out.Assertion); err != nil {
			return Evidence{}, err
		}
		claim.Credential = &wire.EvidenceCredential{ID: of.key.Credential.ID, PublicKey: of.key.Credential.PublicKey, RPID: b.id.rpID, Origin: b.site.PhoneOrigin}
	}
	var err error
	out.Evidence, _, err = b.id.sign(wire.TypEvidence, claim)
	return out, err
}

// EvidenceKeys gives the points that this server's evidence is checked with: its signing key and its backup key.
func (s *Applications) EvidenceKeys() [][]byte {
	return [][]byte{bytes.Clone(s.id.points.Signing), bytes.Clone(s.id.points.Backup)}
}

// EvidenceChecks are the checks of signatures that [VerifyEvidence] asks for.
type EvidenceChecks struct {
	JOSE     JOSE
	WebAuthn func(rpID, origin string) (WebAuthn, error)
}

// VerifiedEvidence is what evidence shows.
type VerifiedEvidence struct {
	Statement wire.Statement // what the person was shown
	Claim     wire.EvidenceClaim
	At        time.Time
	// Signed says that the key of the phone signed the yes; Asserted that its authenticator did, which nobody else can. Without
	// either, as with a code, it is the server's word alone. That a PIN was right always is.
	Signed, Asserted bool
}

// VerifyEvidence checks evidence with nothing but the server's public keys, each a P-256 point of 65 bytes: what was asked and what
// the server checked are signed by one of them, and belong together; the phone's yes is signed by the key that the server names, and
// by its authenticator where the server says so. Error: evidence.wrong.
func VerifyEvidence(checks EvidenceChecks, keys [][]byte, e Evidence) (VerifiedEvidence, error) {
	v, err := checks.verify(keys, e)
	if err != nil {
		return VerifiedEvidence{}, fail(BadInput, "evidence.wrong").because(err)
	}
	return v, nil
}

func (c EvidenceChecks) verify(keys [][]byte, e Evidence) (v VerifiedEvidence, err error) {
	if _, err := c.signed(e.Evidence, wire.TypEvidence, "", keys, &v.Claim); err != nil {
		return v, err
	}
	asked, err := c.signed(e.Statement, wire.TypStatement, "", keys, &v.Statement)
	if err != nil {
		return v, err
	}
	claim, st := v.Claim, v.Statement
	v.At = time.UnixMilli(claim.At).UTC()
	own, err := wire.KeyID(claim.D)
	switch {
	case err != nil:
		return v, err
	case own != claim.Key || !slices.Contains(st.Keys, claim.Key):
		return v, errors.New("the key that decided was not asked")
	case claim.Aud == "" || st.Aud != claim.Aud || st.ID != claim.ID || st.User != claim.User || !bytes.Equal(claim.Statement, asked.Digest[:]) || !st.FitsKind():
		return v, errors.New("statement and evidence do not belong together")
	case claim.At < st.Iat || claim.At > st.Exp:
		return v, errors.New("it was decided at another time")
	case claim.Factor == FactorCode:
		if e.Decision != "" || claim.Decision != nil || e.Assertion != nil || claim.Credential != nil {
			return v, errors.New("a code has no decision")
		}
		return v, nil
	case claim.Factor != "pin" && claim.Factor != "biometric":
		return v, errors.New("an unknown factor")
	}
	var d wire.Decision
	decided, err := c.signed(e.Decision, wire.TypDecision, claim.Key, [][]byte{claim.D}, &d)
	if err != nil {
		return v, err
	}
	shown := append([]wire.Bytes{claim.Statement}, claim.Earlier...)
	switch {
	case !bytes.Equal(claim.Decision, decided.Digest[:]) || d.Aud != claim.Aud || d.ID != claim.ID || d.Key != claim.Key,
		!slices.ContainsFunc(shown, func(digest wire.Bytes) bool { return bytes.Equal(digest, d.Statement) }):
		return v, errors.New("decision and evidence do not belong together")
	case d.Verdict != "yes" || d.Factor != claim.Factor:
		return v, errors.New("the decision is another one")
	case (e.Assertion != nil) != (claim.Credential != nil) || e.Assertion != nil && claim.Factor != "biometric":
		return v, errors.New("the assertion is missing, or too much")
	}
	v.Signed = true
	if e.Assertion == nil {
		return v, nil
	}
	authenticator, err := c.WebAuthn(claim.Credential.RPID, claim.Credential.Origin)
	if err != nil {
		return v, err
	}
	challenge := wire.AssertionChallenge(decided.SigningInput)
	_, err = authenticator.Assert(Credential{ID: claim.Credential.ID, PublicKey: claim.Credential.PublicKey}, challenge[:], *e.Assertion)
	v.Asserted = err == nil
	return v, err
}

// signed checks a message by one of these keys and reads it.
func (c EvidenceChecks) signed(jws, typ, kid string, keys [][]byte, payload any) (wire.Parsed, error) {
	parsed, err := wire.ParseJWS(jws)
	if err != nil {
		return parsed, err
	}
	if parsed.Header.Typ != typ || parsed.Header.Kid != kid {
		return parsed, errors.New("a message of another type or key")
	}
	if !slices.ContainsFunc(keys, func(point []byte) bool { return c.JOSE.Verify(jws, point) == nil }) {
		return parsed, errors.New("a signature that does not hold")
	}
	return parsed, wire.DecodeStrict(parsed.Payload, payload)
}
