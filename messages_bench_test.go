package nodkey_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/sqlstore"
)

// benchHouse is a house whose store a benchmark fills.
func benchHouse(b *testing.B) house {
	b.Helper()
	store, err := sqlstore.Open(b.Context(), filepath.Join(b.TempDir(), "nodkey.db"))
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

// fill makes users with a full session and as many tickets each, of a text of some hundred characters.
func (h house) fill(b *testing.B, users, each int) []nodkey.Token {
	b.Helper()
	const perUpdate = 500
	var tokens []nodkey.Token
	now, number := h.Clock.Now(), 0
	text := "Guten Tag, ich habe eine Frage zu meinen Unterlagen vom letzten Monat. "
	for i := 0; i < users; {
		err := h.Ports.Store.Update(h.ctx, func(tx nodkey.Tx) error {
			for made := 0; made < perUpdate && i < users; i++ {
				id := nodkey.UserID(fmt.Sprintf("bench-%07d", i))
				if err := tx.InsertUser(nodkey.User{ID: id, Name: fmt.Sprintf("bench%07d", i), DisplayName: "Mara Lindqvist", CreatedAt: now}); err != nil {
					return err
				}
				if len(tokens) < 2000 {
					token := nodkey.Token(fmt.Sprintf("token-%037d", i))
					tokens = append(tokens, token)
					s := nodkey.Session{ID: nodkey.SessionID(id), UserID: id, Token: token.Hash(), Level: nodkey.Full, CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(12 * time.Hour)}
					if err := tx.InsertSession(s); err != nil {
						return err
					}
				}
				for j := range each {
					number++
					if err := h.ticket(tx, id, number, fmt.Sprintf("Frage %d", j), fmt.Sprint(text, text, number), now.Add(time.Duration(j)*time.Second)); err != nil {
						return err
					}
				}
				made += each
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return tokens
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

// BenchmarkMessages lists, searches, reads and writes in boxes of ten messages, among 100,000 and 1,000,000 of them, and posts to
// all of their users. It takes minutes to fill the store.
func BenchmarkMessages(b *testing.B) {
	for _, size := range []int{100_000, 1_000_000} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			h := benchHouse(b)
			began := time.Now()
			tokens := h.fill(b, size/10, 10)
			b.Logf("filled with %d messages in %s", size, time.Since(began))
			anybody := func() nodkey.Caller {
				c, err := h.Sessions.Caller(h.ctx, nodkey.Caller{Locale: "de"}, tokens[rand.N(len(tokens))])
				if err != nil {
					b.Fatal(err)
				}
				return c
			}
			b.Run("list", func(b *testing.B) {
				timed(b, func() error { _, err := h.Messages.List(h.ctx, anybody(), nodkey.MessageQuery{}); return err })
			})
			b.Run("unread", func(b *testing.B) {
				timed(b, func() error { _, err := h.Messages.Unread(h.ctx, anybody()); return err })
			})
			b.Run("search", func(b *testing.B) {
				timed(b, func() error {
					_, err := h.Messages.List(h.ctx, anybody(), nodkey.MessageQuery{Search: "nothing unterlagen"})
					return err
				})
			})
			b.Run("desk", func(b *testing.B) {
				timed(b, func() error {
					_, err := h.MessageDesk.List(h.ctx, h.Desk(), nodkey.MessageFilter{}, "", 20)
					return err
				})
			})
			var seconds, users, heap float64
			b.Run("post to all", func(b *testing.B) {
				if users == 0 { // once, whatever -benchtime says: it takes long enough
					seconds, users, heap = h.postToAll(b)
				}
				b.ReportMetric(seconds, "s")
				b.ReportMetric(users, "users")
				b.ReportMetric(heap, "MB-heap")
			})
		})
	}
}

// postToAll announces to all users and tells how long it took and how many megabytes of heap there were at most.
func (h house) postToAll(b *testing.B) (seconds, users, heap float64) {
	b.Helper()
	began, most, n := time.Now(), uint64(0), 0
	h.announce(b, holiday)
	for more, chunk := true, 0; more; chunk++ {
		var made int
		var err error
		if made, more, err = h.Announcements.Send(h.ctx); err != nil {
			b.Fatal(err)
		}
		n += made
		if chunk%50 == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
		}
	}
	return time.Since(began).Seconds(), float64(n), float64(most >> 20)
}

// BenchmarkBigBox lists and searches a box of 10,000 messages.
func BenchmarkBigBox(b *testing.B) {
	h := benchHouse(b)
	tokens := h.fill(b, 1, 10_000)
	c, err := h.Sessions.Caller(h.ctx, nodkey.Caller{Locale: "de"}, tokens[0])
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
