// Package proof checks what phones sign: it is the adapter behind the domain's ports JOSE (compact JWS, ES256 only) and
// WebAuthn (platform authenticators). It keeps nothing and reads no clock; whose key it is, whether a message came in
// time and what it may do is the domain's to judge.
//
// Errors say which check failed in fixed words. What was checked never becomes part of an error's text; the library's
// own error is reachable by errors.As, for tests.
package proof

// refusal is an error with a fixed text over a cause whose text may repeat what came from outside.
type refusal struct {
	what  string
	cause error // may be nil
}

func (r *refusal) Error() string { return "proof: " + r.what }
func (r *refusal) Unwrap() error { return r.cause }

func refuse(what string, cause error) error { return &refusal{what: what, cause: cause} }
