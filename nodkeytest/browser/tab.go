package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// patience is how long anything may take that a test waits for. It is a bound for what hangs, not for what is slow.
const patience = 30 * time.Second

// Tab is one page of one device. Its methods end the test when what they are told to do cannot be done.
type Tab struct {
	t       testing.TB
	browser *Browser
	ctx     context.Context
	name    string
	device  Device

	scriptless bool
	frame      *frame // nil for the tab's own page

	mu       sync.Mutex
	problems []string
	excused  []string
}

// Another opens a second tab of the same device.
func (tab *Tab) Another(name string) *Tab {
	tab.t.Helper()
	ctx, cancel := chromedp.NewContext(tab.ctx)
	return tab.browser.adopt(tab.t, ctx, cancel, name, tab.device)
}

// Beside opens a tab on the same device for a test, which may pose as something else of it: the app opened from the home
// screen, where the tab is its browser.
func (tab *Tab) Beside(t testing.TB, name string, device Device) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(tab.ctx)
	return tab.browser.adopt(t, ctx, cancel, name, device)
}

// Go opens an address and waits until it is loaded.
func (tab *Tab) Go(address string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		tab.fail("opening %s: %v", address, err)
	}
}

// Reload loads the page again.
func (tab *Tab) Reload() {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Reload()); err != nil {
		tab.fail("reloading: %v", err)
	}
}

// Eval evaluates an expression, a promise included.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	v, err := evaluate[T](tab, expression)
	if err != nil {
		tab.fail("%s: %v", expression, err)
	}
	return v
}

func evaluate[T any](tab *Tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if tab.frame != nil {
		return evaluateIn[T](ctx, tab.frame, expression)
	}
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Until waits until an expression is true, or a promise of it. While a page gives way to the next one it is not.
func (tab *Tab) Until(what, expression string) {
	tab.t.Helper()
	tab.until(what+" ("+expression+")", func() (bool, error) {
		return evaluate[bool](tab, "(async () => !"+leaving+" && Boolean(await ("+expression+")))()")
	})
}

func (tab *Tab) until(what string, is func() (bool, error)) {
	tab.t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(patience); ; <-look.C {
		ok, err := is()
		if err == nil && ok {
			return
		}
		if time.Now().After(end) || tab.ctx.Err() != nil {
			tab.fail("%s did not come about, last error: %v", what, err)
		}
	}
}

// leaving is an expression for a page that is giving way to another one: its links and forms still take clicks, which then land on
// either. A browser that was told to go elsewhere tells the page at once, and again when it comes back to it; a page that is still there
// after some seconds was a download's.
const leaving = `(() => {
  if (window.leftAt === undefined) {
    window.leftAt = -Infinity;
    window.navigation?.addEventListener("navigate", e => { if (!e.destination.sameDocument) window.leftAt = performance.now(); });
    window.addEventListener("submit", e => { if (!e.defaultPrevented) window.leftAt = performance.now(); }); // a form's navigation follows
    window.addEventListener("pageshow", () => { window.leftAt = -Infinity; });
  }
  return performance.now() - window.leftAt < 3000;
})()`

// seen is an expression for an element that a person can see.
const seen = `(s => { const e = document.querySelector(s); return e !== null && e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && e.getClientRects().length > 0; })`

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
	tab.Until(selector, seen+"("+quote(selector)+")")
}

// Gone waits until no such element is there.
func (tab *Tab) Gone(selector string) {
	tab.t.Helper()
	tab.Until("the end of "+selector, "document.querySelector("+quote(selector)+") === null")
}

// Has tells whether an element is there.
func (tab *Tab) Has(selector string) bool {
	tab.t.Helper()
	return Eval[bool](tab, "document.querySelector("+quote(selector)+") !== null")
}

// At waits until the page is at a path.
func (tab *Tab) At(path string) {
	tab.t.Helper()
	tab.Until("being at "+path, "document.readyState === 'complete' && location.pathname === "+quote(path))
}

// Text waits for an element and gives its text with white space squeezed.
func (tab *Tab) Text(selector string) string {
	tab.t.Helper()
	return strings.Join(strings.Fields(tab.of(selector, "textContent")), " ")
}

// of waits for an element that can be seen and gives something of it, as it is at that moment: a page may draw itself anew at any time.
func (tab *Tab) of(selector, what string) (value string) {
	tab.t.Helper()
	tab.until(selector, func() (bool, error) {
		found, err := evaluate[*string](tab, fmt.Sprintf("!%s && %s(%[3]s) ? document.querySelector(%[3]s).%[4]s : null", leaving, seen, quote(selector), what))
		if err == nil && found != nil {
			value = *found
			return true, nil
		}
		return false, err
	})
	return value
}

