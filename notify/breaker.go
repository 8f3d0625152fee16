package notify

import (
	"sync"
	"time"
)

// When a host is left alone, and for how long before it is tried with one message.
const (
	breakAfter = 5 // failures in a row
	breakFor   = 5 * time.Second
)

// hostsKept bounds the hosts that are remembered as failing.
const hostsKept = 1024

// breaker remembers which hosts fail. One that works is not remembered at all.
type breaker struct {
	now   func() time.Time
	mu    sync.Mutex
	hosts map[string]*failing
}

type failing struct {
	inARow int
	until  time.Time // left alone until then
	tried  bool      // one message is on its way to see whether it works again
}

func newBreaker(now func() time.Time) *breaker {
	return &breaker{now: now, hosts: map[string]*failing{}}
}

// wait tells how long to leave a host alone; zero: send.
func (b *breaker) wait(host string) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.hosts[host]
	if f == nil || f.inARow < breakAfter {
		return 0
	}
	if left := f.until.Sub(b.now()); left > 0 {
		return left
	}
	if f.tried {
		return time.Second
	}
	f.tried = true
	return 0
}

// report says how a message to a host went.
func (b *breaker) report(host string, works bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if works {
		delete(b.hosts, host)
		return
	}
	f := b.hosts[host]
	if f == nil {
		if len(b.hosts) >= hostsKept {
			clear(b.hosts)
		}
		f = &failing{}
		b.hosts[host] = f
	}
	f.inARow++
	f.tried = false
	if f.inARow >= breakAfter {
		f.until = b.now().Add(breakFor)
	}
}

// paused counts the hosts that are left alone.
func (b *breaker) paused() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.hosts {
		if f.inARow >= breakAfter {
			n++
		}
	}
	return n
}
