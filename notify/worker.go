package notify

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/nodkey/nodkey"
)

const (
	laneWidth  = 128           // messages in the air to one push service
	settleMost = 4 * laneWidth // answers that wait to be written down; further messages stay in the air until there is room
	wakeRest   = 2 * time.Millisecond
	pollEvery  = time.Second     // how soon what was put back, or whose wake-up was lost, is seen
	stopWithin = 3 * time.Second // how long messages in the air get to arrive when the worker ends
)

// Channel sends messages.
type Channel interface {
	Name() string
	// Services are all there can be; each gets a lane.
	Services() []string
	// Send gives an error with every outcome but PushDelivered; ErrPaused when it did not try.
	Send(context.Context, nodkey.PushMessage) (nodkey.PushAnswer, error)
}

// Queue is the domain's side: [nodkey.Outbox].
type Queue interface {
	Wake() (wake <-chan struct{}, cancel func())
	Take(ctx context.Context, service string, limit int) (messages []nodkey.PushMessage, more bool, err error)
	Settle(context.Context, []nodkey.Sent) error
}

// Attempt is what metrics are told of.
type Attempt struct {
	Channel string
	Service string
	Outcome string        // delivered, gone, retry, refused or paused
	Since   time.Duration // from the request's commit to the end of this try
}

// Worker carries messages. All fields must be set.
type Worker struct {
	Queue   Queue
	Channel Channel
	Log     *slog.Logger
	Now     func() time.Time
	Observe func(Attempt)

	poll time.Duration // between looks without a wake-up; zero: pollEvery
}

// Run carries messages until the context ends; what is in the air then gets some seconds to arrive. It gives nil.
func (w *Worker) Run(ctx context.Context) error {
	wake, cancel := w.Queue.Wake()
	defer cancel()
	var lanes sync.WaitGroup
	defer lanes.Wait()
	var pokes []chan struct{}
	for _, service := range w.Channel.Services() {
		poke := make(chan struct{}, 1)
		poke <- struct{}{} // what a process before this one left
		pokes = append(pokes, poke)
		lanes.Go(func() { w.lane(ctx, service, poke) })
	}
	rest := time.NewTimer(0)
	defer rest.Stop()
	poll := time.NewTicker(cmp.Or(w.poll, pollEvery))
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-poll.C:
		}
		for _, poke := range pokes {
			select {
			case poke <- struct{}{}:
			default: // it will look anyway
			}
		}
		rest.Reset(wakeRest) // a thousand wake-ups a second are a few hundred looks
		select {
		case <-ctx.Done():
			return nil
		case <-rest.C:
		}
	}
}

// lane serves one push service. What became of messages is written down beside it: the next ones do not wait for that.
func (w *Worker) lane(ctx context.Context, service string, poke <-chan struct{}) {
	sending, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	results := make(chan *nodkey.Sent, settleMost) // pointers: there is a lane for each service, and most of them idle
	var written sync.WaitGroup
	written.Go(func() { w.write(ctx, results) })
	landed := make(chan struct{}, laneWidth)
	inAir, hungry := 0, false
	for {
		for hungry && inAir < laneWidth && ctx.Err() == nil {
			messages, more, err := w.Queue.Take(ctx, service, laneWidth-inAir)
			if err != nil && ctx.Err() == nil {
				w.Log.ErrorContext(ctx, "messages for phones could not be read", "service", service, "error", err)
			}
			hungry = more && err == nil
			inAir += len(messages)
			for _, m := range messages {
				go func() {
					sent := w.send(sending, m)
					results <- &sent
					landed <- struct{}{}
				}()
			}
		}
		select {
		case <-ctx.Done():
			stop := time.AfterFunc(stopWithin, giveUp)
			defer stop.Stop()
			for ; inAir > 0; inAir-- {
				<-landed
			}
			close(results)
			written.Wait()
			return
		case <-poke:
			hungry = true
		case <-landed:
			inAir--
			for ; len(landed) > 0; inAir-- {
				<-landed
			}
		}
	}
}

// write settles results as they come, together those that came meanwhile.
func (w *Worker) write(ctx context.Context, results <-chan *nodkey.Sent) {
	for first := range results {
		sent := []nodkey.Sent{*first}
		for len(results) > 0 {
			sent = append(sent, *<-results)
		}
		w.settle(ctx, sent)
	}
}

func (w *Worker) send(ctx context.Context, m nodkey.PushMessage) nodkey.Sent {
	answer, err := w.Channel.Send(ctx, m)
	a := Attempt{Channel: w.Channel.Name(), Service: m.Service, Outcome: answer.Outcome.String(), Since: w.Now().Sub(m.CreatedAt)}
	switch {
	case errors.Is(err, ErrPaused):
		a.Outcome = "paused"
	case answer.Outcome == nodkey.PushRefused:
		w.Log.WarnContext(ctx, "a service refused a message", "service", m.Service, "error", err)
	case err != nil:
		w.Log.InfoContext(ctx, "a message to a phone was not delivered", "service", m.Service, "outcome", a.Outcome, "error", err)
	}
	w.Observe(a)
	return nodkey.Sent{PushMessage: m, PushAnswer: answer}
}

// settle writes results down. When that fails the messages are due again after their lease, and go out once more.
func (w *Worker) settle(ctx context.Context, sent []nodkey.Sent) {
	soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := w.Queue.Settle(soon, sent); err != nil {
		w.Log.ErrorContext(ctx, "what became of messages to phones could not be written down", "messages", len(sent), "error", err)
	}
}
