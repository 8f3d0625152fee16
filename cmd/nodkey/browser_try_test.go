package main

import (
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest/browser"
)

func TestInABrowserATestRequestThatNobodyAnswersSaysWhatToTry(t *testing.T) {
	b, c := startBrowser(t), startClocked(t)
	desk, phone := b.Open(t, "portal", browser.Desktop), b.Open(t, "phone", browser.Handset)
	desk.SignIn(c.portal, "mara", clockedPassword)
	browser.Activate(desk, phone, c.phone, clockedPIN)
	desk.Click("#user-menu summary")
	desk.Click("#sign-out")
	desk.At("/sign-in")
	desk.SignIn(c.portal, "mara", clockedPassword)
	phone.Approve(desk.Number(), clockedPIN)
	desk.At("/")
	desk.Go(c.portal + "/security")
	desk.Click("#phones [data-test]")
	desk.Click("#test-request")
	desk.Wait("#wait-number")
	c.clock.jump(nodkey.ApprovalLife + time.Second)
	desk.Wait("#outcome[data-outcome=expired]")
	for _, lang := range []string{"de", "ja", "en"} {
		desk.Click("#languages summary")
		desk.Click("#languages button[lang=" + lang + "]")
		desk.Wait("html[lang=" + lang + "] #outcome[data-outcome=expired]")
		desk.Visit("lang-" + lang + "-portal-test-expired")
	}
	desk.Says("#outcome", "airplane mode")
	desk.Click("#try-again")
	desk.Wait("#wait-number")
	desk.Click("#cancel")
	desk.Wait("#outcome[data-outcome=cancelled]")
}
