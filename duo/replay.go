package duo

import (
	"crypto/sha256"
	"sync"
	"time"
)

// seen remembers the signatures of what must not be done twice, for as long as their date lets them count. Only those that were right
// come in, so nobody without a secret fills it.
type seen struct {
	mu        sync.Mutex
	now, past map[[16]byte]bool
	of        map[string]int // of those in now, by key
	since     time.Time
}

// seenOfApp is how many of one application's are remembered in a window, some 5 MB. Forgetting one would let it be done twice, so
// beyond it nothing more is done.
const seenOfApp = 100_000

// full reports whether no more of an application's is remembered until the window is over.
func (s *seen) full(key string, at time.Time, window time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roll(at, window)
	return s.of[key] >= seenOfApp
}

// roll begins another window where one is over. The lock is held.
func (s *seen) roll(at time.Time, window time.Duration) {
	if s.now != nil && at.Sub(s.since) < window {
		return
	}
	if at.Sub(s.since) < 2*window {
		s.past = s.now
	} else {
		s.past = nil
	}
	s.now, s.of, s.since = map[[16]byte]bool{}, map[string]int{}, at
}

// again tells whether a signature came before, and remembers it. What it remembers is kept for a window at least, two at most.
func (s *seen) again(key string, signature []byte, at time.Time, window time.Duration) bool {
	sum := sha256.Sum256(append([]byte(key+":"), signature...))
	name := [16]byte(sum[:16])
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roll(at, window)
	if s.now[name] || s.past[name] {
		return true
	}
	s.now[name] = true
	s.of[key]++
	return false
}
