package radius

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2869"
)

// alive asks whether the server answers a good packet, which it does in the order in which packets came.
func (h *house) alive(g *gateway) {
	h.t.Helper()
	is(h.t, g.ask(radius.New(radius.CodeStatusServer, g.secret)), radius.CodeAccessAccept, "")
}

// silent sends what must not be answered and checks that it is not, by an answer to a later packet that comes alone.
func (h *house) silent(g *gateway, raw []byte, why Outcome, times int) {
	h.t.Helper()
	g.send(raw)
	h.until(string(why), func() bool { return h.count(why) == times })
	h.alive(g)
}

// CVE-2024-3596: a request without a Message-Authenticator, and what a forger makes of one.
func TestRequestsThatAreNotSignedGetNoAnswer(t *testing.T) {
	h := open(t, options{})
	g := h.gateway("vpn")
	p := g.login("mara", typedPassword, nil)
	bare, err := p.MarshalBinary()
	must(t, err)
	h.silent(g, bare, Unsigned, 1)
	good := signedWith(t, p, g.secret)

	twice := append(append([]byte{}, good...), good[len(good)-18:]...)
	twice[3] += 18
	h.silent(g, twice, Unsigned, 2)
	short := append([]byte{}, good[:len(good)-1]...)
	short[3]--
	short[len(short)-16] = 17 // the attribute's length
	h.silent(g, short, Unsigned, 3)

	for i, at := range []int{1, 4, 19, 22, 30, len(good) - 1} { // identifier, authenticator, name, password, the signature itself
		bent := append([]byte{}, good...)
		bent[at] ^= 1
		h.silent(g, bent, Forged, i+1)
	}
	h.silent(g, signedWith(t, p, []byte("testing123")), Forged, 7)
	h.silent(g, signedWith(t, p, nil), Forged, 8)
	h.silent(g, signedWith(t, p, []byte(radSecSecret)), Forged, 9)
	if h.requests() != 0 {
		t.Error("a phone was asked")
	}
	if log := h.log.String(); strings.Count(log, "outcome=forged") != 1 || !strings.Contains(log, "compare the secret") || strings.Contains(log, typedPassword) {
		t.Errorf("the log:\n%s", log)
	}
}

// A client's packets with the secret of another.
func TestClientsAreToldByTheirNetwork(t *testing.T) {
	h := open(t, options{apps: []nodkey.NewApplication{
		vpn("wide", `{"networks":["127.0.0.0/8"]}`, false), vpn("narrow", `{"networks":["127.0.0.8/30"]}`, false), vpn("one", `{"networks":["127.0.0.9"]}`, false),
	}})
	for from, id := range map[string]string{"127.0.0.1": "wide", "127.0.0.8": "narrow", "127.0.0.9": "one", "127.0.0.12": "wide"} {
		h.alive(h.gatewayAt(from, h.secrets[id]))
	}
	g := h.gatewayAt("127.0.0.9", h.secrets["wide"])
	g.send(signedWith(t, radius.New(radius.CodeStatusServer, g.secret), g.secret))
	h.until("forged", func() bool { return h.count(Forged) == 1 })
	if g.hear(50*time.Millisecond) != nil {
		t.Error("an answer for another's secret")
	}
}

func TestAClientThatNobodyNamedHearsNothing(t *testing.T) {
	h := open(t, options{apps: []nodkey.NewApplication{vpn("vpn", `{"networks":["127.0.0.2"]}`, false)}})
	g := h.gateway("vpn")
	for range 50 {
		g.send(signedWith(t, g.login("mara", typedPassword, nil), g.secret))
	}
	h.until("all are counted", func() bool { return h.count(Unknown) == 50 })
	if g.hear(50*time.Millisecond) != nil {
		t.Error("a stranger got an answer")
	}
	if n := strings.Count(h.log.String(), "unknown_client"); n != 1 {
		t.Errorf("%d lines in the log", n)
	}
}

func TestPacketsThatAreNone(t *testing.T) {
	h := open(t, options{})
	g := h.gateway("vpn")
	good := signedWith(t, g.login("mara", typedPassword, nil), g.secret)
	bent := func(change func([]byte) []byte) []byte { return change(append([]byte{}, good...)) }
	for i, raw := range [][]byte{
		{}, good[:19], good[:len(good)-1],
		bent(func(b []byte) []byte { b[2] = 0xff; return b }),
		bent(func(b []byte) []byte { b[3] = 10; return b }),
		bent(func(b []byte) []byte { b[21] = 0; return b }),
		bent(func(b []byte) []byte { b[21] = 1; return b }),
		bent(func(b []byte) []byte { b[21] = 255; return b }),
		bent(func(b []byte) []byte { b[0] = 4; return b }),  // Accounting-Request
		bent(func(b []byte) []byte { b[0] = 2; return b }),  // Access-Accept
		bent(func(b []byte) []byte { b[0] = 43; return b }), // CoA-Request
		bytes.Repeat([]byte{1}, 5000),
	} {
		h.silent(g, raw, Malformed, i+1)
	}
}

