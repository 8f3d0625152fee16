package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nodkey/nodkey"
	sqlite3 "modernc.org/sqlite/lib"
)

// hold keeps the writer busy with one update while others are started, and lets go when they are all in the queue.
func hold(t *testing.T, s *Store, n int, start func(i int)) {
	t.Helper()
	var all sync.WaitGroup
	err := s.Update(context.Background(), func(nodkey.Tx) error {
		for i := range n {
			all.Go(func() { start(i) })
		}
		for len(s.writer.queue) < n {
			runtime.Gosched()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	all.Wait()
}

func TestUpdatesThatWaitShareACommit(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "nodkey.db"))
	before := s.Stats()
	hold(t, s, maxBatch, func(i int) {
		if err := s.Update(context.Background(), setLevel(fmt.Sprint(i), 1)); err != nil {
			t.Error(err)
		}
	})
	after := s.Stats()
	if commits := after.Commits - before.Commits; commits != 2 { // the one that held them up, and theirs
		t.Errorf("%d commits, want 2", commits)
	}
	if updates := after.Updates - before.Updates; updates != maxBatch+1 {
		t.Errorf("%d updates, want %d", updates, maxBatch+1)
	}
}

// TestALostTransactionIsRunAgainWithoutTheCulprit ends the transaction that a batch shares from inside a closure.
func TestALostTransactionIsRunAgainWithoutTheCulprit(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "nodkey.db"))
	errOwn := errors.New("its own")
	runs := make([]atomic.Int64, 20)
	hold(t, s, len(runs), func(i int) {
		defer func() {
			if got := recover(); (got != nil) != (i == 7) {
				t.Errorf("update %d: panic %v", i, got)
			}
		}()
		err := s.Update(context.Background(), func(tx nodkey.Tx) error {
			runs[i].Add(1)
			if err := setLevel(fmt.Sprint(i), 1)(tx); err != nil {
				return err
			}
			switch i {
			case 3:
				return errOwn
			case 7:
				panic("oh")
			case 11, 12:
				_, err := s.writer.conn.exec("ROLLBACK")
				return err
			}
			return nil
		})
		switch {
		case i == 3 && err != errOwn, i != 3 && (err != nil) != (i == 11 || i == 12):
			t.Errorf("update %d: %v", i, err)
		}
	})
	for i := range runs {
		want := 1.0
		if i == 3 || i == 7 || i == 11 || i == 12 {
			want = 0
		}
		if got := level(t, s, fmt.Sprint(i)); got != want {
			t.Errorf("update %d left %v, want %v", i, got, want)
		}
		if n := runs[i].Load(); n > 2 || n > 1 && (i == 7 || i == 11 || i == 12) {
			t.Errorf("update %d ran %d times", i, n)
		}
	}
}

