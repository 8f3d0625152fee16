package main

import (
	"crypto/x509"
	"fmt"
	"time"

	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/letter"
	"github.com/nodkey/nodkey/notify"
)

// MailConfig says how e-mail leaves.
type MailConfig struct {
	Server   string `key:"server" default:"" doc:"Mail server that takes e-mail, as host and port: mail.example.com:587. Empty: no e-mail is sent."`
	Security string `key:"security" default:"starttls" oneof:"tls starttls none" doc:"How the connection is protected. tls: from the first byte, mostly port 465. starttls: before anything else is said, mostly port 587. none: not at all, for a mail server on this machine only."`
	User     string `key:"user" default:"" doc:"Name to sign in with. Empty: the mail server takes e-mail from this machine without."`
	Password string `key:"password" default:"" secret:"true" doc:"Password to sign in with."`
	From     string `key:"from" default:"" doc:"Who the e-mail is from, such as Example Bank <no-reply@example.com>. Its domain must let this mail server send (SPF, DKIM, DMARC)."`
	Bounces  string `key:"bounces" default:"" doc:"Address that e-mail comes back to when it cannot be delivered, such as bounces@example.com. Each e-mail has one of its own, bounces+token@example.com; give what arrives there to nodkey message bounced. Empty: it comes back to from, and nodkey does not learn of it."`
	Rate     int    `key:"rate" default:"10" min:"1" max:"1000" doc:"How many summaries, and as many codes, leave by e-mail a second at most, over time; a minute's worth may leave at once. At 10, an announcement to 100,000 people has told all of them within three hours."`
	CARoots  string `key:"ca_roots" default:"" doc:"PEM file of roots to trust when talking to the mail server. Empty: the system's."`
}

// checkMail says what is wrong with how e-mail leaves.
func (s *settings) checkMail() (string, error) {
	if s.Mail.Server == "" {
		return "", nil
	}
	c, err := s.mailServer()
	if err != nil {
		return "mail.from", err
	}
	if key, err := notify.CheckEmail(c); err != nil {
		return "mail." + key, err
	}
	if s.Mail.CARoots != "" {
		if _, err := rootsFromFile(s.Mail.CARoots); err != nil {
			return "mail.ca_roots", err
		}
	}
	return "", nil
}

// mailServer is the mail server as it is configured, without what only a house has.
func (s *settings) mailServer() (notify.EmailConfig, error) {
	c := notify.EmailConfig{Server: s.Mail.Server, Security: s.Mail.Security, User: s.Mail.User, Password: s.Mail.Password, Bounces: s.Mail.Bounces}
	if s.Mail.From == "" {
		return c, nil
	}
	var err error
	if c.From, err = letter.ParseAddress(s.Mail.From); err != nil {
		return c, fmt.Errorf("%q is no e-mail address such as Example Bank <no-reply@example.com>", s.Mail.From)
	}
	return c, nil
}

// writer writes the letters of this house.
func (s *settings) writer(texts *i18n.Bundle) letter.Writer {
	names := s.site(texts).AppIn
	return letter.Writer{Portal: s.PortalHost.String(), Operator: s.operator(), Name: func(language string) string { return names[language] }}
}

// openMail makes the carrier of e-mail.
func openMail(s *settings, texts *i18n.Bundle, now func() time.Time) (*notify.Email, error) {
	c, err := s.mailServer()
	if err != nil {
		return nil, err
	}
	var roots *x509.CertPool
	if s.Mail.CARoots != "" {
		if roots, err = rootsFromFile(s.Mail.CARoots); err != nil {
			return nil, err
		}
	}
	c.Host, c.Roots, c.Now, c.Writer = s.PortalHost.Hostname(), roots, now, s.writer(texts)
	c.Speaker = func(language string) letter.Speaker { return texts.For(language) }
	return notify.NewEmail(c)
}
