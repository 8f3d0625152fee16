package pushservice

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Autopush is the push service of Firefox: a Service, and the WebSocket that the browser holds to it
// (https://mozilla-push-service.readthedocs.io/en/latest/design/).
type Autopush struct {
	*Service
	line   net.Listener
	server *http.Server
	ctx    context.Context
	stop   context.CancelFunc

	mu       sync.Mutex
	browsers map[string]map[string]string // by uaid: the tokens by channel
	online   int
	hangUp   chan struct{} // closed when all lines are to end
	faults   []string      // what workers did wrong with a message, by their browser's word
}

// StartAutopush starts one. Close ends it.
func StartAutopush() (*Autopush, error) {
	service, err := Start("updates.push.services.mozilla.com")
	if err != nil {
		return nil, err
	}
	a := &Autopush{Service: service, browsers: map[string]map[string]string{}, hangUp: make(chan struct{})}
	if a.line, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, errors.Join(err, service.Close())
	}
	a.ctx, a.stop = context.WithCancel(context.Background())
	a.server = &http.Server{Handler: http.HandlerFunc(a.connect), ReadHeaderTimeout: time.Minute}
	go func() { _ = a.server.Serve(a.line) }() // ends with Close
	return a, nil
}

// Address is what dom.push.serverURL must be for a Firefox to find it.
func (a *Autopush) Address() string { return "ws://" + a.line.Addr().String() + "/" }

// Close ends it at once.
func (a *Autopush) Close() error {
	a.stop() // a line that is a WebSocket is none of the server's any more
	return errors.Join(a.server.Close(), a.Service.Close())
}

// Online counts the browsers that hold a line.
func (a *Autopush) Online() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.online
}

// Faults are the messages that a service worker took and failed over, by the browser's word.
func (a *Autopush) Faults() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.faults...)
}

// Forget ends all subscriptions and forgets the browsers, as after a loss of data. Those that hold a line lose it; when they come
// back they are given other names, by which they know.
func (a *Autopush) Forget() {
	a.mu.Lock()
	known, hangUp := a.browsers, a.hangUp
	a.browsers, a.hangUp = map[string]map[string]string{}, make(chan struct{})
	a.mu.Unlock()
	for _, channels := range known {
		for _, token := range channels {
			a.End(token)
		}
	}
	close(hangUp)
}

func (a *Autopush) connect(w http.ResponseWriter, r *http.Request) {
	// The browser itself calls, and no page: there is no origin to be looked at.
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"push-notification"}, InsecureSkipVerify: true})
	if err != nil {
		return // Accept has answered
	}
	l := &line{service: a, conn: c, sent: map[string]bool{}}
	err = l.hold(a.ctx)
	_ = c.Close(websocket.StatusNormalClosure, "") // it may be closed
	if l.uaid != "" {
		a.change(func() { a.mu.Lock(); a.online--; a.mu.Unlock() })
	}
	if err != nil && !hungUp(err) {
		a.note("a line: %v", err)
	}
}

// hungUp: a line has ended, in whatever way; what is said on it is another matter.
func hungUp(err error) bool {
	var closed websocket.CloseError
	var network *net.OpError
	return errors.As(err, &closed) || errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, context.Canceled)
}

func (a *Autopush) note(format string, args ...any) {
	a.change(func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.faults = append(a.faults, fmt.Sprintf(format, args...))
	})
}

// line is a browser's WebSocket.
type line struct {
	service *Autopush
	conn    *websocket.Conn
	uaid    string
	sent    map[string]bool // copies, over this line
}

// update is what an acknowledgement says of one message.
type update struct {
	ChannelID string `json:"channelID"`
	Version   string `json:"version"`
	Code      int    `json:"code"`
}

// heard is anything that a browser says.
type heard struct {
	MessageType string   `json:"messageType"`
	UAID        string   `json:"uaid"`
	ChannelID   string   `json:"channelID"`
	Key         string   `json:"key"`
	Updates     []update `json:"updates"`
	Version     string   `json:"version"`
	Code        int      `json:"code"`
}

