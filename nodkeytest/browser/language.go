package browser

import (
	"github.com/chromedp/cdproto/emulation"
)

// Speak makes the browser wish for a language (BCP 47), in its requests and to its scripts, for the pages that come.
func (tab *Tab) Speak(lang string) {
	tab.t.Helper()
	params, ok := tab.device.agent(lang)
	if !ok {
		params.UserAgent = Eval[string](tab, "navigator.userAgent")
	}
	call(tab, emulation.SetUserAgentOverride, params)
}
