package main

import "time"

// startTime reads --at and --zone: a time with its offset, or a time of the clocks in a zone, which is this machine's where none
// is named. It must be to come. Nothing gives the zero time.
func startTime(at, zone string, now time.Time) (time.Time, error) {
	if at == "" {
		if zone != "" {
			return time.Time{}, textError("", "--zone goes with --at")
		}
		return time.Time{}, nil
	}
	in := time.Local
	if zone != "" {
		var err error
		if in, err = time.LoadLocation(zone); err != nil || zone == "Local" {
			return time.Time{}, textError("Such as Europe/Zurich or Asia/Tokyo.", "there is no time zone %q", zone)
		}
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		found, err := time.Parse(layout+"Z07:00", at)
		if err == nil && zone != "" {
			return time.Time{}, textError("Leave --zone out.", "--at %q has a zone already", at)
		}
		if err != nil {
			found, err = time.ParseInLocation(layout, at, in)
			if err == nil && found.Format(layout) != at {
				return time.Time{}, textError("The clocks change then. Choose another time.", "there is no %s in %s", at, in)
			}
		}
		if err != nil {
			continue
		}
		if !found.After(now) {
			return time.Time{}, textError("Leave --at out to send it now.", "%s is over", when(found))
		}
		return found, nil
	}
	return time.Time{}, textError("Such as 2026-12-01T08:00, with --zone Europe/Zurich, or 2026-12-01T08:00+01:00", "--at %q is no time", at)
}
