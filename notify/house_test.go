package notify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"github.com/nodkey/nodkey/nodkeytest/database"
	"github.com/nodkey/nodkey/wire"
)

const housePassword = "korrekt horse battery"

// webOnly shows push services to the domain as the only channel there is.
type webOnly struct{ services *Services }

func (webOnly) Has(channel string) bool { return channel == nodkey.ChannelWebPush }

func (w webOnly) Service(_, endpoint string) (service, host string, ok bool) {
	return w.services.Service(endpoint)
}

// house is the real domain on a database, with the push service of these tests as its own.
type house struct {
	*nodkeytest.House
	t    testing.TB
	push *pushService
	path string
}

func newHouse(t testing.TB) *house {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nodkey.db")
	store, err := database.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	policy := nodkey.DefaultPolicy()
	policy.ActivationFirst = nodkey.FirstByPassword
	h := &house{t: t, path: path}
	if h.House, err = nodkeytest.OpenHouse(t.Context(), store, nodkeytest.NewClock(time.Now()), policy); err != nil {
		t.Fatal(err)
	}
	h.push = newPushService(t, h.Clock.Now)
	h.Ports.Push = webOnly{h.push.services()}
	if h.Services, err = h.Second(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.push.key = h.Outbox.PushKey()
	return h
}

// guest is a user whose phone is subscribed.
type guest struct {
	h    *house
	name string
	id   nodkey.UserID
	key  *nodkeytest.PhoneKey
	path string
}

func (h *house) guest(i int) *guest {
	h.t.Helper()
	ctx := h.t.Context()
	g := &guest{h: h, name: fmt.Sprint("guest", i), path: fmt.Sprint("/p/", i)}
	check := func(err error) {
		h.t.Helper()
		if err != nil {
			h.t.Fatal(err)
		}
	}
	added, err := h.Users.Add(ctx, h.Desk(), nodkey.NewUser{Name: g.name, DisplayName: "Guest", Password: housePassword})
	check(err)
	g.id = added.User.ID
	b := h.NewBrowser(fmt.Sprintf("10.9.%d.%d", i/250, 1+i%250))
	check(b.Begin(ctx, g.name, housePassword))
	c, err := b.Caller(ctx)
	check(err)
	banner, err := h.Activations.Start(ctx, c)
	check(err)
	var receipt wire.Receipt
	g.key, receipt, err = nodkeytest.NewPhone(h.Services, h.Clock, "Pixel 8").Activate(ctx, banner.Code, nodkeytest.Making{PIN: "7294"})
	if err != nil || receipt.State != "active" {
		h.t.Fatal(receipt, err)
	}
	phone, err := g.key.Caller(ctx)
	check(err)
	check(h.Keys.Subscribe(ctx, phone, nodkey.ChannelWebPush, h.push.subscribe(g.path)))
	return g
}

// ask begins a sign-in and gives the browser that waits.
func (g *guest) ask() *nodkeytest.Browser {
	g.h.t.Helper()
	b := g.h.NewBrowser("192.0.2.9")
	if err := b.Begin(g.h.t.Context(), g.name, housePassword); err != nil {
		g.h.t.Fatal(err)
	}
	return b
}

// waiting is how many rows the outbox has.
func (h *house) waiting() int { return len(nodkeytest.Dump(h.t, h.path)["outbox"]) }

// wake has the workers look, after the clock was moved.
func (h *house) wake() { h.Ports.Bus.Publish("outbox") }

func TestASignInIsAtThePushServiceAtOnce(t *testing.T) {
	h := newHouse(t)
	c := h.push.channel(0)
	var counted atomic.Int64
	neverByItself(t, h.Outbox, c, h.Clock.Now, func(a Attempt) { counted.Add(1) })
	for i := range 10 {
		g := h.guest(i)
		g.ask()
		open, err := g.key.Open(t.Context())
		if err != nil || len(open) != 1 {
			t.Fatal(open, err)
		}
		eventually(t, "the message has arrived", func() bool { _, a := h.push.seen(); return len(a) == i+1 })
		_, arrived := h.push.seen()
		last := arrived[i]
		if last.path != g.path || last.plain != open[0].ID || last.ttl > 180 || last.ttl < 170 {
			t.Errorf("of request %s there came %+v", open[0].ID, last)
		}
	}
	eventually(t, "all is settled", func() bool { return h.waiting() == 0 && counted.Load() == 10 })
}

func TestASignInDoesNotWaitForAPushServiceThatHangs(t *testing.T) {
	h := newHouse(t)
	release := make(chan struct{})
	defer close(release)
	h.push.as(func(http.ResponseWriter, *http.Request) { <-release })
	var guests []*guest
	for i := range 20 {
		guests = append(guests, h.guest(i))
	}
	working(t, h.Outbox, h.push.channel(time.Minute), h.Clock.Now, nil)
	var worst time.Duration
	for _, g := range guests {
		began := time.Now()
		b := g.ask()
		worst = max(worst, time.Since(began))
		if open, err := g.key.Open(t.Context()); err != nil || len(open) != 1 { // a phone that is opened has it
			t.Fatal(open, err)
		}
		if w, err := b.Wait(t.Context()); err != nil || w.State != nodkey.SignInPending {
			t.Fatal(w, err)
		}
	}
	eventually(t, "all of them hang", func() bool { tried, _ := h.push.seen(); return tried == 20 })
	if worst > 30*time.Second { // half of what a push service may take
		t.Errorf("a sign-in took %s", worst)
	}
}

// Down, slow, broken or unwilling for a while: what still waits when it is well again arrives, and nothing else does.
func TestTenThousandRequestsOutliveAPushServiceThatIsDown(t *testing.T) {
	h := newHouse(t)
	h.push.as(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	g := h.guest(1)
	const n = 10_000
	began := h.Clock.Now()
	alive := map[string]bool{}
	err := h.Ports.Store.Update(t.Context(), func(tx nodkey.Tx) error {
		clear(alive)
		for i := range n {
			a := nodkey.Approval{ID: nodkey.ApprovalID(fmt.Sprintf("%022d", i)), UserID: g.id, KeyIDs: []nodkey.KeyID{nodkey.KeyID(g.key.ID)},
				Kind: nodkey.ApproveTest, State: nodkey.ApprovalOpen, Notified: true, CreatedAt: began, ExpiresAt: began.Add(nodkey.ApprovalLife)}
			if i%4 == 1 {
				a.ExpiresAt = began.Add(30 * time.Second) // over when it is up again
			}
			if err := tx.InsertApproval(a); err != nil {
				return err
			}
			notice := nodkey.Notice{ApprovalID: a.ID, Channel: nodkey.ChannelWebPush, KeyID: a.KeyIDs[0], CreatedAt: began, DueAt: began, ExpiresAt: a.ExpiresAt}
			if _, err := tx.InsertNotice(notice); err != nil {
				return err
			}
			if i%4 > 1 {
				alive[string(a.ID)] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	working(t, h.Outbox, h.push.channel(0), h.Clock.Now, nil)
	for range 12 { // a minute
		h.Clock.Advance(5 * time.Second)
		h.wake()
		time.Sleep(20 * time.Millisecond) // time to fail in; nothing hangs on how much
	}
	tried, _ := h.push.seen()
	err = h.Ports.Store.Update(t.Context(), func(tx nodkey.Tx) error {
		for i := 0; i < n; i += 4 { // answered meanwhile, in the app
			if _, err := tx.EndApproval(nodkey.Approval{ID: nodkey.ApprovalID(fmt.Sprintf("%022d", i)), State: nodkey.ApprovalApproved, DecidedAt: h.Clock.Now()}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if tried > laneWidth+30 { // those in the air at once, then one every five seconds
		t.Errorf("a service that was down was asked %d times in a minute: the breaker did not hold", tried)
	}
	h.push.as(nil)
	// The clock is moved on only when nothing moves otherwise: how fast this machine is decides nothing.
	count := func() int { h.push.mu.Lock(); defer h.push.mu.Unlock(); return len(h.push.arrived) }
	for end, last := time.Now().Add(2*time.Minute), -1; count() < len(alive) && time.Now().Before(end); {
		if now := count(); now == last && h.Clock.Now().Sub(began) < 170*time.Second {
			h.Clock.Advance(time.Second)
		} else {
			last = now
		}
		h.wake()
		time.Sleep(50 * time.Millisecond)
	}
	for range 10 { // and what is over is dropped
		h.Clock.Advance(time.Second)
		h.wake()
		time.Sleep(20 * time.Millisecond)
	}
	_, arrived := h.push.seen()
	for _, m := range arrived {
		if !alive[m.plain] {
			t.Errorf("%s was sent and is over", m.plain)
		}
		delete(alive, m.plain)
	}
	if len(alive) != 0 {
		t.Errorf("%d that were alive did not arrive", len(alive))
	}
	eventually(t, "nothing is left", func() bool { return h.waiting() == 0 })
}

// crashing loses what became of messages, as a process does that dies between sending and settling.
type crashing struct {
	Queue
	mu   sync.Mutex
	lost int
	dead bool
}

func (c *crashing) Settle(ctx context.Context, sent []nodkey.Sent) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead {
		c.lost += len(sent)
		return errors.New("the machine is off")
	}
	return c.Queue.Settle(ctx, sent)
}

func TestAMessageThatIsSentTwiceReplacesItself(t *testing.T) {
	h := newHouse(t)
	g := h.guest(1)
	q := &crashing{Queue: h.Outbox, dead: true}
	stop, _ := working(t, q, h.push.channel(0), h.Clock.Now, nil)
	g.ask()
	eventually(t, "it was sent", func() bool { q.mu.Lock(); defer q.mu.Unlock(); return q.lost == 1 })
	stop()
	h.Clock.Advance(31 * time.Second)
	working(t, h.Outbox, h.push.channel(0), h.Clock.Now, nil) // the next process, nobody wakes it
	eventually(t, "it was sent again", func() bool { _, a := h.push.seen(); return len(a) == 2 })
	_, arrived := h.push.seen()
	if arrived[0].topic != arrived[1].topic || arrived[0].plain != arrived[1].plain || arrived[1].ttl >= arrived[0].ttl {
		t.Errorf("first %+v, then %+v", arrived[0], arrived[1])
	}
	if len(h.push.topics) != 1 {
		t.Errorf("a phone that was off gets %d messages", len(h.push.topics))
	}
	eventually(t, "it is settled", func() bool { return h.waiting() == 0 })
}

func TestAStolenOrEndedSubscriptionIsForgotten(t *testing.T) {
	h := newHouse(t)
	h.push.as(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
	g := h.guest(1)
	_, log := working(t, h.Outbox, h.push.channel(0), h.Clock.Now, nil)
	g.ask()
	eventually(t, "it is forgotten", func() bool { return len(nodkeytest.Dump(t, h.path)["subscriptions"]) == 0 })
	if open, err := g.key.Open(t.Context()); err != nil || len(open) != 1 {
		t.Errorf("the request: %v, %v", open, err)
	}
	if strings.Contains(log.String(), g.path) {
		t.Error("the endpoint stands in the log")
	}
}

func TestATokenThatIsRefusedIsSaidInTheLogWithoutTheEndpoint(t *testing.T) {
	h := newHouse(t)
	h.push.as(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	g := h.guest(1)
	_, log := working(t, h.Outbox, h.push.channel(0), h.Clock.Now, nil)
	g.ask()
	eventually(t, "it is given up", func() bool { return h.waiting() == 0 })
	if text := log.String(); !strings.Contains(text, "answered 403") || strings.Contains(text, g.path) {
		t.Errorf("the log says %s", text)
	}
	if tried, _ := h.push.seen(); tried != 1 || len(nodkeytest.Dump(t, h.path)["subscriptions"]) != 1 {
		t.Errorf("tried %d times", tried)
	}
}
