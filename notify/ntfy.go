package notify

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
)

// NtfyServers are the ntfy servers that messages may go to (docs.ntfy.sh/publish).
type NtfyServers struct{ services *Services }

// NewNtfyServers reads a list of servers with commas or spaces between, each a host, or host:port. One with "=address:port"
// behind it may have a private address and is dialled there, and so is one that own names as well; see [NewServices].
func NewNtfyServers(list, own string) (*NtfyServers, error) {
	house, err := NewServices("", own)
	if err != nil {
		return nil, err
	}
	s := noServices()
	for _, entry := range split(list) {
		place, dial, err := placeOf(entry)
		if err != nil {
			return nil, err
		}
		if dial = cmp.Or(dial, house.own[place]); dial != "" {
			s.own[place] = dial
		}
		s.add(place, nodkey.ChannelNtfy+":"+strings.TrimSuffix(place, ":443"))
	}
	return &NtfyServers{services: s}, nil
}

// Names are the servers, a few.
func (n *NtfyServers) Names() []string { return n.services.Names() }

// topicPath is the path of a topic's address.
var topicPath = regexp.MustCompile(`^/[-_A-Za-z0-9]{1,64}$`)

// Service gives the name of the server that a topic's address is of ("ntfy:ntfy.example.com"), and false for one of any other.
// What is not the address of a topic, such as https://ntfy.example.com/topic, has no host.
func (n *NtfyServers) Service(endpoint string) (service, host string, ok bool) {
	u, err := url.Parse(endpoint)
	if err != nil || strings.ContainsAny(endpoint, "?#%") || !topicPath.MatchString(u.Path) {
		return "", "", false
	}
	return n.services.Service(endpoint)
}

// NtfyConfig is what sending to ntfy servers needs.
type NtfyConfig struct {
	Servers  *NtfyServers
	Token    string                     // an access token that is sent to every one of them; empty: none
	Title    string                     // of each message: the server's name
	Click    string                     // what a touch on it opens: the phone app's address
	Sentence func(locale string) string // the message, in a user's language
	Roots    *x509.CertPool             // nil: the system's
	Now      func() time.Time
	Timeout  time.Duration // of one message; zero: 10 s
}

// Ntfy publishes to topics of ntfy servers: that something waits, and nothing of the request. It is safe for concurrent use.
type Ntfy struct {
	*sender
	config NtfyConfig
}

// NewNtfy makes the channel. Error: a token that no header can carry.
func NewNtfy(c NtfyConfig) (*Ntfy, error) {
	if err := CheckToken(c.Token); err != nil {
		return nil, err
	}
	return &Ntfy{sender: newSender(c.Servers.services.dial, c.Roots, c.Timeout, c.Now), config: c}, nil
}

// CheckToken says what is wrong with an access token (RFC 6750 §2.1).
func CheckToken(token string) error {
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return errors.New("an access token has letters, digits and signs only, without a space")
	}
	return nil
}

// Name is the channel's, for metrics.
func (n *Ntfy) Name() string { return nodkey.ChannelNtfy }

// Services names the servers.
func (n *Ntfy) Services() []string { return n.config.Servers.Names() }

// Send publishes one message; see [sender.send] for its error.
func (n *Ntfy) Send(ctx context.Context, m nodkey.PushMessage) (nodkey.PushAnswer, error) {
	_, host, ok := n.config.Servers.Service(m.To.Endpoint)
	if !ok { // it was, when the phone handed it over
		return nodkey.PushAnswer{Outcome: nodkey.PushRefused}, fmt.Errorf("%s is not on the list of ntfy servers any more", host)
	}
	return n.send(host, func() (*http.Request, error) { return n.request(ctx, m) }, ntfyMeans)
}

func (n *Ntfy) request(ctx context.Context, m nodkey.PushMessage) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.To.Endpoint, strings.NewReader(n.config.Sentence(m.Locale)))
	if err != nil {
		return nil, errors.New("the topic's address is no address")
	}
	for name, value := range map[string]string{
		"Content-Type": "text/plain; charset=utf-8",
		"Title":        mime.BEncoding.Encode("utf-8", n.config.Title), // RFC 2047, which ntfy reads in every header
		"Priority":     "high", "Tags": "key", "Click": n.config.Click,
		"X-Sequence-ID": m.Topic, // a repeat takes the place of the first
	} {
		request.Header.Set(name, value)
	}
	if n.config.Token != "" {
		request.Header.Set("Authorization", "Bearer "+n.config.Token)
	}
	return request, nil
}

// ntfyMeans says what an answer means. ntfy answers with the message that it published, or with an error that repeats the
// status. A page of something in front of it, whatever its status, is no word of ntfy's: a 200 without the message published
// nothing, and a 404 says nothing of the topic.
func ntfyMeans(code int, body []byte) nodkey.PushOutcome {
	var said struct {
		ID    string `json:"id"`
		Event string `json:"event"`
		HTTP  int    `json:"http"`
	}
	err := json.Unmarshal(body, &said)
	switch {
	case code == http.StatusOK && err == nil && said.ID != "" && said.Event == "message":
		return nodkey.PushDelivered
	case code == http.StatusOK:
		return nodkey.PushRetry
	case (code == http.StatusNotFound || code == http.StatusGone) && err == nil && said.HTTP == code:
		return nodkey.PushGone
	}
	return nodkey.PushRefused
}
