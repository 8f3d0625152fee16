package notify

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/nodkey/nodkey"
)

// Carrier brings what may leave the house to an address: one a channel. It is used by several goroutines at once.
type Carrier interface {
	Channel() nodkey.SummaryChannel
	// Summary gives an error with every outcome but PushDelivered. An error that wraps an [Away] says that the service takes
	// nothing at all now.
	Summary(context.Context, nodkey.SummaryMessage) (nodkey.PushOutcome, error)
	Code(context.Context, nodkey.ContactCode) (nodkey.PushOutcome, error)
}

// Away says that a service takes nothing now, whatever it is: it does not answer, does not know us, or has enough of us.
type Away struct {
	After time.Duration // not before that; zero when it did not say
	Err   error
}

func (a *Away) Error() string { return a.Err.Error() }
func (a *Away) Unwrap() error { return a.Err }

// Summaries are the domain's side: [nodkey.Summaries].
type Summaries interface {
	Wake() (wake <-chan struct{}, cancel func())
	Take(ctx context.Context, channel nodkey.SummaryChannel, limit int) (taken []nodkey.SummaryMessage, more bool, err error)
	Settle(context.Context, []nodkey.SentSummary) error
}

// Codes are the domain's side: [nodkey.Contacts].
type Codes interface {
	TakeCodes(ctx context.Context, channel nodkey.SummaryChannel, limit int) ([]nodkey.ContactCode, error)
	SettleCode(context.Context, nodkey.ContactTryID, nodkey.PushOutcome) error
}

// Carried is what metrics are told of one try.
type Carried struct {
	Channel nodkey.SummaryChannel
	What    string // summary or code
	Outcome string // delivered, gone, retry, refused or away
	Took    time.Duration
}

const (
	courierWidth = 4                // in the air at once
	carryWithin  = 20 * time.Second // one try, with what is before it to the same address, is shorter than a lease by far
	awayFirst    = 2 * time.Second  // how long a service is left alone
	awayMost     = time.Minute      // and how long at most, unless it says so itself
	writeAgain   = 200 * time.Millisecond
)

// Courier is the worker of one way out of the house: it takes summaries and codes, has its carrier bring them, and settles them.
// What goes to one address goes one after the other. A service that is away is left alone, longer and longer, and then asked with
// one message; what waits for it waits in the house, in its order. All fields must be set.
type Courier struct {
	Summaries Summaries
	Codes     Codes
	Carrier   Carrier
	Log       *slog.Logger // no address and no code is in it
	Now       func() time.Time
	Observe   func(Carried)

	mu    sync.Mutex
	away  time.Duration // how long it was left alone last; zero: it is there
	until time.Time
	lines map[string]chan struct{} // by address: closed when the newest that is in the air has landed
}

// Run carries until the context ends; what is in the air then gets some seconds to arrive. It gives nil.
func (c *Courier) Run(ctx context.Context) error {
	wake, cancel := c.Summaries.Wake()
	defer cancel()
	sending, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	landed := make(chan struct{}, courierWidth)
	inAir := 0
	for {
		for ctx.Err() == nil {
			n, more := c.carry(ctx, sending, courierWidth-inAir, landed)
			if inAir += n; !more || inAir == courierWidth {
				break
			}
		}
		select {
		case <-ctx.Done():
			stop := time.AfterFunc(stopWithin, giveUp)
			defer stop.Stop()
			for ; inAir > 0; inAir-- {
				<-landed
			}
			return nil
		case <-wake:
		case <-poll.C:
		case <-landed:
			inAir--
		}
	}
}

// Paused reports whether the service is left alone now.
func (c *Courier) Paused() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.away > 0
}

// room is how many may be sent now, of so many places that are free: one alone to a service that was away.
func (c *Courier) room(free int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.away == 0:
		return free
	case free < courierWidth || c.Now().Before(c.until):
		return 0
	}
	return 1
}

// carry takes what there is room for and has it sent, codes first: somebody waits for them.
func (c *Courier) carry(ctx, sending context.Context, free int, landed chan<- struct{}) (n int, more bool) {
	room := c.room(free)
	if room == 0 {
		return 0, false
	}
	channel := c.Carrier.Channel()
	codes, err := c.Codes.TakeCodes(ctx, channel, room)
	if err != nil {
		c.unread(ctx, err)
		return 0, false
	}
	for _, code := range codes {
		c.inLine(code.To, landed, func() { c.code(sending, code) })
	}
	if room -= len(codes); room == 0 {
		return len(codes), true
	}
	summaries, more, err := c.Summaries.Take(ctx, channel, room)
	if err != nil {
		c.unread(ctx, err)
		return len(codes), false
	}
	for _, m := range summaries {
		c.inLine(m.To, landed, func() { c.summary(sending, m) })
	}
	return len(codes) + len(summaries), more
}

