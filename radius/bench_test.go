package radius

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
)

// BenchmarkRadiusWaiting answers requests while 10,000 others wait for their phones: what a packet costs that has only to prove
// itself, and a right password with a number to show. It also says how much memory one that waits takes.
func BenchmarkRadiusWaiting(b *testing.B) {
	const users, each = 2000, 5 // none of whom is over their budget of requests that wake a phone
	var apps []nodkey.NewApplication
	for i := range 3 {
		apps = append(apps, vpn(fmt.Sprintf("push%d", i), fmt.Sprintf(`{"networks":["127.0.0.%d"],"mode":"push","wait":"170s"}`, i+1), true))
	}
	apps = append(apps, vpn("number", `{"networks":["127.0.0.9"]}`, false))
	h := open(b, options{apps: apps})
	h.door.log = slog.New(slog.DiscardHandler)
	for n := range users {
		h.join(fmt.Sprintf("user%d", n))
	}
	before := inUse()
	var gates []*gateway
	for i := range apps {
		gates = append(gates, h.gatewayAt(map[bool]string{true: fmt.Sprintf("127.0.0.%d", i+1), false: "127.0.0.9"}[i < 3], h.secrets[apps[i].ID]))
	}
	for n := range users * each {
		g := gates[n%3]
		if n%3 == 0 { // a port has 256 identifiers, and clients open another for more
			h.until("the last ones wait", func() bool { return h.door.Waiting() > n-200 })
		}
		p := g.login(fmt.Sprintf("user%d", n%users), typedPassword, nil)
		p.Add(rfc2865.CallingStationID_Type, []byte(net.IPv4(10, 1, byte(n>>8), byte(n)).String()))
		g.send(signedWith(b, p, g.secret))
	}
	h.until("all wait", func() bool { return h.door.Waiting() == users*each })
	after := inUse()
	b.Run("status", func(b *testing.B) {
		g := gates[3]
		for b.Loop() {
			if a := g.ask(radius.New(radius.CodeStatusServer, g.secret)); a.Code != radius.CodeAccessAccept {
				b.Fatal(a.Code)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
	})
	var next atomic.Int64
	b.Run("number", func(b *testing.B) {
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			g := h.gatewayAt("127.0.0.9", h.secrets["number"])
			for pb.Next() {
				n := int(next.Add(1))
				if n > users*each {
					b.Error("more than the people of the benchmark may ask: use a smaller -benchtime")
					return
				}
				p := g.login(fmt.Sprintf("user%d", n%users), typedPassword, nil)
				p.Add(rfc2865.CallingStationID_Type, []byte(net.IPv4(10, 2, byte(n>>8), byte(n)).String()))
				if a := g.ask(p); a.Code != radius.CodeAccessChallenge {
					b.Error(a.Code, rfc2865.ReplyMessage_GetString(a))
					return
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
		b.ReportMetric(float64(after-before)/users/each, "B/waiting")
	})
	h.until("all still wait", func() bool { return h.door.Waiting() == users*each })
}

func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// BenchmarkRepeated is what a repetition costs.
func BenchmarkRepeated(b *testing.B) {
	h := open(b, options{})
	h.door.log = slog.New(slog.DiscardHandler)
	g := h.gateway("vpn")
	p := radius.New(radius.CodeStatusServer, g.secret)
	raw := signedWith(b, p, g.secret)
	g.send(raw)
	first := g.hear(time.Minute)
	for b.Loop() {
		g.send(raw)
		if !bytes.Equal(g.hear(time.Minute), first) {
			b.Fatal("another answer")
		}
	}
}
