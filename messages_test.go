package nodkey_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

var (
	hello = nodkey.MessageText{Subject: "A question", Text: "Where do I find my statements?"}
	draft = nodkey.Draft{Category: "access", Topic: "phone", MessageText: hello}
)

// quiet takes the notices of how an account came to be out of a box: they are read.
func (p *person) quiet(t failer, c nodkey.Caller) {
	t.Helper()
	for _, m := range p.box(t, c, nodkey.MessageQuery{Limit: 100}).Messages {
		if _, err := p.Messages.Read(p.ctx, c, m.Reference, ""); err != nil {
			t.Fatalf("reading %s: %v", m.Reference, err)
		}
	}
	p.Clock.Advance(time.Second)
}

func (p *person) box(t failer, c nodkey.Caller, q nodkey.MessageQuery) nodkey.MessagePage {
	t.Helper()
	page, err := p.Messages.List(p.ctx, c, q)
	if err != nil {
		t.Fatalf("the box: %v", err)
	}
	return page
}

func (p *person) write(t failer, c nodkey.Caller, d nodkey.Draft) nodkey.Reference {
	t.Helper()
	p.Clock.Advance(time.Second)
	r, err := p.Messages.Write(p.ctx, c, d)
	if err != nil {
		t.Fatalf("writing: %v", err)
	}
	return r
}

func (p *person) read(t failer, c nodkey.Caller, r nodkey.Reference) nodkey.Thread {
	t.Helper()
	thread, err := p.Messages.Read(p.ctx, c, r, "")
	if err != nil {
		t.Fatalf("reading %s: %v", r, err)
	}
	return thread
}

func (h house) desk(t failer, r nodkey.Reference, text string) {
	t.Helper()
	h.Clock.Advance(time.Second)
	if err := h.MessageDesk.Reply(h.ctx, h.Desk(), r, "en", nodkey.Answer{Text: text}); err != nil {
		t.Fatalf("the desk's answer: %v", err)
	}
}

func said(t nodkey.Thread) (texts []string) {
	for _, e := range t.Entries {
		texts = append(texts, string(e.Author)+": "+e.Text)
	}
	return texts
}

// A ticket goes back and forth, is closed by one side and reopened by the other.
func TestATicketFromTheFirstWordToTheLast(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	p.quiet(t, c)
	r := p.write(t, c, draft)
	if want := fmt.Sprintf("%d-", h.Clock.Now().Year()); !strings.HasPrefix(r.String(), want) || len(r.String()) < 9 {
		t.Errorf("the reference is %s", r)
	}
	list, err := h.MessageDesk.List(h.ctx, h.Desk(), nodkey.MessageFilter{Status: nodkey.MessageNew}, "", 10)
	if err != nil || len(list.Messages) != 1 || list.Messages[0].User != p.name || list.Messages[0].Subject != hello.Subject || !list.Messages[0].DeskUnread {
		t.Fatalf("the desk's list: %+v, %v", list, err)
	}
	is(t, h.MessageDesk.SetStatus(h.ctx, h.Desk(), r, nodkey.MessageOpen), "", "the desk takes it")
	h.desk(t, r, "Under Documents.\r\nThey come on the first.")
	page := p.box(t, c, nodkey.MessageQuery{})
	if page.Unread != 1 || page.Messages[0].Reference != r || !page.Messages[0].Unread || page.Messages[0].Status != nodkey.MessageAnswered {
		t.Fatalf("after the answer: %+v", page)
	}
	thread := p.read(t, c, r)
	if got, want := said(thread), []string{"user: " + hello.Text, "operator: Under Documents.\nThey come on the first."}; !slices.Equal(got, want) {
		t.Errorf("it says %q", got)
	}
	if e := thread.Entries[1]; e.Name != "" || e.Language != "en" || e.Number != 2 || !e.At.Equal(h.Clock.Now()) {
		t.Errorf("the answer: %+v", e)
	}
	if n, err := h.Messages.Unread(h.ctx, c); err != nil || n != 0 {
		t.Errorf("%d unread after reading, %v", n, err)
	}
	h.Clock.Advance(time.Minute)
	is(t, h.Messages.Reply(h.ctx, c, r, nodkey.Answer{Text: "Thank you."}), "", "adding to it")
	if s := p.read(t, c, r).Status; s != nodkey.MessageOpen {
		t.Errorf("after the reply it is %s", s)
	}
	is(t, h.Messages.Close(h.ctx, c, r), "", "closing")
	is(t, h.Messages.Close(h.ctx, c, r), "", "closing again")
	is(t, h.Messages.Reply(h.ctx, c, r, nodkey.Answer{Text: "One more."}), "message.closed", "adding to a closed one")
	is(t, h.MessageDesk.Reply(h.ctx, h.Desk(), r, "en", nodkey.Answer{Text: "One more."}), "message.closed", "the desk, too")
	is(t, h.Messages.Reopen(h.ctx, c, r), "", "reopening")
	is(t, h.MessageDesk.SetStatus(h.ctx, h.Desk(), r, nodkey.MessageClosed), "", "the desk closes it")
	is(t, h.Messages.Reopen(h.ctx, c, r), "", "reopening what the desk closed")
	want := []string{"message.reopened", "message.moved", "message.reopened", "message.closed_by_user", "message.replied", "message.read", "message.answered", "message.moved", "message.written"}
	if got := h.actions(t, p.id, "message."); !slices.Equal(got[:len(want)], want) {
		t.Errorf("the log says %q", got)
	}
}

