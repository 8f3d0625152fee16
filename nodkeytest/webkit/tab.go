package webkit

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience is how long anything may take that a test waits for. It is a bound for what hangs, not for what is slow.
const patience = 30 * time.Second

// Tab is the browser's one page. Its methods end the test when what they are told to do cannot be done.
type Tab struct {
	t        testing.TB
	session  *session
	pictures string // folder
}

// Tab gives the page, as large as a phone's screen. Pictures go into a folder.
func (b *Browser) Tab(t testing.TB, pictures string) *Tab {
	t.Helper()
	tab := &Tab{t: t, session: b.session, pictures: pictures}
	if err := b.session.post("/window/rect", map[string]int{"x": 0, "y": 0, "width": 360, "height": 780}, nil); err != nil {
		t.Fatal(err)
	}
	return tab
}

// Go opens an address and waits until it is loaded.
func (tab *Tab) Go(address string) {
	tab.t.Helper()
	if err := tab.session.post("/url", map[string]string{"url": address}, nil); err != nil {
		tab.fail("opening %s: %v", address, err)
	}
}

// Eval evaluates an expression, a promise included.
func Eval[T any](tab *Tab, expression string) (value T) {
	tab.t.Helper()
	if err := tab.session.evaluate(expression, &value); err != nil {
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

// Until waits until an expression is true, or a promise of it.
func (tab *Tab) Until(what, expression string) {
	tab.t.Helper()
	tab.until(what, func() error {
		var ok bool
		if err := tab.session.evaluate("(async () => Boolean(await ("+expression+")))()", &ok); err != nil {
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
	tab.Until(selector, "(e => e !== null && e.getClientRects().length > 0 && getComputedStyle(e).visibility === 'visible')(document.querySelector("+quote(selector)+"))")
}

// Says waits until an element's text holds a piece of text.
func (tab *Tab) Says(selector, piece string) {
	tab.t.Helper()
	tab.Until(fmt.Sprintf("%q in %s", piece, selector),
		"(e => e !== null && e.textContent.replace(/\\s+/g, ' ').includes("+quote(piece)+"))(document.querySelector("+quote(selector)+"))")
}

// Click waits until an element can be hit, and hits it (§12.5.1: the driver scrolls to it, and refuses what is covered).
func (tab *Tab) Click(selector string) {
	tab.t.Helper()
	tab.Wait(selector)
	tab.until("clicking "+selector, func() error {
		element, err := tab.session.element(selector)
		if err != nil {
			return err
		}
		return tab.session.post(element+"/click", struct{}{}, nil)
	})
}

// Type puts text in an empty field by keystrokes.
func (tab *Tab) Type(selector, text string) {
	tab.t.Helper()
	tab.Wait(selector)
	element, err := tab.session.element(selector)
	if err == nil {
		err = tab.session.post(element+"/value", map[string]string{"text": text}, nil)
	}
	if err != nil {
		tab.fail("typing into %s: %v", selector, err)
	}
}

// Picture keeps a picture of what is in view.
func (tab *Tab) Picture(name string) {
	tab.t.Helper()
	Eval[bool](tab, `(async () => {
  await document.fonts.ready;
  for (let i = 0; i < 2; i++) await new Promise(r => requestAnimationFrame(r));
  await Promise.all(document.getAnimations().map(a => a.finished.catch(() => undefined)));
  return true;
})()`)
	if err := tab.picture(name); err != nil {
		tab.fail("picture of %s: %v", name, err)
	}
}

func (tab *Tab) picture(name string) error {
	var shot string
	if err := tab.session.wire.call(http.MethodGet, tab.session.path+"/screenshot", nil, &shot); err != nil {
		return err
	}
	png, err := base64.StdEncoding.DecodeString(shot)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(tab.pictures, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(tab.pictures, name+".png"), png, 0o644)
}

// fail ends the test, with a picture of what was there.
func (tab *Tab) fail(format string, args ...any) {
	tab.t.Helper()
	var where string
	_ = tab.session.evaluate("location.href + '\\n' + (document.body?.innerText ?? '').slice(0, 1500)", &where)
	_ = tab.picture("FAILED-" + strings.NewReplacer("/", "-", " ", "-").Replace(tab.t.Name())) // the test fails anyway
	tab.t.Fatalf("WebKit: %s\nat %s", fmt.Sprintf(format, args...), where)
}
