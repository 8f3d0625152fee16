package client

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/wire"
)

func TestADishonestOfferIsRefused(t *testing.T) {
	cases := map[string]struct {
		bend func(*server, *wire.LookupResponse)
		want string
	}{
		"a wrong MAC":                 {func(_ *server, r *wire.LookupResponse) { r.MAC[0] ^= 1 }, "offer.mac"},
		"no MAC":                      {func(_ *server, r *wire.LookupResponse) { r.MAC = nil }, "offer.mac"},
		"the MAC of another code":     {func(s *server, r *wire.LookupResponse) { r.MAC = macOf("000000000000000", r.Offer) }, "offer.mac"},
		"re-signed by a proxy":        {resigned(nil), "offer.mac"},
		"no JWS":                      {func(_ *server, r *wire.LookupResponse) { r.Offer = "x" }, "offer.mac"},
		"a bent signature, same MAC":  {func(_ *server, r *wire.LookupResponse) { r.Offer = flipLast(r.Offer) }, "offer.signature"},
		"re-signed, knowing the code": {resigned(codeOf), "offer.signature"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			p, stored := newPhone(t)
			code := s.activate(mara)
			s.bendLookup = func(r *wire.LookupResponse) { c.bend(s, r) }
			if _, err := p.Lookup(t.Context(), s.url, code.String()); !hasKey(err, c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
			if len(stored.Keys)+len(stored.Pending) != 0 {
				t.Error("something was stored")
			}
		})
	}
}

func macOf(code wire.Code, jws string) []byte {
	input, _ := wire.SigningInput(jws)
	return wire.OfferMAC(code.Key(), wire.Digest(input))
}

func codeOf(s *server) wire.Code {
	for _, a := range s.activations {
		return a.code
	}
	return ""
}

// resigned is a proxy that puts its own signature under the offer: with the keys of the offer as they are, and with the
// right MAC when it knows the code, which is as bad as it gets short of pinning its own keys.
func resigned(code func(*server) wire.Code) func(*server, *wire.LookupResponse) {
	return func(s *server, r *wire.LookupResponse) {
		parsed, err := wire.ParseJWS(r.Offer)
		var m wire.Offer
		if err != nil || wire.DecodeStrict(parsed.Payload, &m) != nil {
			s.t.Fatal("no offer to sign again")
		}
		proxy := newSigner(s.t)
		if code == nil {
			m.Keys.Signing = pointOf(proxy)
		}
		r.Offer = s.sign(proxy, wire.TypOffer, m)
		if code != nil {
			r.MAC = macOf(code(s), r.Offer)
		}
	}
}

func flipLast(jws string) string {
	at := strings.LastIndexByte(jws, '.') + 5
	other := byte('A')
	if jws[at] == other {
		other = 'B'
	}
	return jws[:at] + string(other) + jws[at+1:]
}

func TestADishonestReceiptIsRefused(t *testing.T) {
	cases := map[string]func(*server, *wire.Receipt){
		"for another key":            func(_ *server, r *wire.Receipt) { r.Key = strings.Repeat("A", 43) },
		"for another submission":     func(_ *server, r *wire.Receipt) { r.Submission = make([]byte, 32) },
		"for another user":           func(_ *server, r *wire.Receipt) { r.User = "MDEyMzQ1Njc4OTo7PD0-Pw" },
		"of another server":          func(_ *server, r *wire.Receipt) { r.Aud = "MDEyMzQ1Njc4OTo7PD0-Pw" },
		"of a state nobody knows":    func(_ *server, r *wire.Receipt) { r.State = "blessed" },
		"with digits, yet active":    func(_ *server, r *wire.Receipt) { r.Digits = "123456" },
		"to confirm, without digits": func(_ *server, r *wire.Receipt) { r.State = "confirm" },
		"to confirm, with letters":   func(_ *server, r *wire.Receipt) { r.State, r.Digits = "confirm", "12345x" },
		"signed by another key":      func(s *server, _ *wire.Receipt) { s.signing = newSigner(s.t) },
	}
	for name, bend := range cases {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			p, _ := newPhone(t)
			offer, err := p.Lookup(t.Context(), s.url, s.activate(mara).String())
			if err != nil {
				t.Fatal(err)
			}
			s.bendReceipt = func(r *wire.Receipt) { bend(s, r) }
			if _, err := p.Activate(t.Context(), offer, "7294", "My terminal"); !hasKey(err, "receipt.wrong") {
				t.Errorf("%v", err)
			}
			if len(p.Keys()) != 0 {
				t.Error("the key counts as active")
			}
		})
	}
}

func TestAnOldReceiptIsNotReplayed(t *testing.T) {
	s := newServer(t)
	p, key := active(t, s)
	s.keys[key.ID].state = "suspended"
	if got, err := p.KeyState(t.Context(), key.ID); err != nil || got.State != "suspended" {
		t.Fatalf("%+v, %v", got, err)
	}
	s.bendReceipt = func(r *wire.Receipt) { r.State, r.Iat = "active", r.Iat-60_000 }
	if _, err := p.KeyState(t.Context(), key.ID); !hasKey(err, "receipt.wrong") {
		t.Errorf("%v", err)
	}
	if got := p.Keys()[0].State; got != "suspended" {
		t.Errorf("the key is %s", got)
	}
}

func TestTheBackupKeySignsAsWell(t *testing.T) {
	s := newServer(t)
	p, key := active(t, s)
	s.signStatement = s.backup
	s.request("sign_in", key.ID)
	if a := one(t, p); a.Kind != "sign_in" {
		t.Errorf("%+v", a)
	}
}

