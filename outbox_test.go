package nodkey_test

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// everyService takes each https address for one of service "s", or of ntfy's "n". It has the channels named.
type everyService []string

func (e everyService) Has(channel string) bool { return slices.Contains(e, channel) }

func (everyService) Service(channel, endpoint string) (service, host string, ok bool) {
	host, ok = strings.CutPrefix(endpoint, "https://")
	if channel == nodkey.ChannelNtfy {
		return "n", host, ok
	}
	return "s", host, ok
}

// startPush opens a house that sends Web Push, or by the channels named.
func startPush(t *testing.T, change func(*nodkey.Policy), channels ...string) house {
	t.Helper()
	h := start(t, change)
	if channels == nil {
		channels = []string{nodkey.ChannelWebPush}
	}
	h.Ports.Push = everyService(channels)
	var err error
	if h.Services, err = h.Second(h.ctx); err != nil {
		t.Fatal(err)
	}
	return h
}

func subscriptionAt(t *testing.T, endpoint string) nodkey.Subscription {
	t.Helper()
	point, err := base64.RawURLEncoding.DecodeString("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4")
	if err != nil {
		t.Fatal(err)
	}
	return nodkey.Subscription{Endpoint: endpoint, P256DH: point, Auth: make([]byte, 16)}
}

func (h house) subscribe(t *testing.T, k *nodkeytest.PhoneKey, endpoint string) {
	t.Helper()
	c, err := k.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Keys.Subscribe(h.ctx, c, nodkey.ChannelWebPush, subscriptionAt(t, endpoint)); err != nil {
		t.Fatal(err)
	}
}

func (h house) take(t *testing.T, want int) []nodkey.PushMessage {
	t.Helper()
	return h.takeOf(t, "s", want)
}

// takeOf takes what is due of one service.
func (h house) takeOf(t *testing.T, service string, want int) []nodkey.PushMessage {
	t.Helper()
	messages, _, err := h.Outbox.Take(h.ctx, service, 100)
	if err != nil || len(messages) != want {
		t.Fatalf("%d messages are taken, %v, want %d", len(messages), err, want)
	}
	return messages
}

func (h house) settle(t *testing.T, m nodkey.PushMessage, outcome nodkey.PushOutcome, after time.Duration) {
	t.Helper()
	if err := h.Outbox.Settle(h.ctx, []nodkey.Sent{{PushMessage: m, PushAnswer: nodkey.PushAnswer{Outcome: outcome, RetryAfter: after}}}); err != nil {
		t.Fatal(err)
	}
}

// outbox counts what is in the outbox.
func (h house) outbox(t *testing.T) int {
	t.Helper()
	return len(nodkeytest.Dump(t, h.path)["outbox"])
}

func TestEveryRequestThatWakesPhonesIsInTheOutbox(t *testing.T) {
	h := startPush(t, nil)
	p := h.join(t)
	c := p.enter(t)
	h.subscribe(t, p.key, "https://push.example/one")
	wake, cancel := h.Outbox.Wake()
	defer cancel()
	waits := func(what string) nodkey.PushMessage {
		t.Helper()
		select {
		case <-wake:
		default:
			t.Errorf("%s: the workers are not woken", what)
		}
		m := h.take(t, 1)[0]
		raw, err := base64.RawURLEncoding.DecodeString(m.Topic)
		if err != nil || len(m.Topic) > 32 || len(raw) == 0 || m.Left != nodkey.ApprovalLife || string(m.Payload) != string(m.ApprovalID) || len(m.Payload) != 22 ||
			m.To.Endpoint != "https://push.example/one" || m.KeyID != nodkey.KeyID(p.key.ID) {
			t.Errorf("%s: %+v", what, m)
		}
		if strings.Contains(m.Topic, string(m.ApprovalID)) {
			t.Errorf("%s: the topic tells the approval", what)
		}
		h.settle(t, m, nodkey.PushDelivered, 0)
		if n := h.outbox(t); n != 0 {
			t.Errorf("%s: %d rows are left of what was delivered", what, n)
		}
		return m
	}
	first, _ := p.ask(t)
	if m := waits("sign_in"); string(m.ApprovalID) != first.ID {
		t.Errorf("the message is of %s, the request %s", m.ApprovalID, first.ID)
	}
	topics := map[string]bool{}
	for what, ask := range map[string]func() error{
		"test":       func() error { _, err := h.Approvals.AskTest(h.ctx, c, nodkey.KeyID(p.key.ID)); return err },
		"key_remove": func() error { _, err := h.Keys.AskRemove(h.ctx, c, nodkey.KeyID(p.key.ID)); return err },
		"key_add": func() error {
			_, _, err := h.phone("Pixel 9").Activate(h.ctx, h.code(t, c), nodkeytest.Making{PIN: pin})
			return err
		},
	} {
		if err := ask(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		m := waits(what)
		if topics[m.Topic] {
			t.Errorf("%s has the topic of another request", what)
		}
		topics[m.Topic] = true
	}
	// What wakes nobody, and what a phone asks for itself.
	if err := h.NewBrowser(h.address()).Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Millisecond)
	if err := h.NewBrowser(h.address()).Begin(h.ctx, p.name, password); err != nil {
		t.Fatal(err)
	}
	left := 0
	for _, m := range h.take(t, 1) { // the first of both is within the budget of unknown browsers
		left++
		h.settle(t, m, nodkey.PushDelivered, 0)
	}
	own, err := p.key.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Keys.AskTest(h.ctx, own); err != nil {
		t.Fatal(err)
	}
	if n := h.outbox(t); n != 0 || left != 1 {
		t.Errorf("%d rows of what wakes nobody", n)
	}
}

