package radius

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// avp is an attribute inside the tunnel (RFC 5281 §10.1).
type avp struct {
	code   uint32
	vendor uint32 // 0: none
	must   bool
	data   []byte
}

// The flags of an AVP.
const (
	avpVendor = 0x80
	avpMust   = 0x40
)

// The AVPs that mean something here; below 256 they are RADIUS's attributes.
const (
	avpUserName     = 1
	avpUserPassword = 2
	avpCHAPPassword = 3
	avpReplyMessage = 18
	avpEAPMessage   = 79
)

const avpsMax = 32 // in one message

// errAVP is what is no sequence of AVPs.
var errAVP = errors.New("what is inside the tunnel is no sequence of AVPs")

// readAVPs takes a message apart. What it gives shares raw's memory.
func readAVPs(raw []byte) (out []avp, err error) {
	for len(raw) > 0 {
		if len(raw) < 8 || len(out) == avpsMax {
			return nil, errAVP
		}
		a := avp{code: binary.BigEndian.Uint32(raw), must: raw[4]&avpMust != 0}
		length, head := int(binary.BigEndian.Uint32(raw[4:8])&0xffffff), 8
		if raw[4]&avpVendor != 0 {
			if head = 12; len(raw) < head {
				return nil, errAVP
			}
			a.vendor = binary.BigEndian.Uint32(raw[8:12])
		}
		if length < head || length > len(raw) {
			return nil, errAVP
		}
		a.data = raw[head:length]
		out = append(out, a)
		raw = raw[min((length+3)&^3, len(raw)):] // the last one's padding may be missing
	}
	return out, nil
}

// writeAVP appends an AVP of no vendor's.
func writeAVP(to []byte, code uint32, must bool, data []byte) []byte {
	to = binary.BigEndian.AppendUint32(to, code)
	length := uint32(8 + len(data))
	if must {
		length |= avpMust << 24
	}
	to = binary.BigEndian.AppendUint32(to, length)
	to = append(to, data...)
	return append(to, make([]byte, -len(data)&3)...)
}

// inner is what came through the tunnel.
type inner struct {
	name, password string
	other          string // a way to prove a password that cannot be served; empty: none
}

// The longest name and password through the tunnel, as without it.
const (
	nameMax     = 253
	passwordMax = 128
)

// readInner finds name and password. One of them twice, or an AVP that must be understood and is not, is refused.
func readInner(raw []byte) (in inner, err error) {
	avps, err := readAVPs(raw)
	if err != nil {
		return in, err
	}
	var names, passwords int
	for _, a := range avps {
		switch {
		case a.vendor == vendorMicrosoft && (a.code == 1 || a.code == 25 || a.code == 11):
			in.other = "MS-CHAP"
		case a.vendor == 0 && a.code == avpUserName && len(a.data) <= nameMax:
			in.name = string(a.data)
			names++
		case a.vendor == 0 && a.code == avpUserPassword && len(a.data) <= passwordMax+16:
			in.password = string(bytes.TrimRight(a.data, "\x00")) // RFC 5281 §11.2.5
			passwords++
		case a.vendor == 0 && (a.code == avpCHAPPassword || a.code == 60):
			in.other = "CHAP"
		case a.vendor == 0 && a.code == avpEAPMessage:
			in.other = "EAP inside EAP-TTLS"
		case a.must:
			return in, errAVP
		}
	}
	if in.other == "" && (names > 1 || passwords != 1) {
		return in, errAVP
	}
	return in, nil
}
