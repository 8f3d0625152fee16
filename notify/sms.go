package notify

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/letter"
)

// SMSConfig is how an SMS gateway is spoken to over HTTP (docs/sms.md). All fields without a remark must be set.
type SMSConfig struct {
	URL         string // https, or http on this machine; see wire.CheckWebhook
	Method      string // GET, POST or PUT
	Format      string // "form" or "json"; with GET a form is in the address
	Fields      string // what it is sent; see readSMSFields
	From        string // what {from} stands for; may be empty
	User        string // may be empty
	Password    string // may be empty; see CheckSMS
	Token       string // may be empty
	TokenHeader string // that carries the token: "Authorization" puts Bearer before it
	CodingGSM   string // what {coding} stands for in a text in the default alphabet
	CodingUCS2  string // and in others
	Accepted    string // regular expression that the body of an answer with 2xx matches when it is a yes; empty: each is
	Again       string // regular expression of answers that ask for another try later; empty: none

	Texts   letter.Texter
	Speaker func(language string) letter.Speaker
	Roots   *x509.CertPool // nil: the system's
	Log     *slog.Logger
	Now     func() time.Time
	Timeout time.Duration // of one message; zero: 10 s
}

// SMS carries text messages by an HTTP gateway. Neither number nor text is in an error or in the log. It is safe for concurrent use.
type SMS struct {
	config          SMSConfig
	host            string
	sender          *sender // its client; the courier has the breaker
	body            smsBody
	accepted, again *regexp.Regexp
}

// NewSMS makes the carrier. Errors: those of CheckSMS.
func NewSMS(c SMSConfig) (*SMS, error) {
	if setting, err := CheckSMS(c); err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	dial, host, err := gatewayDial(c.URL)
	if err != nil {
		return nil, err
	}
	s := &SMS{config: c, host: host, sender: newSender(dial, c.Roots, c.Timeout, c.Now)}
	if s.body, err = readSMSFields(c.Method, c.Format, c.Fields); err != nil {
		return nil, err
	}
	if s.accepted, err = regexp.Compile(c.Accepted); err != nil {
		return nil, err
	}
	if c.Again != "" {
		s.again, err = regexp.Compile(c.Again)
	}
	return s, err
}

// Channel is of [Carrier].
func (s *SMS) Channel() nodkey.SummaryChannel { return nodkey.SummarySMS }

// Summary is of [Carrier].
func (s *SMS) Summary(ctx context.Context, m nodkey.SummaryMessage) (nodkey.PushOutcome, error) {
	text := s.config.Texts.Summary(s.config.Speaker(m.Summary.Language), m.Summary)
	return s.send(ctx, m.To, text, smsID("summary", string(m.ID)))
}

// Code is of [Carrier]. A code that the gateway did not answer for may be on its way, so it is not sent again: its person asks
// for another.
func (s *SMS) Code(ctx context.Context, c nodkey.ContactCode) (nodkey.PushOutcome, error) {
	text := s.config.Texts.Code(s.config.Speaker(c.Language), c)
	outcome, err := s.send(ctx, c.To, text, smsID("code", string(c.ID)))
	if errors.Is(err, errUnanswered) {
		outcome = nodkey.PushRefused
	}
	return outcome, err
}

// smsID is the same each time a message is sent, and tells nothing of it.
func smsID(what, id string) string {
	sum := sha256.Sum256([]byte("nodkey/v1/sms-id\x00" + what + "\x00" + id))
	return base64.RawURLEncoding.EncodeToString(sum[:18])
}

// awayAsked is how long a gateway may ask to be left alone.
const awayAsked = time.Hour

// errUnanswered says that the gateway has the message, perhaps, and said nothing.
var errUnanswered = errors.New("took the message and gave no answer")

func (s *SMS) send(ctx context.Context, to string, text letter.SMS, id string) (nodkey.PushOutcome, error) {
	outcome, status, _, err := s.post(ctx, to, text, id)
	if status != 0 && outcome != nodkey.PushDelivered {
		s.config.Log.WarnContext(ctx, "the SMS gateway did not take a message", "host", s.host, "status", status, "outcome", outcome.String())
	}
	return outcome, err
}

// Tried is what a gateway said to whoever sets it up.
type Tried struct {
	Outcome nodkey.PushOutcome
	Status  int    // zero: nothing came
	Said    string // the beginning of the answer, as it came; it may repeat number and text
}

// Try sends one text. Errors: as those of a summary.
func (s *SMS) Try(ctx context.Context, to string, text letter.SMS) (Tried, error) {
	outcome, status, body, err := s.post(ctx, to, text, rand.Text())
	return Tried{Outcome: outcome, Status: status, Said: string(body)}, err
}

