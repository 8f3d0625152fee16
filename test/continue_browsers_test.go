package test

import (
	"path/filepath"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/eye"
	"github.com/nodkey/nodkey/nodkeytest/firefox"
)

// engine is a tab of another engine than Chromium's.
type engine interface {
	Go(address string)
	Wait(selector string)
	Says(selector, piece string)
	Until(what, expression string)
	Click(selector string)
	Type(selector, text string)
}

// The way out of the portal, by a form of the portal's, in the other engines: consent and a refusal lead to another site there, too.
func (h *house) throughConsent(w *wiki, desk engine, number func() string) {
	h.t.Helper()
	at := func(id, text string) {
		h.t.Helper()
		desk.Until("the product", "location.origin === '"+w.origin+"'")
		desk.Says("#"+id, text)
	}
	desk.Go(w.origin + "/login")
	desk.Wait("#sign-in-form")
	desk.Says("h1", "Sign in to go on to Aldermere Wiki")
	desk.Type("#username", maraName)
	desk.Type("#password", maraPassword)
	desk.Click("#sign-in")
	desk.Wait("#wait-number")
	h.phone.Approve(number(), maraPIN)
	desk.Wait("#refuse")
	desk.Says("h1", "May Aldermere Wiki have the following?")
	desk.Click("#refuse")
	at("problem", "access_denied")
	desk.Go(w.origin + "/login")
	desk.Wait("#allow")
	desk.Click("#allow")
	at("who", "Hello Mara Lindqvist")
}

func shownNumber(e eye.Eye) func() string {
	return func() string { return eye.Eval[string](e, `document.querySelector("#wait-number").dataset.number`) }
}

func TestConsentLeadsOnInFirefox(t *testing.T) {
	h := settled(t, withOIDC)
	w := openWiki(t, h.server, "wiki", "Aldermere Wiki", map[string]any{"consent": "ask"})
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	log := &lines{}
	b, err := firefox.Start(log, root, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the log of Firefox:\n%s", log)
		}
	})
	desk := b.Open(t, "portal")
	h.throughConsent(w, desk, shownNumber(desk.Eye))
}

func TestConsentLeadsOnInWebKit(t *testing.T) {
	h := settled(t, withOIDC)
	w := openWiki(t, h.server, "wiki", "Aldermere Wiki", map[string]any{"consent": "ask"})
	desk := inWebKit(t)
	h.throughConsent(w, desk, shownNumber(desk.Eye))
}
