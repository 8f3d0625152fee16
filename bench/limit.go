package bench

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// What one whole sign-in cannot do without, by the protocol (docs/protocol.md). Phones and server share this machine's
// processors, so both sides count.
const (
	// Signs: the statement by the server; the decision and the proof of the request that carries it by the phone.
	Signs = 3
	// Verifies: the statement by the phone; the decision and the proof of its request by the server.
	Verifies = 3
	// Commits, one after the other, each on the disk before the next step may happen: the try at the password, charged
	// before it is looked at; the sign-in and its statement, before a phone hears of them; the try at the PIN, reserved
	// before it is checked; the decision; the session.
	Commits = 5
)

// Limit is what the machine can do of these alone.
type Limit struct {
	SignsPerSecond    float64 `json:"signsPerSecond"`    // ECDSA P-256, on all processors
	VerifiesPerSecond float64 `json:"verifiesPerSecond"` // ECDSA P-256, on all processors
	CommitsPerSecond  float64 `json:"commitsPerSecond"`  // durable updates of one row, sharing commits
	SignInsPerSecond  float64 `json:"signInsPerSecond"`  // all of the above together, as one sign-in needs them
}

// Essentials does what a sign-in cannot do without, and nothing else.
type Essentials struct {
	workers      int
	sign, verify func(worker int) error
	commit       func(worker int) error
}

// NewEssentials prepares them for as many at work as there are sign-ins under way. commit makes one durable update, in the
// kind of store that the server has, and may share it with the others; worker says whose row it changes.
func NewEssentials(workers int, commit func(worker int) error) (*Essentials, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256([]byte("a message"))
	known, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		return nil, err
	}
	return &Essentials{
		workers: workers, commit: commit,
		sign: func(int) error {
			_, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
			return err
		},
		verify: func(int) error {
			if !ecdsa.VerifyASN1(&key.PublicKey, digest[:], known) {
				return errors.New("a right signature was found wrong")
			}
			return nil
		},
	}, nil
}

// Apart measures each kind by itself.
func (e *Essentials) Apart(ctx context.Context, lasting time.Duration) (l Limit, err error) {
	if l.SignsPerSecond, err = repeat(ctx, runtime.GOMAXPROCS(0), lasting, []func(int) error{e.sign}); err != nil {
		return l, err
	}
	if l.VerifiesPerSecond, err = repeat(ctx, runtime.GOMAXPROCS(0), lasting, []func(int) error{e.verify}); err != nil {
		return l, err
	}
	l.CommitsPerSecond, err = repeat(ctx, e.workers, lasting, []func(int) error{e.commit})
	return l, err
}

// Together measures how many sign-ins a second there would be if there were nothing else to them. The order is a
// sign-in's: charge; sign and store; verify; sign twice; verify twice; reserve; decide; open the session.
func (e *Essentials) Together(ctx context.Context, lasting time.Duration) (float64, error) {
	return repeat(ctx, e.workers, lasting, []func(int) error{
		e.commit, e.sign, e.commit, e.verify, e.sign, e.sign, e.verify, e.verify, e.commit, e.commit, e.commit,
	})
}

// repeat does pieces of work, one after the other, over and over by several workers, and tells how many rounds a second.
func repeat(ctx context.Context, workers int, lasting time.Duration, work []func(worker int) error) (float64, error) {
	var rounds atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	start := time.Now()
	for w := range workers {
		all.Go(func() {
			for time.Since(start) < lasting && ctx.Err() == nil && failed.Load() == nil {
				for _, piece := range work {
					if err := piece(w); err != nil {
						failed.Store(&err)
						return
					}
				}
				rounds.Add(1)
			}
		})
	}
	all.Wait()
	if e := failed.Load(); e != nil {
		return 0, *e
	}
	return float64(rounds.Load()) / time.Since(start).Seconds(), ctx.Err()
}

// Together does one piece of work over and over, workers at a time, and tells how many a second; worker says who.
func Together(ctx context.Context, workers int, lasting time.Duration, work func(worker int) error) (float64, error) {
	return repeat(ctx, workers, lasting, []func(int) error{work})
}

// PerSecond does one piece of work over and over on all processors and tells how many a second.
func PerSecond(ctx context.Context, lasting time.Duration, work func() error) (float64, error) {
	return repeat(ctx, runtime.GOMAXPROCS(0), lasting, []func(int) error{func(int) error { return work() }})
}
