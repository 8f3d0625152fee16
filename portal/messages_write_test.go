package portal_test

import (
	"bytes"
	"fmt"
	"html"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// sent is a form with files: names and values in their order, then files by name.
type sent struct {
	fields []string
	files  []string // name, content, …
}

const formOnce = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// written is a whole form, with some fields replaced; a value of "-" leaves one out.
func written(change ...string) sent {
	fields := []string{"once", formOnce, "step", "write", "about", "access/phone", "subject", "A question", "text", "Where is it?"}
	for i := 0; i < len(change); i += 2 {
		at := -1
		for j := 0; j < len(fields); j += 2 {
			if fields[j] == change[i] && change[i] != "file" {
				at = j
			}
		}
		switch {
		case change[i+1] == "-":
			fields = append(fields[:at], fields[at+2:]...)
		case at < 0:
			fields = append(fields, change[i], change[i+1])
		default:
			fields[at+1] = change[i+1]
		}
	}
	return sent{fields: fields}
}

func (s sent) with(files ...string) sent {
	s.files = files
	return s
}

// postForm sends it as a browser does: fields, then files.
func (b *browser) postForm(path string, s sent) answer {
	b.h.t.Helper()
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for i := 0; i < len(s.fields); i += 2 {
		must(b.h.t, parts.WriteField(s.fields[i], s.fields[i+1]))
	}
	for i := 0; i < len(s.files); i += 2 {
		part, err := parts.CreateFormFile("files", s.files[i])
		must(b.h.t, err)
		_, err = part.Write([]byte(s.files[i+1]))
		must(b.h.t, err)
	}
	must(b.h.t, parts.Close())
	return b.send("POST", path, &body, func(r *http.Request) { r.Header.Set("Content-Type", parts.FormDataContentType()) })
}

var fileField = regexp.MustCompile(`name="file" value="([\w-]+)"`)

// files are the ids of files that a page's form names.
func (a answer) files() []string {
	var ids []string
	for _, m := range fileField.FindAllStringSubmatch(a.body, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// says checks that a page says all of these, as HTML has them.
func (a answer) says(t testing.TB, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(a.body, html.EscapeString(part)) {
			t.Errorf("the page does not say %q:\n%s", part, a.body)
		}
	}
}

// tickets are the references of a person's own messages.
func (b *browser) tickets() []nodkey.Message {
	b.h.t.Helper()
	page, err := b.h.services.Messages.List(b.h.t.Context(), b.caller(), nodkey.MessageQuery{Filter: nodkey.MessageFilter{Kind: nodkey.MessageTicket}})
	must(b.h.t, err)
	return page.Messages
}

// writer is a house and somebody signed in.
func writer(t testing.TB) (*house, *browser) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	return h, h.signedIn("ann", phone)
}

func TestAMessageIsWrittenSeenAndSent(t *testing.T) {
	h, b := writer(t)
	first := b.get("/messages/new?about=access/phone")
	first.is(t, http.StatusOK)
	if got := first.first(t, `<option value="([^"]*)" selected>`); got != "access/phone" {
		t.Errorf("%q is preselected", got)
	}
	once := first.first(t, `name="once" value="(\w+)"`)
	preview := b.postForm("/messages/new", written("once", once, "do", "preview", "text", "<b>Where</b> is it?\r\n\r\n*Here*?").with(`C:\x\..\statement`, "my own words", "", ""))
	preview.is(t, http.StatusOK)
	preview.says(t, "Check your message", "My phone", "A question", "<b>Where</b> is it?\n\n*Here*?", "statement.txt")
	files := preview.files()
	if len(files) != 1 || len(b.tickets()) != 0 {
		t.Fatalf("the preview holds %q, and there are %d messages", files, len(b.tickets()))
	}
	edit := b.postForm("/messages/new", written("once", once, "step", "preview", "file", files[0], "do", "edit"))
	edit.says(t, "A question", "Where is it?", "statement.txt")
	if got := edit.files(); !slices.Equal(got, files) {
		t.Errorf("back from the preview it holds %q", got)
	}
	send := written("once", once, "step", "preview", "file", files[0], "do", "send")
	to := b.postForm("/messages/new", send).header.Get("Location")
	again := b.postForm("/messages/new", send)
	again.goes(t, to)
	list := b.tickets()
	if len(list) != 1 || to != "/messages/sent/"+list[0].Reference.String() {
		t.Fatalf("it goes to %q, and there are %+v", to, list)
	}
	b.get(to).says(t, "Your message is sent", list[0].Reference.String())
	thread := b.get("/messages/" + list[0].Reference.String())
	thread.says(t, "A question", "Where is it?", "statement.txt", "Your reply")
	if n := h.audited("message.written"); n != 1 {
		t.Errorf("%d in the log", n)
	}
	b.get("/messages/sent/2026-9999").is(t, http.StatusNotFound)
	b.get("/messages/sent/x").is(t, http.StatusNotFound)
}

// pdfOf is the shortest thing that is taken for a PDF.
func pdfOf(text string) string { return "%PDF-1.7\n" + text + "\n%%EOF\n" }

// Whatever is wrong, the page says so beside it, has all that was typed, and nothing was stored.
func TestWhatIsWrongIsSaidAndNothingTypedIsLost(t *testing.T) {
	h, b := writer(t)
	other, _ := h.activated("eve")
	theirs := h.signedIn("eve", other)
	stranger, err := h.services.Messages.Upload(t.Context(), theirs.caller(), "eve.txt", strings.NewReader("not yours"))
	must(t, err)
	huge := strings.Repeat("word ", 2<<20)
	for name, c := range map[string]struct {
		form  sent
		field string // id of its error; empty: beside the file
		says  string
	}{
		"no category":           {written("about", ""), "about-error", "This names no category"},
		"a category of nobody":  {written("about", "<script>"), "about-error", "This names no category"},
		"another's topic":       {written("about", "other/phone"), "about-error", "This names no category"},
		"no subject":            {written("subject", " "), "subject-error", "A subject has 1 to 120 characters"},
		"a header":              {written("subject", "Hi\r\nBcc: eve@example.com"), "subject-error", "A subject has 1 to 120 characters"},
		"a long subject":        {written("subject", strings.Repeat("ä", 121)), "subject-error", "A subject has 1 to 120 characters"},
		"a subject turned":      {written("subject", "fdp.\u202eexe"), "subject-error", "A subject has 1 to 120 characters"},
		"no text":               {written("text", "\r\n "), "text-error", "The message has no text"},
		"a long text":           {written("text", strings.Repeat("x", 20_001)), "text-error", "A text has 20000 characters at most"},
		"ten megabytes of text": {written("text", huge), "text-error", "only its beginning stands here still"},
		"another's file":        {written("file", string(stranger.ID)), "files-error", "There is no such file"},
		"no such file":          {written("file", "AAAAAAAAAAAAAAAAAAAAAA"), "files-error", "There is no such file"},
		"a program":             {written().with("a.pdf", "MZ\x90\x00"+strings.Repeat("\x00", 99)), "", "This file is of a kind that is not taken"},
		"an empty file":         {written().with("a.pdf", ""), "", "This file is of a kind that is not taken"},
		"markup as a picture":   {written().with("a.png", "<svg onload=alert(1)>"), "", "This file is of a kind that is not taken"},
		"a PDF that is a ZIP":   {written().with("a.pdf", pdfOf("x")+"PK\x03\x04"+strings.Repeat("\x00", 30)), "", "This file is of a kind that is not taken"},
		"a PDF with markup":     {written().with("a.pdf", pdfOf("<script>alert(1)</script>")), "", "This file is of a kind that is not taken"},
		"a ZIP bomb":            {written().with("a.docx", "PK\x03\x04"+strings.Repeat("\xff", 9000)), "", "This file is of a kind that is not taken"},
		"too large a file":      {written().with("a.txt", strings.Repeat("x", 25<<20+1)), "", "A file may have 25 MB at most"},
		"a name of markup":      {written().with("<b>x</b>\".exe", "MZ\x90"), "", "This file is of a kind that is not taken"},
	} {
		for _, do := range []string{"preview", "send"} {
			if do == "send" && c.field == "" {
				continue // a page with a file to add sends nothing: it shows the preview
			}
			what := name + ", " + do
			before := h.dump("limits", "audit_rows", "sqlite_sequence")
			form := c.form
			form.fields = append(slices.Clone(form.fields), "do", do)
			got := b.postForm("/messages/new", form)
			if got.status != http.StatusBadRequest && got.status != http.StatusNotFound {
				t.Errorf("%s: %d", what, got.status)
			}
			if !strings.Contains(got.body, html.EscapeString(c.says)) || c.field != "" && !strings.Contains(got.body, `id="`+c.field+`"`) ||
				c.field == "" && !strings.Contains(got.body, "compose-refused") {
				t.Errorf("%s: it does not say %q beside %q:\n%.3000s", what, c.says, c.field, got.body)
			}
			for i := 0; i < len(form.fields); i += 2 {
				value := form.fields[i+1]
				if len(value) > 1<<20 {
					value = value[:1<<20-8]
				}
				if n := form.fields[i]; (n == "subject" || n == "text") && !strings.Contains(got.body, html.EscapeString(value)) {
					t.Errorf("%s: the %s is lost", what, n)
				}
			}
			if form.fields[5] == "access/phone" && !strings.Contains(got.body, `value="access/phone" selected`) {
				t.Errorf("%s: the category is lost", what)
			}
			if strings.Contains(got.body, string(stranger.ID)) || strings.Contains(got.body, "eve.txt") || strings.Contains(got.body, "<b>x</b>") {
				t.Errorf("%s: the page holds what it must not", what)
			}
			plainWords(t, what, got)
			nodkeytest.Unchanged(t, what, before, h.dump("limits", "audit_rows", "sqlite_sequence"))
			h.clock.Advance(4 * time.Minute) // uploads are counted
			b.get("/").is(t, http.StatusOK)
		}
	}
	if n := len(b.tickets()); n != 0 {
		t.Errorf("%d messages were sent", n)
	}
}

func TestFilesWaitFromPageToPage(t *testing.T) {
	h, b := writer(t)
	page := b.postForm("/messages/new", written("do", "preview").with("one.txt", "1", "two.txt", "22", "three.txt", "333", "bad.exe", "MZ\x90"))
	page.is(t, http.StatusBadRequest)
	page.says(t, "one.txt", "two.txt", "three.txt", "bad.exe", "A message takes at most 2 files", "A question", "Where is it?")
	files := page.files()
	if len(files) != 2 || strings.Contains(page.body, `type="file"`) {
		t.Fatalf("the form holds %q:\n%s", files, page.body)
	}
	one := b.postForm("/messages/new", written("file", files[0], "file", files[1], "remove", files[1]))
	one.is(t, http.StatusOK)
	if got := one.files(); !slices.Equal(got, files[:1]) || !strings.Contains(one.body, `type="file"`) {
		t.Errorf("one taken out, it holds %q", got)
	}
	again := b.postForm("/messages/new", written("file", files[0], "remove", files[1]))
	again.is(t, http.StatusOK) // a second press of the same button
	two := b.postForm("/messages/new", written("file", files[0], "do", "preview").with("four.txt", "4"))
	two.is(t, http.StatusOK)
	two.says(t, "one.txt", "four.txt")
	// Two more wait in forms that were never sent; a fifth has no room, and the page shows which are in the way.
	b.postForm("/messages/new", written("do", "preview").with("five.txt", "5", "six.txt", "6")).is(t, http.StatusOK)
	full := b.postForm("/messages/new", written("do", "preview").with("seven.txt", "7"))
	full.is(t, http.StatusBadRequest)
	full.says(t, "4 files are waiting", "left over", "one.txt", "six.txt", "A question")
	free := b.postForm("/messages/new", written("remove", full.first(t, `(?s)five\.txt.*?name="remove" value="([\w-]+)"`)))
	free.is(t, http.StatusOK)
	b.postForm("/messages/new", written("do", "preview").with("seven.txt", "7")).is(t, http.StatusOK)
	// What is discarded is gone.
	b.postForm("/messages/new", written("file", files[0], "do", "discard")).goes(t, "/messages")
	gone := b.postForm("/messages/new", written("file", files[0], "do", "preview"))
	gone.is(t, http.StatusNotFound)
	gone.says(t, "There is no such file", "A question")
	if n := h.audited("message_file.discarded"); n != 3 {
		t.Errorf("%d were discarded", n)
	}
}

// More than 25 MB in all is said when all are there; a body beyond every bound is refused as a whole.
func TestHowMuchAFormMayHold(t *testing.T) {
	h, b := writer(t)
	large := strings.Repeat("x", 13<<20)
	both := b.postForm("/messages/new", written("do", "preview").with("one.txt", large, "two.txt", large))
	both.is(t, http.StatusBadRequest)
	both.says(t, "A message takes at most 2 files of 25 MB in all", "one.txt", "two.txt", "A question")
	if n := len(both.files()); n != 2 {
		t.Errorf("%d files wait", n)
	}
	before := h.dump("limits", "audit_rows")
	got := b.postForm("/messages/new", written("do", "preview").with("one.txt", strings.Repeat("x", 65<<20)))
	got.is(t, http.StatusRequestEntityTooLarge)
	nodkeytest.Unchanged(t, "a body of 65 MiB", before, h.dump("limits", "audit_rows"))
}

// The session ended while somebody wrote: what was typed stands there still, and goes out after the sign-in.
func TestSignedOutWhileWriting(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.signedIn("ann", phone)
	files := b.postForm("/messages/new", written("do", "preview").with("one.txt", "1")).files()
	b.post("/sign-out").goes(t, "/sign-in")
	before := h.dump("limits", "audit_rows")
	for _, do := range []string{"preview", "send", "edit", "discard"} {
		got := b.postForm("/messages/new", written("file", files[0], "do", do).with("two.txt", "22"))
		got.is(t, http.StatusUnauthorized)
		got.says(t, "You are signed out", "A question", "Where is it?", "two.txt", "this file was not kept", "A file that you added")
		if !slices.Equal(got.files(), files) || !strings.Contains(got.body, formOnce) {
			t.Errorf("%s: the form is another:\n%s", do, got.body)
		}
	}
	preview := b.postForm("/messages/new", written("step", "preview", "file", files[0], "do", "send"))
	preview.is(t, http.StatusUnauthorized)
	preview.says(t, "You are signed out", "Check your message", "Where is it?")
	b.postForm("/messages/new", written("text", strings.Repeat("x", 2<<20))).is(t, http.StatusRequestEntityTooLarge)
	nodkeytest.Unchanged(t, "writing without a session", before, h.dump("limits", "audit_rows"))
	again := h.signedIn("ann", phone)
	to := again.postForm("/messages/new", written("step", "preview", "file", files[0], "do", "send")).header.Get("Location")
	if !strings.HasPrefix(to, "/messages/sent/") || len(again.tickets()) != 1 {
		t.Errorf("after the sign-in it goes to %q", to)
	}
}

func TestWhoMayNotWrite(t *testing.T) {
	h := newHouse(t, nil)
	h.add("new")
	restricted := h.browser()
	restricted.post("/sign-in", "username", "new", "password", rightPassword).goes(t, "/")
	restricted.get("/messages/new").is(t, http.StatusForbidden)
	restricted.get("/messages/settings").is(t, http.StatusForbidden)
	before := h.dump("limits", "audit_rows")
	restricted.postForm("/messages/new", written("do", "send").with("a.txt", "1")).is(t, http.StatusForbidden)
	restricted.postForm("/messages/2026-0001/reply", written("do", "send")).is(t, http.StatusForbidden)
	restricted.post("/messages/settings", settingsForm()...).is(t, http.StatusForbidden)
	nodkeytest.Unchanged(t, "a restricted session", before, h.dump("limits", "audit_rows"))
	nobody := h.browser()
	nobody.get("/messages/new").goes(t, "/sign-in")
	nobody.get("/messages/settings").goes(t, "/sign-in")
	nobody.get("/messages/sent/2026-0001").goes(t, "/sign-in")
}

func TestMessageFormsThatDidNotArriveWhole(t *testing.T) {
	h, b := writer(t)
	b.postForm("/messages/new", written("do", "send"))
	reply := "/messages/" + b.tickets()[0].Reference.String() + "/reply"
	before := h.dump()
	whole := func(change ...string) sent { return written(change...) }
	for name, form := range map[string]sent{
		"no once": whole("once", "-"), "a short once": whole("once", "x"), "a long once": whole("once", strings.Repeat("x", 65)),
		"no text": whole("text", "-"), "a field of nobody's": whole("admin", "1"), "a long field": whole("about", strings.Repeat("x", 9<<10)),
		"nothing": {}, "a wrong language": whole("lang", "xx"),
	} {
		for _, path := range []string{"/messages/new", reply} {
			got := b.postForm(path, form)
			if got.status != http.StatusBadRequest {
				t.Errorf("%s to %s: %d", name, path, got.status)
			}
			plainWords(t, name, got)
		}
	}
	twice := whole()
	twice.fields = append(twice.fields, "text", "another")
	b.postForm("/messages/new", twice).is(t, http.StatusBadRequest)
	for name, c := range map[string][2]string{
		"no form": {"application/json", "{}"}, "a plain form": {formType, "once=" + formOnce + "&text=x"}, "no boundary": {"multipart/form-data", "x"},
		"cut off": {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nabc"},
		"garbage": {"multipart/form-data; boundary=x", "\x00\xff"},
	} {
		got := b.postRaw("/messages/new", c[0], c[1])
		if got.status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, got.status)
		}
		plainWords(t, name, got)
	}
	nodkeytest.Unchanged(t, "forms that did not arrive whole", before, h.dump())
}

