package test

import (
	"testing"

	cdpnetwork "github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp/kb"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

func TestTheWaitingPageAsksWhereStreamsAreBlocked(t *testing.T) {
	h := settled(t, nil)
	command(t, h.desk, cdpnetwork.Enable, cdpnetwork.EnableParams{})
	command(t, h.desk, cdpnetwork.SetBlockedURLs, cdpnetwork.SetBlockedURLsParams{
		URLPatterns: []*cdpnetwork.BlockPattern{{URLPattern: h.portal + "/sign-in/stream", Block: true}},
	})
	h.desk.Excuse("ERR_BLOCKED_BY_CLIENT")
	h.signIn()
	h.phone.Approve(h.desk.Number(), maraPIN)
	h.desk.At("/")
	h.desk.Says("#greeting", "Mara")
}

func TestThePortalWorksWithoutScript(t *testing.T) {
	h := settled(t, nil)
	h.desk.Script(false)
	h.signIn()
	h.desk.Wait("#check-again")
	h.desk.Visit("portal-waiting-without-script")
	h.desk.Click("#check-again")
	number := h.desk.Number()
	h.phone.Approve(number, maraPIN)
	h.phone.Says("h1", "Approved")
	h.desk.At("/") // by the page's own refresh
	h.desk.Says("#greeting", "Mara")
	h.desk.Go(h.portal + "/security")
	h.desk.Click("#phones a[href$='/remove']") // the dialog's question as a page
	h.desk.Wait("#confirm-yes")
	h.desk.Visit("portal-remove-without-script")
	h.desk.Click("#keep")
	h.desk.At("/security")
}

// tabTo presses Tab until the focus is on an element.
func tabTo(tab *browser.Tab, selector string) {
	for range 60 {
		tab.Keys(kb.Tab)
		if browser.Eval[bool](tab, "document.activeElement?.matches(`"+selector+"`) ?? false") {
			return
		}
	}
	tab.Until("the focus on "+selector, "false")
}

func TestTheWholeSignInIsDoneByKeyboard(t *testing.T) {
	h := settled(t, nil)
	h.desk.Go(h.portal + "/sign-in")
	tabTo(h.desk, "#username")
	h.desk.Keys(maraName)
	tabTo(h.desk, "#password")
	h.desk.Keys(maraPassword + kb.Enter)
	number := h.desk.Number()

	h.phone.Wait("[data-screen=approval] #confirm")
	tabTo(h.phone, "#number-1")
	h.phone.Keys(number) // the second box takes the focus by itself
	tabTo(h.phone, "#confirm")
	h.phone.Keys(kb.Enter)
	h.phone.Wait("[data-screen=confirm] #pin")
	tabTo(h.phone, "#pin")
	h.phone.Keys(maraPIN + kb.Enter)
	h.phone.Says("h1", "Approved")
	h.desk.At("/")
	h.desk.Says("#greeting", "Mara")
	tabTo(h.phone, "#done")
	h.phone.Keys(kb.Enter)
	h.phone.Wait("[data-screen=home]")

	tabTo(h.desk, "#user-menu summary")
	h.desk.Keys(kb.Enter)
	tabTo(h.desk, "#sign-out")
	h.desk.Keys(kb.Enter)
	h.desk.At("/sign-in")
}

func TestEveryFocusIsSeen(t *testing.T) {
	h := settled(t, nil)
	h.desk.Go(h.portal + "/sign-in")
	for range 6 {
		h.desk.Keys(kb.Tab)
		if shown := browser.Eval[bool](h.desk, `(e => e === document.body || parseFloat(getComputedStyle(e).outlineWidth) >= 2 || e.matches("main"))(document.activeElement)`); !shown {
			t.Errorf("the focus is not seen on %s", browser.Eval[string](h.desk, "document.activeElement.outerHTML.slice(0, 200)"))
		}
	}
}
