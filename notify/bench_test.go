package notify

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// BenchmarkEncrypt is what a message cannot do without.
func BenchmarkEncrypt(b *testing.B) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		b.Fatal(err)
	}
	to, payload := nodkey.Subscription{P256DH: point, Auth: make([]byte, 16)}, []byte("q2xTf0m1ZbA9-_k3LwPd4Q")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := encrypt(to, payload); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVAPID is the token of a message: made once for a service, and then kept.
func BenchmarkVAPID(b *testing.B) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	v, err := newVAPID(key, "mailto:desk@example.com", time.Now)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("made", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.sign("https://push.example.com", time.Now()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("kept", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.authorization("https://push.example.com"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkOutbox takes messages and settles them as delivered, as many at a time as a lane holds, and sends nothing.
func BenchmarkOutbox(b *testing.B) {
	h := newHouse(b)
	g := h.guest(1)
	service := h.push.services().Names()[0]
	n := 0
	fill := func() {
		now := h.Clock.Now()
		err := h.Ports.Store.Update(b.Context(), func(tx nodkey.Tx) error {
			for range laneWidth {
				n++
				a := nodkey.Approval{ID: nodkey.ApprovalID(fmt.Sprintf("%022d", n)), UserID: g.id, KeyIDs: []nodkey.KeyID{nodkey.KeyID(g.key.ID)},
					Kind: nodkey.ApproveTest, State: nodkey.ApprovalOpen, Notified: true, CreatedAt: now, ExpiresAt: now.Add(nodkey.ApprovalLife)}
				if err := tx.InsertApproval(a); err != nil {
					return err
				}
				notice := nodkey.Notice{ApprovalID: a.ID, KeyID: a.KeyIDs[0], Channel: nodkey.ChannelWebPush, CreatedAt: now, DueAt: now, ExpiresAt: a.ExpiresAt}
				if _, err := tx.InsertNotice(notice); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	var taking, settling time.Duration
	messages := 0
	for b.Loop() {
		b.StopTimer()
		fill()
		b.StartTimer()
		began := time.Now()
		taken, _, err := h.Outbox.Take(b.Context(), service, laneWidth)
		if err != nil || len(taken) != laneWidth {
			b.Fatal(len(taken), err)
		}
		took := time.Now()
		sent := make([]nodkey.Sent, len(taken))
		for i, m := range taken {
			sent[i] = nodkey.Sent{PushMessage: m, PushAnswer: nodkey.PushAnswer{Outcome: nodkey.PushDelivered}}
		}
		if err := h.Outbox.Settle(b.Context(), sent); err != nil {
			b.Fatal(err)
		}
		taking, settling, messages = taking+took.Sub(began), settling+time.Since(took), messages+len(taken)
	}
	b.ReportMetric(float64(taking.Microseconds())/float64(messages), "µs-taken")
	b.ReportMetric(float64(settling.Microseconds())/float64(messages), "µs-settled")
}
