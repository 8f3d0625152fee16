package password

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

const (
	goodSalt = "c29tZXNhbHQ"                                 // "somesalt"
	goodTag  = "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc" // 32 bytes
	good     = "$argon2id$v=19$m=65536,t=2,p=1$" + goodSalt + "$" + goodTag
)

func TestParseHashReadsWhatStringWrites(t *testing.T) {
	for _, h := range []hash{
		{DefaultParams(), bytes.Repeat([]byte{1}, saltLength), bytes.Repeat([]byte{2}, tagLength)},
		{Params{8, 1, 1}, make([]byte, minSalt), make([]byte, minTag)},
		{Params{maxMemory, maxPasses, maxLanes}, bytes.Repeat([]byte{0xff}, maxSalt), bytes.Repeat([]byte{0xff}, maxTag)},
	} {
		got, err := parseHash(h.String())
		if err != nil || got.params != h.params || !bytes.Equal(got.salt, h.salt) || !bytes.Equal(got.tag, h.tag) {
			t.Errorf("%s: %+v, %v", h, got, err)
		}
	}
}

func TestParseHashRefuses(t *testing.T) {
	if _, err := parseHash(good); err != nil {
		t.Fatalf("the hash the others are made from: %v", err)
	}
	swap := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%q is not in %s", old, good)
		}
		return strings.Replace(good, old, new, 1)
	}
	for name, phc := range map[string]string{
		"empty":                 "",
		"argon2i":               swap("argon2id", "argon2i"),
		"bcrypt":                "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
		"older version":         swap("v=19", "v=16"),
		"no version":            swap("$v=19", ""),
		"no memory":             swap("m=65536,", ""),
		"other order":           swap("m=65536,t=2", "t=2,m=65536"),
		"one parameter more":    swap("p=1", "p=1,x=1"),
		"no lane":               swap("p=1", "p=0"),
		"no pass":               swap("t=2", "t=0"),
		"memory below 8 a lane": swap("m=65536,t=2,p=1", "m=15,t=2,p=2"),
		"memory out of bounds":  swap("m=65536", "m=262145"),
		"memory beyond 32 bits": swap("m=65536", "m=4295032832"),
		"passes out of bounds":  swap("t=2", "t=17"),
		"lanes out of bounds":   swap("p=1", "p=17"),
		"lanes beyond 8 bits":   swap("p=1", "p=257"),
		"leading zero":          swap("t=2", "t=02"),
		"sign":                  swap("t=2", "t=+2"),
		"negative":              swap("t=2", "t=-2"),
		"hexadecimal":           swap("t=2", "t=0x2"),
		"space":                 swap("t=2", "t= 2"),
		"salt too short":        swap(goodSalt, "c29tZXM"),
		"salt too long":         swap(goodSalt, strings.Repeat("AAAA", 22)),
		"salt padded":           swap(goodSalt, goodSalt+"="),
		"salt with loose bits":  swap(goodSalt, "c29tZXNhbHR"),
		"salt with a line end":  swap(goodSalt, "c29t\nZXNhbHQ"),
		"salt in base64url":     swap(goodSalt, "-_9tZXNhbHQ"),
		"tag too short":         swap(goodTag, "AAAAAAAAAAAAAAAAAAAA"),
		"tag too long":          swap(goodTag, strings.Repeat("AAAA", 22)),
		"no tag":                strings.TrimSuffix(good, "$"+goodTag),
		"something behind":      good + "$",
		"a line end behind":     good + "\n",
		"something in front":    "x" + good,
		"far too long":          good + strings.Repeat("A", 10_000),
	} {
		if _, err := parseHash(phc); !errors.Is(err, ErrHash) {
			t.Errorf("%s: %v, want ErrHash", name, err)
		}
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add(good)
	f.Add(hash{DefaultParams(), make([]byte, saltLength), make([]byte, tagLength)}.String())
	f.Add("$argon2id$v=19$m=8,t=1,p=1$$")
	f.Add("$argon2id$v=19$m=4294967295,t=4294967295,p=255$" + goodSalt + "$" + goodTag)
	f.Fuzz(func(t *testing.T, phc string) {
		h, err := parseHash(phc)
		if err != nil {
			return
		}
		if h.String() != phc {
			t.Errorf("%q comes back as %q", phc, h)
		}
		if h.params.Memory > maxMemory || h.params.Passes > maxPasses || h.params.Lanes > maxLanes {
			t.Errorf("%q may cost %+v", phc, h.params)
		}
	})
}
