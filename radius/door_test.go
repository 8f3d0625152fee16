package radius

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
)

const pushSettings = `{"networks":["127.0.0.1"],"mode":"push"}`

func TestANumberIsShownAndWaitedFor(t *testing.T) {
	h := open(t, options{})
	g := h.gateway("vpn")
	first := g.ask(g.login("mara", typedPassword, nil))
	is(t, first, radius.CodeAccessChallenge, "then press Enter here")
	p := g.login("mara", "", rfc2865.State_Get(first))
	g.send(signedWith(t, p, g.secret))
	s := h.asked()
	if s.App != "Aldermere VPN" || s.With != "vpn-1" {
		t.Errorf("the phone shows %+v", s.Statement)
	}
	h.says(s, nodkeytest.Answer{Number: number(t, first), PIN: typedPIN})
	is(t, g.answer(p), radius.CodeAccessAccept, "")
	if h.count(Accepted) != 1 || h.count(Challenged) != 1 {
		t.Errorf("%v", h.outcomes())
	}
}

func TestANoOnThePhone(t *testing.T) {
	h := open(t, options{apps: []nodkey.NewApplication{vpn("vpn", pushSettings, true)}})
	g := h.gateway("vpn")
	p := g.login("mara", typedPassword, nil)
	g.send(signedWith(t, p, g.secret))
	h.says(h.asked(), nodkeytest.Answer{No: "not_me"})
	is(t, g.answer(p), radius.CodeAccessReject, "refused on the phone")
}

func TestAPushWithoutANumber(t *testing.T) {
	h := open(t, options{apps: []nodkey.NewApplication{vpn("vpn", pushSettings, true)}})
	g := h.gateway("vpn")
	p := g.login("mara", typedPassword, nil)
	p.Add(rfc2865.CallingStationID_Type, []byte("203.0.113.9"))
	for _, state := range []string{"first", "", "\x00third"} {
		p.Add(rfc2865.ProxyState_Type, []byte(state))
	}
	g.send(signedWith(t, p, g.secret))
	s := h.asked()
	if s.Number || s.Address != "203.0.113.9" {
		t.Errorf("the phone shows %+v", s.Statement)
	}
	h.says(s, nodkeytest.Answer{PIN: typedPIN})
	a := g.answer(p)
	is(t, a, radius.CodeAccessAccept, "")
	states, err := rfc2865.ProxyState_Gets(a)
	if err != nil || len(states) != 3 || string(states[0]) != "first" || len(states[1]) != 0 || string(states[2]) != "\x00third" {
		t.Errorf("%q, %v", states, err)
	}
}

// An application that is not plain never wakes a phone without a number: it is asked for a code.
func TestAPushThatMayNotBePlainIsACode(t *testing.T) {
	h := open(t, options{apps: []nodkey.NewApplication{vpn("vpn", pushSettings, false)}})
	g := h.gateway("vpn")
	is(t, g.ask(g.login("mara", typedPassword, nil)), radius.CodeAccessChallenge, "8 digits")
}

func TestACodeOfAPhoneThatIsOffline(t *testing.T) {
	for name, c := range map[string]struct {
		settings string
		zero     bool
	}{"challenge": {`{"networks":["127.0.0.1"],"mode":"challenge"}`, false}, "number": {`{"networks":["127.0.0.1"]}`, true}} {
		t.Run(name, func(t *testing.T) {
			h := open(t, options{apps: []nodkey.NewApplication{vpn("vpn", c.settings, false)}})
			g := h.gateway("vpn")
			at := g.ask(g.login("mara", typedPassword, nil))
			if c.zero {
				at = g.ask(g.login("mara", "0", rfc2865.State_Get(at)))
			}
			is(t, at, radius.CodeAccessChallenge, "8 digits")
			code, err := h.key.TypedCode(digits(t, at), h.key.Vpin(typedPIN))
			must(t, err)
			wrong := []byte(code)
			wrong[7] = '0' + (wrong[7]-'0'+1)%10
			again := g.ask(g.login("mara", string(wrong), rfc2865.State_Get(at)))
			is(t, again, radius.CodeAccessChallenge, "not the right code")
			if digits(t, again) != digits(t, at) {
				t.Error("the digits have changed")
			}
			again = g.ask(g.login("mara", "what?", rfc2865.State_Get(again)))
			is(t, again, radius.CodeAccessChallenge, "A code has 8 digits")
			is(t, g.ask(g.login("mara", code[:4]+" "+code[4:], rfc2865.State_Get(again))), radius.CodeAccessAccept, "")
		})
	}
}

