package main

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"io"
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
	"github.com/nodkey/nodkey/nodkeytest/ntfy"
)

// asked is a house with a phone that sign-ins ask.
type asked struct {
	*house
	t        *testing.T
	key      *nodkeytest.PhoneKey
	log      *nodkeytest.Log
	registry *prometheus.Registry
	browser  nodkey.Caller
}

// askedHouse opens a house with these settings and its workers, with mara in it, whose phone is "Pixel 8".
func askedHouse(t *testing.T, settings map[string]string) *asked {
	t.Helper()
	a := &asked{house: pushHouse(t, settings), t: t, log: &nodkeytest.Log{}, registry: prometheus.NewRegistry(), browser: nodkey.Caller{Agent: "Firefox on Windows", Locale: "de"}}
	a.measure(a.registry)
	workers := a.workers(slog.New(slog.NewTextHandler(a.log, nil)))
	ended := make(chan error, len(workers))
	running, stop := context.WithCancel(context.Background())
	for _, work := range workers {
		go func() { ended <- work(running) }()
	}
	t.Cleanup(func() {
		stop()
		for range workers {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
	ctx := t.Context()
	_, err := a.services.Users.Add(ctx, nodkey.Operator("desk"), nodkey.NewUser{Name: "mara", DisplayName: "Mara", Password: "korrekt horse battery", Locale: "de"})
	a.check(err)
	entry, err := a.services.SignIns.Begin(ctx, a.browser, "mara", "korrekt horse battery")
	a.check(err)
	session, err := a.services.Sessions.Caller(ctx, a.browser, entry.Session)
	a.check(err)
	banner, err := a.services.Activations.Start(ctx, session)
	a.check(err)
	a.key, _, err = nodkeytest.NewPhone(a.services, a.clock, "Pixel 8").Activate(ctx, banner.Code, nodkeytest.Making{PIN: "7294"})
	a.check(err)
	return a
}

func (a *asked) subscribe(channel string, s nodkey.Subscription) {
	a.t.Helper()
	phone, err := a.key.Caller(a.t.Context())
	a.check(err)
	a.check(a.services.Keys.Subscribe(a.t.Context(), phone, channel, s))
}

func (a *asked) check(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// ask begins a sign-in; end takes it back.
func (a *asked) ask() (end func()) {
	a.t.Helper()
	entry, err := a.services.SignIns.Begin(a.t.Context(), a.browser, "mara", "korrekt horse battery")
	a.check(err)
	return func() {
		a.t.Helper()
		a.check(a.services.SignIns.Cancel(a.t.Context(), a.browser, entry.SignIn))
	}
}

// metric gives a family of metrics as text.
func (a *asked) metric(name string) string {
	a.t.Helper()
	families, err := a.registry.Gather()
	a.check(err)
	for _, f := range families {
		if f.GetName() == name {
			return f.String()
		}
	}
	return ""
}

// rootsFile writes the certificates that are to be trusted.
func rootsFile(t *testing.T, servers ...*httptest.Server) string {
	t.Helper()
	var all []byte
	for _, s := range servers {
		all = append(all, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})...)
	}
	path := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(path, all, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Without Web Push: a request is told to a topic in the user's language, and to the gateway, and to neither more than it may know.
func TestNtfyAndAGatewayAreToldWhereWebPushIsOff(t *testing.T) {
	server := ntfy.New(t)
	defer server.Close()
	server.Token = "tk_hush"
	posted := make(chan string, 10)
	gateway := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !strings.HasPrefix(r.Header.Get("webhook-signature"), "v1,") {
			t.Errorf("%v with %v", err, r.Header)
		}
		posted <- string(body)
	}))
	defer gateway.Close()
	a := askedHouse(t, map[string]string{
		"push.web": "false", "push.ntfy": "example.com", "push.own_services": "example.com=" + server.Listener.Addr().String(), "push.ntfy_token": "tk_hush",
		"push.webhook": gateway.URL + "/hidden", "push.webhook_secret": whsec, "push.ca_roots": rootsFile(t, server.Server, gateway), "server_name": "Sparkasse Äußere Neustadt",
	})
	if s := a.services.Keys.Server(); s.Push != nil || !s.Ntfy {
		t.Errorf("phones are told %+v", s)
	}
	heard, err := server.Subscribe(t.Context(), "hidden")
	a.check(err)
	a.subscribe(nodkey.ChannelNtfy, nodkey.Subscription{Endpoint: "https://example.com/hidden"})
	a.ask()
	soon := time.After(20 * time.Second)
	select {
	case m := <-heard:
		if m.Title != "Sparkasse Äußere Neustadt" || m.Message != a.texts.For("de").T("notify.waiting", nil) || m.Click != nodkeytest.PhoneOrigin+"/" {
			t.Errorf("ntfy is told %+v", m)
		}
	case <-soon:
		t.Fatalf("nothing came to the topic; the log: %s", a.log)
	}
	select {
	case body := <-posted:
		var m map[string]string
		a.check(json.Unmarshal([]byte(body), &m))
		if m["type"] != "approval.waiting" || m["user"] != "mara" || m["phone"] != "Pixel 8" || m["locale"] != "de" || m["url"] != nodkeytest.PhoneOrigin+"/" || len(m) != 9 {
			t.Errorf("the gateway is told %s", body)
		}
		for _, secret := range []string{"Firefox", "Windows", "hidden", "tk_hush"} {
			if strings.Contains(body, secret) {
				t.Errorf("the gateway is told %s", secret)
			}
		}
	case <-soon:
		t.Fatalf("nothing came to the gateway; the log: %s", a.log)
	}
	for _, want := range []string{`"ntfy:example.com"`, `"webhook"`} {
		for name, end := "nodkey_push_accepted_seconds", time.Now().Add(20*time.Second); !strings.Contains(a.metric(name), want); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s is %q, want %s in it", name, a.metric(name), want)
			}
		}
	}
	if text := a.log.String() + a.metric("nodkey_push_messages_total"); strings.Contains(text, "hidden") || strings.Contains(text, "hush") {
		t.Errorf("log or metrics tell an address or a token: %s", text)
	}
}

