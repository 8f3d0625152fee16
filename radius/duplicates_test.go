package radius

import (
	"bytes"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
)

var plainPush = options{apps: []nodkey.NewApplication{vpn("vpn", pushSettings, true)}}

// came reports whether so many requests are one attempt.
func (h *house) came(times int) func() bool {
	return func() bool {
		h.door.attempts.mu.Lock()
		defer h.door.attempts.mu.Unlock()
		for _, at := range h.door.attempts.open {
			if at.last == times {
				return true
			}
		}
		return false
	}
}

// RFC 5080 §2.2.2: the same packet, the same answer, and one request on the phone.
func TestTheSamePacketAgain(t *testing.T) {
	h := open(t, plainPush)
	g := h.gateway("vpn")
	p := g.login("mara", typedPassword, nil)
	raw := signedWith(t, p, g.secret)
	g.send(raw)
	s := h.asked()
	for range 20 {
		g.send(raw)
	}
	h.until("they are dropped", func() bool { return h.count(Dropped) == 20 })
	if h.requests() != 1 || g.hear(20*time.Millisecond) != nil {
		t.Fatal("the phone was asked again, or there was an answer already")
	}
	h.says(s, nodkeytest.Answer{PIN: typedPIN})
	first := g.hear(time.Minute)
	is(t, opened(t, first, p, g.secret), radius.CodeAccessAccept, "")
	for range 3 {
		g.send(raw)
		if again := g.hear(time.Minute); !bytes.Equal(again, first) {
			t.Fatal("another answer")
		}
	}
	if h.requests() != 0 || h.count(Accepted) != 1 || h.count(Repeated) != 3 {
		t.Errorf("%v", h.outcomes())
	}
	// The same bytes from another port are another request.
	other := h.gateway("vpn")
	other.send(raw)
	h.says(h.asked(), nodkeytest.Answer{No: "mistake"})
	is(t, other.answer(p), radius.CodeAccessReject, "")
}

// Other bytes under the same identifier and authenticator are the same request where they are signed, and nothing where they are not.
func TestTheSameRequestInOtherBytes(t *testing.T) {
	h := open(t, plainPush)
	g := h.gateway("vpn")
	p := g.login("mara", typedPassword, nil)
	g.send(signedWith(t, p, g.secret))
	h.says(h.asked(), nodkeytest.Answer{PIN: typedPIN})
	is(t, g.answer(p), radius.CodeAccessAccept, "")
	p.Add(rfc2865.NASPort_Type, radius.NewInteger(7))
	g.send(signedWith(t, p, []byte("guessed")))
	h.until("it is forged", func() bool { return h.count(Forged) == 1 })
	is(t, g.ask(p), radius.CodeAccessAccept, "")
	if h.count(Accepted) != 1 || h.count(Repeated) != 1 {
		t.Errorf("%v", h.outcomes())
	}
}

// A client whose authenticators are not random may send one person's request under those of another's: nobody gets an answer that is
// somebody else's.
func TestAnotherPersonUnderTheSameAuthenticator(t *testing.T) {
	h := open(t, plainPush)
	g := h.gateway("vpn")
	first := g.login("mara", typedPassword, nil)
	g.send(signedWith(t, first, g.secret))
	h.says(h.asked(), nodkeytest.Answer{PIN: typedPIN})
	is(t, g.answer(first), radius.CodeAccessAccept, "")
	for what, change := range map[string]func(*radius.Packet) error{
		"another name":     func(p *radius.Packet) error { return rfc2865.UserName_SetString(p, "tom") },
		"another password": func(p *radius.Packet) error { return rfc2865.UserPassword_SetString(p, "guessed") },
		"no password":      func(p *radius.Packet) error { p.Attributes.Del(rfc2865.UserPassword_Type); return nil },
		"a state":          func(p *radius.Packet) error { return rfc2865.State_Set(p, []byte("sixteen bytes !!")) },
	} {
		p := g.login("mara", typedPassword, nil)
		p.Identifier, p.Authenticator = first.Identifier, first.Authenticator
		must(t, rfc2865.UserPassword_SetString(p, typedPassword))
		must(t, change(p))
		if got := g.ask(p); got.Code != radius.CodeAccessReject {
			t.Errorf("%s: %v", what, got.Code)
		}
	}
	if h.count(Accepted) != 1 || h.count(Repeated) != 0 {
		t.Errorf("%v", h.outcomes())
	}
	alive := radius.New(radius.CodeStatusServer, g.secret) // whose answer is an Access-Accept, too
	is(t, g.ask(alive), radius.CodeAccessAccept, "")
	guess := g.login("mara", "", nil)
	guess.Identifier, guess.Authenticator = alive.Identifier, alive.Authenticator
	is(t, g.ask(guess), radius.CodeAccessReject, "")
}

