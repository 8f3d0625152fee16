package pushservice

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Verdict is what a browser said of a message.
type Verdict string

// The verdicts.
const (
	Waiting      Verdict = ""              // nothing yet
	Taken        Verdict = "taken"         // it has come; whether it could be read is not told
	Decrypted    Verdict = "decrypted"     // read, and handed to the service worker
	NotDecrypted Verdict = "not decrypted" // it could not be read
	NotDelivered Verdict = "not delivered" // read, but nobody was there to take it
)

// Copy is what a browser gets of a message: the message itself, or one of those that [Service.Spoil] made of it.
type Copy struct {
	ID      string
	Body    []byte
	Verdict Verdict
}

// Message is one that was accepted.
type Message struct {
	ID             string
	Token          string // of the subscription
	Topic, Urgency string
	TTL            time.Duration
	At             time.Time // when it came
	Body           []byte    // as it came, encrypted
	Copies         []Copy
	Replaced       bool // by one of the same topic, before a browser had acknowledged it
}

// String tells what became of it.
func (m Message) String() string {
	verdicts := make([]Verdict, 0, len(m.Copies))
	for _, c := range m.Copies {
		verdicts = append(verdicts, c.Verdict)
	}
	return fmt.Sprintf("%s of %s: %q", m.Topic, m.At.Format(time.TimeOnly), verdicts)
}

// live tells whether the browser is still to get it.
func (m *Message) live(now time.Time) bool { return !m.Replaced && now.Sub(m.At) < m.TTL }

// subscription is one of a browser's.
type subscription struct {
	owner string // the browser
	key   []byte // the only sender's public key, 65 bytes (RFC 8292 §4)
	ended bool
}

// Service is a push service as application servers see it. It is safe for concurrent use.
type Service struct {
	hosts    []string
	path     string // of endpoints, before the token
	listener net.Listener
	server   *http.Server
	roots    []byte
	identity tls.Certificate

	mu            sync.Mutex
	changed       chan struct{} // closed with the next change
	subscriptions map[string]*subscription
	messages      []*Message
	refused       []error
	spoil         func(body []byte) [][]byte
}

// Start starts a push service whose endpoints are at a host, or at others that lead to the same. Close ends it.
func Start(host string, others ...string) (*Service, error) {
	hosts := append([]string{host}, others...)
	roots, identity, err := newIdentity(hosts)
	if err != nil {
		return nil, err
	}
	s := &Service{hosts: hosts, path: "/push/", roots: roots, identity: identity, changed: make(chan struct{}), subscriptions: map[string]*subscription{}}
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	s.server = &http.Server{Handler: s, TLSConfig: s.tls(), ReadHeaderTimeout: time.Minute}
	go func() { _ = s.server.ServeTLS(s.listener, "", "") }() // ends with Close
	return s, nil
}

func (s *Service) tls() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{s.identity}, MinVersion: tls.VersionTLS12}
}

// Close ends the service at once.
func (s *Service) Close() error { return s.server.Close() }

// OwnServices is what push.own_services must be for a server to find this one.
func (s *Service) OwnServices() string {
	own := make([]string, 0, len(s.hosts))
	for _, host := range s.hosts {
		own = append(own, host+"="+s.listener.Addr().String())
	}
	return strings.Join(own, ",")
}

// Roots are in PEM the root that the service's certificate is under.
func (s *Service) Roots() []byte { return s.roots }

// Endpoint is the address of a subscription.
func (s *Service) Endpoint(token string) string { return "https://" + s.hosts[0] + s.path + token }

// Subscribe makes a subscription that no browser stands behind: its messages wait until their time is over. key is the public
// key of the only one who may send, 65 bytes.
func (s *Service) Subscribe(key []byte) (endpoint string, err error) {
	token, err := s.subscribe("nobody", key)
	return s.Endpoint(token), err
}

func (s *Service) subscribe(owner string, key []byte) (token string, err error) {
	if _, err := publicKey(key); err != nil {
		return "", err
	}
	token = rand.Text()
	s.change(func() { s.subscriptions[token] = &subscription{owner: owner, key: key} })
	return token, nil
}

// End ends a subscription, as a browser does that gives it up: messages to it are answered with 410.
func (s *Service) End(token string) {
	s.change(func() {
		if sub := s.subscriptions[token]; sub != nil {
			sub.ended = true
		}
	})
}

// EndAll ends all subscriptions without a word to the browsers.
func (s *Service) EndAll() {
	s.change(func() {
		for _, sub := range s.subscriptions {
			sub.ended = true
		}
	})
}

// Spoil makes browsers get other bodies in place of each message that comes from now on; nil: the message itself.
func (s *Service) Spoil(how func(body []byte) [][]byte) { s.change(func() { s.spoil = how }) }

// Refused are the reasons for which messages were not accepted, but for those to subscriptions that have ended.
func (s *Service) Refused() []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.refused)
}

// Messages are those accepted so far, in their order.
func (s *Service) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Message, 0, len(s.messages))
	for _, m := range s.messages {
		c := *m
		c.Copies = slices.Clone(m.Copies)
		all = append(all, c)
	}
	return all
}

// Subscriptions counts the subscriptions that have not ended.
func (s *Service) Subscriptions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, sub := range s.subscriptions {
		if !sub.ended {
			n++
		}
	}
	return n
}

// Await waits until something holds that Messages, Subscriptions and Refused tell of. It ends early, with an error, when a
// message was refused.
func (s *Service) Await(ctx context.Context, what string, holds func() bool) error {
	for {
		s.mu.Lock()
		changed, refused := s.changed, errors.Join(s.refused...)
		s.mu.Unlock()
		switch {
		case holds():
			return nil
		case refused != nil:
			return fmt.Errorf("%s did not come about: %w", what, refused)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%s did not come about: %w; messages: %v", what, ctx.Err(), s.Messages())
		}
	}
}

// change changes the service, and tells those who wait.
func (s *Service) change(how func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	how()
	close(s.changed)
	s.changed = make(chan struct{})
}

// parcel is a copy on its way to a browser.
type parcel struct {
	Copy
	token string
	key   []byte
	ttl   time.Duration
}

// due gives what a browser is still to get, and what is closed when that may have changed.
func (s *Service) due(owner string) (parcels []parcel, changed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for _, m := range s.messages {
		sub := s.subscriptions[m.Token]
		if sub.owner != owner || sub.ended || !m.live(now) {
			continue
		}
		for _, c := range m.Copies {
			if c.Verdict == Waiting {
				parcels = append(parcels, parcel{Copy: c, token: m.Token, key: sub.key, ttl: m.TTL})
			}
		}
	}
	return parcels, s.changed
}

// settle writes down what a browser says of a copy. A later word on it counts for more: that it has come is said first.
func (s *Service) settle(id string, verdict Verdict) {
	s.change(func() {
		for _, m := range s.messages {
			for i := range m.Copies {
				if m.Copies[i].ID == id {
					m.Copies[i].Verdict = verdict
				}
			}
		}
	})
}
