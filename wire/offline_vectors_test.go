package wire_test

import (
	"bytes"
	"testing"

	"github.com/nodkey/nodkey/otp"
	"github.com/nodkey/nodkey/wire"
)

// offlineCase is one case of offline.json: what a phone without a connection answers. Bytes are base64url.
type offlineCase struct {
	Why       string     `json:"why"`
	K         wire.Bytes `json:"k"`         // OCRA key, 32 bytes
	V         wire.Bytes `json:"v"`         // Vpin or Vprf, 32 bytes
	Challenge string     `json:"challenge"` // six digits
	Statement string     `json:"statement"` // JWS, of which only the signing input counts here
	P         wire.Bytes `json:"p"`         // SHA-256 over the lower-case hex of V
	S         string     `json:"s"`         // lower-case hex of SHA-256 over the statement's signing input
	Scanned   string     `json:"scanned"`   // eight digits
	Typed     string     `json:"typed"`     // eight digits
}

func code(t *testing.T, suite string, key []byte, in otp.Input) string {
	t.Helper()
	parsed, err := otp.ParseSuite(suite)
	if err != nil {
		t.Fatal(err)
	}
	got, err := parsed.Compute(key, in)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestOfflineVectors(t *testing.T) {
	server := signingKey(t, "server signing")
	statement := func(challenge string) string {
		body := bytes.Replace([]byte(statementText(t)), []byte(`"iat"`), []byte(`"challenge":"`+challenge+`","iat"`), 1)
		return sign(t, server, vectorHeader, string(body))
	}
	derived := func(why, k, v, challenge string) offlineCase {
		c := offlineCase{Why: why, K: fixed(k), V: fixed(v), Challenge: challenge, Statement: statement(challenge)}
		input, _ := wire.SigningInput(c.Statement)
		c.P, c.S = wire.CodePIN(c.V), wire.CodeSession(wire.Digest(input))
		c.Scanned = code(t, wire.SuiteScanned, c.K, otp.Input{Question: challenge, PIN: c.P, Session: c.S})
		c.Typed = code(t, wire.SuiteTyped, c.K, otp.Input{Question: challenge, PIN: c.P})
		return c
	}
	cases := sameAsFile(t, "offline.json", vectors[offlineCase]{
		About: "Codes of a phone without a connection (docs/protocol.md §8), from fixed keys: OCRA (RFC 6287) with " + wire.SuiteScanned +
			" over the statement that was scanned, and " + wire.SuiteTyped + " over the six digits alone. ocra.json has the algorithm's own vectors.",
		Cases: []offlineCase{
			derived("a PIN's verifier", "offline K", "offline Vpin", "314159"),
			derived("the same of biometrics", "offline K", "offline Vprf", "314159"),
			derived("another key", "offline K 2", "offline Vpin", "314159"),
			derived("a challenge that begins with zeros", "offline K", "offline Vpin", "000042"),
			derived("nothing but zeros", "offline K", "offline Vpin", "000000"),
			derived("the highest", "offline K", "offline Vpin", "999999"),
		},
	})
	seen := map[string]string{}
	for _, c := range cases {
		for _, got := range []string{c.Scanned, c.Typed} {
			if !wire.IsCode(got) || seen[got] != "" {
				t.Errorf("%s: %q is no code, or that of %q too", c.Why, got, seen[got])
			}
			seen[got] = c.Why
		}
		if parsed, err := wire.ParseJWS(c.Statement); err != nil || len(c.Statement) > wire.MaxStatement || c.S != wire.CodeSession(parsed.Digest) {
			t.Errorf("%s: the statement: %v", c.Why, err)
		}
	}
}

func TestChallengesAndCodesAreSoManyASCIIDigits(t *testing.T) {
	for text, challenge := range map[string]bool{"314159": true, "000000": true, "": false, "31415": false, "3141592": false, "31415a": false, "３１４１５９": false, "31 159": false, "-31415": false} {
		if wire.IsChallenge(text) != challenge {
			t.Errorf("challenge %q: %v", text, !challenge)
		}
	}
	for text, is := range map[string]bool{"31415926": true, "314159": false, "3141 592": false, "٣١٤١٥٩٢٦": false, "314159265": false} {
		if wire.IsCode(text) != is {
			t.Errorf("code %q: %v", text, !is)
		}
	}
}
