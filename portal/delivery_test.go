package portal_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/portal"
)

// read reads a line of a stream.
func read(t *testing.T, lines <-chan string) portal.State {
	t.Helper()
	line, open := next(t, lines)
	if !open {
		t.Fatal("the stream has ended")
	}
	var s portal.State
	must(t, json.Unmarshal([]byte(line), &s))
	return s
}

// asksFor gives the one request that waits on a phone.
func asksFor(t *testing.T, phone *client.Phone) client.Approval {
	t.Helper()
	open, err := phone.Approvals(t.Context())
	must(t, err)
	if len(open) != 1 {
		t.Fatalf("the phone is asked for %d things", len(open))
	}
	return open[0]
}

// steps are the lines of what is going on as a person reads them: mark, words, time.
func steps(t *testing.T, page answer) []string {
	t.Helper()
	var all []string
	for _, li := range strings.Split(page.first(t, `(?s)<ol class="progress"[^>]*>(.*?)</ol>`), "<li ")[1:] {
		words := answer{body: li}
		all = append(all, words.first(t, `class="progress-(\w+)"`)+": "+words.first(t, `progress-text">([^<]*)<`))
	}
	return all
}

func stand(t *testing.T, page answer, want ...string) {
	t.Helper()
	if got := steps(t, page); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the page says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// offered tells whether the page says that nothing has confirmed the request.
func offered(page answer) bool { return !strings.Contains(page.body, `class="wait-notice is-off"`) }

func TestTheWaitingPageSaysHowFarTheRequestCame(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b, number := h.asked("ann")
	lines, _ := b.stream("/sign-in/stream")
	first := read(t, lines)
	request := asksFor(t, phone)
	const password, ready, waiting = "done: Name and password accepted", "done: Request ready for Pixel of ann", "now: Waiting for your answer"
	stand(t, b.get("/sign-in/wait"), password, ready, "ahead: Waits in the app on Pixel of ann", waiting)
	before := first
	for _, c := range []struct{ step, line, news string }{
		{client.Received, "done: Arrived on Pixel of ann", "Arrived on Pixel of ann"},
		{client.Shown, "done: Arrived on Pixel of ann", "Arrived on Pixel of ann"},
		{client.Opened, "done: Opened on Pixel of ann", "Opened on Pixel of ann"},
	} {
		h.clock.Advance(time.Second)
		must(t, phone.Seen(t.Context(), request, c.step))
		now := read(t, lines)
		if now.Version != first.Version || now.Progress == before.Progress || now.State != "pending" {
			t.Errorf("%s: the stream says %+v after %+v", c.step, now, before)
		}
		page := b.get("/sign-in/wait")
		stand(t, page, password, ready, c.line, waiting)
		if got := page.first(t, `data-progress="([^"]*)"`); got != now.Progress {
			t.Errorf("%s: the page has the progress %q, the stream %q", c.step, got, now.Progress)
		}
		if got := page.first(t, `data-news="([^"]*)"`); got != c.news || offered(page) {
			t.Errorf("%s: a screen reader hears %q; other ways are offered: %v", c.step, got, offered(page))
		}
		before = now
	}
	h.clock.Advance(nodkey.ConfirmWithin)
	if page := b.get("/sign-in/wait"); offered(page) {
		t.Error("a request that arrived is said to be unconfirmed")
	}
	h.approve(phone, number)
	if now := read(t, lines); now.State != "approved" {
		t.Errorf("the stream says %+v", now)
	}
	ends(t, lines)
}

func TestASilentPhoneMakesThePageOfferBothOtherWays(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b, _ := h.asked("ann")
	request := asksFor(t, phone)
	const left = 300 * time.Millisecond
	h.clock.Advance(nodkey.ConfirmWithin - left)
	if page := b.get("/sign-in/wait"); offered(page) {
		t.Error("other ways are offered too early")
	}
	lines, _ := b.stream("/sign-in/stream")
	opened := time.Now()
	first := read(t, lines)
	h.clock.Advance(left)
	late := read(t, lines) // nobody woke it: the time itself did
	if late.Version != first.Version || late.Progress == first.Progress {
		t.Errorf("the stream says %+v after %+v", late, first)
	}
	if took := time.Since(opened); took > 4*time.Second { // the store is looked at every 5 s all the same
		t.Errorf("the stream took %s to say so", took)
	}
	page := b.get("/sign-in/wait")
	if !offered(page) || !strings.Contains(page.body, `<a class="button button-plain button-small" href="`+h.phone.String()+`/" id="notice-app"`) ||
		!strings.Contains(page.body, `form="code-ask" id="notice-code"`) {
		t.Errorf("the page does not offer both ways:\n%s", page.body)
	}
	if news := page.first(t, `data-news="([^"]*)"`); news != "Not confirmed yet that the request arrived on Pixel of ann." {
		t.Errorf("a screen reader hears %q", news)
	}
	must(t, phone.Seen(t.Context(), request, client.Received)) // late, but there
	if now := read(t, lines); now.Progress == late.Progress {
		t.Errorf("the stream says %+v", now)
	}
	if page := b.get("/sign-in/wait"); offered(page) {
		t.Error("a request that arrived late is said to be unconfirmed still")
	}
}

func TestWithoutCodesOnlyTheAppIsOffered(t *testing.T) {
	h := newHouse(t, func(p *nodkey.Policy) { p.Codes = nodkey.CodesOff })
	h.activated("ann")
	b, _ := h.asked("ann")
	h.clock.Advance(nodkey.ConfirmWithin)
	page := b.get("/sign-in/wait")
	if !offered(page) || strings.Contains(page.body, "notice-code") || strings.Contains(page.body, "code-ask") {
		t.Errorf("a way that there is not is offered:\n%s", page.body)
	}
}

func TestAChangeSaysHowFarItCameToo(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.signedIn("ann", phone)
	b.post("/password", "password", rightPassword, "new_password", "brown paper parcels", "repeat", "brown paper parcels").goes(t, "/change")
	lines, _ := b.stream("/change/stream")
	first := read(t, lines)
	must(t, phone.Seen(t.Context(), asksFor(t, phone), client.Opened))
	if now := read(t, lines); now.Version != first.Version || now.Progress == first.Progress {
		t.Errorf("the stream says %+v after %+v", now, first)
	}
	stand(t, b.get("/change"), "done: Request ready for Pixel of ann", "done: Opened on Pixel of ann", "now: Waiting for your answer")
	b.get("/change/state").is(t, http.StatusOK)
}

func TestOfSeveralPhonesThePageSaysWhichHasTheRequest(t *testing.T) {
	h := newHouse(t, func(p *nodkey.Policy) { p.Devices = nodkey.DevicesAll })
	_, second := h.withTwo("ann")
	h.clock.Advance(time.Minute)
	b, _ := h.asked("ann")
	h.clock.Advance(nodkey.ConfirmWithin)
	page := b.get("/sign-in/wait")
	if news := page.first(t, `data-news="([^"]*)"`); !offered(page) || news != "Not confirmed yet that the request arrived on a phone." {
		t.Errorf("other ways are offered: %v; a screen reader hears %q", offered(page), news)
	}
	// The two keys are of the same moment here, so either may stand first.
	phones := func(page answer) []string { return slices.Sorted(slices.Values(steps(t, page)[2:4])) }
	if got := phones(page); !slices.Equal(got, []string{"ahead: Waits in the app on Pixel of ann", "ahead: Waits in the app on Spare of ann"}) {
		t.Errorf("before a phone spoke the page says %q", got)
	}
	must(t, second.Seen(t.Context(), asksFor(t, second), client.Received))
	page = b.get("/sign-in/wait")
	if got := phones(page); !slices.Equal(got, []string{"ahead: Waits in the app on Pixel of ann", "done: Arrived on Spare of ann"}) {
		t.Errorf("after the second phone spoke the page says %q", got)
	}
	if offered(page) {
		t.Error("other ways are offered though a phone has the request")
	}
}

// The browser of somebody else, or of nobody, learns nothing of it.
func TestOnlyTheWaitingBrowserSeesTheWay(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	h.asked("ann")
	must(t, phone.Seen(t.Context(), asksFor(t, phone), client.Opened))
	for _, path := range []string{"/sign-in/wait", "/sign-in/state", "/change", "/change/state"} {
		if a := h.browser().get(path); strings.Contains(a.body, "opened") || strings.Contains(a.body, "Pixel") {
			t.Errorf("%s tells a stranger:\n%s", path, a.body)
		}
	}
}
