package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nodkey/nodkey/web"
)

func verify(c *lanCertificates, leaf *x509.Certificate, host string, at time.Time) error {
	roots := x509.NewCertPool()
	roots.AddCert(c.authority)
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: host, CurrentTime: at})
	return err
}

func TestTheDemosAuthorityIsTrustedForItsHostsOnly(t *testing.T) {
	now := time.Now()
	for _, hosts := range [][]string{{"192.168.7.1"}, {"nodkey.local"}, {"192.168.7.1", "2001:db8::1", "nodkey.local"}} {
		c, err := newLANCertificates("", hosts, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hosts {
			name := h
			if net.ParseIP(h) != nil {
				name = "[" + h + "]"
			}
			if err := verify(c, c.server.Leaf, name, now); err != nil {
				t.Errorf("%v: %s: %v", hosts, h, err)
			}
			if verify(c, c.server.Leaf, name, now.Add(lanLife+time.Minute)) == nil {
				t.Errorf("%v: %s is still trusted after %s", hosts, h, lanLife)
			}
			if verify(c, c.server.Leaf, name, now.Add(-2*time.Hour)) == nil {
				t.Errorf("%v: %s was trusted before it was made", hosts, h)
			}
		}
		if verify(c, c.server.Leaf, "bank.example", now) == nil {
			t.Errorf("%v: the certificate holds for a foreign host", hosts)
		}
	}
}

func TestWhoStealsTheDemosAuthorityCannotSpeakForOtherHosts(t *testing.T) {
	now, dir := time.Now(), t.TempDir()
	for _, hosts := range [][]string{{"192.168.7.1"}, {"nodkey.local"}} {
		c, err := newLANCertificates(filepath.Join(dir, hosts[0]), hosts, now)
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, hosts[0], authorityFile))
		if err != nil {
			t.Fatal(err)
		}
		pair, err := tls.X509KeyPair(data, data)
		if err != nil {
			t.Fatal(err)
		}
		for name, forged := range map[string]*x509.Certificate{
			"bank.example": {DNSNames: []string{"bank.example"}},
			"[10.0.0.1]":   {IPAddresses: []net.IP{net.IPv4(10, 0, 0, 1)}},
			"[::2]":        {IPAddresses: []net.IP{net.ParseIP("::2")}},
		} {
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			forged.SerialNumber, forged.NotBefore, forged.NotAfter = serial(), now, now.Add(time.Hour)
			der, err := x509.CreateCertificate(rand.Reader, forged, c.authority, key.Public(), pair.PrivateKey)
			if err != nil {
				t.Fatal(err)
			}
			leaf, err := x509.ParseCertificate(der)
			if err != nil {
				t.Fatal(err)
			}
			if verify(c, leaf, name, now.Add(time.Minute)) == nil {
				t.Errorf("an authority for %v speaks for %s", hosts, name)
			}
		}
	}
}

