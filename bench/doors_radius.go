package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"

	door "github.com/nodkey/nodkey/radius"
)

// RADIUSClient is one piece of equipment: its packets come from one address.
type RADIUSClient struct {
	Server   netip.AddrPort
	From     netip.Addr
	Secret   string
	Names    []string // who signs in, each once; a phone of theirs is active
	Password string

	next atomic.Int64
}

// identifiers are how many requests one socket may have open (RFC 2865 §3).
const identifiers = 256

// request makes the next person's Access-Request.
func (c *RADIUSClient) request(identifier byte) ([]byte, error) {
	n := int(c.next.Add(1)) - 1
	if n >= len(c.Names) {
		return nil, errors.New("everybody has signed in once: fewer rounds, or more users")
	}
	p := radius.New(radius.CodeAccessRequest, []byte(c.Secret))
	p.Identifier = identifier
	address := fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255)
	if err := errors.Join(rfc2865.UserName_SetString(p, c.Names[n]), rfc2865.UserPassword_SetString(p, c.Password),
		rfc2865.CallingStationID_SetString(p, address)); err != nil {
		return nil, err
	}
	return door.SealRequest(p)
}

func (c *RADIUSClient) dial() (*net.UDPConn, error) {
	return net.DialUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(c.From, 0)), net.UDPAddrFromAddrPort(c.Server))
}

// Hold sends n requests that wait for their phones, and gives how to hang up.
func (c *RADIUSClient) Hold(n int) (release func(), err error) {
	var sockets []*net.UDPConn
	release = func() {
		for _, s := range sockets {
			s.Close()
		}
	}
	for sent := range n {
		if sent%identifiers == 0 {
			socket, err := c.dial()
			if err != nil {
				release()
				return nil, err
			}
			sockets = append(sockets, socket)
		}
		raw, err := c.request(byte(sent % identifiers))
		if err == nil {
			_, err = sockets[len(sockets)-1].Write(raw)
		}
		if err != nil {
			release()
			return nil, err
		}
		if sent%32 == 31 {
			time.Sleep(20 * time.Millisecond) // a socket of the server's holds some hundred packets
		}
	}
	return release, nil
}

// radiusPatience is how long an answer may take before the packet is sent again.
const radiusPatience = 2 * time.Second

// Ask sends requests that are answered at once with a challenge, workers at a time, and tells how many a second.
func (c *RADIUSClient) Ask(ctx context.Context, workers int, lasting time.Duration) (float64, error) {
	sockets := make([]*net.UDPConn, workers)
	counts := make([]int, workers)
	for i := range sockets {
		var err error
		if sockets[i], err = c.dial(); err != nil {
			return 0, err
		}
		defer sockets[i].Close()
	}
	return repeat(ctx, workers, lasting, []func(int) error{func(w int) error {
		counts[w]++
		raw, err := c.request(byte(counts[w] % identifiers))
		if err != nil {
			return err
		}
		return exchange(sockets[w], raw)
	}})
}

// exchange sends a packet until it is answered, three times at most, and insists on a challenge.
func exchange(socket *net.UDPConn, raw []byte) error {
	answer := make([]byte, 4096)
	for range 3 {
		if _, err := socket.Write(raw); err != nil {
			return err
		}
		for {
			if err := socket.SetReadDeadline(time.Now().Add(radiusPatience)); err != nil {
				return err
			}
			n, err := socket.Read(answer)
			if timeout := (net.Error)(nil); errors.As(err, &timeout) && timeout.Timeout() {
				break
			}
			if err != nil {
				return err
			}
			if n < 20 || answer[1] != raw[1] { // of a request before
				continue
			}
			if code := radius.Code(answer[0]); code != radius.CodeAccessChallenge {
				why := ""
				if p, err := radius.Parse(answer[:n], nil); err == nil {
					why = rfc2865.ReplyMessage_GetString(p)
				}
				return fmt.Errorf("the RADIUS door answered with %s: %s", code, why)
			}
			return nil
		}
	}
	return errors.New("the RADIUS door does not answer")
}
