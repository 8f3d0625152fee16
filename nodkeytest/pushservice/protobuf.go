package pushservice

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
)

// protobuf is a protocol buffer in the making: fields behind each other. The few messages of the browser's half are written and
// read field by field, by the numbers that Chromium's google_apis/gcm/protocol has for them.
type protobuf []byte

func (p protobuf) text(field protowire.Number, value string) protobuf {
	return protowire.AppendString(protowire.AppendTag(p, field, protowire.BytesType), value)
}

func (p protobuf) bytes(field protowire.Number, value []byte) protobuf {
	return protowire.AppendBytes(protowire.AppendTag(p, field, protowire.BytesType), value)
}

func (p protobuf) number(field protowire.Number, value uint64) protobuf {
	return protowire.AppendVarint(protowire.AppendTag(p, field, protowire.VarintType), value)
}

func (p protobuf) fixed(field protowire.Number, value uint64) protobuf {
	return protowire.AppendFixed64(protowire.AppendTag(p, field, protowire.Fixed64Type), value)
}

// fields are what is used of a protocol buffer: of each field the last number, and all its strings.
type fields struct {
	numbers map[protowire.Number]uint64
	strings map[protowire.Number][]string
}

func (f fields) first(field protowire.Number) string {
	if all := f.strings[field]; len(all) > 0 {
		return all[0]
	}
	return ""
}

func readFields(raw []byte) (fields, error) {
	f := fields{numbers: map[protowire.Number]uint64{}, strings: map[protowire.Number][]string{}}
	for len(raw) > 0 {
		number, kind, n := protowire.ConsumeTag(raw)
		if n < 0 {
			return f, protowire.ParseError(n)
		}
		raw = raw[n:]
		switch kind {
		case protowire.VarintType:
			f.numbers[number], n = protowire.ConsumeVarint(raw)
		case protowire.BytesType:
			var value []byte
			value, n = protowire.ConsumeBytes(raw)
			f.strings[number] = append(f.strings[number], string(value))
		default:
			n = protowire.ConsumeFieldValue(number, kind, raw)
		}
		if n < 0 {
			return f, protowire.ParseError(n)
		}
		raw = raw[n:]
	}
	return f, nil
}

// packetMax is more than any packet of a browser's.
const packetMax = 1 << 20

// readPacket reads one packet of the Mobile Connection Server's protocol: what it is, its length, and its protocol buffer.
func readPacket(in *bufio.Reader) (tag byte, f fields, err error) {
	if tag, err = in.ReadByte(); err != nil {
		return 0, f, err
	}
	length, err := binary.ReadUvarint(in)
	if err != nil {
		return 0, f, err
	}
	if length > packetMax {
		return 0, f, fmt.Errorf("a packet of %d bytes", length)
	}
	raw := make([]byte, length)
	if _, err := io.ReadFull(in, raw); err != nil {
		return 0, f, err
	}
	f, err = readFields(raw)
	return tag, f, err
}

func packet(tag byte, p protobuf) []byte {
	return append(binary.AppendUvarint([]byte{tag}, uint64(len(p))), p...)
}
