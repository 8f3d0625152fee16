package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
)

// line is a queue in memory: each message is taken once.
type line struct {
	mu      sync.Mutex
	waiting map[string][]nodkey.PushMessage
	settled []nodkey.Sent
	wake    chan struct{}
	failing bool
}

func newLine() *line {
	return &line{waiting: map[string][]nodkey.PushMessage{}, wake: make(chan struct{}, 1)}
}

func (l *line) put(service string, n int) {
	l.mu.Lock()
	for i := range n {
		m := nodkey.PushMessage{Notice: nodkey.Notice{Service: service, ApprovalID: nodkey.ApprovalID(fmt.Sprint(service, i)), CreatedAt: time.Now()}}
		l.waiting[service] = append(l.waiting[service], m)
	}
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *line) Wake() (<-chan struct{}, func()) { return l.wake, func() {} }

func (l *line) Take(_ context.Context, service string, limit int) ([]nodkey.PushMessage, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failing {
		return nil, false, errors.New(nodkeytest.FaultText)
	}
	n := min(limit, len(l.waiting[service]))
	taken := slices.Clone(l.waiting[service][:n])
	l.waiting[service] = l.waiting[service][n:]
	return taken, n == limit, nil
}

func (l *line) Settle(_ context.Context, sent []nodkey.Sent) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settled = append(l.settled, sent...)
	return nil
}

func (l *line) count(service string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.settled {
		if s.Service == service {
			n++
		}
	}
	return n
}

// way is a channel of which one service hangs until it is let go.
type way struct {
	hang    chan struct{}
	mu      sync.Mutex
	inAir   map[string]int
	most    map[string]int
	stopped int
}

func newWay() *way {
	return &way{hang: make(chan struct{}), inAir: map[string]int{}, most: map[string]int{}}
}

func (w *way) Name() string       { return "test" }
func (w *way) Services() []string { return []string{"well", "hangs"} }

func (w *way) Send(ctx context.Context, m nodkey.PushMessage) (nodkey.PushAnswer, error) {
	w.mu.Lock()
	w.inAir[m.Service]++
	w.most[m.Service] = max(w.most[m.Service], w.inAir[m.Service])
	w.mu.Unlock()
	defer func() { w.mu.Lock(); w.inAir[m.Service]--; w.mu.Unlock() }()
	if m.Service == "hangs" {
		select {
		case <-w.hang:
		case <-ctx.Done():
			w.mu.Lock()
			w.stopped++
			w.mu.Unlock()
			return nodkey.PushAnswer{}, ctx.Err()
		}
	}
	return nodkey.PushAnswer{Outcome: nodkey.PushDelivered}, nil
}

func (w *way) flying(service string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.inAir[service]
}

// eventually waits for what another goroutine does.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	end := time.Now().Add(time.Minute)
	for !is() {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// working runs a worker; stop ends it and waits for it.
func working(t *testing.T, q Queue, c Channel, now func() time.Time, observe func(Attempt)) (stop func(), log *nodkeytest.Log) {
	t.Helper()
	return workingAt(t, pollEvery, q, c, now, observe)
}

// neverByItself runs a worker that looks when it is woken and at no other time.
func neverByItself(t *testing.T, q Queue, c Channel, now func() time.Time, observe func(Attempt)) {
	t.Helper()
	workingAt(t, 24*time.Hour, q, c, now, observe)
}

func workingAt(t *testing.T, poll time.Duration, q Queue, c Channel, now func() time.Time, observe func(Attempt)) (stop func(), log *nodkeytest.Log) {
	t.Helper()
	log = &nodkeytest.Log{}
	if observe == nil {
		observe = func(Attempt) {}
	}
	w := &Worker{Queue: q, Channel: c, Log: slog.New(slog.NewTextHandler(log, nil)), Now: now, Observe: observe, poll: poll}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop, log
}

func TestAServiceThatHangsDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, c := newLine(), newWay()
		q.put("hangs", 1000)
		working(t, q, c, time.Now, nil)
		eventually(t, "the lane is full", func() bool { return c.flying("hangs") == laneWidth })
		began := time.Now()
		for i := range 20 {
			q.put("well", 10)
			eventually(t, "the other service is served", func() bool { return q.count("well") == 10*(i+1) })
		}
		if took := time.Since(began); took > 20*50*time.Millisecond {
			t.Errorf("twenty rounds beside a service that hangs took %s", took)
		}
		if q.count("hangs") != 0 || c.flying("hangs") != laneWidth {
			t.Errorf("%d are in the air to the service that hangs", c.flying("hangs"))
		}
		close(c.hang)
		eventually(t, "it works again", func() bool { return q.count("hangs") == 1000 })
		if c.most["hangs"] > laneWidth || c.most["well"] > laneWidth {
			t.Errorf("more than %d were in the air: %v", laneWidth, c.most)
		}
	})
}

