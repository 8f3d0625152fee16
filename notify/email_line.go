package notify

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

const (
	mailDial    = 10 * time.Second // until the server has greeted us
	mailIdle    = 10 * time.Second // how long a connection is kept for the next letter
	mailLetters = 100              // by one connection
	mailSaid    = 1 << 20          // bytes that a server may say in one connection
)

// mailAuth are the ways to sign in, the best first. Passwords go in the clear only inside TLS, or to this machine.
var mailAuth = []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthCramMD5}

// mailLine is a connection to the mail server, of which one letter at a time makes use.
type mailLine struct {
	client *smtp.Client
	conn   net.Conn
	sent   int
	broken bool
	hangUp *time.Timer // while nobody uses it
}

// mailLines keeps connections for the next letter, so that many letters need few.
type mailLines struct {
	config EmailConfig
	mu     sync.Mutex
	idle   []*mailLine
	closed bool
}

// get gives a connection that answers.
func (p *mailLines) get(ctx context.Context) (*mailLine, error) {
	for {
		line := p.kept()
		if line == nil {
			return p.dial(ctx)
		}
		stop := line.bound(ctx)
		err := line.client.Reset() // what the server hung up meanwhile says so here, and no letter is lost on it
		stop()
		if err == nil {
			return line, nil
		}
		line.close()
	}
}

func (p *mailLines) kept() *mailLine {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 {
		line := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if line.hangUp.Stop() {
			return line
		}
	}
	return nil
}

// put keeps a connection for the next letter, for some seconds.
func (p *mailLines) put(line *mailLine) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if line.broken || line.sent >= mailLetters || p.closed || len(p.idle) >= courierWidth {
		go line.quit()
		return
	}
	line.hangUp = time.AfterFunc(mailIdle, line.quit)
	p.idle = append(p.idle, line)
}

func (p *mailLines) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, line := range p.idle {
		if line.hangUp.Stop() {
			line.close()
		}
	}
	p.idle = nil
}

// bound ends what is said over the line with the context. Errors of the connection show at the next word.
func (l *mailLine) bound(ctx context.Context) (stop func()) {
	end, ok := ctx.Deadline()
	if !ok {
		end = time.Now().Add(carryWithin)
	}
	_ = l.conn.SetDeadline(end)
	cut := context.AfterFunc(ctx, func() { _ = l.conn.SetDeadline(time.Unix(1, 0)) })
	return func() { cut() }
}

// quit takes leave of the server, which need not answer.
func (l *mailLine) quit() {
	_ = l.conn.SetDeadline(time.Now().Add(time.Second))
	_ = l.client.Quit()
	l.close()
}

func (l *mailLine) close() { _ = l.conn.Close() }

// dial connects, protects the connection and signs in.
func (p *mailLines) dial(ctx context.Context) (*mailLine, error) {
	c := p.config
	host, port, err := net.SplitHostPort(c.Server)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	within, cancel := context.WithTimeout(ctx, mailDial)
	defer cancel()
	protect := &tls.Config{ServerName: host, RootCAs: c.Roots, MinVersion: tls.VersionTLS12}
	var conn net.Conn
	stop := func() bool { return true }
	options := []gomail.Option{
		gomail.WithPort(number), gomail.WithTimeout(mailDial), gomail.WithHELO(c.Host), gomail.WithTLSConfig(protect), gomail.WithoutSMTPUTF8(),
		gomail.WithDialContextFunc(func(dialing context.Context, network, address string) (net.Conn, error) {
			var d net.Dialer
			plain, err := d.DialContext(dialing, network, address)
			if err != nil {
				return nil, err
			}
			stop = context.AfterFunc(within, func() { _ = plain.Close() })
			conn = &bounded{Conn: plain, left: mailSaid}
			if c.Security != MailTLS {
				return conn, nil
			}
			inside := tls.Client(conn, protect)
			return inside, inside.HandshakeContext(dialing)
		}),
	}
	switch c.Security {
	case MailStartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if c.User != "" {
		options = append(options, gomail.WithOpportunisticSMTPAuth(mailAuth...), gomail.WithUsername(c.User), gomail.WithPassword(c.Password))
	}
	dialer, err := gomail.NewClient(host, options...) // one for each connection: it changes while it dials
	if err != nil {
		return nil, err
	}
	client, err := dialer.DialToSMTPClientWithContext(within)
	if !stop() && err == nil {
		err = within.Err()
	}
	if err != nil {
		if conn != nil {
			_ = conn.Close() // go-mail leaves it open
		}
		return nil, fmt.Errorf("the mail server %s: %w", c.Server, err)
	}
	return &mailLine{client: client, conn: conn}, nil
}

// bounded is a connection whose other end may say so much and no more.
type bounded struct {
	net.Conn
	left int
}

func (b *bounded) Read(into []byte) (int, error) {
	if b.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.Conn.Read(into[:min(len(into), b.left)])
	b.left -= n
	return n, err
}
