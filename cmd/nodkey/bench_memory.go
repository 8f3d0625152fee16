package main

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/nodkey/nodkey/bench"
)

// waitingEach is how many sign-ins of one user wait: few enough, in two passes, for the limits on trying passwords.
const waitingEach = 4

// untilGone is when a server has noticed that the browsers are gone: it finds out when it writes, twice.
const untilGone = 12 * time.Second

// memory compares the server with and without sign-ins that wait. Some have been there before, for what a server
// holds on to after its first crowd, such as the database's cache, is not theirs.
func (b *benchRun) memory(ctx context.Context) (err error) {
	n := b.flags.waiting
	if n == 0 {
		return nil
	}
	server, target, err := b.server(ctx, "memory", (n+waitingEach-1)/waitingEach, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	load, err := bench.Open(ctx, target, b.flags.concurrency)
	if err != nil {
		return err
	}
	defer load.Close()
	var without, with held
	for pass := range 2 { // the first fills what the server keeps from then on, such as the database's cache
		release, err := load.Wait(ctx, n, b.flags.concurrency)
		if err != nil {
			return err
		}
		if pass == 1 {
			with, err = memoryOf(server)
		}
		if err == nil && b.flags.profile != "" {
			_, err = server.ask("heap " + filepath.Join(b.flags.profile, "waiting.pprof"))
		}
		release()
		if err != nil {
			return err
		}
		if pass == 0 {
			time.Sleep(untilGone)
			if without, err = memoryOf(server); err != nil {
				return err
			}
		}
	}
	b.report.Memory.Waiting = n
	b.report.Memory.ResidentWaiting = (with.resident - without.resident) / float64(n)
	b.report.Memory.ObjectsWaiting = (with.objects - without.objects) / float64(n)
	b.report.Memory.StacksWaiting = (with.stacks - without.stacks) / float64(n)
	b.report.Memory.PerWaiting = max(b.report.Memory.ResidentWaiting, b.report.Memory.ObjectsWaiting+b.report.Memory.StacksWaiting)
	return nil
}

// held is what a server holds after a garbage collection, in KiB.
type held struct{ resident, objects, stacks float64 }

func memoryOf(server *benchChild) (h held, err error) {
	f, err := server.ask("collect")
	if err != nil {
		return h, err
	}
	h.objects, h.stacks = float64(f.Objects)/1024, float64(f.Stacks)/1024
	h.resident, err = bench.Resident(server.pid())
	return h, err
}
