package radius

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"net/netip"

	"github.com/nodkey/nodkey"
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2869"
)

// headSize is what stands before a packet's attributes: code, identifier, length, authenticator (RFC 2865 §3).
const headSize = 20

// vendorMicrosoft is the vendor of the attributes of RFC 2548.
const vendorMicrosoft = 311

// request is a packet whose sender has proved to be a client.
type request struct {
	*radius.Packet
	client  *client
	caller  nodkey.Caller
	from    netip.AddrPort
	tls     bool
	once    string // names it to the domain: the idempotency key of what it asks
	eapOnly bool   // passwords that nothing but the secret hides are not taken from here
}

// errShape is what is no packet.
var errShape = errors.New("not a RADIUS packet")

// trim gives the packet at the beginning of a datagram: what stands behind its length is padding (RFC 2865 §3). Attributes are
// whole, and no more of them has to be looked at.
func trim(raw []byte) ([]byte, error) {
	if len(raw) < headSize {
		return nil, errShape
	}
	length := int(binary.BigEndian.Uint16(raw[2:4]))
	if length < headSize || length > radius.MaxPacketLength || length > len(raw) {
		return nil, errShape
	}
	raw = raw[:length]
	for rest := raw[headSize:]; len(rest) > 0; {
		if len(rest) < 2 || rest[1] < 2 || int(rest[1]) > len(rest) {
			return nil, errShape
		}
		rest = rest[rest[1]:]
	}
	return raw, nil
}

// attributes calls each with the attributes of a type, and where they begin in the packet.
func attributes(raw []byte, kind radius.Type, each func(value []byte, at int)) {
	for at := headSize; at < len(raw); at += int(raw[at+1]) {
		if radius.Type(raw[at]) == kind {
			each(raw[at+2:at+int(raw[at+1])], at+2)
		}
	}
}

// sign is a packet's Message-Authenticator. There is at most one, of 16 bytes.
type sign struct {
	at    int // where it begins; 0: there is none
	wrong bool
}

func signOf(raw []byte) (s sign) {
	attributes(raw, rfc2869.MessageAuthenticator_Type, func(value []byte, at int) {
		s.wrong = s.wrong || s.at != 0 || len(value) != md5.Size
		s.at = at
	})
	return s
}

// signed reports whether the Message-Authenticator was computed with a secret (RFC 3579 §3.2), in a time that does not depend on
// where it differs.
func signed(raw []byte, s sign, secret []byte) bool {
	if s.at == 0 || s.wrong {
		return false
	}
	var none [md5.Size]byte
	mac := hmac.New(md5.New, secret)
	mac.Write(raw[:s.at])
	mac.Write(none[:])
	mac.Write(raw[s.at+md5.Size:])
	return hmac.Equal(mac.Sum(nil), raw[s.at:s.at+md5.Size])
}

// proxyRoom is how many bytes of Proxy-State an answer has room for beside what it says.
const proxyRoom = radius.MaxPacketLength - 2048

// proxyStates are echoed as they came and in their order (RFC 2865 §5.33).
func (r *request) proxyStates() (out []radius.Attribute) {
	for _, a := range r.Attributes {
		if a.Type == rfc2865.ProxyState_Type {
			out = append(out, a.Attribute)
		}
	}
	return out
}

// answer is what goes back, before it is signed.
type answer struct {
	code   radius.Code
	say    string // Reply-Message, over as many attributes as it needs
	state  []byte
	eap    []byte // over as many attributes as it needs
	keys   []byte // 64 bytes of key material, for MS-MPPE-Recv-Key and -Send-Key (RFC 2548 §2.4); nil: none
	passed bool   // a later request gets the answer: this one gets none, whenever it comes again
	notice notice
}

// seal writes an answer for the wire: the Message-Authenticator first, before anything that a sender could choose, which is what
// keeps an answer from being forged with a prefix (CVE-2024-3596).
func (r *request) seal(a answer) ([]byte, error) {
	p := r.Response(a.code)
	var none [md5.Size]byte
	p.Add(rfc2869.MessageAuthenticator_Type, none[:])
	split(a.eap, 253, func(part []byte) { p.Add(rfc2869.EAPMessage_Type, part) })
	if a.state != nil {
		p.Add(rfc2865.State_Type, a.state)
	}
	if a.say != "" {
		split([]byte(a.say), 253, func(part []byte) { p.Add(rfc2865.ReplyMessage_Type, part) })
	}
	if a.keys != nil {
		if err := addKeys(p, a.keys); err != nil {
			return nil, err
		}
	}
	for _, state := range r.proxyStates() {
		p.Add(rfc2865.ProxyState_Type, state)
	}
	raw, err := p.MarshalBinary() // with the request's authenticator, which the MAC is computed over
	if err != nil {
		return nil, err
	}
	mac := hmac.New(md5.New, r.Secret)
	mac.Write(raw)
	p.Attributes[0].Attribute = mac.Sum(nil)
	return p.Encode()
}

// split cuts what does not fit an attribute, never within a character.
func split(text []byte, most int, each func([]byte)) {
	for len(text) > 0 {
		n := min(most, len(text))
		for n < len(text) && n > most-4 && text[n]&0xc0 == 0x80 {
			n--
		}
		each(text[:n])
		text = text[n:]
	}
}

// vendorTypes are the types of the attributes of RFC 2548 in a request.
func (r *request) vendorTypes() (out []byte) {
	for _, a := range r.Attributes {
		if a.Type != rfc2865.VendorSpecific_Type {
			continue
		}
		if vendor, value, err := radius.VendorSpecific(a.Attribute); err == nil && vendor == vendorMicrosoft && len(value) > 0 {
			out = append(out, value[0])
		}
	}
	return out
}

// hashed names the way in which a request proves a password without showing it; empty: it does not.
func (r *request) hashed() string {
	if r.Get(rfc2865.CHAPPassword_Type) != nil {
		return "CHAP"
	}
	for _, kind := range r.vendorTypes() {
		switch kind {
		case 1: // MS-CHAP-Response
			return "MS-CHAP"
		case 25: // MS-CHAP2-Response
			return "MS-CHAPv2"
		}
	}
	return ""
}

// eap puts a request's EAP packet together; nil without one.
func (r *request) eap() []byte {
	var out []byte
	for _, a := range r.Attributes {
		if a.Type == rfc2869.EAPMessage_Type {
			out = append(out, a.Attribute...)
			if out == nil {
				out = []byte{} // EAP-Start
			}
		}
	}
	return out
}

// person is where the person is, as far as the client says.
func (r *request) person() netip.Addr {
	text := string(r.Get(rfc2865.CallingStationID_Type))
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr.Unmap().WithZone("")
	}
	if both, err := netip.ParseAddrPort(text); err == nil {
		return both.Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}

// with is what the person uses: the client's own name for the equipment, where it can be read.
func (r *request) with() string {
	if name := string(r.Get(rfc2865.NASIdentifier_Type)); nodkey.Readable(name, 40) {
		return name
	}
	return ""
}

// password opens the User-Password (RFC 2865 §5.2). Some clients send nothing for an empty one, such as where somebody just presses
// Enter.
func (r *request) password() (string, error) {
	raw := r.Get(rfc2865.UserPassword_Type)
	if len(raw) == 0 && len(r.Get(rfc2865.State_Type)) > 0 {
		return "", nil
	}
	plain, err := radius.UserPassword(raw, r.Secret, r.Authenticator[:])
	return string(plain), err
}
