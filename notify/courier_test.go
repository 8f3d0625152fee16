package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// desk is the domain's side in memory: what is put back keeps its place.
type desk struct {
	mu        sync.Mutex
	now       func() time.Time
	waiting   []nodkey.SummaryMessage
	codes     []nodkey.ContactCode
	settled   []nodkey.SentSummary
	coded     map[nodkey.ContactTryID]nodkey.PushOutcome
	taken     int
	unwritten int // so many times writing fails
	unread    bool
	wake      chan struct{}
}

func newDesk() *desk {
	return &desk{wake: make(chan struct{}, 1), coded: map[nodkey.ContactTryID]nodkey.PushOutcome{}, now: time.Now}
}

func (d *desk) put(to string, ids ...string) {
	d.mu.Lock()
	for _, id := range ids {
		d.waiting = append(d.waiting, nodkey.SummaryMessage{ID: nodkey.SummaryID(id), To: to})
	}
	d.mu.Unlock()
	d.poke()
}

func (d *desk) putCode(id string) {
	d.mu.Lock()
	d.codes = append(d.codes, nodkey.ContactCode{ID: nodkey.ContactTryID(id), To: "code@example.com", Code: "123456"})
	d.mu.Unlock()
	d.poke()
}

func (d *desk) poke() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

func (d *desk) Wake() (<-chan struct{}, func()) { return d.wake, func() {} }

func (d *desk) Take(_ context.Context, _ nodkey.SummaryChannel, limit int) ([]nodkey.SummaryMessage, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.unread {
		return nil, false, errors.New(nodkeytest.FaultText)
	}
	n := min(limit, len(d.waiting))
	list := slices.Clone(d.waiting[:n])
	d.waiting = d.waiting[n:]
	for i := range list {
		list[i].Until = d.now().Add(2 * time.Minute)
	}
	d.taken += n
	return list, n == limit, nil
}

func (d *desk) Settle(_ context.Context, sent []nodkey.SentSummary) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.unwritten > 0 {
		d.unwritten--
		return errors.New(nodkeytest.FaultText)
	}
	for _, s := range sent {
		if s.Away {
			at, _ := slices.BinarySearchFunc(d.waiting, s.ID, func(m nodkey.SummaryMessage, id nodkey.SummaryID) int {
				return strings.Compare(string(m.ID), string(id))
			})
			d.waiting = slices.Insert(d.waiting, at, s.SummaryMessage)
			continue
		}
		d.settled = append(d.settled, s)
	}
	return nil
}

func (d *desk) TakeCodes(_ context.Context, _ nodkey.SummaryChannel, limit int) ([]nodkey.ContactCode, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := min(limit, len(d.codes))
	list := slices.Clone(d.codes[:n])
	d.codes = d.codes[n:]
	for i := range list {
		list[i].Until = d.now().Add(30 * time.Second)
	}
	return list, nil
}

func (d *desk) SettleCode(_ context.Context, id nodkey.ContactTryID, outcome nodkey.PushOutcome) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.coded[id] = outcome
	return nil
}

func (d *desk) ids() (list []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.settled {
		list = append(list, string(s.ID))
	}
	return list
}

// postman is a carrier that fails as it is told to.
type postman struct {
	mu      sync.Mutex
	sent    []string
	inAir   int
	most    int
	tries   int
	away    error                         // nobody answers
	outcome map[string]nodkey.PushOutcome // by id
	hold    map[string]chan struct{}      // by address
}

func (p *postman) Channel() nodkey.SummaryChannel { return nodkey.SummaryEmail }

func (p *postman) Summary(ctx context.Context, m nodkey.SummaryMessage) (nodkey.PushOutcome, error) {
	return p.send(ctx, string(m.ID), m.To)
}

func (p *postman) Code(ctx context.Context, c nodkey.ContactCode) (nodkey.PushOutcome, error) {
	return p.send(ctx, string(c.ID), c.To)
}

func (p *postman) send(ctx context.Context, id, to string) (nodkey.PushOutcome, error) {
	p.mu.Lock()
	p.inAir++
	p.tries++
	p.most = max(p.most, p.inAir)
	hold, away := p.hold[to], p.away
	p.mu.Unlock()
	defer func() { p.mu.Lock(); p.inAir--; p.mu.Unlock() }()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return nodkey.PushRetry, &Away{Err: ctx.Err()}
		}
	}
	if away != nil {
		return nodkey.PushRetry, away
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if o, odd := p.outcome[id]; odd {
		return o, errors.New("no mailbox of " + to)
	}
	p.sent = append(p.sent, id)
	return nodkey.PushDelivered, nil
}

func (p *postman) done() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.sent)
}

