package sqlstore

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

const (
	crashFile  = "NODKEY_TEST_CRASH_FILE"  // set in the child: the database it writes to
	crashRound = "NODKEY_TEST_CRASH_ROUND" // what its numbers begin with
	crashes    = 30
	crashers   = 32 // goroutines that write
)

func TestMain(m *testing.M) {
	if path := os.Getenv(crashFile); path != "" {
		if err := writeUntilKilled(path, os.Getenv(crashRound)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// writeUntilKilled writes numbered rows, each with a second one that belongs to it, and prints the number of each that
// was acknowledged. A line is one write to the pipe: it is there whole, or not.
func writeUntilKilled(path, round string) error {
	s, err := Open(context.Background(), path)
	if err != nil {
		return err
	}
	failed := make(chan error)
	for g := range crashers {
		go func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("%s.%d.%d", round, g, i)
				err := s.Update(context.Background(), func(tx nodkey.Tx) error {
					if err := tx.InsertSecret(name, []byte(name)); err != nil {
						return err
					}
					return tx.AppendAudit(nodkey.AuditRow{At: time.UnixMilli(1), Action: "test.wrote", UserID: "u", Subject: name})
				})
				if err != nil {
					failed <- err
					return
				}
				if _, err := os.Stdout.WriteString(name + "\n"); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

// TestWhatWasAcknowledgedSurvivesKill9 kills a process that writes, again and again, at moments of no choosing.
func TestWhatWasAcknowledgedSurvivesKill9(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nodkey.db")
	var acknowledged []string
	for round := range crashes {
		acknowledged = append(acknowledged, writeAndKill(t, path, round)...)
		if round%3 == 1 {
			continue // the next one finds what this one left, which nobody put in order
		}
		s := openAt(t, path)
		checkAfterCrash(t, s, acknowledged)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			t.Fatalf("after %d crashes", round+1)
		}
	}
	t.Logf("%d updates were acknowledged before %d crashes", len(acknowledged), crashes)
}

// writeAndKill gives what a child acknowledged before it was killed.
func writeAndKill(t *testing.T, path string, round int) (acknowledged []string) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashFile+"="+path, fmt.Sprintf("%s=%d", crashRound, round))
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	kill := func() {
		once.Do(func() { time.AfterFunc(rand.N(30*time.Millisecond), func() { child.Process.Kill() }) })
	}
	if round%2 == 0 {
		kill() // while it opens the file, makes the tables, takes up what was left; or soon after
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		acknowledged = append(acknowledged, lines.Text())
		kill() // in the middle of its work
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	err = child.Wait()
	if child.ProcessState.Exited() {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return acknowledged
}

func checkAfterCrash(t *testing.T, s *Store, acknowledged []string) {
	t.Helper()
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	err := s.View(t.Context(), func(stored nodkey.Tx) error {
		rows, err := stored.UnsealedAudit(1 << 30)
		if err != nil {
			return err
		}
		there := map[string]bool{}
		for i, a := range rows {
			there[a.Subject] = true
			if a.Seq != int64(i+1) {
				t.Errorf("audit row %d has the number %d", i+1, a.Seq)
			}
			if secret, err := stored.Secret(a.Subject); err != nil || string(secret) != a.Subject {
				t.Errorf("%s was written by half: %q, %v", a.Subject, secret, err)
			}
		}
		for _, name := range acknowledged {
			if !there[name] {
				t.Errorf("%s was acknowledged and is lost", name)
			}
		}
		all, err := one(stored.(*tx), (*row).count, "SELECT COUNT(*) FROM secrets")
		if all != len(rows) {
			t.Errorf("%d first halves, %d second ones", all, len(rows))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
