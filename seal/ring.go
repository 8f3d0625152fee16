package seal

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// Overhead is by how many bytes a sealed value is longer than its plaintext.
const Overhead = headerSize + nonceSize + tagSize

const (
	format     = 1     // first byte of every sealed value and wrapped key
	headerSize = 1 + 4 // format, version
	sealPrefix = "nodkey/seal/v1"
)

var (
	// ErrOpen is the only thing Open says of a value it does not open: it is
	// damaged, was sealed for another place or installation, or under a data key
	// that the ring does not hold. Telling these apart would help only someone
	// who tries.
	ErrOpen = errors.New("seal: cannot open sealed value")

	// ErrEmpty is returned by Seal and Rewrap before a data key was added.
	ErrEmpty = errors.New("seal: the ring holds no data key")
)

// Label names the one place that a sealed value belongs to. All three are
// compared byte for byte; Row is the row's primary key. A value that is sealed
// again for its new place may be moved, any other may not.
type Label struct {
	Table, Column, Row string
}

// Ring holds the data keys of one installation and seals and opens with them.
// The newest version seals, every version opens. It is safe for concurrent use,
// and adding a key does not hold up those who seal or open.
type Ring struct {
	install string
	master  *xaes

	write sync.Mutex             // held by Add; readers load keys only
	keys  atomic.Pointer[keySet] // nil while the ring is empty
}

// keySet is what a Ring knows at one moment. It never changes: Add makes another.
type keySet struct {
	current uint32
	mac     [keySize]byte
	data    map[uint32]dataKey
}

type dataKey struct {
	raw    [keySize]byte
	cipher *xaes
}

// NewRing returns an empty ring for the installation with the id install, whose
// data keys are wrapped under master. It opens nothing until [Ring.Add] has been
// given the wrapped keys of the database, or of [Ring.GenerateDataKey] in a new one.
func NewRing(install string, master [32]byte) *Ring {
	return &Ring{install: install, master: newXAES(master)}
}

// Current returns the version that Seal seals under, 0 while the ring is empty.
// A row whose [Version] is lower waits for the re-sealing sweep.
func (r *Ring) Current() uint32 {
	if keys := r.keys.Load(); keys != nil {
		return keys.current
	}
	return 0
}

// Version returns the version of the data key that sealed was sealed under, or 0
// when sealed is no sealed value. It does not say that the value is genuine.
func Version(sealed []byte) uint32 {
	if len(sealed) < Overhead || sealed[0] != format {
		return 0
	}
	return binary.BigEndian.Uint32(sealed[1:])
}

// Seal returns plaintext sealed for label under the newest data key. The only
// error is ErrEmpty.
func (r *Ring) Seal(label Label, plaintext []byte) ([]byte, error) {
	keys := r.keys.Load()
	if keys == nil {
		return nil, ErrEmpty
	}
	version := keys.current
	return pack(keys.data[version].cipher, version, plaintext, r.additional(label, version)), nil
}

// Open returns the plaintext of a value that Seal made for the same label under
// any data key of the ring. The only error is ErrOpen.
func (r *Ring) Open(label Label, sealed []byte) ([]byte, error) {
	keys := r.keys.Load()
	if keys == nil {
		return nil, ErrOpen
	}
	version := Version(sealed) // 0, which no key has, if this is no sealed value
	key, ok := keys.data[version]
	if !ok {
		return nil, ErrOpen
	}
	plaintext, ok := unpack(key.cipher, sealed, r.additional(label, version))
	if !ok {
		return nil, ErrOpen
	}
	return plaintext, nil
}

// additional is what a sealed value is bound to, as the package comment has it.
func (r *Ring) additional(label Label, version uint32) []byte {
	b := make([]byte, 0, len(sealPrefix)+4*4+len(r.install)+len(label.Table)+len(label.Column)+len(label.Row)+4)
	b = append(b, sealPrefix...)
	b = appendPrefixed(b, r.install)
	b = appendPrefixed(b, label.Table)
	b = appendPrefixed(b, label.Column)
	b = appendPrefixed(b, label.Row)
	return binary.BigEndian.AppendUint32(b, version)
}

// add puts an unwrapped key into the ring.
func (r *Ring) add(version uint32, raw, mac [keySize]byte) error {
	r.write.Lock()
	defer r.write.Unlock()
	next := &keySet{current: version, mac: mac, data: map[uint32]dataKey{}}
	if keys := r.keys.Load(); keys != nil {
		if had, ok := keys.data[version]; ok {
			if subtle.ConstantTimeCompare(had.raw[:], raw[:])&subtle.ConstantTimeCompare(keys.mac[:], mac[:]) == 1 {
				return nil
			}
			return fmt.Errorf("%w: version %d is there already with another key", ErrWrapped, version)
		}
		if subtle.ConstantTimeCompare(keys.mac[:], mac[:]) != 1 {
			return fmt.Errorf("%w: version %d belongs to another ring", ErrWrapped, version)
		}
		for v, key := range keys.data {
			next.data[v] = key
		}
		next.current = max(version, keys.current)
	}
	next.data[version] = dataKey{raw: raw, cipher: newXAES(raw)}
	r.keys.Store(next)
	return nil
}

// pack seals plaintext under a fresh nonce into the layout of the package comment.
func pack(x *xaes, version uint32, plaintext, additional []byte) []byte {
	var nonce [nonceSize]byte
	rand.Read(nonce[:]) // never fails: crypto/rand ends the program instead
	b := make([]byte, 0, Overhead+len(plaintext))
	b = append(b, format)
	b = binary.BigEndian.AppendUint32(b, version)
	b = append(b, nonce[:]...)
	return x.seal(b, &nonce, plaintext, additional)
}

// unpack undoes pack. The caller has asked Version about packed, which is what
// makes sure that it is long enough and of this format.
func unpack(x *xaes, packed, additional []byte) ([]byte, bool) {
	nonce := [nonceSize]byte(packed[headerSize:])
	plaintext, err := x.open(&nonce, packed[headerSize+nonceSize:], additional)
	return plaintext, err == nil
}

// appendPrefixed appends s with its length in front, so that no two lists of
// strings make the same bytes.
func appendPrefixed[T string | []byte](b []byte, s T) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
	return append(b, s...)
}
