package duo

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nodkey/nodkey"
)

// outcome is where an authentication stands, in the words of the protocol.
type outcome struct {
	result  string // allow, deny or waiting
	status  string // allow, deny, fraud, timeout, pushed
	message string
}

func deny(message string) outcome { return outcome{"deny", "deny", message} }

// outcomeOf says where a request stands. One that is approved has to be collected first.
func outcomeOf(w nodkey.Waiting) outcome {
	switch w.State {
	case nodkey.SignInPending, nodkey.SignInChoosing:
		return outcome{"waiting", "pushed", sayWaiting(w)}
	case nodkey.SignInExpired:
		return outcome{"deny", "timeout", sayTimeout}
	case nodkey.SignInCancelled:
		return deny(sayCancelled)
	case nodkey.SignInDone:
		return deny(sayUsed)
	}
	switch w.Cause {
	case nodkey.ReasonNotMe:
		return outcome{"deny", "fraud", sayRefused}
	case nodkey.ReasonWrongNumber:
		return deny(sayNumber)
	}
	return deny(sayRefused)
}

// codeWords says what is wrong with a code; what is nobody's fault at the keyboard stays an error.
func codeWords(err error) (string, error) {
	e := nodkey.AsError(err)
	switch e.Key {
	case "code.shape":
		return sayShape, nil
	case "code.wrong":
		if left, ok := e.Args["Left"].(int); ok && left > 0 {
			return fmt.Sprintf(sayWrongLeft, left), nil
		}
		return sayWrongLast, nil
	case "code.no_phone", "key.suspended", "key.removed":
		return sayNoCode, nil
	case "code.off":
		return sayCodeOff, nil
	case "code.disabled", "application.number":
		return sayNoWay, nil
	case "application.denied":
		return sayDenied, nil
	}
	return "", err
}

// A transaction's id says what it is: of a request that waits, or of a no that was clear at once, which stands in it. So nothing of either
// is kept here. An application that makes one up tells itself no.
const (
	txRequest = "tx-"
	txOutcome = "out-"
)

// outcomeMost is longer than any id of a no, in bytes.
const outcomeMost = 1000

// outcomeID names a no that was clear at once, to one application.
func outcomeID(app nodkey.ApplicationID, o outcome) string {
	return txOutcome + opaque("", "outcome", string(app), o.message) + "-" + base64.RawURLEncoding.EncodeToString([]byte(o.message))
}

// readOutcome reads what outcomeID made for an application.
func readOutcome(app nodkey.ApplicationID, tx string) (outcome, error) {
	_, encoded, _ := strings.Cut(strings.TrimPrefix(tx, txOutcome), "-")
	said, err := base64.RawURLEncoding.DecodeString(encoded)
	if out := deny(string(said)); err == nil && len(tx) <= outcomeMost && printable(out.message) == out.message && tx == outcomeID(app, out) {
		return out, nil
	}
	return outcome{}, errUnknownTransaction
}

// toldAgain is for how long who asks again because an answer was lost hears the same yes.
const toldAgain = 5 * time.Minute

// told remembers, for each application apart, what was said to wait, so that the next look may take its time. What it forgets is said
// once more.
type told struct {
	mu    sync.Mutex
	pages map[nodkey.ApplicationID]map[string]time.Time // until when, by transaction
}

const (
	toldMax  = 2000 // transactions of one application
	toldKeep = 5 * time.Minute
)

func (l *told) has(app nodkey.ApplicationID, tx string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Before(l.pages[app][tx])
}

func (l *told) put(app nodkey.ApplicationID, tx string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pages == nil {
		l.pages = map[nodkey.ApplicationID]map[string]time.Time{}
	}
	page := l.pages[app]
	if page == nil {
		page = map[string]time.Time{}
		l.pages[app] = page
	}
	makeRoom(page, toldMax, func(until time.Time) bool { return !now.Before(until) })
	page[tx] = now.Add(toldKeep)
}

// seats bound how many wait at the same time.
type seats struct {
	mu    sync.Mutex
	all   int
	byApp map[nodkey.ApplicationID]int
}

const (
	seatsMax   = 20_000
	seatsOfApp = 10_000
)

func (s *seats) take(app nodkey.ApplicationID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= seatsMax || s.byApp[app] >= seatsOfApp {
		return false
	}
	if s.byApp == nil {
		s.byApp = map[nodkey.ApplicationID]int{}
	}
	s.all++
	s.byApp[app]++
	return true
}

func (s *seats) leave(app nodkey.ApplicationID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.byApp[app]--; s.byApp[app] == 0 {
		delete(s.byApp, app)
	}
}
