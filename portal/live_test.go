package portal_test

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// patience is how long a test waits for what must happen.
const patience = time.Minute

// stream opens a server-sent stream and gives its lines, closed when it ends.
func (b *browser) stream(path string) (lines <-chan string, status int) {
	b.h.t.Helper()
	ctx, cancel := context.WithCancel(b.h.t.Context())
	b.h.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", b.h.portal.String()+path, nil)
	must(b.h.t, err)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := b.h.http.Do(r)
	must(b.h.t, err)
	out := make(chan string, 64)
	go func() {
		defer close(out)
		defer res.Body.Close()
		for scan := bufio.NewScanner(res.Body); scan.Scan(); {
			if text := scan.Text(); strings.HasPrefix(text, "data: ") {
				out <- strings.TrimPrefix(text, "data: ")
			}
		}
	}()
	return out, res.StatusCode
}

func next(t *testing.T, lines <-chan string) (string, bool) {
	t.Helper()
	select {
	case line, open := <-lines:
		return line, open
	case <-time.After(patience):
		t.Fatal("nothing came")
		return "", false
	}
}

func says(t *testing.T, lines <-chan string, part string) {
	t.Helper()
	if line, open := next(t, lines); !open || !strings.Contains(line, part) {
		t.Fatalf("the stream says %q (open: %v), want %s", line, open, part)
	}
}

func ends(t *testing.T, lines <-chan string) {
	t.Helper()
	if line, open := next(t, lines); open {
		t.Fatalf("the stream goes on: %s", line)
	}
}

func TestWaitingPageIsToldAndTheStreamEnds(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b, number := h.asked("ann")
	lines, status := b.stream("/sign-in/stream")
	if status != http.StatusOK {
		t.Fatalf("got %d", status)
	}
	says(t, lines, `"state":"pending"`)
	h.approve(phone, number)
	says(t, lines, `"state":"approved"`)
	ends(t, lines)
}

func TestAFourthStreamTakesThePlaceOfTheFirst(t *testing.T) {
	h := newHouse(t, nil)
	h.activated("ann")
	b, _ := h.asked("ann")
	other, _ := h.asked("ann")
	elsewhere, _ := other.stream("/sign-in/stream")
	says(t, elsewhere, "pending")
	var open []<-chan string
	for range 4 {
		lines, _ := b.stream("/sign-in/stream")
		says(t, lines, "pending")
		open = append(open, lines)
	}
	ends(t, open[0])
	b.post("/sign-in/cancel").goes(t, "/sign-in/wait")
	for _, lines := range open[1:] {
		says(t, lines, "cancelled")
		ends(t, lines)
	}
	h.drain()
	ends(t, elsewhere)
}

func TestStreamsEndWhenTheServerDrains(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	h.add("bob")
	restricted := h.browser()
	restricted.post("/sign-in", "username", "bob", "password", rightPassword).goes(t, "/")
	restricted.get("/").code(t)
	full := h.signedIn("ann", phone)
	full.post("/password", "password", rightPassword, "new_password", "brown paper parcels", "repeat", "brown paper parcels").goes(t, "/change")
	waiting, _ := h.asked("ann")
	var open []<-chan string
	for path, b := range map[string]*browser{"/activation/stream": restricted, "/change/stream": full, "/sign-in/stream": waiting} {
		lines, status := b.stream(path)
		if status != http.StatusOK {
			t.Fatalf("%s: got %d", path, status)
		}
		if _, ok := next(t, lines); !ok {
			t.Fatalf("%s ended at once", path)
		}
		open = append(open, lines)
	}
	h.drain()
	for _, lines := range open {
		ends(t, lines)
	}
}