func TestAKeptAuthorityIsTrustedOnce(t *testing.T) {
	now, dir := time.Now(), filepath.Join(t.TempDir(), "lan")
	make := func(at time.Time, hosts ...string) *lanCertificates {
		t.Helper()
		c, err := newLANCertificates(dir, hosts, at)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := make(now, "192.168.7.1", "nodkey.local")
	if info, err := os.Stat(filepath.Join(dir, authorityFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("kept as %v, %v", info.Mode(), err)
	}
	again := make(now.Add(time.Hour), "nodkey.local", "192.168.7.1")
	if !again.authority.Equal(first.authority) {
		t.Error("the same hosts got another authority")
	}
	if err := verify(first, again.server.Leaf, "nodkey.local", now.Add(time.Hour)); err != nil {
		t.Error(err)
	}
	if make(now, "192.168.7.2").authority.Equal(first.authority) {
		t.Error("another address kept the authority")
	}
	kept := make(now, "192.168.7.2")
	if make(now.Add(lanLife-time.Hour), "192.168.7.2").authority.Equal(kept.authority) {
		t.Error("an authority about to end was kept")
	}
	if err := os.WriteFile(filepath.Join(dir, authorityFile), []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := newLANCertificates(dir, []string{"192.168.7.2"}, now); err == nil {
		t.Error("a damaged authority was taken")
	}
}

func TestPhonesGetTheAuthorityAndNeverItsKey(t *testing.T) {
	c, err := newLANCertificates("", []string{"192.168.7.1"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	c.serveAuthority(w, httptest.NewRequest("GET", "/ca.crt", nil))
	block, rest := pem.Decode(w.Body.Bytes())
	if block == nil || len(rest) != 0 || block.Type != "CERTIFICATE" || !bytes.Equal(block.Bytes, c.authority.Raw) {
		t.Errorf("served %q", w.Body)
	}
	if w.Header().Get("Content-Type") != "application/x-x509-ca-cert" {
		t.Errorf("as %q", w.Header().Get("Content-Type"))
	}
}

// certFile writes a certificate for host and its key into dir.
func certFile(t *testing.T, dir, host string, at time.Time) (cert, key string) {
	t.Helper()
	c, err := newLANCertificates("", []string{host}, at)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(c.server.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, data := range map[string][]byte{cert: pemBlock("CERTIFICATE", c.server.Certificate[0]), key: pemBlock("PRIVATE KEY", der)} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestARenewedCertificateIsTakenUpAndABrokenOneIsNot(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	cert, key := certFile(t, dir, "one.example", now)
	files, err := newCertFiles(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	files.now, files.looked = func() time.Time { return now }, now
	serves := func() string {
		t.Helper()
		c, err := files.getCertificate(nil)
		if err != nil {
			t.Fatal(err)
		}
		return c.Leaf.DNSNames[0]
	}
	touch := func(offset time.Duration) { // file systems may keep times coarsely
		t.Helper()
		if err := os.Chtimes(cert, now.Add(offset), now.Add(offset)); err != nil {
			t.Fatal(err)
		}
	}
	certFile(t, dir, "two.example", now)
	touch(time.Minute)
	if got := serves(); got != "one.example" {
		t.Errorf("looked at the files again at once: %s", got)
	}
	now = now.Add(reloadEvery)
	if got := serves(); got != "two.example" {
		t.Errorf("a renewed certificate is not taken up: %s", got)
	}
	if err := os.WriteFile(cert, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	touch(2 * time.Minute)
	now = now.Add(reloadEvery)
	if got := serves(); got != "two.example" {
		t.Errorf("a broken certificate took over: %s", got)
	}
}

func TestBadCertificateFilesAreOneSentence(t *testing.T) {
	dir := t.TempDir()
	cert, key := certFile(t, dir, "a.example", time.Now())
	old, oldKey := certFile(t, t.TempDir(), "a.example", time.Now().Add(-2*lanLife))
	for name, c := range map[string][2]string{
		"missing certificate": {filepath.Join(dir, "none"), key},
		"missing key":         {cert, filepath.Join(dir, "none")},
		"mixed up":            {key, cert},
		"of another":          {cert, oldKey},
		"run out":             {old, oldKey},
	} {
		_, err := newCertFiles(c[0], c[1])
		var text bytes.Buffer
		if code := report(&text, err); code != exitConfig || bytes.Count(text.Bytes(), []byte("\n")) != 2 {
			t.Errorf("%s: exit code %d: %s", name, code, &text)
		}
	}
}

func TestCertificateFilesServeTLS(t *testing.T) {
	s := loopback(t)
	dir := t.TempDir()
	s.TLS.Mode = "files"
	s.TLS.Cert, s.TLS.Key = certFile(t, dir, "portal.localhost", time.Now())
	r := start(t, s, says("in"), app{})
	conn, err := tls.Dial("tcp", r.main, &tls.Config{ServerName: "portal.localhost", InsecureSkipVerify: true, NextProtos: []string{"h2"}}) // looked at below
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	state := conn.ConnectionState()
	if err := state.PeerCertificates[0].VerifyHostname("portal.localhost"); err != nil || state.NegotiatedProtocol != "h2" {
		t.Errorf("%v, protocol %q", err, state.NegotiatedProtocol)
	}
	if code, _ := askPlain(t, r.main); code != http.StatusBadRequest {
		t.Errorf("plain HTTP on the TLS port: %d", code)
	}
}

func askPlain(t *testing.T, at string) (int, error) {
	t.Helper()
	answer, err := http.Get("http://" + at)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Body.Close()
}

func TestOnALocalNetworkPortsStandForHosts(t *testing.T) {
	c, err := newLANCertificates("", []string{"127.0.0.1"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	listen := func() net.Listener {
		t.Helper()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	portal, phone, authority := listen(), listen(), listen()
	s := loopback(t)
	for _, o := range []struct {
		origin *web.Origin
		at     net.Listener
	}{{&s.PortalHost, portal}, {&s.PhoneHost, phone}} {
		if *o.origin, err = web.ParseOrigin("https://" + o.at.Addr().String()); err != nil {
			t.Fatal(err)
		}
	}
	trust := http.NewServeMux()
	trust.HandleFunc("GET /ca.crt", c.serveAuthority)
	start(t, s, says("portal"), app{
		main: portal, lanTLS: c,
		sites: []web.Site{{Origin: s.PhoneHost, Handler: says("phone")}},
		extra: []endpoint{{name: "phone", listener: phone}, {name: "trust", listener: authority, handler: trust}},
	})
	downloaded, err := fetch(http.DefaultClient, "http://"+authority.Addr().String()+"/ca.crt")
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM([]byte(downloaded)) {
		t.Fatalf("the authority: %v %q", err, downloaded)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	for origin, want := range map[web.Origin]string{s.PortalHost: "portal", s.PhoneHost: "phone"} {
		if body, err := fetch(client, origin.String()); err != nil || body != want {
			t.Errorf("%s: got %q, %v", origin, body, err)
		}
	}
}
