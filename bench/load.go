package bench

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Target is the server under load.
type Target struct {
	Portal   string // origins, like http://portal.nodkey.localhost:8080
	Phone    string
	Names    []string // users with a password and no key yet
	Password string   // of all of them
	Roots    *x509.CertPool
}

// Load is a crowd of people at a server. Its methods are for one goroutine.
type Load struct {
	target    Target
	transport *http.Transport
	people    []*person
	idle      chan *person // those who are not signing in
	hangUp    context.CancelFunc
	phones    sync.WaitGroup
	trouble   atomic.Pointer[error] // the last that a phone's stream had
}

// newTransport finds both hosts of a server on this machine.
func newTransport(t Target) (*http.Transport, error) {
	u, err := url.Parse(t.Portal)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: patience}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", u.Port()))
		},
		TLSClientConfig:     &tls.Config{RootCAs: t.Roots, MinVersion: tls.VersionTLS12},
		MaxIdleConns:        0,
		MaxIdleConnsPerHost: 1 << 16,
		IdleConnTimeout:     time.Minute,
		DisableCompression:  true,
	}, nil
}

// Open gives every user of the target a browser and an activated phone with its stream open.
func Open(ctx context.Context, t Target, concurrency int) (*Load, error) {
	transport, err := newTransport(t)
	if err != nil {
		return nil, err
	}
	l := &Load{target: t, transport: transport, idle: make(chan *person, len(t.Names))}
	for i, name := range t.Names {
		p, err := newPerson(t.Portal, name, t.Password, i+1, transport)
		if err != nil {
			return nil, err
		}
		l.people = append(l.people, p)
	}
	if err := each(ctx, l.people, concurrency, (*person).activate); err != nil {
		return nil, fmt.Errorf("activating the phones: %w", err)
	}
	listening, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	l.hangUp = hangUp
	var online sync.WaitGroup
	for _, p := range l.people {
		online.Add(1)
		l.phones.Go(func() { p.listen(listening, online.Done, func(err error) { l.trouble.Store(&err) }) })
		l.idle <- p
	}
	opened := make(chan struct{})
	go func() { online.Wait(); close(opened) }()
	select {
	case <-opened:
		return l, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-time.After(patience + time.Duration(len(t.Names))*10*time.Millisecond):
		err = errors.New("the phones' streams did not open")
	}
	if e := l.trouble.Load(); e != nil {
		err = errors.Join(err, *e)
	}
	l.Close()
	return nil, err
}

// Close hangs every phone up.
func (l *Load) Close() {
	l.hangUp()
	l.phones.Wait()
	l.transport.CloseIdleConnections()
}

// each does something for everybody, so many at a time, and stops at the first error.
func each[T any](ctx context.Context, list []T, concurrency int, do func(T, context.Context) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(concurrency, len(list)) {
		all.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(list) || ctx.Err() != nil {
					return
				}
				if err := do(list[i], ctx); err != nil {
					stop(err)
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// Round is what one round of sign-ins gave.
type Round struct {
	SignIns   int
	PerSecond float64
	Failed    int
	Failure   error // the first
	Whole     *Histogram
	WakeUp    *Histogram
}

// Histogram is of times in microseconds.
type Histogram = hdrhistogram.Histogram

// newHistogram holds a microsecond to a minute with three digits.
func newHistogram() *Histogram { return hdrhistogram.New(1, 60_000_000, 3) }

// record is a round while it is made.
type record struct {
	mu sync.Mutex
	Round
}

func newRecord() *record { return &record{Round: Round{Whole: newHistogram(), WakeUp: newHistogram()}} }

func (r *record) add(o outcome, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		if r.Failed++; r.Failure == nil {
			r.Failure = err
		}
		return
	}
	r.SignIns++
	r.Whole.RecordValue(max(1, o.whole.Microseconds()))   // a value out of range cannot be: patience is
	r.WakeUp.RecordValue(max(1, o.wakeUp.Microseconds())) // shorter than the histogram's end
}

// Full keeps this many sign-ins going at all times, for a while. Those under way at the end are finished, and counted
// with the time they took.
func (l *Load) Full(ctx context.Context, concurrency int, lasting time.Duration) Round {
	r := newRecord()
	start := time.Now()
	var all sync.WaitGroup
	for range min(concurrency, len(l.people)) {
		all.Go(func() {
			for time.Since(start) < lasting && ctx.Err() == nil {
				p := <-l.idle
				r.add(p.signIn(ctx))
				l.idle <- p
			}
		})
	}
	all.Wait()
	r.PerSecond = float64(r.SignIns) / time.Since(start).Seconds()
	return r.Round
}

// Paced begins so many sign-ins a second, evenly, whatever becomes of those before. It ends early when nobody is idle.
func (l *Load) Paced(ctx context.Context, perSecond float64, lasting time.Duration) Round {
	r := newRecord()
	start := time.Now()
	var all sync.WaitGroup
	for n := 0; ctx.Err() == nil; n++ {
		due := start.Add(time.Duration(float64(n) / perSecond * float64(time.Second)))
		if due.Sub(start) >= lasting {
			break
		}
		time.Sleep(time.Until(due))
		select {
		case p := <-l.idle:
			all.Go(func() {
				r.add(p.signIn(ctx))
				l.idle <- p
			})
		default:
			r.add(outcome{}, errors.New("everybody is signing in already: the server does not keep up"))
		}
	}
	all.Wait()
	r.PerSecond = float64(r.SignIns) / time.Since(start).Seconds()
	return r.Round
}

// Wait opens n sign-ins whose pages wait with their streams open, each in a browser of its own. release ends them.
func (l *Load) Wait(ctx context.Context, n, concurrency int) (release func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	transport, err := newTransport(l.target)
	if err != nil {
		cancel()
		return nil, err
	}
	type place struct {
		p *person
		b *browser
	}
	places := make([]place, n)
	for i := range places {
		p := l.people[i%len(l.people)]
		places[i] = place{p, newBrowser(l.target.Portal, p.browser.source, transport)}
	}
	var mu sync.Mutex
	var streams []*waitStream
	release = func() {
		cancel()
		for _, s := range streams {
			s.body.Close()
		}
		transport.CloseIdleConnections()
	}
	err = each(ctx, places, concurrency, func(at place, _ context.Context) error { // the streams outlive each
		if _, err := at.b.begin(ctx, at.p.name, at.p.password); err != nil {
			return err
		}
		if _, err := at.b.waitingPage(ctx); err != nil {
			return err
		}
		s, err := at.b.stream(ctx)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		streams = append(streams, s)
		return nil
	})
	if err != nil {
		release()
		return nil, fmt.Errorf("opening sign-ins that wait: %w", err)
	}
	transport.CloseIdleConnections() // a browser that waits keeps one connection
	return release, nil
}
