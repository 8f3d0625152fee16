package portal_test

import (
	"bytes"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
)

// sent has a person send a file with a message, and gives its path.
func (b *browser) sent(name string, content []byte) string {
	b.h.t.Helper()
	c := b.caller()
	file, err := b.h.services.Messages.Upload(b.h.t.Context(), c, name, bytes.NewReader(content))
	must(b.h.t, err)
	_, err = b.h.services.Messages.Write(b.h.t.Context(), c, nodkey.Draft{Category: "other", MessageText: nodkey.MessageText{Subject: "A file", Text: "Here."}, Files: []nodkey.FileID{file.ID}})
	must(b.h.t, err)
	return "/messages/files/" + string(file.ID)
}

// A file comes whole, as something to keep, and as nothing that a browser would show or run.
func TestAFileIsSentAsAnAttachmentOnly(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.signedIn("ann", phone)
	content := bytes.Repeat([]byte("A line of plain words, <b>and markup</b>.\n"), 40_000) // 1.7 MB: several chunks
	path := b.sent("übersicht “März” 'a'; filename=evil.exe, 請求書\r\nX: y.html", content)
	page := b.get("/messages/" + h.newest("ann", nodkey.MessageFilter{Kind: nodkey.MessageTicket}).String())
	if !strings.Contains(page.body, `href="`+path+`"`) || !strings.Contains(page.body, "TXT · 1.6\u00a0MB") {
		t.Errorf("the thread does not offer it:\n%s", page.body)
	}
	got := b.get(path)
	got.is(t, http.StatusOK)
	if got.body != string(content) {
		t.Errorf("%d bytes came of %d", len(got.body), len(content))
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Accept-Ranges": "none", "Content-Length": "1680000",
		"Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY"} {
		if got.header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.header.Get(name), want)
		}
	}
	policy := got.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "sandbox") || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "allow") || len(got.header.Values("Content-Security-Policy")) != 1 {
		t.Errorf("the policy is %q", policy)
	}
	if kind := got.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain") {
		t.Errorf("the type is %q", kind)
	}
	disposition := got.header.Get("Content-Disposition")
	media, params, err := mime.ParseMediaType(disposition)
	if err != nil || media != "attachment" || strings.ContainsAny(disposition, "\r\n") || strings.Count(disposition, "filename=") != 1 || !strings.HasSuffix(params["filename"], ".txt") {
		t.Errorf("%q: %v, %v", disposition, params, err)
	}
	if !strings.Contains(params["filename"], "請求書") || !strings.Contains(params["filename"], "übersicht") {
		t.Errorf("the name is %q", params["filename"])
	}
	head := b.send("HEAD", path, nil, nil)
	if head.status != http.StatusOK || head.body != "" || head.header.Get("Content-Disposition") != disposition || head.header.Get("Content-Length") != "1680000" {
		t.Errorf("HEAD: %d, %v", head.status, head.header)
	}
	if part := b.send("GET", path, nil, func(r *http.Request) { r.Header.Set("Range", "bytes=0-9") }); part.status != http.StatusOK || len(part.body) != len(content) {
		t.Errorf("a part: %d, %d bytes", part.status, len(part.body))
	}
}

// Another's file is answered as one that there is not; one that was not sent yet is the writer's own.
func TestAnothersFilesAreNotThere(t *testing.T) {
	h := newHouse(t, nil)
	ann, _ := h.activated("ann")
	bob, _ := h.activated("bob")
	mine, theirs := h.signedIn("ann", ann), h.signedIn("bob", bob)
	path := mine.sent("secret.txt", []byte("Only for ann."))
	waiting, err := h.services.Messages.Upload(t.Context(), mine.caller(), "waits.txt", strings.NewReader("Not sent yet."))
	must(t, err)
	none := theirs.get("/messages/files/" + strings.Repeat("A", 22))
	for _, p := range []string{path, "/messages/files/" + string(waiting.ID)} {
		got := theirs.get(p)
		got.is(t, http.StatusNotFound)
		if strings.Contains(got.body, "ann") || strings.Contains(got.body, ".txt") || len(got.body) != len(none.body) || got.header.Get("Content-Disposition") != "" {
			t.Errorf("%s tells bob more than nothing:\n%s", p, got.body)
		}
	}
	h.browser().get(path).goes(t, "/sign-in")
	if got := mine.get("/messages/files/" + string(waiting.ID)); got.status != http.StatusOK || got.body != "Not sent yet." {
		t.Errorf("one's own that waits: %d", got.status)
	}
}

func TestNamesOfFilesAreSafeInAHeader(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.signedIn("ann", phone)
	for _, name := range []string{"plain.txt", "a b.txt", `quo"te.txt`, `back\slash.txt`, "per%cent%22.txt", "../../etc/passwd", "C:\\windows\\x.txt", "日本語.txt", "emoji 😀.txt", strings.Repeat("long", 100) + ".txt", "a;b=c,d'e(f)*.txt", ""} {
		got := b.get(b.sent(name, []byte("words")))
		got.is(t, http.StatusOK)
		line := got.header.Get("Content-Disposition")
		_, params, err := mime.ParseMediaType(line)
		if err != nil || params["filename"] == "" || strings.ContainsAny(params["filename"], `/\"`) {
			t.Errorf("%q becomes %q: %v, %v", name, line, params, err)
		}
		for _, r := range line {
			if r < ' ' || r > '~' {
				t.Fatalf("%q: a header with %q", name, r)
			}
		}
		_, ext, _ := strings.Cut(line, "filename*=UTF-8''")
		if _, err := url.PathUnescape(ext); err != nil || strings.ContainsAny(ext, `"' ,;:@=()<>[]{}\/?*`) {
			t.Errorf("%q: %q is no value of RFC 8187", name, ext)
		}
	}
}
