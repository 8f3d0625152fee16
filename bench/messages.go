package bench

import (
	"fmt"
	"io"
	"runtime"
	"time"
)

// Messages is all that one run of `nodkey bench messages` measured: the same at each size of the message centre.
type Messages struct {
	Processors int          `json:"processors"`
	Go         string       `json:"go"`
	Each       int          `json:"each"` // messages in each box
	Sizes      []CentreSize `json:"sizes"`
}

// CentreSize is what it measured in a message centre of one size.
type CentreSize struct {
	Users    int     `json:"users"`
	Messages int     `json:"messages"`
	Filled   float64 `json:"filled"` // seconds that it took to make it
	List     Latency `json:"list"`   // one's own box, its first page
	Search   Latency `json:"search"` // one's own box to its end, for a word that is in every message and one that is in none
	Unread   Latency `json:"unread"` // the badge
	Desk     Latency `json:"desk"`   // the desk's first page
	ToAll    float64 `json:"toAll"`  // seconds that an announcement to all users takes, from the command to the last box
	Heap     float64 `json:"heap"`   // MiB of live heap and garbage at most meanwhile
	File     float64 `json:"file"`   // MiB of the database
}

// NewMessages begins a report about this machine.
func NewMessages(each int) Messages {
	return Messages{Processors: runtime.NumCPU(), Go: runtime.Version(), Each: each}
}

// Print writes the report for people.
func (m Messages) Print(w io.Writer) {
	fmt.Fprintf(w, "%d processors, %s; %d messages a user, all in one process\n", m.Processors, m.Go, m.Each)
	for _, s := range m.Sizes {
		fmt.Fprintf(w, "\n%d messages, %d users\n", s.Messages, s.Users)
		line := newLines(w)
		for _, part := range []struct {
			what string
			took Latency
			told string
		}{{"list", s.List, "the first page of one's own box"}, {"search", s.Search, "one's own box, to its end"},
			{"badge", s.Unread, "unread messages counted"}, {"desk", s.Desk, "the desk's first page"}} {
			line(part.what, part.took.P50, 2, "ms", "p50, p99 %.2f ms, max %.1f ms; %s", part.took.P99, part.took.Max, part.told)
		}
		line("to all users", s.ToAll, 1, "s", "an announcement, %.0f users a second", float64(s.Users)/s.ToAll)
		line("heap meanwhile", s.Heap, 0, "MiB", "at most")
		line("filled in", s.Filled, 0, "s", "%.0f MiB of database", s.File)
	}
}

// Timed calls again and again, so many times after a tenth of them to warm up, and gives what they took.
func Timed(times int, call func() error) (Latency, error) {
	took := newHistogram()
	for i := range times + times/10 {
		began := time.Now()
		if err := call(); err != nil {
			return Latency{}, err
		}
		if i >= times/10 {
			if err := took.RecordValue(max(1, time.Since(began).Microseconds())); err != nil {
				return Latency{}, err
			}
		}
	}
	return LatencyOf(took), nil
}
