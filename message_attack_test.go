package nodkey_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/wire"
)

// Whatever is another's is not there: no call says otherwise, and none leaves a trace in the other's box.
func TestAnothersMessagesAreNotThere(t *testing.T) {
	h := start(t, nil)
	victim, thief := h.join(t), h.join(t)
	c := victim.enter(t)
	file, err := h.Messages.Upload(h.ctx, c, "a.txt", strings.NewReader("my own words"))
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := h.Messages.Upload(h.ctx, c, "b.txt", strings.NewReader("not sent yet"))
	if err != nil {
		t.Fatal(err)
	}
	d := draft
	d.Files = []nodkey.FileID{file.ID}
	r := victim.write(t, c, d)
	before := victim.read(t, c, r)
	own := thief.enter(t)
	thief.open(t, thief.key)
	phone, err := thief.key.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for name, who := range map[string]nodkey.Caller{"a session": own, "a phone": phone} {
		_, err = h.Messages.Read(h.ctx, who, r, "")
		is(t, err, "message.unknown", "%s reads", name)
		is(t, h.Messages.Close(h.ctx, who, r), "message.unknown", "%s closes", name)
		is(t, h.Messages.Reopen(h.ctx, who, r), "message.unknown", "%s reopens", name)
		for _, id := range []nodkey.FileID{file.ID, waiting.ID, "none", ""} {
			_, _, err = h.Messages.Download(h.ctx, who, id)
			is(t, err, "message.file_unknown", "%s downloads %q", name, id)
		}
		if page := thief.box(t, who, nodkey.MessageQuery{Search: "question"}); len(page.Messages) != 0 {
			t.Errorf("%s finds %+v", name, page.Messages)
		}
		// A cursor of the victim's leads to the caller's own box.
		for _, m := range thief.box(t, who, nodkey.MessageQuery{After: nodkey.Cursor("1.9999999999999." + string(before.ID))}).Messages {
			if m.UserID != thief.id {
				t.Errorf("%s is shown %+v", name, m)
			}
		}
	}
	is(t, h.Messages.Reply(h.ctx, own, r, nodkey.Answer{Text: "x"}), "message.unknown", "a reply")
	is(t, h.Messages.Discard(h.ctx, own, waiting.ID), "message.file_unknown", "discarding")
	for _, id := range []nodkey.FileID{file.ID, waiting.ID} {
		d.Files = []nodkey.FileID{id}
		_, err = h.Messages.Write(h.ctx, own, d)
		is(t, err, "message.file_unknown", "sending another's file")
	}
	if after := victim.read(t, c, r); after.Status != before.Status || len(after.Entries) != 1 || !after.UpdatedAt.Equal(before.UpdatedAt) {
		t.Errorf("the victim's message is %+v now", after)
	}
}

