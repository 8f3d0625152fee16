package nodkey_test

import (
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

const kept = nodkey.Token("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq")

// behindProxy makes an application with these settings.
func (h house) behindProxy(t failer, id, settings string) {
	t.Helper()
	_, err := h.Applications.Add(h.ctx, h.Desk(), nodkey.NewApplication{ID: id, Name: "Wiki", Doors: []nodkey.Door{nodkey.DoorForward}, Settings: json.RawMessage(settings)})
	if err != nil {
		t.Fatalf("adding %s: %v", id, err)
	}
}

// goesTo takes the person's browser to a host, and gives what it has there in the end.
func (p *person) goesTo(t failer, c nodkey.Caller, to nodkey.ForwardTarget) nodkey.Token {
	t.Helper()
	token, err := p.Forwards.Begin(p.ctx, c, to, kept.Hash())
	if err == nil {
		_, err = p.Grants.Step(p.ctx, c, token)
	}
	var back nodkey.ForwardReturn
	if err == nil {
		back, err = p.Forwards.Finish(p.ctx, c, token)
	}
	var entry nodkey.ForwardEntry
	if err == nil {
		entry, err = p.Forwards.Enter(p.ctx, nodkey.Caller{}, back.Origin, back.Code, kept)
	}
	if err != nil || entry.URI != to.URI {
		t.Fatalf("to %s: %q, %v", to.Origin, entry.URI, err)
	}
	return entry.Cookie
}

func decides(t failer, p *person, s *nodkey.Forwards, to nodkey.ForwardTarget, cookie nodkey.Token) nodkey.ForwardVerdict {
	t.Helper()
	answer, err := s.Decide(p.ctx, to, "GET", cookie)
	if err != nil {
		t.Fatalf("deciding: %v", err)
	}
	return answer.Verdict
}

// What this process writes counts with the next decision; what another one writes, a second later.
func TestWhatIsRememberedOfACookieIsNeverOldForLong(t *testing.T) {
	h := start(t, byPassword)
	h.behindProxy(t, "wiki", `{"hosts": ["wiki.example.com"]}`)
	p := h.join(t)
	c := p.enter(t)
	other, err := h.Second(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	to := target(t, "/page")
	cookie := p.goesTo(t, c, to)
	for range 3 {
		for _, s := range []*nodkey.Forwards{h.Forwards, other.Forwards} {
			if got := decides(t, p, s, to, cookie); got != nodkey.ForwardAllowed {
				t.Fatalf("before: %s", got)
			}
		}
	}
	if err := h.Sessions.SignOut(h.ctx, c); err != nil {
		t.Fatal(err)
	}
	if got := decides(t, p, h.Forwards, to, cookie); got != nodkey.ForwardSignIn {
		t.Errorf("at once, here: %s", got)
	}
	h.Clock.Advance(time.Second)
	if got := decides(t, p, other.Forwards, to, cookie); got != nodkey.ForwardSignIn {
		t.Errorf("a second later, in another process: %s", got)
	}
	// The rules, too.
	if _, err := other.Forwards.Decide(h.ctx, to, "GET", ""); err != nil {
		t.Fatal(err)
	}
	if err := h.Applications.Remove(h.ctx, h.Desk(), "wiki"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Forwards.Decide(h.ctx, to, "GET", ""); !nodkey.HasKey(err, "forward.unknown") {
		t.Errorf("an application that was removed a moment ago: %v", err)
	}
	h.Clock.Advance(time.Second)
	if _, err := other.Forwards.Decide(h.ctx, to, "GET", ""); !nodkey.HasKey(err, "forward.unknown") {
		t.Errorf("a second later, in another process: %v", err)
	}
}

// A decision that begins after a sign-out was acknowledged never lets through, however many are under way.
func TestNoDecisionOutlivesASignOut(t *testing.T) {
	h := start(t, byPassword)
	h.behindProxy(t, "wiki", `{"hosts": ["wiki.example.com"]}`)
	p := h.join(t)
	to := target(t, "/page")
	for range 10 {
		h.Clock.Advance(time.Minute)
		c := p.enter(t)
		cookie := p.goesTo(t, c, to)
		var ended atomic.Bool
		var asking sync.WaitGroup
		stop := make(chan struct{})
		for range 4 {
			asking.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					after := ended.Load()
					if answer, err := h.Forwards.Decide(h.ctx, to, "GET", cookie); err != nil || after && answer.Verdict == nodkey.ForwardAllowed {
						t.Errorf("after the sign-out: %s, %v", answer.Verdict, err)
						return
					}
				}
			})
		}
		err := h.Sessions.SignOut(h.ctx, c)
		ended.Store(true)
		if err != nil {
			t.Error(err)
		}
		for range 20 {
			if got := decides(t, p, h.Forwards, to, cookie); got != nodkey.ForwardSignIn {
				t.Errorf("after the sign-out: %s", got)
			}
		}
		close(stop)
		asking.Wait()
	}
}

// A way to a part that nobody gets through to leads nowhere, and one with a long address to the first page.
func TestWaysThatLeadNowhere(t *testing.T) {
	h := start(t, byPassword)
	h.behindProxy(t, "wiki", `{"hosts": ["wiki.example.com"], "rules": [{"path": "/closed", "policy": "deny"}]}`)
	p := h.join(t)
	c := p.enter(t)
	if _, err := h.Forwards.Begin(h.ctx, c, target(t, "/closed"), kept.Hash()); !nodkey.HasKey(err, "forward.refused") {
		t.Errorf("to what nobody gets through to: %v", err)
	}
	if _, err := h.Forwards.Begin(h.ctx, c, target(t, "/a/../b"), kept.Hash()); !nodkey.HasKey(err, "forward.request") {
		t.Errorf("by an unclear path: %v", err)
	}
	if _, err := h.Forwards.Begin(h.ctx, c, target(t, "/"), "short"); !nodkey.HasKey(err, "forward.request") {
		t.Errorf("with nothing kept: %v", err)
	}
	long := target(t, "/?q="+strings.Repeat("a", 4<<10))
	token, err := h.Forwards.Begin(h.ctx, c, long, kept.Hash())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Grants.Step(h.ctx, c, token); err != nil {
		t.Fatal(err)
	}
	back, err := h.Forwards.Finish(h.ctx, c, token)
	if err != nil {
		t.Fatal(err)
	}
	if entry, err := h.Forwards.Enter(h.ctx, nodkey.Caller{}, back.Origin, back.Code, kept); err != nil || entry.URI != "/" {
		t.Errorf("back to %.20q, %v", entry.URI, err)
	}
}

func TestSettingsWithWrongRulesAreRefusedAtOnce(t *testing.T) {
	h := start(t, nil)
	_, err := h.Applications.Add(h.ctx, h.Desk(), nodkey.NewApplication{ID: "wiki", Name: "Wiki", Doors: []nodkey.Door{nodkey.DoorForward},
		Settings: json.RawMessage(`{"hosts": ["wiki.example.com"], "rules": [{"policy": "two_factor"}]}`)})
	if !nodkey.HasKey(err, "forward.settings") {
		t.Errorf("%v", err)
	}
}
