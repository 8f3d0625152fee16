package client

import (
	"errors"
	"slices"
	"testing"
)

var errEnough = errors.New("enough")

func TestAStreamTellsWhatIsOpenAndComesBackAfterACut(t *testing.T) {
	s := newServer(t)
	p, key := active(t, s)
	first := s.request("sign_in", key.ID)
	var seen []string
	var second string
	err := p.Stream(t.Context(), func(e Event) error {
		if e.Kind != "approvals" {
			if e.Kind == "offline" || e.Kind == "online" {
				seen = append(seen, e.Kind)
			}
			return nil
		}
		var ids []string
		for _, a := range e.Approvals {
			ids = append(ids, a.ID)
		}
		switch {
		case second == "" && slices.Equal(ids, []string{first}):
			second = s.request("sign_in", key.ID)
			s.lines <- `{"type":"ping"}`
			s.lines <- "cut"
			return nil
		case second != "" && len(ids) == 2 && slices.Contains(ids, second):
			return errEnough
		}
		return errors.New("an unexpected list")
	})
	if !errors.Is(err, errEnough) || !slices.Equal(seen, []string{"online", "offline", "online"}) {
		t.Errorf("%v, seen %v", err, seen)
	}
}

func TestAFarewellIsNoFault(t *testing.T) {
	s := newServer(t)
	p, _ := active(t, s)
	lists := 0
	err := p.Stream(t.Context(), func(e Event) error {
		switch e.Kind {
		case "approvals":
			if lists++; lists == 2 {
				return errEnough
			}
			s.lines <- `{"type":"bye"}`
		case "offline", "fault":
			return e.Err
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Error(err)
	}
}

func TestAStreamTellsOfAKeyThatChanged(t *testing.T) {
	s := newServer(t)
	p, key := active(t, s)
	err := p.Stream(t.Context(), func(e Event) error {
		switch e.Kind {
		case "approvals":
			s.mu.Lock()
			s.keys[key.ID].state = "removed"
			s.mu.Unlock()
			s.lines <- `{"type":"keys"}` // and with no key left, the stream ends by itself
		case "keys":
			if len(e.Keys) != 1 || e.Keys[0].State != "removed" {
				t.Errorf("%+v", e.Keys)
			}
		}
		return nil
	})
	if err != nil || p.Keys()[0].State != "removed" {
		t.Errorf("%v, %+v", err, p.Keys())
	}
}

func TestAStreamThatTalksNonsenseIsLeft(t *testing.T) {
	for name, line := range map[string]string{
		"no JSON": `hello`, "a member twice": `{"type":"ping","type":"ping"}`, "an unknown type": `{"type":"reboot"}`, "an unknown member": `{"type":"ping","x":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			p, _ := active(t, s)
			s.lines <- line
			err := p.Stream(t.Context(), func(e Event) error {
				if e.Kind == "offline" {
					return e.Err
				}
				return nil
			})
			if !hasKey(err, "answer.wrong") {
				t.Error(err)
			}
		})
	}
}

func TestAStreamThatGoesSilentIsLeft(t *testing.T) {
	s := newServer(t)
	p, _ := active(t, s)
	p.pace.silence = 50e6 // 50 ms
	err := p.Stream(t.Context(), func(e Event) error {
		if e.Kind == "offline" {
			return e.Err
		}
		return nil
	})
	if !errors.Is(err, errSilent) {
		t.Error(err)
	}
}
