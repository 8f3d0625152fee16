package portal_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

func TestTheBadgeIsOnEveryPageAndCountsTo99(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.signedIn("ann", phone)
	h.readAll(b)
	h.post("ann", "One", "x")
	for _, path := range []string{"/", "/security", "/password", "/messages", "/security/add", "/desk", "/nowhere", "/help/notifications"} {
		page := b.get(path)
		if !strings.Contains(page.body, `aria-hidden="true">1</span>`) || !strings.Contains(page.body, "1 unread message<") || !strings.Contains(page.body, `data-stream="/messages/stream"`) {
			t.Errorf("%s has no badge:\n%s", path, page.body)
		}
	}
	b.post("/language", "lang", "ja", "return", "/").goes(t, "/")
	if page := b.get("/"); !strings.Contains(page.body, "未読メッセージ 1件") {
		t.Errorf("in Japanese:\n%s", page.body)
	}
	b.post("/language", "lang", "en", "return", "/").goes(t, "/")
	for n := range 99 {
		h.post("ann", fmt.Sprint(n), "x")
		if n == 97 {
			if page := b.get("/"); !strings.Contains(page.body, `>99</span>`) || !strings.Contains(page.body, "99 unread messages") {
				t.Errorf("ninety-nine:\n%s", page.body)
			}
		}
	}
	if page := b.get("/"); !strings.Contains(page.body, `>99&#43;</span>`) || !strings.Contains(page.body, "More than 99 unread messages") {
		t.Errorf("a hundred:\n%s", page.body)
	}
	h.readAll(b)
	if page := b.get("/"); !strings.Contains(page.body, `data-badge hidden aria-hidden="true"></span>`) || !strings.Contains(page.body, "No unread messages") {
		t.Errorf("none:\n%s", page.body)
	}
}

// readAll has a person read everything.
func (h *house) readAll(b *browser) {
	h.t.Helper()
	for {
		page, err := h.services.Messages.List(h.t.Context(), b.caller(), nodkey.MessageQuery{Filter: nodkey.MessageFilter{Unread: true}, Limit: 100})
		must(h.t, err)
		if len(page.Messages) == 0 {
			return
		}
		for _, m := range page.Messages {
			_, err := h.services.Messages.Read(h.t.Context(), b.caller(), m.Reference, "")
			must(h.t, err)
		}
	}
}

func TestTheBadgeIsLive(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.signedIn("ann", phone)
	h.readAll(b)
	lines, status := b.stream("/messages/stream")
	if status != http.StatusOK {
		t.Fatalf("got %d", status)
	}
	says(t, lines, `"said":"No unread messages"`)
	r := h.post("ann", "A secret subject", "A secret text")
	line, _ := next(t, lines)
	if !strings.Contains(line, `"badge":"1"`) || !strings.Contains(line, `"said":"1 unread message"`) || strings.Contains(line, "secret") || strings.Contains(line, r.String()) {
		t.Errorf("the stream says %s", line)
	}
	if got := b.get("/messages/state"); got.status != http.StatusOK || !strings.Contains(got.body, `"badge":"1"`) {
		t.Errorf("asked: %d %s", got.status, got.body)
	}
	b.get("/messages/"+r.String()).is(t, http.StatusOK)
	says(t, lines, `"version":"0"`)
}

func TestTheBadgesStreamsAreBoundedAndEndWithTheirSession(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	taken, own := h.signedIn("ann", phone), h.signedIn("ann", phone)
	elsewhere, _ := own.stream("/messages/stream")
	says(t, elsewhere, "unread")
	var open []<-chan string
	for range 3 {
		lines, _ := taken.stream("/messages/stream")
		says(t, lines, "unread")
		open = append(open, lines)
	}
	ends(t, open[0])
	// They take no place from what a session waits for.
	taken.post("/password", "password", rightPassword, "new_password", "brown paper parcels", "repeat", "brown paper parcels").goes(t, "/change")
	change, _ := taken.stream("/change/stream")
	says(t, change, `"state":"open"`)
	own.post("/browsers/end-others").goes(t, "/security")
	for _, lines := range open[1:] {
		ends(t, lines)
	}
	h.drain()
	ends(t, elsewhere)
}

// An open page keeps nobody signed in.
func TestTheBadgeKeepsNoSessionAlive(t *testing.T) {
	h := newHouse(t, func(p *nodkey.Policy) { p.SessionIdle = 10 * time.Minute })
	phone, _ := h.activated("ann")
	b := h.signedIn("ann", phone)
	for range 4 {
		h.clock.Advance(2 * time.Minute)
		b.get("/messages/state").is(t, http.StatusOK)
	}
	h.clock.Advance(2*time.Minute + time.Second)
	b.get("/messages/state").is(t, http.StatusUnauthorized)
	b.get("/").goes(t, "/sign-in")
}
