package nodkey_test

import (
	"strconv"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/otp"
	"github.com/nodkey/nodkey/wire"
)

// OCRA reads the six digits as a number and writes that number in hexadecimal from the left, with zeros behind it: n and 16·n
// are one question to it, and a typed code is bound to nothing else. A code that somebody saw would therefore answer other
// digits as well, though the same ones are not asked twice within a month.
func TestNoTwoChallengesHaveOneAnswer(t *testing.T) {
	suite, err := otp.ParseSuite(wire.SuiteTyped)
	if err != nil {
		t.Fatal(err)
	}
	answer := func(digits string) string {
		code, err := suite.Compute(make([]byte, 32), otp.Input{Question: digits, PIN: make([]byte, 32)})
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	if answer("003927") != answer("062832") || answer("003926") == answer("003927") {
		t.Fatal("what this test is about is not so")
	}

	h := start(t, byPassword)
	p := h.join(t)
	p.enter(t)
	for range 300 { // of those drawn at random, every sixteenth would have a twin
		h.Clock.Advance(nodkey.SignInLife)
		if err := p.browser.Begin(h.ctx, p.name, password); err != nil {
			t.Fatal(err)
		}
		c := p.challenge(t, p.browser)
		n, err := strconv.Atoi(c.Digits)
		if err != nil || !wire.IsChallenge(c.Digits) {
			t.Fatalf("%q: %v", c.Digits, err)
		}
		if n%16 == 0 {
			t.Fatalf("%s has the answer of %06d", c.Digits, n/16)
		}
	}
}