func TestTooManyWrongCodes(t *testing.T) {
	h := open(t, options{apps: []nodkey.NewApplication{vpn("vpn", `{"networks":["127.0.0.1"],"mode":"challenge"}`, false)}})
	g := h.gateway("vpn")
	at := g.ask(g.login("mara", typedPassword, nil))
	for range nodkey.ChallengeTries - 1 {
		at = g.ask(g.login("mara", "00000000", rfc2865.State_Get(at)))
		is(t, at, radius.CodeAccessChallenge, "")
	}
	is(t, g.ask(g.login("mara", "00000000", rfc2865.State_Get(at))), radius.CodeAccessReject, "No code is taken")
}

func TestSentencesAreInThePersonsLanguage(t *testing.T) {
	h := open(t, options{apps: []nodkey.NewApplication{vpn("vpn", `{"networks":["127.0.0.1"],"language":"de"}`, false)}})
	g := h.gateway("vpn")
	is(t, g.ask(g.login("mara", typedPassword, nil)), radius.CodeAccessChallenge, "Eingabetaste")
	is(t, g.ask(g.login("mara", "wrong", nil)), radius.CodeAccessReject, "Namen und Passwort")
	h.join("hana", "ja")
	is(t, g.ask(g.login("hana", "wrong", nil)), radius.CodeAccessReject, "Namen und Passwort") // whose language it is is not to be known
	is(t, g.ask(g.login("hana", typedPassword, nil)), radius.CodeAccessChallenge, "スマートフォン")
}

func TestTheServerIsAlive(t *testing.T) {
	h := open(t, options{})
	g := h.gateway("vpn")
	is(t, g.ask(radius.New(radius.CodeStatusServer, g.secret)), radius.CodeAccessAccept, "")
}

// Nobody can tell who exists and who does not, or which of the reasons it was.
func TestOneRejectForWhatMayNotBeKnown(t *testing.T) {
	h := open(t, options{})
	g := h.gateway("vpn")
	_, err := h.Users.Add(h.ctx, h.Desk(), nodkey.NewUser{Name: "nophone", DisplayName: "No Phone", Password: typedPassword})
	must(t, err)
	var says []string
	for _, c := range [][2]string{{"mara", "wrong"}, {"nobody", typedPassword}, {"nophone", typedPassword}, {"not a name", "x"}} {
		a := g.ask(g.login(c[0], c[1], nil))
		is(t, a, radius.CodeAccessReject, "Check name and password")
		says = append(says, rfc2865.ReplyMessage_GetString(a))
	}
	for _, say := range says {
		if say != says[0] {
			t.Errorf("%q and %q", say, says[0])
		}
	}
	if h.requests() != 0 {
		t.Error("a phone was asked")
	}
}

// A fault over one packet is one packet's.
func TestAFaultEndsNothing(t *testing.T) {
	var faults atomic.Int32
	h := open(t, options{config: func(c *Config) {
		observe := c.Observe
		c.Observe = func(x Exchange) {
			if x.Outcome == Challenged && faults.Add(1) == 1 {
				panic("a fault of the test's")
			}
			observe(x)
		}
	}})
	g := h.gateway("vpn")
	p := g.login("mara", typedPassword, nil)
	raw := signedWith(t, p, g.secret)
	g.send(raw)
	h.until("the fault", func() bool { return strings.Contains(h.log.String(), "a fault of the test's") })
	g.send(raw) // as clients do
	is(t, g.answer(p), radius.CodeAccessChallenge, "press Enter")
	h.alive(g)
}
