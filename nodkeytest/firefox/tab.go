package firefox

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/eye"
)

// Tab is a page. Its methods end the test when what they are told to do cannot be done.
type Tab struct {
	eye.Eye
	browser *Browser
	name    string

	mu         sync.Mutex
	complaints []string
}

// Open opens an empty page, as large as a phone's screen. Those of one browser share what they keep. Complaints of the page's
// fail the test when it ends.
func (b *Browser) Open(t testing.TB, name string) *Tab {
	t.Helper()
	tab := &Tab{browser: b, name: name}
	tab.Eye = eye.Eye{T: t, Fail: tab.fail, Evaluate: func(expression string, value any) error {
		return tab.act("evaluate", map[string]any{"expression": expression}, value)
	}}
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
	tab.T.Helper()
	if err := tab.act(what, params, nil); err != nil {
		tab.fail("%s %v: %v", what, params, err)
	}
}

// Go opens an address and waits until it is loaded.
func (tab *Tab) Go(address string) {
	tab.T.Helper()
	tab.must("go", map[string]any{"address": address})
}

// Close closes the page, as a person does with an app.
func (tab *Tab) Close() {
	tab.T.Helper()
	tab.must("close", nil)
}

// Click waits until an element is there to be seen, brings it into view, and clicks where it is.
func (tab *Tab) Click(selector string) {
	tab.T.Helper()
	tab.Wait(selector)
	tab.Keep("clicking "+selector, func() error { return tab.act("click", map[string]any{"selector": selector}, nil) })
}

// Type puts text in an empty field by keystrokes.
func (tab *Tab) Type(selector, text string) {
	tab.T.Helper()
	tab.Wait(selector)
	tab.must("type", map[string]any{"selector": selector, "text": text})
}

// Picture keeps a picture of what is in view, in build/screens.
func (tab *Tab) Picture(name string) {
	tab.T.Helper()
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
	tab.T.Helper()
	var where string
	_ = tab.act("evaluate", map[string]any{"expression": "location.href + '\\n' + (document.body?.innerText ?? '').slice(0, 1500)"}, &where)
	_ = tab.picture("FAILED-" + strings.NewReplacer("/", "-", " ", "-").Replace(tab.T.Name())) // the test fails anyway
	tab.T.Fatalf("Firefox: %s\nat %s", fmt.Sprintf(format, args...), where)
}