// Equipment that changes over to another of its addresses repeats itself under a new identifier: one request, one yes, and the
// answer goes to whoever asked last.
func TestARepetitionUnderAnotherIdentifier(t *testing.T) {
	h := open(t, plainPush)
	g := h.gateway("vpn")
	login := func(from string) *radius.Packet {
		p := g.login("mara", typedPassword, nil)
		if from != "" {
			p.Add(rfc2865.CallingStationID_Type, []byte(from))
		}
		return p
	}
	first, second := login("203.0.113.9"), login("203.0.113.9")
	raw := signedWith(t, first, g.secret)
	g.send(raw)
	s := h.asked()
	g.send(signedWith(t, second, g.secret))
	h.until("both wait", h.came(2))
	if h.requests() != 1 {
		t.Fatal("the phone was asked twice")
	}
	h.says(s, nodkeytest.Answer{PIN: typedPIN})
	is(t, g.answer(second), radius.CodeAccessAccept, "")
	h.until("the first is passed over", func() bool { return h.count(Dropped) == 1 })
	g.send(raw)
	h.until("and stays so", func() bool { return h.count(Dropped) == 2 })
	if g.hear(50*time.Millisecond) != nil || h.requests() != 0 || h.count(Accepted) != 1 {
		t.Errorf("%v", h.outcomes())
	}

	// Another place, another password, or no place at all: somebody else's, and a request of its own.
	for i, p := range []*radius.Packet{login("203.0.113.9"), login("203.0.113.10"), login(""), login("")} {
		g.send(signedWith(t, p, g.secret))
		h.until("a request", func() bool { return h.requests() == i+1 })
	}
	wrong := g.login("mara", "wrong", nil)
	wrong.Add(rfc2865.CallingStationID_Type, []byte("203.0.113.9"))
	is(t, g.ask(wrong), radius.CodeAccessReject, "Check name")
	open, err := h.key.Open(h.ctx)
	must(t, err)
	for _, s := range open {
		h.says(s, nodkeytest.Answer{No: "mistake"})
	}
	h.until("all are answered", func() bool { return h.door.Waiting() == 0 })
}

// The same where a challenge was answered: its State says that it is the same sign-in.
func TestAnAnswerToAChallengeUnderAnotherIdentifier(t *testing.T) {
	h := open(t, options{})
	g := h.gateway("vpn")
	at := g.ask(g.login("mara", typedPassword, nil))
	first, second := g.login("mara", "", rfc2865.State_Get(at)), g.login("mara", "", rfc2865.State_Get(at))
	g.send(signedWith(t, first, g.secret))
	h.until("the first waits", h.came(1))
	g.send(signedWith(t, second, g.secret))
	h.until("both wait", h.came(2))
	h.says(h.asked(), nodkeytest.Answer{Number: number(t, at), PIN: typedPIN})
	is(t, g.answer(second), radius.CodeAccessAccept, "")
	h.until("the first is passed over", func() bool { return h.count(Dropped) == 1 })
	if h.count(Accepted) != 1 || h.count(Stale) != 0 {
		t.Errorf("%v", h.outcomes())
	}
}

func TestAnswersAreForgotten(t *testing.T) {
	now := time.Unix(1000, 0)
	d := newDuplicates(func() time.Time { return now })
	d.most = 3
	key := func(n byte) packetKey { return packetKey{from: "x", identifier: n} }
	for n := range byte(5) {
		if what, _ := d.begin(key(n), [32]byte{n}); what != seenNew {
			t.Fatal("known already")
		}
		if what, _ := d.begin(key(n), [32]byte{n}); what != seenWaiting {
			t.Fatal("not known")
		}
		d.end(key(n), []byte{n})
	}
	if d.answered.Len() != 3 || len(d.known) != 3 {
		t.Errorf("%d are kept", len(d.known))
	}
	if what, answer := d.look(key(4), [32]byte{4}); what != seenAnswered || answer[0] != 4 {
		t.Error("the newest is gone")
	}
	if what, _ := d.look(key(4), [32]byte{9}); what != seenOther {
		t.Error("other bytes were answered before they proved themselves")
	}
	now = now.Add(answersKept)
	if what, _ := d.begin(key(4), [32]byte{4}); what != seenNew {
		t.Error("an old answer counts")
	}
	d.end(key(4), nil)
	if len(d.known) != 0 || d.answered.Len() != 0 {
		t.Errorf("%d are kept", len(d.known))
	}
}
