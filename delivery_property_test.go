package nodkey_test

import (
	"slices"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"pgregory.net/rapid"
)

// reaches are in the order of how much they say; a phone's own words come last.
var reaches = []nodkey.Reach{nodkey.ReachNone, nodkey.ReachFailed, nodkey.ReachQueued, nodkey.ReachSent, nodkey.ReachArrived, nodkey.ReachShown, nodkey.ReachOpened}

// TestWhatThePageSaysNeverGoesBackBehindAPhonesWord: whatever services and phones say, in whatever order, of each phone the
// page says the furthest that was said, and what one phone says changes nothing of another.
func TestWhatThePageSaysNeverGoesBackBehindAPhonesWord(t *testing.T) {
	h := startPush(t, func(p *nodkey.Policy) { p.Devices = nodkey.DevicesAll }, nodkey.ChannelWebPush, nodkey.ChannelWebhook)
	p := h.join(t)
	second := p.addPhone(t, p.enter(t), "Pixel 9")
	h.subscribe(t, p.key, "https://push.example/one")
	rapid.Check(t, func(rt *rapid.T) {
		h.Clock.Advance(5 * time.Hour) // the budget of an unknown browser is whole again
		if err := p.browser.Begin(h.ctx, p.name, password); err != nil {
			rt.Fatal(err)
		}
		w, err := p.browser.Wait(h.ctx)
		if err != nil || len(w.Phones) != 2 {
			rt.Fatalf("%+v, %v", w, err)
		}
		id := string(w.Request)
		furthest := map[nodkey.KeyID]nodkey.Reach{}
		var flying []nodkey.PushMessage
		for range rapid.IntRange(1, 12).Draw(rt, "events") {
			h.Clock.Advance(time.Second)
			for _, service := range []string{"s", "webhook"} {
				taken, _, err := h.Outbox.Take(h.ctx, service, 10)
				if err != nil {
					rt.Fatal(err)
				}
				flying = append(flying, taken...)
			}
			said := nodkey.KeyID("")
			switch what := rapid.IntRange(0, 5).Draw(rt, "event"); {
			case what < 3 && len(flying) > 0:
				i := rapid.IntRange(0, len(flying)-1).Draw(rt, "message")
				outcome := []nodkey.PushOutcome{nodkey.PushRetry, nodkey.PushDelivered, nodkey.PushRefused}[what]
				said = flying[i].KeyID
				if err := h.Outbox.Settle(h.ctx, []nodkey.Sent{{PushMessage: flying[i], PushAnswer: nodkey.PushAnswer{Outcome: outcome}}}); err != nil {
					rt.Fatal(err)
				}
				flying = slices.Delete(flying, i, i+1)
			case what >= 3:
				k := rapid.SampledFrom([]*nodkeytest.PhoneKey{p.key, second}).Draw(rt, "phone")
				said = nodkey.KeyID(k.ID)
				if err := k.Seen(h.ctx, id, []nodkey.SeenStep{nodkey.SeenReceived, nodkey.SeenShown, nodkey.SeenOpened}[what-3]); err != nil {
					rt.Fatal(err)
				}
				if word := reaches[what+1]; slices.Index(reaches, word) > slices.Index(reaches, furthest[said]) {
					furthest[said] = word
				}
			}
			now, err := p.browser.Wait(h.ctx)
			if err != nil {
				rt.Fatal(err)
			}
			for i, x := range now.Phones {
				switch word := furthest[x.KeyID]; {
				case word != "" && x.Reach != word:
					rt.Fatalf("%s said %q, the page says %q", x.Name, word, x.Reach)
				case word == "" && x.Reach.HasArrived():
					rt.Fatalf("%s said nothing, the page says %q", x.Name, x.Reach)
				case x.KeyID != said && x != w.Phones[i]:
					rt.Fatalf("something of %s made the page say %+v of %s, before %+v", said, x, x.Name, w.Phones[i])
				}
			}
			w = now
		}
	})
}