// A session that had the password only, one that has ended, a phone that is not active, and nobody: none sees anything.
func TestWhoMayNotUseTheMessageCentre(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	r := p.write(t, c, draft)
	file, err := h.Messages.Upload(h.ctx, c, "a.txt", strings.NewReader("my own words"))
	if err != nil {
		t.Fatal(err)
	}
	newcomer := h.add(t)
	restricted := newcomer.visit(t)
	phone, err := p.key.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	calls := func(name string, who nodkey.Caller, want string) {
		t.Helper()
		_, err := h.Messages.List(h.ctx, who, nodkey.MessageQuery{})
		is(t, err, want, "%s lists", name)
		_, err = h.Messages.List(h.ctx, who, nodkey.MessageQuery{Search: "question"})
		is(t, err, want, "%s searches", name)
		_, err = h.Messages.Read(h.ctx, who, r, "")
		is(t, err, want, "%s reads", name)
		_, err = h.Messages.Unread(h.ctx, who)
		is(t, err, want, "%s counts", name)
		_, err = h.Messages.Settings(h.ctx, who)
		is(t, err, want, "%s reads settings", name)
		is(t, h.Messages.Close(h.ctx, who, r), want, "%s closes", name)
		_, _, err = h.Messages.Download(h.ctx, who, file.ID)
		is(t, err, want, "%s downloads", name)
		_, err = h.Contacts.List(h.ctx, who)
		is(t, err, want, "%s reads addresses", name)
	}
	sessions := func(name string, who nodkey.Caller, want string) {
		t.Helper()
		_, err := h.Messages.Write(h.ctx, who, draft)
		is(t, err, want, "%s writes", name)
		_, err = h.Messages.Upload(h.ctx, who, "a.txt", strings.NewReader("words"))
		is(t, err, want, "%s uploads", name)
		is(t, h.Messages.SaveSettings(h.ctx, who, nodkey.MessageSettings{First: "en", Delivery: nodkey.DeliverCentre}), want, "%s saves settings", name)
		is(t, h.Contacts.Ask(h.ctx, who, nodkey.SummaryEmail, "eve@example.com"), want, "%s asks for a code", name)
		_, err = h.Contacts.Confirm(h.ctx, who, nodkey.SummaryEmail, "000000")
		is(t, err, want, "%s confirms a code", name)
		is(t, h.Messages.Discard(h.ctx, who, file.ID), want, "%s discards", name)
	}
	calls("a restricted session", restricted, "session.restricted")
	sessions("a restricted session", restricted, "session.restricted")
	calls("nobody", nodkey.Caller{}, "session.none")
	sessions("nobody", nodkey.Caller{}, "session.none")
	calls("an operator", h.Desk(), "session.none") // the desk has its own calls
	sessions("an operator", h.Desk(), "session.none")
	sessions("a phone", phone, "session.none")
	if err := h.Sessions.SignOut(h.ctx, c); err != nil {
		t.Fatal(err)
	}
	calls("a session that ended", c, "session.none")
	sessions("a session that ended", c, "session.none")
	if err := h.Keys.RemoveOwn(h.ctx, phone); err != nil {
		t.Fatal(err)
	}
	calls("a phone that was removed", phone, "key.removed")
}

