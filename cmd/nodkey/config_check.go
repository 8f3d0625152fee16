package main

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/notify"
	"github.com/nodkey/nodkey/wire"
)

// checkServe says what in a configuration keeps a server from running with it:
// the first key that is missing or does not go with another.
func (s *settings) checkServe() error {
	for _, check := range []func() (key string, err error){
		s.checkOrigins, s.checkTLS, s.checkACME, s.checkListeners, s.checkPolicy, s.checkPush, s.checkMail, s.checkSMS, s.checkRADIUS, s.checkForward, s.checkClients,
	} {
		if key, err := check(); err != nil {
			return keyError(key, s.from[key], err)
		}
	}
	return nil
}

func (s *settings) checkOrigins() (string, error) {
	portal, phone := s.PortalHost, s.PhoneHost
	switch {
	case portal.IsZero():
		return "portal_host", errors.New("must be set, for example to https://portal.example.com")
	case phone.IsZero():
		return "phone_host", errors.New("must be set, for example to https://phone.example.com")
	case portal.Hostname() == phone.Hostname():
		// WebAuthn's RP ID and cookies know no ports: one host would let a
		// fault in the portal use the phone's keys.
		return "phone_host", errors.New("must be another host than portal_host")
	}
	if _, err := netip.ParseAddr(phone.Hostname()); err == nil {
		return "phone_host", errors.New("must be a host name: fingerprint and face are bound to a name, never to an address")
	}
	if s.TLS.Mode == "off" {
		switch {
		case !portal.Loopback():
			return "portal_host", errors.New("must be on loopback (such as http://portal.localhost:8080) while tls.mode is off")
		case !phone.Loopback():
			return "phone_host", errors.New("must be on loopback (such as http://phone.localhost:8080) while tls.mode is off")
		}
		return "", nil
	}
	switch {
	case !portal.Secure():
		return "portal_host", errors.New("must begin with https://")
	case !phone.Secure():
		return "phone_host", errors.New("must begin with https://")
	}
	return "", nil
}

func (s *settings) checkTLS() (string, error) {
	switch s.TLS.Mode {
	case "files":
		if s.TLS.Cert == "" {
			return "tls.cert", errors.New("must name the certificate file while tls.mode is files")
		}
		if s.TLS.Key == "" {
			return "tls.key", errors.New("must name the private key's file while tls.mode is files")
		}
	case "proxy":
		if len(s.TrustedProxies) == 0 {
			return "trusted_proxies", errors.New("must name the proxy's address while tls.mode is proxy")
		}
	case "off":
		if !s.Listen.Loopback() {
			return "listen", errors.New("must be a loopback address such as 127.0.0.1:8080 while tls.mode is off")
		}
	}
	return "", nil
}

func (s *settings) checkACME() (string, error) {
	if s.TLS.Mode != "acme" {
		return "", nil
	}
	directory, err := url.Parse(s.ACME.Directory)
	if err != nil || directory.Scheme != "https" || directory.Host == "" {
		return "acme.directory", errors.New("must be an https address")
	}
	if s.ACME.CARoots != "" {
		if _, err := rootsFromFile(s.ACME.CARoots); err != nil {
			return "acme.ca_roots", err
		}
	}
	if (s.ACME.EABKey == "") != (s.ACME.EABKeyID == "") {
		return "acme.eab_key_id", errors.New("goes together with acme.eab_key: set both or neither")
	}
	if !strings.Contains(s.PortalHost.Hostname(), ".") {
		return "portal_host", errors.New("must be a public host name while tls.mode is acme")
	}
	if !strings.Contains(s.PhoneHost.Hostname(), ".") {
		return "phone_host", errors.New("must be a public host name while tls.mode is acme")
	}
	return "", nil
}

func (s *settings) checkListeners() (string, error) {
	if s.Listen == "" {
		return "listen", errors.New("must be an address and port such as :443")
	}
	if s.MetricsListen == s.Listen && !strings.HasSuffix(string(s.Listen), ":0") {
		return "metrics_listen", errors.New("must differ from listen")
	}
	return "", nil
}