func TestAMessageIsTakenByOneWorkerAndAgainWhenThatOneDied(t *testing.T) {
	h := startPush(t, nil)
	p := h.join(t)
	h.subscribe(t, p.key, "https://push.example/one")
	p.ask(t)
	first := h.take(t, 1)[0]
	h.take(t, 0)
	h.Clock.Advance(29 * time.Second)
	h.take(t, 0)
	h.Clock.Advance(time.Second)
	again := h.take(t, 1)[0]
	if again.Topic != first.Topic || again.Attempts != 2 || again.Left != first.Left-30*time.Second {
		t.Errorf("taken first as %+v, then as %+v", first, again)
	}
	h.settle(t, again, nodkey.PushDelivered, 0)
	h.settle(t, first, nodkey.PushDelivered, 0) // the one that was thought dead
	h.settle(t, first, nodkey.PushRetry, 0)
	if n := h.outbox(t); n != 0 {
		t.Errorf("%d rows", n)
	}
}

func TestWhatHasEndedIsNotSent(t *testing.T) {
	for what, end := range map[string]func(h house, p *person){
		"answered":     func(h house, p *person) { p.yes(t, p.browser) },
		"cancelled":    func(h house, p *person) { h.SignIns.Cancel(h.ctx, p.browser.Anonymous(), p.browser.SignIn) },
		"expired":      func(h house, p *person) { h.Clock.Advance(nodkey.ApprovalLife) },
		"user removed": func(h house, p *person) { h.Users.Remove(h.ctx, h.Desk(), p.name) },
		"key removed": func(h house, p *person) {
			c, _ := p.key.Caller(h.ctx)
			h.Keys.RemoveOwn(h.ctx, c)
		},
		"key suspended": func(h house, p *person) {
			w, err := p.browser.Wait(h.ctx)
			if err != nil {
				t.Fatal(err)
			}
			for s := range nodkey.PINTriesInARow {
				_, err = p.key.Answer(h.ctx, p.newest(t), nodkeytest.Answer{PIN: "1111", Number: w.Number})
				if (s == nodkey.PINTriesInARow-1) != nodkey.HasKey(err, "key.suspended") {
					t.Fatal(err)
				}
			}
		},
		"unsubscribed": func(h house, p *person) {
			c, _ := p.key.Caller(h.ctx)
			h.Keys.Unsubscribe(h.ctx, c, nodkey.ChannelWebPush)
		},
	} {
		h := startPush(t, nil)
		p := h.join(t)
		h.subscribe(t, p.key, "https://push.example/one")
		p.ask(t)
		if h.outbox(t) != 1 {
			t.Fatalf("%s: nothing is in the outbox", what)
		}
		end(h, p)
		messages, _, err := h.Outbox.Take(h.ctx, "s", 100)
		if err != nil || len(messages) != 0 || h.outbox(t) != 0 {
			t.Errorf("%s: %d messages, %d rows, %v", what, len(messages), h.outbox(t), err)
		}
	}
}

