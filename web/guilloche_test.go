package web

import (
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func mustURL(t *testing.T, path string) *url.URL {
	t.Helper()
	u, err := url.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// sealVector is testdata/seal.json, which web/design/seal.test.ts reads too.
type sealVector struct {
	PublicKey string `json:"publicKey"` // hex of the DER bytes
	SVG       string `json:"svg"`
}

func TestSealEqualsTheSharedVector(t *testing.T) {
	raw, err := os.ReadFile("../testdata/seal.json")
	if err != nil {
		t.Fatal(err)
	}
	var vector sealVector
	if err := json.Unmarshal(raw, &vector); err != nil {
		t.Fatal(err)
	}
	key, err := hex.DecodeString(vector.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(Seal(key)); got != vector.SVG {
		t.Errorf("the seal differs from the vector: %d bytes, want %d", len(got), len(vector.SVG))
	}
}

func TestEverySealIsWellFormedAndTheSameTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOf(rapid.Byte()).Draw(t, "key")
		svg := string(Seal(key))
		if svg != string(Seal(key)) {
			t.Fatal("the same key gave two seals")
		}
		decoder := xml.NewDecoder(strings.NewReader(svg))
		for {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestAnotherKeyHasAnotherSeal(t *testing.T) {
	seen := make(map[string]bool)
	for i := range 200 {
		seen[string(Seal([]byte{byte(i)}))] = true
	}
	// Six wave counts, three gaps, five copies: 90 drawings in all.
	if len(seen) < 60 || len(seen) > 90 {
		t.Errorf("200 keys gave %d seals, want most of the 90", len(seen))
	}
}
