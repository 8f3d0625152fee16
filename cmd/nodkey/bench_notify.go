package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey/bench"
)

// notifyFlags are the command line of `nodkey bench notify`.
type notifyFlags struct {
	duration time.Duration
	rounds   int
	rate     float64
	profile  string
	json     bool
}

func benchNotifyCommand() *cobra.Command {
	var f notifyFlags
	c := &cobra.Command{
		Use:   "notify",
		Short: "Measure notifications a second, and how soon after its request one is sent",
		Long: "Run a server and a push service that takes everything, each in a process of its own. Measure how fast a full outbox\n" +
			"is sent, compared with what the machine could do if sending were nothing but encryption; then how long it takes from\n" +
			"a request's commit to the push service, while so many sign-ins a second are begun.\n" +
			"Data go to the temporary directory (TMPDIR): put it on the disk that is to be measured.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if f.rounds < 1 || f.duration <= 0 || f.rate <= 0 || f.phones() < 2 || f.phones() > 1<<20 {
				return usageError(c, errors.New("rounds, rate and duration must be at least one, and a round at most a million sign-ins"))
			}
			return runBenchNotify(c.Context(), f, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	flags := c.Flags()
	flags.DurationVar(&f.duration, "duration", 3*time.Second, "length of one round of sign-ins")
	flags.IntVar(&f.rounds, "rounds", 3, "rounds, whose median counts")
	flags.Float64Var(&f.rate, "rate", 1000, "sign-ins that are begun a second; each has a phone of its own in a round")
	flags.StringVar(&f.profile, "profile", "", "write profiles of the server into this `directory`, for go tool pprof")
	flags.BoolVar(&f.json, "json", false, "print one object of JSON")
	return c
}

func (f notifyFlags) phones() int { return int(math.Ceil(f.rate * f.duration.Seconds())) }

func runBenchNotify(ctx context.Context, f notifyFlags, out, errOut io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "nodkey-bench-")
	if err != nil {
		return fmt.Errorf("cannot make a directory for the bench: %w", plain(err))
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &notifyRun{flags: f, report: bench.NewNotify(f.phones(), f.rate)}
	fmt.Fprintf(errOut, "activating %d phones …\n", f.phones())
	if err := b.open(ctx, dir); err != nil {
		return errors.Join(err, b.close())
	}
	defer func() { err = errors.Join(err, b.close()) }()
	var full, paced rounds
	for n := range f.rounds + 1 {
		if n == 0 {
			fmt.Fprintln(errOut, "warming up …")
		} else {
			fmt.Fprintf(errOut, "measuring notifications, round %d of %d …\n", n, f.rounds)
		}
		var a, p round
		if a, err = b.full(); err != nil {
			return fmt.Errorf("sending a full outbox: %w", err)
		}
		if p, err = b.paced(); err != nil {
			return fmt.Errorf("sending while people sign in: %w", err)
		}
		if n > 0 {
			full, paced = append(full, a), append(paced, p)
		}
	}
	b.sum(full, paced)
	if f.json {
		return json.NewEncoder(out).Encode(b.report)
	}
	fmt.Fprintln(errOut)
	b.report.Print(out)
	return nil
}

// notifyRun is one run of the command.
type notifyRun struct {
	flags  notifyFlags
	report bench.Notify
	sink   *child
	server *benchChild
}

// round is what one round of either kind gave.
type round struct {
	perSecond, limit             float64
	serverCPU, sinkCPU, limitCPU time.Duration // for one notification
	arrival                      bench.Arrival
	failed                       int
}

type rounds []round

func (r rounds) median(of func(round) float64) float64 {
	values := make([]float64, len(r))
	for i := range r {
		values[i] = of(r[i])
	}
	return bench.Median(values)
}

// open starts both processes and gives everybody a phone that takes messages.
func (b *notifyRun) open(ctx context.Context, dir string) (err error) {
	var at sinkReady
	if b.sink, err = startChild(ctx, &at, "bench-sink"); err != nil {
		return err
	}
	roots := filepath.Join(dir, "roots.pem")
	if err := os.WriteFile(roots, at.Authority, 0o600); err != nil {
		return err
	}
	home := filepath.Join(dir, "server")
	if err := os.Mkdir(home, 0o700); err != nil {
		return err
	}
	server := &benchChild{}
	server.child, err = startChild(ctx, &server.benchReady, "bench-sender", "--dir", home, "--users", strconv.Itoa(b.report.Phones), "--sink", at.Address, "--roots", roots)
	if err != nil {
		return err
	}
	b.server = server
	target := bench.Target{Portal: server.Portal, Phone: server.Phone, Names: server.Names, Password: server.Password}
	return bench.Subscribe(ctx, target, askers, func(number int) string { return server.Endpoint + strconv.Itoa(number) })
}

func (b *notifyRun) close() (err error) {
	if b.server != nil {
		err = b.server.stop()
	}
	if b.sink != nil {
		err = errors.Join(err, b.sink.stop())
	}
	return err
}

// tell has the server do something.
func (b *notifyRun) tell(line string) (done senderDone, err error) {
	if err := b.server.say(line, &done); err != nil {
		return done, err
	}
	if done.Error != "" {
		return done, errors.New(done.Error)
	}
	return done, nil
}

// hear asks the sink.
func (b *notifyRun) hear(line string) (heard sinkHeard, err error) {
	if err := b.sink.say(line, &heard); err != nil {
		return heard, err
	}
	if heard.Error != "" {
		return heard, errors.New(heard.Error)
	}
	if heard.Odd > 0 {
		return heard, fmt.Errorf("%d requests were no messages", heard.Odd)
	}
	return heard, nil
}

// lateBy is how long the sink waits for messages of a round, after it is over.
const lateBy = 20 * time.Second

// full fills the outbox, sends it, and then does as long what sending cannot do without.
func (b *notifyRun) full() (r round, err error) {
	if _, err := b.hear("forget"); err != nil {
		return r, err
	}
	asked, err := b.tell("fill")
	if err != nil {
		return r, err
	}
	end, err := b.profiled("full")
	if err != nil {
		return r, err
	}
	before, err := b.used()
	if err != nil {
		return r, err
	}
	began, err := b.tell("start")
	if err != nil {
		return r, err
	}
	heard, err := b.hear(fmt.Sprintf("wait %d %s", len(asked.Committed), lateBy))
	if err != nil {
		return r, err
	}
	if _, err := b.tell("stop"); err != nil {
		return r, err
	}
	after, err := b.used()
	if err != nil {
		return r, err
	}
	end()
	n := len(heard.Arrived)
	if n < len(asked.Committed) {
		return r, fmt.Errorf("of %d messages %d arrived", len(asked.Committed), n)
	}
	r.perSecond = float64(n) / time.Duration(heard.Arrived[n-1].At-began.At).Seconds()
	r.serverCPU, r.sinkCPU = (after.server-before.server)/time.Duration(n), (after.sink-before.sink)/time.Duration(n)
	alone, err := b.tell("limit " + (b.flags.duration / 2).String())
	if err != nil {
		return r, err
	}
	last, err := b.used()
	if err != nil {
		return r, err
	}
	r.limit = alone.PerSecond
	r.limitCPU = time.Duration(float64(last.server-after.server) / (alone.PerSecond * b.flags.duration.Seconds() / 2))
	return r, nil
}

// paced sends while people sign in.
func (b *notifyRun) paced() (r round, err error) {
	if _, err := b.hear("forget"); err != nil {
		return r, err
	}
	if _, err := b.tell("start"); err != nil {
		return r, err
	}
	end, err := b.profiled("paced")
	if err != nil {
		return r, err
	}
	asked, err := b.tell(fmt.Sprintf("pace %g", b.flags.rate))
	if err != nil {
		return r, err
	}
	heard, err := b.hear(fmt.Sprintf("wait %d %s", len(asked.Committed), lateBy))
	if err != nil {
		return r, err
	}
	end()
	_, err = b.tell("stop")
	r.arrival, r.failed = bench.NewArrival(asked.Committed, heard.Arrived), asked.Failed
	return r, err
}

// profiled begins a profile of the server; end writes it.
func (b *notifyRun) profiled(what string) (end func(), err error) {
	if b.flags.profile == "" {
		return func() {}, nil
	}
	_, err = b.server.ask("profile " + filepath.Join(b.flags.profile, what+".pprof"))
	return func() { _, _ = b.server.ask("profiled") }, err // profiles are for a person to look at: nothing hangs on them
}

// spent is the processor time that both have used up to a moment.
type spent struct{ server, sink time.Duration }

func (b *notifyRun) used() (s spent, err error) {
	if s.server, err = bench.ProcessorTime(b.server.pid()); err != nil {
		return s, err
	}
	s.sink, err = bench.ProcessorTime(b.sink.pid())
	return s, err
}

// sum writes the rounds into the report.
func (b *notifyRun) sum(full, paced rounds) {
	n := &b.report
	n.PerSecond = full.median(func(r round) float64 { return r.perSecond })
	n.LimitPerSecond = full.median(func(r round) float64 { return r.limit })
	n.Share = full.median(func(r round) float64 { return r.perSecond / r.limit })
	n.SenderCPU = full.median(func(r round) float64 { return bench.Microseconds(r.serverCPU) })
	n.SinkCPU = full.median(func(r round) float64 { return bench.Microseconds(r.sinkCPU) })
	n.LimitCPU = full.median(func(r round) float64 { return bench.Microseconds(r.limitCPU) })
	for _, r := range full {
		n.Rounds = append(n.Rounds, r.perSecond)
	}
	n.Begun = paced.median(func(r round) float64 { return r.arrival.PerSecond })
	var took []*bench.Histogram
	for _, r := range paced {
		took = append(took, r.arrival.Took)
		n.Failed, n.Lost, n.Twice = n.Failed+r.failed, n.Lost+r.arrival.Lost, n.Twice+r.arrival.Twice
	}
	n.Notice = bench.LatencyOf(took...)
}
