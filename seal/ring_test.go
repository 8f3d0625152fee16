package seal

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

var (
	masterA = [32]byte{1, 2, 3}
	masterB = [32]byte{4, 5, 6}
	place   = Label{Table: "keys", Column: "ocra_key", Row: "k1"}
)

// grow adds n new data keys to r and returns them as the database would hold them.
func grow(t testing.TB, r *Ring, n int) []WrappedKey {
	t.Helper()
	var wrapped []WrappedKey
	for range n {
		key, err := r.GenerateDataKey()
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Add(key); err != nil {
			t.Fatal(err)
		}
		wrapped = append(wrapped, key)
	}
	return wrapped
}

func load(t testing.TB, install string, master [32]byte, keys []WrappedKey) *Ring {
	t.Helper()
	r := NewRing(install, master)
	for _, key := range keys {
		if err := r.Add(key); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func mustSeal(t testing.TB, r *Ring, label Label, plaintext string) []byte {
	t.Helper()
	sealed, err := r.Seal(label, []byte(plaintext))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestSealedValueOpensAtItsPlaceOnly(t *testing.T) {
	r := NewRing("install", masterA)
	keys := grow(t, r, 1)
	sealed := mustSeal(t, r, place, "secret")
	if len(sealed) != len("secret")+Overhead {
		t.Errorf("sealed is %d bytes, want %d", len(sealed), len("secret")+Overhead)
	}
	if got, err := r.Open(place, sealed); err != nil || string(got) != "secret" {
		t.Fatalf("Open = %q, %v", got, err)
	}
	for name, other := range map[string]Label{
		"another table":              {"users", "ocra_key", "k1"},
		"another column":             {"keys", "pin_verifier", "k1"},
		"another row":                {"keys", "ocra_key", "k2"},
		"bytes moved between fields": {"keyso", "cra_key", "k1"},
		"column and row in one":      {"keys", "ocra_keyk1", ""},
		"nowhere":                    {},
	} {
		if got, err := r.Open(other, sealed); err != ErrOpen || got != nil {
			t.Errorf("%s: Open = %q, %v, want ErrOpen", name, got, err)
		}
	}
	// Keys of another installation do not even unwrap, so one is put in by hand.
	other := NewRing("other", masterA)
	data := r.keys.Load()
	if err := other.add(1, data.data[1].raw, data.mac); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Open(place, sealed); err != ErrOpen {
		t.Errorf("another installation: %v, want ErrOpen", err)
	}
	if got, err := load(t, "install", masterA, keys).Open(place, sealed); err != nil || string(got) != "secret" {
		t.Errorf("the same keys loaded again: Open = %q, %v", got, err)
	}
}

func TestEveryBitFlipAndCutIsRefused(t *testing.T) {
	r := NewRing("install", masterA)
	grow(t, r, 3) // so that a flipped version may name a key that is there
	sealed := mustSeal(t, r, place, "secret")
	for i := range len(sealed) * 8 {
		bad := bytes.Clone(sealed)
		bad[i/8] ^= 1 << (i % 8)
		if got, err := r.Open(place, bad); err != ErrOpen || got != nil {
			t.Fatalf("bit %d flipped: Open = %q, %v, want ErrOpen", i, got, err)
		}
	}
	for n := range sealed {
		if _, err := r.Open(place, sealed[:n]); err != ErrOpen {
			t.Fatalf("cut to %d bytes: %v, want ErrOpen", n, err)
		}
	}
	if _, err := r.Open(place, append(bytes.Clone(sealed), 0)); err != ErrOpen {
		t.Fatalf("a byte more: %v, want ErrOpen", err)
	}
}

// The version is not only a pointer to the key, it is sealed to as well: the same
// key under another version does not open.
func TestVersionIsBound(t *testing.T) {
	r := NewRing("install", masterA)
	grow(t, r, 1)
	sealed := mustSeal(t, r, place, "secret")
	data := r.keys.Load()
	if err := r.add(2, data.data[1].raw, data.mac); err != nil {
		t.Fatal(err)
	}
	sealed[headerSize-1] = 2
	if _, err := r.Open(place, sealed); err != ErrOpen {
		t.Errorf("Open = %v, want ErrOpen", err)
	}
}

func TestRotationSealsUnderNewestAndOpensAll(t *testing.T) {
	r := NewRing("install", masterA)
	if r.Current() != 0 {
		t.Errorf("an empty ring's Current = %d", r.Current())
	}
	var sealed [][]byte
	for v := uint32(1); v <= 3; v++ {
		grow(t, r, 1)
		s := mustSeal(t, r, place, fmt.Sprint("secret ", v))
		if Version(s) != v || r.Current() != v {
			t.Errorf("version %d, current %d, want %d", Version(s), r.Current(), v)
		}
		sealed = append(sealed, s)
	}
	for i, s := range sealed {
		if got, err := r.Open(place, s); err != nil || string(got) != fmt.Sprint("secret ", i+1) {
			t.Errorf("version %d: Open = %q, %v", i+1, got, err)
		}
	}
}

func TestOldKeyAddedLateDoesNotSeal(t *testing.T) {
	keys := grow(t, NewRing("install", masterA), 3)
	r := load(t, "install", masterA, []WrappedKey{keys[2], keys[0]})
	if r.Current() != 3 {
		t.Errorf("Current = %d, want 3", r.Current())
	}
}

func TestSameValueNeverSealsAlike(t *testing.T) {
	r := NewRing("install", masterA)
	grow(t, r, 1)
	if bytes.Equal(mustSeal(t, r, place, "secret"), mustSeal(t, r, place, "secret")) {
		t.Error("two seals are equal: the nonce is not fresh")
	}
}

func TestEmptyRingRefuses(t *testing.T) {
	r := NewRing("install", masterA)
	if _, err := r.Seal(place, nil); err != ErrEmpty {
		t.Errorf("Seal: %v, want ErrEmpty", err)
	}
	if _, err := r.Rewrap(masterB); err != ErrEmpty {
		t.Errorf("Rewrap: %v, want ErrEmpty", err)
	}
	if _, err := r.Open(place, make([]byte, Overhead)); err != ErrOpen {
		t.Errorf("Open: %v, want ErrOpen", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("MAC on an empty ring did not panic")
		}
	}()
	r.MAC("label")
}

func TestAddRefusesForeignKeys(t *testing.T) {
	keys := grow(t, NewRing("install", masterA), 2)
	flipped := bytes.Clone(keys[0].Wrapped)
	flipped[len(flipped)-1] ^= 1
	renumbered := bytes.Clone(keys[0].Wrapped)
	renumbered[headerSize-1] = 2
	foreign := grow(t, NewRing("install", masterA), 2)
	lone := NewRing("install", masterA) // a data key without a MAC key beside it
	half := pack(lone.master, 1, make([]byte, keySize), lone.wrapAdditional(1))
	for name, test := range map[string]struct {
		ring *Ring
		key  WrappedKey
	}{
		"half a key":                {lone, WrappedKey{1, half}},
		"another master key":        {NewRing("install", masterB), keys[0]},
		"another installation":      {NewRing("other", masterA), keys[0]},
		"damaged":                   {NewRing("install", masterA), WrappedKey{1, flipped}},
		"cut":                       {NewRing("install", masterA), WrappedKey{1, keys[0].Wrapped[:50]}},
		"empty":                     {NewRing("install", masterA), WrappedKey{1, nil}},
		"version 0":                 {NewRing("install", masterA), WrappedKey{0, nil}},
		"row of another version":    {NewRing("install", masterA), WrappedKey{2, keys[0].Wrapped}},
		"renumbered":                {NewRing("install", masterA), WrappedKey{2, renumbered}},
		"a second key of a version": {load(t, "install", masterA, keys), foreign[0]},
		"a key of another ring":     {load(t, "install", masterA, keys[:1]), foreign[1]},
	} {
		before := test.ring.Current()
		if err := test.ring.Add(test.key); !errors.Is(err, ErrWrapped) {
			t.Errorf("%s: %v, want ErrWrapped", name, err)
		}
		if test.ring.Current() != before {
			t.Errorf("%s: the refused key changed the ring", name)
		}
	}
	r := load(t, "install", masterA, keys)
	if err := r.Add(keys[1]); err != nil {
		t.Errorf("adding the same key again: %v", err)
	}
}

func TestLastVersionHasNoSuccessor(t *testing.T) {
	r := NewRing("install", masterA)
	if err := r.add(1<<32-1, [32]byte{1}, [32]byte{2}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.GenerateDataKey(); err != ErrVersions {
		t.Errorf("GenerateDataKey = %v, want ErrVersions", err)
	}
}

func TestRewrapChangesTheMasterKeyOnly(t *testing.T) {
	old := NewRing("install", masterA)
	oldKeys := grow(t, old, 9)
	sealed := mustSeal(t, old, place, "secret")
	mac := old.MAC("code", []byte("123456"))

	newKeys, err := old.Rewrap(masterB)
	if err != nil {
		t.Fatal(err)
	}
	if len(newKeys) != len(oldKeys) {
		t.Fatalf("Rewrap returned %d keys, want %d", len(newKeys), len(oldKeys))
	}
	for i, key := range newKeys {
		if key.Version != uint32(i+1) {
			t.Errorf("key %d is version %d: not in order", i, key.Version)
		}
	}
	r := load(t, "install", masterB, newKeys)
	if got, err := r.Open(place, sealed); err != nil || string(got) != "secret" {
		t.Errorf("Open = %q, %v", got, err)
	}
	if r.MAC("code", []byte("123456")) != mac {
		t.Error("MAC changed with the master key")
	}
	if err := NewRing("install", masterA).Add(newKeys[0]); !errors.Is(err, ErrWrapped) {
		t.Errorf("the old master key still unwraps: %v", err)
	}
	if err := old.Add(oldKeys[0]); err != nil {
		t.Errorf("Rewrap changed the ring: %v", err)
	}
}

func TestMACIsStableOverRotationAndDroppedKeys(t *testing.T) {
	r := NewRing("install", masterA)
	grow(t, r, 1)
	want := r.MAC("code", []byte("123456"))
	keys := grow(t, r, 2)
	if r.MAC("code", []byte("123456")) != want {
		t.Error("MAC changed with the data key")
	}
	if load(t, "install", masterA, keys[1:]).MAC("code", []byte("123456")) != want {
		t.Error("MAC needs the first data key")
	}
}

func TestMACTellsEverythingApart(t *testing.T) {
	r := NewRing("install", masterA)
	grow(t, r, 1)
	other := NewRing("other", masterA)
	if err := other.add(1, r.keys.Load().data[1].raw, r.keys.Load().mac); err != nil {
		t.Fatal(err)
	}
	seen := map[[32]byte]string{}
	for name, mac := range map[string][32]byte{
		"plain":                r.MAC("code", []byte("ab"), []byte("c")),
		"moved between parts":  r.MAC("code", []byte("a"), []byte("bc")),
		"one part":             r.MAC("code", []byte("abc")),
		"an empty part more":   r.MAC("code", []byte("abc"), nil),
		"no data":              r.MAC("code"),
		"another label":        r.MAC("codes", []byte("abc")),
		"another installation": other.MAC("code", []byte("abc")),
	} {
		if twin, ok := seen[mac]; ok {
			t.Errorf("%q and %q have the same MAC", name, twin)
		}
		seen[mac] = name
	}
}

// A sweep that re-seals while keys rotate and others read: nothing is ever lost.
func TestConcurrentUse(t *testing.T) {
	r := NewRing("install", masterA)
	grow(t, r, 1)
	var wg sync.WaitGroup
	for i := range 4 {
		label := place
		label.Row = fmt.Sprint(i)
		wg.Go(func() {
			value, err := r.Seal(label, []byte(label.Row))
			for n := 0; n < 200 && err == nil; n++ {
				var plaintext []byte
				if plaintext, err = r.Open(label, value); err == nil && Version(value) < r.Current() {
					value, err = r.Seal(label, plaintext)
				}
				r.MAC("code", plaintext)
			}
			if err != nil {
				t.Errorf("row %d: %v", i, err)
			}
		})
	}
	wg.Go(func() { grow(t, r, 20) })
	wg.Wait()
	if r.Current() != 21 {
		t.Errorf("Current = %d, want 21", r.Current())
	}
}

func TestSealRoundTripsAnything(t *testing.T) {
	r := NewRing("install", masterA)
	grow(t, r, 1)
	rapid.Check(t, func(t *rapid.T) {
		label := Label{rapid.String().Draw(t, "table"), rapid.String().Draw(t, "column"), rapid.String().Draw(t, "row")}
		plaintext := rapid.SliceOf(rapid.Byte()).Draw(t, "plaintext")
		sealed, err := r.Seal(label, plaintext)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Open(label, sealed)
		if err != nil || !bytes.Equal(got, plaintext) {
			t.Fatalf("Open = %x, %v", got, err)
		}
		other := Label{rapid.String().Draw(t, "t"), rapid.String().Draw(t, "c"), rapid.String().Draw(t, "r")}
		if _, err := r.Open(other, sealed); other != label && err != ErrOpen {
			t.Fatalf("opened for %+v, sealed for %+v", other, label)
		}
	})
}

func FuzzOpen(f *testing.F) {
	r := NewRing("install", masterA)
	grow(f, r, 2)
	genuine := mustSeal(f, r, place, "secret")
	f.Add(genuine)
	f.Add(genuine[:Overhead])
	f.Add([]byte{})
	f.Add([]byte{format, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		got, err := r.Open(place, sealed)
		if bytes.Equal(sealed, genuine) {
			return
		}
		if err != ErrOpen || got != nil {
			t.Errorf("Open = %q, %v of a value that was never sealed", got, err)
		}
	})
}
