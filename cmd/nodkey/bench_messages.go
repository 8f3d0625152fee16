package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/bench"
)

// messagesFlags are the command line of `nodkey bench messages`.
type messagesFlags struct {
	users   int
	calls   int
	profile string
	json    bool
}

// What a box holds, and how many users are signed in.
const (
	benchTickets       = 2 // of a user's own
	benchAnnouncements = 7 // to all
	benchNotices       = 1 // that the user's e-mail address is in force: summaries of what comes later wait for it
	benchBox           = benchTickets + benchAnnouncements + benchNotices
	benchSignedIn      = 1000
	benchPosting       = 64 // at a time
)

func benchMessagesCommand() *cobra.Command {
	var f messagesFlags
	c := &cobra.Command{
		Use:   "messages",
		Short: "Measure the message centre: listing, searching and announcing, at a tenth of its size and at all of it",
		Long: "Fill a message centre with ten messages a user, sealed as they are in earnest: two tickets of the desk's, seven\n" +
			"announcements and a notice. Then list and search boxes as people who are signed in do, and announce to all. With 100,000 users\n" +
			"it takes some ten minutes and 3 GB. Data go to the temporary directory (TMPDIR): put it on the disk that is to be measured.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if f.users < 10 || f.calls < 1 {
				return usageError(c, errors.New("users must be at least ten, and calls at least one"))
			}
			return runBenchMessages(c.Context(), f, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	flags := c.Flags()
	flags.IntVar(&f.users, "users", 100_000, "users, with ten messages each")
	flags.IntVar(&f.calls, "calls", 5000, "calls of each kind")
	flags.StringVar(&f.profile, "profile", "", "write profiles of the processor into this `directory`, for go tool pprof")
	flags.BoolVar(&f.json, "json", false, "print one object of JSON")
	return c
}

func runBenchMessages(ctx context.Context, f messagesFlags, out, errOut io.Writer) error {
	report := bench.NewMessages(benchBox)
	for _, users := range []int{f.users / 10, f.users} {
		size, err := f.measure(ctx, users, errOut)
		if err != nil {
			return fmt.Errorf("measuring with %d users: %w", users, err)
		}
		report.Sizes = append(report.Sizes, size)
	}
	if f.json {
		return json.NewEncoder(out).Encode(report)
	}
	fmt.Fprintln(errOut)
	report.Print(out)
	return nil
}

// measure fills a house of its own and measures.
func (f messagesFlags) measure(ctx context.Context, users int, errOut io.Writer) (size bench.CentreSize, err error) {
	dir, err := os.MkdirTemp("", "nodkey-bench-")
	if err != nil {
		return size, fmt.Errorf("cannot make a directory for the bench: %w", plain(err))
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := benchSettings(dir, 8443, false, nil) // nobody listens there
	if err != nil {
		return size, err
	}
	h, err := openHouse(ctx, s, houseOptions{passwords: quickPasswords{}})
	if err != nil {
		return size, err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	b := &messagesRun{house: h, users: users}
	fmt.Fprintf(errOut, "filling a message centre for %d users …\n", users)
	began := time.Now()
	if err := b.fill(ctx); err != nil {
		return size, err
	}
	size = bench.CentreSize{Users: users, Messages: users * benchBox, Filled: time.Since(began).Seconds()}
	fmt.Fprintf(errOut, "listing, searching, announcing …\n")
	if f.profile != "" {
		file, err := os.Create(filepath.Join(f.profile, "messages-"+strconv.Itoa(users)+".pprof"))
		if err != nil {
			return size, plain(err)
		}
		if err := pprof.StartCPUProfile(file); err != nil {
			return size, err
		}
		defer func() {
			pprof.StopCPUProfile()
			err = errors.Join(err, file.Close())
		}()
	}
	if err := b.calls(ctx, f.calls, &size); err != nil {
		return size, err
	}
	info, err := os.Stat(s.Database)
	if err != nil {
		return size, plain(err)
	}
	size.File = float64(info.Size()) / (1 << 20)
	return size, nil
}

// messagesRun is the message centre of one size.
type messagesRun struct {
	*house
	users  int
	tokens []nodkey.Token // of those who are signed in
}

func benchName(i int) string { return fmt.Sprintf("bench-%07d", i) }

// fill makes users and what is in their boxes.
func (b *messagesRun) fill(ctx context.Context) error {
	if err := b.people(ctx); err != nil {
		return err
	}
	for i := range benchAnnouncements {
		if _, err := b.announce(ctx, strconv.Itoa(i+1)); err != nil {
			return err
		}
	}
	err := together(b.users*benchTickets, func(i int) error {
		_, err := b.services.MessageDesk.Post(ctx, nodkey.Operator("bench"), benchName(i%b.users), nodkey.Posting{
			Category: "other", Texts: map[string]nodkey.MessageText{"de": {Subject: "Unterlagen " + strconv.Itoa(i), Text: benchText}},
		})
		return err
	})
	if err != nil {
		return err
	}
	return together(b.users, func(i int) error {
		return b.services.Contacts.Set(ctx, nodkey.Operator("bench"), benchName(i), nodkey.SummaryEmail, benchName(i)+"@example.com")
	})
}

// together does n things, many at a time, so that they share commits.
func together(n int, do func(int) error) error {
	errs := make([]error, benchPosting)
	var all sync.WaitGroup
	for lane := range benchPosting {
		all.Go(func() {
			for i := lane; i < n && errs[lane] == nil; i += benchPosting {
				errs[lane] = do(i)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// benchText is as long as what people write.
const benchText = "Guten Tag,\n\nvielen Dank für Ihre Unterlagen vom letzten Monat. Wir haben sie geprüft und legen sie zu den anderen. " +
	"Auf der Seite „Mein Konto“ sehen Sie, was noch fehlt; Sie haben dafür bis zum Ende des Quartals Zeit. " +
	"Fragen beantworten wir hier, an dieser Stelle.\n\nFreundliche Grüße\nIhr Service"

// people puts users into the store as they are after their first sign-in, some of them signed in: what argon2id and phones take
// is measured elsewhere.
func (b *messagesRun) people(ctx context.Context) error {
	const step = 1000
	now := b.clock.Now().UTC().Truncate(time.Millisecond)
	for i := 0; i < b.users; {
		from := i
		var tokens []nodkey.Token
		err := b.store.Update(ctx, func(tx nodkey.Tx) error {
			tokens = nil
			for i = from; i < min(from+step, b.users); i++ {
				name := benchName(i)
				user := nodkey.User{ID: nodkey.UserID(name), Name: name, DisplayName: "Mara Lindqvist", Locale: "de", CreatedAt: now, HadKey: true}
				if err := tx.InsertUser(user); err != nil {
					return err
				}
				if i%max(1, b.users/benchSignedIn) != 0 { // those who are signed in lie all over the store
					continue
				}
				token := nodkey.Token(fmt.Sprintf("bench-token-%031d", i))
				s := nodkey.Session{ID: nodkey.SessionID(name), UserID: user.ID, Token: token.Hash(), Level: nodkey.Full, CreatedAt: now, LastSeenAt: now,
					ExpiresAt: now.Add(12 * time.Hour)}
				if err := tx.InsertSession(s); err != nil {
					return err
				}
				tokens = append(tokens, token)
			}
			return nil
		})
		if err != nil {
			return err
		}
		b.tokens = append(b.tokens, tokens...)
	}
	return nil
}

// announce writes to all users and gives the megabytes of heap that it took at most.
func (b *messagesRun) announce(ctx context.Context, what string) (heap float64, err error) {
	texts := map[string]nodkey.MessageText{
		"de": {Subject: "Wartung " + what, Text: benchText}, "en": {Subject: "Maintenance " + what, Text: "We are at work on Sunday, from two to four."},
	}
	if _, err := b.services.Announcements.Announce(ctx, nodkey.Operator("bench"), nodkey.Announcing{Category: "other", Texts: texts}); err != nil {
		return 0, err
	}
	for step, more := 0, true; more; step++ {
		if _, more, err = b.services.Announcements.Send(ctx); err != nil {
			return heap, err
		}
		if step%20 == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			heap = max(heap, float64(m.HeapInuse)/(1<<20))
		}
	}
	return heap, nil
}

// calls measures each kind of call.
func (b *messagesRun) calls(ctx context.Context, times int, size *bench.CentreSize) (err error) {
	messages := b.services.Messages
	anybody := func(call func(nodkey.Caller) error) func() error {
		return func() error {
			c, err := b.services.Sessions.Caller(ctx, nodkey.Caller{Locale: "de"}, b.tokens[rand.N(len(b.tokens))])
			if err != nil {
				return err
			}
			return call(c)
		}
	}
	search := nodkey.MessageQuery{Search: "unterlagen nirgends"}
	for _, part := range []struct {
		to   *bench.Latency
		call func() error
	}{
		{&size.List, anybody(func(c nodkey.Caller) error { _, err := messages.List(ctx, c, nodkey.MessageQuery{}); return err })},
		{&size.Search, anybody(func(c nodkey.Caller) error { _, err := messages.List(ctx, c, search); return err })},
		{&size.Unread, anybody(func(c nodkey.Caller) error { _, err := messages.Unread(ctx, c); return err })},
		{&size.Desk, func() error {
			_, err := b.services.MessageDesk.List(ctx, nodkey.Operator("bench"), nodkey.MessageFilter{}, "", 20)
			return err
		}},
	} {
		runtime.GC() // what the part before left is none of this one's
		if *part.to, err = bench.Timed(times, part.call); err != nil {
			return err
		}
	}
	began := time.Now()
	size.Heap, err = b.announce(ctx, "tonight")
	size.ToAll = time.Since(began).Seconds()
	return err
}