func (c *Courier) unread(ctx context.Context, err error) {
	if ctx.Err() == nil {
		c.Log.ErrorContext(ctx, "what is to leave could not be read", "channel", c.Carrier.Channel(), "error", err)
	}
}

// inLine sends behind what is on its way to the same address.
func (c *Courier) inLine(to string, landed chan<- struct{}, send func()) {
	done := make(chan struct{})
	c.mu.Lock()
	if c.lines == nil {
		c.lines = map[string]chan struct{}{}
	}
	before := c.lines[to]
	c.lines[to] = done
	c.mu.Unlock()
	go func() {
		if before != nil {
			<-before
		}
		send()
		c.mu.Lock()
		if c.lines[to] == done {
			delete(c.lines, to)
		}
		c.mu.Unlock()
		close(done)
		landed <- struct{}{}
	}()
}

func (c *Courier) summary(ctx context.Context, m nodkey.SummaryMessage) {
	sent := nodkey.SentSummary{SummaryMessage: m}
	outcome, away, err := c.try(ctx, "summary", m.Until, func(ctx context.Context) (nodkey.PushOutcome, error) { return c.Carrier.Summary(ctx, m) })
	sent.Outcome, sent.Away = outcome, away
	if err != nil {
		sent.Failure = err.Error()
	}
	c.settle(ctx, m.Until, func(ctx context.Context) error { return c.Summaries.Settle(ctx, []nodkey.SentSummary{sent}) })
}

func (c *Courier) code(ctx context.Context, code nodkey.ContactCode) {
	outcome, _, _ := c.try(ctx, "code", code.Until, func(ctx context.Context) (nodkey.PushOutcome, error) { return c.Carrier.Code(ctx, code) })
	c.settle(ctx, code.Until, func(ctx context.Context) error { return c.Codes.SettleCode(ctx, code.ID, outcome) })
}

var errLate = errors.New("it was not sent, as the lease would have ended before")

// try sends once. The error's text goes to the domain, which takes the address out of it, and nowhere else.
func (c *Courier) try(ctx context.Context, what string, until time.Time, send func(context.Context) (nodkey.PushOutcome, error)) (outcome nodkey.PushOutcome, away bool, err error) {
	began, channel := c.Now(), c.Carrier.Channel()
	if until.Sub(began) < carryWithin { // somebody else may send it soon
		return nodkey.PushRetry, true, errLate
	}
	if c.leftAlone() { // found out by another that was in the air
		return nodkey.PushRetry, true, ErrPaused
	}
	within, cancel := context.WithTimeout(ctx, carryWithin)
	defer cancel()
	outcome, err = send(within)
	if outcome == nodkey.PushDelivered {
		err = nil
	}
	carried := Carried{Channel: channel, What: what, Outcome: outcome.String(), Took: c.Now().Sub(began)}
	var gone *Away
	if errors.As(err, &gone) {
		outcome, away, carried.Outcome = nodkey.PushRetry, true, "away"
		c.leave(ctx, gone)
	} else {
		c.back(ctx)
		if err != nil {
			c.Log.InfoContext(ctx, "a message was not taken", "channel", channel, "what", what, "outcome", carried.Outcome)
		}
	}
	c.Observe(carried)
	return outcome, away, err
}

func (c *Courier) leftAlone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Now().Before(c.until)
}

// leave leaves the service alone, each time for longer.
func (c *Courier) leave(ctx context.Context, a *Away) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Now().Before(c.until) {
		return // another one that was in the air said so
	}
	if c.away == 0 {
		c.Log.WarnContext(ctx, "a service takes no messages", "channel", c.Carrier.Channel(), "error", a.Err)
	}
	c.away = min(max(2*c.away, awayFirst), awayMost)
	c.until = c.Now().Add(max(c.away, a.After))
}

func (c *Courier) back(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.away > 0 {
		c.Log.InfoContext(ctx, "a service takes messages again", "channel", c.Carrier.Channel())
	}
	c.away, c.until = 0, time.Time{}
}

// settle writes down what became of a message, again and again while it is ours: what is not written down is sent twice.
func (c *Courier) settle(ctx context.Context, until time.Time, write func(context.Context) error) {
	for {
		soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		err := write(soon)
		cancel()
		if err == nil {
			return
		}
		c.Log.ErrorContext(ctx, "what became of a message could not be written down", "channel", c.Carrier.Channel(), "error", err)
		again := time.NewTimer(writeAgain)
		select {
		case <-ctx.Done():
			again.Stop()
			return
		case <-again.C:
		}
		if c.Now().After(until) {
			return
		}
	}
}
