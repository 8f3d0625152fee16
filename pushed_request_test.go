package nodkey_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nodkey/nodkey"
)

func TestAPushedRequestIsTakenOnceHoweverManyTry(t *testing.T) {
	h := start(t, byPassword)
	bank := h.app(t, "bank", nil)
	token, expires, err := h.Grants.Push(h.ctx, bank, []byte(`{"a":["b"]}`))
	if err != nil || expires.Sub(h.Clock.Now()).Round(1e9) != nodkey.PushedLife {
		t.Fatalf("%v, %v", expires, err)
	}
	if table := h.rawSearch(t, string(token)); table != "" {
		t.Errorf("the token stands in %q", table)
	}
	if table := h.rawSearch(t, `{"a":["b"]}`); table != "" {
		t.Errorf("what was pushed stands in %q", table)
	}
	var got atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			data, err := h.Grants.Pushed(h.ctx, "bank", token)
			switch {
			case err == nil && string(data) == `{"a":["b"]}`:
				got.Add(1)
			case !nodkey.HasKey(err, "grant.unknown"):
				t.Errorf("%s, %v", data, err)
			}
		})
	}
	if all.Wait(); got.Load() != 1 {
		t.Errorf("%d got it", got.Load())
	}
	_, _, err = h.Grants.Push(h.ctx, bank, make([]byte, 9000))
	is(t, err, "grant.request", "too long")
	_, _, err = h.Grants.Push(h.ctx, h.NewBrowser(h.address()).Anonymous(), nil)
	is(t, err, "application.wrong", "a browser")
}
