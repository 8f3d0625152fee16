package test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey/nodkeytest/browser"
	"github.com/nodkey/nodkey/nodkeytest/pushservice"
)

// pushedInChromium is a house whose phone is Chromium, with a push service of the test's behind it.
func pushedInChromium(t *testing.T) *pushed {
	t.Helper()
	service, err := pushservice.StartGCM()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, fault := range service.Faults() {
			t.Errorf("Chromium's push service: %s", fault)
		}
		if err := service.Close(); err != nil {
			t.Error(err)
		}
	})
	// It acknowledges a message when it has come, before it decrypts it.
	h := &pushed{server: servePush(t, service.Service), t: t, service: service.Service, read: pushservice.Taken, unread: pushservice.Taken}
	flags := map[string]any{"host-resolver-rules": "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1"}
	maps.Copy(flags, service.Flags())
	b, err := browser.StartWith(flags)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	// Of the profile itself: private windows have no push service.
	h.open = func() pushedPage {
		tab := b.OpenOrdinary(t, "phone", browser.Handset.FromHomeScreen())
		tab.Allow("notifications", h.phone, true)
		return tab
	}
	h.list = func(p pushedPage, expression string) []string {
		return browser.Eval[[]string](p.(*browser.Tab), expression)
	}
	return h
}

func TestAPushReachesChromiumEncrypted(t *testing.T) { pushedInChromium(t).journey("chromium") }

// The push service knows the subscription no more, and the browser does not know of that. The server hears it with the next
// message and forgets it too; the app that is opened hears it from the server, and makes another.
func TestAPhoneWhoseSubscriptionIsGoneMakesAnother(t *testing.T) {
	h := pushedInChromium(t)
	h.activate()
	h.service.EndAll()
	desk := h.enters("/sign-in/wait")
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(pushPatience); !strings.Contains(string(h.run("", "user", "show", maraName, "--json")), `"channels":[]`); <-look.C {
		if time.Now().After(end) {
			t.Fatal("the server goes on sending to a subscription that is gone")
		}
	}
	app := h.open()
	app.Go(h.phone + "/")
	h.approve(app, desk, "chromium-gone")
	h.await("a subscription again", func() bool { return h.service.Subscriptions() == 1 })
	h.logged("POST /api/phone/v1/push/subscribe", 2)
	app.Close()
	h.comesBack(desk)
	h.shows(h.verdict(1, h.read))
	h.reports(desk)
}
