package test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/nodkeytest/browser"
	"github.com/nodkey/nodkey/wire"
)

// reporting is a person whose phone says how far a request has come only when the test lets it.
type reporting struct {
	*server
	t     *testing.T
	r     reader
	desk  *browser.Tab
	phone *client.Phone
	told  <-chan string // the ids that the operator's gateway is told, which is what notifies
}

func reports(t *testing.T, r reader) *reporting {
	t.Helper()
	told := make(chan string, 10)
	gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var message struct{ ID string }
		if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
			t.Error(err)
		}
		told <- message.ID
	}))
	t.Cleanup(gateway.Close)
	p := &reporting{server: serve(t, map[string]string{"push.webhook": gateway.URL, "push.webhook_secret": "whsec_bm9kLWtleS13ZWJob29rLXNlY3JldC1vZi10ZXN0cy4uLi4="}),
		t: t, r: r, desk: open(t, "portal", browser.Desktop), told: told}
	p.addUser(r.name, r.displayName, r.password)
	p.desk.Speak(r.lang)
	p.enters()
	var err error
	p.phone, err = client.New(client.Config{HTTP: client.NewHTTPClient(nil), Facts: wire.PhoneFacts{Platform: "android", OSVersion: "16"}}, client.State{})
	p.must(err)
	offer, err := p.phone.Lookup(t.Context(), p.server.phone, strings.Join(p.desk.Code(), "-"))
	p.must(err)
	_, err = p.phone.Activate(t.Context(), offer, maraPIN, "Pixel 8")
	p.must(err)
	p.desk.Wait("#activated")
	p.desk.Click("#user-menu summary")
	p.desk.Click("#sign-out")
	p.desk.At("/sign-in")
	return p
}

func (p *reporting) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *reporting) enters() { p.desk.SignIn(p.portal, p.r.name, p.r.password) }

// asked is the one request that waits for the phone.
func (p *reporting) asked() client.Approval {
	p.t.Helper()
	open, err := p.phone.Approvals(p.t.Context())
	p.must(err)
	if len(open) != 1 {
		p.t.Fatalf("%d requests wait", len(open))
	}
	return open[0]
}

func (p *reporting) seen(a client.Approval, step string) {
	p.t.Helper()
	p.must(p.phone.Seen(p.t.Context(), a, step))
}

// still marks what has to outlive every change in place, and puts the focus on a link below it.
func (p *reporting) still() {
	p.desk.Wait("#use-code")
	browser.Eval[bool](p.desk, `(() => {
  document.querySelector("[data-countdown]").dataset.mark = "kept";
  window.marked = true;
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) window.shifts.push(e.value + " " + e.sources.map((s) => s.node?.id || s.node?.className || s.node?.nodeName).join(", "));
  }).observe({ type: "layout-shift", buffered: false });
  document.getElementById("use-code").focus();
  return true;
})()`)
}

// kept finds what a change in place must not have done.
func (p *reporting) kept() {
	p.t.Helper()
	for what, holds := range map[string]string{
		"the page is the same":      "window.marked === true",
		"the countdown is the same": `document.querySelector("[data-countdown]")?.dataset.mark === "kept"`,
		"the focus stays":           `document.activeElement?.id === "use-code"`,
	} {
		if !browser.Eval[bool](p.desk, holds) {
			p.t.Errorf("%s: it is not so", what)
		}
	}
	if shifts := browser.Eval[string](p.desk, `window.shifts.join("; ")`); shifts != "" {
		p.t.Errorf("the page jumps: %s", shifts)
	}
}

// The words that each reader sees.
var (
	arrivedWords = map[string]string{"en": "Arrived on Pixel 8", "de": "Auf Pixel 8 angekommen", "ja": "Pixel 8に届きました"}
	openedWords  = map[string]string{"en": "Opened on Pixel 8", "de": "Auf Pixel 8 geöffnet", "ja": "Pixel 8で開かれました"}
	sentWords    = map[string]string{"en": "Notification sent", "de": "Benachrichtigung gesendet", "ja": "通知を送信しました"}
	testedWords  = map[string]string{"en": "arrived after", "de": "angekommen", "ja": "到着"}
	silentWords  = map[string]string{"en": "Not confirmed yet", "de": "Noch nicht bestätigt", "ja": "まだ確認できていません"}
)

