package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/nodkey/nodkey/demo"
	"github.com/nodkey/nodkey/web"
)

// lanStage is what a demo on the local network has besides: an authority of its
// own, and a page over plain HTTP that hands it out.
type lanStage struct {
	certificates *lanCertificates
	trust        web.Origin   // the page over plain HTTP
	listener     net.Listener // of that page
	path         string       // file of the authority's certificate
	hosts        []string     // what the certificate is for
}

// The ports of a demo on the local network, each replaced by a free one where
// it is taken: the page, the portal, the phone app, the authority.
const (
	lanPagePort   = "8443"
	lanPortalPort = "8444"
	lanPhonePort  = "8445"
	lanTrustPort  = "8080"
)

// openLANStage listens on the machine's address on the network: portal, phone
// app and page are told apart by their ports, for there may be no names.
func openLANStage(f demoFlags, dir string) (_ *stage, err error) {
	address, pagePort, err := lanAddress(f)
	if err != nil {
		return nil, err
	}
	host := address.String()
	if f.name != "" {
		host = strings.ToLower(f.name)
	}
	st := &stage{lan: &lanStage{hosts: []string{address.String()}}}
	if f.name != "" {
		st.lan.hosts = append(st.lan.hosts, host)
	}
	var open []net.Listener
	defer func() {
		if err != nil {
			for _, l := range open {
				_ = l.Close()
			}
		}
	}()
	take := func(scheme, port string, fixed bool, origin *web.Origin) (net.Listener, error) {
		listener, err := openListener("--lan", Listen(net.JoinHostPort(address.String(), port)))
		if errors.Is(err, syscall.EADDRINUSE) && !fixed {
			listener, err = openListener("--lan", Listen(net.JoinHostPort(address.String(), "0")))
		}
		if err != nil {
			return nil, err
		}
		open = append(open, listener)
		_, port, err = net.SplitHostPort(listener.Addr().String())
		if err != nil {
			return nil, err
		}
		*origin, err = web.ParseOrigin(scheme + "://" + net.JoinHostPort(host, port))
		return listener, err
	}
	if st.main, err = take("https", pagePort, f.chosen, &st.page); err != nil {
		return nil, err
	}
	st.listen = st.main.Addr().String()
	portal, err := take("https", lanPortalPort, false, &st.portal)
	if err != nil {
		return nil, err
	}
	phone, err := take("https", lanPhonePort, false, &st.phone)
	if err != nil {
		return nil, err
	}
	st.extra = []endpoint{{name: "portal", listener: portal}, {name: "phone", listener: phone}}
	if st.lan.listener, err = take("http", lanTrustPort, false, &st.lan.trust); err != nil {
		return nil, err
	}
	return st, st.lan.makeAuthority(dir, f.keep != "")
}

// makeAuthority makes it, or takes the one of an earlier run, and writes its
// certificate down for those who want the file.
func (l *lanStage) makeAuthority(dir string, keep bool) (err error) {
	kept := ""
	if keep {
		kept = dir
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("cannot use the data directory %s: %w", dir, plain(err))
	}
	if l.certificates, err = newLANCertificates(kept, l.hosts, time.Now()); err != nil {
		return err
	}
	l.path = filepath.Join(dir, "ca.crt")
	if err := os.WriteFile(l.path, pemBlock("CERTIFICATE", l.certificates.authority.Raw), 0o600); err != nil {
		return fmt.Errorf("cannot write the demo's certificate: %w", plain(err))
	}
	return nil
}

// fingerprint is what people compare: SHA-256 of the certificate, as browsers
// and phones show it.
func (l *lanStage) fingerprint() string {
	sum := sha256.Sum256(l.certificates.authority.Raw)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum), " ", ":")
}

// addTrustPage puts the page for real phones on its plain address.
func (st *stage) addTrustPage(h *house, srv *server, assets *web.Assets) error {
	l := st.lan
	mux := http.NewServeMux()
	demo.Trust{
		Authority: http.HandlerFunc(l.certificates.serveAuthority), Fingerprint: l.fingerprint(), Hosts: strings.Join(l.hosts, ", "),
		Until: l.certificates.authority.NotAfter.Local(), PhoneApp: st.phone, SideBySide: st.page,
		Texts: h.texts, Assets: assets,
	}.Routes(mux)
	hosts, err := web.NewHosts(web.PlainFail(h.sentence), srv.door("trust", l.trust).Site(web.Routes(mux)))
	if err != nil {
		return err
	}
	st.extra = append(st.extra, endpoint{name: "trust", listener: l.listener, handler: hosts})
	return nil
}

// lanAddress gives the address to be found at, and the page's port.
func lanAddress(f demoFlags) (address netip.Addr, port string, err error) {
	usage := func(format string, args ...any) (netip.Addr, string, error) {
		return netip.Addr{}, "", &commandError{
			code: exitUsage, sentence: fmt.Sprintf(format, args...), next: "`ip address` and `ifconfig` show this machine's addresses.",
		}
	}
	port = lanPagePort
	given := f.address
	if f.chosen {
		host, chosen, err := net.SplitHostPort(f.listen)
		if err != nil {
			return usage("--listen: %q is not an address and port such as :8443", f.listen)
		}
		port = chosen
		if addr, err := netip.ParseAddr(host); err == nil && !addr.IsUnspecified() && given == "" {
			given = host
		}
	}
	if given == "" {
		if address = ownAddress(); !address.IsValid() {
			return usage("this machine has no address on a local network that the demo could find; name one with --lan-address")
		}
		return address, port, nil
	}
	address, err = netip.ParseAddr(given)
	switch {
	case err != nil || address.Zone() != "" || address.IsUnspecified():
		return usage("%q is not an address of this machine such as 192.168.1.20", given)
	case address.IsLoopback():
		return usage("%s is this machine alone; phones need its address on the network", given)
	}
	return address.Unmap(), port, nil
}

// ownAddress is the one from which this machine talks to others. Nothing is
// sent: a UDP socket only looks the route up.
func ownAddress() netip.Addr {
	if conn, err := net.Dial("udp", "192.0.2.1:9"); err == nil { // TEST-NET-1, RFC 5737
		defer func() { _ = conn.Close() }()
		if local, ok := conn.LocalAddr().(*net.UDPAddr); ok && !local.IP.IsLoopback() {
			return local.AddrPort().Addr().Unmap()
		}
	}
	// Without a route to the world, a network of its own may still be there.
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return netip.Addr{}
	}
	for _, a := range addresses {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr().Is4() && prefix.Addr().IsPrivate() {
			return prefix.Addr()
		}
	}
	return netip.Addr{}
}

// checkByPort is what stands in for checkOrigins in the demo on a local
// network, and nowhere else: there the doors may share one host, even an
// address, and differ by port. Cookies know no ports, so every door has names
// of its own for them (web.Cookie); WebAuthn is off where there is no name.
func (s *settings) checkByPort() (string, error) {
	switch {
	case !s.PortalHost.Secure():
		return "portal_host", errors.New("must begin with https://")
	case !s.PhoneHost.Secure():
		return "phone_host", errors.New("must begin with https://")
	case s.PortalHost.Host() == s.PhoneHost.Host():
		return "phone_host", errors.New("must be another origin than portal_host")
	}
	return "", nil
}