// Nobody but an operator is one, and what a user writes is never shown as the desk's.
func TestNobodyPassesForTheDesk(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	r := p.write(t, c, draft)
	phone, err := p.key.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]nodkey.MessageText{"en": hello}
	for name, who := range map[string]nodkey.Caller{"a session": c, "a phone": phone, "nobody": {}} {
		_, err := h.MessageDesk.List(h.ctx, who, nodkey.MessageFilter{}, "", 10)
		is(t, err, "operator.only", "%s lists", name)
		_, err = h.MessageDesk.Read(h.ctx, who, r)
		is(t, err, "operator.only", "%s reads", name)
		_, err = h.MessageDesk.Post(h.ctx, who, p.name, nodkey.Posting{Category: "other", Texts: texts})
		is(t, err, "operator.only", "%s posts", name)
		is(t, h.MessageDesk.Reply(h.ctx, who, r, "en", nodkey.Answer{Text: "x"}), "operator.only", "%s answers", name)
		is(t, h.MessageDesk.SetStatus(h.ctx, who, r, nodkey.MessageClosed), "operator.only", "%s moves", name)
		_, err = h.MessageDesk.Upload(h.ctx, who, p.name, "a.txt", strings.NewReader("x"))
		is(t, err, "operator.only", "%s uploads", name)
		_, _, err = h.MessageDesk.Download(h.ctx, who, "f")
		is(t, err, "operator.only", "%s downloads", name)
		_, err = h.Announcements.Announce(h.ctx, who, nodkey.Announcing{Category: "other", Texts: texts})
		is(t, err, "operator.only", "%s announces", name)
		is(t, h.Announcements.Stop(h.ctx, who, "a"), "operator.only", "%s stops", name)
		is(t, h.Announcements.Resume(h.ctx, who, "a"), "operator.only", "%s resumes", name)
		_, err = h.Announcements.List(h.ctx, who)
		is(t, err, "operator.only", "%s lists announcements", name)
		_, err = h.Announcements.Texts(h.ctx, who, "a")
		is(t, err, "operator.only", "%s reads announcements", name)
		is(t, h.Contacts.Set(h.ctx, who, p.name, nodkey.SummaryEmail, "eve@example.com"), "operator.only", "%s sets an address", name)
	}
	for _, e := range p.read(t, c, r).Entries {
		if e.Author != nodkey.ByUser || e.Name != "" {
			t.Errorf("%+v", e)
		}
	}
	// The desk's files are not a user's to send, nor a user's the desk's.
	desks, err := h.MessageDesk.Upload(h.ctx, h.Desk(), p.name, "terms.txt", strings.NewReader("The terms."))
	if err != nil {
		t.Fatal(err)
	}
	users, err := h.Messages.Upload(h.ctx, c, "mine.txt", strings.NewReader("Mine."))
	if err != nil {
		t.Fatal(err)
	}
	is(t, h.Messages.Reply(h.ctx, c, r, nodkey.Answer{Text: "x", Files: []nodkey.FileID{desks.ID}}), "message.file_unknown", "a user sends the desk's file")
	is(t, h.MessageDesk.Reply(h.ctx, h.Desk(), r, "en", nodkey.Answer{Text: "x", Files: []nodkey.FileID{users.ID}}), "message.file_unknown", "the desk sends a user's")
	_, _, err = h.Messages.Download(h.ctx, c, desks.ID)
	is(t, err, "message.file_unknown", "what the desk has not sent")
	_, _, err = h.MessageDesk.Download(h.ctx, h.Desk(), users.ID)
	is(t, err, "message.file_unknown", "what the user has not sent")
	_, err = h.MessageDesk.Read(h.ctx, h.Desk(), nodkey.Reference{Year: 2026, Number: 4711})
	is(t, err, "message.unknown", "a number that there is not")
	_, err = h.MessageDesk.Post(h.ctx, h.Desk(), "nobody", nodkey.Posting{Category: "other", Texts: texts})
	is(t, err, "user.unknown", "to nobody")
}

// Subjects are one readable line, texts are bounded before any work is done, and what hides or turns round is out.
func TestWhatPeopleWriteIsBounded(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	try := func(change func(*nodkey.Draft)) error {
		h.Clock.Advance(time.Second)
		d := draft
		change(&d)
		_, err := h.Messages.Write(h.ctx, c, d)
		return err
	}
	for _, subject := range []string{
		"", "   ", "a\r\nBcc: eve@example.com", "a\nb", "a\x00b", "a\u2028b", "\u202eabc", "a\u200bb", "a\u2066b", "\xff", strings.Repeat("a", 121), strings.Repeat("あ", 121), strings.Repeat("a", 10<<20),
	} {
		is(t, try(func(d *nodkey.Draft) { d.Subject = subject }), "message.subject", "the subject %.20q", subject)
	}
	is(t, try(func(d *nodkey.Draft) { d.Subject = strings.Repeat("あ", 120) }), "", "120 characters")
	for text, want := range map[string]string{
		"": "message.text", " \n\t ": "message.text", "\x00\x01": "message.text", "\u202e\u200b": "message.text",
		strings.Repeat("a", 20_001): "message.text_long", strings.Repeat("あ", 20_001): "message.text_long", strings.Repeat("a", 10<<20): "message.text_long",
		strings.Repeat("あ", 20_000): "",
	} {
		is(t, try(func(d *nodkey.Draft) { d.Text = text }), want, "the text %.20q", text)
	}
	for _, topic := range [][2]string{{"", ""}, {"none", ""}, {"access", "none"}, {"other", "phone"}, {"access\x00", ""}, {strings.Repeat("a", 1<<20), ""}} {
		is(t, try(func(d *nodkey.Draft) { d.Category, d.Topic = topic[0], topic[1] }), "message.category", "the topic %.20q", topic)
	}
	is(t, try(func(d *nodkey.Draft) { d.Files = []nodkey.FileID{"a", "b", "c"} }), "message.files", "three files")
	r := p.write(t, c, nodkey.Draft{Category: "other", MessageText: nodkey.MessageText{Subject: "x", Text: "<b>bold</b>\u202e\r\n\r\n# a\x07\u2028b\rc\ufeff"}})
	if got := p.read(t, c, r).Entries[0].Text; got != "<b>bold</b>\n\n# a\nb\nc" { // markup is text here: it is escaped where it is shown
		t.Errorf("it is kept as %q", got)
	}
}