// A channel that hangs, and one that fails, delay no other.
func TestAChannelThatHangsDelaysNoOther(t *testing.T) {
	server := ntfy.New(t)
	defer server.Close()
	release := make(chan struct{})
	defer close(release)
	server.As(func(http.ResponseWriter, *http.Request) { <-release })
	gateway := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
	defer gateway.Close()
	arrived := make(chan time.Time, 100)
	service := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived <- time.Now()
		w.WriteHeader(http.StatusCreated)
	}))
	defer service.Close()
	a := askedHouse(t, map[string]string{
		"push.own_services": "example.com=" + service.Listener.Addr().String() + " example.com:8443=" + server.Listener.Addr().String(), "push.ntfy": "example.com:8443",
		"push.webhook": gateway.URL, "push.webhook_secret": whsec, "push.ca_roots": rootsFile(t, server.Server, gateway, service),
	})
	point := a.services.Keys.Server().Push
	a.subscribe(nodkey.ChannelWebPush, nodkey.Subscription{Endpoint: "https://example.com/p/1", P256DH: point, Auth: make([]byte, 16)})
	a.subscribe(nodkey.ChannelNtfy, nodkey.Subscription{Endpoint: "https://example.com:8443/topic"})
	var took []time.Duration
	for i := range 3 { // as many as may wake the phone before it answers
		end := a.ask()
		committed := time.Now()
		select {
		case at := <-arrived:
			took = append(took, at.Sub(committed))
		case <-time.After(20 * time.Second):
			t.Fatalf("nothing came; the log: %s", a.log)
		}
		for late := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
			tried, _ := server.Seen()
			if tried == i+1 && strings.Contains(a.metric("nodkey_push_messages_total"), `"retry"`) {
				break
			}
			if time.Now().After(late) {
				t.Fatalf("%d hang, and the gateway has not failed: %s", tried, a.metric("nodkey_push_messages_total"))
			}
		}
		end()
	}
	// Nothing of the other channels is waited for: what hangs is given up after ten seconds.
	for i, d := range took {
		if d > 8*time.Second {
			t.Errorf("message %d took %s beside a channel that hangs and one that fails", i, d)
		}
	}
	for _, channel := range []string{"webpush", "ntfy", "webhook"} {
		if !strings.Contains(a.metric("nodkey_push_paused_hosts"), `"`+channel+`"`) {
			t.Errorf("no paused hosts of %s: %s", channel, a.metric("nodkey_push_paused_hosts"))
		}
	}
}

func TestChannelsAreThoseOfTheConfiguration(t *testing.T) {
	all := channels{}
	if all.any() || all.Has(nodkey.ChannelWebPush) || all.Has(nodkey.ChannelNtfy) || all.Has(nodkey.ChannelWebhook) {
		t.Error("there are channels without a configuration")
	}
	h := pushHouse(t, map[string]string{"push.ntfy": "ntfy.example.com", "push.webhook": "https://gateway.example.com", "push.webhook_secret": whsec})
	c, err := h.settings.pushChannels()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ channel, endpoint, service string }{
		{nodkey.ChannelWebPush, "https://fcm.googleapis.com/x", "fcm.googleapis.com"}, {nodkey.ChannelNtfy, "https://ntfy.example.com/x", "ntfy:ntfy.example.com"},
		{nodkey.ChannelWebhook, "", "webhook"}, {nodkey.ChannelWebPush, "https://ntfy.example.com/x", ""}, {nodkey.ChannelNtfy, "https://fcm.googleapis.com/x", ""}, {"sms", "x", ""},
	} {
		if service, _, ok := c.Service(x.channel, x.endpoint); service != x.service || ok != (x.service != "") {
			t.Errorf("%s of %s is of %q (%t)", x.endpoint, x.channel, service, ok)
		}
	}
	if s := h.services.Keys.Server(); s.Push == nil || !s.Ntfy {
		t.Errorf("phones are told %+v", s)
	}
	off := pushHouse(t, map[string]string{"push.web": "false", "push.webhook": "https://gateway.example.com", "push.webhook_secret": whsec})
	if s := off.services.Keys.Server(); s.Push != nil || s.Ntfy || off.messages == nil || off.messages.web != nil {
		t.Errorf("with a gateway alone phones are told %+v", s)
	}
}
