package radius

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/database"
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2869"
)

const (
	typedPassword = "seven green bottles"
	typedPIN      = "7294"
)

// house is a server with this door open on 127.0.0.1, and one person with a phone.
type house struct {
	*nodkeytest.House
	t        testing.TB
	ctx      context.Context
	door     *Door
	log      *nodkeytest.Log
	address  string
	restart  func() // opens the door anew, at the same address
	key      *nodkeytest.PhoneKey
	secrets  map[string]string
	mu       sync.Mutex
	observed map[Outcome]int
}

// options change a house before it is opened.
type options struct {
	policy func(*nodkey.Policy)
	config func(*Config)
	apps   []nodkey.NewApplication // with settings; empty: one that names 127.0.0.1, in mode number
}

// vpn is an application at an address of this machine.
func vpn(id, settings string, plain bool) nodkey.NewApplication {
	return nodkey.NewApplication{ID: id, Name: "Aldermere VPN", Doors: []nodkey.Door{nodkey.DoorRADIUS}, Plain: plain, Settings: json.RawMessage(settings)}
}

func open(t testing.TB, o options) *house {
	t.Helper()
	store, err := database.Open(t.Context(), filepath.Join(t.TempDir(), "nodkey.db"))
	must(t, err)
	policy := nodkey.DefaultPolicy()
	policy.ActivationFirst = nodkey.FirstByPassword
	if o.policy != nil {
		o.policy(&policy)
	}
	h := &house{t: t, ctx: t.Context(), log: &nodkeytest.Log{}, secrets: map[string]string{}, observed: map[Outcome]int{}}
	h.House, err = nodkeytest.OpenHouse(h.ctx, store, nodkeytest.NewClock(time.Now()), policy)
	must(t, err)
	h.key = h.join("mara")
	if o.apps == nil {
		o.apps = []nodkey.NewApplication{vpn("vpn", `{"networks":["127.0.0.1"]}`, false)}
	}
	for _, app := range o.apps {
		added, err := h.Applications.Add(h.ctx, h.Desk(), app)
		must(t, err)
		h.secrets[app.ID] = added.Secrets[0].Value
	}
	texts, err := i18n.Load()
	must(t, err)
	config := Config{Observe: func(x Exchange) {
		h.mu.Lock()
		h.observed[x.Outcome]++
		h.mu.Unlock()
	}}
	if o.config != nil {
		o.config(&config)
	}
	at := net.UDPAddr{IP: net.IPv4zero}
	serve := func() (end func()) {
		h.door = New(config, h.Applications, slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})), texts)
		must(t, h.door.Refresh(h.ctx))
		socket, err := net.ListenUDP("udp", &at)
		must(t, err)
		at.Port = socket.LocalAddr().(*net.UDPAddr).Port
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- h.door.Serve(ctx, socket, nil) }()
		return func() {
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if n := h.door.Waiting(); n != 0 {
				t.Errorf("%d requests are left over", n)
			}
		}
	}
	end := serve()
	h.address = fmt.Sprintf("127.0.0.1:%d", at.Port)
	h.restart = func() {
		end()
		end = serve()
	}
	t.Cleanup(func() {
		end()
		must(t, store.Close())
		if t.Failed() {
			t.Logf("the log:\n%s", h.log)
		}
	})
	return h
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// join makes a user with a phone.
func (h *house) join(name string, language ...string) *nodkeytest.PhoneKey {
	h.t.Helper()
	_, err := h.Users.Add(h.ctx, h.Desk(), nodkey.NewUser{Name: name, DisplayName: "Mara Lindqvist", Password: typedPassword, Locale: strings.Join(language, "")})
	must(h.t, err)
	b := h.NewBrowser("192.0.2.7")
	must(h.t, b.Begin(h.ctx, name, typedPassword))
	key, err := b.FirstPhone(h.ctx, typedPIN)
	must(h.t, err)
	return key
}

// count is how many packets had an outcome.
func (h *house) count(o Outcome) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.observed[o]
}

// outcomes are all counts.
func (h *house) outcomes() map[Outcome]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.observed)
}

// tunnels is how many TLS connections inside EAP are open.
func (h *house) tunnels() int {
	h.door.talks.mu.Lock()
	defer h.door.talks.mu.Unlock()
	return h.door.talks.tunnels
}

// until waits for what happens in the background.
func (h *house) until(what string, done func() bool) {
	h.t.Helper()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for late := time.Now().Add(time.Minute); time.Now().Before(late); <-look.C {
		if done() {
			return
		}
	}
	h.t.Fatalf("never: %s", what)
}

// requests is how many requests the phone has.
func (h *house) requests() int {
	h.t.Helper()
	open, err := h.key.Open(h.ctx)
	must(h.t, err)
	return len(open)
}

// asked waits for the phone's request and gives it.
func (h *house) asked() nodkeytest.Statement {
	h.t.Helper()
	h.until("a request on the phone", func() bool { return h.requests() > 0 })
	s, err := h.key.Newest(h.ctx)
	must(h.t, err)
	return s
}

func (h *house) says(s nodkeytest.Statement, a nodkeytest.Answer) {
	h.t.Helper()
	_, err := h.key.Answer(h.ctx, s, a)
	must(h.t, err)
}

