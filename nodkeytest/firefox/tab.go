package firefox

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long anything may take that a test waits for. It is a bound for what hangs, not for what is slow.
const patience = 30 * time.Second

// Tab is a page. Its methods end the test when what they are told to do cannot be done.
type Tab struct {
	t       testing.TB
	browser *Browser
	name    string

	mu         sync.Mutex
	complaints []string
}

// Open opens an empty page, as large as a phone's screen. Those of one browser share what they keep. Complaints of the page's
// fail the test when it ends.
func (b *Browser) Open(t testing.TB, name string) *Tab {
	t.Helper()
	tab := &Tab{t: t, browser: b, name: name}
	b.mu.Lock()
	b.hear[name] = tab.complain
	b.mu.Unlock()
	t.Cleanup(func() {
		tab.mu.Lock()
		defer tab.mu.Unlock()
		for _, c := range tab.complaints {
			t.Errorf("%s: Firefox complained: %s", name, c)
		}
	})
	if err := tab.act("open", map[string]any{"width": 360, "height": 780}, nil); err != nil {
		t.Fatalf("Firefox: opening a page: %v", err)
	}
	return tab
}

func (tab *Tab) complain(problem string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.complaints = append(tab.complaints, problem)
}

// act does something with the page.
func (tab *Tab) act(what string, params map[string]any, value any) error {
	all := map[string]any{"page": tab.name}
	maps.Copy(all, params)
	return tab.browser.act(what, all, value)
}

func (tab *Tab) must(what string, params map[string]any) {
	tab.t.Helper()
	if err := tab.act(what, params, nil); err != nil {
		tab.fail("%s %v: %v", what, params, err)
	}
}

// Go opens an address and waits until it is loaded.
func (tab *Tab) Go(address string) {
	tab.t.Helper()
	tab.must("go", map[string]any{"address": address})
}

// Close closes the page, as a person does with an app.
func (tab *Tab) Close() {
	tab.t.Helper()
	tab.must("close", nil)
}

// Eval evaluates an expression, a promise included.
func Eval[T any](tab *Tab, expression string) (value T) {
	tab.t.Helper()
	if err := tab.act("evaluate", map[string]any{"expression": expression}, &value); err != nil {
		tab.fail("%s: %v", expression, err)
	}
	return value
}

// until does something again and again until it is done.
func (tab *Tab) until(what string, done func() error) {
	tab.t.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(patience); ; <-look.C {
		err := done()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			tab.fail("%s: %v", what, err)
		}
	}
}

// Until waits until an expression is true. While a page gives way to the next one it is not.
func (tab *Tab) Until(what, expression string) {
	tab.t.Helper()
	tab.until(what, func() error {
		var ok bool
		if err := tab.act("evaluate", map[string]any{"expression": "(async () => Boolean(await (" + expression + ")))()"}, &ok); err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("not so: %s", expression)
		}
		return nil
	})
}

func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always is JSON
	}
	return string(text)
}

// Wait waits until an element is there to be seen.
func (tab *Tab) Wait(selector string) {
	tab.t.Helper()
	tab.Until(selector, "(e => e !== null && e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length > 0)(document.querySelector("+quote(selector)+"))")
}

// Says waits until an element's text holds a piece of text.
func (tab *Tab) Says(selector, piece string) {
	tab.t.Helper()
	tab.Until(fmt.Sprintf("%q in %s", piece, selector),
		"(e => e !== null && e.textContent.replace(/\\s+/g, ' ').includes("+quote(piece)+"))(document.querySelector("+quote(selector)+"))")
}

// Click waits until an element is there to be seen, brings it into view, and clicks where it is.
func (tab *Tab) Click(selector string) {
	tab.t.Helper()
	tab.Wait(selector)
	tab.until("clicking "+selector, func() error { return tab.act("click", map[string]any{"selector": selector}, nil) })
}

// Type puts text in an empty field by keystrokes.
func (tab *Tab) Type(selector, text string) {
	tab.t.Helper()
	tab.Wait(selector)
	tab.must("type", map[string]any{"selector": selector, "text": text})
}

// Picture keeps a picture of what is in view, in build/screens.
func (tab *Tab) Picture(name string) {
	tab.t.Helper()
	if err := tab.picture(name); err != nil {
		tab.fail("picture of %s: %v", name, err)
	}
}

func (tab *Tab) picture(name string) error {
	folder := filepath.Join(tab.browser.root, "build", "screens")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return tab.act("picture", map[string]any{"file": filepath.Join(folder, name+".png")}, nil)
}

// fail ends the test, with a picture of what was there.
func (tab *Tab) fail(format string, args ...any) {
	tab.t.Helper()
	var where string
	_ = tab.act("evaluate", map[string]any{"expression": "location.href + '\\n' + (document.body?.innerText ?? '').slice(0, 1500)"}, &where)
	_ = tab.picture("FAILED-" + strings.NewReplacer("/", "-", " ", "-").Replace(tab.t.Name())) // the test fails anyway
	tab.t.Fatalf("Firefox: %s\nat %s", fmt.Sprintf(format, args...), where)
}
