package browser

import (
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"
)

// Push delivers a push message with this plaintext to the service worker that an origin registered on the tab's device, as a
// push service's message arrives once the browser has decrypted it. The tab may show any page.
func (tab *Tab) Push(origin, data string) {
	tab.t.Helper()
	found := make(chan serviceworker.RegistrationID, 1)
	err := chromedp.Listen(tab.ctx, func(event any) {
		e, ok := event.(*serviceworker.EventWorkerRegistrationUpdated)
		if !ok {
			return
		}
		for _, r := range e.Registrations {
			if r.ScopeURL == origin+"/" && !r.IsDeleted {
				select {
				case found <- r.RegistrationID:
				default: // the first is enough
				}
			}
		}
	})
	if err != nil {
		tab.fail("listening for service workers: %v", err)
	}
	call(tab, serviceworker.Enable, cdp.Empty{})
	defer call(tab, serviceworker.Disable, cdp.Empty{})
	select {
	case id := <-found:
		call(tab, serviceworker.DeliverPushMessage, serviceworker.DeliverPushMessageParams{Origin: origin, RegistrationID: id, Data: data})
	case <-time.After(patience):
		tab.fail("%s registered no service worker", origin)
	}
}
