package nodkey_test

import (
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// BenchmarkGrantLook is what a reverse proxy costs with every request that it asks about: a token, the grant behind it, and all that
// its use depends on, in one reading transaction.
func BenchmarkGrantLook(b *testing.B) {
	h := benchHouse(b)
	if _, err := h.Users.Add(b.Context(), h.Desk(), nodkey.NewUser{Name: "mara", DisplayName: "Mara Lindqvist", Password: password}); err != nil {
		b.Fatal(err)
	}
	if err := h.Users.JoinGroup(b.Context(), h.Desk(), "mara", "staff"); err != nil {
		b.Fatal(err)
	}
	in := nodkey.NewApplication{ID: "wiki", Name: "Wiki", Doors: []nodkey.Door{nodkey.DoorForward}, Groups: []string{"staff"}, NoSecret: true}
	if _, err := h.Applications.Add(b.Context(), h.Desk(), in); err != nil {
		b.Fatal(err)
	}
	now := h.Clock.Now()
	token := nodkey.Token("the token of the benchmark")
	err := h.Ports.Store.Update(b.Context(), func(tx nodkey.Tx) error {
		user, err := tx.UserByName("mara")
		if err != nil {
			return err
		}
		g := nodkey.SealedGrant{ID: "g", UserID: user.ID, ApplicationID: "wiki", CreatedAt: now, Door: nodkey.DoorForward, SessionID: "s", KeyID: "k", Factor: "pin",
			AuthAt: now, RedeemedAt: now, LookAt: now.Add(time.Hour), ExpiresAt: now.Add(time.Hour)}
		for _, err := range []error{
			tx.InsertKey(nodkey.Key{ID: "k", UserID: user.ID, State: nodkey.KeyActive}),
			tx.InsertSession(nodkey.Session{ID: "s", UserID: user.ID, Token: "s", Level: nodkey.Full, KeyID: "k", CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(time.Hour)}),
			tx.InsertGrant(g),
			tx.InsertAccess(nodkey.AccessToken{Token: token.Hash(), GrantID: "g", CreatedAt: now, ExpiresAt: now.Add(time.Hour)}),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, _, _, err := h.Grants.Look(b.Context(), nodkey.Caller{}, token); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
