package main

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/nodkey/nodkey/web"
)

// Duration is a span of time, written as Go does: 90s, 30m, 12h.
type Duration time.Duration

// UnmarshalText reads a positive span with its unit.
func (d *Duration) UnmarshalText(text []byte) error {
	span, err := time.ParseDuration(string(text))
	if err != nil || span <= 0 {
		return fmt.Errorf("%q is not a time span such as 90s, 30m or 12h", text)
	}
	*d = Duration(span)
	return nil
}

// String gives the span without the parts that are zero.
func (d Duration) String() string {
	text := time.Duration(d).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Listen is an address and port to listen on; empty listens nowhere. Port 0
// takes any free one.
type Listen string

// UnmarshalText reads ":443", "127.0.0.1:8080", "[::1]:0" or "localhost:80".
func (l *Listen) UnmarshalText(text []byte) error {
	*l = Listen(text)
	if len(text) == 0 {
		return nil
	}
	host, port, err := net.SplitHostPort(string(text))
	if err != nil {
		return fmt.Errorf("%q is not an address and port such as :443 or 127.0.0.1:8080", text)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q has no port between 0 and 65535", text)
	}
	if host != "" && host != "localhost" {
		if _, err := netip.ParseAddr(host); err != nil {
			return fmt.Errorf("%q must name an address of this machine, not a host name", text)
		}
	}
	return nil
}

// String gives the address as it was written.
func (l Listen) String() string { return string(l) }

// Loopback says whether only this machine can reach the address.
func (l Listen) Loopback() bool {
	host, _, err := net.SplitHostPort(string(l))
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && addr.IsLoopback())
}

// Prefixes is a list of networks.
type Prefixes []netip.Prefix

// UnmarshalText reads networks or single addresses with commas between.
func (p *Prefixes) UnmarshalText(text []byte) error {
	*p = nil
	if strings.TrimSpace(string(text)) == "" {
		return nil
	}
	for part := range strings.SplitSeq(string(text), ",") {
		part = strings.TrimSpace(part)
		if addr, err := netip.ParseAddr(part); err == nil && addr.Zone() == "" {
			addr = addr.Unmap()
			*p = append(*p, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(part)
		if err != nil {
			return fmt.Errorf("%q is not a network such as 10.0.0.0/8", part)
		}
		if prefix.Addr().Is4In6() {
			return fmt.Errorf("%q: write IPv4 networks as IPv4", part)
		}
		if prefix != prefix.Masked() {
			return fmt.Errorf("%q has bits beyond its mask; the network is %s", part, prefix.Masked())
		}
		*p = append(*p, prefix)
	}
	return nil
}

// String gives the networks with commas between.
func (p Prefixes) String() string {
	parts := make([]string, len(p))
	for i, prefix := range p {
		parts[i] = prefix.String()
	}
	return strings.Join(parts, ", ")
}

// proxies gives the networks as the doors take them.
func (p Prefixes) proxies() web.Proxies { return web.Proxies(p) }