// TestAFullDiskHurtsOnlyTheOneThatFillsIt makes the engine drop the transaction that a batch shares.
func TestAFullDiskHurtsOnlyTheOneThatFillsIt(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "nodkey.db"))
	err := s.Update(t.Context(), func(nodkey.Tx) error { // the writer rests meanwhile
		return s.writer.conn.query(func(*row) {}, "PRAGMA max_page_count = 100")
	})
	if err != nil {
		t.Fatal(err)
	}
	huge := make([]byte, 1<<20)
	for _, careless := range []bool{false, true} {
		name := fmt.Sprint(careless)
		var mu sync.Mutex
		runs := map[int]int{}
		hold(t, s, 20, func(i int) {
			err := s.Update(context.Background(), func(tx nodkey.Tx) error {
				mu.Lock()
				runs[i]++
				mu.Unlock()
				if err := setLevel(fmt.Sprint(name, i), 1)(tx); err != nil {
					return err
				}
				if i%5 != 4 {
					return nil
				}
				err := tx.InsertSecret(fmt.Sprint(name, i), huge)
				if careless {
					tx.SaveLimit(nodkey.Limit{Name: fmt.Sprint(name, i), Level: 2})
					return nil
				}
				return err
			})
			if full := code(err)&0xff == sqlite3.SQLITE_FULL; full != (i%5 == 4) {
				t.Errorf("update %d: %v", i, err)
			}
		})
		for i := range 20 {
			want := 1.0
			if i%5 == 4 {
				want = 0
			}
			if got := level(t, s, fmt.Sprint(name, i)); got != want {
				t.Errorf("update %d left %v, want %v", i, got, want)
			}
			if runs[i] > 2 {
				t.Errorf("update %d ran %d times", i, runs[i])
			}
		}
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestCommitThatFailsIsToldToAllInIt(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "nodkey.db"))
	// A reference that is checked at the commit only makes the commit fail; the product's own are checked at once.
	err := s.Update(t.Context(), func(nodkey.Tx) error {
		_, err := s.writer.conn.exec("CREATE TABLE late (user_id TEXT REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	hold(t, s, 10, func(i int) {
		err := s.Update(context.Background(), func(tx nodkey.Tx) error {
			if i == 5 {
				if _, err := s.writer.conn.exec("INSERT INTO late (user_id) VALUES ('nobody')"); err != nil {
					return err
				}
			}
			if i == 6 {
				return errors.New("its own")
			}
			return setLevel(fmt.Sprint(i), 1)(tx)
		})
		if !isOrphan(err) {
			t.Errorf("update %d: %v, want the commit's error", i, err)
		}
	})
	for i := range 10 {
		if level(t, s, fmt.Sprint(i)) != 0 {
			t.Errorf("update %d is there, though it was told an error", i)
		}
	}
	if err := s.Update(t.Context(), setLevel("after", 1)); err != nil { // the store goes on
		t.Error(err)
	}
}

func TestUpdateGivesUpOnAFileThatStaysLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nodkey.db")
	s, other := openAt(t, path), openAt(t, path)
	s.writer.patience = busyPause // nobody waits for ten seconds here
	err := other.Update(t.Context(), func(nodkey.Tx) error {
		if err := s.Update(t.Context(), setLevel("l", 1)); !errors.Is(err, ErrBusy) {
			t.Errorf("got %v, want ErrBusy", err)
		}
		level(t, s, "l") // readers do not mind
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), setLevel("l", 1)); err != nil {
		t.Error(err)
	}
}

func TestCloseCommitsWhatItTookInAndRefusesTheRest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nodkey.db")
	s := openAt(t, path)
	const n = 500
	done := make([]bool, n)
	var all sync.WaitGroup
	some := make(chan struct{}, n)
	for i := range n {
		all.Go(func() {
			err := s.Update(context.Background(), setLevel(fmt.Sprint(i), 1))
			done[i] = err == nil
			if err != nil && !errors.Is(err, ErrClosed) {
				t.Error(err)
			}
			some <- struct{}{}
		})
	}
	for range 20 {
		<-some
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	if err := s.Update(t.Context(), setLevel("late", 1)); !errors.Is(err, ErrClosed) {
		t.Errorf("Update after Close: %v", err)
	}
	if err := s.View(t.Context(), func(nodkey.Tx) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("View after Close: %v", err)
	}
	if err := s.Ready(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Ready after Close: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	again := openAt(t, path)
	for i := range n {
		if got := level(t, again, fmt.Sprint(i)) == 1; got != done[i] {
			t.Errorf("update %d: acknowledged %v, there %v", i, done[i], got)
		}
	}
}

// TestAContextThatEndedBeforeItsTurnRunsNothing is the moment at which the writer takes a job whose caller has not yet
// noticed that its context ended.
func TestAContextThatEndedBeforeItsTurnRunsNothing(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "nodkey.db"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	j := &job{ctx: ctx, turn: make(chan turn, 1), result: make(chan error, 1)}
	s.writer.queue <- j
	if got := <-j.turn; got.tx != nil || !errors.Is(got.err, context.Canceled) {
		t.Errorf("got the turn %+v, want none and context.Canceled", got)
	}
}