// A phone's reply counts with its own signature over the very text, the very message and this server; nobody else signs.
func TestRepliesOfPhonesAreSigned(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	r, other := p.write(t, c, draft), p.write(t, c, draft)
	_, err := h.Messages.Read(h.ctx, c, r, "")
	is(t, err, "", "reading")
	p.open(t, p.key)
	sign := func(change func(*wire.Reply)) string {
		digest := wire.Digest("It works now.")
		m := wire.Reply{Aud: p.key.Server.Aud, Key: string(p.key.ID), Reference: r.String(), Text: digest[:], Iat: h.Clock.Now().UnixMilli()}
		if change != nil {
			change(&m)
		}
		jws, err := p.key.Sign(wire.TypReply, m)
		if err != nil {
			t.Fatal(err)
		}
		return jws
	}
	good := sign(nil)
	reply := func(r nodkey.Reference, a nodkey.Answer) error {
		phone, err := p.key.Caller(h.ctx)
		if err != nil {
			t.Fatal(err)
		}
		return h.Messages.Reply(h.ctx, phone, r, a)
	}
	for name, a := range map[string]nodkey.Answer{
		"without a signature":     {Text: "It works now."},
		"another text":            {Text: "It works.", Signature: good},
		"another server's":        {Text: "It works now.", Signature: sign(func(m *wire.Reply) { m.Aud = "x" })},
		"another key's":           {Text: "It works now.", Signature: sign(func(m *wire.Reply) { m.Key = "x" })},
		"another message's":       {Text: "It works now.", Signature: sign(func(m *wire.Reply) { m.Reference = other.String() })},
		"with a file besides":     {Text: "It works now.", Signature: good, Files: []nodkey.FileID{"f"}},
		"a signature that is cut": {Text: "It works now.", Signature: good[:len(good)-2]},
	} {
		is(t, reply(r, a), "message.signature", "%s", name)
	}
	is(t, reply(other, nodkey.Answer{Text: "It works now.", Signature: good}), "message.signature", "to another message")
	is(t, h.Messages.Reply(h.ctx, c, r, nodkey.Answer{Text: "It works now.", Signature: good}), "message.signature", "a session that signs")
	is(t, h.MessageDesk.Reply(h.ctx, h.Desk(), r, "en", nodkey.Answer{Text: "It works now.", Signature: good}), "message.signature", "a desk that signs")
	is(t, reply(r, nodkey.Answer{Text: "It works now.", Signature: good}), "", "the phone's own")
	thread := p.read(t, c, r)
	if e := thread.Entries[len(thread.Entries)-1]; !e.Signed || e.Text != "It works now." || e.Author != nodkey.ByUser {
		t.Errorf("%+v", e)
	}
}

