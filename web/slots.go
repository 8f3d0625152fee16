package web

import "sync"

// Slots bounds the streams that one holder (a session, a key) has open: the newest wins, because the oldest is the one
// most likely forgotten. The zero value is not usable; see NewSlots.
type Slots struct {
	most int
	mu   sync.Mutex
	open map[string][]*slot
}

type slot struct{ ended chan struct{} }

// NewSlots allows each holder this many streams at once.
func NewSlots(most int) *Slots { return &Slots{most: most, open: make(map[string][]*slot)} }

// Take opens a stream for every one of the holders. ended is closed when newer streams have taken its place; release must
// be called when the stream is over.
func (s *Slots) Take(holders ...string) (ended <-chan struct{}, release func()) {
	own := &slot{ended: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range holders {
		list := append(s.open[h], own)
		for len(list) > s.most {
			list[0].end()
			list = list[1:]
		}
		s.open[h] = list
	}
	return own.ended, func() { s.release(own, holders) }
}

// end is called with the lock held.
func (s *slot) end() {
	select {
	case <-s.ended:
	default:
		close(s.ended)
	}
}

func (s *Slots) release(own *slot, holders []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range holders {
		list := s.open[h]
		kept := make([]*slot, 0, len(list))
		for _, x := range list {
			if x != own {
				kept = append(kept, x)
			}
		}
		if len(kept) == 0 {
			delete(s.open, h)
			continue
		}
		s.open[h] = kept
	}
}
