package bench

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// Notify is all that one run of `nodkey bench notify` measured: medians of the rounds.
type Notify struct {
	Processors int    `json:"processors"`
	Go         string `json:"go"`
	Phones     int    `json:"phones"` // each is sent one notification a round

	PerSecond      float64   `json:"perSecond"` // notifications from a full outbox to the sink
	Rounds         []float64 `json:"rounds"`
	LimitPerSecond float64   `json:"limitPerSecond"` // encryptions with their tokens alone, on all processors
	Share          float64   `json:"share"`          // of the limit
	SenderCPU      float64   `json:"senderCPU"`      // microseconds of processor time a notification
	SinkCPU        float64   `json:"sinkCPU"`
	LimitCPU       float64   `json:"limitCPU"`

	Wanted float64 `json:"wanted"` // sign-ins a second that were to be begun
	Begun  float64 `json:"begun"`  // that were
	Failed int     `json:"failed"` // sign-ins that were not begun
	Lost   int     `json:"lost"`   // notifications that did not arrive
	Twice  int     `json:"twice"`  // that arrived once more
	Notice Latency `json:"notice"` // from the commit that makes the request to the last byte at the sink
}

// NewNotify begins a report about this machine.
func NewNotify(phones int, wanted float64) Notify {
	return Notify{Processors: runtime.NumCPU(), Go: runtime.Version(), Phones: phones, Wanted: wanted}
}

// Print writes the report for people.
func (n Notify) Print(w io.Writer) {
	fmt.Fprintf(w, "%d processors, %s; %d phones, the sink and whoever signs in on the same processors\n\n", n.Processors, n.Go, n.Phones)
	line := newLines(w)
	line("notifications", n.PerSecond, 0, "/s", "full outbox to sink; rounds %.0f", n.Rounds)
	line("limit", n.LimitPerSecond, 0, "/s", "encryptions with their tokens alone")
	line("achieved of it", 100*n.Share, 0, "%", "")
	line("processor time", n.SenderCPU, 0, "µs", "a notification in the server, %.0f µs of it the limit's, %.0f %%; %.0f µs in the sink",
		n.LimitCPU, 100*n.LimitCPU/max(n.SenderCPU, 1), n.SinkCPU)
	line("sign-ins begun", n.Begun, 0, "/s", "of %.0f wanted; %d failed", n.Wanted, n.Failed)
	line("commit to sink", n.Notice.P50, 1, "ms", "p50 meanwhile; p99 %.1f ms, max %.1f ms; %d lost, %d twice", n.Notice.P99, n.Notice.Max, n.Lost, n.Twice)
}

// Subscribe gives every user of the target an activated phone that takes messages at the endpoint of its number.
func Subscribe(ctx context.Context, t Target, concurrency int, endpoint func(number int) string) error {
	transport, err := newTransport(t)
	if err != nil {
		return err
	}
	defer transport.CloseIdleConnections()
	numbers := make([]int, len(t.Names))
	for i := range numbers {
		numbers[i] = i
	}
	return each(ctx, numbers, concurrency, func(i int, ctx context.Context) error {
		p, err := newPerson(t.Portal, t.Names[i], t.Password, i+1, transport)
		if err != nil {
			return err
		}
		if err := p.activate(ctx); err != nil {
			return err
		}
		browser, err := ecdh.P256().GenerateKey(rand.Reader)
		if err != nil {
			return err
		}
		auth := make([]byte, 16)
		rand.Read(auth)
		return p.phone.Subscribe(ctx, p.phone.Keys()[0].ID, wire.SubscribeRequest{Endpoint: endpoint(i), P256DH: browser.PublicKey().Bytes(), Auth: auth})
	})
}

// Moment is when something happened to the request of a phone: on the wall clock, which two processes share.
type Moment struct {
	Phone int   `json:"phone"` // its number
	At    int64 `json:"at"`    // nanoseconds since 1970
}

// Arrival compares when requests were committed with when their notifications arrived; each phone has one of each.
type Arrival struct {
	Took        *Histogram
	Lost, Twice int
	PerSecond   float64 // at which they were committed
}

// NewArrival pairs moments up.
func NewArrival(committed, arrived []Moment) Arrival {
	a := Arrival{Took: newHistogram()}
	first := make(map[int]int64, len(arrived))
	for _, m := range arrived {
		if before, twice := first[m.Phone]; twice {
			a.Twice++
			first[m.Phone] = min(before, m.At)
		} else {
			first[m.Phone] = m.At
		}
	}
	var began, ended int64
	for _, m := range committed {
		if began == 0 || m.At < began {
			began = m.At
		}
		ended = max(ended, m.At)
		at, ok := first[m.Phone]
		if !ok {
			a.Lost++
			continue
		}
		a.Took.RecordValue(max(1, (at-m.At)/int64(time.Microsecond))) // a round ends long before the histogram does
	}
	if ended > began {
		a.PerSecond = float64(len(committed)-1) / time.Duration(ended-began).Seconds()
	}
	return a
}
