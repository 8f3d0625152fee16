package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
)

func TestParseMasterKey(t *testing.T) {
	key := [32]byte(bytes.Repeat([]byte{0xfb, 0xef}, 16)) // its base64 has both of the url alphabet's own characters
	url := base64.RawURLEncoding.EncodeToString(key[:])
	hexed := hex.EncodeToString(key[:])
	for name, text := range map[string]string{
		"base64url":                   url,
		"with a line end":             url + "\n",
		"with a DOS line end":         url + "\r\n",
		"padded":                      url + "=",
		"hex":                         hexed,
		"upper-case hex":              strings.ToUpper(hexed) + "\n",
		"what FormatMasterKey writes": string(FormatMasterKey(key)),
	} {
		if got, err := ParseMasterKey([]byte(text)); err != nil || got != key {
			t.Errorf("%s: %x, %v", name, got, err)
		}
	}
	for name, text := range map[string]string{
		"empty":                      "",
		"a line end only":            "\n",
		"two line ends":              url + "\n\n",
		"a carriage return only":     url + "\r",
		"a space in front":           " " + url,
		"a space behind":             url + " ",
		"a digit short":              hexed[1:],
		"a digit more":               hexed + "0",
		"31 bytes":                   base64.RawURLEncoding.EncodeToString(key[:31]),
		"33 bytes":                   base64.RawURLEncoding.EncodeToString(append(key[:], 1)),
		"standard base64":            base64.RawStdEncoding.EncodeToString(key[:]),
		"loose last bits":            url[:42] + "_",
		"a line end inside":          url[:20] + "\n" + url[21:],
		"not hex":                    strings.Repeat("g", 64),
		"32 characters, not encoded": strings.Repeat("a", 32),
	} {
		got, err := ParseMasterKey([]byte(text))
		if err != ErrMasterKey || got != [32]byte{} {
			t.Errorf("%s: %x, %v, want ErrMasterKey", name, got, err)
		}
	}
	if _, err := ParseMasterKey([]byte(strings.Repeat("0", 64))); err != ErrMasterKeyZero {
		t.Errorf("zeros: %v, want ErrMasterKeyZero", err)
	}
}

func FuzzParseMasterKey(f *testing.F) {
	f.Add([]byte(strings.Repeat("A", 42) + "E\n"))
	f.Add([]byte(strings.Repeat("ab", 32)))
	f.Add([]byte(strings.Repeat("_", 43) + "="))
	f.Fuzz(func(t *testing.T, text []byte) {
		key, err := ParseMasterKey(text)
		if err != nil {
			if key != [32]byte{} {
				t.Error("a key came with an error")
			}
			return
		}
		if again, err := ParseMasterKey(FormatMasterKey(key)); err != nil || again != key {
			t.Errorf("%x comes back as %x, %v", key, again, err)
		}
		// A text is one of the encodings of its key: nothing else is let through.
		line := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
		url := base64.RawURLEncoding.EncodeToString(key[:])
		if line != url && line != url+"=" && strings.ToLower(line) != hex.EncodeToString(key[:]) {
			t.Errorf("%q was read as %x", text, key)
		}
	})
}
