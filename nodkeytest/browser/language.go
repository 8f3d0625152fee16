package browser

import (
	"github.com/chromedp/cdproto/emulation"
)

// Speak makes the browser wish for a language (BCP 47), in its requests and to its scripts, for the pages that come.
func (tab *Tab) Speak(lang string) {
	tab.t.Helper()
	params := androidChrome
	if !tab.device.Phone {
		params = emulation.SetUserAgentOverrideParams{UserAgent: Eval[string](tab, "navigator.userAgent")}
	}
	params.AcceptLanguage = lang
	call(tab, emulation.SetUserAgentOverride, params)
}
