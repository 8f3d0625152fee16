package phoneapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/wire"
)

// posted is a message of the desk's.
func (h *house) posted(user string, texts map[string]nodkey.MessageText) string {
	h.t.Helper()
	h.clock.Advance(time.Second)
	r, err := h.services.MessageDesk.Post(h.t.Context(), h.operator, user, nodkey.Posting{Category: "other", Texts: texts})
	must(h.t, err)
	return r.String()
}

func in(language, subject, text string) map[string]nodkey.MessageText {
	return map[string]nodkey.MessageText{language: {Subject: subject, Text: text}}
}

// inbox is a phone whose box is open and read, but for what comes.
func (h *house) inbox(name string) *handset {
	h.t.Helper()
	x := h.activated(name)
	must(h.t, x.OpenMessages(h.t.Context(), x.key.ID, pin))
	for _, m := range x.list(wire.MessagesRequest{}).Messages {
		x.thread(m.Reference, "")
	}
	return x
}

func (x *handset) list(q wire.MessagesRequest) wire.MessagesResponse {
	x.h.t.Helper()
	page, err := x.Messages(x.h.t.Context(), x.key.ID, q)
	must(x.h.t, err)
	return page
}

func (x *handset) thread(reference, language string) wire.MessageResponse {
	x.h.t.Helper()
	thread, err := x.ReadMessage(x.h.t.Context(), x.key.ID, reference, language)
	must(x.h.t, err)
	return thread
}

func references(page wire.MessagesResponse) (list []string) {
	for _, m := range page.Messages {
		list = append(list, m.Reference)
	}
	return list
}

func TestTheMessageCentreOnAPhone(t *testing.T) {
	h := newHouse(t, nil)
	ann := h.inbox("ann")
	ctx, id := t.Context(), ann.key.ID
	r := h.posted("ann", in("en", "Your documents", "# All there\n\nThey are *now* under [Documents](https://portal.example/documents)."))
	if unread, err := ann.Unread(ctx); err != nil || unread[id] != 1 || len(unread) != 1 {
		t.Errorf("unread: %v, %v", unread, err)
	}
	page := ann.list(wire.MessagesRequest{})
	if page.Now != h.clock.Now().UnixMilli() || page.Unread != 1 || len(page.Messages) != 2 {
		t.Fatalf("the box: %+v", page)
	}
	want := wire.Message{Reference: r, Kind: "ticket", Status: "answered", Priority: "normal", Subject: "Your documents", Language: "en",
		CreatedAt: h.clock.Now().UnixMilli(), UpdatedAt: h.clock.Now().UnixMilli(), Unread: true}
	if page.Messages[0] != want {
		t.Errorf("the list has %+v, want %+v", page.Messages[0], want)
	}
	thread := ann.thread(r, "")
	blocks := []wire.Block{{Kind: "h", Runs: []wire.Run{{Text: "All there"}}}, {Kind: "p", Runs: []wire.Run{{Text: "They are "}, {Text: "now", Em: true},
		{Text: " under "}, {Text: "Documents", Href: "https://portal.example/documents"}, {Text: "."}}}}
	if e := thread.Entries; len(e) != 1 || e[0].Author != "operator" || e[0].Text != "" || fmt.Sprint(e[0].Blocks) != fmt.Sprint(blocks) || !thread.CanReply || len(thread.Languages) != 0 {
		t.Errorf("it says %+v", thread)
	}
	if unread, err := ann.Unread(ctx); err != nil || unread[id] != 0 {
		t.Errorf("after reading: %v, %v", unread, err)
	}

	h.clock.Advance(time.Second)
	must(t, ann.Reply(ctx, id, r, "\r\n <b>Thank</b> you.\r\nAnn\u202e "))
	thread = ann.thread(r, "")
	if e := thread.Entries[1]; e.Text != "<b>Thank</b> you.\nAnn" || !e.Signed || e.Author != "user" || e.Blocks != nil || e.Number != 2 || thread.Message.Status != "open" {
		t.Errorf("the answer is %+v of %+v", e, thread.Message)
	}
	// The same body by another proof is the same answer; by the same proof it is refused.
	must(t, ann.Reply(ctx, id, r, "Again."))
	body, proof := string(ann.tap.body), ann.tap.last.Header.Get(wire.RequestHeader)
	refused(t, "a replay", h.post("/messages/reply", body, proof), http.StatusUnauthorized, "proof.replayed")
	if a := h.post("/messages/reply", body, ann.prove("/messages/reply", []byte(body), nil)); a.status != http.StatusOK || strings.TrimSpace(a.body) != "{}" {
		t.Errorf("sent again: %d %s", a.status, a.body)
	}
	if n := len(ann.thread(r, "").Entries); n != 3 {
		t.Errorf("%d entries", n)
	}

	must(t, ann.SetMessageStatus(ctx, id, r, "closed"))
	if thread = ann.thread(r, ""); thread.Message.Status != "closed" || thread.CanReply {
		t.Errorf("closed: %+v", thread.Message)
	}
	if err := ann.Reply(ctx, id, r, "One more."); apiKey(err) != "message.closed" {
		t.Errorf("an answer to a closed one: %v", err)
	}
	must(t, ann.SetMessageStatus(ctx, id, r, "open"))
	must(t, ann.SetMessageStatus(ctx, id, r, "open"))
	must(t, ann.ShutMessages(ctx, id))
	if _, err := ann.Messages(ctx, id, wire.MessagesRequest{}); apiKey(err) != "messages.closed" {
		t.Errorf("after it was shut: %v", err)
	}
	must(t, ann.ShutMessages(ctx, id))
	if rows := strings.Join(h.dump("audit_rows")["message_entries"], "\n") + h.log.String(); strings.Contains(rows, "Thank") || strings.Contains(rows, "documents") {
		t.Error("the database or the log has what was written as it is")
	}
}

