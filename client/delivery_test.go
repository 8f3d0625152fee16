package client

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func TestAPhoneTellsHowFarARequestHasCome(t *testing.T) {
	s := newServer(t)
	p, key := active(t, s)
	s.request("sign_in", key.ID)
	a := one(t, p)
	for _, step := range []string{Received, Shown, Opened, Opened} {
		if err := p.Seen(t.Context(), a, step); err != nil {
			t.Errorf("%s: %v", step, err)
		}
	}
	if want := []string{Received, Shown, Opened, Opened}; !slices.Equal(s.seen[a.ID], want) {
		t.Errorf("the server heard %v, want %v", s.seen[a.ID], want)
	}
	if err := p.Seen(t.Context(), a, "read"); !hasKey(err, "seen.what") {
		t.Errorf("another word: %v", err)
	}
	if err := p.Forget(key.ID); err != nil {
		t.Fatal(err)
	}
	if err := p.Seen(t.Context(), a, Opened); !hasKey(err, "key.unknown") {
		t.Errorf("of a key that is gone: %v", err)
	}
}

func TestAWordSurvivesAClockThatIsTenMinutesOff(t *testing.T) {
	for _, ahead := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		s := newServer(t)
		s.ahead = ahead
		p, key := active(t, s)
		s.request("sign_in", key.ID)
		if err := p.Seen(t.Context(), one(t, p), Received); err != nil {
			t.Errorf("%s: %v", ahead, err)
		}
	}
	s := newServer(t)
	p, key := active(t, s)
	s.request("sign_in", key.ID)
	a := one(t, p)
	s.mu.Lock()
	s.ahead = 10 * time.Minute
	s.mu.Unlock()
	err := p.Seen(t.Context(), a, Received)
	var own *Fault
	if !errors.As(err, &own) || own.Key != "clock.moved" {
		t.Errorf("a clock that moves in between: %v", err)
	}
	if err := p.Seen(t.Context(), a, Received); err != nil {
		t.Errorf("measured again: %v", err)
	}
}

func TestATestOfTheNotificationsIsShownToNobody(t *testing.T) {
	s := newServer(t)
	p, key := active(t, s)
	s.request("push_test", key.ID)
	if open, err := p.Approvals(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("%+v, %v", open, err)
	}
}
