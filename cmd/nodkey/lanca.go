package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

// lanCertificates are a certificate authority for one demo on one local
// network, and a server certificate under it. Whoever installs the authority on
// a phone trusts it only for the names and addresses it was made for: name
// constraints (RFC 5280 §4.2.1.10) say so in the authority itself.
type lanCertificates struct {
	authority *x509.Certificate
	server    tls.Certificate
}

// lanLife is how long the authority lives. Phones have to trust it once in
// that time; whoever forgets to remove it is rid of it soon.
const lanLife = 30 * 24 * time.Hour

// newLANCertificates makes, or takes from dir where it fits, an authority for
// exactly these hosts (names or addresses), and a server certificate. An empty
// dir keeps the authority in memory only.
func newLANCertificates(dir string, hosts []string, now time.Time) (*lanCertificates, error) {
	if len(hosts) == 0 {
		return nil, errors.New("a certificate needs a host name or an address")
	}
	var names []string
	var addresses []net.IP
	for _, h := range hosts {
		if addr, err := netip.ParseAddr(h); err == nil {
			addresses = append(addresses, addr.Unmap().WithZone("").AsSlice())
		} else {
			names = append(names, h)
		}
	}
	authority, key, err := readAuthority(dir, names, addresses, now)
	if err != nil {
		return nil, err
	}
	if authority == nil {
		if authority, key, err = makeAuthority(names, addresses, now); err != nil {
			return nil, err
		}
		if err := writeAuthority(dir, authority, key); err != nil {
			return nil, err
		}
	}
	c := &lanCertificates{authority: authority}
	c.server, err = makeLeaf(authority, key, names, addresses, now)
	return c, err
}

// tls serves the certificate.
func (c *lanCertificates) tls() *tls.Config {
	return tlsConfig(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &c.server, nil })
}

// serveAuthority is what phones download, over plain HTTP because they cannot
// trust us yet; people compare the fingerprint.
func (c *lanCertificates) serveAuthority(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/x-x509-ca-cert")
	w.Header().Set("Content-Disposition", `attachment; filename="nodkey-demo-ca.crt"`)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(pemBlock("CERTIFICATE", c.authority.Raw)) // the phone may be gone
}

func makeAuthority(names []string, addresses []net.IP, now time.Time) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber:                serial(),
		Subject:                     pkix.Name{CommonName: "Nodkey demo " + now.UTC().Format(time.DateOnly), Organization: []string{"Nodkey demo, made on this network"}},
		NotBefore:                   now.Add(-time.Hour), // clocks of phones differ
		NotAfter:                    now.Add(lanLife),
		KeyUsage:                    x509.KeyUsageCertSign,
		BasicConstraintsValid:       true,
		IsCA:                        true,
		MaxPathLenZero:              true,
		PermittedDNSDomainsCritical: true,
	}
	template.PermittedDNSDomains = names
	if len(names) == 0 { // a kind of name without a constraint would be free
		template.ExcludedDNSDomains = []string{""}
	}
	for _, ip := range addresses {
		bits := 8 * len(ip)
		template.PermittedIPRanges = append(template.PermittedIPRanges, &net.IPNet{IP: ip, Mask: net.CIDRMask(bits, bits)})
	}
	if len(addresses) == 0 {
		template.ExcludedIPRanges = []*net.IPNet{
			{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)}, {IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)},
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, fmt.Errorf("making the demo's certificate authority: %w", err)
	}
	authority, err := x509.ParseCertificate(der)
	return authority, key, err
}

func makeLeaf(authority *x509.Certificate, authorityKey *ecdsa.PrivateKey, names []string, addresses []net.IP, now time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: "Nodkey demo server"},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     authority.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     names,
		IPAddresses:  addresses,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, authority, key.Public(), authorityKey)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making the demo's certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}

const authorityFile = "demo-ca.pem" // key and certificate, 0600

// readAuthority gives the kept authority if it is for exactly these hosts and
// lives for another day; nil when there is none that fits.
func readAuthority(dir string, names []string, addresses []net.IP, now time.Time) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	if dir == "" {
		return nil, nil, nil
	}
	data, err := os.ReadFile(filepath.Join(dir, authorityFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read the demo's certificate authority in %s: %w", dir, plain(err))
	}
	pair, err := tls.X509KeyPair(data, data)
	if err != nil {
		return nil, nil, fmt.Errorf("the demo's certificate authority in %s is damaged (%w); delete it to make a new one", dir, err)
	}
	key, isECDSA := pair.PrivateKey.(*ecdsa.PrivateKey)
	fits := isECDSA && pair.Leaf.NotAfter.After(now.Add(24*time.Hour)) &&
		sameNames(pair.Leaf.PermittedDNSDomains, names) && sameAddresses(pair.Leaf.PermittedIPRanges, addresses)
	if !fits {
		return nil, nil, nil
	}
	return pair.Leaf, key, nil
}

func writeAuthority(dir string, authority *x509.Certificate, key *ecdsa.PrivateKey) error {
	if dir == "" {
		return nil
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	data := append(pemBlock("PRIVATE KEY", der), pemBlock("CERTIFICATE", authority.Raw)...)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("cannot make %s: %w", dir, plain(err))
	}
	path := filepath.Join(dir, authorityFile)
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return fmt.Errorf("cannot keep the demo's certificate authority: %w", err)
	}
	return os.Rename(path+".new", path)
}

func sameNames(a, b []string) bool {
	set := map[string]bool{}
	for _, n := range a {
		set[n] = true
	}
	for _, n := range b {
		if !set[n] {
			return false
		}
	}
	return len(a) == len(b)
}

func sameAddresses(ranges []*net.IPNet, addresses []net.IP) bool {
	var a, b []string
	for _, r := range ranges {
		a = append(a, r.IP.String())
	}
	for _, ip := range addresses {
		b = append(b, ip.String())
	}
	return sameNames(a, b)
}

func serial() *big.Int {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails (crypto/rand, since Go 1.24)
	raw[0] &= 0x7f           // positive, RFC 5280 §4.1.2.2
	return new(big.Int).SetBytes(raw[:])
}

func pemBlock(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