func (s *SMS) post(ctx context.Context, to string, text letter.SMS, id string) (outcome nodkey.PushOutcome, status int, body []byte, err error) {
	var written atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { written.Store(true) }})
	request, err := s.request(ctx, to, text, id)
	if err != nil {
		return nodkey.PushRefused, 0, nil, fmt.Errorf("%s: the request cannot be made", s.host) // err might name what is in it
	}
	response, err := s.sender.client.Do(request)
	switch {
	case err != nil && written.Load():
		return nodkey.PushRetry, 0, nil, fmt.Errorf("%s %w", s.host, errUnanswered)
	case err != nil:
		return nodkey.PushRetry, 0, nil, &Away{Err: fmt.Errorf("%s: %s", s.host, unreached(err))}
	}
	defer response.Body.Close()
	body, _ = io.ReadAll(io.LimitReader(response.Body, answerMax))
	outcome, why := s.means(response, body)
	return outcome, response.StatusCode, body, why
}

// unreached says why nothing was sent, in words that hold nothing of a request.
func unreached(err error) string {
	var dial *net.OpError
	var certificate *tls.CertificateVerificationError
	var slow net.Error
	switch {
	case errors.Is(err, errNotHere):
		return errNotHere.Error()
	case errors.As(err, &certificate):
		return certificate.Error()
	case errors.As(err, &slow) && slow.Timeout():
		return "there was no connection in time"
	case errors.As(err, &dial) && dial.Op == "dial":
		return dial.Error()
	}
	return "there was no connection"
}

// means says what an answer means. A fault that may be one of the configuration, such as a password, costs a try and no message.
// An [Away] is only what cannot be the message's own fault: it would keep others waiting.
func (s *SMS) means(r *http.Response, body []byte) (nodkey.PushOutcome, error) {
	code := r.StatusCode
	said := fmt.Errorf("%s answered %d", s.host, code)
	switch {
	case code == http.StatusTooManyRequests, code >= 502 && code <= 504, code == http.StatusUnauthorized, code == http.StatusPaymentRequired, code == http.StatusProxyAuthRequired:
		return nodkey.PushRetry, &Away{After: min(s.sender.retryAfter(r.Header.Get("Retry-After")), awayAsked), Err: said}
	case code >= 200 && code <= 299 && s.accepted.Match(body):
		return nodkey.PushDelivered, nil
	case s.again != nil && s.again.Match(body):
		return nodkey.PushRetry, fmt.Errorf("%w: later", said)
	case code >= 200 && code <= 299:
		return nodkey.PushRefused, fmt.Errorf("%w, and not that it accepts the message", said)
	case code >= 500, code < 400, code == http.StatusRequestTimeout, code == http.StatusForbidden, code == http.StatusNotFound, code == http.StatusMethodNotAllowed:
		return nodkey.PushRetry, said
	}
	return nodkey.PushRefused, said
}

func (s *SMS) request(ctx context.Context, to string, text letter.SMS, id string) (*http.Request, error) {
	c := s.config
	coding := c.CodingGSM
	if text.Unicode {
		coding = c.CodingUCS2
	}
	content, err := s.body.fill(map[string]string{
		"to": to, "number": strings.TrimPrefix(to, "+"), "text": text.Text, "from": c.From, "coding": coding, "parts": strconv.Itoa(text.Parts),
		"id": id, "user": c.User, "password": c.Password, "token": c.Token,
	})
	if err != nil {
		return nil, err
	}
	address, err := url.Parse(c.URL)
	if err != nil {
		return nil, err
	}
	var body io.Reader
	if c.Method == http.MethodGet {
		address.RawQuery = strings.TrimPrefix(address.RawQuery+"&"+content, "&")
	} else {
		body = strings.NewReader(content)
	}
	request, err := http.NewRequestWithContext(ctx, c.Method, address.String(), body)
	if err != nil {
		return nil, err
	}
	request.Close = true // so that nothing is sent a second time because a connection had been left
	request.Header.Set("User-Agent", "nodkey")
	if body != nil {
		request.Header.Set("Content-Type", map[string]string{"form": "application/x-www-form-urlencoded; charset=utf-8", "json": "application/json"}[c.Format])
	}
	if c.User != "" && !s.body.has("user") {
		request.SetBasicAuth(c.User, c.Password)
	}
	if c.Token != "" && !s.body.has("token") {
		value := c.Token
		if strings.EqualFold(c.TokenHeader, "Authorization") {
			value = "Bearer " + value
		}
		request.Header.Set(c.TokenHeader, value)
	}
	return request, nil
}
