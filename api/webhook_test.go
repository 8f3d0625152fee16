package api

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

const hookSecret = "whsec_bm9kLWtleS13ZWJob29rLXNlY3JldC1vZi10ZXN0cy4uLi4="

// posted is a message as an application has it.
type posted struct {
	id, at string
	body   []byte
	data   ended
}

// receiver is an application's webhook, which checks what it is sent.
type receiver struct {
	*httptest.Server
	house  *house
	mu     sync.Mutex
	answer http.HandlerFunc // nil: 204
	got    []posted
}

func newReceiver(t *testing.T, h *house) *receiver {
	r := &receiver{house: h}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, in *http.Request) {
		body, err := io.ReadAll(in.Body)
		if err != nil || !signed(in.Header, body, h.Clock.Now()) || in.Header.Get("Content-Type") != "application/json" || in.Method != http.MethodPost {
			t.Errorf("a message that does not hold: %v %s %v", in.Header, body, err)
		}
		one := posted{id: in.Header.Get("webhook-id"), at: in.Header.Get("webhook-timestamp"), body: body}
		if err := json.Unmarshal(body, &one.data); err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		r.got = append(r.got, one)
		answer := r.answer
		r.mu.Unlock()
		if answer == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		answer(w, in)
	}))
	t.Cleanup(r.Close)
	return r
}

// signed checks a message as Standard Webhooks 1.0.0 has it.
func signed(h http.Header, body []byte, now time.Time) bool {
	seconds, err := strconv.ParseInt(h.Get("webhook-timestamp"), 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return false
	}
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(hookSecret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%s.%s", h.Get("webhook-id"), h.Get("webhook-timestamp"), body)
	return h.Get("webhook-signature") == "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (r *receiver) as(answer http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func (r *receiver) all() []posted {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]posted{}, r.got...)
}

// hooked is an application with a webhook.
func (h *house) hooked(t testing.TB, id, address string) *client {
	t.Helper()
	return h.app(t, id, func(a *nodkey.NewApplication) {
		a.Settings = []byte(`{"webhook":"` + address + `","webhook_secret":"` + hookSecret + `","redirect_uris":["https://else.example.com/"]}`)
	})
}

// hooks has a minute for each message; hangs ends the wait for one receiver before that.
func (h *house) hooks(hangs *hanging) *Hooks {
	refuse := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return NewHooks(h.Services.Callbacks, h.Services.Applications, &http.Client{Timeout: time.Minute, CheckRedirect: refuse, Transport: hangs}, h.Logger, h.Clock.Now)
}

// hanging is a receiver that hangs, and the patience of whoever asks it: that ends when the receiver has the message, not by a clock, in
// which a busy machine would not have it yet.
type hanging struct {
	at   string // its address
	hung chan struct{}
}

func hangingAt(r *receiver) *hanging {
	return &hanging{strings.TrimPrefix(r.URL, "http://"), make(chan struct{}, 9)}
}

func (s *hanging) before(_ http.ResponseWriter, r *http.Request) {
	s.hung <- struct{}{}
	<-r.Context().Done()
}

func (s *hanging) within(w http.ResponseWriter, r *http.Request) {
	_, _ = w.Write([]byte("o"))
	_ = http.NewResponseController(w).Flush()
	s.before(w, r)
}

// RoundTrip is of http.RoundTripper.
func (s *hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	if s == nil || r.URL.Host != s.at {
		return http.DefaultTransport.RoundTrip(r)
	}
	ctx, giveUp := context.WithCancel(r.Context())
	go func() {
		select {
		case <-s.hung:
		case <-ctx.Done():
		}
		giveUp()
	}()
	return http.DefaultTransport.RoundTrip(r.WithContext(ctx))
}

// tells has everything told that is due.
func (h *Hooks) tells(t testing.TB) int {
	t.Helper()
	n, err := h.turn(t.Context())
	must(t, err)
	return n
}

func TestTheWebhookIsToldHowARequestEnded(t *testing.T) {
	h := newHouse(t, nil)
	mara := h.join(t, "mara")
	shop := newReceiver(t, h)
	bank, till := h.hooked(t, "bank", shop.URL+"/hook?key=secret"), h.app(t, "till", nil)
	hooks := h.hooks(nil)
	for state, end := range map[string]func(asked approval){
		"approved":  func(a approval) { mara.answers(t, nodkeytest.Answer{PIN: pin, Number: a.Number}) },
		"denied":    func(approval) { mara.answers(t, nodkeytest.Answer{No: nodkey.ReasonNotMe}) },
		"cancelled": func(a approval) { bank.post(t, "/api/approvals/"+a.ID+"/cancel", "").is(t, "cancelled") },
		"expired":   func(approval) { h.Clock.Advance(nodkey.ApprovalLife) },
	} {
		h.Clock.Advance(time.Hour)
		asked, before := bank.asks(t, asksYes), len(shop.all())
		if n := hooks.tells(t); n != 0 {
			t.Errorf("%s: %d are told before it has ended", state, n)
		}
		end(asked)
		hooks.tells(t)
		got := shop.all()[before:]
		if len(got) != 1 || got[0].data.Type != "approval.ended" || got[0].data.Data != (endedData{asked.ID, state}) || !strings.HasPrefix(got[0].id, "msg_") {
			t.Errorf("%s: %+v", state, got)
		}
		if strings.Contains(string(got[0].body), "mara") || strings.Contains(string(got[0].body), "Anna") {
			t.Errorf("the message tells more than it must: %s", got[0].body)
		}
		if n := hooks.tells(t); n != 0 {
			t.Errorf("%s: %d are told again", state, n)
		}
	}
	before := len(shop.all())
	till.post(t, "/api/approvals/"+till.asks(t, asksSignIn).ID+"/cancel", "").is(t, "cancelled")
	hooks.tells(t)
	if len(shop.all()) != before {
		t.Error("what another application asked is told")
	}
}

func TestTheWorkerTellsByItself(t *testing.T) {
	h := newHouse(t, nil)
	h.join(t, "mara")
	shop := newReceiver(t, h)
	bank := h.hooked(t, "bank", shop.URL)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.hooks(nil).Run(ctx) }()
	bank.post(t, "/api/approvals/"+bank.asks(t, asksYes).ID+"/cancel", "").is(t, "cancelled")
	until(t, "it is told", func() bool { return len(shop.all()) == 1 })
	stop()
	must(t, <-done)
}