// couriered runs a courier; stop ends it and waits for it.
func couriered(t *testing.T, d *desk, p *postman, observe func(Carried)) (stop func(), c *Courier, log *nodkeytest.Log) {
	t.Helper()
	return courieredBy(t, d, p, observe)
}

func courieredBy(t *testing.T, d *desk, p Carrier, observe func(Carried)) (stop func(), c *Courier, log *nodkeytest.Log) {
	t.Helper()
	log = &nodkeytest.Log{}
	if observe == nil {
		observe = func(Carried) {}
	}
	c = &Courier{Summaries: d, Codes: d, Carrier: p, Log: slog.New(slog.NewTextHandler(log, nil)), Now: d.now, Observe: observe}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop, c, log
}

func numbered(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("%04d", i))
	}
	return ids
}

func TestWhatGoesToOneAddressGoesInItsOrder(t *testing.T) {
	d, p := newDesk(), &postman{}
	ids := numbered(200)
	d.put("mara@example.com", ids...)
	couriered(t, d, p, nil)
	eventually(t, "all are sent", func() bool { return len(d.ids()) == len(ids) })
	if got := p.done(); !slices.Equal(got, ids) || p.most != 1 {
		t.Errorf("they went in the order %v, %d at once", got, p.most)
	}
}

func TestAnAddressThatHangsDelaysNoOther(t *testing.T) {
	d, p := newDesk(), &postman{hold: map[string]chan struct{}{"slow@example.com": make(chan struct{})}}
	d.put("slow@example.com", "a")
	couriered(t, d, p, nil)
	for i := range 40 {
		d.put(fmt.Sprint(i, "@example.com"), fmt.Sprint("b", i))
	}
	eventually(t, "the others are sent", func() bool { return len(d.ids()) == 40 })
	if p.most > courierWidth || p.most < 2 {
		t.Errorf("%d were in the air at once", p.most)
	}
	close(p.hold["slow@example.com"])
	eventually(t, "and this one", func() bool { return len(d.ids()) == 41 })
}

// A service that is away is asked with one message now and then; when it is back everything goes out, once and in order.
func TestNothingIsLostOrDoubledWhileTheServiceIsAway(t *testing.T) {
	t.Parallel() // it waits, mostly
	clock := nodkeytest.NewClock(time.Date(2026, time.March, 4, 9, 0, 0, 0, time.UTC))
	d, p := newDesk(), &postman{away: &Away{Err: errors.New("connection refused")}}
	d.now = clock.Now
	ids := numbered(50)
	d.put("mara@example.com", ids...)
	_, c, log := couriered(t, d, p, nil)
	eventually(t, "it is left alone", c.Paused)
	p.mu.Lock()
	first := p.tries
	p.mu.Unlock()
	if first > courierWidth {
		t.Errorf("%d tries before it was left alone", first)
	}
	for probe := 1; probe <= 5; probe++ {
		eventually(t, "all are back in the house", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return len(d.waiting) == len(ids) })
		clock.Advance(awayMost)
		d.poke()
		eventually(t, "one more is tried", func() bool { p.mu.Lock(); defer p.mu.Unlock(); return p.tries >= first+probe })
		if p.tries > first+probe {
			t.Errorf("%d tries instead of one", p.tries-first-probe+1)
		}
	}
	if n := len(d.ids()); n > 0 {
		t.Errorf("%d were settled", n)
	}
	p.mu.Lock()
	p.away = nil
	p.mu.Unlock()
	eventually(t, "all are back in the house", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return len(d.waiting) == len(ids) })
	clock.Advance(awayMost)
	eventually(t, "all are sent", func() bool { return len(d.ids()) == len(ids) })
	if got := p.done(); !slices.Equal(got, ids) {
		t.Errorf("sent: %v", got)
	}
	if c.Paused() || strings.Count(log.String(), "takes no messages") != 1 || strings.Count(log.String(), "takes messages again") != 1 {
		t.Errorf("paused %v, log:\n%s", c.Paused(), log)
	}
}

func TestAServiceIsLeftAloneForAsLongAsItSays(t *testing.T) {
	t.Parallel() // it waits, mostly
	clock := nodkeytest.NewClock(time.Date(2026, time.March, 4, 9, 0, 0, 0, time.UTC))
	d, p := newDesk(), &postman{away: &Away{After: time.Hour, Err: errors.New("too many")}}
	d.now = clock.Now
	_, c, _ := couriered(t, d, p, nil)
	d.put("mara@example.com", "a")
	eventually(t, "it is left alone", c.Paused)
	clock.Advance(59 * time.Minute)
	if c.room(courierWidth) != 0 {
		t.Error("asked before its hour")
	}
	clock.Advance(time.Minute)
	eventually(t, "asked after its hour", func() bool { p.mu.Lock(); defer p.mu.Unlock(); return p.tries == 2 })
}

