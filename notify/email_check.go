package notify

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/letter"
)

// How a mail server is spoken to.
const (
	MailTLS      = "tls"      // RFC 8314 §3.3: from the first byte
	MailStartTLS = "starttls" // RFC 3207
	MailNone     = "none"     // this machine alone
)

// returnMost bounds the own part of a return address (RFC 5321 §4.5.3.1.1: 64 before the @), of which plus and token take 43.
const returnMost = 21

// CheckEmail tells which field cannot be used, by its key in section [mail], and why.
func CheckEmail(c EmailConfig) (key string, err error) {
	host, port, err := net.SplitHostPort(c.Server)
	if n, number := strconv.ParseUint(port, 10, 16); err != nil || host == "" || number != nil || n == 0 || strings.ContainsAny(host, " /@\x00\r\n") {
		return "server", fmt.Errorf("%q is no host and port such as mail.example.com:587", c.Server)
	}
	switch {
	case c.Security == MailNone && !thisMachine(host):
		return "security", errors.New("none is for a mail server on this machine: what goes to another must be protected, by tls or starttls")
	case c.Security != MailNone && c.Security != MailTLS && c.Security != MailStartTLS:
		return "security", fmt.Errorf("%q is not one of tls, starttls, none", c.Security)
	case (c.User == "") != (c.Password == ""):
		return "user", errors.New("goes together with mail.password: set both or neither")
	case c.From == nil:
		return "from", errors.New("must be set, for example to \"Example Bank <no-reply@example.com>\"")
	}
	if c.Bounces == "" {
		return "", nil
	}
	a, err := letter.ParseAddress(c.Bounces)
	if err != nil || a.Address != c.Bounces {
		return "bounces", fmt.Errorf("%q is no bare e-mail address such as bounces@example.com", c.Bounces)
	}
	local, _, _ := strings.Cut(c.Bounces, "@")
	if len(local) > returnMost || strings.ContainsAny(local, `+"`) {
		return "bounces", fmt.Errorf("what is before the @ must have at most %d characters and no +: a token is put behind it", returnMost)
	}
	return "", nil
}

func thisMachine(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// TokenOf gives the token of a return address, as it is in what comes back: false for any other address.
func TokenOf(bounces, address string) (nodkey.BounceToken, bool) {
	local, domain, ok := strings.Cut(bounces, "@")
	if !ok || len(address) > 320 {
		return "", false
	}
	at := strings.LastIndexByte(address, '@')
	if at < 0 || !strings.EqualFold(address[at+1:], domain) {
		return "", false
	}
	own, token, ok := strings.Cut(address[:at], "+")
	return nodkey.BounceToken(token), ok && token != "" && strings.EqualFold(own, local)
}
