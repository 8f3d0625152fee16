package portal

import (
	"mime"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var wantedPages = regexp.MustCompile(`^(/messages(/new|/settings|/[0-9]{4,}-[0-9]{4,})?|/continue\?to=[A-Za-z0-9_-]{43})$`)

// Whatever is asked for, a sign-in leads to a page of the message centre or on a way to an application, or is told that there is none.
func FuzzWantedPath(f *testing.F) {
	for _, seed := range []string{"/messages", "/messages/2026-0001", "/messages/new", "//evil.example", "/\\evil", "/messages/%2f%2fevil", "/messages/2026-0001\r\nX: y", "/messages/-001-0001", "/messages/٢٠٢٦-0001",
		"/continue", "/continue?to=", "/continue?to=" + strings.Repeat("A", 43), "/continue?to=" + strings.Repeat("A", 42) + "&", "/continue?to=//evil.example"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, asked string) {
		page, ok := wantedPath(asked)
		if !ok {
			return
		}
		if page != asked || !wantedPages.MatchString(page) || len(page) > 64 {
			t.Fatalf("%q leads to %q", asked, page)
		}
		if u, err := url.Parse(page); err != nil || u.Host != "" || u.Scheme != "" || u.RequestURI() != page {
			t.Fatalf("%q is no path", page)
		}
	})
}

// Whatever a file is called, its header is one line of plain characters that says what the name was.
func FuzzAttachment(f *testing.F) {
	for _, seed := range []string{"a.txt", "請求書 (1).pdf", `"; filename="x.html`, "a\r\nb", "%00", "'", "", "a'b*c", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		line := asAttachment(name)
		for _, r := range line {
			if r < ' ' || r > '~' {
				t.Fatalf("%q holds %q", line, r)
			}
		}
		if strings.Count(line, `"`) != 2 || strings.Count(line, ";") != 2 {
			t.Fatalf("%q has further parts", line)
		}
		media, params, err := mime.ParseMediaType(line)
		if err != nil || media != "attachment" || params["filename"] != name {
			t.Fatalf("%q is read as %q: %v", line, params["filename"], err)
		}
	})
}
