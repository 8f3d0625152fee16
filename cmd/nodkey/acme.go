package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strconv"

	"github.com/caddyserver/certmagic"
	"github.com/mholt/acmez/v3/acme"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/nodkey/nodkey/web"
)

// acmeCertificates fetches and renews certificates (RFC 8555) for portal and
// phone app, keeping account and certificates in data_dir/acme.
type acmeCertificates struct {
	cache  *certmagic.Cache
	magic  *certmagic.Config
	issuer *certmagic.ACMEIssuer
	names  []string
	hosts  map[string]web.Origin // by Host header, for redirects
}

// newACME prepares, without any network yet. main is the TLS listener that
// answers tls-alpn-01 (RFC 8737), challenge the one of http-01, nil for none.
func newACME(s *settings, log *slog.Logger, main, challenge net.Listener) (*acmeCertificates, error) {
	issuer := certmagic.ACMEIssuer{
		CA: s.ACME.Directory, Email: s.ACME.Email, Agreed: true,
		DisableHTTPChallenge: challenge == nil,
		Logger:               zap.New(&zapCore{handler: log.Handler()}),
	}
	// Both ports are taken by this process already; certmagic tries them,
	// finds that out and leaves the answering to us.
	issuer.ListenHost, issuer.AltTLSALPNPort = hostPort(main)
	if challenge != nil {
		_, issuer.AltHTTPPort = hostPort(challenge)
	}
	if s.ACME.CARoots != "" {
		roots, err := rootsFromFile(s.ACME.CARoots)
		if err != nil {
			return nil, keyError("acme.ca_roots", s.from["acme.ca_roots"], err)
		}
		issuer.TrustedRoots = roots
	}
	if s.ACME.EABKeyID != "" {
		issuer.ExternalAccount = &acme.EAB{KeyID: s.ACME.EABKeyID, MACKey: s.ACME.EABKey}
	}
	a := &acmeCertificates{
		names: []string{s.PortalHost.Hostname(), s.PhoneHost.Hostname()},
		hosts: map[string]web.Origin{s.PortalHost.Hostname(): s.PortalHost, s.PhoneHost.Hostname(): s.PhoneHost},
	}
	a.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return a.magic, nil },
		Logger:           issuer.Logger,
	})
	a.magic = certmagic.New(a.cache, certmagic.Config{
		Storage: &certmagic.FileStorage{Path: filepath.Join(s.DataDir, "acme")},
		Logger:  issuer.Logger,
	})
	a.issuer = certmagic.NewACMEIssuer(a.magic, issuer)
	a.magic.Issuers = []certmagic.Issuer{a.issuer}
	return a, nil
}

// tls answers handshakes, those of the tls-alpn-01 challenge included.
func (a *acmeCertificates) tls() *tls.Config {
	c := tlsConfig(a.magic.GetCertificate)
	c.NextProtos = append(c.NextProtos, acmeProtocol)
	return c
}

const acmeProtocol = "acme-tls/1" // RFC 8737 §6.2

// start fetches what is missing in the background: an authority that is away
// must not keep a server down that still has a certificate. It goes on trying,
// and renewing, until ctx ends.
func (a *acmeCertificates) start(ctx context.Context) error {
	return a.magic.ManageAsync(ctx, a.names)
}

// stop ends renewing.
func (a *acmeCertificates) stop() { a.cache.Stop() }

// challengeHandler answers http-01 and sends everyone else to https.
func (a *acmeCertificates) challengeHandler(fail web.Fail) http.Handler {
	return a.issuer.HTTPChallengeHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		origin, ours := a.hosts[host]
		if !ours {
			fail(w, r, web.Failure{Status: http.StatusMisdirectedRequest, Kind: "not_found", Key: "request.unknown_host"})
			return
		}
		web.RequireTLS(origin, fail)(http.NotFoundHandler()).ServeHTTP(w, r)
	}))
}

func hostPort(l net.Listener) (host string, port int) {
	host, text, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return "", 0
	}
	port, _ = strconv.Atoi(text)
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = ""
	}
	return host, port
}

// zapCore lets certmagic, which logs by zap, write into the server's own log.
type zapCore struct {
	handler slog.Handler
	fields  []zapcore.Field
}

func (c *zapCore) Enabled(level zapcore.Level) bool {
	return c.handler.Enabled(context.Background(), slogLevel(level))
}

func (c *zapCore) With(fields []zapcore.Field) zapcore.Core {
	return &zapCore{handler: c.handler, fields: append(append([]zapcore.Field{}, c.fields...), fields...)}
}

func (c *zapCore) Check(e zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return checked.AddCore(e, c)
	}
	return checked
}

// acmeFields are those of certmagic's fields that may be logged. Others hold
// tokens of challenges or whole answers of the authority.
var acmeFields = map[string]bool{
	"identifier": true, "identifiers": true, "domain": true, "issuer": true, "error": true, "challenge_type": true,
	"ca": true, "attempt": true, "remaining": true, "status_code": true,
}

func (c *zapCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	record := slog.NewRecord(e.Time, slogLevel(e.Level), "certificates: "+e.Message, 0)
	values := zapcore.NewMapObjectEncoder()
	for _, f := range append(append([]zapcore.Field{}, c.fields...), fields...) {
		if acmeFields[f.Key] {
			f.AddTo(values)
		}
	}
	for _, key := range sortedKeys(values.Fields) {
		record.AddAttrs(slog.String(key, fmt.Sprint(values.Fields[key])))
	}
	return c.handler.Handle(context.Background(), record)
}

func (c *zapCore) Sync() error { return nil }

func slogLevel(level zapcore.Level) slog.Level {
	switch {
	case level >= zapcore.ErrorLevel:
		return slog.LevelError
	case level == zapcore.WarnLevel:
		return slog.LevelWarn
	case level == zapcore.InfoLevel:
		return slog.LevelInfo
	}
	return slog.LevelDebug
}
