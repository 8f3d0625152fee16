package notify

import (
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest/ntfy"
)

func TestASubscriberOfATopicIsToldThatSomethingWaits(t *testing.T) {
	n := newNtfy(t, time.Now)
	heard, err := n.Subscribe(t.Context(), "topic")
	if err != nil {
		t.Fatal(err)
	}
	other, err := n.Subscribe(t.Context(), "other")
	if err != nil {
		t.Fatal(err)
	}
	c := n.channel(0)
	for range 2 {
		if answer, err := c.Send(t.Context(), n.message("topic")); err != nil || answer.Outcome != nodkey.PushDelivered {
			t.Fatal(answer, err)
		}
	}
	var got [2]ntfy.Message
	for i := range got {
		select {
		case got[i] = <-heard:
		case m := <-other:
			t.Fatalf("another topic got %+v", m)
		case <-time.After(20 * time.Second):
			t.Fatal("nothing came")
		}
	}
	first := got[0]
	if first.Title != "Sparkasse Äußere Neustadt" || first.Message != "Es wartet etwas (de)" || first.Click != "https://phone.house.test/" || first.Priority != 4 || len(first.Tags) != 1 || first.Tags[0] != "key" {
		t.Errorf("there came %+v", first)
	}
	if got[1].SequenceID != first.SequenceID || first.SequenceID != topicOfTests {
		t.Errorf("a repeat does not take the place of the first: %+v, %+v", first, got[1])
	}
	for _, told := range []string{"mara", "Pixel", "AAAAAAAAAAAAAAAAAAAAAAAA="} {
		if strings.Contains(first.Message+first.Title+first.Click, told) {
			t.Errorf("the message tells %s", told)
		}
	}
}

