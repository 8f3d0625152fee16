package products

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
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
	Picture  []byte // what that phone scans instead, a PNG; nil: nothing
	Notice   string // what the server told the product to show, as it came
	Wants    bool   // the product takes an answer now
	Wrong    bool   // what was typed last was no code that is taken
	MayCode  bool   // the person may turn to a code while the phone is asked
	Over     bool
	Yes      bool   // over, and approved
	Why      string // over, and not approved: a sentence of the catalogue that says what happened; empty: the notice does
	Learnt   []Fact // what the product knows now
	Evidence string // what it could show to a judge, JSON; empty: none
}

// Next is what to do after there was no yes: a sentence of the catalogue.
func (s Shown) Next() string {
	if s.Why == "demo.product.why.not_me" {
		return "demo.product.next.not_me"
	}
	return "demo.product.next.again"
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

// look gives what is shown, good beyond the lock: lines that were given are never changed.
func (t *talk) look() Shown {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.shown
}

// refused notes why there will be no yes.
func (t *talk) refused(why string) { t.change(func(s *Shown) { s.Why = why }) }

func (t *talk) asked(text string)    { t.say(true, text) }
func (t *talk) answered(text string) { t.say(false, text) }

func (t *talk) say(byProduct bool, text string) {
	t.change(func(s *Shown) {
		line := Said{byProduct, text}
		// The same question with the same answer stands there once, however often it is asked. Readers keep what they were given.
		if n := len(s.Said); n >= 3 && s.Said[n-3] == s.Said[n-1] && s.Said[n-2] == line {
			s.Said = slices.Clone(s.Said[:n-1])
			return
		}
		if len(s.Said) < saidMost {
			s.Said = append(s.Said, line)
		}
	})
}

// end closes the talk with what the product learnt.
func (t *talk) end(yes bool, learnt ...Fact) {
	t.change(func(s *Shown) {
		s.Over, s.Yes, s.Wants, s.Wrong, s.MayCode, s.Digits, s.Picture, s.Number = true, yes, false, false, false, "", nil, ""
		switch {
		case yes:
			s.Why, s.Notice = "", ""
		case s.Why == "" && s.Notice == "":
			s.Why = "demo.product.why.other"
		}
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
