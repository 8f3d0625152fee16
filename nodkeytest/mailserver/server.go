package mailserver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/mail"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"
)

// Letter is what the server has taken.
type Letter struct {
	From, To string // of the envelope, without brackets
	Raw      []byte
	Secure   bool   // it came inside TLS
	User     string // who had signed in
}

// HangUpAfter is an answer to ".": the server has the letter, and nobody hears of it.
const HangUpAfter = "hang up after"

// Server takes letters. Set fields before the first connection, or under Lock.
type Server struct {
	sync.Mutex
	Addr     string // 127.0.0.1:port
	Roots    *x509.CertPool
	User     string // who must sign in; empty: nobody need
	Password string
	NoTLS    bool // it does not offer STARTTLS
	// Answer is asked for each command ("EHLO", "MAIL", "RCPT", "DATA", "." after the letter, …) with what follows it. Empty: as ever; "hang
	// up": the connection ends; "hang": nothing is said until the other end leaves.
	Answer func(command, rest string) string

	taken       []Letter
	connections int
	listener    net.Listener
	cert        tls.Certificate
	open        map[net.Conn]bool
	inside      bool // TLS from the first byte
}

// Start gives a server that is stopped with the test; inside makes it speak TLS from the first byte.
func Start(t testing.TB, inside bool) *Server {
	t.Helper()
	s := &Server{open: map[net.Conn]bool{}, inside: inside}
	s.certify(t)
	s.listen(t, "127.0.0.1:0")
	t.Cleanup(s.Stop)
	return s
}

func (s *Server) listen(t testing.TB, at string) {
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	s.listener, s.Addr = l, l.Addr().String()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.Lock()
			s.connections++
			s.open[conn] = true
			s.Unlock()
			go s.serve(conn)
		}
	}()
}

// Stop ends the server with all its connections.
func (s *Server) Stop() {
	_ = s.listener.Close()
	s.HangUp()
}

// Again starts a stopped server where it was.
func (s *Server) Again(t testing.TB) { t.Helper(); s.listen(t, s.Addr) }

// HangUp ends all connections.
func (s *Server) HangUp() {
	s.Lock()
	defer s.Unlock()
	for c := range s.open {
		_ = c.Close()
	}
}

// Taken are the letters so far.
func (s *Server) Taken() []Letter {
	s.Lock()
	defer s.Unlock()
	return append([]Letter(nil), s.taken...)
}

// Connections counts how often somebody called.
func (s *Server) Connections() int {
	s.Lock()
	defer s.Unlock()
	return s.connections
}

func (s *Server) certify(t testing.TB) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	s.Roots = x509.NewCertPool()
	s.Roots.AddCert(leaf)
	s.cert = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// session is one connection.
type session struct {
	*Server
	conn   net.Conn
	text   *textproto.Conn
	secure bool
	user   string
	letter *Letter
}

func (s *Server) serve(conn net.Conn) {
	defer func() {
		_ = conn.Close()
		s.Lock()
		delete(s.open, conn)
		s.Unlock()
	}()
	at := &session{Server: s, conn: conn}
	if s.inside {
		at.conn, at.secure = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{s.cert}}), true
	}
	at.text = textproto.NewConn(at.conn)
	if !at.say(at.told("greeting", ""), "220 mail.example ESMTP") {
		return
	}
	for {
		line, err := at.text.ReadLine()
		if err != nil {
			return
		}
		command, rest, _ := strings.Cut(line, " ")
		if !at.command(strings.ToUpper(command), rest) {
			return
		}
	}
}

// told is what the test says to a command.
func (at *session) told(command, rest string) string {
	at.Lock()
	answer := at.Answer
	at.Unlock()
	if answer == nil {
		return ""
	}
	return answer(command, rest)
}

func good(told string) bool { return told == "" || told[0] == '2' || told[0] == '3' }

// say answers as the test told, or else as given; false ends the connection.
func (at *session) say(told, usual string) bool {
	switch told {
	case "":
		told = usual
	case "hang up":
		return false
	case "hang":
		_, _ = io.Copy(io.Discard, at.conn)
		return false
	}
	return at.text.PrintfLine("%s", told) == nil && !strings.HasPrefix(told, "421")
}

func (at *session) command(command, rest string) bool {
	told := at.told(command, rest)
	switch command {
	case "EHLO":
		return at.say(told, at.features())
	case "STARTTLS":
		if !at.say(told, "220 go on") {
			return false
		}
		at.conn = tls.Server(at.conn, &tls.Config{Certificates: []tls.Certificate{at.cert}})
		at.text, at.secure = textproto.NewConn(at.conn), true
		return true
	case "AUTH":
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
		if err != nil || string(raw) != "\x00"+at.User+"\x00"+at.Password {
			return at.say(told, "535 5.7.8 these are not yours")
		}
		at.user = at.User
		return at.say(told, "235 2.7.0 welcome")
	case "MAIL":
		if at.User != "" && at.user == "" {
			return at.say(told, "530 5.7.0 sign in first")
		}
		if good(told) {
			from, _, _ := strings.Cut(strings.TrimPrefix(rest, "FROM:<"), ">")
			at.letter = &Letter{From: from, Secure: at.secure, User: at.user}
		}
		return at.say(told, "250 2.1.0 ok")
	case "RCPT":
		to, _, found := strings.Cut(strings.TrimPrefix(rest, "TO:<"), ">")
		if at.letter == nil || !found {
			return at.say(told, "503 5.5.1 MAIL first")
		}
		if good(told) {
			at.letter.To = to
		}
		return at.say(told, "250 2.1.5 ok")
	case "DATA":
		return at.data(told)
	case "RSET":
		at.letter = nil
		return at.say(told, "250 2.0.0 ok")
	case "NOOP":
		return at.say(told, "250 2.0.0 ok")
	case "QUIT":
		_ = at.text.PrintfLine("221 2.0.0 bye")
		return false
	}
	return at.say(told, "500 5.5.1 what?")
}

func (at *session) features() string {
	at.Lock()
	defer at.Unlock()
	list := []string{"250-mail.example", "250-8BITMIME", "250-ENHANCEDSTATUSCODES"}
	if !at.secure && !at.NoTLS {
		list = append(list, "250-STARTTLS")
	}
	if at.User != "" && at.secure {
		list = append(list, "250-AUTH PLAIN LOGIN")
	}
	return strings.Join(append(list, "250 SIZE 1000000"), "\r\n")
}

func (at *session) data(told string) bool {
	if at.letter == nil || at.letter.To == "" {
		return at.say(told, "503 5.5.1 RCPT first")
	}
	if !at.say(told, "354 go on") || !good(told) {
		return !strings.HasPrefix(told, "421") && !strings.HasPrefix(told, "hang")
	}
	raw, err := io.ReadAll(at.text.DotReader())
	if err != nil {
		return false
	}
	letter := *at.letter
	letter.Raw, at.letter = raw, nil
	told = at.told(".", letter.To)
	if good(told) || told == HangUpAfter {
		at.Lock()
		at.taken = append(at.taken, letter)
		at.Unlock()
	}
	return told != HangUpAfter && at.say(told, "250 2.0.0 taken")
}

// Read parses a letter's head.
func (l Letter) Read() (*mail.Message, error) {
	m, err := mail.ReadMessage(strings.NewReader(string(l.Raw)))
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, l.Raw)
	}
	return m, nil
}