func TestATokenIsForTheServersOfTheListAlone(t *testing.T) {
	n := newNtfy(t, time.Now)
	var heard atomic.Value
	n.As(func(w http.ResponseWriter, r *http.Request) {
		heard.Store(r.Header.Get("Authorization"))
		w.Header().Set("Location", "https://evil.example/topic")
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	c := n.channel(0)
	if _, err := c.Send(t.Context(), n.message("topic")); err == nil || heard.Load() != "Bearer "+n.Token {
		t.Errorf("the server heard %v: %v", heard.Load(), err)
	}
	tried, _ := n.Seen()
	m := n.message("topic")
	for _, endpoint := range []string{"https://evil.example/topic", "http://" + pushHost + "/topic", "https://" + pushHost + ":444/topic", "https://" + pushHost + "/topic/json", ""} {
		m.To.Endpoint = endpoint
		if answer, err := c.Send(t.Context(), m); answer.Outcome != nodkey.PushRefused || err == nil {
			t.Errorf("%s: %v, %v", endpoint, answer, err)
		}
	}
	if again, _ := n.Seen(); again != tried {
		t.Errorf("%d messages went out", again-tried)
	}
	open := ntfy.New(t) // one that asks for none
	defer open.Close()
	m = n.message("topic")
	servers, err := NewNtfyServers(pushHost, pushHost+"="+open.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(open.Certificate())
	c, err = NewNtfy(NtfyConfig{Servers: servers, Title: "Nodkey", Sentence: func(string) string { return "x" }, Roots: roots, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if answer, err := c.Send(t.Context(), m); err != nil || answer.Outcome != nodkey.PushDelivered {
		t.Error(answer, err)
	}
	for token, good := range map[string]bool{"": true, "tk_x": true, "a b": false, "a\r\nX: y": false, "tök": false} {
		if (CheckToken(token) == nil) != good {
			t.Errorf("the token %q is taken: %t", token, !good)
		}
	}
}

func TestTopicsAreOfTheServersOnTheList(t *testing.T) {
	s, err := NewNtfyServers("ntfy.sh, ntfy.example.com:8443 NTFY.internal ntfy.sh", "ntfy.internal=10.1.2.3:443, other.internal")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.Names(), " "); got != "ntfy:ntfy.sh ntfy:ntfy.example.com:8443 ntfy:ntfy.internal" {
		t.Errorf("the servers are %s", got)
	}
	long := strings.Repeat("a", 64)
	for endpoint, want := range map[string]string{
		"https://ntfy.sh/mara-7f3K_x":            "ntfy:ntfy.sh",
		"https://NTFY.sh:443/" + long:            "ntfy:ntfy.sh",
		"https://ntfy.example.com:8443/topic":    "ntfy:ntfy.example.com:8443",
		"https://ntfy.internal/topic":            "ntfy:ntfy.internal",
		"https://ntfy.example.com/topic":         "",
		"https://other.internal/topic":           "",
		"https://ntfy.sh/" + long + "a":          "",
		"https://ntfy.sh/":                       "",
		"https://ntfy.sh":                        "",
		"https://ntfy.sh/a/b":                    "",
		"https://ntfy.sh/a?auth=x":               "",
		"https://ntfy.sh/a?":                     "",
		"https://ntfy.sh/a#":                     "",
		"https://ntfy.sh/%61":                    "",
		"https://ntfy.sh/ä":                      "",
		"https://ntfy.sh/a b":                    "",
		"https://user:word@ntfy.sh/a":            "",
		"http://ntfy.sh/a":                       "",
		"ntfy://ntfy.sh/a":                       "",
		"https://ntfy.sh@evil.example/a":         "",
		"https://ntfy.sh.evil.example/a":         "",
		"https://evil.example/a":                 "",
		"https://169.254.169.254/latest":         "",
		"":                                       "",
		"https://ntfy.sh\\@evil.example/a":       "",
		"https://ntfy.sh/..":                     "",
		"https://ntfy.sh/a\r\nX-Header: b":       "",
		"https://ntfy.sh:443:443/a":              "",
		"https://fcm.googleapis.com/fcm/send/ab": "",
	} {
		if got, _, ok := s.Service(endpoint); got != want || ok != (want != "") {
			t.Errorf("%q is of %q (%t), want %q", endpoint, got, ok, want)
		}
	}
	for endpoint, want := range map[string]string{"https://evil.example/a": "evil.example", "https://ntfy.sh/a/b": "", "http://ntfy.sh/a": "", "https://ntfy.example.com/a": "ntfy.example.com"} {
		if _, host, _ := s.Service(endpoint); host != want {
			t.Errorf("of %s the host is told as %q", endpoint, host)
		}
	}
	for _, list := range []string{"https://ntfy.sh", "ntfy.sh/topic", "*.ntfy.sh", "ntfy.sh:port", ":8443", "ntfy.sh=10.1.2.3", "ntfy.sh=elsewhere:443"} {
		if _, err := NewNtfyServers(list, ""); err == nil {
			t.Errorf("%q is a list", list)
		}
	}
	if _, err := NewNtfyServers("ntfy.sh", "x=y"); err == nil {
		t.Error("a wrong list of own services passes")
	}
}

// An ntfy server of the list may be private only where the operator says that it is the house's own.
func TestAnNtfyServerInAPrivateNetworkIsNotReached(t *testing.T) {
	var connected atomic.Int64
	inside := httptest.NewUnstartedServer(http.NotFoundHandler())
	inside.Config.ConnState = func(net.Conn, http.ConnState) { connected.Add(1) }
	inside.StartTLS()
	defer inside.Close()
	_, port, _ := net.SplitHostPort(inside.Listener.Addr().String())
	for _, host := range []string{"localhost", "127.0.0.1"} {
		place := net.JoinHostPort(host, port)
		servers, err := NewNtfyServers(place, "")
		if err != nil {
			t.Fatal(err)
		}
		c, err := NewNtfy(NtfyConfig{Servers: servers, Token: "tk_secret", Title: "Nodkey", Sentence: func(string) string { return "x" }, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		m := message(nodkey.Subscription{Endpoint: "https://" + place + "/secret"}, time.Minute)
		answer, err := c.Send(t.Context(), m)
		if answer.Outcome != nodkey.PushRetry || !errors.Is(err, ErrPrivate) || connected.Load() != 0 {
			t.Errorf("%s: %v, %v, %d connections", place, answer, err, connected.Load())
		}
		muted(t, place, err)
	}
}
