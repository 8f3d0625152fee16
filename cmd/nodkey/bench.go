package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/bench"
	"github.com/nodkey/nodkey/password"
	"github.com/nodkey/nodkey/sqlstore"
)

// benchFlags are the command line of `nodkey bench`.
type benchFlags struct {
	duration    time.Duration
	rounds      int
	phones      int
	concurrency int
	waiting     int
	only        string
	profile     string
	json        bool
}

func benchCommand() *cobra.Command {
	var f benchFlags
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure whole sign-ins a second on this machine, and what limits them",
		Long: "Run a server in a process of its own, sign in with browsers and phones by the hundred, and compare\n" +
			"with what the machine could do if a sign-in were nothing but its signatures and durable commits.\n" +
			"Data go to the temporary directory (TMPDIR): put it on the disk that is to be measured.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if f.phones < 1 || f.concurrency < 1 || f.rounds < 1 || f.waiting < 0 || f.duration <= 0 {
				return usageError(c, errors.New("phones, concurrency, rounds and duration must be at least one"))
			}
			return runBench(c.Context(), f, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	flags := c.Flags()
	flags.DurationVar(&f.duration, "duration", 3*time.Second, "length of one round")
	flags.IntVar(&f.rounds, "rounds", 3, "rounds, whose median counts")
	flags.IntVar(&f.phones, "phones", 500, "users, each with a phone whose stream is open")
	flags.IntVar(&f.concurrency, "concurrency", 64, "sign-ins under way at a time")
	flags.IntVar(&f.waiting, "waiting", 2000, "sign-ins that wait while memory is measured; 0 leaves that out")
	flags.StringVar(&f.only, "only", "", "measure one part only: load, memory, start, tls or passwords")
	flags.StringVar(&f.profile, "profile", "", "write profiles of the server into this `directory`, for go tool pprof")
	flags.BoolVar(&f.json, "json", false, "print one object of JSON")
	return c
}

// benchGarbagePercent keeps the processor for the server; the bench's own memory does not matter.
const benchGarbagePercent = 1000

// runBench measures part after part, each with a server of its own, so that none disturbs another.
func runBench(ctx context.Context, f benchFlags, out, errOut io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "nodkey-bench-")
	if err != nil {
		return fmt.Errorf("cannot make a directory for the bench: %w", plain(err))
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	collectLess(benchGarbagePercent)
	b := &benchRun{flags: f, dir: dir, report: bench.NewReport(f.phones, f.concurrency)}
	parts := []struct {
		name, telling string
		measure       func(context.Context) error
	}{
		{"start", "starting nodkey serve", b.start},
		{"memory", "sign-ins that wait", b.memory},
		{"tls", "connections with and without TLS", b.connections},
		{"passwords", "password hashes", b.passwords},
		{"load", "whole sign-ins", b.load},
	}
	known := f.only == ""
	for _, p := range parts {
		if f.only != "" && f.only != p.name {
			continue
		}
		known = true
		fmt.Fprintf(errOut, "measuring %s …\n", p.telling)
		if err := p.measure(ctx); err != nil {
			return fmt.Errorf("measuring %s: %w", p.telling, err)
		}
	}
	if !known {
		return &commandError{code: exitUsage, sentence: fmt.Sprintf("there is no part %q to measure", f.only), next: "See nodkey bench --help"}
	}
	if f.json {
		return json.NewEncoder(out).Encode(b.report)
	}
	fmt.Fprintln(errOut)
	b.report.Print(out)
	return nil
}

// benchRun is one run of the command.
type benchRun struct {
	flags  benchFlags
	dir    string
	report bench.Report
}

// room makes a directory for one part's server.
func (b *benchRun) room(name string) (string, error) {
	dir := filepath.Join(b.dir, name)
	return dir, os.Mkdir(dir, 0o700)
}

func (b *benchRun) server(ctx context.Context, name string, users int, withTLS bool) (*benchChild, bench.Target, error) {
	dir, err := b.room(name)
	if err != nil {
		return nil, bench.Target{}, err
	}
	c, err := startBenchServer(ctx, dir, users, withTLS)
	if err != nil {
		return nil, bench.Target{}, err
	}
	t := bench.Target{Portal: c.Portal, Phone: c.Phone, Names: c.Names, Password: c.Password}
	if withTLS {
		t.Roots = x509.NewCertPool()
		t.Roots.AppendCertsFromPEM(c.Authority)
	}
	return c, t, nil
}

func (b *benchRun) start(ctx context.Context) error {
	dir, err := b.room("start")
	if err != nil {
		return err
	}
	b.report.Ready, b.report.Memory.Idle, err = startsToReady(ctx, dir, 5)
	return err
}

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
	load.Full(ctx, b.flags.concurrency, warmUp)
	if err := b.rounds(ctx, server, load); err != nil {
		return err
	}
	half := load.Paced(ctx, b.report.SignIns.PerSecond/2, b.flags.duration)
	if half.SignIns == 0 {
		return fmt.Errorf("no sign-in succeeded at half load: %w", half.Failure)
	}
	b.report.SignIns.Failed += half.Failed
	b.report.SignIns.WakeUpHalf = bench.LatencyOf(half.WakeUp)
	return b.limit(ctx)
}

