package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// pushHouse opens a house of its own with further settings.
func pushHouse(t *testing.T, more map[string]string) *house {
	t.Helper()
	values := map[string]string{
		"data_dir": filepath.Join(t.TempDir(), "data"), "portal_host": "https://portal.house.test", "phone_host": nodkeytest.PhoneOrigin,
		"tls.mode": "proxy", "trusted_proxies": "127.0.0.1", "policy.activation_first": "password",
	}
	for key, value := range more {
		values[key] = value
	}
	s, err := makeSettings(values)
	if err != nil {
		t.Fatal(err)
	}
	h, err := openHouse(t.Context(), s, houseOptions{passwords: quickPasswords{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func TestARequestWakesAPhoneThroughThePushServiceOfTheConfiguration(t *testing.T) {
	arrived := make(chan *http.Request, 10)
	service := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived <- r.Clone(t.Context())
		w.WriteHeader(http.StatusCreated)
	}))
	defer service.Close()
	a := askedHouse(t, map[string]string{
		"push.own_services": "example.com=" + service.Listener.Addr().String(), "push.ca_roots": rootsFile(t, service), "push.subject": "mailto:desk@example.com",
	})
	point := a.services.Keys.Server().Push // any point of the curve does
	a.subscribe(nodkey.ChannelWebPush, nodkey.Subscription{Endpoint: "https://example.com/p/secret", P256DH: point, Auth: make([]byte, 16)})
	a.ask()

	select {
	case r := <-arrived:
		if r.URL.Path != "/p/secret" || !strings.HasPrefix(r.Header.Get("Authorization"), "vapid t=") || r.Header.Get("Urgency") != "high" {
			t.Errorf("there came %s with %v", r.URL, r.Header)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("nothing came; the log: %s", a.log)
	}
	for name, want := range map[string]string{
		"nodkey_push_messages_total": `"delivered"`, "nodkey_push_accepted_seconds": "sample_count:1", "nodkey_push_paused_hosts": "value:0",
	} {
		for late := time.Now().Add(20 * time.Second); !strings.Contains(a.metric(name), want); time.Sleep(time.Millisecond) {
			if time.Now().After(late) {
				t.Fatalf("%s is %q, want %s in it", name, a.metric(name), want)
			}
		}
		if strings.Contains(a.metric(name), "secret") {
			t.Errorf("%s tells the endpoint", name)
		}
	}
	if strings.Contains(a.log.String(), "secret") {
		t.Errorf("the log: %s", a.log)
	}
}

func TestWebPushIsOnUnlessItIsTurnedOff(t *testing.T) {
	on, off := pushHouse(t, nil), pushHouse(t, map[string]string{"push.web": "false"})
	if on.services.Keys.Server().Push == nil || on.messages == nil {
		t.Error("it is off")
	}
	if off.services.Keys.Server().Push != nil || off.messages != nil || len(off.workers(slog.Default())) != len(on.workers(slog.Default()))-1 {
		t.Error("it is on")
	}
	off.measure(prometheus.NewRegistry())
	for subject, want := range map[string]string{"": "https://portal.house.test", "mailto:a@b.example": "mailto:a@b.example"} {
		s := *on.settings
		s.Push.Subject = subject
		if got := s.pushSubject(); got != want {
			t.Errorf("the subject is %q, want %q", got, want)
		}
	}
}
