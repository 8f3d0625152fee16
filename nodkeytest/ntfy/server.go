package ntfy

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Message is one line of a topic's JSON stream ("JSON message format").
type Message struct {
	ID         string   `json:"id"`
	Time       int64    `json:"time"`              // seconds
	Expires    int64    `json:"expires,omitempty"` // seconds
	Event      string   `json:"event"`             // open, keepalive or message
	Topic      string   `json:"topic"`
	SequenceID string   `json:"sequence_id,omitempty"`
	Title      string   `json:"title,omitempty"`
	Message    string   `json:"message,omitempty"`
	Priority   int      `json:"priority,omitempty"`
	Tags       []string `json:"tags,omitempty"`
	Click      string   `json:"click,omitempty"`
}

// Failing is what a test has, as far as a server needs it.
type Failing interface {
	Errorf(format string, args ...any)
}

// Server is one on TLS. Its certificate is for example.com and for the loopback addresses.
type Server struct {
	*httptest.Server
	// Token is what whoever publishes must show; empty: nobody has to.
	Token string

	t       Failing
	mu      sync.Mutex
	changed chan struct{}
	answer  http.HandlerFunc // instead of publishing
	tried   int
	sent    []Message
}

// New starts a server; the caller closes it.
func New(t Failing) *Server {
	s := &Server{t: t, changed: make(chan struct{})}
	s.Server = httptest.NewTLSServer(s)
	return s
}

// Close ends the server, and the streams of those who listen.
func (s *Server) Close() {
	s.CloseClientConnections()
	s.Server.Close()
}

// PEM is the certificate that clients have to trust.
func (s *Server) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

// As makes the server answer otherwise to whoever publishes; nil: well again.
func (s *Server) As(answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// Seen tells how often somebody tried to publish, and what was published.
func (s *Server) Seen() (tried int, sent []Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tried, slices.Clone(s.sent)
}

var (
	topicPath    = regexp.MustCompile(`^/([-_A-Za-z0-9]{1,64})(/json)?$`)
	sequenceForm = regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}$`)
	tagForm      = regexp.MustCompile(`^[a-z0-9_]+$`)
)

var priorities = map[string]int{"min": 1, "low": 2, "default": 3, "high": 4, "max": 5, "urgent": 5, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5}

// Refuse answers as ntfy does: its number of the error has the status in front.
func Refuse(w http.ResponseWriter, status, number int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"code": number, "http": status, "error": text, "link": "https://ntfy.sh/docs"})
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := topicPath.FindStringSubmatch(r.URL.Path)
	switch {
	case path == nil:
		Refuse(w, http.StatusNotFound, 40401, "page not found")
	case path[2] != "" && r.Method == http.MethodGet:
		s.stream(w, r, path[1])
	case path[2] == "" && (r.Method == http.MethodPost || r.Method == http.MethodPut):
		s.publish(w, r, path[1])
	default:
		Refuse(w, http.StatusNotFound, 40401, "page not found")
	}
}

func (s *Server) publish(w http.ResponseWriter, r *http.Request, topic string) {
	s.mu.Lock()
	s.tried++
	answer := s.answer
	s.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	if s.Token != "" && r.Header.Get("Authorization") != "Bearer "+s.Token {
		Refuse(w, http.StatusForbidden, 40301, "forbidden")
		return
	}
	m, err := read(r)
	if err != nil {
		s.t.Errorf("a request to ntfy: %v", err)
		Refuse(w, http.StatusBadRequest, 40000, err.Error())
		return
	}
	now := time.Now()
	m.Event, m.Topic, m.Time, m.Expires = "message", topic, now.Unix(), now.Add(12*time.Hour).Unix()
	s.mu.Lock()
	m.ID = fmt.Sprintf("test%08d", len(s.sent))
	s.sent = append(s.sent, m)
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(m)
}

// read takes a request for a message apart ("List of all parameters").
func read(r *http.Request) (m Message, err error) {
	known := []string{"Title", "Priority", "Tags", "Click", "X-Sequence-Id", "Authorization", "Content-Type", "Content-Length", "User-Agent", "Accept-Encoding"}
	for name := range r.Header {
		if !slices.Contains(known, name) {
			return m, fmt.Errorf("there is a header %s", name)
		}
	}
	var words mime.WordDecoder
	if m.Title, err = words.DecodeHeader(r.Header.Get("Title")); err != nil || len(m.Title) > 1024 || !utf8.ValidString(m.Title) {
		return m, fmt.Errorf("the title is %q", r.Header.Get("Title"))
	}
	text := r.Header.Get("Priority")
	if m.Priority = priorities[text]; text != "" && m.Priority == 0 {
		return m, fmt.Errorf("the priority is %q", text)
	}
	for tag := range strings.SplitSeq(r.Header.Get("Tags"), ",") {
		if m.Tags = append(m.Tags, tag); !tagForm.MatchString(tag) {
			return m, fmt.Errorf("a tag is %q", tag)
		}
	}
	if m.SequenceID = r.Header.Get("X-Sequence-Id"); !sequenceForm.MatchString(m.SequenceID) {
		return m, fmt.Errorf("the sequence is %q", m.SequenceID)
	}
	m.Click = r.Header.Get("Click")
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "text/plain" {
		return m, fmt.Errorf("the content is %q", r.Header.Get("Content-Type"))
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 4097))
	if err != nil || len(body) == 0 || len(body) > 4096 || !utf8.Valid(body) || r.URL.RawQuery != "" {
		return m, fmt.Errorf("there are %d bytes of text, and the query %q: %v", len(body), r.URL.RawQuery, err)
	}
	m.Message = string(body)
	return m, nil
}

// stream sends a topic's messages, one a line: those that come, and with since=all those before.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, topic string) {
	w.Header().Set("Content-Type", "application/x-ndjson; charset=utf-8")
	lines, flush := json.NewEncoder(w), http.NewResponseController(w)
	s.mu.Lock()
	next := len(s.sent)
	s.mu.Unlock()
	if r.URL.Query().Get("since") == "all" {
		next = 0
	}
	lines.Encode(Message{ID: "open" + strconv.Itoa(next), Time: time.Now().Unix(), Event: "open", Topic: topic})
	for {
		flush.Flush()
		s.mu.Lock()
		more, changed := slices.Clone(s.sent[next:]), s.changed
		next = len(s.sent)
		s.mu.Unlock()
		for _, m := range more {
			if m.Topic == topic {
				lines.Encode(m)
			}
		}
		if len(more) > 0 {
			continue
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}
