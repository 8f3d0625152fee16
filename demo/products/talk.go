package products

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"
)

// talk is one person's visit to a product that asks: what the product shows, and what it and the server said.
type talk struct {
	id      string
	product string
	answers chan string // what the person typed; one waits at most

	mu    sync.Mutex
	shown Shown
}

// Shown is what the product shows of a talk.
type Shown struct {
	Said     []Said // the conversation, in its order
	Number   string // to be typed on the phone; empty: none to show
	Digits   string // six digits for a phone without a connection
	Notice   string // what the server told the product to show, as it came
	Wants    bool   // the product takes an answer now
	MayCode  bool   // the person may turn to a code while the phone is asked
	Over     bool
	Yes      bool   // over, and approved
	Learnt   []Fact // what the product knows now
	Evidence string // what it could show to a judge, JSON; empty: none
}

// Said is one line of the conversation.
type Said struct {
	ByProduct bool
	Text      string // a protocol's own words, without secrets
}

// Fact is a name and a value in the protocol's words.
type Fact struct{ Name, Value string }

// The bounds on talks: a demo has two people.
const (
	talksMost = 32
	talkLife  = 5 * time.Minute
	saidMost  = 40
)

var errFull = errors.New("too many visits at once")

func (t *talk) change(f func(*Shown)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f(&t.shown)
}

// look gives what is shown, good beyond the lock: lines are only ever added.
func (t *talk) look() Shown {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.shown
}

func (t *talk) asked(text string)    { t.say(true, text) }
func (t *talk) answered(text string) { t.say(false, text) }

func (t *talk) say(byProduct bool, text string) {
	t.change(func(s *Shown) {
		if len(s.Said) < saidMost {
			s.Said = append(s.Said, Said{byProduct, text})
		}
	})
}

// end closes the talk with what the product learnt.
func (t *talk) end(yes bool, learnt ...Fact) {
	t.change(func(s *Shown) {
		s.Over, s.Yes, s.Wants, s.Digits, s.Number = true, yes, false, "", ""
		s.Learnt = append(s.Learnt, learnt...)
	})
}

// wait takes what the person types next.
func (t *talk) wait(ctx context.Context) (string, error) {
	select {
	case typed := <-t.answers:
		return typed, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// typed hands an answer in; one that nobody waits for yet is replaced.
func (t *talk) typed(text string) {
	select {
	case <-t.answers:
	default:
	}
	select {
	case t.answers <- text:
	default:
	}
}

// talks are the visits under way and those that have just ended.
type talks struct {
	mu   sync.Mutex
	open map[string]*talk
}

// begin runs a product's side of a talk until it ends, or talkLife has passed.
func (a *talks) begin(product string, run func(context.Context, *talk)) (*talk, error) {
	t := &talk{id: rand.Text(), product: product, answers: make(chan string, 1)}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.open) >= talksMost {
		return nil, errFull
	}
	a.open[t.id] = t
	ctx, cancel := context.WithTimeout(context.Background(), talkLife)
	go func() {
		defer cancel()
		run(ctx, t)
		if !t.look().Over {
			t.end(false)
		}
		<-ctx.Done() // its page shows the end until then
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.open, t.id)
	}()
	return t, nil
}

func (a *talks) find(product, id string) *talk {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.open[id]; t != nil && t.product == product {
		return t
	}
	return nil
}
