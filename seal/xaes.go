package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
)

const (
	keySize   = 32 // an XAES-256-GCM key
	nonceSize = 24 // 12 bytes choose the derived key, 12 are its AES-GCM nonce
	tagSize   = 16
	halfNonce = nonceSize / 2
)

// xaes is XAES-256-GCM under one key, https://c2sp.org/XAES-256-GCM. It is safe
// for concurrent use: nothing in it changes after newXAES.
type xaes struct {
	block cipher.Block
	k1    [aes.BlockSize]byte // the CMAC subkey K1 of NIST SP 800-38B, section 6.1
}

func newXAES(key [keySize]byte) *xaes {
	x := &xaes{block: newAES(key[:])}
	// L = AES(0), then K1 = L doubled in GF(2¹²⁸). The mask instead of a branch
	// keeps the time independent of L, which is as secret as the key.
	x.block.Encrypt(x.k1[:], x.k1[:])
	var carry byte
	for i := len(x.k1) - 1; i >= 0; i-- {
		x.k1[i], carry = x.k1[i]<<1|carry, x.k1[i]>>7
	}
	x.k1[len(x.k1)-1] ^= 0b1000_0111 & -carry
	return x
}

// derive returns AES-256-GCM under the key that belongs to the first half of
// nonce: the counter KDF of NIST SP 800-108r1, section 4.1, with CMAC-AES256,
// label "X" and a 16-bit counter. Each of its messages fills one block exactly,
// so a CMAC is one exclusive-or with K1 and one encryption.
func (x *xaes) derive(nonce *[nonceSize]byte) cipher.AEAD {
	var key [keySize]byte
	for i := range 2 {
		message := [aes.BlockSize]byte{0, byte(i + 1), 'X', 0}
		copy(message[4:], nonce[:halfNonce])
		subtle.XORBytes(message[:], message[:], x.k1[:])
		x.block.Encrypt(key[i*aes.BlockSize:], message[:])
	}
	aead, err := cipher.NewGCM(newAES(key[:]))
	if err != nil {
		panic("seal: AES-GCM refused an AES block: " + err.Error())
	}
	return aead
}

// seal appends the ciphertext and tag of plaintext to dst.
func (x *xaes) seal(dst []byte, nonce *[nonceSize]byte, plaintext, additional []byte) []byte {
	return x.derive(nonce).Seal(dst, nonce[halfNonce:], plaintext, additional)
}

// open returns the plaintext of sealed, which is ciphertext and tag.
func (x *xaes) open(nonce *[nonceSize]byte, sealed, additional []byte) ([]byte, error) {
	return x.derive(nonce).Open(nil, nonce[halfNonce:], sealed, additional)
}

// newAES takes 32 bytes; aes.NewCipher fails on other lengths only.
func newAES(key []byte) cipher.Block {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("seal: AES refused a key of 32 bytes: " + err.Error())
	}
	return block
}
