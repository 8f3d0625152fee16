package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/client"
)

// gateway is an operator's gateway as the only channel: it reaches every phone, and the test is who carries its messages.
type gateway struct{}

func (gateway) Has(channel string) bool { return channel == nodkey.ChannelWebhook }

func (gateway) Service(string, string) (service, host string, ok bool) { return "", "", false }

// taken is what is to be sent, which must be one message; whoever takes it has 30 s to send it.
func (h *house) taken() nodkey.PushMessage {
	h.t.Helper()
	messages, _, err := h.services.Outbox.Take(h.t.Context(), nodkey.ChannelWebhook, 10)
	must(h.t, err)
	if len(messages) != 1 {
		h.t.Fatalf("%d messages are to be sent", len(messages))
	}
	return messages[0]
}

// delivered hands a message over.
func (h *house) delivered(m nodkey.PushMessage) {
	h.t.Helper()
	h.settled(m, nodkey.PushDelivered)
}

func (h *house) settled(m nodkey.PushMessage, outcome nodkey.PushOutcome) {
	h.t.Helper()
	must(h.t, h.services.Outbox.Settle(h.t.Context(), []nodkey.Sent{{PushMessage: m, PushAnswer: nodkey.PushAnswer{Outcome: outcome}}}))
}

// notified is the browser of somebody signed in, with the phone that the gateway reaches.
func notified(t *testing.T) (*house, *browser, *client.Phone) {
	h := newHouseOn(t, nil, func(p *nodkey.Ports) { p.Push = gateway{} })
	phone, _ := h.activated("ann")
	b, number := h.asked("ann")
	h.delivered(h.taken())
	h.approve(phone, number)
	b.get("/sign-in/wait").goes(t, "/")
	return h, b, phone
}

// notifies sends a test notification from the security page and gives the path of its own page.
func (b *browser) notifies(t *testing.T) (path string) {
	t.Helper()
	path = strings.TrimSuffix(b.get("/security").first(t, `href="(/phones/[\w-]+/test)"`), "/test") + "/notify-test"
	b.post(path).goes(t, path)
	return path
}

// arrives is the phone's word that a message reached it.
func arrives(t *testing.T, phone *client.Phone, m nodkey.PushMessage) {
	t.Helper()
	must(t, phone.Seen(t.Context(), client.Approval{ID: string(m.ApprovalID), Key: phone.Keys()[0]}, client.Received))
}

func TestWhatIsSentIsSaidAndWhatNobodyTakesAtOnce(t *testing.T) {
	h, _, phone := notified(t)
	const password, waiting = "done: Name and password accepted", "now: Waiting for your answer"
	b, number := h.asked("ann")
	stand(t, b.get("/sign-in/wait"), password, "done: Request ready for Pixel of ann", "ahead: On its way to Pixel of ann", waiting)
	h.clock.Advance(2 * time.Second)
	h.delivered(h.taken())
	page := b.get("/sign-in/wait")
	stand(t, page, password, "done: Notification sent", "ahead: On its way to Pixel of ann", waiting)
	if offered(page) {
		t.Error("other ways are offered too early")
	}
	h.clock.Advance(nodkey.ConfirmWithin)
	stand(t, b.get("/sign-in/wait"), password, "done: Notification sent", "look: No word from Pixel of ann yet", waiting)

	h.approve(phone, number) // unanswered, it would keep the phone quiet
	b, _ = h.asked("ann")
	lines, _ := b.stream("/sign-in/stream")
	read(t, lines)
	h.settled(h.taken(), nodkey.PushRefused)
	read(t, lines)
	page = b.get("/sign-in/wait")
	stand(t, page, password, "look: No notification could be sent", "look: No notification to Pixel of ann", waiting)
	if news := page.first(t, `data-news="([^"]*)"`); !offered(page) || news != "The notification could not be sent to Pixel of ann." {
		t.Errorf("other ways are offered: %v; a screen reader hears %q", offered(page), news)
	}
	open, err := phone.Approvals(t.Context()) // the app was opened all the same
	must(t, err)
	must(t, phone.Seen(t.Context(), open[0], client.Shown))
	page = b.get("/sign-in/wait")
	stand(t, page, password, "done: Request ready for Pixel of ann", "done: Arrived on Pixel of ann", waiting)
	if offered(page) {
		t.Error("other ways are offered for a request that arrived")
	}
}