// 4 KB of attributes: taken where they can be answered, dropped where they cannot.
func TestPacketsThatAreFull(t *testing.T) {
	h := open(t, options{})
	g := h.gateway("vpn")
	p := g.login("mara", typedPassword, nil)
	for range 15 {
		p.Add(rfc2865.Class_Type, bytes.Repeat([]byte{'x'}, 253))
	}
	is(t, g.ask(p), radius.CodeAccessChallenge, "")
	p = g.login("mara", typedPassword, nil)
	for range 8 {
		p.Add(rfc2865.ProxyState_Type, bytes.Repeat([]byte{'x'}, 250))
	}
	a := g.ask(p)
	is(t, a, radius.CodeAccessChallenge, "")
	if states, err := rfc2865.ProxyState_Gets(a); err != nil || len(states) != 8 {
		t.Errorf("%d states, %v", len(states), err)
	}
	p.Add(rfc2865.ProxyState_Type, bytes.Repeat([]byte{'x'}, 250))
	h.silent(g, signedWith(t, p, g.secret), Malformed, 1)
	p = g.login(strings.Repeat("x", 253), strings.Repeat("y", 128), nil)
	is(t, g.ask(p), radius.CodeAccessReject, "Check name and password")
}

func TestPasswordsThatAreHashed(t *testing.T) {
	h := open(t, options{apps: []nodkey.NewApplication{vpn("vpn", `{"networks":["127.0.0.1"]}`, false), vpn("wifi", `{"eap_networks":["127.0.0.2"]}`, true)}})
	g := h.gateway("vpn")
	chap := func() *radius.Packet {
		p := radius.New(radius.CodeAccessRequest, g.secret)
		p.Add(rfc2865.UserName_Type, []byte("mara"))
		return p
	}
	p := chap()
	p.Add(rfc2865.CHAPPassword_Type, make([]byte, 17))
	is(t, g.ask(p), radius.CodeAccessReject, "argon2id")
	for _, kind := range []byte{1, 25} {
		p = chap()
		value, err := radius.NewVendorSpecific(vendorMicrosoft, append([]byte{kind, 52}, make([]byte, 50)...))
		must(t, err)
		p.Add(rfc2865.VendorSpecific_Type, value)
		is(t, g.ask(p), radius.CodeAccessReject, "PAP")
	}
	if !strings.Contains(h.log.String(), "MS-CHAPv2: passwords are kept as argon2id hashes") {
		t.Error("the log does not say why")
	}
	wifi := h.gatewayAt("127.0.0.2", h.secrets["wifi"])
	is(t, wifi.ask(wifi.login("mara", typedPassword, nil)), radius.CodeAccessReject, "without EAP-TTLS")
}

// A State belongs to one client and one person, and is good once.
func TestStatesAreNobodyElses(t *testing.T) {
	h := open(t, options{apps: []nodkey.NewApplication{vpn("vpn", `{"networks":["127.0.0.1"],"mode":"challenge"}`, false), vpn("other", `{"networks":["127.0.0.2"],"mode":"challenge"}`, false)}})
	h.join("ines")
	g, other := h.gateway("vpn"), h.gatewayAt("127.0.0.2", h.secrets["other"])
	at := g.ask(g.login("mara", typedPassword, nil))
	state := rfc2865.State_Get(at)
	code, err := h.key.TypedCode(digits(t, at), h.key.Vpin(typedPIN))
	must(t, err)
	is(t, other.ask(other.login("mara", code, state)), radius.CodeAccessReject, "is over")
	is(t, g.ask(g.login("ines", code, state)), radius.CodeAccessReject, "is over")
	is(t, g.ask(g.login("mara", code, append([]byte{state[0] ^ 1}, state[1:]...))), radius.CodeAccessReject, "is over")
	is(t, g.ask(g.login("mara", code, []byte("x"))), radius.CodeAccessReject, "is over")
	is(t, g.ask(g.login("mara", code, state)), radius.CodeAccessAccept, "")
	is(t, g.ask(g.login("mara", code, state)), radius.CodeAccessReject, "is over")
	if h.count(Accepted) != 1 || h.count(Stale) != 5 {
		t.Errorf("%v", h.outcomes())
	}
}