func TestADishonestStatementIsLeftOut(t *testing.T) {
	cases := map[string]func(*server, *wire.Statement){
		"of another server":         func(_ *server, m *wire.Statement) { m.Aud = "MDEyMzQ1Njc4OTo7PD0-Pw" },
		"for another user":          func(_ *server, m *wire.Statement) { m.User = "MDEyMzQ1Njc4OTo7PD0-Pw" },
		"for another key":           func(_ *server, m *wire.Statement) { m.Keys = []string{strings.Repeat("A", 43)} },
		"for no key":                func(_ *server, m *wire.Statement) { m.Keys = []string{} },
		"of a kind nobody knows":    func(_ *server, m *wire.Statement) { m.Kind = "transfer" },
		"with an id that is a path": func(_ *server, m *wire.Statement) { m.ID = "../../key/remove" },
		"with a new key, yet none":  func(_ *server, m *wire.Statement) { m.Kind = "key_add" },
		"with a terminal's escapes": func(_ *server, m *wire.Statement) { m.App = "\x1b[2JBank" },
		"with text turned round":    func(_ *server, m *wire.Statement) { m.Text = "pay \u202e001" },
		"with a long text":          func(_ *server, m *wire.Statement) { m.Text = strings.Repeat("x", 201) },
		"with a yes to no text":     func(_ *server, m *wire.Statement) { m.Kind = "confirm" },
		"with a text of a test":     func(_ *server, m *wire.Statement) { m.Kind, m.Text = "test", "Pay 1 EUR" },
		"that says nothing":         func(_ *server, m *wire.Statement) { m.App = "" },
		"about the PIN of two keys": func(s *server, m *wire.Statement) {
			m.Kind, m.Keys, m.Es = "pin_change", append(m.Keys, "x"), pointOf(s.signing)
		},
		"that checks two keys' PIN":  func(_ *server, m *wire.Statement) { m.Kind, m.Keys = "pin_check", append(m.Keys, "x") },
		"that tests two keys":        func(_ *server, m *wire.Statement) { m.Kind, m.Keys = "test", append(m.Keys, "x") },
		"that tests with a key":      func(s *server, m *wire.Statement) { m.Kind, m.Es = "test", pointOf(s.signing) },
		"about the PIN with no key":  func(_ *server, m *wire.Statement) { m.Kind, m.Es = "pin_change", []byte{4} },
		"signed by another":          func(s *server, _ *wire.Statement) { s.signStatement = newSigner(s.t) },
		"longer than a square code":  func(_ *server, m *wire.Statement) { m.Who = strings.Repeat("x", 300) },
		"with a name of two writing": func(_ *server, m *wire.Statement) { m.Who = "Mara\u2066" },
	}
	for name, bend := range cases {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			p, key := active(t, s)
			good := s.request("sign_in", key.ID)
			s.bendStatement = func(m *wire.Statement) { bend(s, m) }
			s.request("sign_in", key.ID)
			open, err := p.Approvals(t.Context())
			if !hasKey(err, "statement.wrong") || len(open) != 1 || open[0].ID != good {
				t.Errorf("%d approvals, %v", len(open), err)
			}
		})
	}
}

func TestAnExpiredStatementIsNeitherShownNorDecided(t *testing.T) {
	s := newServer(t)
	p, key := active(t, s)
	s.request("sign_in", key.ID)
	a := one(t, p)
	s.bendStatement = func(m *wire.Statement) { m.Exp = s.time().Add(-time.Second).UnixMilli() }
	s.request("sign_in", key.ID)
	if open, err := p.Approvals(t.Context()); err != nil || len(open) != 1 {
		t.Errorf("%d approvals, %v", len(open), err)
	}
	a.Expires = time.Now().Add(-time.Second)
	for name, decide := range map[string]func() (Outcome, error){
		"yes": func() (Outcome, error) { return p.Approve(t.Context(), a, "47", "7294") },
		"no":  func() (Outcome, error) { return p.Deny(t.Context(), a, NotMe) },
	} {
		if got, err := decide(); !hasKey(err, "approval.expired") {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if len(s.decided) != 0 {
		t.Error("a decision was sent")
	}
}

func TestAnAnswerThatIsNotStrictIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"a member twice": `{"now":1,"now":2,"statements":[]}`, "an unknown member": `{"now":1,"statements":[],"x":1}`,
		"something after it": `{"now":1,"statements":[]}{}`, "no JSON": `<html>`, "nothing": ``,
	} {
		var answer wire.Approvals
		if err := wire.DecodeStrict([]byte(text), &answer); err == nil {
			t.Errorf("%s: %+v", name, answer)
		}
	}
	s := newServer(t)
	p, _ := newPhone(t)
	s.bendLookup = func(r *wire.LookupResponse) { r.Offer = strings.Repeat("x", wire.MaxBody) }
	if _, err := p.Lookup(t.Context(), s.url, s.activate(mara).String()); !hasKey(err, "answer.wrong") {
		t.Errorf("%v", err)
	}
}

func FuzzReadOffer(f *testing.F) {
	f.Add("a.b.c", []byte("mac"))
	f.Fuzz(func(t *testing.T, offer string, mac []byte) {
		if got, err := readOffer("https://phone.example", "000000000000000", "", wire.LookupResponse{Offer: offer, MAC: mac}); err == nil {
			t.Fatalf("%+v was taken for an offer", got)
		}
	})
}

func FuzzState(f *testing.F) {
	text, err := json.Marshal(State{Version: 1, PhoneID: mara})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"version":1,"phoneId":"","keys":[{}],"pending":[{}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var s State
		if wire.DecodeStrict(text, &s) != nil {
			return
		}
		if p, err := New(Config{}, s); err == nil && len(p.State().PhoneID) != 22 {
			t.Fatalf("%q makes a phone without an id", text)
		}
	})
}
