package main

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/bench"
)

// senderDone is a sender's answer to most lines.
type senderDone struct {
	Committed []bench.Moment `json:"committed,omitempty"` // requests, each of another phone
	Failed    int            `json:"failed,omitempty"`
	PerSecond float64        `json:"perSecond,omitempty"`
	At        int64          `json:"at"` // when it was begun, as in [bench.Moment]
	Error     string         `json:"error,omitempty"`
}

// benchSenderCommand is the server of bench notify, in a process of its own: the house as serve has it, its outbox and the
// workers that send. Beside the lines of bench-server it reads
//
//	fill          one request for every phone, as fast as it goes
//	pace RATE     one request for every phone, so many a second, whatever becomes of those before
//	start         begin to send
//	stop          end it, when what is in the air has arrived
//	limit T       do what sending cannot do without for a duration, and nothing else
//
// fill and pace move the clock on first, far enough for every phone to be asked again as if nothing had been.
func benchSenderCommand() *cobra.Command {
	var dir, sinkAddress, roots string
	var users int
	c := &cobra.Command{
		Use: "bench-sender", Hidden: true, Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if dir == "" {
				return &commandError{code: exitUsage, sentence: "this is a part of nodkey bench notify", next: "Run nodkey bench notify."}
			}
			return runBenchSender(c.Context(), dir, users, sinkAddress, roots, c.InOrStdin(), c.OutOrStdout())
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "directory of the bench")
	c.Flags().IntVar(&users, "users", 1, "users to make")
	c.Flags().StringVar(&sinkAddress, "sink", "", "where the sink is")
	c.Flags().StringVar(&roots, "roots", "", "file with the sink's authority")
	return c
}

func runBenchSender(ctx context.Context, dir string, users int, sinkAddress, roots string, in io.Reader, out io.Writer) error {
	listener, err := openListener("listen", "127.0.0.1:0")
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(sinkAddress)
	if err != nil {
		return err
	}
	s, err := benchSettings(dir, listener.Addr().(*net.TCPAddr).Port, false, map[string]string{
		"push.web": "true", "push.services": "", "push.own_services": sinkHost + ":" + port + "=" + sinkAddress, "push.ca_roots": roots,
	})
	if err != nil {
		return err
	}
	clock := &movedClock{}
	o := houseOptions{passwords: quickPasswords{}, clock: clock, store: func(under nodkey.Store) nodkey.Store { return stampingStore{under} }}
	return servePart(ctx, s, listener, o, users, in, out, func(h *house, ready *benchReady, log *slog.Logger) (benchPart, error) {
		ready.Endpoint = "https://" + sinkHost + ":" + port + "/p/"
		b := &sender{ctx: ctx, house: h, log: log, clock: clock, names: ready.Names, password: ready.Password, endpoint: ready.Endpoint + "0"}
		// What a day's pause leaves behind is cleared away between the rounds, by name.
		return benchPart{workers: []func(context.Context) error{h.sealAudit(log)}, answer: b.answer}, nil
	})
}

// movedClock is the machine's, moved on.
type movedClock struct{ ahead atomic.Int64 }

