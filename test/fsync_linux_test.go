package test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/client"
)

// TestDecisionsAreOnDiskBeforeTheyAreAcknowledged watches the server's system calls: between the arrival of a decision
// and its answer, the write-ahead log was written and then synced.
func TestDecisionsAreOnDiskBeforeTheyAreAcknowledged(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal("strace is missing; make test-deps brings it")
	}
	s := serve(t, nil)
	s.addUser("mara", "Mara Lindqvist", "seven green bottles")
	s.stop()
	nodkey, dir := s.binary, t.TempDir()
	trace := filepath.Join(dir, "trace")
	// With -D the server stays this test's own child, and strace stands beside it.
	s.binary = filepath.Join(dir, "traced")
	script := fmt.Sprintf("#!/bin/sh\nexec '%s' -D -f -y -s 120 -e trace=read,write,pwrite64,fsync,fdatasync -o '%s' '%s' \"$@\"\n", strace, trace, nodkey)
	if err := os.WriteFile(s.binary, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	s.start()
	const decisions = 5
	if err := decide(t.Context(), s, decisions); err != nil {
		t.Fatal(err)
	}
	s.stop()
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	found := decisionsIn(string(text))
	if len(found) != decisions {
		t.Fatalf("%d decisions in the trace, want %d", len(found), decisions)
	}
	for i, syncs := range found {
		if syncs < 2 { // a yes with a PIN is two commits: the try, and what it came to
			t.Errorf("decision %d was acknowledged after %d syncs", i+1, syncs)
		}
		t.Logf("decision %d: %d syncs of the log before its answer", i+1, syncs)
	}
}

// decide activates a phone and says yes to so many sign-ins.
func decide(ctx context.Context, s *server, many int) error {
	desk := newWebUser(s.portal, nil)
	if err := desk.post(ctx, "/", "/sign-in", "username", "mara", "password", "seven green bottles"); err != nil {
		return err
	}
	code, err := desk.code(ctx, "/")
	if err != nil {
		return err
	}
	phone, err := client.New(client.Config{}, client.State{})
	if err != nil {
		return err
	}
	offer, err := phone.Lookup(ctx, s.phone, code)
	if err != nil {
		return err
	}
	if _, err := phone.Activate(ctx, offer, crashPIN, "Pixel 8"); err != nil {
		return err
	}
	for range many {
		if err := desk.post(ctx, "/sign-in/wait", "/sign-in", "username", "mara", "password", "seven green bottles"); err != nil {
			return err
		}
		number, err := desk.number(ctx, "/sign-in/wait")
		if err != nil {
			return err
		}
		open, err := phone.Approvals(ctx)
		if err != nil {
			return err
		}
		if _, err := phone.Approve(ctx, open[0], number, crashPIN); err != nil {
			return err
		}
		if _, err := desk.get(ctx, "/sign-in/wait"); err != nil {
			return err
		}
	}
	return nil
}

// A line of strace: process, call, descriptor with its path. A call that another thread interrupts is two lines. The
// first byte of a request may have been read before the rest of it.
var (
	traced  = regexp.MustCompile(`^(\d+) +(?:<\.\.\. )?(read|write|pwrite64|fsync|fdatasync)(?:\((\d+)<([^>]*)>| resumed>)`)
	arrives = regexp.MustCompile(`"P?OST /api/phone/v1/approvals/[\w-]+/decision HTTP`)
)

// decisionsIn gives, for each decision in a trace, how many syncs of a log that was written to lie between its arrival
// and its answer.
func decisionsIn(trace string) []int {
	type call struct{ what, fd, path string }
	begun := map[string]call{} // by thread
	var found []int
	waiting, written, syncs := "", false, 0 // the descriptor whose answer is due
	for line := range strings.SplitSeq(trace, "\n") {
		m := traced.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		now := call{m[2], m[3], m[4]}
		first, done := m[3] != "", !strings.Contains(line, "<unfinished ...>")
		if first {
			begun[m[1]] = now
		} else {
			now = begun[m[1]]
		}
		log := strings.HasSuffix(now.path, "-wal")
		switch {
		case now.what == "read" && done && arrives.MatchString(line):
			waiting, written, syncs = now.fd, false, 0
		case waiting == "":
		case now.what == "write" && first && now.fd == waiting && strings.Contains(line, `"HTTP/1.1 200`):
			found = append(found, syncs)
			waiting = ""
		case now.what == "pwrite64" && log:
			written = true
		case (now.what == "fsync" || now.what == "fdatasync") && log && done && written && strings.HasSuffix(line, "= 0"):
			syncs++
		}
	}
	return found
}

func TestTracesAreReadRight(t *testing.T) {
	const arrival, answer = `1 read(7<socket:[1]>, "POST /api/phone/v1/approvals/abc/decision HTTP/1.1"..., 4096) = 900`, `1 write(7<socket:[1]>, "HTTP/1.1 200 OK"..., 300) = 300`
	const frame, sync = `2 pwrite64(5</x/nodkey.db-wal>, "..."..., 24, 0) = 24`, `2 fsync(5</x/nodkey.db-wal>) = 0`
	for what, c := range map[string]struct {
		lines []string
		syncs int
	}{
		"synced in between": {[]string{arrival, frame, sync, answer}, 1},
		"not at all":        {[]string{arrival, frame, answer}, 0},
		"afterwards":        {[]string{arrival, frame, answer, sync}, 0},
		"before":            {[]string{frame, sync, arrival, answer}, 0},
		"nothing written":   {[]string{arrival, sync, answer}, 0},
		"still under way":   {[]string{arrival, frame, `2 fsync(5</x/nodkey.db-wal> <unfinished ...>`, answer, `2 <... fsync resumed>) = 0`}, 0},
		"resumed":           {[]string{arrival, frame, `2 fsync(5</x/nodkey.db-wal> <unfinished ...>`, `2 <... fsync resumed>) = 0`, answer}, 1},
		"failed":            {[]string{arrival, frame, `2 fsync(5</x/nodkey.db-wal>) = -1 EIO (Input/output error)`, answer}, 0},
		"another file":      {[]string{arrival, frame, `2 fsync(6</x/other>) = 0`, answer}, 0},
	} {
		if got := decisionsIn(strings.Join(c.lines, "\n")); len(got) != 1 || got[0] != c.syncs {
			t.Errorf("%s: %v, want %d", what, got, c.syncs)
		}
	}
}