func TestATestNotificationIsMeasured(t *testing.T) {
	h, b, phone := notified(t)
	if page := b.get("/security").body; !strings.Contains(page, "<dd>your organisation’s gateway</dd><dt>Last test</dt><dd>not yet</dd>") {
		t.Errorf("the card does not say how notifications come:\n%s", page)
	}
	path := b.notifies(t)
	lines, _ := b.stream(path + "/stream")
	asked := read(t, lines)
	if page := b.get(path); page.first(t, `data-phase="(\w+)"`) != "waiting" || page.first(t, `data-elapsed="(\d+)"`) != "0" || !strings.Contains(page.body, "On its way to the delivery service") {
		t.Errorf("the page does not wait:\n%s", page.body)
	}
	sent := h.taken()
	h.delivered(sent)
	taken := read(t, lines)
	if taken.Version != asked.Version || taken.Progress == asked.Progress {
		t.Errorf("the stream says %+v after %+v", taken, asked)
	}
	h.clock.Advance(1300 * time.Millisecond)
	if page := b.get(path); page.first(t, `data-elapsed="(\d+)"`) != "1300" || !strings.Contains(page.body, "Taken by the delivery service") {
		t.Errorf("the page does not count:\n%s", page.body)
	}
	arrives(t, phone, sent)
	if done := read(t, lines); done.Version == taken.Version || done.State != "done" {
		t.Errorf("the stream says %+v", done)
	}
	ends(t, lines)
	if page := b.get(path); !strings.Contains(page.body, "It arrived after 1.3 s") {
		t.Errorf("the page does not say how long it took:\n%s", page.body)
	}
	if page := b.get("/security").body; !strings.Contains(page, ": arrived after 1.3 s</dd>") {
		t.Errorf("the card does not say how long it took:\n%s", page)
	}
	b.cookies["nodkey-portal-language"] = "de"
	if page := b.get(path); !strings.Contains(page.body, "Angekommen nach 1,3 s") {
		t.Errorf("German seconds are written otherwise:\n%s", page.body)
	}
}

func TestATestNotificationThatDoesNotArriveSaysWhatToLookAt(t *testing.T) {
	for _, c := range []struct {
		what, phase, words string
		delivered          bool
	}{
		{"the phone is silent", "silent", "The delivery service took it", true},
		{"nobody took it", "unsent", "has not taken it", false},
	} {
		h, b, phone := notified(t)
		path := b.notifies(t)
		sent := h.taken()
		if c.delivered {
			h.delivered(sent)
		}
		h.clock.Advance(30*time.Second - time.Millisecond)
		if phase := b.get(path).first(t, `data-phase="(\w+)"`); phase != "waiting" {
			t.Errorf("%s: the page says %s too early", c.what, phase)
		}
		h.clock.Advance(time.Millisecond)
		page := b.get(path)
		if page.first(t, `data-phase="(\w+)"`) != c.phase || !strings.Contains(page.body, c.words) || !strings.Contains(page.body, `id="repairs"`) || !strings.Contains(page.body, `href="/help/notifications"`) {
			t.Errorf("%s: the page does not say what to look at:\n%s", c.what, page.body)
		}
		h.clock.Advance(11 * time.Second)
		arrives(t, phone, sent)
		if page := b.get(path); page.first(t, `data-phase="(\w+)"`) != "late" || !strings.Contains(page.body, "after 41 s") {
			t.Errorf("%s: the page does not say that it came late:\n%s", c.what, page.body)
		}
		h.clock.Advance(time.Hour)
		b = h.signedIn("ann", phone)
		b.get(path).goes(t, strings.TrimSuffix(path, "/notify-test")+"/test")
	}
}

func TestAPhoneWithoutNotificationsIsTestedByARequest(t *testing.T) {
	h := newHouse(t, nil)
	phone, _ := h.activated("ann")
	b := h.signedIn("ann", phone)
	page := b.get("/security")
	if !strings.Contains(page.body, "<dd>none; requests are there when the app is open</dd>") {
		t.Errorf("the card does not say that there are none:\n%s", page.body)
	}
	path := page.first(t, `href="(/phones/[\w-]+/test)"`)
	b.post(strings.TrimSuffix(path, "/test")+"/notify-test").goes(t, path)
	if choice := b.get(path).body; strings.Contains(choice, "/notify-test") {
		t.Errorf("a test that cannot be is offered:\n%s", choice)
	}
}

func TestHowNotificationsComeBackIsNoSecret(t *testing.T) {
	h := newHouse(t, nil)
	for lang, words := range map[string]string{"en": "Do Not Disturb", "de": "Bitte nicht stören", "ja": "集中モード"} {
		b := h.browser()
		b.cookies["nodkey-portal-language"] = lang
		page := b.get("/help/notifications")
		page.is(t, http.StatusOK)
		if !strings.Contains(page.body, words) {
			t.Errorf("%s: the page does not say %q", lang, words)
		}
	}
}
