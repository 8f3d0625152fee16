package nodkey_test

import (
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

func TestWhatAnApplicationSignedIsSpentOnce(t *testing.T) {
	h := start(t, nil)
	bank, wiki := h.app(t, "bank", nil), h.app(t, "wiki", nil)
	until := h.Clock.Now().Add(time.Minute)
	spend := func(c nodkey.Caller, kind nodkey.Once, name string, until time.Time) error {
		return h.Applications.Spend(h.ctx, c, kind, name, until)
	}
	is(t, spend(bank, nodkey.OnceAssertion, "j", until), "", "first")
	is(t, spend(bank, nodkey.OnceAssertion, "j", until), "application.wrong", "second")
	is(t, spend(wiki, nodkey.OnceAssertion, "j", until), "", "another application's")
	is(t, spend(bank, nodkey.OnceRequest, "j", until), "", "of another kind")
	is(t, spend(bank, nodkey.OnceRequest, "j", until), "application.wrong", "of another kind, again")
	is(t, spend(bank, nodkey.OnceAssertion, "k", h.Clock.Now().Add(nodkey.AssertionLife+time.Second)), "application.wrong", "for longer than it is kept")
	is(t, spend(h.NewBrowser(h.address()).Anonymous(), nodkey.OnceAssertion, "j", until), "application.wrong", "nobody's")
	second, err := h.Second(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	is(t, second.Applications.Spend(h.ctx, bank, nodkey.OnceAssertion, "j", until), "application.wrong", "at another process, or after a restart")
}

// One that signs without end fills its own share of what is kept, and nobody else's.
func TestWhatOneApplicationSpendsIsBounded(t *testing.T) {
	h := start(t, nil)
	bank, wiki := h.app(t, "bank", nil), h.app(t, "wiki", nil)
	spend := func(c nodkey.Caller, name string) error {
		return h.Applications.Spend(h.ctx, c, nodkey.OnceRequest, name, h.Clock.Now().Add(time.Minute))
	}
	is(t, spend(bank, "first"), "", "first")
	err := h.Ports.Store.Update(h.ctx, func(tx nodkey.Tx) error {
		l, err := tx.Limit("spent:bank")
		if err != nil || l.Level != 1 {
			t.Errorf("%+v, %v", l, err)
		}
		l.Level = 20_000
		return tx.SaveLimit(l)
	})
	if err != nil {
		t.Fatal(err)
	}
	is(t, spend(bank, "one more"), "application.slow", "beyond it")
	is(t, spend(bank, "first"), "application.wrong", "what was used")
	is(t, spend(wiki, "one more"), "", "another one's")
	h.Clock.Advance(time.Second)
	is(t, spend(bank, "one more"), "", "a second later, and it had not been used up")
}
