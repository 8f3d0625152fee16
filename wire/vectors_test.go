package wire_test

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"flag"
	"math/big"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the derived vectors in testdata/protocol anew")

// vectors is one file of testdata/protocol: what it is about and its cases.
type vectors[C any] struct {
	About string `json:"about"`
	Cases []C    `json:"cases"`
}

// sameAsFile says that the file holds exactly what this code derives, or makes it so under -update. It gives the cases
// as they stand in the file.
func sameAsFile[C any](t *testing.T, name string, want vectors[C]) []C {
	t.Helper()
	path := filepath.Join("..", "testdata", "protocol", name)
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(want); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	onDisk, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(onDisk, text.Bytes()) {
		t.Errorf("%s is not what this code derives; if that is meant, go test ./wire -update", path)
	}
	var got vectors[C]
	if err := json.Unmarshal(onDisk, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Cases) == 0 {
		t.Fatalf("%s has no cases", path)
	}
	return got.Cases
}

// fixed gives 32 bytes that are always the same for a name: private keys of vectors, never of anything else.
func fixed(name string) []byte {
	sum := sha256.Sum256([]byte("nodkey test vector: " + name))
	return sum[:]
}

func signingKey(t testing.TB, name string) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), fixed(name))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func exchangeKey(t testing.TB, name string) *ecdh.PrivateKey {
	t.Helper()
	key, err := ecdh.P256().NewPrivateKey(fixed(name))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func point(t testing.TB, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	raw, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// derSignature signs deterministically (RFC 6979), so that vectors do not change.
func derSignature(t testing.TB, key *ecdsa.PrivateKey, input string) []byte {
	t.Helper()
	digest := sha256.Sum256([]byte(input))
	der, err := key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func rs(t testing.TB, der []byte) (r, s *big.Int) {
	t.Helper()
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &pair); err != nil {
		t.Fatal(err)
	}
	return pair.R, pair.S
}

func rawSignature(r, s *big.Int) []byte {
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return raw
}

// sign makes a compact JWS of a header and a payload as they are written.
func sign(t testing.TB, key *ecdsa.PrivateKey, header, payload string) string {
	t.Helper()
	input := b64([]byte(header)) + "." + b64([]byte(payload))
	r, s := rs(t, derSignature(t, key, input))
	return input + "." + b64(rawSignature(r, s))
}