// hold answers the browser and brings it its messages, until one of the two ends.
func (l *line) hold(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l.service.mu.Lock()
	hangUp := l.service.hangUp
	l.service.mu.Unlock()
	in, ended := make(chan heard), make(chan error, 1)
	go func() {
		for {
			_, raw, err := l.conn.Read(ctx)
			if err != nil {
				ended <- err
				return
			}
			var h heard
			if err := json.Unmarshal(raw, &h); err != nil {
				ended <- fmt.Errorf("%q: %w", raw, err)
				return
			}
			select {
			case in <- h:
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		parcels, changed := l.service.due(l.uaid)
		for _, p := range parcels {
			if l.uaid == "" || l.sent[p.ID] {
				continue
			}
			l.sent[p.ID] = true
			if err := l.say(ctx, map[string]any{
				"messageType": "notification", "channelID": l.channelOf(p.token), "version": p.ID, "ttl": int(p.ttl / time.Second),
				"data": base64.RawURLEncoding.EncodeToString(p.Body), "headers": map[string]string{"encoding": "aes128gcm"},
			}); err != nil {
				return err
			}
		}
		select {
		case h := <-in:
			if err := l.answer(ctx, h); err != nil {
				return err
			}
		case <-changed:
		case <-hangUp:
			return nil
		case err := <-ended:
			return err
		case <-ctx.Done():
			return nil
		}
	}
}

func (l *line) say(ctx context.Context, what any) error {
	raw, err := json.Marshal(what)
	if err != nil {
		return err
	}
	return l.conn.Write(ctx, websocket.MessageText, raw)
}

func (l *line) answer(ctx context.Context, h heard) error {
	if l.uaid == "" && h.MessageType != "hello" && h.MessageType != "" {
		return fmt.Errorf("%s comes before hello", h.MessageType)
	}
	switch h.MessageType {
	case "": // {}, a ping
		return l.say(ctx, struct{}{})
	case "hello":
		l.greet(h.UAID)
		return l.say(ctx, map[string]any{"messageType": "hello", "uaid": l.uaid, "status": 200, "use_webpush": true, "broadcasts": struct{}{}})
	case "register":
		return l.register(ctx, h)
	case "unregister":
		if token := l.service.take(l.uaid, h.ChannelID); token != "" {
			l.service.End(token)
		}
		return l.say(ctx, map[string]any{"messageType": "unregister", "channelID": h.ChannelID, "status": 200})
	case "ack":
		for _, u := range h.Updates {
			l.service.settle(u.Version, verdictOf(u.Code))
		}
		return nil
	case "nack":
		l.service.note("the service worker failed over %s: %d", h.Version, h.Code)
		return nil
	case "broadcast_subscribe":
		return nil // nothing is broadcast here
	}
	return fmt.Errorf("what is %q?", h.MessageType)
}

// verdictOf reads a code of an acknowledgement.
func verdictOf(code int) Verdict {
	switch code {
	case 100:
		return Decrypted
	case 101:
		return NotDecrypted
	case 102:
		return NotDelivered
	}
	return Verdict(fmt.Sprintf("acknowledged with %d", code))
}

// greet finds the browser, or gives a new one its name; one that is unknown gets another name and forgets what it had.
func (l *line) greet(uaid string) {
	l.service.change(func() {
		l.service.mu.Lock()
		defer l.service.mu.Unlock()
		if l.service.browsers[uaid] == nil {
			id := make([]byte, 16)
			rand.Read(id)
			uaid = hex.EncodeToString(id)
			l.service.browsers[uaid] = map[string]string{}
		}
		l.uaid = uaid
		l.service.online++
	})
}

func (l *line) register(ctx context.Context, h heard) error {
	answer := map[string]any{"messageType": "register", "channelID": h.ChannelID, "status": 200}
	key, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(h.Key, "=")) // some pad it
	if err == nil {
		var token string
		if token, err = l.service.subscribe(l.uaid, key); err == nil {
			l.service.keep(l.uaid, h.ChannelID, token)
			answer["pushEndpoint"] = l.service.Endpoint(token)
		}
	}
	if err != nil {
		l.service.note("the key of a subscription, %q: %v", h.Key, err)
		answer["status"] = 400
	}
	return l.say(ctx, answer)
}

func (a *Autopush) keep(uaid, channel, token string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.browsers[uaid][channel] = token
}

func (a *Autopush) take(uaid, channel string) (token string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	token = a.browsers[uaid][channel]
	delete(a.browsers[uaid], channel)
	return token
}

func (l *line) channelOf(token string) string {
	l.service.mu.Lock()
	defer l.service.mu.Unlock()
	for channel, kept := range l.service.browsers[l.uaid] {
		if kept == token {
			return channel
		}
	}
	return ""
}
