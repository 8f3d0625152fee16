package wire_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/wire"
	"pgregory.net/rapid"
)

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

func anyCode(t *rapid.T) wire.Code {
	return wire.Code(rapid.StringOfN(rapid.SampledFrom([]rune(alphabet)), 15, 15, -1).Draw(t, "code"))
}

func mistypedGroup(err error) int {
	var mistyped *wire.MistypedError
	if errors.As(err, &mistyped) {
		return mistyped.Group
	}
	return 0
}

func TestACodeReadsBackFromEveryWriting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := anyCode(t)
		var written strings.Builder
		for _, c := range code.Compact() {
			switch forms := map[rune]string{'0': "0Oo", '1': "1IiLl"}[c]; {
			case forms != "":
				c = rapid.SampledFrom([]rune(forms)).Draw(t, "form")
			case rapid.Bool().Draw(t, "lower"):
				c = []rune(strings.ToLower(string(c)))[0]
			}
			written.WriteString(rapid.SampledFrom([]string{"", "", "-", " ", "\t", "\n", " - "}).Draw(t, "gap"))
			written.WriteRune(c)
		}
		got, err := wire.ParseCode(written.String())
		if err != nil || got != code {
			t.Fatalf("%q reads as %q, %v; want %q", written.String(), string(got), err, string(code))
		}
	})
}

func TestASingleWrongCharacterIsFoundInItsGroup(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		chars := []byte(anyCode(t).Compact())
		at := rapid.IntRange(0, 19).Draw(t, "at")
		wrong := rapid.SampledFrom([]byte(alphabet)).Filter(func(c byte) bool { return c != chars[at] }).Draw(t, "wrong")
		chars[at] = wrong
		if _, err := wire.ParseCode(string(chars)); mistypedGroup(err) != at/4+1 {
			t.Fatalf("wrong character %d: %v", at, err)
		}
	})
}

func TestTwoSwappedCharactersOfAGroupAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		chars := []byte(anyCode(t).Compact())
		group := rapid.IntRange(0, 4).Draw(t, "group")
		i, j := rapid.IntRange(0, 3).Draw(t, "i"), rapid.IntRange(0, 3).Draw(t, "j")
		a, b := group*4+i, group*4+j
		if chars[a] == chars[b] {
			return // swapping equals changes nothing
		}
		chars[a], chars[b] = chars[b], chars[a]
		if _, err := wire.ParseCode(string(chars)); mistypedGroup(err) != group+1 {
			t.Fatalf("swap of %d and %d in group %d: %v", i, j, group+1, err)
		}
	})
}

func TestTwoSwappedGroupsAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := anyCode(t).Groups()
		i := rapid.IntRange(0, 3).Draw(t, "i")
		j := rapid.IntRange(i+1, 4).Draw(t, "j")
		groups[i], groups[j] = groups[j], groups[i]
		if _, err := wire.ParseCode(strings.Join(groups[:], "-")); mistypedGroup(err) != i+1 {
			t.Fatalf("swap of groups %d and %d: %v", i+1, j+1, err)
		}
	})
}

func TestNewCodesAreCodesAndDiffer(t *testing.T) {
	first, err := wire.NewCode(nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := wire.NewCode(nil)
	if err != nil || first == second {
		t.Fatalf("two codes in a row: %v", err)
	}
	if got, err := wire.ParseCode(first.String()); err != nil || got != first {
		t.Errorf("a new code does not read back: %v", err)
	}
	if _, err := wire.NewCode(strings.NewReader("short")); err == nil {
		t.Error("a code was drawn from too little randomness")
	}
}

func TestTheLinkReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := anyCode(t)
		key := rapid.SliceOfN(rapid.Byte(), 65, 65).Draw(t, "key")
		link := wire.ActivationLink("https://phone.example", code, key)
		origin, got, fingerprint, err := wire.ParseActivationLink(link)
		if err != nil || origin != "https://phone.example" || got != code || fingerprint != wire.KeyFingerprint(key) {
			t.Fatalf("%q: %q %q %q %v", link, origin, string(got), fingerprint, err)
		}
	})
}

func FuzzParseCode(f *testing.F) {
	f.Add("7K2M-9QXD")
	f.Add(wire.Code("ABCDEFGHJKMNPQR").String())
	f.Add("oooo ilil\u00a0----")
	f.Fuzz(func(t *testing.T, typed string) {
		code, err := wire.ParseCode(typed)
		if err != nil {
			if group := mistypedGroup(err); !errors.Is(err, wire.ErrNoCode) && (group < 1 || group > 5) {
				t.Fatalf("an error of no known kind: %v", err)
			}
			return
		}
		if again, err := wire.ParseCode(code.String()); err != nil || again != code {
			t.Fatalf("%q was read, and its own writing is not: %v", typed, err)
		}
	})
}

func FuzzParseActivationLink(f *testing.F) {
	f.Add(wire.ActivationLink("https://phone.example", "ABCDEFGHJKMNPQR", make([]byte, 65)))
	f.Add("https://phone.example/a#c=&f=")
	f.Fuzz(func(t *testing.T, link string) {
		_, code, fingerprint, err := wire.ParseActivationLink(link)
		if err != nil {
			return
		}
		if len(code) != 15 || len(fingerprint) != 22 {
			t.Fatalf("%q was read as %q and %q", link, string(code), fingerprint)
		}
	})
}
