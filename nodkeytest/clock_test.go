package nodkeytest

import (
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

var _ nodkey.Clock = (*Clock)(nil)

func TestClockStandsStillUntilMoved(t *testing.T) {
	start := time.Date(2026, 11, 21, 23, 30, 0, 123_456_789, time.FixedZone("east", 3600))
	c := NewClock(start)
	want := time.Date(2026, 11, 21, 22, 30, 0, 123_000_000, time.UTC)
	if got := c.Now(); got != want {
		t.Errorf("a new clock tells %v, want %v: UTC, whole milliseconds", got, want)
	}
	if first, second := c.Now(), c.Now(); first != second {
		t.Error("the clock moved by itself")
	}
	if got := c.Advance(1500 * time.Microsecond); got != want.Add(time.Millisecond) || got != c.Now() {
		t.Errorf("after 1.5 ms: %v", got)
	}
	c.Set(want.Add(-time.Hour))
	if got := c.Now(); got != want.Add(-time.Hour) {
		t.Errorf("set back by an hour: %v", got)
	}
}

func TestClockLosesNoAdvanceOfManyGoroutines(t *testing.T) {
	c := NewClock(time.UnixMilli(0))
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			for range 20 {
				c.Advance(time.Millisecond)
				c.Now()
			}
		})
	}
	all.Wait()
	if got := c.Now(); got != time.UnixMilli(1000).UTC() {
		t.Errorf("after 1000 steps of 1 ms: %v", got)
	}
}
