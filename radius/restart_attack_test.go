package radius

import (
	"testing"

	"github.com/nodkey/nodkey/nodkeytest"
	"layeh.com/radius"
)

// A yes of before a restart is the answer to the packet that asked for it, and to no other: not to the same bytes from elsewhere, nor
// to somebody else's, or another password, under the same authenticator.
func TestAYesOfBeforeARestartIsNobodyElses(t *testing.T) {
	h := open(t, plainPush)
	ines := h.join("ines")
	g := h.gateway("vpn")
	p := g.login("mara", typedPassword, nil)
	raw := signedWith(t, p, g.secret)
	g.send(raw)
	h.says(h.asked(), nodkeytest.Answer{PIN: typedPIN})
	is(t, g.answer(p), radius.CodeAccessAccept, "")
	h.restart()

	elsewhere := h.gateway("vpn")
	elsewhere.send(raw)
	h.says(h.asked(), nodkeytest.Answer{No: "mistake"})
	is(t, elsewhere.answer(p), radius.CodeAccessReject, "")

	same := func(name, password string) *radius.Packet {
		made := radius.New(radius.CodeAccessRequest, g.secret)
		made.Identifier, made.Authenticator = p.Identifier, p.Authenticator
		return g.fill(made, name, password, nil)
	}
	is(t, g.ask(same("mara", "another password")), radius.CodeAccessReject, "")
	if n := h.requests(); n != 0 {
		t.Errorf("%d requests are on the phone", n)
	}
	other := same("ines", typedPassword)
	g.send(signedWith(t, other, g.secret))
	h.until("ines is asked", func() bool {
		list, err := ines.Open(h.ctx)
		return err == nil && len(list) == 1
	})
	s, err := ines.Newest(h.ctx)
	must(t, err)
	_, err = ines.Answer(h.ctx, s, nodkeytest.Answer{No: "mistake"})
	must(t, err)
	is(t, g.answer(other), radius.CodeAccessReject, "")
	h.restart()
	is(t, g.ask(p), radius.CodeAccessAccept, "") // and it stays that packet's
}
