package client

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/nodkey/nodkey/otp"
	"github.com/nodkey/nodkey/wire"
)

// cut is a phone whose network is gone: it fails the test when anything is sent.
func cut(t *testing.T, p *Phone) *Phone {
	t.Helper()
	p.http = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		t.Errorf("the phone asked %s", r.URL)
		return nil, errors.New("no network")
	})}
	return p
}

// expects is the code as the server computes it.
func expects(t *testing.T, s *server, k Key, suite string, in otp.Input) string {
	t.Helper()
	in.PIN = wire.CodePIN(s.keys[k.ID].vpin)
	parsed, err := otp.ParseSuite(suite)
	if err != nil {
		t.Fatal(err)
	}
	code, err := parsed.Compute(s.keys[k.ID].k, in)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestCodesAreMadeWithoutAnyServer(t *testing.T) {
	s := newServer(t)
	p, key := active(t, s)
	s.bendStatement = func(m *wire.Statement) { m.Challenge = "000042" }
	jws := s.approvals[s.request("sign_in", key.ID)].statement
	cut(t, p)
	scanned, err := p.ReadScanned("\n" + jws + " ")
	if err != nil || scanned.Kind != "sign_in" || scanned.Who != "Mara Lindqvist" || scanned.Address != "203.0.113.24" || scanned.Late != 0 {
		t.Fatalf("%+v, %v", scanned, err)
	}
	input, _ := wire.SigningInput(jws)
	want := expects(t, s, key, wire.SuiteScanned, otp.Input{Question: "000042", Session: wire.CodeSession(wire.Digest(input))})
	if got, err := p.RespondScanned(scanned, "７２９４"); err != nil || got != want {
		t.Errorf("scanned: %s, %v, want %s", got, err, want)
	}
	if got, err := p.RespondScanned(scanned, "7295"); err != nil || got == want || !wire.IsCode(got) {
		t.Errorf("with a wrong PIN: %s, %v", got, err)
	}
	want = expects(t, s, key, wire.SuiteTyped, otp.Input{Question: "000042"})
	for _, digits := range []string{"000042", " 000 042 ", "０００　０４２"} {
		if got, err := p.RespondTyped(key.ID, digits, "7294"); err != nil || got != want {
			t.Errorf("typed %q: %s, %v, want %s", digits, got, err, want)
		}
	}
	for _, digits := range []string{"", "42", "0000042", "00004a", "000-042"} {
		if got, err := p.RespondTyped(key.ID, digits, "7294"); !hasKey(err, "code.challenge") || got != "" {
			t.Errorf("typed %q: %q, %v", digits, got, err)
		}
	}
	if _, err := p.RespondTyped("no key", "000042", "7294"); !hasKey(err, "key.unknown") {
		t.Error(err)
	}
}

func TestAScannedRequestIsCheckedLikeAnyOther(t *testing.T) {
	for name, bend := range map[string]func(*server, *wire.Statement){
		"of another server":        func(_ *server, m *wire.Statement) { m.Aud = "MDEyMzQ1Njc4OTo7PD0-Pw" },
		"for another user":         func(_ *server, m *wire.Statement) { m.User = "MDEyMzQ1Njc4OTo7PD0-Pw" },
		"for another key":          func(_ *server, m *wire.Statement) { m.Keys = []string{key43} },
		"signed by another":        func(s *server, _ *wire.Statement) { s.signStatement = newSigner(s.t) },
		"of a kind without a code": func(_ *server, m *wire.Statement) { m.Kind = "test" },
		"with five digits":         func(_ *server, m *wire.Statement) { m.Challenge = "12345" },
		"turned round":             func(_ *server, m *wire.Statement) { m.With = "\u202eFirefox" },
	} {
		s := newServer(t)
		p, key := active(t, s)
		s.bendStatement = func(m *wire.Statement) { m.Challenge = "314159"; bend(s, m) }
		jws := s.approvals[s.request("sign_in", key.ID)].statement
		if got, err := cut(t, p).ReadScanned(jws); !hasKey(err, "statement.wrong") {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	s := newServer(t)
	p, key := active(t, s)
	jws := s.approvals[s.request("sign_in", key.ID)].statement
	if _, err := cut(t, p).ReadScanned(jws); !hasKey(err, "statement.code") {
		t.Errorf("a request that nobody asked a code for: %v", err)
	}
	if _, err := p.ReadScanned("https://phone.example/a#c=7K2S"); !hasKey(err, "statement.wrong") {
		t.Errorf("another square code: %v", err)
	}
	empty, _ := newPhone(t)
	if _, err := empty.ReadScanned(jws); !hasKey(err, "key.unknown") {
		t.Errorf("a phone without keys: %v", err)
	}
}

const key43 = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func TestARequestThatIsOverByThisClockIsAnsweredStill(t *testing.T) {
	s := newServer(t)
	p, key := active(t, s)
	s.bendStatement = func(m *wire.Statement) { m.Challenge = "314159" }
	jws := s.approvals[s.request("sign_in", key.ID)].statement
	for by, late := range map[time.Duration]bool{-10 * time.Minute: false, 0: false, 10 * time.Minute: true, 48 * time.Hour: true} {
		again, err := New(Config{Now: func() time.Time { return time.Now().Add(by) }}, p.State())
		if err != nil {
			t.Fatal(err)
		}
		scanned, err := cut(t, again).ReadScanned(jws)
		if err != nil || late != (scanned.Late > by-4*time.Minute && scanned.Late > 0) {
			t.Errorf("%v fast: late by %v, %v", by, scanned.Late, err)
		}
		if code, err := again.RespondScanned(scanned, "7294"); err != nil || !wire.IsCode(code) {
			t.Errorf("%v fast: %q, %v", by, code, err)
		}
	}
}
