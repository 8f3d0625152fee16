package seal

import (
	"bytes"
	"crypto/sha3"
	"encoding/hex"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The key and its K1 of NIST SP 800-38B, appendix D.3, and the MAC of its example
// 10, which is one full block: all that XAES needs of CMAC.
func TestCMACMatchesSP80038B(t *testing.T) {
	key := [keySize]byte(unhex(t, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"))
	x := newXAES(key)
	if want := unhex(t, "cad1ed03299eedac2e9a99808621502f"); !bytes.Equal(x.k1[:], want) {
		t.Errorf("K1 = %x, want %x", x.k1, want)
	}
	block := unhex(t, "6bc1bee22e409f96e93d7e117393172a")
	for i := range block {
		block[i] ^= x.k1[i]
	}
	x.block.Encrypt(block, block)
	if want := unhex(t, "28a7023f452e8f82bd4bf28d8c37c35c"); !bytes.Equal(block, want) {
		t.Errorf("CMAC = %x, want %x", block, want)
	}
}

// The two vectors of c2sp.org/XAES-256-GCM; the first bit of L is 0 in one and 1
// in the other.
func TestXAESMatchesSpecification(t *testing.T) {
	nonce := [nonceSize]byte([]byte("ABCDEFGHIJKLMNOPQRSTUVWX"))
	for _, v := range []struct {
		name           string
		key            byte
		additional     string
		k1, ciphertext string
	}{
		{"first bit of L is 0", 1, "", "e531954aca063d5b8d9c47a47d4cc6f0", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
		{"first bit of L is 1", 3, "c2sp.org/XAES-256-GCM", "23810ec50edb99f374409466ed1f4b7b", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
	} {
		t.Run(v.name, func(t *testing.T) {
			x := newXAES([keySize]byte(bytes.Repeat([]byte{v.key}, keySize)))
			if want := unhex(t, v.k1); !bytes.Equal(x.k1[:], want) {
				t.Errorf("K1 = %x, want %x", x.k1, want)
			}
			got := x.seal(nil, &nonce, []byte("XAES-256-GCM"), []byte(v.additional))
			if want := unhex(t, v.ciphertext); !bytes.Equal(got, want) {
				t.Errorf("sealed = %x, want %x", got, want)
			}
			back, err := x.open(&nonce, got, []byte(v.additional))
			if err != nil || string(back) != "XAES-256-GCM" {
				t.Errorf("open = %q, %v", back, err)
			}
		})
	}
}

// The accumulated vector of c2sp.org/XAES-256-GCM: 10,000 random keys, nonces,
// plaintexts and additional data from one SHAKE128, all ciphertexts into another.
func TestXAESMatchesAccumulatedVector(t *testing.T) {
	source, sum := sha3.NewSHAKE128(), sha3.NewSHAKE128()
	read := func(n int) []byte {
		b := make([]byte, n)
		source.Read(b)
		return b
	}
	for i := range 10_000 {
		x := newXAES([keySize]byte(read(keySize)))
		nonce := [nonceSize]byte(read(nonceSize))
		plaintext := read(int(read(1)[0]))
		additional := read(int(read(1)[0]))
		sealed := x.seal(nil, &nonce, plaintext, additional)
		back, err := x.open(&nonce, sealed, additional)
		if err != nil || !bytes.Equal(back, plaintext) {
			t.Fatalf("iteration %d: does not open again: %v", i, err)
		}
		sum.Write(sealed)
	}
	var got [32]byte
	sum.Read(got[:])
	if want := unhex(t, "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939"); !bytes.Equal(got[:], want) {
		t.Errorf("sum = %x, want %x", got, want)
	}
}
