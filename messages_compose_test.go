package nodkey_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// upload keeps a file that waits.
func (p *person) upload(t failer, c nodkey.Caller, name, content string) nodkey.File {
	t.Helper()
	f, err := p.Messages.Upload(p.ctx, c, name, strings.NewReader(content))
	if err != nil {
		t.Fatalf("uploading %s: %v", name, err)
	}
	return f
}

// tickets counts a person's own messages.
func (p *person) tickets(t failer, c nodkey.Caller) int {
	t.Helper()
	return len(p.box(t, c, nodkey.MessageQuery{Filter: nodkey.MessageFilter{Kind: nodkey.MessageTicket}, Limit: 100}).Messages)
}

// A form that is sent twice, or ten times at once, makes one message, with its file, and costs one.
func TestADraftSentTwiceIsOneMessage(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	d := draft
	d.Once, d.Files = "form-1", []nodkey.FileID{p.upload(t, c, "a.txt", "my own words").ID}
	var mu sync.Mutex
	var all sync.WaitGroup
	given := map[nodkey.Reference]int{}
	for range 10 {
		all.Go(func() {
			r, err := h.Messages.Write(h.ctx, c, d)
			mu.Lock()
			defer mu.Unlock()
			if given[r]++; err != nil {
				t.Errorf("sending: %v", err)
			}
		})
	}
	all.Wait()
	if len(given) != 1 || p.tickets(t, c) != 1 {
		t.Fatalf("the references are %v, and there are %d messages", given, p.tickets(t, c))
	}
	for r := range given {
		if th := p.read(t, c, r); len(th.Entries) != 1 || len(th.Entries[0].Files) != 1 {
			t.Errorf("it says %+v", th.Entries)
		}
	}
	if n := len(h.actions(t, p.id, "message.written")); n != 1 {
		t.Errorf("%d times in the log", n)
	}
	h.Clock.Advance(25 * time.Hour) // the file would have expired
	r, err := h.Messages.Write(h.ctx, p.enter(t), d)
	if err != nil || given[r] == 0 {
		t.Errorf("a day later: %s, %v", r, err)
	}
}

// What is not the same draft is another message, and another person's same words under the same name are theirs.
func TestAnotherDraftIsAnotherMessage(t *testing.T) {
	h := start(t, nil)
	p, q := h.join(t), h.join(t)
	c := p.enter(t)
	d := draft
	d.Once = "form-1"
	first := p.write(t, c, d)
	for name, change := range map[string]func(*nodkey.Draft){
		"another name": func(d *nodkey.Draft) { d.Once = "form-2" }, "no name": func(d *nodkey.Draft) { d.Once = "" },
		"another text": func(d *nodkey.Draft) { d.Text += "!" }, "another subject": func(d *nodkey.Draft) { d.Subject += "!" },
		"another topic": func(d *nodkey.Draft) { d.Topic = "sign_in" }, "another category": func(d *nodkey.Draft) { d.Category, d.Topic = "other", "" },
	} {
		other := d
		change(&other)
		if r := p.write(t, c, other); r == first {
			t.Errorf("%s: it is %s again", name, r)
		}
	}
	theirs := q.enter(t)
	if r := q.write(t, theirs, d); r == first || q.tickets(t, theirs) != 1 {
		t.Errorf("another's is %s", r)
	}
	if r := p.write(t, c, d); r != first {
		t.Errorf("the first again is %s", r)
	}
	// What was gone back to and changed after it was sent cannot send its file again, and says so.
	d.Once, d.Files = "form-3", []nodkey.FileID{p.upload(t, c, "a.txt", "my own words").ID}
	p.write(t, c, d)
	d.Text += "!"
	_, err := h.Messages.Write(h.ctx, c, d)
	is(t, err, "message.file_unknown", "a changed draft with a file that was sent")
}

// An answer that is sent twice stands there once, also when the message was closed in between.
func TestAnAnswerSentTwiceIsOneEntry(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	r, other := p.write(t, c, draft), p.write(t, c, draft)
	a := nodkey.Answer{Text: "And where are the old ones?", Once: "form-1", Files: []nodkey.FileID{p.upload(t, c, "a.txt", "my own words").ID}}
	is(t, h.Messages.Reply(h.ctx, c, r, a), "", "the answer")
	is(t, h.Messages.Reply(h.ctx, c, r, a), "", "and again")
	is(t, h.Messages.Close(h.ctx, c, r), "", "closing")
	is(t, h.Messages.Reply(h.ctx, c, r, a), "", "and again, closed")
	th := p.read(t, c, r)
	if len(th.Entries) != 2 || th.Status != nodkey.MessageClosed || len(th.Entries[1].Files) != 1 {
		t.Fatalf("it is %s and says %+v", th.Status, th.Entries)
	}
	a.Files = nil
	is(t, h.Messages.Reply(h.ctx, c, other, a), "", "the same words in another message")
	is(t, h.Messages.Reply(h.ctx, c, other, nodkey.Answer{Text: a.Text}), "", "the same words without a name")
	is(t, h.Messages.Reply(h.ctx, c, other, nodkey.Answer{Text: a.Text}), "", "and again")
	if n := len(p.read(t, c, other).Entries); n != 4 {
		t.Errorf("%d entries in the other", n)
	}
}

