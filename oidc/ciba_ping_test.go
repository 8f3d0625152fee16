package oidc_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// heard is one call that an application got.
type heard struct {
	path, media, bearer, body string
}

// listener is an application's own server; answer says what it answers, in turn, and 204 after that.
type listener struct {
	*httptest.Server
	calls chan heard
}

func newListener(t testing.TB, answers ...int) *listener {
	t.Helper()
	l := &listener{calls: make(chan heard, 64)}
	var n atomic.Int64
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		l.calls <- heard{r.URL.Path, r.Header.Get("Content-Type"), r.Header.Get("Authorization"), string(body)}
		status := http.StatusNoContent
		if i := int(n.Add(1)); i <= len(answers) {
			status = answers[i-1]
		}
		if status >= 300 && status < 400 {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(l.Close)
	return l
}

// next waits for the next call.
func (l *listener) next(t testing.TB) heard {
	t.Helper()
	select {
	case call := <-l.calls:
		return call
	case <-time.After(20 * time.Second):
		t.Fatal("nobody called")
		return heard{}
	}
}

func pingSettings(to string) string {
	return `{"ciba_number": true, "backchannel_token_delivery_mode": "ping", "backchannel_client_notification_endpoint": "` + to + `/ping"}`
}

const pingToken = "8d67dc78-7faa-4d41-aabd-67707b374255"

func TestAnApplicationIsToldThatARequestHasEnded(t *testing.T) {
	h := newBackHouse(t, nil)
	p := h.join(t, "mara")
	l := newListener(t, http.StatusOK)
	bank := h.app(t, "bank", pingSettings(l.URL), nil)
	h.works(t)
	for what, c := range map[string]struct {
		happens func(number string)
		code    string
	}{
		"a yes": {func(number string) { p.answers(t, nodkeytest.Answer{PIN: backPIN, Number: number}) }, ""},
		"a no":  {func(string) { p.answers(t, nodkeytest.Answer{No: "mistake"}) }, "access_denied"},
		"nothing": {func(string) {
			h.Clock.Advance(3*time.Minute + time.Second)
			need(t, h.Services.Upkeep.Tick(t.Context()))
		}, "expired_token"},
	} {
		asked := bank.asks(t, "login_hint", "mara", "client_notification_token", pingToken)
		c.happens(asked.str(t, "nodkey_number"))
		call := l.next(t)
		var body map[string]string
		need(t, json.Unmarshal([]byte(call.body), &body))
		id := asked.str(t, "auth_req_id")
		if call.path != "/ping" || call.media != "application/json" || call.bearer != "Bearer "+pingToken || len(body) != 1 || body["auth_req_id"] != id {
			t.Errorf("%s: %+v", what, call)
		}
		if got := bank.polls(t, id); c.code == "" && got.status != http.StatusOK {
			t.Errorf("%s: %d %s", what, got.status, got.text)
		} else if c.code != "" {
			got.is(t, http.StatusBadRequest, c.code, what)
		}
	}
}

func TestAnApplicationThatDoesNotHearIsToldAgain(t *testing.T) {
	h := newBackHouse(t, nil)
	p := h.join(t, "mara")
	l := newListener(t, http.StatusInternalServerError, http.StatusFound, http.StatusUnauthorized)
	bank := h.app(t, "bank", pingSettings(l.URL), nil)
	h.works(t)
	asked := bank.asks(t, "login_hint", "mara", "client_notification_token", pingToken)
	p.answers(t, nodkeytest.Answer{PIN: backPIN, Number: asked.str(t, "nodkey_number")})
	first := l.next(t)
	for range 3 {
		if again := h.later(t, l); again != first {
			t.Errorf("%+v, not %+v", again, first)
		}
	}
	if got := bank.polls(t, asked.str(t, "auth_req_id")); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.text)
	}
}

// later waits for a call that comes when time has passed.
func (h *backHouse) later(t testing.TB, l *listener) heard {
	t.Helper()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	end := time.After(20 * time.Second)
	for {
		h.Clock.Advance(10 * time.Second)
		h.bus.Publish("callbacks")
		select {
		case call := <-l.calls:
			return call
		case <-look.C:
		case <-end:
			t.Fatal("nobody called again")
		}
	}
}

func TestNobodyIsToldWhatIsNotWanted(t *testing.T) {
	h := newBackHouse(t, nil)
	p := h.join(t, "mara")
	l := newListener(t)
	polls := h.app(t, "polls", `{"ciba_number": true, "backchannel_client_notification_endpoint": "`+l.URL+`"}`, nil)
	gone := h.app(t, "gone", pingSettings(l.URL), nil)
	late := h.app(t, "late", pingSettings(l.URL), nil)
	polls.tokensOf(t, p, "client_notification_token", pingToken)
	gone.asks(t, "login_hint", "mara", "client_notification_token", pingToken)
	need(t, h.Services.Applications.Remove(t.Context(), h.Operator, "gone"))
	late.asks(t, "login_hint", "mara", "client_notification_token", pingToken)
	p.answers(t, nodkeytest.Answer{No: "mistake"})
	h.Clock.Advance(nodkey.SignInLife) // nothing can be collected any more
	h.works(t)
	// Whatever was due is due before this one.
	last := h.app(t, "last", pingSettings(l.URL), nil)
	asked := last.asks(t, "login_hint", "mara", "client_notification_token", pingToken)
	p.answers(t, nodkeytest.Answer{No: "mistake"})
	if call := l.next(t); !strings.Contains(call.body, asked.str(t, "auth_req_id")) {
		t.Errorf("%+v", call)
	}
	if len(l.calls) != 0 {
		t.Errorf("and %+v", <-l.calls)
	}
}

func TestAnApplicationThatDoesNotAnswerKeepsNobodyWaiting(t *testing.T) {
	h := newBackHouse(t, nil)
	p := h.join(t, "mara")
	l := newListener(t)
	hangs := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hangs }))
	t.Cleanup(func() { close(hangs); slow.Close() })
	dead, alive := h.app(t, "dead", pingSettings(slow.URL), nil), h.app(t, "alive", pingSettings(l.URL), nil)
	h.works(t)
	ask := func(a *backApp) backReply { // time stands still: a call that is under way is not taken for one that was lost
		return a.post(t, "/oidc/bc-authorize", "scope", "openid", "login_hint", "mara", "client_notification_token", pingToken)
	}
	for range 10 {
		ask(dead).str(t, "auth_req_id")
		p.answers(t, nodkeytest.Answer{No: "mistake"})
	}
	asked := ask(alive)
	began := time.Now()
	p.answers(t, nodkeytest.Answer{No: "mistake"})
	if call := l.next(t); !strings.Contains(call.body, asked.str(t, "auth_req_id")) || time.Since(began) > 4*time.Second {
		t.Errorf("%+v after %v", call, time.Since(began))
	}
}