// rounds loads the server fully, round after round.
func (b *benchRun) rounds(ctx context.Context, server *benchChild, load *bench.Load) error {
	before, err := newUsage(server)
	if err != nil {
		return err
	}
	if b.flags.profile != "" {
		if _, err := server.ask("profile " + filepath.Join(b.flags.profile, "cpu.pprof")); err != nil {
			return err
		}
	}
	s := &b.report.SignIns
	var rounds []bench.Round
	all := 0
	for range b.flags.rounds {
		r := load.Full(ctx, b.flags.concurrency, b.flags.duration)
		if r.SignIns == 0 {
			return fmt.Errorf("no sign-in succeeded: %w", r.Failure)
		}
		if r.Failed*100 > r.SignIns {
			return fmt.Errorf("%d of %d sign-ins failed, the first of them: %w", r.Failed, r.Failed+r.SignIns, r.Failure)
		}
		rounds = append(rounds, r)
		s.Rounds = append(s.Rounds, r.PerSecond)
		s.Failed += r.Failed
		all += r.SignIns
	}
	if b.flags.profile != "" {
		if _, err := server.ask("profiled"); err != nil {
			return err
		}
		if _, err := server.ask("heap " + filepath.Join(b.flags.profile, "allocs.pprof")); err != nil {
			return err
		}
	}
	after, err := newUsage(server)
	if err != nil {
		return err
	}
	s.PerSecond = bench.Median(s.Rounds)
	whole := make([]*bench.Histogram, len(rounds))
	wakeUp := make([]*bench.Histogram, len(rounds))
	for i, r := range rounds {
		whole[i], wakeUp[i] = r.Whole, r.WakeUp
	}
	s.Whole, s.WakeUpFull = bench.LatencyOf(whole...), bench.LatencyOf(wakeUp...)
	s.ServerCPU = bench.Microseconds(after.server-before.server) / float64(all)
	s.BenchCPU = bench.Microseconds(after.own-before.own) / float64(all)
	updates := after.figures.Updates - before.figures.Updates
	s.UpdatesASignIn = float64(updates) / float64(all)
	s.UpdatesACommit = float64(updates) / float64(max(1, after.figures.Commits-before.figures.Commits))
	s.AllocatedSignIn = float64(after.figures.Allocated-before.figures.Allocated) / float64(all)
	return nil
}

// usage is what both processes have used up to a moment.
type usage struct {
	server, own time.Duration
	figures     benchFigures
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

// limit measures what the sign-ins are compared with, beside the server that has just been loaded and is idle now, in a
// store like its own.
func (b *benchRun) limit(ctx context.Context) (err error) {
	store, err := sqlstore.Open(ctx, filepath.Join(b.dir, "limit.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	commit := func(ctx context.Context, worker int) error {
		row := nodkey.Limit{Name: fmt.Sprintf("worker %d", worker), Level: 1, At: time.Now(), Empty: time.Now()}
		return store.Update(ctx, func(tx nodkey.Tx) error { return tx.SaveLimit(row) })
	}
	b.report.Limit, err = bench.MeasureLimit(ctx, b.flags.concurrency, b.flags.duration, commit)
	if err == nil {
		b.report.Share = b.report.SignIns.PerSecond / b.report.Limit.SignInsPerSecond
	}
	return err
}

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

// connections compares small requests with and without TLS.
func (b *benchRun) connections(ctx context.Context) error {
	measure := func(name string, withTLS bool) (c bench.Connections, err error) {
		server, target, err := b.server(ctx, name, 0, withTLS)
		if err != nil {
			return c, err
		}
		defer func() { err = errors.Join(err, server.stop()) }()
		return bench.MeasureConnections(ctx, target, 300)
	}
	plain, err := measure("plain", false)
	if err != nil {
		return err
	}
	secure, err := measure("tls", true)
	if err != nil {
		return err
	}
	b.report.TLS = bench.TLSCost{
		PlainNew: bench.Microseconds(plain.New), PlainKept: bench.Microseconds(plain.Kept),
		TLSNew: bench.Microseconds(secure.New), TLSKept: bench.Microseconds(secure.Kept),
	}
	return nil
}

// passwords measures the hashes that everything else leaves out.
func (b *benchRun) passwords(ctx context.Context) error {
	pool := password.New(password.Config{})
	defer pool.Close()
	from := password.Request{Source: "bench", Known: true}
	phc, err := pool.Hash(ctx, from, "a password")
	if err != nil {
		return err
	}
	b.report.Password.PerSecond, err = bench.PerSecond(ctx, b.flags.duration, func() error {
		ok, _, err := pool.Verify(ctx, from, phc, "a password")
		if err == nil && !ok {
			err = errors.New("a right password was found wrong")
		}
		return err
	})
	return err
}
