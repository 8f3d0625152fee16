package nodkey_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// A box full of the longest texts is not opened whole for one search: it looks at some megabytes and says where to go on.
func TestASearchLooksAtSomeMegabytesOnly(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	const messages = 120
	long := strings.Repeat("字", nodkey.TextMax-10)
	for i := range messages {
		p.post(t, map[string]nodkey.MessageText{"en": {Subject: "Long", Text: long + strings.Repeat(" zehn", (10-i%10)/10)}}, "")
	}
	q := nodkey.MessageQuery{Search: "zehn"} // the first of all, and every tenth
	calls, found := 0, 0
	for {
		calls++
		page := p.box(t, c, q)
		found += len(page.Messages)
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	if calls < 2 || calls > 20 || found != messages/10 {
		t.Errorf("%d messages found by %d calls", found, calls)
	}
}

// The longest texts, again and again into one message: its page, which is made in memory, stays of a size that a server can have
// many of.
func TestAMessageGrowsNoPageWithoutEnd(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	r := p.write(t, c, draft)
	long := strings.Repeat("字", nodkey.TextMax)
	entries := 1
	for range 100 {
		h.Clock.Advance(3 * time.Minute)
		err := h.Messages.Reply(h.ctx, p.enter(t), r, nodkey.Answer{Text: long})
		if err != nil {
			is(t, err, "message.full", "another answer")
			break
		}
		entries++
	}
	if entries < 20 || entries > 50 {
		t.Errorf("%d entries of the longest", entries)
	}
	if n := len(p.read(t, p.enter(t), r).Entries); n != entries {
		t.Errorf("%d are there", n)
	}
}

// zeros is a text file of so many bytes, which nobody holds whole.
func zeros(bytes int64) io.Reader { return io.LimitReader(endless{}, bytes) }

type endless struct{}

func (endless) Read(into []byte) (int, error) {
	for i := range into {
		into[i] = '0'
	}
	return len(into), nil
}

// Somebody with an account sends the largest files as fast as they may: the disk does not fill by half a gigabyte an hour.
func TestFilesFillNoDisk(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	kept := 0
	send := func() bool {
		t.Helper()
		f, err := h.Messages.Upload(h.ctx, c, "large.txt", zeros(nodkey.FilesBytes))
		if err != nil {
			is(t, err, "message.slow", "another file")
			return false
		}
		kept++
		is(t, h.Messages.Discard(h.ctx, c, f.ID), "", "discarding")
		return true
	}
	for kept < 15 && send() {
	}
	if kept < 4 || kept > 10 {
		t.Fatalf("%d files of 25 MiB at once", kept)
	}
	for range 4 {
		h.Clock.Advance(15 * time.Minute)
		c = p.enter(t)
		send()
	}
	if kept > 12 {
		t.Errorf("%d files of 25 MiB in an hour", kept)
	}
	h.Clock.Advance(24 * time.Hour)
	c = p.enter(t)
	if !send() {
		t.Error("none a day later")
	}
}
