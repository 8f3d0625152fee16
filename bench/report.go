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

// Memory is what the server process holds, in KiB of resident set unless said otherwise.
type Memory struct {
	Idle           float64 `json:"idle"`           // after the start, nobody there
	Waiting        int     `json:"waiting"`        // sign-ins that waited when these were measured
	PerWaiting     float64 `json:"perWaiting"`     // after a garbage collection
	ObjectsWaiting float64 `json:"objectsWaiting"` // of it, on the heap
	StacksWaiting  float64 `json:"stacksWaiting"`  // of it, stacks of goroutines
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
	s := r.SignIns
	fmt.Fprintf(w, "whole sign-ins        %8.0f /s      rounds %.0f; %d failed\n", s.PerSecond, s.Rounds, s.Failed)
	fmt.Fprintf(w, "limit                 %8.0f /s      %d ECDSA signs (%.0f/s), %d verifies (%.0f/s), %d durable commits (%.0f/s)\n",
		r.Limit.SignInsPerSecond, Signs, r.Limit.SignsPerSecond, Verifies, r.Limit.VerifiesPerSecond, Commits, r.Limit.CommitsPerSecond)
	fmt.Fprintf(w, "achieved of it        %8.0f %%\n", 100*r.Share)
	fmt.Fprintf(w, "processor time        %8.0f µs      a sign-in in the server, and %.0f µs in phones and browsers\n", s.ServerCPU, s.BenchCPU)
	fmt.Fprintf(w, "durable updates       %8.1f         a sign-in; %.1f share a commit\n", s.UpdatesASignIn, s.UpdatesACommit)
	fmt.Fprintf(w, "allocated             %8.0f KiB     a sign-in in the server\n", s.AllocatedSignIn/1024)
	fmt.Fprintf(w, "whole sign-in         %8.1f ms      p50 at full load; p99 %.1f ms\n", s.Whole.P50, s.Whole.P99)
	fmt.Fprintf(w, "wake-up, full load    %8.1f ms      p50 from the decision sent to the page told; p99 %.1f ms, max %.1f ms\n",
		s.WakeUpFull.P50, s.WakeUpFull.P99, s.WakeUpFull.Max)
	fmt.Fprintf(w, "wake-up, half load    %8.1f ms      p50; p99 %.1f ms, max %.1f ms\n", s.WakeUpHalf.P50, s.WakeUpHalf.P99, s.WakeUpHalf.Max)
	fmt.Fprintf(w, "a waiting sign-in     %8.1f KiB     resident, its stream open; %.1f KiB of it on the heap, %.1f KiB stacks; %d of them\n",
		r.Memory.PerWaiting, r.Memory.ObjectsWaiting, r.Memory.StacksWaiting, r.Memory.Waiting)
	fmt.Fprintf(w, "idle                  %8.1f MiB     resident\n", r.Memory.Idle/1024)
	fmt.Fprintf(w, "start to ready        %8.0f ms      median of %d; %.0f ms the first time\n", r.Ready.Median, r.Ready.Starts, r.Ready.First)
	fmt.Fprintf(w, "TLS                   %8.0f µs      a request with its own connection (%.0f µs without TLS); %.0f µs on an open one (%.0f µs)\n",
		r.TLS.TLSNew, r.TLS.PlainNew, r.TLS.TLSKept, r.TLS.PlainKept)
	fmt.Fprintf(w, "passwords             %8.1f /s      argon2id, left out of everything above\n", r.Password.PerSecond)
}
