package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// tlsConfig is the setting for every TLS listener: TLS 1.2 and up, Go's own
// choice of suites and curves.
func tlsConfig(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: certificate,
	}
}

// certFiles serves a certificate from files and takes a renewed one up without
// a restart. A renewal that cannot be used leaves the old one in place.
type certFiles struct {
	cert, key string
	log       *slog.Logger
	now       func() time.Time

	mu      sync.Mutex
	current *tls.Certificate
	stamp   string    // of both files when current was read
	looked  time.Time // when the files were last looked at
}

// reloadEvery is how often handshakes look at the files' times.
const reloadEvery = 30 * time.Second

// newCertFiles reads both files; errors are sentences for the operator.
func newCertFiles(cert, key string) (*certFiles, error) {
	c := &certFiles{cert: cert, key: key, log: slog.New(slog.DiscardHandler), now: time.Now}
	c.stamp, c.looked = c.stampNow(), c.now()
	loaded, err := c.load()
	if err != nil {
		return nil, &commandError{
			code: exitConfig, sentence: err.Error(), err: err,
			next: "Check tls.cert and tls.key, or choose another tls.mode.",
		}
	}
	c.current = loaded
	return c, nil
}

func (c *certFiles) load() (*tls.Certificate, error) {
	certPEM, err := os.ReadFile(c.cert)
	if err != nil {
		return nil, fmt.Errorf("cannot read the certificate %s: %w", c.cert, plain(err))
	}
	keyPEM, err := os.ReadFile(c.key)
	if err != nil {
		return nil, fmt.Errorf("cannot read the private key %s: %w", c.key, plain(err))
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("the certificate %s and the key %s cannot be used: %w", c.cert, c.key, err)
	}
	if until := pair.Leaf.NotAfter; c.now().After(until) {
		return nil, fmt.Errorf("the certificate %s ran out on %s", c.cert, until.Format(time.DateOnly))
	}
	return &pair, nil
}

// getCertificate is for tls.Config.
func (c *certFiles) getCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.looked) >= reloadEvery {
		c.looked = now
		if stamp := c.stampNow(); stamp != c.stamp {
			c.stamp = stamp
			if loaded, err := c.load(); err != nil {
				c.log.Error("keeping the old certificate", "error", err)
			} else {
				c.current = loaded
				c.log.Info("took up a new certificate", "until", loaded.Leaf.NotAfter)
			}
		}
	}
	return c.current, nil
}

func (c *certFiles) stampNow() string {
	stamp := ""
	for _, path := range []string{c.cert, c.key} {
		if info, err := os.Stat(path); err == nil {
			stamp += fmt.Sprintf("%d/%d ", info.ModTime().UnixNano(), info.Size())
		}
	}
	return stamp
}

// rootsFromFile reads the certificates to trust from a PEM file.
func rootsFromFile(path string) (*x509.CertPool, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, plain(err))
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, errors.New(path + " holds no certificate in PEM form")
	}
	return pool, nil
}
