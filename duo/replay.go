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
	since     time.Time
}

// again tells whether a signature came before, and remembers it. What it remembers is kept for a window at least, two at most.
func (s *seen) again(key string, signature []byte, at time.Time, window time.Duration) bool {
	sum := sha256.Sum256(append([]byte(key+":"), signature...))
	name := [16]byte(sum[:16])
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil || at.Sub(s.since) >= window {
		if at.Sub(s.since) < 2*window {
			s.past = s.now
		} else {
			s.past = nil
		}
		s.now, s.since = map[[16]byte]bool{}, at
	}
	if s.now[name] || s.past[name] {
		return true
	}
	s.now[name] = true
	return false
}
