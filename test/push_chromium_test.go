package test

import (
	"maps"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
	"github.com/nodkey/nodkey/nodkeytest/pushservice"
)

func TestAPushReachesChromiumEncrypted(t *testing.T) {
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
	h.journey("chromium")
}
