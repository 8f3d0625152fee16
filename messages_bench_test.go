package nodkey_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/database"
)

// benchHouse is a house whose store a benchmark fills.
func benchHouse(b *testing.B) house {
	b.Helper()
	store, err := database.Open(b.Context(), filepath.Join(b.TempDir(), "nodkey.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { store.Close() })
	h, err := nodkeytest.OpenHouse(b.Context(), store, nodkeytest.NewClock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)), nodkey.DefaultPolicy())
	if err != nil {
		b.Fatal(err)
	}
	return house{House: h, ctx: b.Context()}
}

// fill makes a user with a full session and so many tickets, each of a text of some hundred characters.
func (h house) fill(b *testing.B, tickets int) nodkey.Token {
	b.Helper()
	const user, token = nodkey.UserID("bench"), nodkey.Token("bench")
	now := h.Clock.Now()
	text := strings.Repeat("Guten Tag, ich habe eine Frage zu meinen Unterlagen vom letzten Monat. ", 2)
	err := h.Ports.Store.Update(h.ctx, func(tx nodkey.Tx) error {
		if err := tx.InsertUser(nodkey.User{ID: user, Name: "bench", DisplayName: "Mara Lindqvist", CreatedAt: now}); err != nil {
			return err
		}
		s := nodkey.Session{ID: "bench", UserID: user, Token: token.Hash(), Level: nodkey.Full, CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(12 * time.Hour)}
		if err := tx.InsertSession(s); err != nil {
			return err
		}
		for i := range tickets {
			if err := h.ticket(tx, user, i+1, fmt.Sprintf("Frage %d", i), fmt.Sprint(text, i), now.Add(time.Duration(i)*time.Second)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return token
}

func (h house) ticket(tx nodkey.Tx, user nodkey.UserID, number int, subject, text string, at time.Time) (err error) {
	m := nodkey.SealedMessage{ID: nodkey.MessageID(fmt.Sprintf("bench-%09d", number)), UserID: user, CreatedAt: at, Year: 2025, Number: number,
		Kind: nodkey.MessageTicket, Category: "other", Priority: nodkey.PriorityNormal, Status: nodkey.MessageAnswered, Entries: 1, UpdatedAt: at, Unread: number%5 == 0}
	e := nodkey.SealedEntry{ID: nodkey.EntryID(m.ID), MessageID: m.ID, At: at, Number: 1, Author: nodkey.ByUser, Language: "de"}
	if m.Subject, err = h.Messages.SealFor("messages", "subject", string(m.ID), []byte(subject)); err != nil {
		return err
	}
	if e.Text, err = h.Messages.SealFor("message_entries", "text", string(e.ID), []byte(text)); err != nil {
		return err
	}
	if err := tx.InsertMessage(m); err != nil {
		return err
	}
	return tx.InsertEntry(e)
}

// timed measures a call again and again and reports the median and the 99th of a hundred.
func timed(b *testing.B, call func() error) {
	b.Helper()
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		if err := call(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs-p50")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "µs-p99")
}

// BenchmarkBigBox lists and searches a box of 10,000 messages.
func BenchmarkBigBox(b *testing.B) {
	h := benchHouse(b)
	token := h.fill(b, 10_000)
	c, err := h.Sessions.Caller(h.ctx, nodkey.Caller{Locale: "de"}, token)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("list", func(b *testing.B) {
		timed(b, func() error { _, err := h.Messages.List(h.ctx, c, nodkey.MessageQuery{}); return err })
	})
	b.Run("list what is rare", func(b *testing.B) {
		timed(b, func() error {
			_, err := h.Messages.List(h.ctx, c, nodkey.MessageQuery{Filter: nodkey.MessageFilter{Status: nodkey.MessageNew}})
			return err
		})
	})
	b.Run("search, one call", func(b *testing.B) {
		timed(b, func() error { _, err := h.Messages.List(h.ctx, c, nodkey.MessageQuery{Search: "nothing"}); return err })
	})
	b.Run("search, the whole box", func(b *testing.B) {
		timed(b, func() error {
			for q := (nodkey.MessageQuery{Search: "nothing"}); ; {
				page, err := h.Messages.List(h.ctx, c, q)
				if q.After = page.Next; err != nil || q.After == "" {
					return err
				}
			}
		})
	})
}
