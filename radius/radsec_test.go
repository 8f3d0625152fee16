package radius

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"layeh.com/radius"
	"layeh.com/radius/rfc2869"
)

// secure is a RadSec listener of a house's.
type secure struct {
	*house
	address string
}

func openRadSec(t *testing.T, authority *x509.Certificate, apps ...nodkey.NewApplication) *secure {
	h := open(t, options{apps: apps, config: func(c *Config) {
		withCertificate(t)(c)
		if authority != nil {
			c.ClientCA = x509.NewCertPool()
			c.ClientCA.AddCert(authority)
		}
	}})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.door.Serve(ctx, nil, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return &secure{house: h, address: listener.Addr().String()}
}

// dial connects with a certificate.
func (s *secure) dial(cert ...tls.Certificate) (*tls.Conn, error) {
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 5 * time.Second}, "tcp", s.address, &tls.Config{InsecureSkipVerify: true, Certificates: cert, NextProtos: []string{"radius/1.0", "radius/1.1"}})
	if err == nil {
		s.t.Cleanup(func() { conn.Close() })
	}
	return conn, err
}

// over sends a packet over TLS and gives the answer; nil: the connection ended.
func over(t *testing.T, conn *tls.Conn, raw []byte) []byte {
	t.Helper()
	_, _ = conn.Write(raw) // what is refused shows when reading
	got, err := readPacket(conn, make([]byte, radius.MaxPacketLength))
	if err != nil {
		return nil
	}
	return got
}

func status(t *testing.T, secret string) (*radius.Packet, []byte) {
	p := radius.New(radius.CodeStatusServer, []byte(secret))
	return p, signedWith(t, p, p.Secret)
}

func fingerprint(c tls.Certificate) string {
	sum := sha256.Sum256(c.Certificate[0])
	return hex.EncodeToString(sum[:])
}

func TestClientsOverTLSAreToldByTheirCertificate(t *testing.T) {
	named, authority := certificate(t, "anything"), certificate(t, "vpn2.example.com")
	s := openRadSec(t, authority.Leaf, vpn("one", `{"certificates":["`+fingerprint(named)+`"],"mode":"push"}`, true), vpn("two", `{"certificate_names":["vpn2.example.com"]}`, false))
	conn, err := s.dial(named)
	must(t, err)
	if conn.ConnectionState().NegotiatedProtocol != "radius/1.0" {
		t.Errorf("%q", conn.ConnectionState().NegotiatedProtocol)
	}
	p, raw := status(t, radSecSecret)
	is(t, opened(t, over(t, conn, raw), p, p.Secret), radius.CodeAccessAccept, "")

	// A whole sign-in, without a Message-Authenticator, which TLS stands for.
	g := &gateway{t: t, secret: []byte(radSecSecret)}
	login := g.login("mara", typedPassword, nil)
	bare, err := login.MarshalBinary()
	must(t, err)
	answer := make(chan []byte, 1)
	go func() { answer <- over(t, conn, bare) }()
	s.says(s.asked(), nodkeytest.Answer{PIN: typedPIN})
	is(t, opened(t, <-answer, login, g.secret), radius.CodeAccessAccept, "")

	other, err := s.dial(authority)
	must(t, err)
	p, raw = status(t, radSecSecret)
	is(t, opened(t, over(t, other, raw), p, p.Secret), radius.CodeAccessAccept, "")
	if !strings.Contains(s.log.String(), "application=two") {
		t.Error("it was taken for another")
	}
}

func TestConnectionsOfNobodys(t *testing.T) {
	good, stranger := certificate(t, "vpn1.example.com"), certificate(t, "vpn2.example.com")
	s := openRadSec(t, good.Leaf, vpn("one", `{"certificates":["`+fingerprint(good)+`"]}`, false), vpn("two", `{"certificate_names":["vpn2.example.com"]}`, false))
	_, raw := status(t, radSecSecret)
	for name, certs := range map[string][]tls.Certificate{"none": nil, "nobody's, though of a good name": {stranger}} {
		conn, err := s.dial(certs...)
		if err == nil && over(t, conn, raw) != nil {
			t.Errorf("%s: an answer", name)
		}
	}
	conn, err := s.dial(good)
	must(t, err)
	_, forged := status(t, s.secrets["one"]) // what counts over TLS is the certificate, and packets say "radsec"
	_, err = conn.Write(forged)
	must(t, err)
	s.until("forged", func() bool { return s.count(Forged) == 1 })
	p := radius.New(radius.CodeAccessRequest, []byte(radSecSecret))
	p.Add(rfc2869.EAPMessage_Type, []byte{2, 1, 0, 6, 1, 'x'})
	bare, err := p.MarshalBinary()
	must(t, err)
	_, err = conn.Write(bare)
	must(t, err)
	s.until("EAP without a Message-Authenticator", func() bool { return s.count(Unsigned) == 1 })
	must(t, s.Applications.Remove(s.ctx, s.Desk(), "one"))
	must(t, s.door.Refresh(s.ctx))
	if over(t, conn, raw) != nil {
		t.Error("an answer for an application that was removed")
	}
}

// What is no packet ends its connection, and nothing else.
func TestStreamsOfNonsense(t *testing.T) {
	cert := certificate(t, "x")
	s := openRadSec(t, nil, vpn("one", `{"certificates":["`+fingerprint(cert)+`"]}`, false))
	for _, nonsense := range []string{"GET / HTTP/1.1\r\n\r\n", "\x01\x01\x00\x13", "\x01\x01\xff\xff" + strings.Repeat("x", 5000)} {
		conn, err := s.dial(cert)
		must(t, err)
		if over(t, conn, []byte(nonsense)) != nil {
			t.Errorf("an answer to %q", nonsense[:4])
		}
	}
	var all []*tls.Conn
	for range connectionsOfClient {
		conn, err := s.dial(cert)
		must(t, err)
		p, raw := status(t, radSecSecret)
		is(t, opened(t, over(t, conn, raw), p, p.Secret), radius.CodeAccessAccept, "")
		all = append(all, conn)
	}
	_, raw := status(t, radSecSecret)
	if conn, err := s.dial(cert); err == nil && over(t, conn, raw) != nil {
		t.Error("one connection too many")
	}
	all[0].Close()
	s.until("there is room again", func() bool {
		conn, err := s.dial(cert)
		return err == nil && over(t, conn, raw) != nil
	})
}

// Whoever opens connections from one address and says nothing leaves room for clients elsewhere.
func TestConnectionsOfAStrangerLeaveRoomForClients(t *testing.T) {
	own := certificate(t)
	s := openRadSec(t, nil, vpn("vpn", `{"certificates":["`+fingerprint(own)+`"]}`, false))
	for range connectionsMax + 10 {
		conn, err := net.Dial("tcp", s.address)
		must(t, err)
		t.Cleanup(func() { conn.Close() })
	}
	elsewhere := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}, Timeout: 5 * time.Second}
	conn, err := tls.DialWithDialer(elsewhere, "tcp", s.address, &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{own}})
	if err != nil {
		t.Fatalf("a client finds no room: %v", err)
	}
	defer conn.Close()
	if _, raw := status(t, radSecSecret); over(t, conn, raw) == nil {
		t.Error("a client gets no answer")
	}
}
