// Package wire is what crosses the line between phones and the server: the JSON of the phone API, the payloads of the
// signed messages, the activation code's alphabet, and the derivations that both ends must do alike. docs/protocol.md is
// its specification; the vectors in testdata/protocol are run against this package and against the TypeScript phone. The signature of
// webhooks is here too, as two packages post them that may not know each other.
//
// It is a leaf: the standard library only, no I/O, no policy. Signing and verifying of JWS live in package proof.
package wire