// A file that breaks off, and one whose sender is signed out on the way, leave nothing behind.
func TestAnUploadThatBreaksOffLeavesNothing(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	whole := strings.Repeat("words and more words ", 40_000)
	_, err := h.Messages.Upload(h.ctx, c, "a.txt", io.MultiReader(strings.NewReader(whole), iotest.ErrReader(errors.New("the line is cut"))))
	is(t, err, "message.file_broken", "a cut line")
	gone, cancel := context.WithCancel(h.ctx)
	_, err = h.Messages.Upload(gone, c, "a.txt", io.MultiReader(strings.NewReader(whole), readerFunc(func([]byte) (int, error) { cancel(); return 0, io.EOF })))
	if err == nil {
		t.Error("an upload whose caller is gone is kept")
	}
	_, err = h.Messages.Upload(h.ctx, c, "a.txt", io.MultiReader(strings.NewReader(whole), readerFunc(func([]byte) (int, error) {
		return 0, errors.Join(h.Sessions.SignOut(h.ctx, c), io.EOF)
	}), strings.NewReader(whole)))
	is(t, err, "session.none", "a session that ended meanwhile")
	if rows := h.rawRows(t, "file_chunks") + h.rawRows(t, "message_files"); rows != 0 {
		t.Errorf("%d rows are left", rows)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// What a person sends is bounded: files that wait, uploads, and bytes.
func TestFilesAreBounded(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	up := func(content io.Reader) (nodkey.FileID, error) {
		h.Clock.Advance(time.Second)
		f, err := h.Messages.Upload(h.ctx, c, "a.txt", content)
		return f.ID, err
	}
	_, err := up(io.LimitReader(readerFunc(func(p []byte) (int, error) { return len(p), fillWith(p, 'a') }), nodkey.FilesBytes+1))
	is(t, err, "message.file_big", "a byte too many")
	most, err := up(io.LimitReader(readerFunc(func(p []byte) (int, error) { return len(p), fillWith(p, 'a') }), nodkey.FilesBytes))
	is(t, err, "", "25 MB")
	small, err := up(strings.NewReader("a"))
	is(t, err, "", "one byte")
	_, err = up(strings.NewReader(""))
	is(t, err, "message.file_type", "nothing")
	d := draft
	d.Files = []nodkey.FileID{most, small}
	_, err = h.Messages.Write(h.ctx, c, d)
	is(t, err, "message.files", "25 MB and a byte")
	d.Files = []nodkey.FileID{small, small}
	_, err = h.Messages.Write(h.ctx, c, d)
	is(t, err, "message.file_unknown", "the same twice")
	d.Files = []nodkey.FileID{most}
	r, err := h.Messages.Write(h.ctx, c, d)
	is(t, err, "", "25 MB sent")
	f, content, err := h.Messages.Download(h.ctx, c, p.read(t, c, r).Entries[0].Files[0].ID)
	if err != nil || f.Size != nodkey.FilesBytes {
		t.Fatal(f, err)
	}
	if raw, err := io.ReadAll(content); err != nil || !bytes.Equal(raw, bytes.Repeat([]byte{'a'}, nodkey.FilesBytes)) {
		t.Errorf("%d bytes came back, %v", len(raw), err)
	}
	for range 3 {
		_, err := up(strings.NewReader("b"))
		is(t, err, "", "one that waits")
	}
	_, err = up(strings.NewReader("b"))
	is(t, err, "message.files_waiting", "a fifth that waits")
	is(t, h.Messages.Discard(h.ctx, c, small), "", "taking one out")
	slow := false
	for range 30 {
		id, err := up(strings.NewReader("b"))
		if nodkey.HasKey(err, "message.slow") {
			slow = true
			break
		}
		is(t, err, "", "in its place")
		is(t, h.Messages.Discard(h.ctx, c, id), "", "and out again")
	}
	if !slow {
		t.Error("a person may send files without end")
	}
	h.Clock.Advance(nodkey.FileWaitLife)
	if _, err := h.Upkeep.Purge(h.ctx); err != nil {
		t.Fatal(err)
	}
	if rows := h.rawRows(t, "message_files"); rows != 1 {
		t.Errorf("%d files are left, want the one that was sent", rows)
	}
}

func fillWith(p []byte, b byte) error {
	for i := range p {
		p[i] = b
	}
	return nil
}
