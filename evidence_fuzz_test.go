package nodkey_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/json"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/proof"
	"github.com/nodkey/nodkey/wire"
)

// notary signs evidence with keys that are the same in every process, so that what a fuzzer found there holds here.
type notary struct{ server, phone *ecdsa.PrivateKey }

func newNotary(t testing.TB) notary {
	t.Helper()
	key := func(last byte) *ecdsa.PrivateKey {
		raw := make([]byte, 32)
		raw[31] = last
		k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	return notary{server: key(7), phone: key(9)}
}

func (n notary) point(t testing.TB, key *ecdsa.PrivateKey) wire.Bytes {
	t.Helper()
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return point
}

func (n notary) keys(t testing.TB) [][]byte { return [][]byte{n.point(t, n.server)} }

// signs makes evidence of payloads as they are; what is no JSON can be signed, too.
func (n notary) signs(t testing.TB, statement, decision, claim []byte) (e nodkey.Evidence) {
	t.Helper()
	id, err := wire.KeyID(n.point(t, n.phone))
	if err == nil {
		e.Statement, err = proof.JOSE{}.Sign(n.server, wire.TypStatement, statement)
	}
	if err == nil && decision != nil {
		e.Decision, err = proof.JOSE{}.SignWithKID(n.phone, wire.TypDecision, id, decision)
	}
	if err == nil {
		e.Evidence, err = proof.JOSE{}.Sign(n.server, wire.TypEvidence, claim)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// payloads are those of a yes by a factor, and the evidence that they make.
func (n notary) payloads(t testing.TB, factor string) (statement, decision, claim []byte, e nodkey.Evidence) {
	t.Helper()
	marshal := func(v any) []byte {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	digest := func(jws string) wire.Bytes {
		parsed, err := wire.ParseJWS(jws)
		if err != nil {
			t.Fatal(err)
		}
		return parsed.Digest[:]
	}
	d := n.point(t, n.phone)
	key, err := wire.KeyID(d)
	if err != nil {
		t.Fatal(err)
	}
	statement = marshal(wire.Statement{Aud: "server", ID: "approval", User: "user", Keys: []string{key}, Kind: "confirm", Locale: "en", App: "Till", Who: "Mara",
		Number: true, Text: "Pay 250.00 EUR to Anna Weber", Iat: 1_000, Exp: 181_000})
	c := wire.EvidenceClaim{Aud: "server", ID: "approval", Application: "till", User: "user", Name: "mara", Statement: digest(n.signs(t, statement, nil, nil).Statement),
		Factor: factor, Key: key, D: d, At: 2_000}
	if factor != nodkey.FactorCode {
		decision = marshal(wire.Decision{Aud: "server", ID: "approval", Statement: c.Statement, Verdict: "yes", Number: "47", Factor: factor, Key: key, Iat: 1_900})
		c.Decision = digest(n.signs(t, statement, decision, nil).Decision)
	}
	var assertion *wire.Assertion
	if factor == "biometric" {
		authenticator, err := nodkeytest.NewAuthenticator("phone.example", "https://phone.example", nodkeytest.ES256)
		if err != nil {
			t.Fatal(err)
		}
		registration, err := authenticator.Create(make([]byte, 32))
		if err != nil {
			t.Fatal(err)
		}
		checker, err := checks.WebAuthn("phone.example", "https://phone.example")
		if err != nil {
			t.Fatal(err)
		}
		credential, err := checker.Register(make([]byte, 32), make([]byte, 32), registration)
		if err != nil {
			t.Fatal(err)
		}
		input, _ := wire.SigningInput(n.signs(t, statement, decision, nil).Decision)
		challenge := wire.AssertionChallenge(input)
		made, err := authenticator.Get(challenge[:])
		if err != nil {
			t.Fatal(err)
		}
		assertion = &made
		c.Credential = &wire.EvidenceCredential{ID: credential.ID, PublicKey: credential.PublicKey, RPID: "phone.example", Origin: "https://phone.example"}
	}
	claim = marshal(c)
	e = n.signs(t, statement, decision, claim)
	e.Assertion = assertion
	return statement, decision, claim, e
}

// A file that somebody was sent is evidence only if every word of it was signed.
func FuzzVerifyEvidence(f *testing.F) {
	n := newNotary(f)
	good := map[string]bool{}
	for _, factor := range []string{"pin", "biometric", nodkey.FactorCode} {
		_, _, _, e := n.payloads(f, factor)
		raw, err := json.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		if _, err := nodkey.VerifyEvidence(checks, n.keys(f), e); err != nil {
			f.Fatal(err)
		}
		input, _ := wire.SigningInput(e.Statement)
		good[input] = true
		f.Add(raw)
	}
	f.Add([]byte(`{"statement":"","evidence":""}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var e nodkey.Evidence
		if wire.DecodeStrict(raw, &e) != nil {
			return
		}
		v, err := nodkey.VerifyEvidence(checks, n.keys(t), e)
		if input, _ := wire.SigningInput(e.Statement); err == nil && !good[input] {
			t.Fatalf("%s was never signed, and holds as %+v", raw, v)
		}
		if err != nil && !nodkey.HasKey(err, "evidence.wrong") {
			t.Fatal(err)
		}
	})
}

// Behind the signatures, too, everything is looked at: a server's own words hold together or are refused, whatever they are. With
// mend the digests are made to fit, so that the checks after them are reached.
func FuzzSignedEvidence(f *testing.F) {
	n := newNotary(f)
	for _, factor := range []string{"pin", "biometric", nodkey.FactorCode} {
		statement, decision, claim, e := n.payloads(f, factor)
		assertion := []byte("null")
		if e.Assertion != nil {
			var err error
			if assertion, err = json.Marshal(e.Assertion); err != nil {
				f.Fatal(err)
			}
		}
		f.Add(statement, decision, claim, assertion, false)
		f.Add(statement, decision, claim, assertion, true)
	}
	f.Fuzz(func(t *testing.T, statement, decision, claim, assertion []byte, mend bool) {
		if len(statement)+len(decision)+len(claim)+len(assertion) > 8<<10 {
			return
		}
		if len(decision) == 0 {
			decision = nil
		}
		e := n.signs(t, statement, decision, claim)
		var c wire.EvidenceClaim
		if mend && wire.DecodeStrict(claim, &c) == nil {
			asked, err := wire.ParseJWS(e.Statement)
			if err != nil {
				return // longer than any that is signed
			}
			c.Statement = asked.Digest[:]
			if decided, err := wire.ParseJWS(e.Decision); err == nil {
				c.Decision = decided.Digest[:]
			}
			if claim, err = json.Marshal(c); err != nil {
				t.Fatal(err)
			}
			e = n.signs(t, statement, decision, claim)
		}
		if json.Unmarshal(assertion, &e.Assertion) != nil {
			e.Assertion = nil
		}
		v, err := nodkey.VerifyEvidence(checks, n.keys(t), e)
		if err != nil {
			if !nodkey.HasKey(err, "evidence.wrong") {
				t.Fatal(err)
			}
			return
		}
		at := v.At.UnixMilli()
		if v.Signed != (v.Claim.Factor != nodkey.FactorCode) || v.Asserted != (e.Assertion != nil) || v.Asserted && v.Claim.Factor != "biometric" || v.Claim.ID != v.Statement.ID ||
			v.Claim.User != v.Statement.User || !bytes.Equal(v.Claim.D, n.point(t, n.phone)) && v.Signed || at < v.Statement.Iat || at > v.Statement.Exp {
			t.Fatalf("%+v", v)
		}
	})
}
