package notify

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/nodkey/nodkey"
)

// recordSize is the one that RFC 8291 §4 wants of senders at least; a message is one record.
const recordSize = 4096

// maxPlain is what fits a message that every push service takes (RFC 8030 §7.2): header, delimiter and tag take the rest.
const maxPlain = recordSize - 16 - 4 - 1 - 65 - 1 - 16

// encrypt makes the body of a message to a subscription (RFC 8291 §3, RFC 8188 §2), with a key pair and a salt of its own.
func encrypt(to nodkey.Subscription, plain []byte) ([]byte, error) {
	own, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	salt := make([]byte, 16)
	rand.Read(salt)
	return encryptWith(own, salt, to, plain)
}

func encryptWith(own *ecdh.PrivateKey, salt []byte, to nodkey.Subscription, plain []byte) ([]byte, error) {
	if len(plain) > maxPlain {
		return nil, fmt.Errorf("a message of %d bytes, %d is the most", len(plain), maxPlain)
	}
	theirs, err := ecdh.P256().NewPublicKey(to.P256DH)
	if err != nil {
		return nil, errors.New("the subscription's key is no point of P-256")
	}
	shared, err := own.ECDH(theirs)
	if err != nil {
		return nil, err
	}
	point := own.PublicKey().Bytes()
	ikm, err := hkdf.Key(sha256.New, shared, to.Auth, "WebPush: info\x00"+string(to.P256DH)+string(point), 32)
	if err != nil {
		return nil, err
	}
	prk, err := hkdf.Extract(sha256.New, ikm, salt) // the key and the nonce share it
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Expand(sha256.New, prk, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Expand(sha256.New, prk, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	body := append(make([]byte, 0, 16+4+1+len(point)+len(plain)+1+gcm.Overhead()), salt...)
	body = binary.BigEndian.AppendUint32(body, recordSize)
	body = append(append(body, byte(len(point))), point...)
	record := append(append(make([]byte, 0, len(plain)+1), plain...), 2) // the delimiter of the last record, no padding
	return gcm.Seal(body, nonce, record, nil), nil
}
