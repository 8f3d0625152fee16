package radius

import (
	"testing"
	"time"

	"github.com/nodkey/nodkey/nodkeytest"
	"layeh.com/radius"
)

// Equipment repeats itself while the server is restarted. What asked somebody before it asks nobody again.
func TestAPacketThatComesAgainAfterARestart(t *testing.T) {
	h := open(t, plainPush)
	g := h.gateway("vpn")
	p := g.login("mara", typedPassword, nil)
	raw := signedWith(t, p, g.secret)
	g.send(raw)
	s := h.asked()
	h.restart()
	g.send(raw)
	h.until("it waits again", func() bool { return h.door.Waiting() == 1 })
	if n := h.requests(); n != 1 {
		t.Fatalf("%d requests are on the phone", n)
	}
	h.says(s, nodkeytest.Answer{PIN: typedPIN})
	is(t, g.answer(p), radius.CodeAccessAccept, "")

	h.restart() // and the answer was lost
	h.Clock.Advance(answersKept - time.Second)
	is(t, g.ask(p), radius.CodeAccessAccept, "")
	h.restart()
	h.Clock.Advance(time.Second)
	is(t, g.ask(p), radius.CodeAccessReject, "")
	if n := h.requests(); n != 0 {
		t.Errorf("%d requests are on the phone", n)
	}

	// Much later it is somebody else's, at equipment whose authenticators come again.
	h.restart()
	h.Clock.Advance(5 * time.Minute)
	g.send(raw)
	h.says(h.asked(), nodkeytest.Answer{No: "mistake"})
	is(t, g.answer(p), radius.CodeAccessReject, "")
}

func TestANoOutlastsARestart(t *testing.T) {
	h := open(t, plainPush)
	g := h.gateway("vpn")
	p := g.login("mara", typedPassword, nil)
	g.send(signedWith(t, p, g.secret))
	h.says(h.asked(), nodkeytest.Answer{No: "mistake"})
	first := g.answer(p)
	is(t, first, radius.CodeAccessReject, "")
	h.restart()
	g.send(signedWith(t, p, g.secret))
	is(t, g.answer(p), radius.CodeAccessReject, "")
	if n := h.requests(); n != 0 {
		t.Errorf("%d requests are on the phone", n)
	}
}

// The number stays what it was, so that whoever typed it before the restart need not begin again.
func TestAChallengeIsGivenAgainAfterARestart(t *testing.T) {
	h := open(t, options{})
	g := h.gateway("vpn")
	p := g.login("mara", typedPassword, nil)
	shown := g.ask(p)
	is(t, shown, radius.CodeAccessChallenge, "")
	s := h.asked()
	h.restart()
	again := g.ask(p)
	is(t, again, radius.CodeAccessChallenge, "")
	if n := h.requests(); n != 1 || number(t, again) != number(t, shown) {
		t.Errorf("%d requests are on the phone, and the number is another one", n)
	}
	h.says(s, nodkeytest.Answer{PIN: typedPIN, Number: number(t, again)})
	h.restart()
	is(t, g.ask(p), radius.CodeAccessAccept, "") // the phone has answered: there is nothing to press Enter for
}
