package bench

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"
)

// Report is all that one run measured. A part that was not measured is zero and is not printed.
type Report struct {
	Processors  int    `json:"processors"`
	Go          string `json:"go"`
	Phones      int    `json:"phones"`
	Concurrency int    `json:"concurrency"`

	SignIns  SignIns   `json:"signIns"`
	Limit    Limit     `json:"limit"`
	Share    float64   `json:"share"` // of the limit
	Memory   Memory    `json:"memory"`
	Ready    Ready     `json:"ready"`
	TLS      TLSCost   `json:"tls"`
	Password Passwords `json:"passwords"`
}

// SignIns is what whole sign-ins took: medians of the rounds.
type SignIns struct {
	PerSecond       float64   `json:"perSecond"`
	Rounds          []float64 `json:"rounds"`
	Failed          int       `json:"failed"`
	Whole           Latency   `json:"whole"`           // at full load
	WakeUpFull      Latency   `json:"wakeUpFull"`      // at full load
	WakeUpHalf      Latency   `json:"wakeUpHalf"`      // with half as many a second as at full load
	ServerCPU       float64   `json:"serverCPU"`       // microseconds of processor time a sign-in, the server's part
	BenchCPU        float64   `json:"benchCPU"`        // the part of phones and browsers
	NeededCPU       float64   `json:"neededCPU"`       // what a sign-in cannot do without takes of both; see Limit
	UpdatesACommit  float64   `json:"updatesACommit"`  // how many updates shared a durable commit
	UpdatesASignIn  float64   `json:"updatesASignIn"`  // see Commits
	AllocatedSignIn float64   `json:"allocatedSignIn"` // bytes that the server allocated for each
}

// Latency is a histogram in milliseconds.
type Latency struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// Memory is what the server process holds, in KiB.
type Memory struct {
	Idle            float64 `json:"idle"`            // resident, after the start, nobody there
	Waiting         int     `json:"waiting"`         // sign-ins that waited when these were measured
	PerWaiting      float64 `json:"perWaiting"`      // the larger of the next, and the sum of the two after it
	ResidentWaiting float64 `json:"residentWaiting"` // by which the resident set was larger
	ObjectsWaiting  float64 `json:"objectsWaiting"`  // on the heap
	StacksWaiting   float64 `json:"stacksWaiting"`   // of goroutines
}

// Ready is how long `nodkey serve` takes from its start to being ready, in milliseconds.
type Ready struct {
	First  float64 `json:"first"`  // on an empty directory
	Median float64 `json:"median"` // on a database that is there
	Starts int     `json:"starts"`
}

// TLSCost compares small requests, in microseconds.
type TLSCost struct {
	PlainNew  float64 `json:"plainNew"`
	PlainKept float64 `json:"plainKept"`
	TLSNew    float64 `json:"tlsNew"`
	TLSKept   float64 `json:"tlsKept"`
}

// Passwords is how many argon2id hashes of the server's parameters the machine makes.
type Passwords struct {
	PerSecond float64 `json:"perSecond"`
}

// NewReport begins a report about this machine.
func NewReport(phones, concurrency int) Report {
	return Report{Processors: runtime.NumCPU(), Go: runtime.Version(), Phones: phones, Concurrency: concurrency}
}

// LatencyOf sums up histograms of microseconds: the medians of their figures.
func LatencyOf(rounds ...*Histogram) Latency {
	figure := func(of func(*Histogram) int64) float64 {
		values := make([]float64, len(rounds))
		for i, h := range rounds {
			values[i] = float64(of(h)) / 1000
		}
		return Median(values)
	}
	return Latency{
		P50: figure(func(h *Histogram) int64 { return h.ValueAtQuantile(50) }),
		P99: figure(func(h *Histogram) int64 { return h.ValueAtQuantile(99) }),
		Max: figure((*Histogram).Max),
	}
}

// Median is the middle value, 0 of none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}

// Microseconds makes a duration one of the report's figures.
func Microseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// Print writes the report for people.
func (r Report) Print(w io.Writer) {
	fmt.Fprintf(w, "%d processors, %s; %d phones, %d sign-ins at a time, phones and browsers on the same processors\n\n",
		r.Processors, r.Go, r.Phones, r.Concurrency)
	line := newLines(w)
	if s, l := r.SignIns, r.Limit; s.PerSecond > 0 {
		line("whole sign-ins", s.PerSecond, 0, "/s", "rounds %.0f; %d failed", s.Rounds, s.Failed)
		line("limit", l.SignInsPerSecond, 0, "/s", "%d ECDSA signs (%.0f/s), %d verifies (%.0f/s), %d durable commits (%.0f/s), together",
			Signs, l.SignsPerSecond, Verifies, l.VerifiesPerSecond, Commits, l.CommitsPerSecond)
		line("achieved of it", 100*r.Share, 0, "%", "")
		line("processor time", s.ServerCPU, 0, "µs", "a sign-in in the server, and %.0f µs in phones and browsers; %.0f µs of both is the limit's, %.0f %%",
			s.BenchCPU, s.NeededCPU, 100*s.NeededCPU/(s.ServerCPU+s.BenchCPU))
		line("durable updates", s.UpdatesASignIn, 1, "", "a sign-in; %.1f share a commit", s.UpdatesACommit)
		line("allocated", s.AllocatedSignIn/1024, 0, "KiB", "a sign-in in the server")
		line("whole sign-in", s.Whole.P50, 1, "ms", "p50 at full load; p99 %.1f ms", s.Whole.P99)
		line("wake-up, full load", s.WakeUpFull.P50, 1, "ms", "p50, decision sent to page told; p99 %.1f ms, max %.1f ms", s.WakeUpFull.P99, s.WakeUpFull.Max)
		line("wake-up, half load", s.WakeUpHalf.P50, 1, "ms", "p50; p99 %.1f ms, max %.1f ms", s.WakeUpHalf.P99, s.WakeUpHalf.Max)
	}
	if m := r.Memory; m.Waiting > 0 {
		line("a waiting sign-in", m.PerWaiting, 1, "KiB", "%.1f KiB heap, %.1f KiB stacks; resident set %.1f KiB larger; %d of them",
			m.ObjectsWaiting, m.StacksWaiting, m.ResidentWaiting, m.Waiting)
	}
	if r.Ready.Starts > 0 {
		line("idle", r.Memory.Idle/1024, 1, "MiB", "resident")
		line("start to ready", r.Ready.Median, 0, "ms", "median of %d; %.0f ms the first time", r.Ready.Starts, r.Ready.First)
	}
	if t := r.TLS; t.TLSNew > 0 {
		line("a request with TLS", t.TLSNew, 0, "µs", "with its own connection, %.0f µs without TLS; on an open one %.0f µs and %.0f µs", t.PlainNew, t.TLSKept, t.PlainKept)
	}
	if r.Password.PerSecond > 0 {
		line("password hashes", r.Password.PerSecond, 1, "/s", "argon2id, left out of everything above")
	}
}

// newLines gives what writes one figure with what there is to say of it.
func newLines(w io.Writer) func(what string, value float64, digits int, unit, format string, args ...any) {
	return func(what string, value float64, digits int, unit, format string, args ...any) {
		fmt.Fprintf(w, "%-22s %8.*f %-4s  %s\n", what, digits, value, unit, fmt.Sprintf(format, args...))
	}
}
