package bus

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// pending takes the wake-up out of the channel, if there is one.
func pending(wake <-chan struct{}) bool {
	select {
	case <-wake:
		return true
	default:
		return false
	}
}

func TestPublishWakesThoseWhoWaitForTheTopicOnly(t *testing.T) {
	b := New()
	one, cancelOne := b.Subscribe("a")
	two, cancelTwo := b.Subscribe("a", "b")
	other, cancelOther := b.Subscribe("c")
	defer cancelOne()
	defer cancelTwo()
	defer cancelOther()

	b.Publish("a")
	if !pending(one) || !pending(two) || pending(other) {
		t.Error("a did not wake exactly its two waiters")
	}
	b.Publish("nobody", "b")
	if pending(one) || !pending(two) || pending(other) {
		t.Error("b did not wake exactly its one waiter")
	}
}

func TestWakeUpsCoalesce(t *testing.T) {
	b := New()
	wake, cancel := b.Subscribe("a", "b", "a")
	defer cancel()
	for range 10 {
		b.Publish("a", "b")
	}
	if !pending(wake) || pending(wake) {
		t.Error("twenty events are not one wake-up")
	}
	b.Publish("b")
	if !pending(wake) {
		t.Error("no wake-up after the first was received")
	}
}

func TestCancelEndsTheSubscription(t *testing.T) {
	b := New()
	wake, cancel := b.Subscribe("a")
	_, cancelOther := b.Subscribe("a")
	cancel()
	cancel()
	b.Publish("a")
	if pending(wake) {
		t.Error("woken after cancel")
	}
	if b.Waiters() != 1 {
		t.Errorf("%d waiters, want 1", b.Waiters())
	}
	cancelOther()
	if b.Waiters() != 0 {
		t.Errorf("%d waiters, want 0", b.Waiters())
	}
}

func TestNothingStaysBehind(t *testing.T) {
	b := New()
	var cancels []func()
	for i := range 1000 {
		_, cancel := b.Subscribe(fmt.Sprint(i%7), fmt.Sprint(i), "all")
		cancels = append(cancels, cancel)
	}
	for i := range cancels { // neither in order nor in reverse
		cancels[(i*331)%len(cancels)]()
	}
	for i := range b.shards {
		if n := len(b.shards[i].topics); n != 0 {
			t.Errorf("shard %d still has %d topics", i, n)
		}
	}
}

// The bus against a model that knows, for every waiter, its topics and whether it
// has a wake-up to expect.
func TestBusBehavesLikeItsModel(t *testing.T) {
	type waiter struct {
		wake   <-chan struct{}
		cancel func()
		topics map[string]bool
		woken  bool
	}
	topic := rapid.SampledFrom([]string{"a", "b", "c", "d", ""})
	rapid.Check(t, func(t *rapid.T) {
		b := New()
		var waiters []*waiter
		pick := func(t *rapid.T) int {
			if len(waiters) == 0 {
				t.Skip("nobody waits")
			}
			return rapid.IntRange(0, len(waiters)-1).Draw(t, "waiter")
		}
		t.Repeat(map[string]func(*rapid.T){
			"subscribe": func(t *rapid.T) {
				topics := rapid.SliceOfN(topic, 0, 3).Draw(t, "topics")
				w := &waiter{topics: map[string]bool{}}
				for _, name := range topics {
					w.topics[name] = true
				}
				w.wake, w.cancel = b.Subscribe(topics...)
				waiters = append(waiters, w)
			},
			"publish": func(t *rapid.T) {
				topics := rapid.SliceOfN(topic, 0, 3).Draw(t, "topics")
				b.Publish(topics...)
				for _, w := range waiters {
					for _, name := range topics {
						w.woken = w.woken || w.topics[name]
					}
				}
			},
			"receive": func(t *rapid.T) {
				w := waiters[pick(t)]
				if pending(w.wake) != w.woken {
					t.Fatalf("wake-up pending: %v, want %v", !w.woken, w.woken)
				}
				w.woken = false
			},
			"cancel": func(t *rapid.T) {
				i := pick(t)
				waiters[i].cancel()
				waiters = append(waiters[:i], waiters[i+1:]...)
			},
			"": func(t *rapid.T) {
				if b.Waiters() != len(waiters) {
					t.Fatalf("%d waiters, want %d", b.Waiters(), len(waiters))
				}
			},
		})
		for _, w := range waiters {
			if pending(w.wake) != w.woken {
				t.Fatalf("wake-up pending: %v, want %v", !w.woken, w.woken)
			}
		}
	})
}

// The order of the package comment loses nothing: subscribe, read, wait. If a
// wake-up were lost, a waiter would hang and the test with it.
func TestSubscribeThenReadMissesNoChange(t *testing.T) {
	b := New()
	const rounds, waiters = 300, 4
	var (
		mu    sync.Mutex
		store = map[string]bool{}
		wg    sync.WaitGroup
	)
	for i := range rounds {
		topic := fmt.Sprint(i)
		for range waiters {
			wg.Go(func() {
				wake, cancel := b.Subscribe("unrelated", topic)
				defer cancel()
				for {
					mu.Lock()
					done := store[topic]
					mu.Unlock()
					if done {
						return
					}
					<-wake
				}
			})
		}
		wg.Go(func() {
			mu.Lock()
			store[topic] = true
			mu.Unlock()
			b.Publish(topic)
		})
	}
	wg.Wait()
	if b.Waiters() != 0 {
		t.Errorf("%d waiters are left", b.Waiters())
	}
}

// Reports B/waiter: heap in use for one of 100,000 waiters, each on one topic of
// its own and one that it shares with ten.
func BenchmarkWaiters(b *testing.B) {
	const waiters = 100_000
	topics := make([][2]string, waiters)
	for i := range topics {
		topics[i] = [2]string{fmt.Sprintf("approval/%022d", i), fmt.Sprintf("key/%022d", i/10)}
	}
	for b.Loop() {
		bus := New()
		cancels := make([]func(), waiters)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i, t := range topics {
			_, cancels[i] = bus.Subscribe(t[0], t[1])
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/waiters, "B/waiter")
		for _, cancel := range cancels {
			cancel()
		}
	}
}

func BenchmarkPublish(b *testing.B) {
	for _, waiters := range []int{0, 1, 100} {
		b.Run(fmt.Sprint(waiters, " waiters"), func(b *testing.B) {
			bus := New()
			for range waiters {
				_, cancel := bus.Subscribe("topic")
				defer cancel()
			}
			b.ReportAllocs()
			for b.Loop() {
				bus.Publish("topic")
			}
		})
	}
}
