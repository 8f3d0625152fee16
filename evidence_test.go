package nodkey_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/proof"
	"github.com/nodkey/nodkey/wire"
)

var checks = nodkey.EvidenceChecks{JOSE: proof.JOSE{}, WebAuthn: func(rpID, origin string) (nodkey.WebAuthn, error) { return proof.NewWebAuthn(rpID, origin, "") }}

// evidence gets a yes to a text, and what shows it to others.
func (p *person) evidence(t failer, c nodkey.Caller, how string) nodkey.Evidence {
	t.Helper()
	asked := p.requests(t, c, p.asks())
	switch how {
	case "pin":
		p.agree(t, asked.Number, byPIN)
	case "biometric":
		p.agree(t, asked.Number, nodkeytest.Answer{})
	case "pin, though a code was asked for":
		s := p.newest(t)
		if _, err := p.Applications.Challenge(p.ctx, c, asked.Token); err != nil {
			t.Fatalf("%v", err)
		}
		if got, err := p.key.Answer(p.ctx, s, nodkeytest.Answer{PIN: pin, Number: asked.Number}); err != nil || got.State != "approved" {
			t.Fatalf("%+v, %v", got, err)
		}
	case "code":
		code, err := p.Applications.Challenge(p.ctx, c, asked.Token)
		if err != nil {
			t.Fatalf("%v", err)
		}
		if err := p.Applications.Respond(p.ctx, c, asked.Token, p.scanned(t, code)); err != nil {
			t.Fatalf("%v", err)
		}
	}
	proof, err := p.Applications.Collect(p.ctx, c, asked.Token)
	if err != nil {
		t.Fatalf("collecting: %v", err)
	}
	return proof.Evidence
}

var ways = []string{"pin", "biometric", "pin, though a code was asked for", "code"}

func TestEvidenceHolds(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	bank := h.app(t, "bank", nil)
	for _, how := range ways {
		e := p.evidence(t, bank, how)
		raw, err := json.Marshal(e) // it is kept as a file
		if err != nil {
			t.Fatal(err)
		}
		var read nodkey.Evidence
		if err := wire.DecodeStrict(raw, &read); err != nil {
			t.Fatal(err)
		}
		v, err := nodkey.VerifyEvidence(checks, h.Applications.EvidenceKeys(), read)
		if err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		if v.Statement.Text != p.asks().Text || v.Statement.App != "Till of bank" || v.Claim.Name != p.name || v.Claim.Application != "bank" ||
			v.Signed != (how != "code") || v.Asserted != (how == "biometric") || v.Claim.Key != p.key.ID || v.At.IsZero() {
			t.Errorf("%s: %+v", how, v)
		}
		if strings.Contains(string(raw), "pinProof") || (e.Assertion != nil) != (how == "biometric") {
			t.Errorf("%s: %s", how, raw)
		}
	}
}