// Somebody who took over a session learns nothing more from the streams that it has open once it has ended.
func TestStreamsEndWithTheirSession(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	taken, own := h.signedIn("ann", phone), h.signedIn("ann", phone)
	taken.post("/password", "password", rightPassword, "new_password", "brown paper parcels", "repeat", "brown paper parcels").goes(t, "/change")
	change, _ := taken.stream("/change/stream")
	says(t, change, `"state":"open"`)
	taken.post("/activation").goes(t, "/security/add")
	code, _ := taken.stream("/activation/stream")
	says(t, code, `"state":"open"`)
	user, err := h.services.Users.Show(t.Context(), h.operator, "ann")
	must(t, err)
	ended := 0
	for _, s := range user.Sessions {
		caller, err := h.services.Sessions.Caller(t.Context(), nodkey.Caller{}, nodkey.Token(own.cookies["nodkey-portal-session"]))
		must(t, err)
		if s.ID != caller.Session().ID {
			must(t, h.services.Sessions.End(t.Context(), caller, s.ID))
			ended++
		}
	}
	if ended == 0 {
		t.Fatal("no session was ended")
	}
	ends(t, change)
	ends(t, code)
}

// languageReturn gives where the language form leads.
func languageReturn(t testing.TB, b *browser, back string) string {
	t.Helper()
	a := b.post("/language", "lang", "en", "return", back)
	a.is(t, http.StatusSeeOther)
	return a.header.Get("Location")
}

// staysHere checks a Location as a browser reads it (WHATWG URL: backslashes are slashes, tabs and line ends vanish).
func staysHere(t *testing.T, back, location string) {
	t.Helper()
	read := strings.NewReplacer("\\", "/", "\t", "", "\n", "", "\r", "").Replace(strings.TrimSpace(location))
	if !strings.HasPrefix(read, "/") || strings.HasPrefix(read, "//") || strings.ContainsAny(location, "\r\n\\") {
		t.Errorf("the return %q leads to %q", back, location)
	}
	if u, err := url.Parse(location); err != nil || u.Host != "" || u.Scheme != "" {
		t.Errorf("the return %q leads to %q", back, location)
	}
}

var awayFromHere = []string{
	"https://evil.example/", "//evil.example/", "///evil.example", `/\evil.example`, `\\evil.example`, "/%2Fevil.example", "/%5Cevil.example", "/%2f%2fevil.example", "/\t/evil.example", "/%09/evil.example",
	"/./%2fevil.example", "/.//evil.example", "/x/..//evil.example", "/x/..%2f%2fevil.example", "javascript:alert(1)", "evil.example", "", "?x", "#x", "/\r\nSet-Cookie: a=b", "/%0d%0aSet-Cookie:%20a=b", "http:evil.example", "/%zz", "/\x00", "@evil.example", "/;@evil.example",
}

func TestLanguageFormLeadsToThisPortalOnly(t *testing.T) {
	h := newHouse(t, nil)
	b := h.browser()
	for _, back := range awayFromHere {
		staysHere(t, back, languageReturn(t, b, back))
	}
	for back, want := range map[string]string{"/": "/", "/security": "/security", "/phones/a-b_c/remove": "/phones/a-b_c/remove", "/security?x=1#y": "/security",
		"/continue?to=" + anyWay: "/continue?to=" + anyWay, "/continue?to=//evil.example": "/continue", "/sign-in?x=1&to=" + anyWay + "#y": "/sign-in?to=" + anyWay,
		"//evil.example?to=" + anyWay: "/"} {
		if got := languageReturn(t, b, back); got != want {
			t.Errorf("the return %q leads to %q", back, got)
		}
	}
	for _, lang := range []string{"", "xx", "EN", "en\r\n", "../en", strings.Repeat("e", 5000)} {
		if a := b.post("/language", "lang", lang, "return", "/"); a.status != http.StatusBadRequest || len(a.set) > 0 {
			t.Errorf("the language %.10q got %d", lang, a.status)
		}
	}
	b.cookies["nodkey-portal-language"] = "xx-invented"
	b.get("/sign-in").is(t, http.StatusOK)
}