func apiKey(err error) string {
	if refusal := (*client.APIError)(nil); errors.As(err, &refusal) {
		return refusal.Key
	}
	return ""
}

func TestThePhonesListIsNarrowedAndPaged(t *testing.T) {
	h := newHouse(t, nil)
	ann := h.inbox("ann")
	var all []string
	for _, word := range []string{"apple", "birch", "cedar", "damson", "elm", "fir", "gorse"} {
		all = append(all, h.posted("ann", in("en", "The "+word, "About statements.")))
	}
	slices.Reverse(all) // newest first
	closed := all[3]
	h.clock.Advance(time.Second)
	must(t, ann.SetMessageStatus(t.Context(), ann.key.ID, closed, "closed"))
	ann.thread(all[0], "")
	yes, three, fifty := true, 3, 50
	without := func(out ...string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(r string) bool { return slices.Contains(out, r) })
	}
	for name, c := range map[string]struct {
		q    wire.MessagesRequest
		want []string
	}{
		"tickets":         {wire.MessagesRequest{Kind: "ticket", Limit: &fifty}, append(without(all[0], closed), closed, all[0])},
		"closed ones":     {wire.MessagesRequest{Status: "closed"}, []string{closed}},
		"unread ones":     {wire.MessagesRequest{Unread: &yes}, without(all[0], closed)},
		"announcements":   {wire.MessagesRequest{Kind: "announcement"}, nil},
		"by words":        {wire.MessagesRequest{Search: "STATEMENTS ｃｅｄａｒ"}, []string{all[4]}},
		"by a reference":  {wire.MessagesRequest{Search: all[5]}, []string{all[5]}},
		"words of none":   {wire.MessagesRequest{Search: "statements elephants"}, nil},
		"all at once":     {wire.MessagesRequest{Kind: "ticket", Status: "closed", Search: "damson", Language: "de-AT"}, []string{closed}},
		"a notice by its": {wire.MessagesRequest{Search: "Telefon aktiv", Language: "de"}, references(ann.list(wire.MessagesRequest{Kind: "security"}))},
	} {
		got := references(ann.list(c.q))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	var paged []string
	q := wire.MessagesRequest{Kind: "ticket", Limit: &three}
	for range 4 {
		page := ann.list(q)
		paged = append(paged, references(page)...)
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	if len(paged) != 7 || len(slices.Compact(slices.Sorted(slices.Values(paged)))) != 7 {
		t.Errorf("page by page: %q", paged)
	}
	for what, c := range map[string]struct{ body, key string }{
		"a kind":                {`{"kind":"tickets"}`, "message.filter"},
		"a kind of the past":    {`{"kind":"Ticket"}`, "message.filter"},
		"a status":              {`{"status":"gone"}`, "message.filter"},
		"unread false":          {`{"unread":false}`, "message.filter"},
		"a limit of none":       {`{"limit":0}`, "message.filter"},
		"a limit below":         {`{"limit":-1}`, "message.filter"},
		"a limit beyond":        {`{"limit":51}`, "message.filter"},
		"a limit of a half":     {`{"limit":1.5}`, "request.json_type"},
		"a huge limit":          {`{"limit":99999999999999999999}`, "request.json_type"},
		"a language":            {`{"language":"` + strings.Repeat("a", 36) + `"}`, "message.filter"},
		"an odd language":       {`{"language":"de, en;q=0.1"}`, "message.filter"},
		"a cursor":              {`{"after":"x"}`, "message.cursor"},
		"a cursor of SQL":       {`{"after":"1.1.' OR 1=1 --"}`, ""},
		"a long cursor":         {`{"after":"1.1.` + strings.Repeat("a", 65) + `"}`, "message.cursor"},
		"a long search":         {`{"search":"` + strings.Repeat("a", 101) + `"}`, "message.query"},
		"a long search, wide":   {`{"search":"` + strings.Repeat("あ", 101) + `"}`, "message.query"},
		"a search of a pattern": {`{"search":"% _ * \\ ("}`, ""},
	} {
		a := h.post("/messages", c.body, ann.prove("/messages", []byte(c.body), nil))
		if c.key != "" {
			refused(t, what, a, http.StatusBadRequest, c.key)
			continue
		}
		var page wire.MessagesResponse
		if err := wire.DecodeStrict([]byte(a.body), &page); a.status != http.StatusOK || err != nil || len(page.Messages) != 0 && c.body[2] == 's' {
			t.Errorf("%s: %d %s, %v", what, a.status, a.body, err)
		}
	}
	slow := 0
	for range 40 {
		if _, err := ann.Messages(t.Context(), ann.key.ID, wire.MessagesRequest{Search: "cedar"}); apiKey(err) == "message.search_slow" {
			slow++
		}
	}
	if slow == 0 {
		t.Error("searching has no end")
	}
	ann.list(wire.MessagesRequest{}) // listing goes on
}

func TestMessagesAreToldInTheLanguageAskedFor(t *testing.T) {
	h := newHouse(t, nil)
	ann := h.inbox("ann")
	notice := ann.list(wire.MessagesRequest{Kind: "security"}).Messages[0].Reference
	for language, c := range map[string]struct{ tag, title, happened, with string }{
		"": {"en", "A new phone is active", "Pixel 8 can confirm your sign-ins from now on.", ""}, "ja-JP": {"ja", "", "Pixel 8", ""}, "de": {"de", "", "Pixel 8", ""}, "fr": {"en", "A new phone is active", "", ""},
	} {
		m, thread := ann.list(wire.MessagesRequest{Kind: "security", Language: language}).Messages[0], ann.thread(notice, language)
		say := h.texts.For(c.tag)
		title := say.T("notice.key_added.title", map[string]any{})
		if m.Subject != title || m.Language != c.tag || thread.Message.Subject != title || c.title != "" && title != c.title {
			t.Errorf("in %q: %+v", language, m)
		}
		n := thread.Notice
		if n == nil || !strings.Contains(n.Happened, c.happened) || n.Next != say.T("notice.key_added.next", map[string]any{}) || n.Phone != "Pixel 8" || n.From != "127.0.0.1" || n.At != m.CreatedAt || len(thread.Entries) != 0 || thread.CanReply {
			t.Errorf("in %q: %+v", language, thread)
		}
	}
	// An announcement in the language asked for, else in the one that the settings choose.
	_, err := h.services.Announcements.Announce(t.Context(), h.operator, nodkey.Announcing{Category: "other", Texts: map[string]nodkey.MessageText{
		"de": {Subject: "Wartung", Text: "Am *Sonntag*."}, "ja": {Subject: "メンテナンス", Text: "日曜日です。"}}})
	must(t, err)
	_, _, err = h.services.Announcements.Send(t.Context())
	must(t, err)
	m := ann.list(wire.MessagesRequest{Kind: "announcement"}).Messages[0]
	if m.Subject != "Wartung" || m.Language != "de" {
		t.Errorf("the list has %+v", m)
	}
	for language, want := range map[string]string{"": "de Wartung", "ja": "ja メンテナンス", "ja-JP": "ja メンテナンス", "de-CH": "de Wartung", "en": "de Wartung"} {
		thread := ann.thread(m.Reference, language)
		if got := thread.Message.Language + " " + thread.Message.Subject; got != want || thread.Entries[0].Language != want[:2] || !slices.Equal(thread.Languages, []string{"de", "ja"}) || thread.CanReply {
			t.Errorf("in %q: %s, %+v", language, got, thread)
		}
	}
	// Who signed in, in words.
	a, number, token := ann.asked("ann")
	_, err = ann.Approve(t.Context(), a, number, pin)
	must(t, err)
	_, err = h.services.SignIns.Finish(t.Context(), nodkey.Caller{Source: caller().Source, Agent: "Firefox, Windows", Locale: "en"}, token)
	must(t, err)
	newest := ann.list(wire.MessagesRequest{Kind: "security"}).Messages[0].Reference
	if n := ann.thread(newest, "de").Notice; n == nil || n.With != "Firefox unter Windows" && n.With != "Firefox auf Windows" {
		t.Errorf("the browser: %+v", n)
	}
}

func TestNothingButTheCountWithoutAnOpening(t *testing.T) {
	h := newHouse(t, nil)
	ann, bob := h.inbox("ann"), h.inbox("bob")
	mine, theirs := h.posted("ann", in("en", "Mine", "Mine.")), h.posted("bob", in("en", "Theirs", "Theirs."))
	signature := func(x *handset, r string) string {
		digest := wire.Digest("x")
		return x.sign(wire.TypReply, wire.Reply{Aud: x.key.Server.ID, Key: x.key.ID, Reference: r, Text: digest[:], Iat: h.clock.Now().UnixMilli()})
	}
	calls := func(r string) map[string]string {
		raw, err := json.Marshal(wire.ReplyRequest{Reference: r, Text: "x", Signature: signature(ann, r)})
		must(t, err)
		return map[string]string{"/messages/read": `{"reference":"` + r + `"}`, "/messages/reply": string(raw), "/messages/status": `{"reference":"` + r + `","status":"closed"}`}
	}
	before := h.dump("used_proofs", "limits")
	unchanged := func(what string) {
		t.Helper()
		after := h.dump("used_proofs", "limits")
		for table, rows := range before {
			if !slices.Equal(rows, after[table]) {
				t.Errorf("%s changes %s", what, table)
			}
		}
	}
	// What is another's is not there: the same answer as for what is not there at all.
	nobody := calls("2026-9999")
	for path, body := range calls(theirs) {
		a := h.post(path, body, ann.prove(path, []byte(body), nil))
		refused(t, path+" of another's", a, http.StatusNotFound, "message.unknown")
		none := h.post(path, nobody[path], ann.prove(path, []byte(nobody[path]), nil))
		if none.status != a.status || none.body != a.body {
			t.Errorf("%s tells another's from none: %s and %s", path, a.body, none.body)
		}
	}
	for _, odd := range []string{"", "2026", "2026-1", "2026-00412", "x-0001", "2026-0001 ", "2026-0001'", "-2026-0001", "２０２６-0001"} {
		body, err := json.Marshal(wire.MessageRequest{Reference: odd})
		must(t, err)
		refused(t, odd, h.post("/messages/read", string(body), ann.prove("/messages/read", body, nil)), http.StatusNotFound, "message.unknown")
	}
	for what, body := range map[string]string{"status": `{"reference":"` + mine + `","status":"answered"}`, "no status": `{"reference":"` + mine + `","status":""}`} {
		refused(t, what, h.post("/messages/status", body, ann.prove("/messages/status", []byte(body), nil)), http.StatusBadRequest, "message.status")
	}
	for _, from := range []string{"0", "-1"} {
		body := `{"reference":"` + mine + `","from":` + from + `}`
		refused(t, "from "+from, h.post("/messages/read", body, ann.prove("/messages/read", []byte(body), nil)), http.StatusBadRequest, "message.filter")
	}
	unchanged("another's message")

	h.clock.Advance(nodkey.OpeningLife)
	own := calls(mine)
	own["/messages"] = `{}`
	for path, body := range own {
		refused(t, path+" ten minutes later", h.post(path, body, ann.prove(path, []byte(body), nil)), http.StatusForbidden, "messages.closed")
	}
	unchanged("a signature alone")
	if unread, err := ann.Unread(t.Context()); err != nil || unread[ann.key.ID] != 1 {
		t.Errorf("the count: %v, %v", unread, err)
	}
	must(t, bob.OpenMessages(t.Context(), bob.key.ID, pin))
	for path, body := range own {
		refused(t, path+" with another's opening", h.post(path, body, ann.prove(path, []byte(body), nil)), http.StatusForbidden, "messages.closed")
	}
	if err := ann.OpenMessages(t.Context(), ann.key.ID, "9999"); apiKey(err) != "pin.wrong" {
		t.Errorf("a wrong PIN: %v", err)
	}
	refused(t, "after a wrong PIN", h.post("/messages", "{}", ann.prove("/messages", []byte("{}"), nil)), http.StatusForbidden, "messages.closed")

	// The count is of the keys that proved themselves, while they are active.
	proofs, err := json.Marshal(wire.Proofs{Proofs: []string{ann.prove("/messages/unread", nil, nil), "a.b.c", bob.prove("/messages/unread", nil, func(r *wire.Request) { r.Iat -= 70_000 })}})
	must(t, err)
	var out wire.UnreadResponse
	must(t, wire.DecodeStrict([]byte(h.post("/messages/unread", string(proofs)).body), &out))
	if len(out.Unread) != 1 || out.Unread[ann.key.ID] != 1 || out.Now != h.clock.Now().UnixMilli() {
		t.Errorf("%+v", out)
	}
	gone := ann.prove("/messages/unread", nil, nil)
	must(t, ann.RemoveKey(t.Context(), ann.key.ID))
	proofs, err = json.Marshal(wire.Proofs{Proofs: []string{gone}})
	must(t, err)
	if a := h.post("/messages/unread", string(proofs)); a.status != http.StatusOK || !strings.Contains(a.body, `"unread":{}`) {
		t.Errorf("of a removed key: %d %s", a.status, a.body)
	}
	for path, body := range own {
		refused(t, path+" of a removed key", h.post(path, body, ann.prove(path, []byte(body), nil)), http.StatusForbidden, "key.removed")
	}
}
