package bench

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/proof"
	"github.com/nodkey/nodkey/wire"
)

// The parts of a sign-in that both sides do most often, each to be held against the ECDSA operation in it.

func statement(b *testing.B) (key *ecdsa.PrivateKey, point, payload []byte) {
	b.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	if point, err = key.PublicKey.Bytes(); err != nil {
		b.Fatal(err)
	}
	id := strings.Repeat("A", 22)
	payload, err = json.Marshal(wire.Statement{
		Aud: id, ID: id, User: id, Keys: []string{strings.Repeat("B", 43)}, Kind: "sign_in", Locale: "en", App: "Aldermere Client Portal",
		Who: "Mara Lindqvist", Address: "203.0.113.24", With: "Firefox on Windows", Known: true, Number: true, Iat: 1, Exp: 2,
	})
	if err != nil {
		b.Fatal(err)
	}
	return key, point, payload
}

func BenchmarkSignStatement(b *testing.B) {
	key, _, payload := statement(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (proof.JOSE{}).Sign(key, wire.TypStatement, payload); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyStatement(b *testing.B) {
	key, point, payload := statement(b)
	jws, err := proof.JOSE{}.Sign(key, wire.TypStatement, payload)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := (proof.JOSE{}).Verify(jws, point); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeStatement(b *testing.B) {
	_, _, payload := statement(b)
	b.ReportAllocs()
	for b.Loop() {
		var m wire.Statement
		if err := wire.DecodeStrict(payload, &m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkECDSA(b *testing.B) {
	e, err := NewEssentials(1, nil)
	if err != nil {
		b.Fatal(err)
	}
	for name, do := range map[string]func(int) error{"sign": e.sign, "verify": e.verify} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := do(0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
