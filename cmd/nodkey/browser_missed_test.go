package main

import (
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// A phone whose app was closed while somebody asked says so afterwards, with when and from where; what was read does not come
// back, and nothing of the old request is in the way of the next.
func TestInABrowserAMissedRequestIsFoundOnThePhone(t *testing.T) {
	b, c := startBrowser(t), startClocked(t)
	desk, phone := b.Open(t, "portal", browser.Desktop), b.Open(t, "phone", browser.Handset)
	desk.SignIn(c.portal, "mara", clockedPassword)
	browser.Activate(desk, phone, c.phone, clockedPIN)
	desk.Click("#user-menu summary")
	desk.Click("#sign-out")
	desk.At("/sign-in")

	phone.Go("about:blank")
	desk.SignIn(c.portal, "mara", clockedPassword)
	desk.Wait("#wait-number")
	c.clock.jump(nodkey.ApprovalLife + time.Second)
	desk.Wait("#outcome[data-outcome=expired]")

	phone.Go(c.phone + "/")
	const row = "[id^=missed-]"
	for _, in := range []struct{ lang, chip, todo string }{
		{"de", "Verpasst", "Passwort"}, {"ja", "応答なし", "パスワード"}, {"en", "Missed", "password"},
	} {
		phone.Click("#more")
		phone.Click("#settings")
		phone.Click("#language-" + in.lang)
		phone.Click("#back")
		phone.Click("#back")
		phone.Wait("html[lang=" + in.lang + "] " + row)
		phone.Says(row, in.chip)
		phone.Says(row, "127.0.0.1")
		phone.Visit("lang-" + in.lang + "-phone-missed-home")
		phone.Click(row)
		phone.Wait("[data-screen=missed]")
		phone.Says("[data-screen=missed]", "127.0.0.1")
		phone.Says("[data-screen=missed]", in.todo)
		phone.Visit("lang-" + in.lang + "-phone-missed")
		phone.Click("#back")
		phone.Wait("[data-screen=home]")
	}
	phone.Click(row)
	phone.Click("#dismiss")
	phone.Wait("[data-screen=home]")
	phone.Gone(row)
	phone.Until("the way back home", "history.state.depth === 0")
	phone.Reload()
	phone.Wait("[data-screen=home]")

	desk.Click("#try-again")
	phone.Approve(desk.Number(), clockedPIN)
	phone.Says("h1", "Approved")
	desk.At("/")
	phone.Click("#done")
	phone.Wait("[data-screen=home]")
	phone.Gone(row)
}
