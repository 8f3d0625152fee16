package sqlstore

import (
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

func benchStore(b *testing.B) *Store {
	b.Helper()
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "nodkey.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	err = s.Update(b.Context(), func(t nodkey.Tx) error {
		return t.InsertUser(nodkey.User{ID: "u", Name: "mara", CreatedAt: time.UnixMilli(1).UTC()})
	})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// BenchmarkUpdate writes what a sign-in writes at a time, a row and an audit row, from ever more callers: the updates a
// second rise with those that share a commit.
func BenchmarkUpdate(b *testing.B) {
	for _, callers := range []int{1, 8, 64, 256} {
		b.Run(strconv.Itoa(callers), func(b *testing.B) {
			s := benchStore(b)
			var n atomic.Int64
			before := s.Stats()
			b.SetParallelism(callers)
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					id := strconv.FormatInt(n.Add(1), 10)
					at := time.UnixMilli(1e12).UTC()
					err := s.Update(b.Context(), func(t nodkey.Tx) error {
						if err := t.InsertSignIn(nodkey.SignIn{ID: nodkey.SignInID(id), UserID: "u", State: nodkey.SignInPending,
							Token: nodkey.TokenHash(id), Source: "203.0.113.24", Agent: "Firefox on Windows", CreatedAt: at, ExpiresAt: at}); err != nil {
							return err
						}
						return t.AppendAudit(nodkey.AuditRow{At: at, Action: "sign_in.began", UserID: "u", Actor: "anonymous", Subject: id, Detail: "{}"})
					})
					if err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.StopTimer()
			after := s.Stats()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
			b.ReportMetric(float64(after.Commits-before.Commits)/b.Elapsed().Seconds(), "commits/s")
			b.ReportMetric(float64(after.Updates-before.Updates)/float64(after.Commits-before.Commits), "updates/commit")
		})
	}
}

// BenchmarkView reads what a request reads first: a session by its token, and its user.
func BenchmarkView(b *testing.B) {
	s := benchStore(b)
	at := time.UnixMilli(1e12).UTC()
	err := s.Update(b.Context(), func(t nodkey.Tx) error {
		return t.InsertSession(nodkey.Session{ID: "s", UserID: "u", Token: "token", Level: nodkey.Full, CreatedAt: at, ExpiresAt: at})
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			err := s.View(b.Context(), func(t nodkey.Tx) error {
				session, err := t.SessionByToken("token")
				if err != nil {
					return err
				}
				_, err = t.User(session.UserID)
				return err
			})
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
}
