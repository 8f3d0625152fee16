package test

import (
	"path/filepath"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/eye"
	"github.com/nodkey/nodkey/nodkeytest/firefox"
	"github.com/nodkey/nodkey/nodkeytest/pushservice"
)

// pushedInFirefox is a house whose phone is Firefox, with a push service of the test's behind it.
func pushedInFirefox(t *testing.T) (*pushed, *pushservice.Autopush) {
	t.Helper()
	service, err := pushservice.StartAutopush()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, fault := range service.Faults() {
			t.Errorf("Firefox's push service: %s", fault)
		}
		if err := service.Close(); err != nil {
			t.Error(err)
		}
	})
	h := &pushed{server: servePush(t, service.Service), t: t, service: service.Service, read: pushservice.Decrypted, unread: pushservice.NotDecrypted}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	log := &lines{}
	b, err := firefox.Start(log, root, map[string]any{
		"dom.push.connection.enabled": true, "dom.push.serverURL": service.Address(), "dom.push.testing.allowInsecureServerURL": true,
		"dom.push.retryBaseInterval": 100, // ms, when the line was lost
	})
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
	h.open = func() pushedPage { return b.Open(t, "phone") }
	h.list = func(p pushedPage, expression string) []string {
		return eye.Eval[[]string](p.(*firefox.Tab).Eye, expression)
	}
	return h, service
}

func TestAPushReachesFirefoxEncrypted(t *testing.T) {
	h, _ := pushedInFirefox(t)
	h.journey("firefox")
}

// A push service that has lost its data takes the subscription away. The browser tells the service worker, which subscribes
// again and hands the new one over, signed with the phone's key, without the app.
func TestAServiceWorkerRenewsTheSubscriptionThatFirefoxLost(t *testing.T) {
	h, service := pushedInFirefox(t)
	h.activate()
	before := h.server.count("POST /api/phone/v1/push/subscribe")
	service.Forget()
	h.await("a subscription again", func() bool { return service.Subscriptions() == 1 })
	h.server.logged("POST /api/phone/v1/push/subscribe", before+1)
	desk := h.enters("/sign-in/wait")
	h.shows(h.verdict(1, h.read))
	h.reports(desk)
}
