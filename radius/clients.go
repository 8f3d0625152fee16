package radius

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"sync"

	"github.com/nodkey/nodkey"
)

// client is an application of this door.
type client struct {
	Settings
	id    nodkey.ApplicationID
	plain bool
	load  *load // shared by all versions of its settings
}

// clients finds a client by where its packets come from. It does not change.
type clients struct {
	networks map[netip.Prefix]place
	lengths  []int // of the prefixes, longest first, IPv4 and IPv6 together
	sums     map[string]*client
	names    map[string]*client
}

// place is a network of a client's.
type place struct {
	client  *client
	eapOnly bool
}

// newClients reads the applications of this door.
func newClients(all []nodkey.ApplicationInfo) (*clients, error) {
	c := &clients{networks: map[netip.Prefix]place{}, sums: map[string]*client{}, names: map[string]*client{}}
	seen := [129]bool{}
	for _, app := range all {
		settings, err := ParseSettings(app.Settings)
		if err != nil {
			return nil, fmt.Errorf("application %s: %w", app.ID, err)
		}
		one := &client{Settings: settings, id: app.ID, plain: app.Plain}
		taken := func(what string, by *client) error {
			return fmt.Errorf("applications %s and %s both name %s: a packet from there could be either's", by.id, one.id, what)
		}
		for i, list := range [][]netip.Prefix{settings.Networks, settings.EAPNetworks} {
			for _, p := range list {
				if other, ok := c.networks[p]; ok && other.client.id != one.id {
					return nil, taken("the network "+p.String(), other.client)
				} else if !ok {
					c.networks[p] = place{client: one, eapOnly: i == 1}
				}
				seen[p.Bits()] = true
			}
		}
		for _, sum := range settings.Certificates {
			if other, ok := c.sums[sum]; ok && other.id != one.id {
				return nil, taken("the certificate "+sum, other)
			}
			c.sums[sum] = one
		}
		for _, name := range settings.Names {
			if other, ok := c.names[name]; ok && other.id != one.id {
				return nil, taken("the certificate of "+name, other)
			}
			c.names[name] = one
		}
	}
	for bits := len(seen) - 1; bits >= 0; bits-- {
		if seen[bits] {
			c.lengths = append(c.lengths, bits)
		}
	}
	return c, nil
}

// each calls f with every client, some more often than once.
func (c *clients) each(f func(*client)) {
	for _, at := range c.networks {
		f(at.client)
	}
	for _, found := range c.sums {
		f(found)
	}
	for _, found := range c.names {
		f(found)
	}
}

// at gives the client of an address: that with the longest network around it.
func (c *clients) at(addr netip.Addr) (place, bool) {
	addr = addr.Unmap().WithZone("")
	for _, bits := range c.lengths {
		p, err := addr.Prefix(bits)
		if err != nil { // longer than an IPv4 address
			continue
		}
		if found, ok := c.networks[p]; ok {
			return found, true
		}
	}
	return place{}, false
}

// with gives the client of a certificate: one that is named itself, or one by a trusted authority for a name.
func (c *clients) with(cert *x509.Certificate, trusted bool) (*client, bool) {
	sum := sha256.Sum256(cert.Raw)
	if found, ok := c.sums[hex.EncodeToString(sum[:])]; ok {
		return found, true
	}
	if !trusted {
		return nil, false
	}
	for _, name := range cert.DNSNames {
		if found, ok := c.names[strings.ToLower(name)]; ok {
			return found, true
		}
	}
	return nil, false
}

// load is how much of one client's is in work.
type load struct {
	mu      sync.Mutex
	proving int           // packets whose sender is not proved yet
	open    int           // proved ones without an answer yet, those that wait for a phone included
	proofs  chan struct{} // those whose sender is being proved
	turns   chan struct{} // what the domain is asked at one time
}

func newLoad() *load {
	return &load{proofs: make(chan struct{}, proofsMax), turns: make(chan struct{}, turnsMax)}
}

// The bounds of one client, and of all together.
const (
	provingMax = 256
	openMax    = 4096
	proofsMax  = 8
	turnsMax   = 32
	openInAll  = 20000
)

// enter takes a place if there is one.
func (l *load) enter(count *int, limit int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if *count >= limit {
		return false
	}
	*count++
	return true
}

// full spares what is to be dropped all other work.
func (l *load) full() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.proving >= provingMax
}

func (l *load) leave(count *int) {
	l.mu.Lock()
	*count--
	l.mu.Unlock()
}
