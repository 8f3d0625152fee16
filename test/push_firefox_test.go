package test

import (
	"path/filepath"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/firefox"
	"github.com/nodkey/nodkey/nodkeytest/pushservice"
)

func TestAPushReachesFirefoxEncrypted(t *testing.T) {
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
	h.tags = func(p pushedPage) []string { return firefox.Eval[[]string](p.(*firefox.Tab), shownTags) }
	h.journey("firefox")
}
