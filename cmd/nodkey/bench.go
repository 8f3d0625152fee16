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

	"github.com/nodkey/nodkey/bench"
	"github.com/nodkey/nodkey/password"
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
	flags.StringVar(&f.profile, "profile", "", "write profiles of server and bench into this `directory`, for go tool pprof")
	flags.BoolVar(&f.json, "json", false, "print one object of JSON")
	c.AddCommand(benchNotifyCommand(), benchMessagesCommand(), benchDoorsCommand())
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
