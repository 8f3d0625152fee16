package nodkey_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// A way that was passed leads to one entry, however often its end comes at once, and to none that outlasts the password.
func TestAPasswordThatChangesBesideEntriesEndsThemAll(t *testing.T) {
	h := start(t, byPassword)
	h.behindProxy(t, "wiki", apiRules)
	p := h.gone(t)
	now := password
	for round := range 6 {
		h.Clock.Advance(30 * time.Minute) // what was refused is forgotten
		one, other := h.NewBrowser(h.address()), h.NewBrowser(h.address())
		passed, _ := h.sets(t, one, target(t, "/api/v1"))
		is(t, h.Grants.Pass(h.ctx, callerOf(t, one), passed, p.name, now), "", "before")
		open, _ := h.sets(t, other, target(t, "/api/v2"))
		first, second := callerOf(t, one), callerOf(t, other)
		next := fmt.Sprintf("another good one, %d", round)
		issued := 0
		var all sync.WaitGroup
		all.Go(func() {
			issued = parallel(5, func() error {
				out, err := h.Grants.Issue(h.ctx, first, passed)
				if err == nil {
					_, err = h.Forwards.Enter(h.ctx, nodkey.Caller{}, "https://wiki.example.com", out.Code, kept)
					if nodkey.HasKey(err, "grant.unknown") {
						err = nil // it was issued, and ended since
					}
				}
				return err
			})
		})
		all.Go(func() {
			parallel(3, func() error {
				err := h.Grants.Pass(h.ctx, second, open, p.name, now)
				if err == nil {
					_, err = h.Grants.Issue(h.ctx, second, open)
				}
				return err
			})
		})
		all.Go(func() {
			if err := h.Users.SetPassword(h.ctx, h.Desk(), p.name, next); err != nil {
				t.Errorf("a new password: %v", err)
			}
		})
		all.Wait()
		if issued > 1 {
			t.Errorf("one way was issued %d times", issued)
		}
		now = next
		passes := 0
		h.view(t, func(tx nodkey.Tx) error {
			list, err := tx.SessionsOf(p.id, h.Clock.Now())
			for _, s := range list {
				if s.Level == nodkey.Passed {
					passes++
				}
			}
			return err
		})
		if n := h.rawRows(t, "grants"); n != 0 || passes != 0 {
			t.Fatalf("round %d: %d grants and %d entries outlast the password", round, n, passes)
		}
		for _, left := range []struct {
			c     nodkey.Caller
			token nodkey.Token
		}{{first, passed}, {second, open}} {
			step, err := h.Grants.Step(h.ctx, left.c, left.token)
			if err != nil || step.State != nodkey.GrantSignIn && step.State != nodkey.GrantOver {
				t.Errorf("a way of before is %s, %v", step.State, err)
			}
		}
	}
}
