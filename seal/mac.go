package seal

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
)

const macPrefix = "nodkey/seal/v1/mac"

// MAC returns the keyed hash of data under the ring's MAC key, for short codes
// at rest: the database keeps the hash, a code that comes in is hashed and looked
// up or compared (with crypto/subtle). label says what the code is for ("activation
// code id"): the same data under another label, or in another installation, gives
// another hash.
//
// The key outlives data keys and master keys (see the package comment), so a
// stored hash stays valid over every rotation. It is HMAC-SHA-256 under
// HKDF-SHA-256(MAC key, no salt, info "nodkey/seal/v1/mac" ‖ ⟨install⟩ ‖ ⟨label⟩),
// over ⟨data[0]⟩ ‖ ⟨data[1]⟩ ‖ …
//
// MAC panics on an empty ring: a hash without a key would be stored as if it
// protected something.
func (r *Ring) MAC(label string, data ...[]byte) [32]byte {
	keys := r.keys.Load()
	if keys == nil {
		panic("seal: MAC on a ring that holds no data key")
	}
	info := appendPrefixed(appendPrefixed([]byte(macPrefix), r.install), label)
	subkey, err := hkdf.Key(sha256.New, keys.mac[:], nil, string(info), sha256.Size)
	if err != nil {
		panic("seal: HKDF refused 32 bytes: " + err.Error())
	}
	mac := hmac.New(sha256.New, subkey)
	var b []byte
	for _, d := range data {
		b = appendPrefixed(b[:0], d)
		mac.Write(b)
	}
	return [32]byte(mac.Sum(nil))
}
