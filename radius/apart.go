package radius

import (
	"context"
	"time"

	"github.com/nodkey/nodkey"
)

// apart runs a call of the domain's on a goroutine of its own. Such calls go deep into the database, and a goroutine keeps the stack
// that it once needed: those of requests that wait, of which there may be ten thousand, must stay shallow.
func apart[T any](call func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := call()
		done <- result{value, err}
	}()
	r := <-done
	return r.value, r.err
}

// lookEvery is how often a request is looked at without being told: a wake-up may be lost, and another process may have had the
// answer.
const lookEvery = 5 * time.Second

func (d *Door) look(ctx context.Context, r *request, one *talk) (nodkey.Waiting, error) {
	return apart(func() (nodkey.Waiting, error) { return d.apps.Look(ctx, r.caller, one.ask.token) })
}

// decided is [nodkey.Applications.Await] on a shallow stack.
func (d *Door) decided(ctx context.Context, r *request, one *talk) (nodkey.Waiting, error) {
	wake, cancel := d.apps.Bus.Subscribe(d.apps.Topic(one.ask.id))
	defer cancel()
	turn := time.NewTicker(lookEvery)
	defer turn.Stop()
	for {
		w, err := d.look(ctx, r, one)
		if ctx.Err() != nil {
			return w, ctx.Err()
		}
		if err != nil || w.State != nodkey.SignInPending {
			return w, err
		}
		select {
		case <-wake:
		case <-turn.C:
		case <-ctx.Done():
			return w, ctx.Err()
		}
	}
}
