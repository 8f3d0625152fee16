package radius

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"math/big"
	"testing"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/vendors/microsoft"
)

// certificate makes one that signs itself.
func certificate(t testing.TB, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: names, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	leaf, err := x509.ParseCertificate(der)
	must(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// withCertificate lets a door speak EAP-TTLS.
func withCertificate(t testing.TB) func(*Config) {
	cert := certificate(t, "radius.example.com")
	return func(c *Config) {
		c.Certificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &cert, nil }
	}
}

// peer is a device behind an access point.
type peer struct {
	*gateway
	t          testing.TB
	outer      string
	mtu        int // of what it sends; 0: all at once
	framedMTU  uint32
	state      []byte
	identifier byte
	last       *radius.Packet
	tls        *tunnel
	parts      int // of the server's messages
}

func newPeer(t testing.TB, g *gateway) *peer {
	p := &peer{gateway: g, t: t, outer: "anonymous"}
	p.tls = &tunnel{}
	p.tls.moved.L = &p.tls.mu
	p.tls.tls = tls.Client((*tunnelConn)(p.tls), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12}) // whose certificate it is is not this test's
	go p.tls.run()
	t.Cleanup(p.tls.close)
	return p
}

// packet is an Access-Request with an EAP response.
func (p *peer) packet(kind byte, data []byte) *radius.Packet {
	raw := append([]byte{eapResponse, p.identifier, 0, 0, kind}, data...)
	binary.BigEndian.PutUint16(raw[2:4], uint16(len(raw)))
	return p.raw(raw)
}

func (p *peer) raw(eap []byte) *radius.Packet {
	request := radius.New(radius.CodeAccessRequest, p.secret)
	request.Add(rfc2865.UserName_Type, []byte(p.outer))
	if p.framedMTU > 0 {
		request.Add(rfc2865.FramedMTU_Type, radius.NewInteger(p.framedMTU))
	}
	if p.state != nil {
		request.Add(rfc2865.State_Type, p.state)
	}
	split(eap, 253, func(part []byte) { request.Add(rfc2869.EAPMessage_Type, part) })
	p.last = request
	return request
}

// hears takes an answer; data is what stands behind the type of the EAP packet.
func (p *peer) hears(answer *radius.Packet) (code byte, kind byte, data []byte) {
	p.t.Helper()
	var eap []byte
	for _, a := range answer.Attributes {
		if a.Type == rfc2869.EAPMessage_Type {
			eap = append(eap, a.Attribute...)
		}
	}
	if len(eap) < 4 || int(binary.BigEndian.Uint16(eap[2:4])) != len(eap) {
		p.t.Fatalf("%v without EAP: %x", answer.Code, eap)
	}
	p.state = rfc2865.State_Get(answer)
	if eap[0] != eapRequest {
		return eap[0], 0, nil
	}
	p.identifier = eap[1]
	return eap[0], eap[4], eap[5:]
}

// begins goes up to the method's start.
func (p *peer) begins() {
	p.t.Helper()
	if code, kind, data := p.hears(p.ask(p.packet(eapIdentity, []byte(p.outer)))); code != eapRequest || kind != eapTTLS || !bytes.Equal(data, []byte{ttlsStart}) {
		p.t.Fatalf("%d %d %x", code, kind, data)
	}
}

// message sends a message of the method, in fragments, up to the one before the last, and gives that.
func (p *peer) message(out []byte) *radius.Packet {
	p.t.Helper()
	for p.mtu > 0 && len(out) > p.mtu {
		if _, kind, data := p.hears(p.ask(p.packet(eapTTLS, append([]byte{ttlsMore}, out[:p.mtu]...)))); kind != eapTTLS || !bytes.Equal(data, []byte{0}) {
			p.t.Fatalf("no acknowledgement: %x", data)
		}
		out = out[p.mtu:]
	}
	return p.packet(eapTTLS, append([]byte{0}, out...))
}

// exchange sends a message and gives the one that comes back.
func (p *peer) exchange(out []byte) (code byte, in []byte) {
	p.t.Helper()
	answer := p.ask(p.message(out))
	for {
		code, kind, data := p.hears(answer)
		if code != eapRequest {
			return code, nil
		}
		flags, part := data[0], data[1:]
		if kind != eapTTLS || flags&ttlsVersion != 0 {
			p.t.Fatalf("%d %x", kind, data)
		}
		if flags&ttlsLength != 0 {
			part = part[4:]
		}
		in = append(in, part...)
		p.parts++
		if flags&ttlsMore == 0 {
			return code, in
		}
		answer = p.ask(p.packet(eapTTLS, []byte{0}))
	}
}

// shakes does the handshake and gives what the peer has to say at its end.
func (p *peer) shakes() {
	p.t.Helper()
	p.begins()
	var in []byte
	for range 10 {
		f, err := p.tls.step(in)
		must(p.t, err)
		if f.keys != nil {
			return
		}
		if _, in = p.exchange(f.out); len(in) == 0 {
			p.t.Fatal("nothing came back")
		}
	}
	p.t.Fatal("the handshake does not end")
}

// avps are name and password as they go through the tunnel.
func avps(name, password string) []byte {
	padded := append([]byte(password), make([]byte, -len(password)&15)...)
	return writeAVP(writeAVP(nil, avpUserName, true, []byte(name)), avpUserPassword, true, padded)
}

// through is a packet with something for the tunnel.
func (p *peer) through(plain []byte) *radius.Packet {
	p.t.Helper()
	out, err := p.tls.say(plain)
	must(p.t, err)
	return p.message(out)
}

// hasKeys compares the keys that the access point got with the device's own.
func (p *peer) hasKeys(answer *radius.Packet) {
	p.t.Helper()
	recv, send := microsoft.MSMPPERecvKey_Get(answer, p.last), microsoft.MSMPPESendKey_Get(answer, p.last)
	if !bytes.Equal(recv, p.tls.keys[:32]) || !bytes.Equal(send, p.tls.keys[32:]) {
		p.t.Errorf("%x and %x, want %x", recv, send, p.tls.keys)
	}
}
