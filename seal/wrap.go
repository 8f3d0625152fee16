package seal

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

const wrapPrefix = "nodkey/seal/v1/data-key"

var (
	// ErrWrapped is returned by Add for a wrapped key that is none of this ring's:
	// damaged, of another installation, or wrapped under another master key. The
	// last is by far the likeliest, and the operator should be told so.
	ErrWrapped = errors.New("seal: cannot unwrap data key (is this the right master key?)")

	// ErrVersions is returned by GenerateDataKey when no version is left.
	ErrVersions = errors.New("seal: no data key version left")
)

// WrappedKey is a data key as the database keeps it: useless without the master
// key. Versions start at 1 and are unique in an
// installation; the database should make Version a primary key.
type WrappedKey struct {
	Version uint32
	Wrapped []byte // 101 bytes: the data key and the MAC key, sealed under the master key
}

// GenerateDataKey returns a new data key, one version above the newest of the
// ring. It does not add it: store it first, then give it to [Ring.Add] here and in
// every other process. A key that sealed something before it was stored could be
// lost with everything under it. Two processes that generate at the same time
// make the same version; the database's primary key lets one of them store it,
// the other drops its own and adds the one that was stored.
func (r *Ring) GenerateDataKey() (WrappedKey, error) {
	var raw, mac [keySize]byte
	version := uint32(1)
	rand.Read(raw[:])
	if keys := r.keys.Load(); keys != nil {
		if keys.current == math.MaxUint32 {
			return WrappedKey{}, ErrVersions
		}
		version = keys.current + 1
		mac = keys.mac
	} else {
		rand.Read(mac[:])
	}
	return r.wrap(r.master, version, raw, mac), nil
}

// Add unwraps a key and puts it into the ring; when it is the newest, Seal uses
// it from then on. Adding the same key twice does nothing. The error is
// ErrWrapped, with what is wrong.
func (r *Ring) Add(key WrappedKey) error {
	if key.Version == 0 {
		return fmt.Errorf("%w: version 0", ErrWrapped)
	}
	if Version(key.Wrapped) != key.Version {
		return fmt.Errorf("%w: version %d", ErrWrapped, key.Version)
	}
	plaintext, ok := unpack(r.master, key.Wrapped, r.wrapAdditional(key.Version))
	if !ok || len(plaintext) != 2*keySize {
		return fmt.Errorf("%w: version %d", ErrWrapped, key.Version)
	}
	return r.add(key.Version, [keySize]byte(plaintext), [keySize]byte(plaintext[keySize:]))
}

// Rewrap returns every data key of the ring wrapped under newMaster, in order of
// version. Sealed values stay as they are. The ring itself does not change, so a
// failure loses nothing: replace all wrapped keys in one transaction, replace the
// master key file, then build a new ring with [NewRing]. Keep the old file until
// a ring under the new master key has opened something. A ring under the old
// master key goes on sealing and opening, but must generate no further data key.
func (r *Ring) Rewrap(newMaster [32]byte) ([]WrappedKey, error) {
	keys := r.keys.Load()
	if keys == nil {
		return nil, ErrEmpty
	}
	master := newXAES(newMaster)
	wrapped := make([]WrappedKey, 0, len(keys.data))
	for version, key := range keys.data {
		wrapped = append(wrapped, r.wrap(master, version, key.raw, keys.mac))
	}
	slices.SortFunc(wrapped, func(a, b WrappedKey) int { return cmp.Compare(a.Version, b.Version) })
	return wrapped, nil
}

func (r *Ring) wrap(master *xaes, version uint32, raw, mac [keySize]byte) WrappedKey {
	plaintext := slices.Concat(raw[:], mac[:])
	return WrappedKey{
		Version: version,
		Wrapped: pack(master, version, plaintext, r.wrapAdditional(version)),
	}
}

func (r *Ring) wrapAdditional(version uint32) []byte {
	b := appendPrefixed([]byte(wrapPrefix), r.install)
	return binary.BigEndian.AppendUint32(b, version)
}