// slowLine is a queue that takes its time to write down what became of messages.
type slowLine struct {
	*line
	release chan struct{}
}

func (l slowLine) Settle(ctx context.Context, sent []nodkey.Sent) error {
	<-l.release
	return l.line.Settle(ctx, sent)
}

func TestMessagesDoNotWaitForWhatBecameOfOthersToBeWrittenDown(t *testing.T) {
	const n = 1000
	q := slowLine{newLine(), make(chan struct{})}
	var tried atomic.Int64
	working(t, q, newWay(), time.Now, func(Attempt) { tried.Add(1) })
	q.put("well", n)
	eventually(t, "more than a lane holds are sent", func() bool { return tried.Load() > settleMost })
	if got := tried.Load(); got > 2*settleMost+2*laneWidth {
		t.Errorf("%d messages were sent and nothing of them is written down", got)
	}
	close(q.release)
	eventually(t, "all are written down", func() bool { return q.count("well") == n })
}

func TestAWorkerThatEndsGivesWhatIsInTheAirATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, c := newLine(), newWay()
		q.put("hangs", laneWidth+6)
		stop, _ := working(t, q, c, time.Now, nil)
		eventually(t, "the lane is full", func() bool { return c.flying("hangs") == laneWidth })
		time.AfterFunc(100*time.Millisecond, func() { close(c.hang) })
		began := time.Now()
		stop()
		if took := time.Since(began); took > stopWithin || q.count("hangs") != laneWidth || c.stopped != 0 {
			t.Errorf("it took %s, %d were settled, %d broken off", took, q.count("hangs"), c.stopped)
		}
		if len(q.waiting["hangs"]) != 6 {
			t.Errorf("%d are left for the next", len(q.waiting["hangs"]))
		}
	})
}

func TestAWorkerThatEndsDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, c := newLine(), newWay()
		q.put("hangs", 3)
		stop, _ := working(t, q, c, time.Now, nil)
		eventually(t, "they are in the air", func() bool { return c.flying("hangs") == 3 })
		began := time.Now()
		stop()
		if took := time.Since(began); took != stopWithin || q.count("hangs") != 3 || c.stopped != 3 {
			t.Errorf("it took %s, %d were settled, %d broken off", took, q.count("hangs"), c.stopped)
		}
	})
}

func TestAnOutboxThatCannotBeReadIsReadAgain(t *testing.T) {
	t.Parallel() // it waits, mostly
	q, c := newLine(), newWay()
	q.failing = true
	q.put("well", 5)
	_, log := working(t, q, c, time.Now, nil)
	eventually(t, "the failure is in the log", func() bool { return len(log.String()) > 0 })
	q.mu.Lock()
	q.failing = false
	q.mu.Unlock()
	eventually(t, "they go out without a wake-up", func() bool { return q.count("well") == 5 })
}

func TestEveryTryIsCounted(t *testing.T) {
	q, c := newLine(), newWay()
	var mu sync.Mutex
	seen := map[string]int{}
	stop, _ := working(t, q, c, time.Now, func(a Attempt) {
		mu.Lock()
		defer mu.Unlock()
		seen[a.Channel+" "+a.Service+" "+a.Outcome]++
		if a.Since < 0 || a.Since > time.Minute {
			t.Errorf("it took %s", a.Since)
		}
	})
	q.put("well", 7)
	eventually(t, "all have arrived", func() bool { return q.count("well") == 7 })
	stop()
	if seen["test well delivered"] != 7 || len(seen) != 1 {
		t.Errorf("counted: %v", seen)
	}
}
