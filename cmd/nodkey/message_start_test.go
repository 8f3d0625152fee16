package main

import (
	"strings"
	"testing"
	"time"
)

func TestAStartIsATimeToComeInAZone(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct{ at, zone, want, fails string }{
		{"", "", "0001-01-01T00:00:00Z", ""},
		{"2026-12-01T08:00", "Europe/Zurich", "2026-12-01T07:00:00Z", ""},
		{"2026-07-01T08:00", "Europe/Zurich", "2026-07-01T06:00:00Z", ""},
		{"2026-12-01T08:00", "Asia/Tokyo", "2026-11-30T23:00:00Z", ""},
		{"2026-12-01T08:00:30+01:00", "", "2026-12-01T07:00:30Z", ""},
		{"2026-12-01T08:00-05:00", "", "2026-12-01T13:00:00Z", ""},
		{"2026-03-01T09:01Z", "", "2026-03-01T09:01:00Z", ""},
		{"2026-03-01T09:00Z", "", "", "is over"},
		{"2026-03-01T10:00", "Europe/Zurich", "", "is over"},
		{"2026-03-29T02:30", "Europe/Zurich", "", "there is no 2026-03-29T02:30"},
		{"2026-12-01T08:00Z", "Europe/Zurich", "", "has a zone already"},
		{"2026-12-01T08:00", "Europe/Bern", "", "there is no time zone"},
		{"2026-12-01T08:00", "Local", "", "there is no time zone"},
		{"", "Europe/Zurich", "", "goes with --at"},
		{"2026-12-01", "", "", "is no time"},
		{"2026-13-01T08:00", "", "", "is no time"},
		{"1 December", "", "", "is no time"},
	} {
		got, err := startTime(c.at, c.zone, now)
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%s in %q: %v, %v", c.at, c.zone, got, err)
			}
			continue
		}
		if err != nil || got.UTC().Format(time.RFC3339) != c.want {
			t.Errorf("%s in %q is %v, %v", c.at, c.zone, got, err)
		}
	}
}
