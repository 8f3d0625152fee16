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

// openEAP is a house where Wi-Fi signs in.
func openEAP(t *testing.T, settings string, plain bool) *house {
	return open(t, options{config: withCertificate(t), apps: []nodkey.NewApplication{vpn("wifi", settings, plain), vpn("other", `{"networks":["127.0.0.2"]}`, false)}})
}

func TestADeviceSignsInThroughTheTunnel(t *testing.T) {
	for name, c := range map[string]struct {
		mtu    int
		framed uint32
		parts  int
	}{"at once": {0, 0, 0}, "in small pieces": {64, 300, 4}, "with a Framed-MTU of nothing": {0, 1, 4}} {
		t.Run(name, func(t *testing.T) {
			h := openEAP(t, `{"eap_networks":["127.0.0.1"],"mode":"push"}`, true)
			p := newPeer(t, h.gateway("wifi"))
			p.mtu, p.framedMTU = c.mtu, c.framed
			p.shakes()
			if p.parts < c.parts {
				t.Errorf("the server's messages came in %d parts", p.parts)
			}
			request := p.through(avps("mara", typedPassword))
			raw := signedWith(t, request, p.secret)
			p.send(raw)
			s := h.asked()
			for range 5 {
				p.send(raw)
			}
			h.until("repetitions are dropped", func() bool { return h.count(Dropped) == 5 })
			if h.requests() != 1 || h.tunnels() != 0 {
				t.Errorf("%d requests; %d tunnels while the phone is asked", h.requests(), h.tunnels())
			}
			h.says(s, nodkeytest.Answer{PIN: typedPIN})
			answer := p.answer(request)
			if code, _, _ := p.hears(answer); answer.Code != radius.CodeAccessAccept || code != eapSuccess {
				t.Fatalf("%v %d", answer.Code, code)
			}
			p.hasKeys(answer)
		})
	}
}

func TestNumberAndCodeThroughTheTunnel(t *testing.T) {
	h := openEAP(t, `{"eap_networks":["127.0.0.1"]}`, false)
	p := newPeer(t, h.gateway("wifi"))
	p.shakes()
	// says sends a password through the tunnel and gives what is asked through it.
	says := func(plain []byte) string {
		t.Helper()
		_, in := p.exchange(mustSay(t, p, plain))
		f, err := p.tls.step(in)
		must(t, err)
		said, err := readAVPs(f.plain)
		if err != nil || len(said) != 1 || said[0].code != avpReplyMessage {
			t.Fatalf("%v, %v", said, err)
		}
		return string(said[0].data)
	}
	if say := says(avps("mara", typedPassword)); !strings.Contains(say, "press Enter") {
		t.Fatal(say)
	}
	say := says(avps("mara", "0"))
	digits := say[5:11]
	code, err := h.key.TypedCode(digits, h.key.Vpin(typedPIN))
	must(t, err)
	if say := says(avps("mara", "12345678")); !strings.Contains(say, "not the right code") {
		t.Fatal(say)
	}
	answer := p.ask(p.through(avps("mara", code)))
	if answer.Code != radius.CodeAccessAccept {
		t.Fatal(answer.Code)
	}
	p.hasKeys(answer)
	if h.tunnels() != 0 {
		t.Error("a tunnel is left over")
	}
}

func mustSay(t *testing.T, p *peer, plain []byte) []byte {
	t.Helper()
	out, err := p.tls.say(plain)
	must(t, err)
	return out
}

// A no says nothing of why, not even beside EAP, where there may be no Reply-Message.
func TestANoThroughTheTunnel(t *testing.T) {
	h := openEAP(t, `{"eap_networks":["127.0.0.1"],"mode":"push"}`, true)
	for _, c := range [][2]string{{"mara", "wrong"}, {"nobody", typedPassword}, {"", typedPassword}} {
		p := newPeer(t, h.gateway("wifi"))
		p.shakes()
		answer := p.ask(p.through(avps(c[0], c[1])))
		if code, _, _ := p.hears(answer); answer.Code != radius.CodeAccessReject || code != eapFailure || rfc2865.ReplyMessage_GetString(answer) != "" {
			t.Errorf("%v %d", answer.Code, code)
		}
	}
	if h.requests() != 0 {
		t.Error("the phone was asked")
	}
}

