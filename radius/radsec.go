package radius

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"layeh.com/radius"
)

// The bounds of connections (RFC 6614).
const (
	connectionsMax      = 1024
	connectionsOfClient = 64
	strangersOfAddress  = 64 // connections from one address, or the /64 of one, that have not shown a client's certificate
	handshakeTime       = 10 * time.Second
	packetTime          = 30 * time.Second // for the rest of a packet that has begun
	idleTime            = time.Hour        // clients keep their connection and open it again
	writeTime           = 10 * time.Second
)

// errCertificate is a connection of nobody's.
var errCertificate = errors.New("no application names this certificate")

// serveTLS answers RadSec connections. Clients prove themselves by a certificate.
func (d *Door) serveTLS(ctx context.Context, listener net.Listener) error {
	if d.config.Certificate == nil {
		return errNoCertificate
	}
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	config := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: d.config.Certificate, ClientAuth: tls.RequireAnyClientCert, SessionTicketsDisabled: true,
		NextProtos: []string{"radius/1.0"}} // not the packets without MD5 of RFC 9765, which may be offered
	places := make(chan struct{}, connectionsMax)
	held := counted[*load]{most: connectionsOfClient, of: map[*load]int{}}
	strangers := counted[netip.Prefix]{most: strangersOfAddress, of: map[netip.Prefix]int{}}
	var open sync.WaitGroup
	for {
		raw, err := listener.Accept()
		switch {
		case ctx.Err() != nil:
			open.Wait()
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil: // too many files open, for example
			pause(ctx, 100*time.Millisecond)
			continue
		}
		from := networkOf(raw.RemoteAddr())
		if !strangers.enter(from) {
			_ = raw.Close()
			continue
		}
		known := sync.OnceFunc(func() { strangers.leave(from) })
		select {
		case places <- struct{}{}:
		default:
			known()
			_ = raw.Close()
			continue
		}
		open.Go(func() {
			defer func() { <-places }()
			defer known()
			d.connection(ctx, tls.Server(raw, config), &held, known)
		})
	}
}

// networkOf is an address as strangers are counted by it.
func networkOf(at net.Addr) netip.Prefix {
	from, err := netip.ParseAddrPort(at.String())
	if err != nil {
		return netip.Prefix{}
	}
	addr := from.Addr().Unmap().WithZone("")
	network, _ := addr.Prefix(min(addr.BitLen(), 64)) // as many bits fit any address
	return network
}

// counted counts the connections of each client, or of each address.
type counted[K comparable] struct {
	most int
	mu   sync.Mutex
	of   map[K]int
}

func (h *counted[K]) enter(k K) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.of[k] >= h.most {
		return false
	}
	h.of[k]++
	return true
}

func (h *counted[K]) leave(k K) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.of[k]--; h.of[k] == 0 {
		delete(h.of, k)
	}
}

// connection serves one connection; known is called once it is a client's.
func (d *Door) connection(ctx context.Context, conn *tls.Conn, held *counted[*load], known func()) {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.NetConn().Close() })
	defer stop()
	from, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return
	}
	l := link{from: netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), tls: true}
	l.name = "tls " + l.from.String()
	handshake, cancel := context.WithTimeout(ctx, handshakeTime)
	err = conn.HandshakeContext(handshake)
	cancel()
	if err != nil {
		d.tell(ctx, l, nil, notice{outcome: Unknown, why: "TLS: " + err.Error()})
		return
	}
	certificates := conn.ConnectionState().PeerCertificates
	first, err := d.clientOf(certificates)
	if err != nil {
		d.tell(ctx, l, nil, notice{outcome: Unknown, why: err.Error()})
		return
	}
	if !held.enter(first.load) {
		d.tell(ctx, l, first, notice{outcome: Busy, why: "too many connections"})
		return
	}
	defer held.leave(first.load)
	known()
	var writing sync.Mutex
	l.send = func(raw []byte) {
		writing.Lock()
		defer writing.Unlock()
		_ = conn.SetWriteDeadline(time.Now().Add(writeTime))
		if _, err := conn.Write(raw); err != nil {
			_ = conn.NetConn().Close()
		}
	}
	buffer := make([]byte, radius.MaxPacketLength)
	for {
		raw, err := readPacket(conn, buffer)
		if err != nil {
			if errors.Is(err, errShape) {
				d.tell(ctx, l, first, notice{outcome: Malformed, why: "what came over TLS is no packet"})
			}
			return
		}
		// The settings may have changed: each packet is its client's of the moment.
		if l.client, err = d.clientOf(certificates); err != nil || l.client.id != first.id {
			d.tell(ctx, l, nil, notice{outcome: Unknown, why: errCertificate.Error()})
			return
		}
		d.take(ctx, l, raw)
	}
}

// clientOf finds the client of a certificate: one that is named by its SHA-256 as it is, or by a name that the authority vouches for.
func (d *Door) clientOf(chain []*x509.Certificate) (*client, error) {
	if len(chain) == 0 {
		return nil, errCertificate
	}
	trusted := false
	if d.config.ClientCA != nil {
		between := x509.NewCertPool()
		for _, cert := range chain[1:] {
			between.AddCert(cert)
		}
		_, err := chain[0].Verify(x509.VerifyOptions{Roots: d.config.ClientCA, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		trusted = err == nil
	}
	if found, ok := d.clients.Load().with(chain[0], trusted); ok {
		return found, nil
	}
	return nil, errCertificate
}

// deadlines is a connection that can be told how long to wait.
type deadlines interface {
	io.Reader
	SetReadDeadline(time.Time) error
}

// readPacket reads the next packet of a stream: its length says where it ends.
func readPacket(conn deadlines, buffer []byte) ([]byte, error) {
	if err := conn.SetReadDeadline(time.Now().Add(idleTime)); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(conn, buffer[:1]); err != nil {
		return nil, err
	}
	if err := conn.SetReadDeadline(time.Now().Add(packetTime)); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(conn, buffer[1:4]); err != nil {
		return nil, err
	}
	length := int(binary.BigEndian.Uint16(buffer[2:4]))
	if length < headSize || length > len(buffer) {
		return nil, fmt.Errorf("%w: %d bytes long", errShape, length)
	}
	_, err := io.ReadFull(conn, buffer[4:length])
	return buffer[:length], err
}
