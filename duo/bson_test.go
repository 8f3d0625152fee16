package duo

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"testing"
)

var errBSON = errors.New("no BSON")

// readBSON reads what the specification says, and nothing that the door does not write.
func readBSON(raw []byte) (document, []byte, error) {
	if len(raw) < 5 {
		return nil, nil, errBSON
	}
	n := int(binary.LittleEndian.Uint32(raw))
	if n < 5 || n > len(raw) || raw[n-1] != 0 {
		return nil, nil, errBSON
	}
	inner, rest, d := raw[4:n-1], raw[n:], document{}
	for len(inner) > 0 {
		kind := inner[0]
		name, after, found := bytes.Cut(inner[1:], []byte{0})
		if !found {
			return nil, nil, errBSON
		}
		inner = after
		switch kind {
		case 0x02:
			if len(inner) < 5 {
				return nil, nil, errBSON
			}
			size := int(binary.LittleEndian.Uint32(inner))
			if inner = inner[4:]; size < 1 || size > len(inner) || inner[size-1] != 0 || bytes.IndexByte(inner[:size-1], 0) >= 0 {
				return nil, nil, errBSON
			}
			d[string(name)], inner = string(inner[:size-1]), inner[size:]
		case 0x03:
			sub, after, err := readBSON(inner)
			if err != nil {
				return nil, nil, err
			}
			d[string(name)], inner = sub, after
		case 0x10:
			if len(inner) < 4 {
				return nil, nil, errBSON
			}
			d[string(name)], inner = int32(binary.LittleEndian.Uint32(inner)), inner[4:]
		default:
			return nil, nil, errBSON
		}
	}
	return d, rest, nil
}

// The specification's own example, and one with all that is used here.
func TestBSONIsAsItsSpecificationHasIt(t *testing.T) {
	for want, d := range map[string]document{
		"160000000268656c6c6f0006000000776f726c640000": {"hello": "world"},
		"0500000000": {},
		"29000000" + "10636f646500a79c0000" + "03726500" + "0e000000" + "026100" + "02000000" + "7a00" + "00" + "027300" + "01000000" + "00" + "00": {"code": int32(40103), "re": document{"a": "z\x00"}, "s": ""},
	} {
		if got := hex.EncodeToString(appendBSON(nil, d)); got != want {
			t.Errorf("%v: %s, not %s", d, got, want)
		}
	}
}

func FuzzBSONIsReadAsItWasWritten(f *testing.F) {
	f.Add("status", "Success. Logging you in...", "stat", int32(40101))
	f.Add("", "\x00ü", "a\x00b", int32(-1))
	f.Fuzz(func(t *testing.T, name, text, other string, n int32) {
		in := document{"r": document{clean(name): text}, "n": n}
		if clean(other) != "r" && clean(other) != "n" {
			in[clean(other)] = name
		}
		out, rest, err := readBSON(appendBSON(nil, in))
		if err != nil || len(rest) != 0 || out["n"] != n || out["r"].(document)[clean(name)] != clean(text) {
			t.Fatalf("%v became %v, %v", in, out, err)
		}
	})
}
