package client

import (
	"slices"
	"testing"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// missed asks for a sign-in that ran out so long ago, bent as told, and gives its id.
func (s *server) missed(ago time.Duration, bend func(*wire.Statement), keys ...string) string {
	s.t.Helper()
	s.bendStatement = func(m *wire.Statement) {
		m.Iat, m.Exp = s.time().Add(-ago-3*time.Minute).UnixMilli(), s.time().Add(-ago).UnixMilli()
		if bend != nil {
			bend(m)
		}
	}
	defer func() { s.bendStatement = nil }()
	id := s.request("sign_in", keys...)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.approvals[id].state = "expired"
	return id
}

func TestMissedRequestsAreListedNewestFirst(t *testing.T) {
	here, there := newServer(t), newServer(t)
	p, key := active(t, here)
	offer, err := p.Lookup(t.Context(), there.url, there.activate(mara).String())
	if err != nil {
		t.Fatal(err)
	}
	other, err := p.Activate(t.Context(), offer, "7294", "My terminal")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{here.missed(time.Minute, nil, key.ID), there.missed(time.Hour, nil, other.ID), here.missed(2*time.Hour, nil, key.ID)}
	here.request("sign_in", key.ID) // open: not missed
	list, err := p.Missed(t.Context())
	var got []string
	for _, a := range list {
		got = append(got, a.ID)
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if a := list[0]; a.Address != "203.0.113.24" || a.With != "Firefox on Windows" || a.Key.ID != key.ID || time.Since(a.IssuedAt) < 3*time.Minute {
		t.Errorf("when and from where: %+v", a)
	}
	if _, err := p.Approve(t.Context(), list[0], "47", "7294"); !hasKey(err, "approval.expired") {
		t.Errorf("a yes to a missed one: %v", err)
	}
}

func TestAMissedTextOfAnApplicationsIsListedWithIt(t *testing.T) {
	s := newServer(t)
	p, key := active(t, s)
	const text = "Pay 250.00 EUR to Anna Weber"
	s.missed(time.Minute, func(m *wire.Statement) { m.Kind, m.Text = "confirm", text }, key.ID)
	list, err := p.Missed(t.Context())
	if err != nil || len(list) != 1 || list[0].Kind != "confirm" || list[0].Text != text {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestADishonestMissedRequestIsLeftOut(t *testing.T) {
	cases := map[string]func(*server, *wire.Statement){
		"of another server":  func(_ *server, m *wire.Statement) { m.Aud = "MDEyMzQ1Njc4OTo7PD0-Pw" },
		"for another user":   func(_ *server, m *wire.Statement) { m.User = "MDEyMzQ1Njc4OTo7PD0-Pw" },
		"for no key":         func(_ *server, m *wire.Statement) { m.Keys = []string{} },
		"that has not ended": func(s *server, m *wire.Statement) { m.Exp = s.time().Add(time.Minute).UnixMilli() },
		"that was a test":    func(_ *server, m *wire.Statement) { m.Kind = "test" },
		"signed by another":  func(s *server, _ *wire.Statement) { s.signStatement = newSigner(s.t) },
		"with escapes in it": func(_ *server, m *wire.Statement) { m.With = "\x1b[2JFirefox" },
	}
	for name, bend := range cases {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			p, key := active(t, s)
			good := s.missed(time.Minute, nil, key.ID)
			s.missed(time.Minute, func(m *wire.Statement) { bend(s, m) }, key.ID)
			missed, err := p.Missed(t.Context())
			if !hasKey(err, "statement.wrong") || len(missed) != 1 || missed[0].ID != good {
				t.Errorf("%d missed, %v", len(missed), err)
			}
		})
	}
}