func TestAWebhookThatFailsIsTriedAgain(t *testing.T) {
	h := newHouse(t, nil)
	h.join(t, "mara")
	shop := newReceiver(t, h)
	bank := h.hooked(t, "bank", shop.URL+"/hook?key=secret")
	hangs := hangingAt(shop)
	hooks := h.hooks(hangs)
	followed := newReceiver(t, h)
	bank.post(t, "/api/approvals/"+bank.asks(t, asksYes).ID+"/cancel", "").is(t, "cancelled")
	tries := 0
	for what, answer := range map[string]http.HandlerFunc{
		"broken":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"refusing": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
		"redirecting": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, followed.URL, http.StatusTemporaryRedirect)
		},
		"hanging": hangs.before,
		"without an answer": func(w http.ResponseWriter, _ *http.Request) {
			panic(http.ErrAbortHandler)
		},
	} {
		shop.as(answer)
		hooks.tells(t)
		if tries++; len(shop.all()) != tries {
			t.Fatalf("%s: %d messages after %d tries", what, len(shop.all()), tries)
		}
		if n := hooks.tells(t); n != 0 {
			t.Errorf("%s: it is tried again at once", what)
		}
		h.Clock.Advance(time.Hour)
		hooks.resting = map[nodkey.ApplicationID]time.Time{} // as after the rest, which goes by the machine's clock
	}
	shop.as(nil)
	hooks.tells(t)
	h.Clock.Advance(2 * time.Hour)
	hooks.tells(t)
	got := shop.all()
	if len(got) != tries+1 {
		t.Errorf("%d messages after %d tries", len(got), tries+1)
	}
	for _, one := range got[1:] {
		if one.id != got[0].id || one.data.Data != got[0].data.Data || one.at == got[0].at {
			t.Errorf("%+v, and %+v", one, got[0])
		}
	}
	if len(followed.all()) != 0 {
		t.Error("a redirect was followed")
	}
	if log := h.Log.String(); strings.Contains(log, "key=secret") || strings.Contains(log, hookSecret) || !strings.Contains(log, "tries=5") {
		t.Errorf("the log says\n%s", log)
	}
}

