package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/bench"
	"github.com/nodkey/nodkey/sqlstore"
)

// doorsFlags are the command line of `nodkey bench doors`.
type doorsFlags struct {
	duration time.Duration
	rounds   int
	waiting  int
	json     bool
}

// benchDoorWorkers is how many ask at a time: enough to keep two processors busy, few enough that nobody queues for long.
const benchDoorWorkers = 16

// radiusMost is how many RADIUS requests a second the bench has people for.
const radiusMost = 3000

func benchDoorsCommand() *cobra.Command {
	var f doorsFlags
	c := &cobra.Command{
		Use:   "doors",
		Short: "Measure the doors for applications: forward-auth, tokens, and RADIUS while thousands wait",
		Long: "Run a server with its doors open in a process of its own, and ask it as applications do: whether a signed-in browser may\n" +
			"pass (beside an empty answer of the same server), for refreshed tokens (beside the signatures and commits alone), and by\n" +
			"RADIUS, first alone and then while others wait for their phones. Data go to the temporary directory (TMPDIR).",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if f.rounds < 1 || f.waiting < 0 || f.duration <= 0 {
				return usageError(c, errors.New("rounds and duration must be at least one"))
			}
			return runBenchDoors(c.Context(), f, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	flags := c.Flags()
	flags.DurationVar(&f.duration, "duration", time.Second, "length of one round")
	flags.IntVar(&f.rounds, "rounds", 3, "rounds, whose median counts")
	flags.IntVar(&f.waiting, "waiting", 10_000, "RADIUS requests that wait for their phones")
	flags.BoolVar(&f.json, "json", false, "print one object of JSON")
	return c
}

// asking is the length of one round of RADIUS: one client may have some eight thousand challenges open, and nobody answers these.
func (f doorsFlags) asking() time.Duration {
	return min(f.duration, 3*time.Second/time.Duration(2*f.rounds))
}

// asks is how many people RADIUS needs, each of whom signs in once.
func (f doorsFlags) asks() int {
	return int(math.Ceil(radiusMost * f.asking().Seconds() * float64(f.rounds*2)))
}

// doorsRun is one run of the command.
type doorsRun struct {
	flags   doorsFlags
	report  bench.Doors
	server  *benchChild
	visitor *bench.Visitor
	store   *sqlstore.Store // of its own, for commits alone
	key     *rsa.PrivateKey
}

func runBenchDoors(ctx context.Context, f doorsFlags, out, errOut io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "nodkey-bench-")
	if err != nil {
		return fmt.Errorf("cannot make a directory for the bench: %w", plain(err))
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	collectLess(benchGarbagePercent)
	b := &doorsRun{flags: f, report: bench.NewDoors()}
	fmt.Fprintf(errOut, "making %d users …\n", 1+f.waiting+f.asks())
	if err := b.open(ctx, dir); err != nil {
		return errors.Join(err, b.close())
	}
	defer func() { err = errors.Join(err, b.close()) }()
	for _, part := range []struct {
		telling string
		measure func(context.Context) error
	}{{"forward-auth", b.forward}, {"tokens", b.tokens}, {"RADIUS", b.radius}} {
		fmt.Fprintf(errOut, "measuring %s …\n", part.telling)
		if err := part.measure(ctx); err != nil {
			return fmt.Errorf("measuring %s: %w", part.telling, err)
		}
	}
	if f.json {
		return json.NewEncoder(out).Encode(b.report)
	}
	fmt.Fprintln(errOut)
	b.report.Print(out)
	return nil
}

func (b *doorsRun) open(ctx context.Context, dir string) (err error) {
	server := filepath.Join(dir, "server")
	if err := os.Mkdir(server, 0o700); err != nil {
		return err
	}
	c := &benchChild{}
	c.child, err = startChild(ctx, &c.benchReady, "bench-doors-server", "--dir", server, "--users", strconv.Itoa(1+b.flags.waiting+b.flags.asks()))
	if err != nil {
		return err
	}
	b.server = c
	if b.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil { // as the door's own
		return err
	}
	if b.store, err = sqlstore.Open(ctx, filepath.Join(dir, "limit.db")); err != nil { // like the server's own, and on the same disk
		return err
	}
	b.visitor, err = bench.OpenVisitor(ctx, bench.Target{Portal: c.Portal, Phone: c.Phone, Names: c.Names, Password: c.Password}, bench.WebApplication{
		ID: string(benchWiki), Secret: c.Secrets[benchWiki], RedirectURI: benchWikiBack, Behind: benchBehind, Empty: benchEmpty,
	})
	return err
}

func (b *doorsRun) close() (err error) {
	if b.visitor != nil {
		b.visitor.Close()
	}
	if b.store != nil {
		err = b.store.Close()
	}
	if b.server != nil {
		err = errors.Join(err, b.server.stop())
	}
	return err
}

// medians measures parts in turn, round after round, so that each meets the machine in the same mood. A round before them warms up.
func (b *doorsRun) medians(parts ...func() (float64, error)) ([]float64, error) {
	rounds := make([][]float64, len(parts))
	for n := range b.flags.rounds + 1 {
		for i, part := range parts {
			got, err := part()
			if err != nil {
				return nil, err
			}
			if n > 0 {
				rounds[i] = append(rounds[i], got)
			}
		}
	}
	out := make([]float64, len(parts))
	for i := range rounds {
		out[i] = bench.Median(rounds[i])
	}
	return out, nil
}

func (b *doorsRun) forward(ctx context.Context) error {
	if err := b.visitor.OpenForward(ctx); err != nil {
		return err
	}
	got, err := b.medians(
		func() (float64, error) { return b.visitor.Empty(ctx, benchDoorWorkers, b.flags.duration) },
		func() (float64, error) { return b.visitor.Forward(ctx, benchDoorWorkers, b.flags.duration) })
	if err == nil {
		b.report.Forward = bench.ForwardLoad{Empty: got[0], Decisions: got[1]}
	}
	return err
}

// commits is how many durable updates a second a store like the server's does.
func (b *doorsRun) commits(ctx context.Context) (float64, error) {
	return bench.Together(ctx, benchDoorWorkers, b.flags.duration/2, func(worker int) error {
		row := nodkey.Limit{Name: fmt.Sprintf("worker %d", worker), Level: 1, At: time.Now(), Empty: time.Now()}
		return b.store.Update(ctx, func(tx nodkey.Tx) error { return tx.SaveLimit(row) })
	})
}

func (b *doorsRun) signatures(ctx context.Context) (float64, error) {
	digest := sha256.Sum256([]byte("a token"))
	return bench.PerSecond(ctx, b.flags.duration/2, func() error {
		_, err := rsa.SignPKCS1v15(rand.Reader, b.key, crypto.SHA256, digest[:])
		return err
	})
}

func (b *doorsRun) tokens(ctx context.Context) error {
	if err := b.visitor.OpenTokens(ctx, benchDoorWorkers); err != nil {
		return err
	}
	got, err := b.medians(
		func() (float64, error) { return b.visitor.Refresh(ctx, b.flags.duration) },
		func() (float64, error) { return b.signatures(ctx) },
		func() (float64, error) { return b.commits(ctx) })
	if err == nil {
		b.report.Tokens = bench.TokenLoad{Refreshes: got[0], Signatures: got[1], Commits: got[2]}
	}
	return err
}

// equipment is a RADIUS client of the bench.
func (b *doorsRun) equipment(id nodkey.ApplicationID, from string, names []string) (*bench.RADIUSClient, error) {
	server, err := netip.ParseAddrPort(b.server.RADIUS)
	if err != nil {
		return nil, err
	}
	at, err := netip.ParseAddr(from)
	if err != nil {
		return nil, err
	}
	return &bench.RADIUSClient{Server: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), server.Port()), From: at,
		Secret: b.server.Secrets[id], Names: names, Password: b.server.Password}, nil
}