func TestTheWaitingPageFollowsTheRequestToThePhone(t *testing.T) {
	for _, r := range everybody {
		t.Run(r.lang, func(t *testing.T) {
			p := reports(t, r)
			p.enters()
			p.still()
			p.desk.Says("#progress", sentWords[r.lang])
			request := p.asked()
			p.seen(request, client.Received)
			p.desk.Says("#progress", arrivedWords[r.lang])
			p.desk.Says("[data-said]", arrivedWords[r.lang])
			p.kept()
			p.seen(request, client.Opened)
			p.desk.Says("#progress", openedWords[r.lang])
			p.kept()
			r.look(t, p.desk, "portal-waiting-opened")
			number := p.desk.Number()
			_, err := p.phone.Approve(t.Context(), request, number, maraPIN)
			p.must(err)
			p.desk.At("/")
		})
	}
}

func TestAPhoneThatStaysSilentLeavesTwoWaysInOneTapAway(t *testing.T) {
	for _, r := range everybody {
		t.Run(r.lang, func(t *testing.T) {
			p := reports(t, r)
			p.enters()
			p.still()
			p.desk.Gone("#wait-notice:not(.is-off)")
			p.desk.Wait("#wait-notice:not(.is-off)") // once a phone should have spoken; nobody tells the page
			p.desk.Says("#wait-notice", silentWords[r.lang])
			p.desk.Says("[data-said]", silentWords[r.lang])
			p.kept()
			if app := browser.Eval[string](p.desk, `document.getElementById("notice-app").href`); app != p.server.phone+"/" {
				t.Errorf("the app is said to be at %s", app)
			}
			r.look(t, p.desk, "portal-waiting-unconfirmed")
			p.desk.Click("#notice-code")
			p.desk.At("/sign-in/code")
			code, err := p.phone.RespondTyped(p.phone.State().Keys[0].ID, digitsOn(p.desk), maraPIN)
			p.must(err)
			p.desk.Type("#code", code)
			p.desk.Click("#sign-in")
			p.desk.At("/")
		})
	}
}

func TestATestNotificationTellsTheSecondsThatItTook(t *testing.T) {
	for _, r := range everybody {
		t.Run(r.lang, func(t *testing.T) {
			p := reports(t, r)
			p.enters()
			<-p.told
			_, err := p.phone.Approve(t.Context(), p.asked(), p.desk.Number(), maraPIN)
			p.must(err)
			p.desk.At("/")
			p.desk.Go(p.portal + "/security")
			p.desk.Click("#phones [data-test]")
			p.desk.Wait("#test-phone")
			r.look(t, p.desk, "portal-test-phone")
			p.desk.Click("#test-notification")
			p.desk.Wait("#wait[data-phase=waiting]")
			p.desk.Until("two seconds", `Number(document.querySelector("[data-elapsed]").textContent) >= 2`)
			r.look(t, p.desk, "portal-push-test-waiting")
			p.seen(client.Approval{ID: <-p.told, Key: p.phone.Keys()[0]}, client.Received)
			p.desk.Wait("#wait[data-phase=done]")
			r.look(t, p.desk, "portal-push-test-done")
			p.desk.Click("#go-back")
			p.desk.Says("#phones .facts", testedWords[r.lang])
			r.look(t, p.desk, "portal-security-delivery")
			p.desk.Go(p.portal + "/help/notifications")
			p.desk.Wait("#notifications")
			r.look(t, p.desk, "portal-help-notifications")
		})
	}
}

func TestATestNotificationThatDoesNotArriveSaysWhatToLookAt(t *testing.T) {
	r := everybody[len(everybody)-1] // one is enough: it takes 30 s
	p := reports(t, r)
	p.enters()
	<-p.told
	_, err := p.phone.Approve(t.Context(), p.asked(), p.desk.Number(), maraPIN)
	p.must(err)
	p.desk.At("/")
	p.desk.Go(p.portal + "/security")
	p.desk.Click("#phones [data-test]")
	p.desk.Click("#test-notification")
	p.desk.Wait("#wait[data-phase=waiting]")
	p.desk.Until("20 of the 30 seconds", `Number(document.querySelector("[data-elapsed]").textContent) >= 20`)
	p.desk.Wait("#wait[data-phase=silent]") // nobody tells the page: the time does
	r.look(t, p.desk, "portal-push-test-silent")
	p.seen(client.Approval{ID: <-p.told, Key: p.phone.Keys()[0]}, client.Received)
	p.desk.Wait("#wait[data-phase=late]")
	r.look(t, p.desk, "portal-push-test-late")
}