// Says waits until an element's text holds a piece of text.
func (tab *Tab) Says(selector, piece string) {
	tab.t.Helper()
	tab.Until(fmt.Sprintf("%q in %s", piece, selector),
		"(e => e !== null && e.textContent.replace(/\\s+/g, ' ').includes("+quote(piece)+"))(document.querySelector("+quote(selector)+"))")
}

// Attribute waits for an element and gives an attribute of it.
func (tab *Tab) Attribute(selector, name string) string {
	tab.t.Helper()
	return tab.of(selector, "getAttribute("+quote(name)+") ?? ''")
}

// spot brings an element into view and gives its centre, or null while something else lies above it or it moves. Where the
// page's scripts are off, frames cannot be awaited, and nothing moves.
const spot = `(async (s, scripted) => {
  const e = document.querySelector(s);
  if (` + leaving + ` || e === null || !e.checkVisibility({opacityProperty: true, visibilityProperty: true}) || e.disabled) return null;
  e.scrollIntoView({block: "center", inline: "center", behavior: "instant"});
  const at = () => { const r = e.getBoundingClientRect(); return {x: r.x + r.width / 2, y: r.y + r.height / 2}; };
  const before = at();
  if (scripted) await Promise.race([new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r))), new Promise(r => setTimeout(r, 100))]);
  const now = at();
  if (!e.isConnected || before.x !== now.x || before.y !== now.y) return null;
  const hit = document.elementFromPoint(now.x, now.y);
  return hit !== null && (e === hit || e.contains(hit) || hit.closest("label")?.control === e) ? now : null;
})`

type point struct{ X, Y float64 }

// Click waits until an element can be hit, and hits it with the mouse (or the finger).
func (tab *Tab) Click(selector string) {
	tab.t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(patience); ; <-look.C {
		at, err := evaluate[*point](tab, fmt.Sprintf("%s(%s, %t)", spot, quote(selector), !tab.scriptless))
		if err == nil && at != nil {
			if tab.frame != nil {
				*at = tab.frame.onScreen(*at)
			}
			if err := chromedp.Do(tab.ctx, chromedp.MouseClickXY(at.X, at.Y)); err != nil {
				tab.fail("clicking %s: %v", selector, err)
			}
			return
		}
		if time.Now().After(end) || tab.ctx.Err() != nil {
			tab.fail("%s could not be clicked, last error: %v", selector, err)
		}
	}
}

// Type replaces what stands in a field by keystrokes.
func (tab *Tab) Type(selector, text string) {
	tab.t.Helper()
	tab.Wait(selector)
	if tab.frame != nil {
		tab.Click(selector) // a frame gets the keyboard by a click only
	}
	Eval[bool](tab, "(e => { e.focus(); e.select(); return document.activeElement === e; })(document.querySelector("+quote(selector)+"))")
	tab.Keys(text) // over what is selected
}

// Keys presses keys wherever the focus is; special ones are in the package kb.
func (tab *Tab) Keys(keys string) {
	tab.t.Helper()
	if err := chromedp.Do(tab.ctx, chromedp.KeyEvent(keys)); err != nil {
		tab.fail("keys: %v", err)
	}
}

// Paste puts text where the focus is, as an input method or a clipboard does.
func (tab *Tab) Paste(text string) {
	tab.t.Helper()
	call(tab, input.InsertText, input.InsertTextParams{Text: text})
}

// Script turns JavaScript on or off for the pages that come.
func (tab *Tab) Script(on bool) {
	tab.t.Helper()
	call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	tab.scriptless = !on
}

// Resize changes the device's size.
func (tab *Tab) Resize(width, height int64) {
	tab.t.Helper()
	call(tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: tab.device.Phone,
	})
}

// light chooses "light" or "dark"; nothing moves, so that every look is at an end state.
func (tab *Tab) light(scheme string) {
	tab.t.Helper()
	call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// Context is for protocol commands that this package has no name for.
func (tab *Tab) Context() context.Context { return tab.ctx }

// fail ends the test, with a picture of what was there.
func (tab *Tab) fail(format string, args ...any) {
	tab.t.Helper()
	where, _ := evaluate[string](tab, "location.href + '\\n' + (document.body?.innerText ?? '').slice(0, 1500)")
	name := "FAILED-" + strings.NewReplacer("/", "-", " ", "-").Replace(tab.t.Name()) + "-" + tab.name
	if picture, err := tab.photograph(); err == nil {
		_ = tab.keep(name, picture) // the test fails anyway
	}
	tab.t.Fatalf("%s: %s\nat %s\nproblems: %v", tab.name, fmt.Sprintf(format, args...), where, tab.heard())
}