func TestEvidenceThatWasTamperedWith(t *testing.T) {
	h := start(t, byPassword)
	p, q := h.join(t), h.join(t)
	bank := h.app(t, "bank", nil)
	elsewhere := start(t, byPassword)
	stranger := elsewhere.join(t)
	theirs := stranger.evidence(t, elsewhere.app(t, "bank", nil), "pin")
	keys := h.Applications.EvidenceKeys()
	for _, how := range ways {
		good, again, others := p.evidence(t, bank, how), p.evidence(t, bank, how), q.evidence(t, bank, how)
		other := map[string]string{"pin": "biometric", "biometric": "pin", "code": "pin", ways[2]: "code"}[how]
		another := p.evidence(t, bank, other)
		for what, bend := range map[string]func(*nodkey.Evidence){
			"nothing":                   func(e *nodkey.Evidence) { *e = nodkey.Evidence{} },
			"no statement":              func(e *nodkey.Evidence) { e.Statement = "" },
			"no word of the server's":   func(e *nodkey.Evidence) { e.Evidence = "" },
			"another statement":         func(e *nodkey.Evidence) { e.Statement = again.Statement },
			"another's statement":       func(e *nodkey.Evidence) { e.Statement = others.Statement },
			"the server's other word":   func(e *nodkey.Evidence) { e.Evidence = again.Evidence },
			"the word for another":      func(e *nodkey.Evidence) { e.Evidence = others.Evidence },
			"the word for another way":  func(e *nodkey.Evidence) { e.Evidence = another.Evidence },
			"the statement as the word": func(e *nodkey.Evidence) { e.Evidence = e.Statement },
			"the word as the statement": func(e *nodkey.Evidence) { e.Statement = e.Evidence },
			"another server's":          func(e *nodkey.Evidence) { *e = theirs },
			"another server's word":     func(e *nodkey.Evidence) { e.Evidence = theirs.Evidence },
			"a decision of another way": func(e *nodkey.Evidence) { e.Decision = another.Decision; e.Assertion = another.Assertion },
			"a changed letter":          func(e *nodkey.Evidence) { e.Statement = "f" + e.Statement[1:] },
			"a changed signature":       func(e *nodkey.Evidence) { e.Evidence = e.Evidence[:len(e.Evidence)-4] + "AAAA" },
			"an assertion too much":     func(e *nodkey.Evidence) { e.Assertion = &wire.Assertion{ID: []byte("x")} },
		} {
			e := good
			bend(&e)
			_, err := nodkey.VerifyEvidence(checks, keys, e)
			is(t, err, "evidence.wrong", "%s: %s", how, what)
		}
		if how != "code" {
			for what, decision := range map[string]string{"no decision": "", "another decision": again.Decision, "another's decision": others.Decision, "a statement": good.Statement} {
				e := good
				e.Decision = decision
				_, err := nodkey.VerifyEvidence(checks, keys, e)
				is(t, err, "evidence.wrong", "%s: %s", how, what)
			}
		}
		if how == "biometric" {
			for what, assertion := range map[string]*wire.Assertion{"none": nil, "another": again.Assertion, "another's": others.Assertion} {
				e := good
				e.Assertion = assertion
				_, err := nodkey.VerifyEvidence(checks, keys, e)
				is(t, err, "evidence.wrong", "assertion: %s", what)
			}
		}
		for what, keys := range map[string][][]byte{"none": nil, "another server's": elsewhere.Applications.EvidenceKeys(), "no point": {[]byte("x")}} {
			_, err := nodkey.VerifyEvidence(checks, keys, good)
			is(t, err, "evidence.wrong", "%s: keys: %s", how, what)
		}
	}
}

func TestOfAPINNothingIsKept(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	bank := h.app(t, "bank", nil)
	asked := p.requests(t, bank, p.asks())
	var sent wire.DecisionRequest
	p.agree(t, asked.Number, nodkeytest.Answer{PIN: pin, BendWhole: func(in *wire.DecisionRequest) { sent = *in }})
	proof, err := h.Applications.Collect(h.ctx, bank, asked.Token)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(proof)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{sent.PINProof.Ct.String(), sent.PINProof.Epk.String()} {
		if table := h.rawSearch(t, secret); table != "" || strings.Contains(string(raw), secret) {
			t.Errorf("the proof of the PIN stands in %q, or in the evidence", table)
		}
	}
	// The assertion of a sign-in proves nothing to others, and is not kept.
	in := p.asks()
	in.Kind, in.Text = nodkey.ApproveSignIn, ""
	asked = p.requests(t, bank, in)
	s := p.agree(t, asked.Number, nodkeytest.Answer{})
	h.view(t, func(tx nodkey.Tx) error {
		a, err := tx.Approval(nodkey.ApprovalID(s.ID))
		if a.Assertion != "" || a.Factor != "biometric" {
			t.Errorf("%+v", a)
		}
		return err
	})
	proof, err = h.Applications.Collect(h.ctx, bank, asked.Token)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := nodkey.VerifyEvidence(checks, h.Applications.EvidenceKeys(), proof.Evidence); err != nil || !v.Signed || v.Asserted || v.Claim.Factor != "biometric" {
		t.Errorf("%+v, %v", v, err)
	}
}