// Now is of nodkey.Clock.
func (c *movedClock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// stampingStore notes when what a call changed was durable.
type stampingStore struct{ nodkey.Store }

type stampKey struct{}

// Update is of nodkey.Store.
func (s stampingStore) Update(ctx context.Context, change func(nodkey.Tx) error) error {
	err := s.Store.Update(ctx, change)
	if at, ok := ctx.Value(stampKey{}).(*time.Time); ok && err == nil {
		*at = time.Now()
	}
	return err
}

// sender does what the lines say. One goroutine reads them.
type sender struct {
	ctx      context.Context
	house    *house
	log      *slog.Logger
	clock    *movedClock
	names    []string
	password string
	endpoint string
	stop     func() // set while it sends

	mu        sync.Mutex
	committed []bench.Moment
	failed    int
	failure   error
}

// betweenRounds is after what time a phone that was asked once is asked like one that never was; see fatigue.go.
const betweenRounds = 5 * time.Hour

func (b *sender) answer(line string) any {
	command, rest, _ := strings.Cut(line, " ")
	done := senderDone{At: time.Now().UnixNano()}
	var err error
	switch command {
	case "fill":
		err = b.fill(&done)
	case "pace":
		var perSecond float64
		if _, err = fmt.Sscan(rest, &perSecond); err == nil {
			err = b.pace(perSecond, &done)
		}
	case "start":
		b.start()
	case "stop":
		b.stop()
	case "limit":
		var lasting time.Duration
		if lasting, err = time.ParseDuration(rest); err == nil {
			done.PerSecond, err = b.limit(lasting)
		}
	default:
		return benchAnswer(b.house.store, line)
	}
	if err != nil {
		done.Error = err.Error()
	}
	return done
}

// start has the house's own worker send.
func (b *sender) start() {
	ctx, cancel := context.WithCancel(b.ctx)
	ended := make(chan struct{})
	send := b.house.messages.run(b.house, b.log)
	go func() {
		defer close(ended)
		_ = send(ctx) // it gives nil
	}()
	b.stop = func() { cancel(); <-ended }
}

// again lets a day's part pass and clears away what it left, as the house does over that time.
func (b *sender) again() error {
	b.clock.ahead.Add(int64(betweenRounds))
	b.committed, b.failed, b.failure = nil, 0, nil
	if err := b.house.services.Upkeep.Tick(b.ctx); err != nil {
		return err
	}
	for {
		if n, err := b.house.services.Upkeep.Purge(b.ctx); err != nil || n == 0 {
			return err
		}
	}
}

// ask begins a sign-in from a browser that was never here. The phone is asked as soon as that is durable.
func (b *sender) ask(i int) {
	var at time.Time
	ctx := context.WithValue(b.ctx, stampKey{}, &at)
	source := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
	_, err := b.house.services.SignIns.Begin(ctx, nodkey.Caller{Source: source, Agent: "Firefox on Windows", Locale: "en"}, b.names[i], b.password)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.failed++
		b.failure = err
		return
	}
	b.committed = append(b.committed, bench.Moment{Phone: i, At: at.UnixNano()})
}

// askers is how many sign-ins are begun at a time, where that is not what is measured.
const askers = 64

func (b *sender) fill(done *senderDone) error {
	if err := b.again(); err != nil {
		return err
	}
	slots := make(chan struct{}, askers)
	var all sync.WaitGroup
	for i := range b.names {
		slots <- struct{}{}
		all.Go(func() {
			b.ask(i)
			<-slots
		})
	}
	all.Wait()
	return b.asked(done)
}

func (b *sender) pace(perSecond float64, done *senderDone) error {
	if err := b.again(); err != nil {
		return err
	}
	start := time.Now()
	var all sync.WaitGroup
	for i := range b.names {
		time.Sleep(time.Until(start.Add(time.Duration(float64(i) / perSecond * float64(time.Second)))))
		all.Go(func() { b.ask(i) })
	}
	all.Wait()
	return b.asked(done)
}

func (b *sender) asked(done *senderDone) error {
	done.Committed, done.Failed = b.committed, b.failed
	if len(b.committed) == 0 {
		return errors.Join(errors.New("no sign-in was begun"), b.failure)
	}
	return nil
}

// limit encrypts messages as they are sent, on all processors.
func (b *sender) limit(lasting time.Duration) (float64, error) {
	browser, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return 0, err
	}
	m := nodkey.PushMessage{
		To:      nodkey.Subscription{Endpoint: b.endpoint, P256DH: browser.PublicKey().Bytes(), Auth: make([]byte, 16)},
		Payload: []byte("q2xTf0m1ZbA9-_k3LwPd4Q"),
	}
	return bench.PerSecond(b.ctx, lasting, func() error {
		_, _, err := b.house.messages.web.Encrypt(m)
		return err
	})
}