func TestWhatFailsIsSentAgainWhileTheRequestLives(t *testing.T) {
	h := startPush(t, nil)
	p := h.join(t)
	h.subscribe(t, p.key, "https://push.example/one")
	p.ask(t)
	began, tries := h.Clock.Now(), 0
	for h.outbox(t) > 0 {
		messages, _, err := h.Outbox.Take(h.ctx, "s", 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			tries++
			h.settle(t, m, nodkey.PushRetry, 0)
		}
		h.Clock.Advance(time.Second)
	}
	if took := h.Clock.Now().Sub(began); tries < 30 || tries > 60 || took > nodkey.ApprovalLife || took < nodkey.ApprovalLife-10*time.Second {
		t.Errorf("%d tries in %s", tries, took)
	}
	for after, kept := range map[time.Duration]int{20 * time.Second: 1, nodkey.ApprovalLife: 0} {
		h.Clock.Advance(time.Hour)
		p.ask(t)
		h.settle(t, h.take(t, 1)[0], nodkey.PushRetry, after)
		if n := h.outbox(t); n != kept {
			t.Errorf("told to wait %s there are %d rows, want %d", after, n, kept)
		}
		h.Clock.Advance(after - time.Millisecond)
		h.take(t, 0)
		h.Clock.Advance(time.Millisecond)
		h.take(t, kept)
	}
}

func TestASubscriptionThatIsGoneIsForgottenUnlessThereIsANewerOne(t *testing.T) {
	h := startPush(t, nil)
	p := h.join(t)
	for _, c := range []struct {
		newer     bool
		outcome   nodkey.PushOutcome
		forgotten bool
	}{{false, nodkey.PushRefused, false}, {true, nodkey.PushGone, false}, {false, nodkey.PushGone, true}} {
		h.Clock.Advance(time.Hour)
		h.subscribe(t, p.key, "https://push.example/one")
		p.ask(t)
		m := h.take(t, 1)[0]
		if c.newer {
			h.subscribe(t, p.key, "https://push.example/two")
		}
		h.settle(t, m, c.outcome, 0)
		if got := len(nodkeytest.Dump(t, h.path)["subscriptions"]) == 0; got != c.forgotten || h.outbox(t) != 0 {
			t.Errorf("%+v: forgotten %t, %d rows in the outbox", c, got, h.outbox(t))
		}
	}
	if got := h.actions(t, p.id, "push.gone"); len(got) != 1 {
		t.Errorf("the audit log has %v", got)
	}
}

func TestASealedSubscriptionMovesToTheNewestDataKey(t *testing.T) {
	h := startPush(t, nil, nodkey.ChannelWebPush, nodkey.ChannelNtfy)
	p := h.join(t)
	h.subscribe(t, p.key, "https://push.example/one")
	is(t, p.key.Subscribe(h.ctx, nodkey.ChannelNtfy, nodkey.Subscription{Endpoint: "https://ntfy.example/topic"}), "", "ntfy")
	before := nodkeytest.Dump(t, h.path)["subscriptions"]
	h.rotate(t, 2)
	if _, err := h.Upkeep.Reseal(h.ctx); err != nil {
		t.Fatal(err)
	}
	if after := nodkeytest.Dump(t, h.path)["subscriptions"]; len(after) != 2 || after[0] == before[0] || after[1] == before[1] {
		t.Errorf("before %v, after %v", before, after)
	}
	p.ask(t)
	if m := h.take(t, 1)[0]; m.To.Endpoint != "https://push.example/one" || !bytes.Equal(m.To.Auth, make([]byte, 16)) {
		t.Errorf("it goes to %+v", m.To)
	}
	if m := h.takeOf(t, "n", 1)[0]; m.To.Endpoint != "https://ntfy.example/topic" {
		t.Errorf("it goes to %+v", m.To)
	}
}

func TestWithoutWebPushNothingIsKept(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c, err := p.key.Caller(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	is(t, h.Keys.Subscribe(h.ctx, c, nodkey.ChannelWebPush, subscriptionAt(t, "https://push.example/one")), "push.off", "subscribing")
	is(t, h.Keys.Unsubscribe(h.ctx, c, nodkey.ChannelWebPush), "", "unsubscribing")
	is(t, h.Keys.Subscribe(h.ctx, p.browser.Anonymous(), nodkey.ChannelWebPush, subscriptionAt(t, "https://push.example/one")), "proof.missing", "nobody")
	p.ask(t)
	if n := h.outbox(t); n != 0 || h.Keys.Server().Push != nil {
		t.Errorf("%d rows; offered %x", n, h.Keys.Server().Push)
	}
}

func TestAPhoneThatSubscribesWithoutEndIsSlowedDown(t *testing.T) {
	h := startPush(t, nil)
	p := h.join(t)
	for i := range 1000 {
		c, err := p.key.Caller(h.ctx)
		if err != nil {
			t.Fatal(err)
		}
		err = h.Keys.Subscribe(h.ctx, c, nodkey.ChannelWebPush, subscriptionAt(t, "https://push.example/"+strings.Repeat("a", i%900)))
		if nodkey.HasKey(err, "user.slow") {
			return
		}
		is(t, err, "", "subscribing")
	}
	t.Error("a thousand changes are taken")
}