// figures asks the server how it is, after it has given back what it does not need.
func (b *doorsRun) figures() (f benchDoorsFigures, err error) {
	err = b.server.say("collect", &f)
	return f, err
}

func (b *doorsRun) radius(ctx context.Context) error {
	users := b.server.Names[1:]
	asked, err := b.equipment(benchAsked, benchAskedFrom, users[b.flags.waiting:])
	if err != nil {
		return err
	}
	rounds := func() (float64, error) {
		var all []float64
		for range b.flags.rounds {
			got, err := asked.Ask(ctx, benchDoorWorkers, b.flags.asking())
			if err != nil {
				return 0, err
			}
			all = append(all, got)
		}
		return bench.Median(all), nil
	}
	if b.report.RADIUS.Alone, err = rounds(); err != nil {
		return err
	}
	before, err := b.figures()
	if err != nil {
		return err
	}
	release, err := b.hold(users[:b.flags.waiting])
	if err != nil {
		return err
	}
	defer release()
	after, err := b.untilWaiting(ctx)
	if err != nil {
		return err
	}
	if b.report.RADIUS.Beside, err = rounds(); err != nil {
		return err
	}
	b.report.RADIUS.Waiting = after.Waiting
	if n := after.Waiting; n > 0 {
		b.report.RADIUS.Memory = (float64(after.Objects+after.Stacks) - float64(before.Objects+before.Stacks)) / 1024 / float64(n)
	}
	b.report.RADIUS.Commits, err = b.commits(ctx)
	return err
}

// hold has people wait for their phones, at several pieces of equipment.
func (b *doorsRun) hold(names []string) (release func(), err error) {
	var releases []func()
	release = func() {
		for _, r := range releases {
			r()
		}
	}
	for i := range benchHeldClients {
		some := names[len(names)*i/benchHeldClients : len(names)*(i+1)/benchHeldClients]
		id, from := benchHeld(i)
		client, err := b.equipment(id, from, some)
		if err != nil {
			release()
			return nil, err
		}
		one, err := client.Hold(len(some))
		if err != nil {
			release()
			return nil, err
		}
		releases = append(releases, one)
	}
	return release, nil
}

// untilWaiting waits until everybody has been asked whose packet arrived, so that the server is at rest, and fails when a tenth is
// missing.
func (b *doorsRun) untilWaiting(ctx context.Context) (f benchDoorsFigures, err error) {
	const quiet = 100 // updates between two looks: upkeep has some of its own
	for last := (benchDoorsFigures{Waiting: -1}); ; last = f {
		if f, err = b.figures(); err != nil {
			return f, err
		}
		if f.Waiting == last.Waiting && f.Updates-last.Updates < quiet {
			break
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return f, ctx.Err()
		}
	}
	if f.Waiting*10 < b.flags.waiting*9 {
		return f, fmt.Errorf("%d of %d requests wait", f.Waiting, b.flags.waiting)
	}
	return f, nil
}
