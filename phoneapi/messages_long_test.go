package phoneapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/wire"
)

// The longest texts and threads arrive whole, in parts that a phone takes.
func TestLongMessagesComeInParts(t *testing.T) {
	h := newHouse(t, nil)
	ann := h.inbox("ann")
	id := ann.key.ID
	most := func(text string) string {
		return string([]rune(strings.Repeat(text, nodkey.TextMax))[:nodkey.TextMax])
	}
	texts := []string{most("あ\n"), most("<&>"), most("\U0001f469\u200d"), most("\"\\")}
	r := h.posted("ann", in("en", "Long", most("a\n\n")))
	reference, _ := nodkey.ParseReference(r)
	for i := range 8 {
		h.clock.Advance(time.Minute)
		if i%2 == 0 {
			must(t, h.services.MessageDesk.Reply(t.Context(), h.operator, reference, "en", nodkey.Answer{Text: most(">>>>>>a\n\n")}))
			continue
		}
		h.clock.Advance(5 * time.Minute)
		must(t, ann.OpenMessages(t.Context(), id, pin))
		must(t, ann.Reply(t.Context(), id, r, texts[i/2]))
	}
	thread := ann.thread(r, "")
	if len(thread.Entries) != 9 || thread.Next != 0 {
		t.Fatalf("%d entries, next %d", len(thread.Entries), thread.Next)
	}
	for i, e := range thread.Entries {
		want := ""
		if i > 0 && i%2 == 0 {
			want = wire.KeptText(texts[i/2-1])
		}
		if e.Number != i+1 || want != "" && e.Text != want || e.Text == "" && len(e.Blocks) == 0 {
			t.Errorf("entry %d: number %d, %d bytes, %d blocks", i+1, e.Number, len(e.Text), len(e.Blocks))
		}
	}
	parts := 0
	for from := 1; from != 0; parts++ {
		body, err := json.Marshal(wire.MessageRequest{Reference: r, From: &from})
		must(t, err)
		a := h.post("/messages/read", string(body), ann.prove("/messages/read", body, nil))
		var part wire.MessageResponse
		if err := wire.DecodeStrict([]byte(a.body), &part); a.status != http.StatusOK || err != nil || len(a.body) > wire.MaxMessageBody || len(part.Entries) == 0 {
			t.Fatalf("from %d: %d, %d bytes, %v", from, a.status, len(a.body), err)
		}
		from = part.Next
	}
	if parts < 2 || parts > 9 {
		t.Errorf("it came in %d parts", parts)
	}
	beyond := `{"reference":"` + r + `","from":501}`
	if a := h.post("/messages/read", beyond, ann.prove("/messages/read", []byte(beyond), nil)); a.status != http.StatusOK || !strings.Contains(a.body, `"entries":[]`) {
		t.Errorf("beyond its end: %d %s", a.status, a.body)
	}
	// A page of the longest subjects stays within the bounds, too.
	for range wire.MaxMessages {
		h.posted("ann", in("ja", strings.Repeat("\U00020bb7", nodkey.SubjectMax), "x"))
	}
	fifty := wire.MaxMessages
	if page := ann.list(wire.MessagesRequest{Limit: &fifty}); len(page.Messages) != fifty || page.Next == "" {
		t.Errorf("%d messages, next %q", len(page.Messages), page.Next)
	}
	// One character more is refused, and so is a body that nobody would read.
	if err := ann.Reply(t.Context(), id, r, strings.Repeat("a", nodkey.TextMax+1)); apiKey(err) != "message.text_long" {
		t.Errorf("a character more: %v", err)
	}
	if err := ann.Reply(t.Context(), id, r, strings.Repeat("a", wire.MaxMessageBody)); apiKey(err) != "request.too_large" {
		t.Errorf("a quarter of a megabyte: %v", err)
	}
	if err := ann.Reply(t.Context(), id, r, " \n\u200b "); apiKey(err) != "message.text" {
		t.Errorf("nothing: %v", err)
	}
}

func TestTheStreamTellsThatThereIsSomethingToRead(t *testing.T) {
	h := newHouse(t, nil)
	ann, bob := h.inbox("ann"), h.inbox("bob")
	only := func(kind string) bool { return kind == "messages" }
	hers, both := h.openFor(only, ann), h.openFor(only, ann, bob)
	says(t, hers, "messages", 0)
	says(t, both, "messages", 0)
	r := h.posted("ann", in("en", "Your documents", "All there."))
	says(t, hers, "messages", 0)
	says(t, both, "messages", 0)
	h.posted("bob", in("en", "Yours", "All there."))
	says(t, both, "messages", 0)
	ann.thread(r, "")
	says(t, hers, "messages", 0)
	says(t, both, "messages", 0)
	h.clock.Advance(time.Second)
	must(t, ann.SetMessageStatus(t.Context(), ann.key.ID, r, "closed"))
	says(t, hers, "messages", 0)
	ann.thread(r, "") // nothing is new
	h.drain()
	ends(t, hers)
}

// FuzzMessageBodies: no signed bytes make the message centre fail, and what it answers is the protocol's.
func FuzzMessageBodies(f *testing.F) {
	h := newHouse(f, nil)
	ann := h.inbox("ann")
	r := h.posted("ann", in("en", "Your documents", "# All there"))
	paths := []string{"/messages", "/messages/read", "/messages/status", "/messages/reply"}
	for i, body := range []string{`{"search":"all","kind":"ticket","status":"answered","limit":3,"unread":true,"language":"de"}`, `{"reference":"` + r + `","from":1,"language":"ja"}`,
		`{"reference":"` + r + `","status":"open"}`, `{"reference":"` + r + `","text":"x","signature":"a.b.c"}`, `{"after":"1.1.a"}`, `{"limit":1e9}`, `{"search":"\u202e"}`} {
		f.Add(i, []byte(body))
	}
	f.Fuzz(func(t *testing.T, which int, body []byte) {
		h.t = t
		path := paths[uint(which)%uint(len(paths))]
		a := h.post(path, string(body), ann.prove(path, body, nil))
		if a.status == http.StatusForbidden && a.Key == "messages.closed" {
			t.Fatal("the opening ended")
		}
		if a.status != http.StatusOK && (a.status < 400 || a.status > 499) {
			t.Errorf("%s: got %d %s", path, a.status, a.body)
		}
		if a.status != http.StatusOK {
			return
		}
		var err error
		switch path {
		case "/messages":
			err = wire.DecodeStrict([]byte(a.body), &wire.MessagesResponse{})
		case "/messages/read":
			err = wire.DecodeStrict([]byte(a.body), &wire.MessageResponse{})
		default:
			err = wire.DecodeStrict([]byte(a.body), &struct{}{})
		}
		if err != nil {
			t.Errorf("%s answers %s: %v", path, a.body, err)
		}
	})
}
