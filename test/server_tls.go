package test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"maps"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// serveTLS starts a server that ends TLS itself, with a certificate under a root of the test's, which stands in the file that it gives.
// The portal is at localhost, a name that every program finds.
func serveTLS(t testing.TB, options map[string]string) (s *server, rootFile string) {
	t.Helper()
	port := freePort(t)
	s = &server{listen: "127.0.0.1:" + port, portal: "https://localhost:" + port, phone: "https://phone.nodkey.localhost:" + port}
	dir := t.TempDir()
	rootFile = filepath.Join(dir, "root.pem")
	set := map[string]string{"tls.mode": "files", "tls.cert": filepath.Join(dir, "cert.pem"), "tls.key": filepath.Join(dir, "key.pem")}
	s.roots = certify(t, rootFile, set["tls.cert"], set["tls.key"], "localhost", "phone.nodkey.localhost")
	maps.Copy(set, options)
	s.serve(t, set)
	return s, rootFile
}

// certify makes a root and a certificate under it for some names and for 127.0.0.1.
func certify(t testing.TB, rootFile, certFile, keyFile string, names ...string) *x509.CertPool {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	now := time.Now()
	sign := func(template, parent *x509.Certificate, key *ecdsa.PrivateKey) []byte {
		template.NotBefore, template.NotAfter = now.Add(-time.Hour), now.Add(24*time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), rootKey)
		must(err)
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a root of the test"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	rootPEM := sign(root, root, rootKey)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	for name, data := range map[string][]byte{rootFile: rootPEM, certFile: sign(leaf, root, key), keyFile: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})} {
		must(os.WriteFile(name, data, 0o600))
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(rootPEM) {
		t.Fatal("the root is none")
	}
	return roots
}