// What was answered to one request is no answer to another, though the identifier is the same.
func TestAnswersBelongToTheirRequest(t *testing.T) {
	h := open(t, options{})
	g := h.gateway("vpn")
	p := radius.New(radius.CodeStatusServer, g.secret)
	g.send(signedWith(t, p, g.secret))
	raw := g.hear(time.Minute)
	other := radius.New(radius.CodeAccessRequest, g.secret)
	other.Identifier = p.Identifier
	sent, err := other.MarshalBinary()
	must(t, err)
	if radius.IsAuthenticResponse(raw, sent, g.secret) {
		t.Error("it fits another request")
	}
	if p, err := radius.Parse(raw, g.secret); err != nil || p.Attributes[0].Type != rfc2869.MessageAuthenticator_Type {
		t.Errorf("%v, %v", p, err)
	}
}

// Both secrets are good while they are changed, and each is answered with itself.
func TestASecretIsChanged(t *testing.T) {
	h := open(t, options{})
	old := h.gateway("vpn")
	added, err := h.Applications.Rotate(h.ctx, h.Desk(), "vpn", time.Hour)
	must(t, err)
	fresh := h.gatewayAt("127.0.0.1", added.Secrets[0].Value)
	h.alive(old)
	h.alive(fresh)
	h.Clock.Advance(2 * time.Hour)
	h.alive(fresh)
	g := old
	g.send(signedWith(t, radius.New(radius.CodeStatusServer, g.secret), g.secret))
	h.until("the old one is over", func() bool { return h.count(Forged) == 1 })
}

func TestAnApplicationThatWasRemoved(t *testing.T) {
	h := open(t, options{})
	g := h.gateway("vpn")
	must(t, h.Applications.Remove(h.ctx, h.Desk(), "vpn"))
	g.send(signedWith(t, g.login("mara", typedPassword, nil), g.secret))
	h.until("it is nobody's", func() bool { return h.count(Forged) == 1 })
	must(t, h.door.Refresh(h.ctx))
	g.send(signedWith(t, g.login("mara", typedPassword, nil), g.secret))
	h.until("it is not known", func() bool { return h.count(Unknown) == 1 })
}

// Whoever floods under one client's address with packets that are not its own keeps neither it nor others from signing in.
func TestAFloodFromOneClient(t *testing.T) {
	h := open(t, options{apps: []nodkey.NewApplication{vpn("vpn", pushSettings, true), vpn("other", `{"networks":["127.0.0.2"]}`, false)}})
	g, other, flood := h.gateway("vpn"), h.gatewayAt("127.0.0.2", h.secrets["other"]), h.gatewayAt("127.0.0.1", "wrong")
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		raw := signedWith(t, flood.login("mara", typedPassword, nil), flood.secret)
		for n := uint64(0); ; n++ {
			raw[4], raw[5], raw[6] = byte(n), byte(n>>8), byte(n>>16)
			if _, err := flood.conn.Write(raw); err != nil {
				return
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	defer func() { close(stop); <-ended }()
	h.until("the flood is on", func() bool { return h.count(Forged)+h.count(Busy) > 2000 })
	retry := func(g *gateway, p *radius.Packet) *radius.Packet { // as clients do
		raw := signedWith(t, p, g.secret)
		for range 400 {
			g.send(raw)
			if got := g.hear(50 * time.Millisecond); got != nil {
				return opened(t, got, p, g.secret)
			}
		}
		t.Fatalf("no answer in the flood: %v", h.outcomes())
		return nil
	}
	is(t, retry(other, other.login("mara", typedPassword, nil)), radius.CodeAccessChallenge, "")
	approved := make(chan error, 1)
	go func() {
		look := time.NewTicker(20 * time.Millisecond)
		defer look.Stop()
		for {
			list, err := h.key.Open(h.ctx)
			for _, s := range list {
				if err == nil && !s.Number {
					_, err = h.key.Answer(h.ctx, s, nodkeytest.Answer{PIN: typedPIN})
					approved <- err
					return
				}
			}
			if err != nil {
				approved <- err
				return
			}
			<-look.C
		}
	}()
	is(t, retry(g, g.login("mara", typedPassword, nil)), radius.CodeAccessAccept, "")
	must(t, <-approved)
}