// A preview shows what would be kept, refuses what would be refused, and leaves nothing behind.
func TestAPreviewSendsNothing(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	file := p.upload(t, c, `C:\papers\statement`, "my own words")
	d := draft
	d.Subject, d.Text, d.Files = "  A question ", "One.\r\nTwo.\u202e ", []nodkey.FileID{file.ID}
	shown, files, err := h.Messages.Preview(h.ctx, c, d)
	if err != nil || shown.Subject != "A question" || shown.Text != "One.\nTwo." || len(files) != 1 || files[0].Name != "statement.txt" || files[0].Size != 12 {
		t.Errorf("it shows %+v with %+v, %v", shown, files, err)
	}
	for name, bad := range map[string]struct {
		change func(*nodkey.Draft)
		want   string
	}{
		"no category":      {func(d *nodkey.Draft) { d.Category = "" }, "message.category"},
		"a wrong topic":    {func(d *nodkey.Draft) { d.Topic = "weather" }, "message.category"},
		"a header":         {func(d *nodkey.Draft) { d.Subject = "a\r\nBcc: b" }, "message.subject"},
		"no text":          {func(d *nodkey.Draft) { d.Text = " \n" }, "message.text"},
		"a long text":      {func(d *nodkey.Draft) { d.Text = strings.Repeat("x", 20_001) }, "message.text_long"},
		"a huge text":      {func(d *nodkey.Draft) { d.Text = strings.Repeat("x", 10<<20) }, "message.text_long"},
		"no such file":     {func(d *nodkey.Draft) { d.Files = []nodkey.FileID{"none"} }, "message.file_unknown"},
		"a file twice":     {func(d *nodkey.Draft) { d.Files = []nodkey.FileID{file.ID, file.ID} }, "message.file_unknown"},
		"three files":      {func(d *nodkey.Draft) { d.Files = []nodkey.FileID{file.ID, "b", "c"} }, "message.files"},
		"nothing is wrong": {func(*nodkey.Draft) {}, ""},
	} {
		e := d
		bad.change(&e)
		_, _, err := h.Messages.Preview(h.ctx, c, e)
		is(t, err, bad.want, "%s", name)
	}
	if p.tickets(t, c) != 0 || len(h.actions(t, p.id, "message.written")) != 0 {
		t.Error("a preview was sent")
	}
	_, _, err = h.Messages.Preview(h.ctx, nodkey.Caller{}, d)
	is(t, err, "session.none", "nobody")
	_, _, err = h.Messages.Preview(h.ctx, h.add(t).visit(t), d)
	is(t, err, "session.restricted", "a restricted session")
}

// Only one's own files that still wait are given: not another's, not the desk's, not sent ones, not expired ones.
func TestWhichFilesWait(t *testing.T) {
	h := start(t, nil)
	p, q := h.join(t), h.join(t)
	c, theirs := p.enter(t), q.enter(t)
	one := p.upload(t, c, "one.txt", "1")
	h.Clock.Advance(time.Minute)
	two, sent := p.upload(t, c, "two.txt", "22"), p.upload(t, c, "sent.txt", "333")
	d := draft
	d.Files = []nodkey.FileID{sent.ID}
	p.write(t, c, d)
	for range 4 { // the desk's are counted apart
		_, err := h.MessageDesk.Upload(h.ctx, h.Desk(), p.name, "desk.txt", strings.NewReader("desk"))
		is(t, err, "", "the desk's file")
	}
	list, err := h.Messages.Waiting(h.ctx, c)
	if err != nil || len(list) != 2 || list[0] != one || list[1] != two {
		t.Errorf("%+v wait, %v", list, err)
	}
	if list, err := h.Messages.Waiting(h.ctx, theirs); err != nil || len(list) != 0 {
		t.Errorf("another is given %+v, %v", list, err)
	}
	p.upload(t, c, "three.txt", "3")
	p.upload(t, c, "four.txt", "4")
	_, err = h.Messages.Upload(h.ctx, c, "five.txt", strings.NewReader("5"))
	is(t, err, "message.files_waiting", "a fifth")
	is(t, h.Messages.Discard(h.ctx, c, two.ID), "", "taking one out")
	p.upload(t, c, "five.txt", "5")
	h.Clock.Advance(25 * time.Hour)
	if list, err := h.Messages.Waiting(h.ctx, p.enter(t)); err != nil || len(list) != 0 {
		t.Errorf("a day later there are %+v, %v", list, err)
	}
	_, err = h.Messages.Waiting(h.ctx, nodkey.Caller{})
	is(t, err, "session.none", "nobody")
	_, err = h.Messages.Waiting(h.ctx, h.add(t).visit(t))
	is(t, err, "session.restricted", "a restricted session")
}
