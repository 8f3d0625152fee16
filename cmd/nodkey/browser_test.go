package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest/browser"
	"github.com/nodkey/nodkey/web"
)

// jumpingClock runs as the machine's, and can be put forward.
type jumpingClock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *jumpingClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *jumpingClock) jump(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += by
}

// clocked is a whole server in this process with a clock that jumps, and a user mara.
type clocked struct {
	portal, phone string
	clock         *jumpingClock
}

const (
	clockedPassword = "quiet-otter-lantern"
	clockedPIN      = "7k2m9"
)

func startClocked(t *testing.T) *clocked {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	c := &clocked{portal: "http://portal.nodkey.localhost:" + port, phone: "http://phone.nodkey.localhost:" + port, clock: &jumpingClock{}}
	settings, err := makeSettings(map[string]string{
		"data_dir": filepath.Join(t.TempDir(), "data"), "listen": listener.Addr().String(), "portal_host": c.portal, "phone_host": c.phone,
		"server_name": "Aldermere", "operator_name": "Aldermere Savings", "metrics_listen": "", "tls.mode": "off", "policy.activation_first": "password",
	})
	if err != nil {
		t.Fatal(err)
	}
	options := houseOptions{clock: c.clock}
	h, err := openHouse(t.Context(), settings, options)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.services.Users.Add(t.Context(), nodkey.Operator("test"), nodkey.NewUser{Name: "mara", DisplayName: "Mara Lindqvist", Password: clockedPassword}); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	srv := newServer(settings, log, h.sentence)
	sites, err := h.sites(srv, log, options, web.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- srv.run(ctx, app{sites: sites, workers: h.workers(log), close: h.close, main: listener, graceSpare: time.Second})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return c
}

// startBrowser starts one for a test that is named so that make check leaves it to make test.
func startBrowser(t *testing.T) *browser.Browser {
	t.Helper()
	if !strings.HasPrefix(t.Name(), "TestInABrowser") {
		t.Fatal("make check takes the quick tests only: name this one TestInABrowser…")
	}
	b, err := browser.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// Nobody waits three or ten minutes here: the server's clock is put forward, and the pages notice by themselves.
func TestInABrowserWhatRunsOutSaysSo(t *testing.T) {
	b, c := startBrowser(t), startClocked(t)
	desk, phone := b.Open(t, "portal", browser.Desktop), b.Open(t, "phone", browser.Handset)

	desk.SignIn(c.portal, "mara", clockedPassword)
	first := desk.Code()
	c.clock.jump(nodkey.ActivationLife + time.Second)
	desk.Until("another code", "document.querySelector('#code-group-1') !== null && document.querySelector('#code-group-1').textContent.trim() !== '"+first[0]+"'")
	phone.Go(c.phone + "/")
	phone.Click("#register")
	phone.Wait("#code-group-1")
	for i, group := range first {
		phone.Type("#code-group-"+string(rune('1'+i)), group)
	}
	phone.Click("#continue")
	phone.Wait("[data-error='activation.expired']")
	phone.Visit("phone-code-expired")
	phone.Click("#next")
	phone.Wait("[data-screen=code]")
	phone.Click("#back")
	browser.Activate(desk, phone, c.phone, clockedPIN)
	desk.Click("#user-menu summary")
	desk.Click("#sign-out")
	desk.At("/sign-in")

	desk.SignIn(c.portal, "mara", clockedPassword)
	desk.Wait("#wait-number")
	phone.Wait("[data-screen=approval]")
	c.clock.jump(nodkey.ApprovalLife + time.Second)
	desk.Wait("#outcome[data-outcome=expired]")
	desk.Visit("portal-outcome-expired")
	phone.Wait("[data-screen=decided]")
	phone.Visit("phone-expired")
	phone.Click("#done")
	phone.Wait("[data-screen=home]")
	desk.Click("#try-again") // asks the phone once more
	phone.Approve(desk.Number(), clockedPIN)
	phone.Says("h1", "Approved")
	desk.At("/")
	c.clock.jump(31 * time.Minute) // longer than a browser stays signed in without a request
	desk.Reload()
	desk.At("/sign-in")
}
