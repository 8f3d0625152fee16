package notify

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/letter"
)

// EmailConfig is where e-mail goes out. All fields without a remark must be set.
type EmailConfig struct {
	Server   string // host:port
	Security string // "tls" from the first byte, "starttls", or "none", which CheckEmail lets no farther than this machine
	User     string // empty: nobody signs in
	Password string
	From     *mail.Address
	Bounces  string // where letters that come back go, "bounces@example.com", as bounces+token@example.com; empty: to From, and nobody learns of it
	Host     string // of the portal: how this house calls itself, and what message ids end in

	Writer  letter.Writer
	Speaker func(language string) letter.Speaker
	Roots   *x509.CertPool // nil: the system's
	Now     func() time.Time
}

// Email carries letters by a mail server (RFC 5321). No address is in its errors but those that the server says, and none in what it
// calls [Away]. It is safe for concurrent use.
type Email struct {
	config EmailConfig
	lines  *mailLines
}

// NewEmail makes the carrier. Errors: those of CheckEmail.
func NewEmail(c EmailConfig) (*Email, error) {
	if _, err := CheckEmail(c); err != nil {
		return nil, err
	}
	return &Email{config: c, lines: &mailLines{config: c}}, nil
}

// Close ends connections that are kept open.
func (e *Email) Close() { e.lines.close() }

// Channel is e-mail.
func (e *Email) Channel() nodkey.SummaryChannel { return nodkey.SummaryEmail }

// Summary sends the letter of a summary. Sent again, it has the same id.
func (e *Email) Summary(ctx context.Context, m nodkey.SummaryMessage) (nodkey.PushOutcome, error) {
	l, err := e.config.Writer.Summary(e.config.Speaker(m.Summary.Language), m.Summary)
	if err != nil {
		return nodkey.PushRefused, err
	}
	envelope := e.envelope(m.To, string(m.ID))
	if m.Unsubscribe != "" && strings.HasPrefix(e.config.Writer.Portal, "https://") { // RFC 8058 §3.1
		envelope.Unsubscribe = e.config.Writer.Portal + nodkey.UnsubscribePath + "?" + nodkey.UnsubscribeQuery + "=" + string(m.Unsubscribe)
	}
	return e.send(ctx, e.returnTo(m.Bounce), l, envelope)
}

// Code sends the letter with a code.
func (e *Email) Code(ctx context.Context, c nodkey.ContactCode) (nodkey.PushOutcome, error) {
	l, err := e.config.Writer.Code(e.config.Speaker(c.Language), c)
	if err != nil {
		return nodkey.PushRefused, err
	}
	return e.send(ctx, e.returnTo(""), l, e.envelope(c.To, string(c.ID)))
}

// Send sends any letter; id is its own.
func (e *Email) Send(ctx context.Context, to, id string, l letter.Letter) (nodkey.PushOutcome, error) {
	return e.send(ctx, e.returnTo(""), l, e.envelope(to, id))
}

func (e *Email) envelope(to, id string) letter.Envelope {
	return letter.Envelope{From: e.config.From, To: &mail.Address{Address: to}, Date: e.config.Now(), ID: id + "@" + e.config.Host}
}

// returnTo is the return address: one of its own for each letter whose fate is of interest (variable envelope return path).
func (e *Email) returnTo(token nodkey.BounceToken) string {
	if e.config.Bounces == "" {
		return e.config.From.Address
	}
	if token == "" {
		return e.config.Bounces
	}
	local, domain, _ := strings.Cut(e.config.Bounces, "@")
	return local + "+" + string(token) + "@" + domain
}

func (e *Email) send(ctx context.Context, from string, l letter.Letter, envelope letter.Envelope) (nodkey.PushOutcome, error) {
	raw, err := l.Message(envelope)
	if err != nil {
		return nodkey.PushRefused, err
	}
	line, err := e.lines.get(ctx)
	if err != nil {
		return nodkey.PushRetry, &Away{Err: err}
	}
	stop := line.bound(ctx)
	outcome, err := line.send(from, envelope.To.Address, raw)
	stop()
	e.lines.put(line)
	return outcome, err
}

// send says one letter to the server. What it answers before it hears of the addressee is about us; what it answers then, about
// that one.
func (l *mailLine) send(from, to string, raw []byte) (nodkey.PushOutcome, error) {
	if err := l.client.Mail("<" + from + ">"); err != nil {
		l.broken = true
		return nodkey.PushRetry, &Away{Err: fmt.Errorf("MAIL FROM: %w", err)}
	}
	if err := l.client.Rcpt("<" + to + ">"); err != nil {
		return l.answered("RCPT TO", err)
	}
	w, err := l.client.Data()
	if err != nil {
		return l.answered("DATA", err)
	}
	_, err = w.Write(raw)
	if err = errors.Join(err, w.Close()); err != nil {
		return l.answered("the letter", err)
	}
	l.sent++
	return nodkey.PushDelivered, nil
}

// answered sorts what the server said of a letter. A connection that broke may have brought it: it is sent again, with the same id.
func (l *mailLine) answered(to string, err error) (nodkey.PushOutcome, error) {
	var said *textproto.Error
	if !errors.As(err, &said) {
		l.broken = true
		if to != "the letter" {
			return nodkey.PushRetry, &Away{Err: fmt.Errorf("%s: the connection broke", to)}
		}
		return nodkey.PushRetry, errors.New("the connection broke before the server had said yes")
	}
	switch {
	case said.Code == 421: // RFC 5321 §3.8: it is closing the connection
		l.broken = true
		return nodkey.PushRetry, &Away{Err: fmt.Errorf("%s: the server said %d", to, said.Code)}
	case said.Code >= 500 && said.Code < 600 && noSuchMailbox(said.Msg):
		return nodkey.PushGone, said
	case said.Code >= 500 && said.Code < 600:
		return nodkey.PushRefused, said
	}
	return nodkey.PushRetry, said
}

// noSuchMailbox reports whether an enhanced status says that nobody has the address (RFC 3463 §3.2, §3.3).
func noSuchMailbox(text string) bool {
	status, _, _ := strings.Cut(text, " ")
	switch status {
	case "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1":
		return true
	}
	return false
}
