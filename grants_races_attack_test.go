package nodkey_test

import (
	"encoding/json"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nodkey/nodkey"
)

// parallel runs something in parallel and counts how often it worked.
func parallel(n int, do func() error) int {
	var worked atomic.Int64
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			if do() == nil {
				worked.Add(1)
			}
		})
	}
	all.Wait()
	return int(worked.Load())
}

// A code, a refresh token and a request that come twenty times at once work once, and what is stolen is good for nothing afterwards.
func TestWhatComesTwentyTimesAtOnceWorksOnce(t *testing.T) {
	h := start(t, byPassword)
	wiki := h.wiki(t, nil)
	p := h.join(t)
	c := p.enter(t)
	token := h.opens(t, wants())
	h.stands(t, c, token, nodkey.GrantReady, "")
	var code atomic.Value
	issued := parallel(20, func() error {
		out, err := h.Grants.Issue(h.ctx, c, token)
		if err == nil {
			code.Store(out.Code)
		}
		return err
	})
	if issued != 1 {
		t.Fatalf("issued %d times", issued)
	}
	redeemed := parallel(20, func() error {
		_, err := h.Grants.Redeem(h.ctx, wiki, code.Load().(nodkey.Token), nil)
		return err
	})
	if redeemed != 1 || h.rawRows(t, "grants") != 0 {
		t.Errorf("redeemed %d times, and %d grants are left", redeemed, h.rawRows(t, "grants"))
	}
	g, access := p.held(t, wiki, wants())
	refresh, err := h.Grants.Refreshing(h.ctx, wiki, g.ID)
	if err != nil {
		t.Fatal(err)
	}
	refreshed := parallel(20, func() error { _, _, err := h.Grants.Refresh(h.ctx, wiki, refresh, nil); return err })
	if refreshed != 1 {
		t.Errorf("refreshed %d times", refreshed)
	}
	h.counts(t, access, false)

	// Of ten browsers that come first to one request, one has it.
	token = h.opens(t, wants())
	var mine atomic.Int64
	parallel(10, func() error {
		step, err := h.Grants.Step(h.ctx, nodkey.Caller{}, token)
		if step.State == nodkey.GrantSignIn {
			mine.Add(1)
		}
		return err
	})
	if mine.Load() != 1 {
		t.Errorf("%d browsers have the request", mine.Load())
	}
}

// What doors and applications gave to be kept is sealed, and goes on when the data keys change.
func TestTheDataOfGrantsAreSealed(t *testing.T) {
	h := start(t, byPassword)
	wiki := h.wiki(t, func(in *nodkey.NewApplication) { in.Doors = []nodkey.Door{nodkey.DoorOIDC, nodkey.DoorCIBA} })
	p := h.join(t)
	c := p.enter(t)
	in := wants()
	in.Data = json.RawMessage(`"a nonce of the door's"`)
	code := p.codeFor(t, in)
	token := h.opens(t, in)
	ask := p.asks()
	ask.Tell, ask.Data = nodkey.DoorCIBA, json.RawMessage(`"a token of the application's"`)
	asked := p.requests(t, wiki, ask)
	for _, secret := range []string{"a nonce of", "a token of", string(code), string(token), string(asked.Token)} {
		if table := h.rawSearch(t, secret); table != "" {
			t.Errorf("%q stands in %s", secret, table)
		}
	}
	code = p.codeFor(t, in)
	h.rotate(t, 2)
	if _, err := h.Upkeep.Reseal(h.ctx); err != nil {
		t.Fatal(err)
	}
	if left := h.sealedValues(t, 2); len(left) != 0 {
		t.Errorf("%d values are left under the old data key", len(left))
	}
	g, err := h.Grants.Redeem(h.ctx, wiki, code, nil)
	if err != nil || string(g.Data) != string(in.Data) {
		t.Errorf("%s, %v", g.Data, err)
	}
	h.stands(t, c, token, nodkey.GrantReady, "")
	if issued, err := h.Grants.Issue(h.ctx, c, token); err != nil || string(issued.Data) != string(in.Data) {
		t.Errorf("%s, %v", issued.Data, err)
	}
	p.agree(t, asked.Number, byPIN)
	if got := h.oneCallback(t, nodkey.DoorCIBA); string(got.Data) != string(ask.Data) || got.Token != asked.Token {
		t.Errorf("%+v", got)
	}
}
