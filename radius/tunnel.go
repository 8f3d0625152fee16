package radius

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// tunnel is the server's side of a TLS connection whose bytes go in EAP packets (RFC 5281 §7.3). It has a goroutine of its own
// until it is closed.
type tunnel struct {
	tls *tls.Conn

	mu     sync.Mutex
	moved  sync.Cond
	in     []byte // from the peer, not read by TLS yet
	out    []byte // from TLS, not sent yet
	plain  []byte // what came through
	keys   []byte // once the handshake is done
	asleep bool   // TLS waits for more of in
	ended  bool   // with err
	closed bool
	err    error
}

// The bounds of a tunnel.
const (
	plainMax = 4 << 10
	outMax   = 64 << 10
	keysSize = 64 // the MSK of RFC 5281 §8
)

var errTunnel = errors.New("more came through the tunnel than a name and a password need")

// newTunnel opens one. Only TLS 1.2 is spoken: with 1.3, EAP-TTLS derives its keys in another way (RFC 9427), and hardly any
// client is set up for it.
func newTunnel(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tunnel {
	t := &tunnel{}
	t.moved.L = &t.mu
	t.tls = tls.Server((*tunnelConn)(t), &tls.Config{GetCertificate: certificate, MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12, SessionTicketsDisabled: true})
	go t.run()
	return t
}

func (t *tunnel) run() {
	err := t.tls.Handshake()
	if err == nil {
		err = t.read()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended, t.err = true, err
	t.moved.Broadcast()
}

func (t *tunnel) read() error {
	state := t.tls.ConnectionState()
	keys, err := state.ExportKeyingMaterial("ttls keying material", nil, keysSize)
	if err != nil {
		return err
	}
	t.mu.Lock()
	t.keys = keys
	t.mu.Unlock()
	buffer := make([]byte, 1024)
	for {
		n, err := t.tls.Read(buffer)
		t.mu.Lock()
		t.plain = append(t.plain, buffer[:n]...)
		if len(t.plain) > plainMax {
			err = errTunnel
		}
		t.mu.Unlock()
		if err != nil {
			return err
		}
	}
}

// flight is what a tunnel made of a message.
type flight struct {
	out   []byte // for the peer
	plain []byte // what came through
	keys  []byte // nil: the handshake is not done
}

// step gives a message of the peer's to TLS and waits until that wants the next. It takes as long as TLS computes. After an error
// out may hold the alert that says so.
func (t *tunnel) step(in []byte) (f flight, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.in = append(t.in, in...)
	t.asleep = false
	t.moved.Broadcast()
	for !t.asleep && !t.ended && !t.closed {
		t.moved.Wait()
	}
	f = flight{out: t.out, plain: t.plain, keys: t.keys}
	t.out, t.plain = nil, nil
	if t.ended || t.closed {
		err = t.err
		if err == nil {
			err = net.ErrClosed
		}
	}
	return f, err
}

// say sends something through the tunnel and gives the bytes for the peer.
func (t *tunnel) say(plain []byte) ([]byte, error) {
	if _, err := t.tls.Write(plain); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	out := t.out
	t.out = nil
	return out, nil
}

// close ends the tunnel and its goroutine.
func (t *tunnel) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	t.moved.Broadcast()
}

// tunnelConn is the tunnel as TLS reads and writes it.
type tunnelConn tunnel

func (c *tunnelConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.in) == 0 && !c.closed {
		c.asleep = true
		c.moved.Broadcast()
		c.moved.Wait()
	}
	if c.closed {
		return 0, io.EOF
	}
	n := copy(p, c.in)
	if c.in = c.in[n:]; len(c.in) == 0 {
		c.in = nil
	}
	return n, nil
}

func (c *tunnelConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(c.out)+len(p) > outMax {
		return 0, net.ErrClosed
	}
	c.out = append(c.out, p...)
	return len(p), nil
}

func (c *tunnelConn) Close() error { return nil }

// eapAddress is where a tunnel's ends are.
type eapAddress struct{}

func (eapAddress) Network() string { return "eap" }
func (eapAddress) String() string  { return "eap" }

func (c *tunnelConn) LocalAddr() net.Addr              { return eapAddress{} }
func (c *tunnelConn) RemoteAddr() net.Addr             { return eapAddress{} }
func (c *tunnelConn) SetDeadline(time.Time) error      { return nil }
func (c *tunnelConn) SetReadDeadline(time.Time) error  { return nil }
func (c *tunnelConn) SetWriteDeadline(time.Time) error { return nil }
