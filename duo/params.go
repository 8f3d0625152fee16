package duo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// param is one parameter of a request, decoded.
type param struct{ name, value string }

// paramsMax bounds how many parameters a request has; clients send about ten.
const paramsMax = 64

var (
	errParams    = errors.New("the parameters cannot be read")
	errDuplicate = errors.New("a parameter is there twice")
)

// parseForm reads a query or a form: name=value with & between, + for a blank, %XX for bytes. Everything else stands for itself.
func parseForm(raw string) ([]param, error) {
	var list []param
	for piece := range strings.SplitSeq(raw, "&") {
		if piece == "" {
			continue
		}
		if len(list) == paramsMax {
			return nil, errParams
		}
		name, value, _ := strings.Cut(piece, "=")
		p := param{}
		var ok, fine bool
		if p.name, ok = unescape(name); !ok || p.name == "" {
			return nil, errParams
		}
		if p.value, fine = unescape(value); !fine {
			return nil, errParams
		}
		list = append(list, p)
	}
	return list, nil
}

func unescape(text string) (string, bool) {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '+':
			out = append(out, ' ')
		case c != '%':
			out = append(out, c)
		case i+2 >= len(text):
			return "", false
		default:
			high, ok := unhex(text[i+1])
			low, fine := unhex(text[i+2])
			if !ok || !fine {
				return "", false
			}
			out = append(out, high<<4|low)
			i += 2
		}
	}
	return string(out), utf8.Valid(out)
}

func unhex(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}

// parseJSON reads the body of a client that signs JSON: one object of texts, numbers and flags.
func parseJSON(raw []byte) ([]param, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errParams
	}
	var list []param
	for d.More() {
		name, err := d.Token()
		if err != nil || len(list) == paramsMax {
			return nil, errParams
		}
		value, err := d.Token()
		if err != nil {
			return nil, errParams
		}
		p := param{name: name.(string)} // the decoder takes nothing else for a member's name
		switch v := value.(type) {
		case string:
			p.value = v
		case json.Number:
			p.value = v.String()
		case bool:
			p.value = map[bool]string{false: "0", true: "1"}[v]
		default:
			return nil, errParams
		}
		list = append(list, p)
	}
	if _, err := d.Token(); err != nil {
		return nil, errParams
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errParams
	}
	return list, nil
}

// canonical writes parameters as they are signed: sorted, each encoded as RFC 3986 §2.3 has it, in upper case.
func canonical(list []param) string {
	pieces := make([]string, len(list))
	type pair struct{ name, value string }
	encoded := make([]pair, len(list))
	for i, p := range list {
		encoded[i] = pair{escape(p.name), escape(p.value)}
	}
	slices.SortFunc(encoded, func(a, b pair) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	for i, p := range encoded {
		pieces[i] = p.name + "=" + p.value
	}
	return strings.Join(pieces, "&")
}

func escape(text string) string {
	var out strings.Builder
	for i := range len(text) {
		c := text[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			out.WriteByte(c)
			continue
		}
		fmt.Fprintf(&out, "%%%02X", c)
	}
	return out.String()
}

// named gives parameters by name; one that is there twice means nothing.
func named(list []param) (map[string]string, error) {
	byName := make(map[string]string, len(list))
	for _, p := range list {
		if _, taken := byName[p.name]; taken {
			return nil, errDuplicate
		}
		byName[p.name] = p.value
	}
	return byName, nil
}
