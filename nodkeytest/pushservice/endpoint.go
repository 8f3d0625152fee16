package pushservice

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// bodyMax is the most that every push service takes (RFC 8030 §7.2).
const bodyMax = 4096

// refusal is why a message is not accepted.
type refusal struct {
	status int
	err    error
}

func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status, fmt.Errorf(format, args...)}
}

// ServeHTTP takes a message for a subscription (RFC 8030 §5).
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m, bad := s.read(r)
	if bad != nil {
		s.change(func() {
			if bad.status != http.StatusGone { // nothing is wrong with such a message
				s.refused = append(s.refused, fmt.Errorf("%s %s: %d: %w", r.Method, r.URL.Path, bad.status, bad.err))
			}
		})
		http.Error(w, bad.err.Error(), bad.status)
		return
	}
	s.accept(m)
	w.Header().Set("Location", "https://"+r.Host+"/message/"+m.ID)
	w.Header().Set("TTL", strconv.Itoa(int(m.TTL/time.Second)))
	w.WriteHeader(http.StatusCreated)
}

// accept keeps a message, and gives up the one of its topic that waits (§5.4).
func (s *Service) accept(m *Message) {
	s.change(func() {
		bodies := [][]byte{m.Body}
		if s.spoil != nil {
			bodies = s.spoil(slices.Clone(m.Body))
		}
		for _, body := range bodies {
			m.Copies = append(m.Copies, Copy{ID: rand.Text(), Body: body})
		}
		for _, old := range s.messages {
			if m.Topic == "" || old.Token != m.Token || old.Topic != m.Topic {
				continue
			}
			old.Replaced = old.Replaced || slices.ContainsFunc(old.Copies, func(c Copy) bool { return c.Verdict == Waiting })
		}
		s.messages = append(s.messages, m)
	})
}

// read checks a message in every respect in which a push service can.
func (s *Service) read(r *http.Request) (*Message, *refusal) {
	token, ok := strings.CutPrefix(r.URL.Path, s.path)
	s.mu.Lock()
	sub := s.subscriptions[token]
	ended := sub != nil && sub.ended
	s.mu.Unlock()
	switch {
	case !slices.Contains(s.hosts, r.Host):
		return nil, refuse(http.StatusMisdirectedRequest, "%s is somebody else", r.Host)
	case !ok || sub == nil:
		return nil, refuse(http.StatusNotFound, "nobody has subscribed here")
	case ended:
		return nil, refuse(http.StatusGone, "the subscription has ended")
	case r.Method != http.MethodPost:
		return nil, refuse(http.StatusMethodNotAllowed, "messages come by POST")
	}
	now := time.Now()
	if bad := checkSender(r.Header.Get("Authorization"), "https://"+r.Host, sub.key, now); bad != nil {
		return nil, bad
	}
	m := &Message{ID: rand.Text(), Token: token, Topic: r.Header.Get("Topic"), Urgency: r.Header.Get("Urgency"), At: now}
	seconds, err := strconv.ParseUint(r.Header.Get("TTL"), 10, 31)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the TTL is %q (RFC 8030 §5.2)", r.Header.Get("TTL"))
	}
	m.TTL = time.Duration(seconds) * time.Second
	if !isTopic(m.Topic) {
		return nil, refuse(http.StatusBadRequest, "the topic is %q (RFC 8030 §5.4)", m.Topic)
	}
	if m.Urgency != "" && !slices.Contains([]string{"very-low", "low", "normal", "high"}, m.Urgency) {
		return nil, refuse(http.StatusBadRequest, "the urgency is %q (RFC 8030 §5.3)", m.Urgency)
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "aes128gcm" {
		return nil, refuse(http.StatusUnsupportedMediaType, "the content encoding is %q (RFC 8291 §4)", encoding)
	}
	if m.Body, err = io.ReadAll(io.LimitReader(r.Body, bodyMax+1)); err != nil {
		return nil, refuse(http.StatusBadRequest, "the body: %w", err)
	}
	if len(m.Body) > bodyMax {
		return nil, refuse(http.StatusRequestEntityTooLarge, "more than %d bytes (RFC 8030 §7.2)", bodyMax)
	}
	if err := checkBody(m.Body); err != nil {
		return nil, refuse(http.StatusBadRequest, "the body: %w", err)
	}
	return m, nil
}

// isTopic: at most 32 characters of base64url; none is well too (RFC 8030 §5.4).
func isTopic(topic string) bool {
	_, err := base64.RawURLEncoding.DecodeString(topic)
	return err == nil && len(topic) <= 32
}

// The header of an aes128gcm body with a key of P-256 (RFC 8188 §2.1, RFC 8291 §4).
const (
	saltLength   = 16
	pointLength  = 65
	headerLength = saltLength + 4 + 1 + pointLength
	recordMin    = 1 + 16 // the delimiter, and the tag
)

// checkBody looks at what can be seen of a body from outside: the header, and that one record is behind it.
func checkBody(body []byte) error {
	switch {
	case len(body) < headerLength+recordMin:
		return fmt.Errorf("%d bytes are too few for header and record", len(body))
	case body[saltLength+4] != pointLength || body[saltLength+5] != 4:
		return errors.New("its header holds no point of P-256")
	case len(body)-headerLength > int(binary.BigEndian.Uint32(body[saltLength:])):
		return errors.New("it has more than one record")
	case bytes.Equal(body[:saltLength], make([]byte, saltLength)):
		return errors.New("its salt is nothing but zeros")
	}
	_, err := publicKey(body[saltLength+5 : headerLength])
	return err
}