// What was caught on its way is no good later, and for nothing else.
func TestAMessageThatIsReplayedDoesNotVerify(t *testing.T) {
	h := newHouse(t, nil)
	to, err := readHook([]byte(`{"webhook":"https://shop.example.com/","webhook_secret":"` + hookSecret + `"}`))
	must(t, err)
	one := nodkey.Callback{ID: "one", Kind: nodkey.CallbackEnded, Subject: "id", State: nodkey.SignInApproved}
	r, err := h.hooks(nil).request(t.Context(), to, one)
	must(t, err)
	body, err := io.ReadAll(r.Body)
	must(t, err)
	now := h.Clock.Now()
	if !signed(r.Header, body, now) || !signed(r.Header, body, now.Add(4*time.Minute)) {
		t.Fatal("it does not verify")
	}
	later := r.Header.Clone()
	later.Set("webhook-timestamp", strconv.FormatInt(now.Add(time.Hour).Unix(), 10))
	if signed(r.Header, body, now.Add(6*time.Minute)) || signed(later, body, now.Add(time.Hour)) {
		t.Error("it verifies later")
	}
	if other := strings.Replace(string(body), "approved", "denied", 1); signed(r.Header, []byte(other), now) {
		t.Error("another body verifies")
	}
}

func TestAnApplicationThatHangsHoldsUpNoOther(t *testing.T) {
	for what, hang := range map[string]func(*hanging) http.HandlerFunc{
		"before the answer": func(s *hanging) http.HandlerFunc { return s.before },
		"within the answer": func(s *hanging) http.HandlerFunc { return s.within },
	} {
		t.Run(what, func(t *testing.T) {
			h := newHouse(t, nil)
			h.join(t, "mara")
			slow, quick := newReceiver(t, h), newReceiver(t, h)
			hangs := hangingAt(slow)
			slow.as(hang(hangs))
			bank, till := h.hooked(t, "bank", slow.URL), h.hooked(t, "till", quick.URL)
			hooks := h.hooks(hangs)
			for _, c := range []*client{bank, till} {
				c.post(t, "/api/approvals/"+c.asks(t, asksSignIn).ID+"/cancel", "").is(t, "cancelled")
			}
			hooks.tells(t)
			if len(quick.all()) != 1 || len(slow.all()) != 1 {
				t.Errorf("%d and %d were told", len(quick.all()), len(slow.all()))
			}
			bank.post(t, "/api/approvals/"+bank.asks(t, asksSignIn).ID+"/cancel", "").is(t, "cancelled")
			hooks.tells(t)
			if len(slow.all()) != 1 {
				t.Error("one that hangs is asked again at once")
			}
		})
	}
}

func TestSettingsThatCannotBeUsedAskNobody(t *testing.T) {
	h := newHouse(t, nil)
	mara := h.join(t, "mara")
	for i, settings := range []string{
		`{"webhook":"https://shop.example.com/"}`, `{"webhook_secret":"` + hookSecret + `"}`,
		`{"webhook":"http://shop.example.com/","webhook_secret":"` + hookSecret + `"}`,
		`{"webhook":"https://user:word@shop.example.com/","webhook_secret":"` + hookSecret + `"}`,
		`{"webhook":"https://shop.example.com/","webhook_secret":"whsec_short"}`,
		`{"webhook":["https://shop.example.com/"],"webhook_secret":"` + hookSecret + `"}`,
	} {
		if err := CheckSettings([]byte(settings)); err == nil || strings.Contains(err.Error(), "bm9k") {
			t.Errorf("%s: %v", settings, err)
		}
		c := h.app(t, fmt.Sprint("shop", i), func(a *nodkey.NewApplication) { a.Settings = []byte(settings) })
		c.post(t, "/api/approvals", asksYes).refused(t, settings, http.StatusForbidden, "application.webhook")
	}
	must(t, CheckSettings(nil))
	must(t, CheckSettings([]byte(`{"redirect_uris":[]}`)))
	if open, err := mara.key.Open(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("the phone shows %d, %v", len(open), err)
	}
}
