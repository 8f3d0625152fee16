package duo

import (
	"crypto/rand"
	"fmt"
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

// A transaction's id says what it is: of a request that waits, or of an outcome that was clear at once.
const (
	txRequest = "tx-"
	txOutcome = "out-"
)

// ledger keeps, for each application apart, what transactions have told so far: that they wait, so that the next look may take its
// time; and their outcome, so that who asks again because an answer was lost hears the same.
type ledger struct {
	mu    sync.Mutex
	pages map[nodkey.ApplicationID]map[string]entry
}

type entry struct {
	outcome outcome // with no result while it waits
	until   time.Time
}

const (
	ledgerMax  = 2000 // transactions of one application
	ledgerKeep = 5 * time.Minute
)

func (l *ledger) get(app nodkey.ApplicationID, tx string, now time.Time) (entry, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.pages[app][tx]
	return e, ok && now.Before(e.until)
}

func (l *ledger) put(app nodkey.ApplicationID, tx string, o outcome, now time.Time) {
	l.keep(app, tx, o, now, now.Add(ledgerKeep))
}

// keep is put for what is kept until a time of its own.
func (l *ledger) keep(app nodkey.ApplicationID, tx string, o outcome, now, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pages == nil {
		l.pages = map[nodkey.ApplicationID]map[string]entry{}
	}
	page := l.pages[app]
	if page == nil {
		page = map[string]entry{}
		l.pages[app] = page
	}
	makeRoom(page, ledgerMax, func(e entry) bool { return !now.Before(e.until) })
	page[tx] = entry{o, until}
}

// add keeps an outcome that was clear at once and gives it an id.
func (l *ledger) add(app nodkey.ApplicationID, o outcome, now time.Time) string {
	tx := txOutcome + rand.Text()
	l.put(app, tx, o, now)
	return tx
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
