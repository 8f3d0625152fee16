package main

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Whoever waits is told when nothing moves, and Ctrl-C ends the waiting alone.
func TestWaitingForAServerThatDoesNotRunSaysSo(t *testing.T) {
	t.Parallel() // it waits, mostly
	at := []string{"--data-dir", filepath.Join(t.TempDir(), "data"), "--portal-host", "https://portal.example.com", "--phone-host", "https://phone.example.com"}
	var out, problems bytes.Buffer
	nodkey := func(ctx context.Context, errOut io.Writer, args ...string) int {
		out.Reset()
		return run(ctx, append(args, at...), strings.NewReader(""), &out, errOut)
	}
	if code := nodkey(t.Context(), &problems, "user", "add", "mara"); code != exitOK {
		t.Fatalf("%d: %s", code, &problems)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	said := &until{text: "is nodkey serve running?", then: cancel}
	if code := nodkey(ctx, said, "message", "send", "--all", "--yes", "--wait", "--subject", "a", "--body", "b"); code != exitBusy {
		t.Errorf("exit code %d", code)
	}
	if text := said.String(); !strings.Contains(text, said.text) || !strings.Contains(text, "sent to 0 of 1") || !strings.Contains(text, "the server goes on sending") {
		t.Errorf("it says %q", text)
	}
	if code := nodkey(t.Context(), &problems, "message", "list", "--announcements"); code != exitOK || !strings.Contains(out.String(), "sending   0 of 1") {
		t.Errorf("the list: %d, %s", code, &out)
	}
}

// until calls a function once it has been written a text. One goroutine writes.
type until struct {
	bytes.Buffer
	text string
	then func()
}

func (u *until) Write(p []byte) (int, error) {
	n, err := u.Buffer.Write(p)
	if strings.Contains(u.String(), u.text) {
		u.then()
	}
	return n, err
}