func (s *settings) checkPolicy() (string, error) {
	if s.Policy.SessionIdle > s.Policy.SessionLifetime {
		return "policy.session_idle", fmt.Errorf("must not be longer than policy.session_lifetime (%s)", s.Policy.SessionLifetime)
	}
	if strings.TrimSpace(s.ServerName) == "" {
		return "server_name", errors.New("must not be empty")
	}
	if s.Policy.ActivationFirst == nodkey.FirstByContact {
		switch {
		case s.Mail.Server == "" && s.SMS.URL == "":
			return "policy.activation_first", errors.New("needs mail.server or sms.url while it is contact: the code has to be sent somehow")
		case !s.Policy.RestrictedSessions:
			return "policy.restricted_sessions", errors.New("must be true while policy.activation_first is contact: the code is typed in such a session")
		}
	}
	return s.checkWords()
}

// checkPush says what is wrong with where messages to phones may go.
func (s *settings) checkPush() (string, error) {
	if _, err := notify.NewServices(s.Push.Services, ""); err != nil {
		return "push.services", err
	}
	if _, err := notify.NewServices("", s.Push.OwnServices); err != nil {
		return "push.own_services", err
	}
	if s.Push.Subject != "" {
		if err := notify.CheckSubject(s.Push.Subject); err != nil {
			return "push.subject", err
		}
	}
	if s.Push.CARoots != "" {
		if _, err := rootsFromFile(s.Push.CARoots); err != nil {
			return "push.ca_roots", err
		}
	}
	if key, err := s.checkNtfy(); err != nil {
		return key, err
	}
	return s.checkWebhook()
}

func (s *settings) checkNtfy() (string, error) {
	servers, err := notify.NewNtfyServers(s.Push.Ntfy, s.Push.OwnServices)
	if err != nil {
		return "push.ntfy", err
	}
	if s.Push.NtfyToken == "" {
		return "", nil
	}
	if len(servers.Names()) != 1 {
		return "push.ntfy_token", errors.New("is for one ntfy server, and push.ntfy must name that one alone: it would be sent to all of them")
	}
	return "push.ntfy_token", notify.CheckToken(s.Push.NtfyToken)
}

func (s *settings) checkWebhook() (string, error) {
	switch {
	case s.Push.Webhook == "" && s.Push.WebhookSecret == "":
		return "", nil
	case s.Push.Webhook == "":
		return "push.webhook_secret", errors.New("goes together with push.webhook: set both or neither")
	case s.Push.WebhookSecret == "":
		return "push.webhook", errors.New("goes together with push.webhook_secret: set both or neither")
	}
	if err := wire.CheckWebhook(s.Push.Webhook); err != nil {
		return "push.webhook", err
	}
	_, err := wire.ReadWebhookSecret(s.Push.WebhookSecret)
	return "push.webhook_secret", err
}

// checkWords looks at the texts that phones and pages show: a name that hides characters, or turns the order of those
// beside it, would make people read another name.
func (s *settings) checkWords() (string, error) {
	for _, w := range []struct {
		key, text string
		most      int // characters
	}{
		{"server_name", s.ServerName, 80}, {"operator_name", s.OperatorName, 80}, {"service_desk", s.ServiceDesk, 200},
	} {
		if w.text != "" && !nodkey.Readable(w.text, w.most) {
			return w.key, fmt.Errorf("must be at most %d characters that can be read: no control or formatting characters, and no space at either end", w.most)
		}
	}
	return "", nil
}

// prepareDataDir makes the data directory where it is missing, for this user
// only, and proves that files can be written there.
func prepareDataDir(dir string) error {
	trouble := func(err error) error {
		return &commandError{
			code: exitConfig, sentence: fmt.Sprintf("cannot use the data directory %s: %v", dir, plain(err)), err: err,
			next: "Choose another with --data-dir, or give it to the user that runs nodkey.",
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return trouble(err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return trouble(err)
	}
	if info.Mode().Perm()&0o007 != 0 {
		return &commandError{
			code: exitConfig, sentence: fmt.Sprintf("the data directory %s is open to other users of this machine", dir),
			next: "Close it: chmod 700 " + dir,
		}
	}
	probe, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return trouble(err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}
