package duo

import (
	"encoding/binary"
	"slices"
	"strings"
)

// document is an answer in either form: texts, whole numbers of 32 bits, documents. In BSON (bsonspec.org) its members are in the
// order of their names, so that one answer is always the same bytes.
type document map[string]any

// appendBSON writes a document: its length of four bytes, little-endian and itself included; the members, each a type, a name that ends in
// zero, and a value; and a zero. A text's length counts the zero behind it. Zeros inside of a name or a text would end it early, so they are
// left out. A value of another type is a fault of the program.
func appendBSON(out []byte, d document) []byte {
	start := len(out)
	out = append(out, 0, 0, 0, 0)
	names := make([]string, 0, len(d))
	for name := range d {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		kind := len(out)
		out = append(append(append(out, 0), clean(name)...), 0)
		switch v := d[name].(type) {
		case string:
			text := clean(v)
			out[kind] = 0x02
			out = binary.LittleEndian.AppendUint32(out, uint32(len(text)+1))
			out = append(append(out, text...), 0)
		case document:
			out[kind] = 0x03
			out = appendBSON(out, v)
		case int32:
			out[kind] = 0x10
			out = binary.LittleEndian.AppendUint32(out, uint32(v))
		default:
			panic("duo: a member of no BSON type that is used here")
		}
	}
	out = append(out, 0)
	binary.LittleEndian.PutUint32(out[start:], uint32(len(out)-start))
	return out
}

func clean(text string) string { return strings.ReplaceAll(text, "\x00", "") }
