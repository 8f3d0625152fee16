package eye

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// Patience is how long anything may take that a test waits for. It is a bound for what hangs, not for what is slow.
const Patience = 30 * time.Second

// Eye looks at a page. Its methods end the test when what they wait for does not come about.
type Eye struct {
	T testing.TB
	// Evaluate puts an expression's value, or that of its promise, into value.
	Evaluate func(expression string, value any) error
	// Fail ends the test, with a picture of what was there.
	Fail func(format string, args ...any)
}

// Eval evaluates an expression, a promise included.
func Eval[T any](e Eye, expression string) (value T) {
	e.T.Helper()
	if err := e.Evaluate(expression, &value); err != nil {
		e.Fail("%s: %v", expression, err)
	}
	return value
}

// Keep does something again and again until it is done.
func (e Eye) Keep(what string, done func() error) {
	e.T.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(Patience); ; <-look.C {
		err := done()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			e.Fail("%s: %v", what, err)
		}
	}
}

// Until waits until an expression is true, or a promise of it. While a page gives way to the next one it is not.
func (e Eye) Until(what, expression string) {
	e.T.Helper()
	e.Keep(what, func() error {
		var ok bool
		if err := e.Evaluate("(async () => Boolean(await ("+expression+")))()", &ok); err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("not so: %s", expression)
		}
		return nil
	})
}

// Wait waits until an element is there to be seen.
func (e Eye) Wait(selector string) {
	e.T.Helper()
	e.Until(selector, "(e => e !== null && e.getClientRects().length > 0 && getComputedStyle(e).visibility === 'visible')(document.querySelector("+quote(selector)+"))")
}

// Says waits until an element's text holds a piece of text.
func (e Eye) Says(selector, piece string) {
	e.T.Helper()
	e.Until(fmt.Sprintf("%q in %s", piece, selector),
		"(e => e !== null && e.textContent.replace(/\\s+/g, ' ').includes("+quote(piece)+"))(document.querySelector("+quote(selector)+"))")
}

func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always is JSON
	}
	return string(text)
}
