package main

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
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
	roots := filepath.Join(t.TempDir(), "roots.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: service.Certificate().Raw})
	if err := os.WriteFile(roots, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	h := pushHouse(t, map[string]string{
		"push.own_services": "example.com=" + service.Listener.Addr().String(), "push.ca_roots": roots, "push.subject": "mailto:desk@example.com",
	})
	registry := prometheus.NewRegistry()
	h.measure(registry)
	log := &nodkeytest.Log{}
	workers := h.workers(slog.New(slog.NewTextHandler(log, nil)))
	stopped := make(chan error, len(workers))
	running, stop := context.WithCancel(t.Context())
	defer stop()
	for _, work := range workers {
		go func() { stopped <- work(running) }()
	}

	ctx := t.Context()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := h.services.Users.Add(ctx, nodkey.Operator("desk"), nodkey.NewUser{Name: "mara", DisplayName: "Mara", Password: "korrekt horse battery"})
	check(err)
	browser := nodkey.Caller{Agent: "Firefox on Windows", Locale: "en"}
	entry, err := h.services.SignIns.Begin(ctx, browser, "mara", "korrekt horse battery")
	check(err)
	session, err := h.services.Sessions.Caller(ctx, browser, entry.Session)
	check(err)
	banner, err := h.services.Activations.Start(ctx, session)
	check(err)
	key, _, err := nodkeytest.NewPhone(h.services, h.clock, "Pixel 8").Activate(ctx, banner.Code, nodkeytest.Making{PIN: "7294"})
	check(err)
	phone, err := key.Caller(ctx)
	check(err)
	point, err := base64.RawURLEncoding.DecodeString("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4")
	check(err)
	check(h.services.Keys.Subscribe(ctx, phone, nodkey.ChannelWebPush, nodkey.Subscription{Endpoint: "https://example.com/p/secret", P256DH: point, Auth: make([]byte, 16)}))
	_, err = h.services.SignIns.Begin(ctx, browser, "mara", "korrekt horse battery")
	check(err)

	select {
	case r := <-arrived:
		if r.URL.Path != "/p/secret" || !strings.HasPrefix(r.Header.Get("Authorization"), "vapid t=") || r.Header.Get("Urgency") != "high" {
			t.Errorf("there came %s with %v", r.URL, r.Header)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("nothing came; the log: %s", log)
	}
	stop()
	for range workers {
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	}
	if strings.Contains(log.String(), "secret") {
		t.Errorf("the log: %s", log)
	}
	families, err := registry.Gather()
	check(err)
	found := map[string]string{}
	for _, f := range families {
		found[f.GetName()] = f.String()
	}
	for name, want := range map[string]string{
		"nodkey_push_messages_total": `"delivered"`, "nodkey_push_accepted_seconds": "sample_count:1", "nodkey_push_paused_hosts": "value:0",
	} {
		if !strings.Contains(found[name], want) {
			t.Errorf("%s is %q, want %s in it", name, found[name], want)
		}
		if strings.Contains(found[name], "secret") {
			t.Errorf("%s tells the endpoint", name)
		}
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
