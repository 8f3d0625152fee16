package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/bench"
	"github.com/nodkey/nodkey/sqlstore"
)

// warmUp is how long the server is loaded before anything counts.
const warmUp = 2 * time.Second

func (b *benchRun) load(ctx context.Context) (err error) {
	server, target, err := b.server(ctx, "load", b.flags.phones, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	load, err := bench.Open(ctx, target, b.flags.concurrency)
	if err != nil {
		return err
	}
	defer load.Close()
	store, err := sqlstore.Open(ctx, filepath.Join(b.dir, "limit.db")) // like the server's own, and on the same disk
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	essentials, err := bench.NewEssentials(b.flags.concurrency, func(worker int) error {
		row := nodkey.Limit{Name: fmt.Sprintf("worker %d", worker), Level: 1, At: time.Now(), Empty: time.Now()}
		return store.Update(ctx, func(tx nodkey.Tx) error { return tx.SaveLimit(row) })
	})
	if err != nil {
		return err
	}
	load.Full(ctx, b.flags.concurrency, warmUp)
	if err := b.rounds(ctx, server, load, essentials); err != nil {
		return err
	}
	half := load.Paced(ctx, b.report.SignIns.PerSecond/2, b.flags.duration)
	if half.SignIns == 0 {
		return fmt.Errorf("no sign-in succeeded at half load: %w", half.Failure)
	}
	b.report.SignIns.Failed += half.Failed
	b.report.SignIns.WakeUpHalf = bench.LatencyOf(half.WakeUp)
	together := b.report.Limit.SignInsPerSecond
	b.report.Limit, err = essentials.Apart(ctx, b.flags.duration/2)
	b.report.Limit.SignInsPerSecond = together
	return err
}

// rounds loads the server fully, round after round. After each comes a round of what a sign-in cannot do without, so that
// both meet the machine in the same mood.
func (b *benchRun) rounds(ctx context.Context, server *benchChild, load *bench.Load, essentials *bench.Essentials) error {
	if b.flags.profile != "" {
		end, err := b.profiled(server)
		if err != nil {
			return err
		}
		defer end()
	}
	s := &b.report.SignIns
	var whole, wakeUp []*bench.Histogram
	var limits, shares, needed []float64
	var spent usage
	all := 0
	for range b.flags.rounds {
		before, err := newUsage(server)
		if err != nil {
			return err
		}
		r := load.Full(ctx, b.flags.concurrency, b.flags.duration)
		after, err := newUsage(server)
		if err != nil {
			return err
		}
		spent = spent.plus(before, after)
		if r.SignIns == 0 {
			return fmt.Errorf("no sign-in succeeded: %w", r.Failure)
		}
		if r.Failed*100 > r.SignIns {
			return fmt.Errorf("%d of %d sign-ins failed, the first of them: %w", r.Failed, r.Failed+r.SignIns, r.Failure)
		}
		began, own := time.Now(), time.Duration(0)
		limit, err := essentials.Together(ctx, b.flags.duration/2)
		if err != nil {
			return err
		}
		done := limit * time.Since(began).Seconds()
		if own, err = bench.ProcessorTime(os.Getpid()); err != nil {
			return err
		}
		needed = append(needed, bench.Microseconds(own-after.own)/done)
		whole, wakeUp = append(whole, r.Whole), append(wakeUp, r.WakeUp)
		limits, shares = append(limits, limit), append(shares, r.PerSecond/limit)
		s.Rounds = append(s.Rounds, r.PerSecond)
		s.Failed += r.Failed
		all += r.SignIns
	}
	b.report.Limit.SignInsPerSecond, b.report.Share = bench.Median(limits), bench.Median(shares)
	s.PerSecond, s.Whole, s.WakeUpFull = bench.Median(s.Rounds), bench.LatencyOf(whole...), bench.LatencyOf(wakeUp...)
	s.ServerCPU = bench.Microseconds(spent.server) / float64(all)
	s.NeededCPU = bench.Median(needed)
	s.BenchCPU = bench.Microseconds(spent.own) / float64(all)
	s.UpdatesASignIn = float64(spent.figures.Updates) / float64(all)
	s.UpdatesACommit = float64(spent.figures.Updates) / float64(max(1, spent.figures.Commits))
	s.AllocatedSignIn = float64(spent.figures.Allocated) / float64(all)
	return nil
}

// profiled begins profiles of both processes; end writes them.
func (b *benchRun) profiled(server *benchChild) (end func(), err error) {
	own, err := os.Create(filepath.Join(b.flags.profile, "bench.pprof"))
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(own); err != nil {
		return nil, errors.Join(err, own.Close())
	}
	end = func() {
		pprof.StopCPUProfile()
		_ = own.Close() // profiles are for a person to look at: nothing hangs on them
		_, _ = server.ask("profiled")
		_, _ = server.ask("heap " + filepath.Join(b.flags.profile, "allocs.pprof"))
	}
	if _, err := server.ask("profile " + filepath.Join(b.flags.profile, "cpu.pprof")); err != nil {
		end()
		return nil, err
	}
	return end, nil
}

// usage is what both processes have used up to a moment.
type usage struct {
	server, own time.Duration
	figures     benchFigures
}

// plus adds what was used between two moments.
func (u usage) plus(before, after usage) usage {
	u.server += after.server - before.server
	u.own += after.own - before.own
	u.figures.Updates += after.figures.Updates - before.figures.Updates
	u.figures.Commits += after.figures.Commits - before.figures.Commits
	u.figures.Allocated += after.figures.Allocated - before.figures.Allocated
	return u
}

func newUsage(server *benchChild) (u usage, err error) {
	if u.server, err = bench.ProcessorTime(server.pid()); err != nil {
		return u, err
	}
	if u.own, err = bench.ProcessorTime(os.Getpid()); err != nil {
		return u, err
	}
	u.figures, err = server.ask("figures")
	return u, err
}
