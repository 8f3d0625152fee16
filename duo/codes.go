package duo

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/nodkey/nodkey"
)

// who is for whom digits were shown: another application, person or place is shown others.
type who struct {
	app    nodkey.ApplicationID
	user   string
	source string
}

// shown are the requests whose six digits somebody was shown. These clients keep nothing between the question and the answer, so the
// request is found again by who it was for.
type shown struct {
	mu   sync.Mutex
	open map[who]request
}

type request struct {
	token nodkey.Token
	until time.Time
}

// shownMax bounds how many are remembered. Beyond it one is forgotten: who was shown its digits is shown others.
const shownMax = 10_000

func (s *shown) get(key who, now time.Time) (nodkey.Token, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.open[key]
	return r.token, ok && now.Before(r.until)
}

func (s *shown) put(key who, r request, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[who]request{}
	}
	makeRoom(s.open, shownMax, func(r request) bool { return !now.Before(r.until) })
	s.open[key] = r
}

// drop forgets a request, unless another has taken its place.
func (s *shown) drop(key who, token nodkey.Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[key].token == token {
		delete(s.open, key)
	}
}

// makeRoom takes what is over out of a full map, and one more where nothing is.
func makeRoom[K comparable, V any](m map[K]V, most int, over func(V) bool) {
	if len(m) < most {
		return
	}
	for key, value := range m {
		if over(value) {
			delete(m, key)
		}
	}
	for key := range m {
		if len(m) < most {
			return
		}
		delete(m, key)
	}
}

func (c *call) who() who {
	name, err := nodkey.ParseUserName(c.user)
	if err != nil {
		name = "" // nobody's; the domain denies it
	}
	source := ""
	if c.source.IsValid() {
		source = c.source.String()
	}
	return who{c.caller.Application().ID, name, source}
}

// freshFor is how long digits must still be good where they are shown.
const freshFor = 30 * time.Second

// digits gives the six digits that a code for the person follows from: those of before while they are good, else new ones, which
// makes a request that wakes nobody. Without make it gives none where there are none.
func (d *Door) digits(ctx context.Context, c *call, make bool) (string, error) {
	key := c.who()
	if token, ok := d.shown.get(key, d.clock.Now()); ok {
		code, err := d.applications.Challenge(ctx, c.caller, token)
		if err == nil && code.Remaining >= freshFor {
			return code.Digits, nil
		}
		if err != nil && !isOver(err) {
			return "", err
		}
		d.shown.drop(key, token)
	}
	if !make {
		return "", nil
	}
	in := c.asking()
	in.CodeOnly = true
	asked, err := d.applications.Ask(ctx, c.caller, in)
	if err != nil {
		return "", err
	}
	code, err := d.applications.Challenge(ctx, c.caller, asked.Token)
	if err != nil {
		return "", err
	}
	now := d.clock.Now()
	d.shown.put(key, request{asked.Token, now.Add(nodkey.ChallengeLife)}, now)
	return code.Digits, nil
}

// isOver reports whether a request takes no code any more, whatever became of it.
func isOver(err error) bool {
	key := nodkey.AsError(err).Key
	return strings.HasPrefix(key, "approval.") || key == "sign_in.unknown" || key == "sign_in.over" || key == "code.over" || key == "code.late" || key == "code.none"
}

// respond takes the code that a person typed.
func (d *Door) respond(ctx context.Context, c *call, typed string) (nodkey.Token, string, error) {
	key := c.who()
	token, ok := d.shown.get(key, d.clock.Now())
	if !ok {
		return "", "", nil
	}
	err := d.applications.Respond(ctx, c.caller, token, typed)
	if err == nil {
		d.shown.drop(key, token)
		return token, "", nil
	}
	if isOver(err) {
		d.shown.drop(key, token)
		return "", sayCodeOver, nil
	}
	said, err := codeWords(err)
	return "", said, err
}
