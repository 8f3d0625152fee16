package portal_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

func replied(change ...string) sent {
	s := written(change...)
	return sent{fields: s.fields[:2:2]}.and(s.fields[8:]...)
}

func (s sent) and(fields ...string) sent {
	s.fields = append(s.fields, fields...)
	return s
}

// ticket is a message of somebody's, and its path.
func (b *browser) ticket() (nodkey.Reference, string) {
	b.h.t.Helper()
	b.postForm("/messages/new", written("do", "send"))
	r := b.tickets()[0].Reference
	return r, "/messages/" + r.String()
}

func (b *browser) thread(r nodkey.Reference) nodkey.Thread {
	b.h.t.Helper()
	t, err := b.h.services.Messages.Read(b.h.t.Context(), b.caller(), r, "")
	must(b.h.t, err)
	return t
}

func TestAnAnswerIsSentOnce(t *testing.T) {
	_, b := writer(t)
	r, path := b.ticket()
	page := b.get(path)
	page.first(t, `action="`+path+`/(reply)"`)
	first := replied("text", "And <i>there</i>?\r\nYes.", "do", "send").with("one.txt", "1")
	b.postForm(path+"/reply", first).goes(t, path)
	b.get(path).says(t, "Your reply is sent.", "And <i>there</i>?\nYes.", "one.txt")
	again := replied("text", "Once", "once", "ABCDEFGHIJKLMNOPQRSTUVWXY2", "do", "send")
	b.postForm(path+"/reply", again).goes(t, path)
	b.postForm(path+"/reply", again).goes(t, path)
	if th := b.thread(r); len(th.Entries) != 3 || th.Entries[1].Text != "And <i>there</i>?\nYes." || len(th.Entries[1].Files) != 1 {
		t.Errorf("it says %+v", th.Entries)
	}
}

func TestAnAnswerThatIsNotTakenIsNotLost(t *testing.T) {
	h, b := writer(t)
	r, path := b.ticket()
	notice := h.newest("ann", nodkey.MessageFilter{Kind: nodkey.MessageSecurity})
	other, _ := h.activated("eve")
	theirs := h.signedIn("eve", other)
	before := h.dump("limits", "audit_rows")
	for name, c := range map[string]struct {
		form   sent
		status int
		says   string
	}{
		"no text":    {replied("text", " ", "do", "send"), http.StatusBadRequest, "The message has no text"},
		"a long one": {replied("text", strings.Repeat("y", 20_001), "do", "send"), http.StatusBadRequest, "A text has 20000 characters at most"},
		"a bad file": {replied("text", "Kept words", "do", "send").with("a.pdf", "MZ\x90\x00"), http.StatusBadRequest, "This file is of a kind"},
		"no file":    {replied("text", "Kept words", "do", "send", "file", "AAAAAAAAAAAAAAAAAAAAAA"), http.StatusNotFound, "There is no such file"},
	} {
		got := b.postForm(path+"/reply", c.form)
		got.is(t, c.status)
		got.says(t, c.says, "A question")
		if text := c.form.fields[3]; !strings.Contains(got.body, text) {
			t.Errorf("%s: the text is lost", name)
		}
	}
	theirs.postForm(path+"/reply", replied("do", "send")).is(t, http.StatusNotFound)
	b.postForm("/messages/"+notice.String()+"/reply", replied("do", "send")).is(t, http.StatusConflict)
	b.postForm("/messages/2026-9999/reply", replied("do", "send")).is(t, http.StatusNotFound)
	b.postForm("/messages/none/reply", replied("do", "send")).is(t, http.StatusNotFound)
	nodkeytest.Unchanged(t, "answers that were not taken", before, h.dump("limits", "audit_rows"))
	if n := len(b.thread(r).Entries); n != 1 {
		t.Errorf("%d entries", n)
	}
}

func TestAClosedMessageIsReopenedToAnswer(t *testing.T) {
	_, b := writer(t)
	r, path := b.ticket()
	open := b.get(path)
	b.post(path+"/close").goes(t, "/messages")
	if page := b.get(path); strings.Contains(page.body, `id="reply-form"`) || !strings.Contains(page.body, "Reopen it to add something.") {
		t.Errorf("a closed one:\n%s", page.body)
	}
	// The page stood open in another tab.
	open.first(t, `id="(reply-form)"`)
	closed := b.postForm(path+"/reply", replied("text", "One more thing", "do", "send").with("one.txt", "1"))
	closed.is(t, http.StatusConflict)
	closed.says(t, "This message is closed", "One more thing", "Reopen this message", "one.txt")
	files := closed.files()
	again := b.postForm(path+"/reply", replied("text", "One more thing", "do", "reopen", "file", files[0]))
	again.is(t, http.StatusOK)
	again.says(t, "One more thing", "Send the reply", "one.txt")
	b.postForm(path+"/reply", replied("text", "One more thing", "do", "send", "file", files[0])).goes(t, path)
	if th := b.thread(r); len(th.Entries) != 2 || th.Status != nodkey.MessageNew && th.Status != nodkey.MessageOpen {
		t.Errorf("%s: %+v", th.Status, th.Entries)
	}
}

func TestSignedOutWhileAnswering(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.signedIn("ann", phone)
	r, path := b.ticket()
	b.post("/sign-out").goes(t, "/sign-in")
	got := b.postForm(path+"/reply", replied("text", "My answer", "do", "send"))
	got.is(t, http.StatusUnauthorized)
	got.says(t, "You are signed out", "My answer")
	if strings.Contains(got.body, "A question") {
		t.Error("a page without a session shows the subject")
	}
	again := h.signedIn("ann", phone)
	again.postForm(path+"/reply", replied("text", "My answer", "do", "send")).goes(t, path)
	if n := len(again.thread(r).Entries); n != 2 {
		t.Errorf("%d entries", n)
	}
}