// gateway is a RADIUS client with a socket of its own.
type gateway struct {
	t      testing.TB
	conn   *net.UDPConn
	secret []byte
}

func (h *house) gateway(id string) *gateway { return h.gatewayAt("127.0.0.1", h.secrets[id]) }

// gatewayAt sends from an address of this machine.
func (h *house) gatewayAt(from, secret string) *gateway {
	h.t.Helper()
	to, err := net.ResolveUDPAddr("udp", h.address)
	must(h.t, err)
	conn, err := net.DialUDP("udp", &net.UDPAddr{IP: net.ParseIP(from)}, to)
	must(h.t, err)
	h.t.Cleanup(func() { conn.Close() })
	return &gateway{t: h.t, conn: conn, secret: []byte(secret)}
}

// login is an Access-Request with a password.
func (g *gateway) login(name, password string, state []byte) *radius.Packet {
	g.t.Helper()
	return g.fill(radius.New(radius.CodeAccessRequest, g.secret), name, password, state)
}

// fill is login with a packet that has its identifier and authenticator.
func (g *gateway) fill(p *radius.Packet, name, password string, state []byte) *radius.Packet {
	g.t.Helper()
	must(g.t, rfc2865.UserName_SetString(p, name))
	if password != "" {
		must(g.t, rfc2865.UserPassword_SetString(p, password))
	} else {
		hidden, err := radius.NewUserPassword(nil, g.secret, p.Authenticator[:])
		must(g.t, err)
		p.Add(rfc2865.UserPassword_Type, hidden)
	}
	p.Add(rfc2865.NASIdentifier_Type, []byte("vpn-1"))
	if state != nil {
		p.Add(rfc2865.State_Type, state)
	}
	return p
}

// signedWith puts a Message-Authenticator in and gives the bytes.
func signedWith(t testing.TB, p *radius.Packet, secret []byte) []byte {
	t.Helper()
	p.Attributes.Del(rfc2869.MessageAuthenticator_Type)
	p.Add(rfc2869.MessageAuthenticator_Type, make([]byte, 16))
	raw, err := p.MarshalBinary()
	must(t, err)
	mac := hmac.New(md5.New, secret)
	mac.Write(raw)
	copy(raw[len(raw)-16:], mac.Sum(nil))
	return raw
}

func (g *gateway) send(raw []byte) {
	g.t.Helper()
	_, err := g.conn.Write(raw)
	must(g.t, err)
}

// hear waits for an answer; nil: none came.
func (g *gateway) hear(wait time.Duration) []byte {
	g.t.Helper()
	buffer := make([]byte, 5000)
	must(g.t, g.conn.SetReadDeadline(time.Now().Add(wait)))
	n, err := g.conn.Read(buffer)
	if err != nil {
		return nil
	}
	return buffer[:n]
}

// ask sends a request and checks that what comes back is the server's.
func (g *gateway) ask(p *radius.Packet) *radius.Packet {
	g.t.Helper()
	g.send(signedWith(g.t, p, g.secret))
	return g.answer(p)
}

func (g *gateway) answer(p *radius.Packet) *radius.Packet {
	g.t.Helper()
	raw := g.hear(time.Minute)
	if raw == nil {
		g.t.Fatal("no answer")
	}
	return opened(g.t, raw, p, g.secret)
}

// opened checks an answer as a careful client does: its authenticator, and the Message-Authenticator in the first place.
func opened(t testing.TB, raw []byte, request *radius.Packet, secret []byte) *radius.Packet {
	t.Helper()
	sent, err := request.MarshalBinary()
	must(t, err)
	if !radius.IsAuthenticResponse(raw, sent, secret) || raw[1] != request.Identifier {
		t.Fatal("the answer is not authentic")
	}
	if raw[20] != byte(rfc2869.MessageAuthenticator_Type) {
		t.Fatalf("the answer begins with attribute %d", raw[20])
	}
	again := append([]byte{}, raw...)
	copy(again[4:20], request.Authenticator[:])
	if !signed(again, signOf(again), secret) {
		t.Fatal("the answer's Message-Authenticator does not hold")
	}
	p, err := radius.Parse(raw, secret)
	must(t, err)
	return p
}

// is checks code and sentence of an answer.
func is(t testing.TB, p *radius.Packet, code radius.Code, piece string) {
	t.Helper()
	if say := rfc2865.ReplyMessage_GetString(p); p.Code != code || !strings.Contains(say, piece) {
		t.Fatalf("%v %q, want %v with %q", p.Code, say, code, piece)
	}
}

// number is the one that a challenge shows.
func number(t testing.TB, p *radius.Packet) string {
	t.Helper()
	var n string
	if _, err := fmt.Sscanf(rfc2865.ReplyMessage_GetString(p), "Type %s in", &n); err != nil || len(n) != 2 {
		t.Fatalf("no number in %q", rfc2865.ReplyMessage_GetString(p))
	}
	return n
}

// digits are the six that a challenge shows.
func digits(t testing.TB, p *radius.Packet) string {
	t.Helper()
	say := rfc2865.ReplyMessage_GetString(p)
	at := strings.LastIndex(say, "Type ")
	if at < 0 || len(say) < at+11 {
		t.Fatalf("no digits in %q", say)
	}
	return say[at+5 : at+11]
}