// Numbers go on over the year's end, begin anew with the year, and grow beyond four digits.
func TestReferences(t *testing.T) {
	for text, want := range map[string]nodkey.Reference{
		"2026-0412": {Year: 2026, Number: 412}, "2026-12345": {Year: 2026, Number: 12345}, "0007-0001": {Year: 7, Number: 1},
	} {
		if r, ok := nodkey.ParseReference(text); !ok || r != want || r.String() != text {
			t.Errorf("%q reads as %v, %t", text, r, ok)
		}
	}
	for _, text := range []string{"", "2026", "2026-", "2026-412", "2026-00412", "-1-0001", "2026-0000", "2026--001", "2026-0412 ", "+026-0412", "2026-0x12", "2026-99999999999999999999"} {
		if r, ok := nodkey.ParseReference(text); ok {
			t.Errorf("%q reads as %v", text, r)
		}
	}
	h := start(t, nil)
	p := h.join(t)
	first := p.write(t, p.enter(t), draft)
	h.Clock.Advance(366 * 24 * time.Hour)
	c := p.enter(t)
	second := p.write(t, c, draft)
	if second.Year != first.Year+1 || second.Number > 3 {
		t.Errorf("%s, and a year later %s", first, second)
	}
	if third := p.write(t, c, draft); third.Number != second.Number+1 {
		t.Errorf("%s, then %s", second, third)
	}
}

// Everybody who writes at the same time gets a number of their own.
func TestReferencesUnderRaces(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	var mu sync.Mutex
	var all sync.WaitGroup
	given := map[nodkey.Reference]bool{}
	for range 20 {
		all.Go(func() {
			r, err := h.Messages.Write(h.ctx, c, draft)
			mu.Lock()
			defer mu.Unlock()
			if err != nil || given[r] {
				t.Errorf("%s, %v", r, err)
			}
			given[r] = true
		})
	}
	all.Wait()
	_, err := h.Messages.Write(h.ctx, c, draft)
	is(t, err, "message.slow", "the 21st within the hour")
	if e := nodkey.AsError(err); e.Kind != nodkey.Limited || e.Args["Seconds"] == 0 {
		t.Errorf("%+v", e)
	}
	h.Clock.Advance(3 * time.Minute)
	_, err = h.Messages.Write(h.ctx, c, draft)
	is(t, err, "", "a little later")
}

// An answer that comes in while somebody reads is unread all the same, and the badge counts what is unread, whatever races.
func TestUnreadCountersUnderRaces(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	p.quiet(t, c)
	var refs []nodkey.Reference
	for range 4 {
		refs = append(refs, p.write(t, c, draft))
	}
	for round := range 5 {
		var all sync.WaitGroup
		for _, r := range refs {
			for range 3 {
				all.Go(func() {
					if _, err := h.Messages.Read(h.ctx, c, r, ""); err != nil {
						t.Error(err)
					}
				})
			}
			all.Go(func() {
				if err := h.MessageDesk.Reply(h.ctx, h.Desk(), r, "en", nodkey.Answer{Text: fmt.Sprint("answer ", round)}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		// What somebody has seen is read; a thread whose last answer nobody has seen is not.
		page, n := p.box(t, c, nodkey.MessageQuery{Filter: nodkey.MessageFilter{Unread: true}}), 0
		for _, m := range page.Messages {
			if !m.Unread {
				t.Errorf("%s is listed as unread", m.Reference)
			}
			n++
		}
		if page.Unread != n {
			t.Errorf("the badge says %d, %d are unread", page.Unread, n)
		}
		h.Clock.Advance(time.Second)
	}
	for _, r := range refs {
		h.desk(t, r, "the last word")
	}
	if n, err := h.Messages.Unread(h.ctx, c); err != nil || n != len(refs) {
		t.Errorf("%d unread, %v", n, err)
	}
	for _, r := range refs {
		p.read(t, c, r)
	}
	if n, err := h.Messages.Unread(h.ctx, c); err != nil || n != 0 {
		t.Errorf("%d unread after reading all, %v", n, err)
	}
}

// Pages follow each other without a gap and without the same message twice, unread ones first.
func TestPagesOfABox(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	p.quiet(t, c)
	before := len(p.box(t, c, nodkey.MessageQuery{Limit: 100}).Messages)
	var refs []nodkey.Reference
	for range 11 {
		refs = append(refs, p.write(t, c, draft))
	}
	h.desk(t, refs[2], "an answer")
	h.desk(t, refs[7], "an answer")
	for limit := 1; limit <= 5; limit++ {
		seen := map[nodkey.Reference]bool{}
		var order []nodkey.Reference
		for q := (nodkey.MessageQuery{Limit: limit}); ; {
			page := p.box(t, c, q)
			if len(page.Messages) > limit {
				t.Fatalf("%d on a page of %d", len(page.Messages), limit)
			}
			for _, m := range page.Messages {
				if seen[m.Reference] {
					t.Errorf("%s comes twice", m.Reference)
				}
				seen[m.Reference] = true
				order = append(order, m.Reference)
			}
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		if len(order) != len(refs)+before || order[0] != refs[7] || order[1] != refs[2] || order[2] != refs[10] {
			t.Errorf("pages of %d: %v", limit, order)
		}
	}
	for _, bad := range []nodkey.Cursor{"x", "2.0.a", "1.x.a", "1.1", "1.1.a.b", "1.-1.a", "1.99999999999999999999.a", nodkey.Cursor("1.1." + strings.Repeat("a", 65))} {
		_, err := h.Messages.List(h.ctx, c, nodkey.MessageQuery{After: bad})
		is(t, err, "message.cursor", "the cursor %q", bad)
	}
	if n := len(p.box(t, c, nodkey.MessageQuery{Filter: nodkey.MessageFilter{Kind: nodkey.MessageTicket, Status: nodkey.MessageAnswered}}).Messages); n != 2 {
		t.Errorf("%d answered tickets", n)
	}
}