// Another language keeps what was typed, on the form, on the preview and in an answer.
func TestAnotherLanguageKeepsWhatIsWritten(t *testing.T) {
	_, b := writer(t)
	form := b.postForm("/messages/new", written("lang", "de").with("one.txt", "1"))
	form.is(t, http.StatusOK)
	form.says(t, "Neue Nachricht schreiben", "A question", "Where is it?", "one.txt")
	files := form.files()
	preview := b.postForm("/messages/new", written("step", "preview", "file", files[0], "lang", "ja"))
	preview.says(t, "内容の確認", "A question", "Where is it?", "one.txt")
	b.postForm("/messages/new", written("step", "preview", "file", files[0], "do", "send", "lang", "en")).says(t, "Check your message")
	if n := len(b.tickets()); n != 0 {
		t.Fatalf("choosing a language sent %d", n)
	}
	b.postForm("/messages/new", written("do", "send"))
	path := "/messages/" + b.tickets()[0].Reference.String()
	reply := b.postForm(path+"/reply", sent{fields: []string{"lang", "de", "once", formOnce, "text", "Another word"}})
	reply.is(t, http.StatusOK)
	reply.says(t, "Ihre Antwort", "Another word", "A question")
}

// Many messages at once are slowed down, and the page keeps what waits to be sent.
func TestWritingTooOftenKeepsTheMessage(t *testing.T) {
	_, b := writer(t)
	for i := range 20 {
		if got := b.postForm("/messages/new", written("once", fmt.Sprintf("%s%d", formOnce, i), "do", "send")); got.status != http.StatusSeeOther {
			t.Fatalf("the %dth: %d", i+1, got.status)
		}
	}
	got := b.postForm("/messages/new", written("once", formOnce+"more", "do", "send", "text", "One too many"))
	got.is(t, http.StatusTooManyRequests)
	got.says(t, "One too many", "A question", "Check your message")
}
