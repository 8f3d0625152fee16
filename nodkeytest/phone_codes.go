package nodkeytest

import (
	"github.com/nodkey/nodkey/otp"
	"github.com/nodkey/nodkey/wire"
)

// Vpin is what the phone computes of a PIN.
func (k *PhoneKey) Vpin(pin string) []byte { return k.binding().PINVerifier(k.Kp, pin) }

// Vprf is what the phone computes of an authenticator's output.
func (k *PhoneKey) Vprf(prf []byte) []byte { return k.binding().PRFVerifier(k.Kp, prf) }

// ScannedCode answers the challenge of a statement without the server, as a phone that read its QR code does.
func (k *PhoneKey) ScannedCode(jws string, v []byte) (string, error) {
	s, err := k.Read(jws)
	if err != nil {
		return "", err
	}
	return code(wire.SuiteScanned, k.K, otp.Input{Question: s.Challenge, PIN: wire.CodePIN(v), Session: wire.CodeSession(s.Digest)})
}

// TypedCode answers six digits without the server.
func (k *PhoneKey) TypedCode(digits string, v []byte) (string, error) {
	return code(wire.SuiteTyped, k.K, otp.Input{Question: digits, PIN: wire.CodePIN(v)})
}

func code(suite string, key []byte, in otp.Input) (string, error) {
	parsed, err := otp.ParseSuite(suite)
	if err != nil {
		return "", err
	}
	return parsed.Compute(key, in)
}