func TestMethodsThatCannotBeServed(t *testing.T) {
	h := openEAP(t, `{"eap_networks":["127.0.0.1"],"mode":"push"}`, true)
	p := newPeer(t, h.gateway("wifi"))
	p.begins()
	code, kind, data := p.hears(p.ask(p.packet(eapNak, []byte{26})))
	if code != eapRequest || kind != eapNotification || !strings.Contains(string(data), "argon2id") {
		t.Fatalf("%d %d %s", code, kind, data)
	}
	answer := p.ask(p.packet(eapNotification, nil))
	if code, _, _ := p.hears(answer); answer.Code != radius.CodeAccessReject || code != eapFailure {
		t.Errorf("%v %d", answer.Code, code)
	}
	if !strings.Contains(h.log.String(), "the client wants EAP-MSCHAPv2") {
		t.Error("the log does not say why")
	}
	for name, plain := range map[string][]byte{
		"CHAP":    writeAVP(writeAVP(nil, avpUserName, true, []byte("mara")), avpCHAPPassword, true, make([]byte, 17)),
		"EAP":     writeAVP(nil, avpEAPMessage, true, []byte{2, 0, 0, 9, 1, 'm', 'a', 'r', 'a'}),
		"nothing": writeAVP(nil, avpUserName, true, []byte("mara")),
		"noise":   []byte("\x00\x00\x00\x01\x40\xff\xff\xffmara"),
		"two":     append(avps("mara", typedPassword), avps("ines", typedPassword)...),
		"must":    writeAVP(avps("mara", typedPassword), 999, true, []byte("x")),
	} {
		p := newPeer(t, h.gateway("wifi"))
		p.shakes()
		if answer := p.ask(p.through(plain)); answer.Code != radius.CodeAccessReject {
			t.Errorf("%s: %v", name, answer.Code)
		}
	}
	if h.requests() != 0 {
		t.Error("the phone was asked")
	}
}

func TestWhatIsNoConversation(t *testing.T) {
	h := openEAP(t, `{"networks":["127.0.0.1"],"mode":"push"}`, true)
	rejected := func(name string, p *peer, request *radius.Packet) {
		t.Helper()
		if answer := p.ask(request); answer.Code != radius.CodeAccessReject {
			t.Errorf("%s: %v", name, answer.Code)
		}
	}
	fresh := func() *peer { p := newPeer(t, h.gateway("wifi")); p.begins(); return p }

	p := fresh()
	state := p.state
	p.identifier++
	rejected("another identifier", p, p.packet(eapTTLS, []byte{0, 'x'}))
	p = fresh()
	p.state = state
	rejected("a State that was used", p, p.packet(eapTTLS, []byte{0, 'x'}))
	p = fresh()
	stolen := newPeer(t, h.gatewayAt("127.0.0.2", h.secrets["other"]))
	stolen.state, stolen.identifier = p.state, p.identifier
	rejected("another client's State", stolen, stolen.packet(eapTTLS, []byte{0, 'x'}))
	p.outer = "somebody"
	rejected("another name's State", p, p.packet(eapTTLS, []byte{0, 'x'}))
	p = fresh()
	password := p.login("anonymous", typedPassword, p.state)
	is(t, p.ask(password), radius.CodeAccessReject, "is over")
	for name, data := range map[string][]byte{
		"another version": {1}, "no flags": nil, "no length": {ttlsLength, 0, 0}, "4 GB": {ttlsLength, 0xff, 0xff, 0xff, 0xff},
		"noise for TLS": append([]byte{0}, bytes.Repeat([]byte("x"), 600)...), "TLS 1.1": append([]byte{0}, 22, 3, 2, 0, 4, 1, 0, 0, 0),
	} {
		p = fresh()
		rejected(name, p, p.packet(eapTTLS, data))
	}
	p = fresh()
	h.until("the tunnels are closed", func() bool { return h.tunnels() == 0 })
	for range 2 { // fragments without an end
		for n := 0; ; n++ {
			answer := p.ask(p.packet(eapTTLS, append([]byte{ttlsMore}, bytes.Repeat([]byte("x"), 1000)...)))
			if p.hears(answer); answer.Code == radius.CodeAccessReject {
				if n < 30 || n > 34 {
					t.Errorf("after %d fragments", n)
				}
				break
			}
		}
		p = fresh()
	}
	before := h.count(Malformed)
	for i, eap := range [][]byte{{2, 1, 0}, {2, 1, 0, 200, 1}, {1, 1, 0, 5, 1}, {3, 1, 0, 4}} { // too short, too long, a request, a success
		p := newPeer(t, h.gateway("wifi"))
		h.silent(p.gateway, signedWith(t, p.raw(eap), p.secret), Malformed, before+i+1)
	}
}

