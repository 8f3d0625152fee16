package test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	requests "github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

func TestTheAppOpensOfflineAndSaysSo(t *testing.T) {
	h := settled(t, nil)
	h.phone.Until("a service worker in charge", "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)")
	h.stop()
	h.phone.Excuse("net::ERR_") // there is no server
	h.phone.Reload()
	h.phone.Wait("[data-screen=home]")
	h.phone.Says(".screen-status", "No connection since")
	h.phone.Says(".phone", "Mara Lindqvist")
	h.phone.Visit("phone-home-offline")
	h.phone.Click("#more")
	h.phone.Click("#about")
	h.phone.Wait("[data-screen=about]")
	h.phone.Click("#back")
	h.phone.Click("#back")
	h.phone.Wait("[data-screen=home]")

	h.start()
	h.phone.Click("#refresh")
	h.phone.Until("the end of being offline", `!document.querySelector(".screen-status")?.textContent.includes("No connection")`)
	h.enter()
}

func TestTheAppCanBeInstalled(t *testing.T) {
	s := serve(t, nil)
	phone := running(t).OpenOrdinary(t, "phone", browser.Handset) // a private window installs nothing
	phone.Go(s.phone + "/")
	phone.Wait("[data-screen=first]")
	phone.Until("a service worker", "navigator.serviceWorker.ready.then(() => true)")
	answer, err := chromedp.Call(phone.Context(), page.GetInstallabilityErrors, cdp.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range answer.InstallabilityErrors {
		t.Errorf("not installable: %s %v", e.ErrorID, e.ErrorArguments)
	}
}

// A browser that is too old does not even read the app's script, so that the page itself has to say so.
func TestABrowserThatCannotStartTheAppIsToldSo(t *testing.T) {
	s := serve(t, nil)
	phone := open(t, "phone", browser.Handset)
	phone.Excuse("net::ERR_BLOCKED_BY_CLIENT")
	if _, err := chromedp.Call(phone.Context(), requests.SetBlockedURLs, requests.SetBlockedURLsParams{
		URLPatterns: []*requests.BlockPattern{{URLPattern: "*://*:*/assets/*.js", Block: true}},
	}); err != nil {
		t.Fatal(err)
	}
	phone.Go(s.phone + "/")
	phone.Until("the sentence", `getComputedStyle(document.querySelector(".unstarted")).visibility === "visible"`)
	for _, lang := range []string{"en", "de", "ja"} {
		phone.Says(".unstarted [lang="+lang+"]", "iOS 16")
	}
	phone.Glance("phone-unstarted")
}

func TestEveryOtherScreenOfTheApp(t *testing.T) {
	h := move(t, nil)
	h.phone.Go(h.server.phone + "/")
	h.phone.Click("#before")
	h.phone.Wait("[data-screen=before]")
	h.phone.Visit("phone-before")
	h.phone.Click("#back")
	h.phone.Click("#services")
	h.phone.Wait("[data-screen=services]")
	h.phone.Visit("phone-services")
	h.phone.Click("#authenticate")
	h.phone.Wait("[data-screen=users]")
	h.phone.Visit("phone-users-none")
	h.phone.Click("#back")
	h.phone.Click("#about")
	h.phone.Wait("[data-screen=about]")
	h.phone.Says("main", "Aldermere Savings")
	h.phone.Visit("phone-about")
	h.phone.Click("#back")
	h.phone.Click("#settings")
	h.phone.Wait("[data-screen=settings]")
	h.phone.Visit("phone-settings")
	h.phone.Click("#drawing-ios")
	h.phone.Click("#theme-dark")
	h.phone.Until("the dark theme", "document.documentElement.dataset.theme === 'dark'")
	h.phone.Click("#theme-device")
	h.phone.Go(h.server.phone + "/")
	h.phone.Click("#back")
	h.phone.Click("#back")
	h.phone.Says("#register", "Set up using QR code")
	h.phone.Visit("phone-first-ios")
	h.phone.Click("#register")
	h.phone.Wait("[data-screen=code]")
	h.phone.Visit("phone-code-ios")
}

func TestEveryOtherPageOfThePortal(t *testing.T) {
	h := move(t, nil)
	h.desk.Go(h.portal + "/desk")
	h.desk.Wait("#desk")
	h.desk.Visit("portal-desk")
	h.desk.Go(h.portal + "/no-such-page")
	h.desk.Wait("#message")
	h.desk.Visit("portal-not-found")
}

// Neither door lets another site put it into a frame.
func TestNoSiteFramesPortalOrPhoneApp(t *testing.T) {
	s := serve(t, nil)
	inner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<!doctype html><title>inner</title><script>parent.postMessage("framed", "*")</script>`)
	}))
	defer inner.Close()
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><title>stranger</title><script>heard = []; loaded = 0; onmessage = e => heard.push(e.data)</script>
<iframe src="%s/" onload="loaded++"></iframe><iframe src="%s/sign-in" onload="loaded++"></iframe><iframe src="%s/" onload="loaded++"></iframe>`,
			inner.URL, s.portal, s.phone)
	}))
	defer stranger.Close()
	tab := open(t, "stranger", browser.Desktop)
	tab.Excuse("frame-ancestors")
	tab.Excuse("X-Frame-Options")
	tab.Excuse("chrome-error://")
	tab.Excuse("/favicon.ico")
	tab.Go(stranger.URL)
	tab.Until("every frame", "loaded === 3 && heard.includes('framed')") // that one may be framed is seen by this way
	for _, origin := range []string{s.portal, s.phone} {
		refused := func(complaint string) bool {
			return strings.Contains(complaint, "Framing '"+origin) && strings.Contains(complaint, "frame-ancestors") && strings.Contains(complaint, "blocked")
		}
		if !slices.ContainsFunc(tab.Complaints(), refused) {
			t.Errorf("the browser does not say that it refused to frame %s: %q", origin, tab.Complaints())
		}
	}
}
