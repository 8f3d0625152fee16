package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

func setLevel(name string, to float64) func(nodkey.Tx) error {
	return func(t nodkey.Tx) error { return t.SaveLimit(nodkey.Limit{Name: name, Level: to}) }
}

func level(t *testing.T, s *Store, name string) (level float64) {
	t.Helper()
	err := s.View(context.Background(), func(tx nodkey.Tx) error {
		l, err := tx.Limit(name)
		level = l.Level
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return level
}

// inFile runs statements on a file as another program would.
func inFile(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(path, openTimeout))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func TestWhatWasWrittenIsThereAfterReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a file?with %20 & #odd;name.db")
	for i := range 3 {
		s := openAt(t, path)
		if got := level(t, s, "l"); got != float64(i) {
			t.Fatalf("opened for the %d. time: level %v, want %d", i+1, got, i)
		}
		if err := s.Update(t.Context(), setLevel("l", float64(i+1))); err != nil {
			t.Fatal(err)
		}
		if err := s.Check(t.Context()); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the file is not where it was asked for: %v", err)
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the log is not folded in when the last one closes: %v", err)
	}
}

func TestOnlyTheOwnerMayReadTheFiles(t *testing.T) {
	dir := t.TempDir()
	s := openAt(t, filepath.Join(dir, "nodkey.db"))
	if err := s.Update(t.Context(), setLevel("l", 1)); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", f.Name(), info.Mode())
		}
	}
}

func TestConnectionsAreDurableAndCheckReferences(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "nodkey.db"))
	for pragma, want := range map[string]string{"synchronous": "2", "foreign_keys": "1", "journal_mode": "wal", "busy_timeout": fmt.Sprint(writeTimeout.Milliseconds())} {
		got := ""
		err := s.Update(t.Context(), func(nodkey.Tx) error { // the writer rests while the closure has the turn
			return s.writer.conn.query(func(r *row) { got = fmt.Sprint(r.take()) }, "PRAGMA "+pragma)
		})
		if err != nil || got != want {
			t.Errorf("%s is %s, want %s (%v)", pragma, got, want, err)
		}
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	cases := []struct {
		name string
		lay  func(t *testing.T, path string) string // lays out what is wrong, and gives the path to open
		want error
		says string
	}{
		{"no directory", func(t *testing.T, path string) string { return filepath.Join(path, "nodkey.db") },
			fs.ErrNotExist, "there is no directory"},
		{"a file for the directory", func(t *testing.T, path string) string {
			write(t, path, []byte("x"))
			return filepath.Join(path, "nodkey.db")
		}, nil, "not a directory"},
		{"a directory for the file", func(t *testing.T, path string) string {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
			return path
		}, nil, "is a directory"},
		{"text", func(t *testing.T, path string) string {
			write(t, path, bytes.Repeat([]byte("no database\n"), 1000))
			return path
		}, ErrDamaged, "restore it from a backup"},
		{"zeros", func(t *testing.T, path string) string {
			write(t, path, make([]byte, 8192))
			return path
		}, ErrDamaged, "restore it from a backup"},
		{"first page overwritten", func(t *testing.T, path string) string {
			return damaged(t, path, func(b []byte) []byte { copy(b[100:], bytes.Repeat([]byte{0xa5}, 1000)); return b })
		}, ErrDamaged, "restore it from a backup"},
		{"cut off", func(t *testing.T, path string) string {
			return damaged(t, path, func(b []byte) []byte { return b[:5000] })
		}, ErrDamaged, "restore it from a backup"},
		{"another program's", func(t *testing.T, path string) string {
			inFile(t, path, "CREATE TABLE bookmarks (url TEXT)")
			return path
		}, ErrForeign, "not a database of nodkey"},
		{"newer", func(t *testing.T, path string) string {
			s := openAt(t, path)
			s.Close()
			inFile(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)")
			return path
		}, ErrNewer, "this database was written by a newer nodkey than this one"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := c.lay(t, filepath.Join(t.TempDir(), "x"))
			before, _ := os.ReadFile(path)
			s, err := Open(t.Context(), path)
			if err == nil {
				s.Close()
				t.Fatal("it opened")
			}
			t.Log(err)
			if c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%v is not %v", err, c.want)
			}
			if !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "cannot open the database") {
				t.Errorf("%q does not say %q", err, c.says)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q is more than a sentence", err)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// damaged makes a database and changes its bytes.
func damaged(t *testing.T, path string, change func([]byte) []byte) string {
	t.Helper()
	s := openAt(t, path)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, change(b))
	return path
}

func TestOpenOfALockedFileGivesUp(t *testing.T) {
	t.Parallel() // it waits as long as anybody would
	path := filepath.Join(t.TempDir(), "nodkey.db")
	db, err := sql.Open("sqlite", dsn(path, openTimeout))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path); !errors.Is(err, ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
	if _, err := db.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	openAt(t, path)
}

func TestManyOpenANewFileAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nodkey.db")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			s, err := Open(context.Background(), path)
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Update(context.Background(), setLevel(fmt.Sprint(i), 1)); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s := openAt(t, path)
	for i := range 8 {
		if got := level(t, s, fmt.Sprint(i)); got != 1 {
			t.Errorf("the write of %d is lost", i)
		}
	}
}

// TestTwoStoresShareAFile is the command line at work while the server runs: reads and writes of both, none lost, each
// a whole one, and each sees what the other did.
func TestTwoStoresShareAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nodkey.db")
	server, tool := openAt(t, path), openAt(t, path)
	const each = 60
	var all sync.WaitGroup
	start := time.Now()
	for _, s := range []*Store{server, server, server, tool} {
		all.Go(func() {
			for range each {
				err := s.Update(context.Background(), func(tx nodkey.Tx) error {
					l, err := tx.Limit("count")
					if err != nil {
						return err
					}
					if err := tx.AppendAudit(nodkey.AuditRow{At: time.UnixMilli(1), Action: "test.done"}); err != nil {
						return err
					}
					return tx.SaveLimit(nodkey.Limit{Name: "count", Level: l.Level + 1})
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d updates in %s", 4*each, time.Since(start))
	for _, s := range []*Store{server, tool} {
		if got := level(t, s, "count"); got != 4*each {
			t.Errorf("%v updates are there, want %d", got, 4*each)
		}
		err := s.View(t.Context(), func(tx nodkey.Tx) error {
			rows, err := tx.UnsealedAudit(9 * each)
			if len(rows) != 4*each || rows[len(rows)-1].Seq != 4*each {
				t.Errorf("%d audit rows, want %d without a gap", len(rows), 4*each)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
