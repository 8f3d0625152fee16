package bus

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
)

// shards is how many locks the topics are spread over, so that publishers of
// different topics rarely meet. A power of two.
const shards = 64

// Bus connects publishers and waiters. Make one with [New]; it is safe for
// concurrent use.
type Bus struct {
	seed    maphash.Seed
	waiters atomic.Int64
	shards  [shards]shard
}

type shard struct {
	mu     sync.Mutex
	topics map[string]*seat // the first of the topic's waiters
	_      [48]byte         // a cache line each
}

// seat is one waiter's place at one topic, in a doubly linked list under the
// shard's lock: leaving costs the same however many others wait.
type seat struct {
	topic      string
	wake       chan struct{}
	prev, next *seat
}

// New returns a bus that nobody waits on.
func New() *Bus {
	b := &Bus{seed: maphash.MakeSeed()}
	for i := range b.shards {
		b.shards[i].topics = make(map[string]*seat)
	}
	return b
}

func (b *Bus) shard(topic string) *shard {
	return &b.shards[maphash.String(b.seed, topic)%shards]
}

// Publish wakes everyone who waits for one of topics. It never blocks on a
// waiter: one that has a wake-up pending already keeps that one.
func (b *Bus) Publish(topics ...string) {
	for _, topic := range topics {
		s := b.shard(topic)
		s.mu.Lock()
		for at := s.topics[topic]; at != nil; at = at.next {
			select {
			case at.wake <- struct{}{}:
			default:
			}
		}
		s.mu.Unlock()
	}
}

// Subscribe waits for topics. Every Publish of one of them that begins after
// Subscribe returned leaves a wake-up in wake, which holds one: those that come
// before it is received are one wake-up. A wake-up without a cause is possible,
// a lost one is not.
//
// cancel ends the subscription and must be called; more often than once does no
// harm. wake is never closed, and may hold a last wake-up after cancel.
func (b *Bus) Subscribe(topics ...string) (wake <-chan struct{}, cancel func()) {
	ch := make(chan struct{}, 1)
	seats := make([]seat, len(topics))
	for i, topic := range topics {
		at := &seats[i]
		at.topic, at.wake = topic, ch
		b.shard(topic).sit(at)
	}
	b.waiters.Add(1)
	var left atomic.Bool
	return ch, func() {
		if left.Swap(true) {
			return
		}
		for i := range seats {
			b.shard(seats[i].topic).leave(&seats[i])
		}
		b.waiters.Add(-1)
	}
}

// Waiters returns how many subscriptions there are.
func (b *Bus) Waiters() int {
	return int(b.waiters.Load())
}

func (s *shard) sit(at *seat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if first := s.topics[at.topic]; first != nil {
		at.next, first.prev = first, at
	}
	s.topics[at.topic] = at
}

func (s *shard) leave(at *seat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at.next != nil {
		at.next.prev = at.prev
	}
	switch {
	case at.prev != nil:
		at.prev.next = at.next
	case at.next != nil:
		s.topics[at.topic] = at.next
	default:
		delete(s.topics, at.topic)
	}
}
