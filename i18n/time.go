package i18n

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Clock returns the time of day to the second: "14:32:06". The caller chooses
// the zone by t.In.
func (l *Localizer) Clock(t time.Time) string { return l.hour(t.Format("15:04:05")) }

// hour writes the time of day as the language does: 03:17, in Japanese 3:17.
func (l *Localizer) hour(clock string) string {
	if l.lang == "ja" && clock[0] == '0' {
		return clock[1:]
	}
	return clock
}

// Gap is what stands between two sentences: a space, in Japanese nothing.
func (l *Localizer) Gap() string {
	if l.lang == "ja" {
		return ""
	}
	return " "
}

// Date returns a day: "3 March 2026".
func (l *Localizer) Date(t time.Time) string {
	return l.T("time.date", map[string]any{"Day": t.Day(), "Month": l.T(monthKeys()[t.Month()-1], nil), "Year": t.Year()})
}

// Moment returns when something was, as seen at now, fit to begin a line:
// "Today, 14:32", "Yesterday, 03:17", within six days "Mon, 08:05", else
// "3 March 2026, 14:32". Both times are read in now's zone.
func (l *Localizer) Moment(t, now time.Time) string {
	return l.moment(t, now, "time.today", "time.yesterday")
}

// MomentWithin is Moment in the middle of a sentence: "today, 14:32".
func (l *Localizer) MomentWithin(t, now time.Time) string {
	return l.moment(t, now, "time.today_within", "time.yesterday_within")
}

func (l *Localizer) moment(t, now time.Time, today, yesterday string) string {
	t = t.In(now.Location())
	clock := l.hour(t.Format("15:04"))
	switch days := midnight(now).Sub(midnight(t)).Hours() / 24; {
	case days == 0:
		return l.T(today, map[string]any{"Time": clock})
	case days == 1:
		return l.T(yesterday, map[string]any{"Time": clock})
	case days > 1 && days <= 6:
		return l.T("time.weekday", map[string]any{"Weekday": l.T(weekdayKeys()[t.Weekday()], nil), "Time": clock})
	}
	return l.T("time.day", map[string]any{"Date": l.Date(t), "Time": clock})
}

// midnight counts days by the calendar, so that a day of 23 or 25 hours is
// one day.
func midnight(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// Remaining returns a countdown in minutes and seconds: "9:26". A part of a
// second counts as one, and what is over is "0:00".
func (l *Localizer) Remaining(d time.Duration) string {
	seconds := max(0, int((d+time.Second-1)/time.Second))
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}

// Spoken returns a countdown in words for a screen reader: "2 minutes",
// "41 seconds". Above a minute it rounds up to minutes.
func (l *Localizer) Spoken(d time.Duration) string {
	if seconds := max(0, int((d+time.Second-1)/time.Second)); seconds <= 60 {
		return l.T("time.seconds", map[string]any{"Count": seconds})
	}
	return l.T("time.minutes", map[string]any{"Count": int((d + time.Minute - 1) / time.Minute)})
}

// Precisely returns how long something took: "1.3 s", from ten seconds on "41 s".
func (l *Localizer) Precisely(d time.Duration) string {
	digits := 1
	if d >= 10*time.Second {
		digits = 0
	}
	return l.T("time.precise", map[string]any{"Figure": l.figure(max(0, d.Seconds()), digits)})
}

// Decimal writes a number with one digit after the point, which in German is a comma.
func (l *Localizer) Decimal(value float64) string { return l.figure(value, 1) }

func (l *Localizer) figure(value float64, digits int) string {
	figure := strconv.FormatFloat(value, 'f', digits, 64)
	if l.lang == "de" {
		figure = strings.Replace(figure, ".", ",", 1)
	}
	return figure
}

func monthKeys() [12]string {
	return [12]string{
		"time.january", "time.february", "time.march", "time.april", "time.may", "time.june",
		"time.july", "time.august", "time.september", "time.october", "time.november", "time.december",
	}
}

func weekdayKeys() [7]string {
	return [7]string{"time.sun", "time.mon", "time.tue", "time.wed", "time.thu", "time.fri", "time.sat"}
}
