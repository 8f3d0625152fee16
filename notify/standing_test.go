package notify

import (
	"sync"
	"time"
)

// standing is a clock that stands still until it is moved.
type standing struct {
	mu sync.Mutex
	at time.Time
}

func (s *standing) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

func (s *standing) advance(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = s.at.Add(by)
}
