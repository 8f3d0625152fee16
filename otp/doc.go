// Package otp computes one-time passwords: HOTP (RFC 4226), TOTP (RFC 6238) and
// OCRA, the challenge-response algorithm (RFC 6287). Everything here is a pure
// function of its arguments; keys, counters and what was used already are the
// caller's to keep.
//
// What the three have in common is one construction: an HMAC over a message that
// both sides know, of which the dynamic truncation of RFC 4226, section 5.3, makes
// a few decimal digits. They differ in the message: a counter, a count of time
// steps, or, in OCRA, whatever a suite names.
//
//	suite, err := otp.ParseSuite("OCRA-1:HOTP-SHA256-8:QN06-PSHA256")
//	response, err := suite.Compute(key, otp.Input{Question: "314159", PIN: pinHash})
//
// Compare a response that came in with [Equal], count the wrong ones, and let none
// be used twice: eight digits are not many.
package otp