func TestWhatIsRefusedStopsNothingAndNamesNoAddress(t *testing.T) {
	d, p := newDesk(), &postman{outcome: map[string]nodkey.PushOutcome{"b": nodkey.PushRefused, "c": nodkey.PushGone, "d": nodkey.PushRetry}}
	var mu sync.Mutex
	seen := map[string]int{}
	stop, c, log := couriered(t, d, p, func(x Carried) {
		mu.Lock()
		defer mu.Unlock()
		seen[string(x.Channel)+" "+x.What+" "+x.Outcome]++
	})
	d.put("mara@example.com", "a", "b", "c", "d", "e")
	d.putCode("k")
	eventually(t, "all are settled", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return len(d.settled) == 5 && len(d.coded) == 1 })
	stop()
	for i, want := range []nodkey.PushOutcome{nodkey.PushDelivered, nodkey.PushRefused, nodkey.PushGone, nodkey.PushRetry, nodkey.PushDelivered} {
		if s := d.settled[i]; s.Outcome != want || s.Away || (s.Failure == "") != (want == nodkey.PushDelivered) {
			t.Errorf("%+v", s)
		}
	}
	if d.coded["k"] != nodkey.PushDelivered || c.Paused() {
		t.Errorf("the code: %v, paused %v", d.coded, c.Paused())
	}
	if strings.Contains(log.String(), "example.com") || strings.Contains(log.String(), "123456") {
		t.Errorf("the log:\n%s", log)
	}
	for what, n := range map[string]int{"summary delivered": 2, "summary refused": 1, "summary gone": 1, "summary retry": 1, "code delivered": 1} {
		if seen["email "+what] != n {
			t.Errorf("%s: counted %v", what, seen)
		}
	}
}

func TestACodeGoesBeforeSummaries(t *testing.T) {
	d, p := newDesk(), &postman{hold: map[string]chan struct{}{"mara@example.com": make(chan struct{})}}
	d.put("mara@example.com", numbered(100)...)
	couriered(t, d, p, nil)
	eventually(t, "the way is full", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return d.taken == courierWidth })
	d.putCode("k")
	close(p.hold["mara@example.com"])
	eventually(t, "all are sent", func() bool { return len(p.done()) == 101 })
	if at := slices.Index(p.done(), "k"); at > 2*courierWidth {
		t.Errorf("the code went as the %d.", at)
	}
}

// What could not be written down is written down later, and not sent again.
func TestWhatBecameOfAMessageIsWrittenDownAgain(t *testing.T) {
	t.Parallel() // it waits, mostly
	d, p := newDesk(), &postman{}
	d.unwritten = 3
	_, _, log := couriered(t, d, p, nil)
	d.put("mara@example.com", "a")
	eventually(t, "it is written down", func() bool { return len(d.ids()) == 1 })
	if len(p.done()) != 1 || strings.Count(log.String(), "written down") != 3 {
		t.Errorf("sent %v, log:\n%s", p.done(), log)
	}
}

func TestAHouseThatCannotBeReadIsReadAgain(t *testing.T) {
	t.Parallel() // it waits, mostly
	d, p := newDesk(), &postman{}
	d.unread = true
	d.put("mara@example.com", "a")
	_, _, log := couriered(t, d, p, nil)
	eventually(t, "the failure is in the log", func() bool { return strings.Contains(log.String(), "could not be read") })
	d.mu.Lock()
	d.unread = false
	d.mu.Unlock()
	eventually(t, "it goes out without a wake-up", func() bool { return len(d.ids()) == 1 })
}

// What waited behind another to the same address until its lease was nearly over is given back, not sent.
func TestNothingIsSentWhoseLeaseEnds(t *testing.T) {
	clock := nodkeytest.NewClock(time.Date(2026, time.March, 4, 9, 0, 0, 0, time.UTC))
	d, p := newDesk(), &postman{hold: map[string]chan struct{}{"mara@example.com": make(chan struct{})}}
	d.now = clock.Now
	d.put("mara@example.com", "a", "b")
	couriered(t, d, p, nil)
	eventually(t, "the first is in the air", func() bool { p.mu.Lock(); defer p.mu.Unlock(); return p.inAir == 1 })
	eventually(t, "both are taken", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return d.taken == 2 })
	clock.Advance(2*time.Minute - carryWithin + time.Second)
	close(p.hold["mara@example.com"])
	eventually(t, "both are sent", func() bool { return len(d.ids()) == 2 })
	if d.taken != 3 || !slices.Equal(p.done(), []string{"a", "b"}) {
		t.Errorf("%d were taken, %v sent", d.taken, p.done())
	}
}