// RFC 3579 §2.1: an access point that does not ask who it is leaves that to the server.
func TestAConversationThatTheServerBegins(t *testing.T) {
	h := openEAP(t, `{"networks":["127.0.0.1"],"mode":"push"}`, true)
	p := newPeer(t, h.gateway("wifi"))
	start := p.raw(nil)
	start.Add(rfc2869.EAPMessage_Type, nil)
	if code, kind, _ := p.hears(p.ask(start)); code != eapRequest || kind != eapIdentity {
		t.Fatalf("%d %d", code, kind)
	}
	p.begins()
}

// Conversations that nobody goes on with are bounded and end by themselves.
// Devices that nobody knows yet begin at one access point and never go on: those of others still can.
func TestTunnelsOfOneClientLeaveRoomForOthers(t *testing.T) {
	now := time.Unix(1000, 0)
	all := newTalks(func() time.Time { return now })
	for range 2 * tunnelsMax {
		one := &talk{client: "cafe", until: now.Add(tunnelLife), eap: &eapTalk{}}
		if !all.openTunnel(one.client) {
			break
		}
		one.eap.tunnel = newTunnel(nil)
		if all.put(one) == nil {
			t.Fatal("no room for a talk")
		}
	}
	if !all.openTunnel("office") {
		t.Error("one client keeps the others out")
	}
	now = now.Add(tunnelLife)
	if !all.openTunnel("cafe") {
		t.Error("what is over still counts")
	}
	all.clear()
}

// Nothing of a device's is kept before it has taken one of the places for TLS: sixteen thousand talks of 32 KB would be half a GB.
func TestFragmentsAreKeptForFew(t *testing.T) {
	h := openEAP(t, `{"networks":["127.0.0.1"],"mode":"push"}`, true)
	p := newPeer(t, h.gateway("wifi"))
	p.begins()
	code, _, _ := p.hears(p.ask(p.packet(eapTTLS, append([]byte{ttlsMore}, make([]byte, 3000)...))))
	if code != eapRequest || h.tunnels() != 1 {
		t.Errorf("%d; %d tunnels after a fragment", code, h.tunnels())
	}
	h.door.talks.mu.Lock()
	h.door.talks.tunnels = tunnelsMax
	h.door.talks.mu.Unlock()
	late := newPeer(t, h.gateway("wifi"))
	late.begins()
	late.send(signedWith(t, late.packet(eapTTLS, append([]byte{ttlsMore}, make([]byte, 3000)...)), late.secret))
	h.until("there is no room", func() bool { return h.count(Busy) == 1 })
	h.door.talks.mu.Lock()
	defer h.door.talks.mu.Unlock()
	h.door.talks.tunnels = 1
}

func TestConversationsAreBounded(t *testing.T) {
	now := time.Unix(1000, 0)
	all := newTalks(func() time.Time { return now })
	for i := range talksOfClient + 10 {
		one := &talk{client: "vpn", until: now.Add(tunnelLife), eap: &eapTalk{}}
		if all.openTunnel("vpn") != (i < tunnelsOfClient) {
			t.Fatalf("tunnel %d", i)
		}
		if i < tunnelsOfClient {
			one.eap.tunnel = newTunnel(nil)
		}
		if (all.put(one) != nil) != (i < talksOfClient) {
			t.Fatalf("talk %d", i)
		}
	}
	if all.put(&talk{client: "other", until: now.Add(tunnelLife)}) == nil {
		t.Error("one client keeps the others out")
	}
	now = now.Add(tunnelLife)
	if !all.openTunnel("vpn") || all.tunnels != 1 || all.tunnelsOf["vpn"] != 1 || len(all.open) != 0 || len(all.of) != 0 {
		t.Errorf("%d tunnels, %d talks", all.tunnels, len(all.open))
	}
}
