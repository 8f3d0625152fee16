package notify

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestACourierThatEndsGivesWhatIsInTheAirATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, p := newDesk(), &postman{hold: map[string]chan struct{}{"a@example.com": make(chan struct{}), "b@example.com": make(chan struct{})}}
		d.put("a@example.com", "a")
		d.put("b@example.com", "b")
		stop, _, _ := couriered(t, d, p, nil)
		eventually(t, "they are in the air", func() bool { p.mu.Lock(); defer p.mu.Unlock(); return p.inAir == 2 })
		time.AfterFunc(50*time.Millisecond, func() { close(p.hold["a@example.com"]) })
		began := time.Now()
		stop()
		if took := time.Since(began); took != stopWithin {
			t.Errorf("it took %s", took)
		}
		if got := d.ids(); !slices.Equal(got, []string{"a"}) || len(d.waiting) != 1 {
			t.Errorf("settled %v, %d wait", got, len(d.waiting))
		}
	})
}
