package main

import (
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// The page of the code notices by itself that its five minutes are over, and one tap gives other digits.
func TestInABrowserDigitsThatRunOutSaySo(t *testing.T) {
	b, c := startBrowser(t), startClocked(t)
	desk := b.Open(t, "portal", browser.Desktop)
	desk.SignIn(c.portal, "mara", clockedPassword)
	phone, err := client.New(client.Config{HTTP: client.NewHTTPClient(nil), Now: c.clock.Now}, client.State{})
	if err != nil {
		t.Fatal(err)
	}
	offer, err := phone.Lookup(t.Context(), c.phone, strings.Join(desk.Code(), "-"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := phone.Activate(t.Context(), offer, clockedPIN, "Terminal")
	if err != nil {
		t.Fatal(err)
	}
	desk.Wait("#activated")
	desk.Click("#user-menu summary")
	desk.Click("#sign-out")
	desk.At("/sign-in")

	desk.SignIn(c.portal, "mara", clockedPassword)
	desk.Click("#use-code")
	first := desk.Text("#digits")
	c.clock.jump(nodkey.ChallengeLife + time.Second)
	desk.Wait("#outcome[data-outcome=code_late]")
	desk.Visit("portal-code-late")
	desk.Click("#try-again")
	desk.At("/sign-in/code")
	next := desk.Text("#digits")
	if next == first {
		t.Errorf("the digits are those of before: %s", next)
	}
	code, err := phone.RespondTyped(key.ID, next, clockedPIN)
	if err != nil {
		t.Fatal(err)
	}
	desk.Type("#code", code)
	desk.Click("#sign-in")
	desk.At("/")
	desk.Says("#greeting", "Mara")
}
